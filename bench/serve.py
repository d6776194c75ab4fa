"""Requests a second of `pellucid serve`, of FastAPI with ONNX Runtime and of MLServer, for the same network on the same cores.
Started by bench/serve, which provides the environment."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
PIXELS, UNITS, CLASSES = 784, 128, 10
LARGE_ROWS = 10_000


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/serve",
        description=f"One row through {PIXELS}-{UNITS}-{CLASSES} at 64 connections, and {LARGE_ROWS} rows in one request. The load "
        "(wrk, on Debian: apt-get install wrk) runs on the same cores as the servers, and goes to this machine only.",
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="by default 3")
    parser.add_argument("--seconds", type=int, default=8, metavar="N", help="of load in a round; by default 8")
    parser.add_argument("--connections", type=int, default=64, metavar="N", help="by default 64")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="of every server; by default 2")
    parser.add_argument("--binary", type=Path, help="the command; by default target/release/pellucid, built if need be")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes every figure")
    return parser.parse_args()


def binary(named: Path | None) -> Path:
    if named is None:
        subprocess.run(["cargo", "build", "--release", "--quiet", "--package", "pellucid-cli"], cwd=HERE.parent, check=True)
        named = HERE.parent / "target" / "release" / "pellucid"
    return named.resolve()


def write_table(path: Path, rows: int) -> None:
    """Digits of a kind: a fifth of the pixels is not 0, and which depends on the class."""
    import numpy as np

    generator = np.random.default_rng(0)
    classes = np.arange(rows) % CLASSES
    shown = generator.random((CLASSES, PIXELS)) < 0.2
    noise = generator.random((rows, PIXELS)) < 0.02
    pixels = np.where(shown[classes] ^ noise, generator.integers(1, 256, (rows, PIXELS)), 0)
    lines = [",".join([*(f"p{pixel}" for pixel in range(PIXELS)), "digit"])]
    lines += [",".join([*map(str, row), f"d{digit}"]) for row, digit in zip(pixels.tolist(), classes, strict=True)]
    path.write_text("\n".join(lines) + "\n")


def train(command: Path, folder: Path) -> Path:
    table, model = folder / "digits.csv", folder / "digits.safetensors"
    write_table(table, 2000)
    train = [str(command), "train", str(table), "--target", "digit", "--out", str(model), "--preset", "plain", "--quiet"]
    subprocess.run([*train, "--hidden", str(UNITS), "--activation", "relu", "--epochs", "5"], check=True, stdout=subprocess.DEVNULL)
    return model


def write_onnx(model: Path, onnx_path: Path) -> None:
    """The network with the scaling of its columns: raw pixels in, probabilities out."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    from safetensors import safe_open

    with safe_open(model, framework="np") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}
        preparation = json.loads(file.metadata()["preparation"])
        architecture = json.loads(file.metadata()["architecture"])
    assert architecture["layers"] == [PIXELS, UNITS, CLASSES], architecture
    numbers = [column["transform"]["number"] for column in preparation["columns"]]
    constants = {
        "shift": np.array([number["shift"] for number in numbers], "f4"),
        "divisor": np.array([number["divisor"] for number in numbers], "f4"),
        **{name.replace(".", "_"): array.astype("f4") for name, array in arrays.items()},
    }
    nodes = [
        helper.make_node("Sub", ["pixels", "shift"], ["shifted"]),
        helper.make_node("Div", ["shifted", "divisor"], ["scaled"]),
        helper.make_node("Gemm", ["scaled", "layers_0_weight", "layers_0_bias"], ["z0"]),
        helper.make_node({"relu": "Relu"}[architecture["activations"][0]], ["z0"], ["a0"]),
        helper.make_node("Gemm", ["a0", "layers_1_weight", "layers_1_bias"], ["z1"]),
        helper.make_node("Softmax", ["z1"], ["probabilities"], axis=1),
    ]
    tensor = lambda name, width: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", width])  # noqa: E731
    initial = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "digits", [tensor("pixels", PIXELS)], [tensor("probabilities", CLASSES)], initial)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), onnx_path)


FASTAPI = '''
import os

import numpy as np
import onnxruntime
import orjson
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(os.environ["DIGITS"], options)
app = FastAPI()


class Rows(BaseModel):
    rows: list[list[float]]


@app.post("/predict")
async def predict(rows: Rows):
    probabilities, = session.run(None, {"pixels": np.array(rows.rows, dtype=np.float32)})
    return {"probabilities": probabilities.tolist()}


@app.post("/unchecked")
async def unchecked(request: Request):
    rows = orjson.loads(await request.body())["rows"]
    probabilities, = session.run(None, {"pixels": np.array(rows, dtype=np.float32)})
    return Response(orjson.dumps({"probabilities": probabilities}, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


@app.get("/ready")
async def ready():
    return {}
'''

