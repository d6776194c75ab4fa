"""The common part of the Python peers: the job from run.py, and the protocol with it.

A peer is started with the path of a job file. It loads everything, compiles what it compiles, says
{"ready": true}, and then does the work once for every line it reads, timing only the work, and answers with
{"seconds": …, "loss": …}. The trained parameters go to the files that the job names.
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np


class Job:
    """One job: the work, its input, and the number of threads."""

    def __init__(self, path: str | Path):
        fields = json.loads(Path(path).read_text())
        self.work: str = fields["work"]  # "train", "one-row" or "rows"
        self.threads: int = fields["threads"]
        self.layers: list[int] = fields["layers"]
        self.activation: list[str] = fields["activation"]  # one for each layer after the inputs
        self.loss: str = fields["loss"]
        self.reduction: str = fields["reduction"]
        self.optimizer: str = fields["optimizer"]
        self.learning_rate: float = fields["learning_rate"]
        self.batch_size: int = fields["batch_size"]
        self.epochs: int = fields["epochs"]
        self.update: str = fields["update"]
        self.rows: int = fields["rows"]
        self.dtype = np.dtype({"f32": "<f4", "f64": "<f8"}[fields["precision"]])
        self._fields = fields

    def inputs(self) -> np.ndarray:
        """(rows, features)"""
        return np.fromfile(self._fields["inputs"], self.dtype).reshape(self.rows, self.layers[0])

    def labels(self) -> np.ndarray:
        """(rows,): the class of each row."""
        return np.fromfile(self._fields["labels"], "<u4").astype(np.int64)

    def targets(self) -> np.ndarray:
        """(rows, outputs): the target numbers, or the one-hot classes."""
        if self._fields["targets"] is None:
            return np.eye(self.layers[-1], dtype=self.dtype)[self.labels()]
        return np.fromfile(self._fields["targets"], self.dtype).reshape(self.rows, self.layers[-1])

    def parameters(self) -> list[tuple[np.ndarray, np.ndarray | None]]:
        """(fan_in, fan_out) weights and (fan_out,) bias of each layer, fresh copies; no bias is None."""
        shapes = list(zip(self.layers, self.layers[1:]))
        weights = [np.fromfile(path, self.dtype).reshape(s) for path, s in zip(self._fields["weights"], shapes)]
        if self._fields["biases"] is None:
            return [(w, None) for w in weights]
        return [(w, np.fromfile(path, self.dtype)) for w, path in zip(weights, self._fields["biases"])]

    def save(self, parameters) -> None:
        """Writes trained (weights, bias) pairs, in the layout of parameters()."""
        for index, (weights, bias) in enumerate(parameters):
            np.ascontiguousarray(weights, self.dtype).tofile(self._fields["final_weights"][index])
            if bias is not None:
                np.ascontiguousarray(bias, self.dtype).tofile(self._fields["final_biases"][index])

    def batches(self) -> list[slice]:
        """The rows of each step of an epoch, in file order."""
        return [slice(first, min(first + self.batch_size, self.rows)) for first in range(0, self.rows, self.batch_size)]


def serve(version: str, work) -> None:
    """Reports that the peer is ready, then does work() -> (seconds, loss) for each line until run.py closes the pipe."""
    print(json.dumps({"ready": True, "version": version}), flush=True)
    for _ in sys.stdin:
        seconds, loss = work()
        print(json.dumps({"seconds": float(seconds), "loss": None if loss is None else float(loss)}), flush=True)


def serve_seeds(version: str, settings: dict[str, dict], prepare) -> None:
    """The command line of a peer of bench/mnist-98: JOB.json, which names MNIST's folder, the threads and the settings.
    prepare(folder, threads, **settings) -> train; train(seed) -> (seconds, test accuracy), once for each seed it reads."""
    fields = json.loads(Path(sys.argv[1]).read_text())
    train = prepare(fields["mnist"], fields["threads"], **settings[fields["settings"]])
    print(json.dumps({"ready": True, "version": version}), flush=True)
    for seed in sys.stdin:
        seconds, accuracy = train(int(seed))
        print(json.dumps({"seconds": float(seconds), "accuracy": float(accuracy)}), flush=True)


def serve_inference(job: Job, version: str, answer) -> None:
    """Serves "one-row" and "rows": answer((n, features)) -> (n, classes) probabilities, a NumPy array.

    seconds is the median of one call; loss is the mean cross-entropy of the predictions, by which the runner compares
    the results.
    """
    inputs, labels = job.inputs(), job.labels()
    if job.work == "one-row":
        calls = [inputs[row : row + 1] for row in range(job.rows)]
    else:
        calls = [inputs] * job.epochs
    for call in calls[:3]:
        answer(call)

    def work():
        seconds, answers = [], []
        for call in calls:
            start = time.perf_counter()
            probabilities = answer(call)
            seconds.append(time.perf_counter() - start)
            answers.append(probabilities)
        probabilities = np.concatenate(answers)[: job.rows].astype(np.float64)
        loss = -np.log(probabilities[np.arange(job.rows), labels]).mean()
        return statistics.median(seconds), loss

    serve(version, work)


def read_digits(folder: str | Path, half: str) -> tuple[np.ndarray, np.ndarray]:
    """MNIST's pixels (rows, 784) and labels (rows,) as bytes; half is "train" or "t10k"."""
    with gzip.open(Path(folder) / f"{half}-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)
    with gzip.open(Path(folder) / f"{half}-labels-idx1-ubyte.gz") as file:
        return pixels, np.frombuffer(file.read(), np.uint8, offset=8)


def he_normal(sizes: list[int], seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Initial f32 parameters for the fresh processes, which receive none."""
    generator = np.random.default_rng(seed)
    return [
        (
            (generator.standard_normal((fan_in, fan_out)) * np.sqrt(2 / fan_in)).astype(np.float32),
            np.zeros(fan_out, np.float32),
        )
        for fan_in, fan_out in zip(sizes, sizes[1:])
    ]


def main(version: str, train, infer, start_to_finish) -> None:
    """A peer's command line: JOB.json, or start-to-finish FOLDER."""
    match sys.argv[1:]:
        case ["start-to-finish", folder] if start_to_finish:
            print(json.dumps({"accuracy": float(start_to_finish(folder))}))
        case [path]:
            job = Job(path)
            if job.work == "train" and train:
                train(job)
            elif job.work in ("one-row", "rows") and infer:
                infer(job)
            else:
                sys.exit(f"{sys.argv[0]} ({version}) does not do the work {job.work!r}")
        case _:
            sys.exit(f"usage: {sys.argv[0]} JOB.json | start-to-finish FOLDER")
