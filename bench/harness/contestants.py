"""The contestants: each is started once, and measured once in a round."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

BENCH = Path(__file__).resolve().parent.parent
ROOT = BENCH.parent
RUST_PEERS = BENCH / "peers-rust"

PYTHON_PEERS = {
    "numpy": "numpy_peer.py",
    "scikit-learn": "sklearn_peer.py",
    "torch": "torch_peer.py",
    "jax": "jax_peer.py",
    "onnxruntime": "onnxruntime_peer.py",
    "fann": "fann_peer.py",
}
CARGO_PEERS = {"burn": "burn-peer", "candle": "candle-peer"}

# The environment variable that names an existing binary of the command, which is measured in place of a new one.
OWN_BINARY = "PELLUCID_BINARY"

PATIENCE = 900  # seconds until a contestant without output counts as failed


class Unavailable(Exception):
    """A contestant that cannot take part; the text says why."""


@dataclass
class Measured:
    seconds: float
    loss: float | None = None  # accumulated in training, or of the predictions
    accuracy: float | None = None
    megabytes: float | None = None  # peak memory of the process


def environment(threads: int) -> dict[str, str]:
    """The environment variables that set the number of threads of each library."""
    count = str(threads)
    names = ["OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM", "RAYON"]
    chosen = {f"{name}_NUM_THREADS": count for name in names}
    chosen |= {"NPROC": count, "PJRT_NPROC": count, "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "2"}
    chosen["JAX_TRACEBACK_FILTERING"] = "off"  # so that the last line of a traceback is the error
    if threads == 1:
        chosen["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    else:
        chosen["XLA_FLAGS"] = ""
    return os.environ | chosen


def peer_command(peer: str) -> list[str]:
    if peer in PYTHON_PEERS:
        return [sys.executable, str(BENCH / "peers" / PYTHON_PEERS[peer])]
    binary = CARGO_PEERS[peer]
    return [str(RUST_PEERS / peer / "target" / "release" / binary)]


def build(peer: str) -> None:
    """Compiles the Rust programs: the peers for this machine's instruction set; Pellucid detects it at run time."""
    if peer == "pellucid":
        build_command()
        if (BENCH / "programs" / "src" / "inference.rs").exists():
            cargo = ["cargo", "build", "--release", "--locked", "--package", "bench-programs", "--bin", "inference"]
            run_build(cargo, ROOT, dict(os.environ), peer)
    elif peer in CARGO_PEERS:
        # Always the peer's own target folder, regardless of the environment.
        variables = {name: value for name, value in os.environ.items() if name != "CARGO_TARGET_DIR"}
        variables["RUSTFLAGS"] = "-C target-cpu=native"
        run_build(["cargo", "build", "--release", "--locked"], RUST_PEERS / peer, variables, peer)


def build_command() -> None:
    """Compiles only Pellucid's command, unless `PELLUCID_BINARY` names one."""
    if os.environ.get(OWN_BINARY):
        if not own_binary().is_file():
            raise Unavailable(f"is not at {own_binary()}, which {OWN_BINARY} names")
        return
    cargo = ["cargo", "build", "--release", "--locked", "--package", "pellucid-cli"]
    run_build(cargo, ROOT, dict(os.environ), "pellucid")


def run_build(command: list[str], folder: Path, variables: dict, peer: str) -> None:
    try:
        done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)
    except FileNotFoundError:
        raise Unavailable("cargo is not installed") from None
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("error")]
        raise Unavailable(f"does not build: {(errors or done.stderr.splitlines() or ['?'])[0]}")


def peer_version(peer: str) -> str:
    """The version of a peer that does not report it: the installed or the pinned one."""
    if peer in CARGO_PEERS:
        manifest = tomllib.loads((RUST_PEERS / peer / "Cargo.toml").read_text())
        pinned = manifest["dependencies"].get(peer) or manifest["dependencies"][f"{peer}-core"]
        return (pinned if isinstance(pinned, str) else pinned["version"]).lstrip("=")
    try:
        return importlib.metadata.version(peer)
    except importlib.metadata.PackageNotFoundError:
        return ""


def own_target() -> Path:
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def own_binary() -> Path:
    """The command that is measured: the one that `PELLUCID_BINARY` names, or the one of this project."""
    named = os.environ.get(OWN_BINARY)
    return Path(named) if named else own_target() / "release" / "pellucid"