MLSERVER = '''
import os

import numpy as np
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse


class Digits(MLModel):
    async def load(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(os.environ["DIGITS"], options)
        return True

    async def predict(self, payload):
        pixels = NumpyCodec.decode_input(payload.inputs[0]).astype(np.float32)
        probabilities, = self.session.run(None, {"pixels": pixels})
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("probabilities", probabilities)])
'''


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """How a server is started, and what is asked of it."""

    def __init__(self, name, start, ready, path, body, probabilities):
        self.name, self.start, self.ready, self.path = name, start, ready, path
        self.body, self.probabilities = body, probabilities


def tensors(rows) -> bytes:
    inputs = [{"name": "pixels", "shape": [len(rows), PIXELS], "datatype": "FP32", "data": [pixel for row in rows for pixel in row]}]
    return json.dumps({"inputs": inputs, "outputs": [{"name": "probabilities"}]}, separators=(",", ":")).encode()


def lists(rows) -> bytes:
    return json.dumps({"rows": rows}, separators=(",", ":")).encode()


def of_tensors(answer) -> list[float]:
    return next(output for output in answer["outputs"] if output["name"] == "probabilities")["data"]


def of_lists(answer) -> list[float]:
    return [number for row in answer["probabilities"] for number in row]


def servers(command: Path, folder: Path, workers: int) -> list[Server]:
    (folder / "fast.py").write_text(FASTAPI)
    bin_folder = Path(sys.executable).parent
    uvicorn = lambda port: [  # noqa: E731
        str(bin_folder / "uvicorn"), "fast:app", "--port", str(port), "--workers", str(workers), "--no-access-log", "--log-level", "error",
        # A worker that reads a large request is not taken for a dead one.
        "--timeout-worker-healthcheck", "120",
    ]
    own = lambda port: [  # noqa: E731
        str(command), "serve", str(folder / "digits.safetensors"), "--listen", str(port), "--workers", str(workers), "--quiet",
    ]
    found = [
        Server("pellucid serve", own, "/v2/health/ready", "/v2/models/digits/infer", tensors, of_tensors),
        Server("FastAPI, orjson, unchecked", uvicorn, "/ready", "/unchecked", lists, of_lists),
        Server("FastAPI, checked by Pydantic", uvicorn, "/ready", "/predict", lists, of_lists),
    ]
    if shutil.which("mlserver", path=str(bin_folder)):
        models = folder / "mlserver"
        models.mkdir()
        (models / "digits.py").write_text(MLSERVER)
        (models / "model-settings.json").write_text(json.dumps({"name": "digits", "implementation": "digits.Digits"}))
        found.append(Server("MLServer", lambda port: mlserver(models, port, workers, bin_folder), "/v2/models/digits/ready", "/v2/models/digits/infer", tensors, of_tensors))
    else:
        print("MLServer is not installed in this environment, and takes no part", file=sys.stderr)
    return found


def mlserver(models: Path, port: int, workers: int, bin_folder: Path) -> list[str]:
    settings = {
        "http_port": port, "grpc_port": free_port(), "metrics_port": free_port(), "host": "127.0.0.1",
        "parallel_workers": workers, "debug": False, "metrics_endpoint": None,
    }
    (models / "settings.json").write_text(json.dumps(settings))
    return [str(bin_folder / "mlserver"), "start", str(models)]


