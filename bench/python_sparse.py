"""Times fit and predict on sparse rows, 2,000 × 50,000 with one number in a thousand, beside scikit-learn's, in turn.

    python bench/python_sparse.py

It prints the ratio of the shortest times. Needs the package built with optimisation (`pip install ./python`).
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import numpy as np
import scipy.sparse
from pellucid import MLPClassifier
from sklearn.neural_network import MLPClassifier as Theirs


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ratio(
    ours: Callable[[], object], theirs: Callable[[], object], repeats: int
) -> float:
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(repeats)]
    return min(pair[0] for pair in pairs) / min(pair[1] for pair in pairs)


def compare(
    sizes: tuple[int, ...], rows: scipy.sparse.sparray, labels: np.ndarray
) -> str:
    ours = MLPClassifier(sizes, max_iter=5, random_state=0)
    theirs = Theirs(sizes, max_iter=5, random_state=0)
    fit = ratio(lambda: ours.fit(rows, labels), lambda: theirs.fit(rows, labels), 2)
    predict = ratio(lambda: ours.predict(rows), lambda: theirs.predict(rows), 30)
    return f"hidden {sizes}  {rows.format}  fit {fit:.2f}  predict {predict:.2f} of scikit-learn's time"


def main() -> None:
    warnings.simplefilter("ignore")
    rows = scipy.sparse.random(
        2000, 50_000, density=0.001, format="csr", random_state=0
    )
    labels = np.random.default_rng(0).integers(0, 2, 2000)
    for sizes in [(100,), (64, 32)]:
        for layout in ["csr", "csc"]:
            print(compare(sizes, rows.asformat(layout), labels))


if __name__ == "__main__":
    main()