def last_words(text: str) -> str:
    """The line of a failed process's standard error that gives the reason."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("note: ")]
    for number, line in enumerate(lines):
        if "panicked at" in line:  # Rust: the message is on the next line
            return " ".join(lines[number : number + 2])
    return lines[-1] if lines else "it said nothing"


class Conversation:
    """A peer process: loads and compiles once, then does the work once for each line."""

    def __init__(self, peer: str, command: list[str], job: Path, threads: int):
        self.peer, self.threads, self.version = peer, threads, ""
        self._errors = job.with_suffix(".stderr")
        with self._errors.open("w") as errors:
            try:
                self._process = subprocess.Popen(
                    [*command, str(job)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                    env=environment(threads),
                )
            except FileNotFoundError:
                raise Unavailable(f"{command[0]} does not exist") from None
        self.version = self._read().get("version", "")

    def _read(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise Unavailable(last_words(self._errors.read_text(errors="replace")))
        return json.loads(line)

    def measure(self, line: str = "again") -> Measured:
        try:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Unavailable(last_words(self._errors.read_text(errors="replace"))) from None
        answer = self._read()
        return Measured(answer["seconds"], answer.get("loss"), answer.get("accuracy"))

    def close(self) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class TrainingRun:
    """Pellucid's command: every round is a separate run, timed by its record (`training_seconds`)."""

    def __init__(self, recipe: Path | str, mnist: Path | None, threads: int, record: Path):
        self.peer, self.threads, self.version = "pellucid", threads, own_version()
        self.record_file = record
        data = ["--data", str(mnist)] if mnist else []
        self._command = [str(own_binary()), "run", str(recipe), *data, "--threads", str(threads)]
        self._command += ["--json", str(record), "--quiet"]

    def measure(self, *options: str) -> Measured:
        self.record_file.unlink(missing_ok=True)
        done = subprocess.run([*self._command, *options], capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode:
            raise Unavailable(last_words(done.stderr))
        record = self.record()
        accuracy = (record["metrics"].get("test") or {}).get("accuracy")
        return Measured(record["training_seconds"], number(record["history"][-1]["loss"]), accuracy)

    def record(self) -> dict:
        return json.loads(self.record_file.read_text())

    def parameters(self, which: str) -> list[tuple[np.ndarray, np.ndarray | None]]:
        """`initial` or `final`, f64."""
        read = lambda values: None if values is None else np.array(values, float)
        return [(read(layer["weights"]), read(layer["bias"])) for layer in self.record()[which]["layers"]]

    def close(self) -> None:
        pass


class FreshProcess:
    """A complete process with its peak memory; it prints the test accuracy."""

    def __init__(self, peer: str, command: list[str], threads: int, version: str = ""):
        self.peer, self.threads, self.version = peer, threads, version
        self._command = command

    def measure(self) -> Measured:
        # meter.py is the parent, so that the peak is that of the process and not inherited from this one.
        meter = [sys.executable, "-I", "-S", str(BENCH / "harness" / "meter.py"), *self._command]
        done = subprocess.run(meter, capture_output=True, text=True, env=environment(self.threads), timeout=PATIENCE)
        try:
            metered = json.loads(done.stdout)
        except json.JSONDecodeError:
            raise Unavailable(last_words(done.stderr)) from None
        if metered["status"]:
            raise Unavailable(last_words(metered["stderr"]))
        found = re.findall(r"accuracy\D*?([0-9]*\.?[0-9]+)\s*(%?)", metered["stdout"] + metered["stderr"], re.IGNORECASE)
        if not found:
            raise Unavailable("it printed no accuracy")
        value, percent = found[-1]
        accuracy = float(value) / (100 if percent else 1)
        return Measured(metered["seconds"], None, accuracy, metered["peak_bytes"] / 1e6)

    def close(self) -> None:
        pass


def number(value) -> float:
    return float(value)  # also for "nan" and "inf", the spelling of the record


def own_version() -> str:
    try:
        done = subprocess.run([str(own_binary()), "--version"], capture_output=True, text=True)
    except FileNotFoundError:
        raise Unavailable(f"{own_binary()} does not exist") from None
    return done.stdout.split()[-1] if done.stdout.split() else ""