@contextlib.contextmanager
def running(server: Server, folder: Path):
    port = free_port()
    environment = {**os.environ, "DIGITS": str(folder / "digits.onnx")}
    process = subprocess.Popen(
        server.start(port), cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        for _ in range(600):
            if process.poll() is not None:
                raise SystemExit(f"{server.name} ended before it was ready")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if ask(port, "GET", server.ready)[0] == 200:
                    break
            time.sleep(0.1)
        else:
            raise SystemExit(f"{server.name} was not ready within a minute")
        yield port, process
    finally:
        # All of its workers.
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request(method, path, body, {"content-type": "application/json"})
    response = connection.getresponse()
    read = response.read()
    connection.close()
    return response.status, read


def memory(process: subprocess.Popen) -> float:
    """Megabytes of the server and its workers: proportional shares, so that shared pages count once."""
    kilobytes = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            if int(status.read_text().rsplit(")", 1)[1].split()[3]) == process.pid:
                rollup = (status.parent / "smaps_rollup").read_text()
                kilobytes += int(re.search(r"^Pss:\s+(\d+)", rollup, re.M)[1])
    return kilobytes / 1000


def load(port: int, server: Server, body: Path, seconds: int, connections: int) -> dict:
    script = body.with_suffix(".lua")
    script.write_text(
        'wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\n'
        f'local file = io.open("{body}")\nwrk.body = file:read("a")\n'
    )
    # A slow server loses no request for it.
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", "--timeout", "30s", "--latency"]
    done = subprocess.run([*command, "--script", str(script), f"http://127.0.0.1:{port}{server.path}"], capture_output=True, text=True, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise SystemExit(f"{server.name}: {done.stdout}")
    units = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}
    number, unit = re.search(r"99%\s+([\d.]+)(\w+)", done.stdout).groups()
    return {"requests_per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1]), "p99_ms": float(number) * units[unit]}


def measured(server: Server, folder: Path, rows, given: argparse.Namespace) -> dict:
    one = folder / "one.json"
    one.write_bytes(server.body(rows[:1]))
    large = server.body(rows)
    with running(server, folder) as (port, process):
        load(port, server, one, 2, given.connections)
        figures = load(port, server, one, given.seconds, given.connections)
        times = []
        for _ in range(3):
            start = time.perf_counter()
            status, answer = ask(port, "POST", server.path, large)
            times.append(time.perf_counter() - start)
            assert status == 200, (server.name, status, answer[:300])
        figures["large_seconds"] = min(times)
        figures["megabytes"] = memory(process)
        figures["probabilities"] = server.probabilities(json.loads(answer))
    return figures


def main() -> None:
    given = arguments()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is missing; install it, on Debian with: apt-get install wrk")
    import numpy as np

    command = binary(given.binary)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_onnx(train(command, folder), folder / "digits.onnx")
        lines = (folder / "digits.csv").read_text().splitlines()[1:]
        rows = [[int(cell) for cell in line.split(",")[:-1]] for line in lines]
        rows = (rows * (LARGE_ROWS // len(rows) + 1))[:LARGE_ROWS]
        contestants = servers(command, folder, given.workers)
        rounds = []
        for number in range(given.rounds):
            of_round = {}
            for server in contestants:
                of_round[server.name] = measured(server, folder, rows, given)
                figures = {key: round(value, 2) for key, value in of_round[server.name].items() if key != "probabilities"}
                print(f"round {number + 1}: {server.name}: {figures}", file=sys.stderr)
            own = np.array(of_round[contestants[0].name].pop("probabilities"))
            for server in contestants[1:]:
                theirs = np.array(of_round[server.name].pop("probabilities"))
                difference = float(np.abs(own - theirs).max())
                assert difference < 1e-4, f"{server.name}: probabilities differ by {difference}"
            rounds.append(of_round)
    report(rounds, given)


def report(rounds: list[dict], given: argparse.Namespace) -> None:
    own = next(iter(rounds[0]))
    print(f"| server | requests a second | times as many | p99 | {LARGE_ROWS:,} rows | times as long | memory |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    summary = {}
    for name in rounds[0]:
        of = lambda key: [figures[name][key] for figures in rounds]  # noqa: B023, E731
        median = {key: statistics.median(of(key)) for key in ("requests_per_second", "p99_ms", "large_seconds", "megabytes")}
        more = [figures[own]["requests_per_second"] / figures[name]["requests_per_second"] for figures in rounds]
        longer = [figures[name]["large_seconds"] / figures[own]["large_seconds"] for figures in rounds]
        ratio = lambda ratios: "" if name == own else f"{statistics.median(ratios):.1f} ({min(ratios):.1f}–{max(ratios):.1f})"  # noqa: B023, E731
        print(
            f"| {name} | {median['requests_per_second']:,.0f} | {ratio(more)} | {median['p99_ms']:.1f} ms | "
            f"{median['large_seconds']:.2f} s | {ratio(longer)} | {median['megabytes']:,.0f} MB |"
        )
        summary[name] = {**median, "more": more, "longer": longer}
    if given.json:
        given.json.write_text(json.dumps({"rounds": rounds, "summary": summary}, indent=1))


if __name__ == "__main__":
    main()
