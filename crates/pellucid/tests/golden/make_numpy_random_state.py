"""Figures of NumPy's legacy generator for `tests/numpy_random.rs`.

    python make_numpy_random_state.py numpy_random_state.json

Needs NumPy (written with 2.4; the legacy streams are frozen, so any version from 1.17 gives the same).
Long runs are given by their last value, their sum in plain sequence, and a digest over the bits of every
value in order: digest = digest * 31 + bits, modulo 2^64, as a decimal string.
"""

import json
import sys

import numpy as np

SEEDS = [0, 1, 42, 987654321, 2**31, 2**32 - 1]
LONG_RUN = 200_000

# (low, high): one value, small, powers of two and their neighbours, both sides of 32 bits, the whole of int64.
RANGES = [
    (5, 6),
    (0, 2),
    (-3, 4),
    (0, 100),
    (0, 256),
    (0, 257),
    (0, 2**31 - 1),
    (-(2**31), 2**31 - 1),
    (0, 2**32 - 1),
    (0, 2**32),
    (0, 2**32 + 1),
    (-(2**62), 2**62),
    (-(2**63), 2**63 - 1),
]


def digest(words):
    total = 0
    for word in words:
        total = (total * 31 + word) % 2**64
    return str(total)


def sequential_sum(values):
    total = 0.0
    for value in values:
        total += value
    return total


def long_run(values):
    return {
        "first": values[:3].tolist(),
        "last": float(values[-1]),
        "sum": sequential_sum(values.tolist()),
        "digest": digest(values.view(np.uint64).tolist()),
    }


def permutation(seed, n):
    state = np.random.RandomState(seed)
    order = state.permutation(n)
    return {
        "n": n,
        "first": order[:5].tolist(),
        "last": order[-5:].tolist(),
        "digest": digest(order.tolist()),
        "then_random_sample": state.random_sample(),
    }


def integers(seed, low, high):
    state = np.random.RandomState(seed)
    drawn = [int(state.randint(low, high, dtype=np.int64)) for _ in range(4)]
    drawn += state.randint(low, high, size=4, dtype=np.int64).tolist()
    return {"low": low, "high": high, "drawn": drawn, "then_random_sample": state.random_sample()}


def shuffles(seed):
    state = np.random.RandomState(seed)
    as_list = list(range(12))
    state.shuffle(as_list)
    as_vector = np.arange(12)
    state.shuffle(as_vector)
    as_rows = np.arange(36).reshape(12, 3)
    state.shuffle(as_rows)
    as_permuted_rows = state.permutation(np.arange(36).reshape(12, 3))
    return {
        "list": as_list,
        "vector": as_vector.tolist(),
        "rows": (as_rows[:, 0] // 3).tolist(),
        "permuted_rows": (as_permuted_rows[:, 0] // 3).tolist(),
        "then_random_sample": state.random_sample(),
    }


def mixed(seed):
    """Calls of every kind in one stream, as [name, value] in order."""
    state = np.random.RandomState(seed)
    told = [
        ["standard_normal", state.randn()],
        ["random_sample", state.rand()],
        ["permutation_9", state.permutation(9).tolist()],
        ["standard_normal", state.standard_normal()],  # the one kept from the first pair
        ["randint_0_10", int(state.randint(0, 10))],
        ["uniform_-0.1_0.1", state.uniform(-0.1, 0.1)],
        ["normal_1_2", state.normal(1.0, 2.0)],
        ["random_sample", state.rand()],
        ["normal_-3_0.5", state.normal(-3.0, 0.5)],
        ["standard_normal", state.randn()],
    ]
    state.seed(seed)  # a Gaussian is kept here, and must be forgotten
    told += [["seed", None], ["standard_normal", state.randn()], ["random_sample", state.rand()]]
    return told


def case(seed):
    state = np.random.RandomState(seed)
    uniform = np.array([state.uniform(-0.1, 0.1) for _ in range(1000)])
    normal = np.array([state.normal(1.5, 0.25) for _ in range(1001)])
    return {
        "seed": seed,
        "random_sample": long_run(np.random.RandomState(seed).random_sample(LONG_RUN)),
        "standard_normal": long_run(np.random.RandomState(seed).standard_normal(LONG_RUN)),
        "uniform_then_normal": {
            "uniform_1000": long_run(uniform),
            "normal_1001": long_run(normal),
            "then_random_sample": state.random_sample(),
        },
        "permutation": [permutation(seed, n) for n in (0, 1, 2, 3, 625, 60_000)],
        "randint": [integers(seed, low, high) for low, high in RANGES],
        "shuffle": shuffles(seed),
        "mixed": mixed(seed),
    }


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    # One case a line: small, and a difference shows which seed it is in.
    cases = ",\n".join(json.dumps(case(seed)) for seed in SEEDS)
    with open(sys.argv[1], "w") as file:
        file.write(f'{{"numpy": "{np.__version__}", "long_run": {LONG_RUN}, "cases": [\n{cases}\n]}}\n')


if __name__ == "__main__":
    main()
