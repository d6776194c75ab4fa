"""Times training steps of the preset `tabm` and of TabM-mini in its authors' package, in turn. Started by bench/tabm-steps,
which provides the environment."""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

ROWS, FEATURES, BATCH = 2048, 20, 256


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/tabm-steps",
        description=f"Steps of {BATCH} rows with {FEATURES} features through 32 members with three shared layers of 512 units.",
    )
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of both; by default 1")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="by default 3")
    return parser.parse_args()


def samples():
    import numpy as np

    generator = np.random.default_rng(0)
    features = generator.standard_normal((ROWS, FEATURES)).astype("f4")
    return features, (features[:, 0] + features[:, 1] * features[:, 2] > 0).astype(int)


def write_table(path: Path) -> None:
    features, classes = samples()
    lines = [",".join([*(f"x{column}" for column in range(FEATURES)), "y"])]
    lines += [",".join([*(f"{x:.5f}" for x in row), str(y)]) for row, y in zip(features, classes, strict=True)]
    path.write_text("\n".join(lines) + "\n")


def own_seconds(folder: Path, epochs: int, threads: int) -> float:
    from harness import contestants

    command = [str(contestants.own_binary().resolve()), "train", str(folder / "table.csv"), "--target", "y"]
    command += ["--task", "classification", "--preset", "tabm", "--epochs", str(epochs), "--validation", "0"]
    command += ["--threads", str(threads), "--quiet", "--json", "-", "--out", str(folder / "model.safetensors")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["training_seconds"]


def their_seconds(epochs: int, threads: int) -> float:
    import torch
    from tabm import TabM

    torch.set_num_threads(threads)
    net = TabM.make(n_num_features=FEATURES, d_out=2, arch_type="tabm-mini", k=32, n_blocks=3, d_block=512, dropout=0.1)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=3e-4)
    loss_of = torch.nn.CrossEntropyLoss()
    features, classes = (torch.tensor(array) for array in samples())
    start = time.perf_counter()
    for _ in range(epochs):
        order = torch.randperm(ROWS)
        for first in range(0, ROWS, BATCH):
            rows = order[first : first + BATCH]
            optimizer.zero_grad()
            loss = loss_of(net(features[rows]).flatten(0, 1), classes[rows].repeat_interleave(32))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
    return time.perf_counter() - start


def main() -> None:
    chosen = arguments()
    from harness import contestants

    contestants.build_command()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_table(folder / "table.csv")
        for _ in range(chosen.rounds):
            # The difference of two runs leaves out what comes before the first step and after the last.
            ours, theirs = (
                seconds(3) - seconds(1)
                for seconds in (
                    lambda epochs: own_seconds(folder, epochs, chosen.threads),
                    lambda epochs: their_seconds(epochs, chosen.threads),
                )
            )
            print(
                f"{2 * ROWS // BATCH} steps: pellucid {ours:.2f} s, tabm {theirs:.2f} s, {theirs / ours:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
