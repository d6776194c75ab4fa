"""Sign tests of SciPy, Holm's adjustment, and percentiles of NumPy, for `tests/seeds.rs`.

    python make_seeds.py seeds.json

Needs NumPy (written with 2.4) and SciPy (1.17). Holm's method is written out from the paper.
"""

import json
import random
import sys

import numpy as np
from scipy.stats import binomtest


def holm(values):
    """Holm (1979): the i-th smallest of m times m - i, never falling."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    adjusted, least = [0.0] * len(values), 0.0
    for place, index in enumerate(order):
        least = max(least, min(1.0, (len(values) - place) * values[index]))
        adjusted[index] = least
    return adjusted


def main(path):
    random.seed(1)
    tests = [
        {"ahead": ahead, "behind": behind, "p": binomtest(ahead, ahead + behind, 0.5).pvalue if ahead + behind else 1.0}
        for ahead, behind in [(0, 0), (1, 0), (0, 1), (5, 0), (6, 0), (9, 1), (8, 2), (7, 3), (6, 4), (5, 5), (2, 8), (0, 10),
                              (30, 12), (51, 49), (120, 80), (700, 600), (1600, 1400)]
    ]
    spreads = []
    for count in [1, 2, 3, 5, 9, 10, 11, 20, 37]:
        numbers = [random.lognormvariate(0, 2) for _ in range(count)]
        low, high = (10, 90) if count >= 10 else (0, 100)
        low, median, high = np.percentile(numbers, [low, 50, high])
        spreads.append({"numbers": numbers, "low": low, "median": median, "high": high})
    # Three variants over twelve seeds: the losses after one epoch.
    losses = [[random.lognormvariate(shift, 0.5) for _ in range(12)] for shift in (0.0, 0.6, 0.7)]
    pairs = []
    for one, other in [(0, 1), (0, 2), (1, 2)]:
        ahead = sum(a < b for a, b in zip(losses[one], losses[other]))
        pairs.append({"ahead": ahead, "behind": 12 - ahead, "p": binomtest(ahead, 12, 0.5).pvalue})
    for pair, p in zip(pairs, holm([pair["p"] for pair in pairs])):
        pair["p_adjusted"] = p
    with open(path, "w") as file:
        json.dump({"tests": tests, "spreads": spreads, "losses": losses, "pairs": pairs}, file, indent=1)
        file.write("\n")


main(sys.argv[1])
