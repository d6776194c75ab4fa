"""Times a training with one and two threads when the process has one core's worth of time. Started by bench/busy."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECIPE = """
[data]
source = "regression"
rows = 10000
features = 4
noise = 0.1
[network]
layers = [4, 32, 16, 1]
activation = ["relu", "relu", "identity"]
[train]
loss = "squared_error"
learning_rate = 0.01
epochs = 1000
seed = 1
precision = "f32"
"""
#: Seconds after which the threads are there, and confined.
BEGUN = 0.15


def seconds(binary: Path, recipe: Path, threads: int, busy: str) -> float:
    """The seconds of the training: free, confined to one core, or beside two processes that never sleep."""
    others = []
    if busy == "beside two busy processes":
        others = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(2)]
    try:
        command = [binary, "run", recipe, "--threads", str(threads), "--quiet", "--json", "-"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            if busy == "on one core":
                time.sleep(BEGUN)
                for thread in os.listdir(f"/proc/{process.pid}/task"):
                    os.sched_setaffinity(int(thread), {max(os.sched_getaffinity(0))})
            record = process.communicate()[0]
    finally:
        for other in others:
            other.kill()
            other.wait()
    return json.loads(record)["training_seconds"]


def main() -> None:
    options = argparse.ArgumentParser(prog="bench/busy", description=__doc__.splitlines()[0])
    options.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "pellucid", metavar="FILE")
    options.add_argument("--rounds", type=int, default=5, metavar="N")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        recipe = Path(folder) / "busy.toml"
        recipe.write_text(RECIPE)
        for busy in ("free", "on one core", "beside two busy processes"):
            rounds = [[seconds(chosen.binary, recipe, threads, busy) for threads in (1, 2)] for _ in range(chosen.rounds)]
            one, two = (statistics.median(column) for column in zip(*rounds, strict=True))
            ratio = statistics.median(two / one for one, two in rounds)
            print(f"{busy}: 1 thread {one:.2f} s, 2 threads {two:.2f} s, ratio {ratio:.2f}", flush=True)


if __name__ == "__main__":
    main()
