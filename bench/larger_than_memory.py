"""Times a training with all of a table in memory, and with little memory, and compares the models. Started by bench/larger-than-memory."""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = 20
#: Where control groups may be.
GROUPS = (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup"))


def write_table(path: Path, rows: int) -> None:
    """Numbers with three decimals from a normal distribution, a word, and an answer that follows from them, with noise."""
    generator = random.Random(0)
    numbers = [generator.gauss(0, 1) for _ in range(65_536)]
    pairs = [(f"{number:.3f}", number) for number in numbers]
    weights = [generator.gauss(0, 1) for _ in range(COLUMNS)]
    words = [("red", 0.0), ("green", 2.0), ("blue", 0.0)]
    with path.open("w") as file:
        file.write(",".join(f"x{column}" for column in range(COLUMNS)) + ",colour,y\n")
        for _ in range(rows):
            row = generator.choices(pairs, k=COLUMNS)
            word, more = generator.choice(words)
            score = sum(weight * number for weight, (_, number) in zip(weights, row)) + more + generator.gauss(0, 1)
            file.write(",".join(text for text, _ in row) + f",{word},{'yes' if score > 0 else 'no'}\n")


def in_group(limit: int) -> Callable[[], None] | None:
    """What a child process does to be in a control group with this limit of memory; None where there can be none."""
    for root in GROUPS:
        for file in ("memory.limit_in_bytes", "memory.max"):
            group = root / f"larger-than-memory-{os.getpid()}"
            try:
                group.mkdir(exist_ok=True)
                (group / file).write_text(str(limit))
            except OSError:
                continue
            return lambda group=group: (group / "cgroup.procs").write_text("0") and None
    return None


def train(binary: Path, table: Path, model: Path, *more: str, enter: Callable[[], None] | None = None) -> str:
    command = [binary, "train", table, "--target", "y", "--preset", "plain", "--epochs", "1", "--out", model, *more]
    began = time.monotonic()
    done = subprocess.run(list(map(str, command)), preexec_fn=enter, capture_output=True, text=True)
    seconds = time.monotonic() - began
    if done.returncode != 0:
        sys.exit(done.stderr)
    of_training = re.search(r"trained in ([\d.]+) s", done.stderr)
    return f"{seconds:6.1f} s, of which preparing and training {of_training[1] if of_training else '?'} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=float, default=24e6, help="rows of the table, 136 bytes each (default: %(default)g)")
    parser.add_argument("--memory", type=int, default=512, help="what --memory gets, in MB (default: %(default)s)")
    parser.add_argument("--limit", type=int, default=1024, help="the limit of the control group, in MiB (default: %(default)s)")
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/pellucid")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="where the table and temporary files go")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        table = folder / "table.csv"
        print(f"writing {arguments.rows:.0f} rows", flush=True)
        write_table(table, int(arguments.rows))
        print(f"{table.stat().st_size / 1e9:.2f} GB of text", flush=True)
        roomy, small = folder / "roomy.safetensors", folder / "small.safetensors"
        print("all in memory:  ", train(arguments.binary, table, roomy), flush=True)
        enter = in_group(arguments.limit << 20)
        if enter is None:
            print("no control group can be made, which needs root; the page cache is not limited", file=sys.stderr)
        limits = ("--memory", f"{arguments.memory}MB", "--temp-directory", str(folder))
        print(f"--memory {arguments.memory}MB: ", train(arguments.binary, table, small, *limits, enter=enter), flush=True)
        equal = roomy.read_bytes() == small.read_bytes()
        print("the models are", "the same file" if equal else "DIFFERENT")
        for root in GROUPS:
            group = root / f"larger-than-memory-{os.getpid()}"
            if group.exists():
                group.rmdir()
    sys.exit(not equal)


if __name__ == "__main__":
    main()
