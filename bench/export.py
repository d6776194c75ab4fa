"""Sizes and times of exported C beside emlearn's, of the same networks that scikit-learn trained.

Needs a C compiler, binutils' `size`, the `pellucid` command, and the packages pellucid and emlearn (pip install emlearn):

    python bench/export.py --command target/release/pellucid
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import warnings
from pathlib import Path

import emlearn
import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

import pellucid

#: Units of the hidden layers; the networks have 64 inputs and 10 classes.
SHAPES = [(8,), (32, 16), (128,)]

TIMED = """
#include <stdio.h>
#include <time.h>
#include "rows.h"
#include "ours.h"
int theirs(const float *features, float *probabilities);

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(void) {
    int equal = 0;
    double deviation = 0;
    for (int row = 0; row < ROWS; row++) {
        double ours[10];
        float other[10];
        equal += ours_predict(rows[row], ours) == theirs(rows[row], other);
        for (int i = 0; i < 10; i++) {
            const double d = ours[i] - (double)other[i];
            deviation = d > deviation ? d : -d > deviation ? -d : deviation;
        }
    }
    printf("%d %g\\n", equal, deviation);
    for (int repeat = 0; repeat < 21; repeat++) {
        double ours[10];
        float other[10];
        volatile int kept = 0;
        const double start = now();
        for (int i = 0; i < 100 * ROWS; i++) kept = ours_predict(rows[i % ROWS], ours);
        const double middle = now();
        for (int i = 0; i < 100 * ROWS; i++) kept = theirs(rows[i % ROWS], other);
        printf("%g %g\\n", (middle - start) / (100 * ROWS), (now() - middle) / (100 * ROWS));
        (void)kept;
    }
    return 0;
}
"""

THEIRS = """
#include "theirs.h"
int theirs(const float *features, float *probabilities) {
    if (eml_net_predict_proba(&theirs_net, features, 64, probabilities, 10) != EmlOk) return -1;
    int most = 0;
    for (int i = 1; i < 10; i++) most = probabilities[i] > probabilities[most] ? i : most;
    return most;
}
"""


def run(folder: Path, *command: str | Path) -> str:
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def size(folder: Path, file: str) -> int:
    """Code and data of an object file, in bytes."""
    return sum(int(cell) for cell in run(folder, "size", file).splitlines()[1].split()[:3])


def measure(hidden: tuple[int, ...], command: Path, folder: Path) -> str:
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MLPClassifier(hidden, max_iter=30, random_state=0).fit(x, y)
    pellucid.from_sklearn(model).save(folder / "ours.safetensors")
    run(folder, command, "export", "ours.safetensors", "--to", "c", "--out", "ours.c", "--quiet")
    emlearn.convert(model, method="inline").save(file=str(folder / "theirs.h"), name="theirs_net")
    rows = ",\n".join("{" + ", ".join(f"{number}f" for number in row.astype(float)) + "}" for row in x[:100])
    (folder / "rows.h").write_text(f"#define ROWS 100\nstatic const float rows[ROWS][64] = {{{rows}}};\n")
    (folder / "timed.c").write_text(TIMED)
    (folder / "theirs.c").write_text(THEIRS)
    compiler = os.environ.get("CC", "cc")
    for file in ("ours.c", "theirs.c", "timed.c"):
        run(folder, compiler, "-O2", f"-I{emlearn.includedir}", "-c", file)
    run(folder, compiler, "-o", "timed", "ours.o", "theirs.o", "timed.o", "-lm")
    first, *times = run(folder, folder / "timed").splitlines()
    equal, deviation = first.split()
    ours, theirs = (statistics.median(column) for column in zip(*[map(float, line.split()) for line in times]))
    ratio = statistics.median(float(b) / float(a) for a, b in (line.split() for line in times))
    sizes = size(folder, "ours.o"), size(folder, "theirs.o")
    shape = "-".join(map(str, (64, *hidden, 10)))
    return (
        f"| {shape} | {sizes[0]:,} | {sizes[1]:,} | {ours * 1e6:.2f} | {theirs * 1e6:.2f} | {ratio:.2f} "
        f"| {equal} of 100 | {float(deviation):.0e} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--command", type=Path, default="pellucid", help="the pellucid command")
    command = parser.parse_args().command
    print("| network | bytes | emlearn's | µs a row | emlearn's | ratio | equal classes | largest deviation |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for hidden in SHAPES:
        with tempfile.TemporaryDirectory() as folder:
            print(measure(hidden, command.resolve() if command.exists() else command, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
