"""Writes bins of numbers and their piecewise-linear encoding for `src/preparation/piecewise/tests.rs` and
`src/preparation/tree_edges/tests.rs`.

    python make_piecewise.py piecewise.json

Bins between quantiles are NumPy's, bins of trees those of scikit-learn's decision trees, the encoding is equation 1 of
Gorishniy, Rubachev & Babenko, On Embeddings for Numerical Features in Tabular Deep Learning, 2022. Needs scikit-learn
(written with 1.9).
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

ROWS = 150


def encoded(x, edges):
    """Equation 1, for each number a row of one feature for each bin."""
    bins = len(edges) - 1
    rows = np.empty((len(x), bins))
    for t in range(1, bins + 1):
        low, high = edges[t - 1], edges[t]
        inside = (x - low) / (high - low)
        rows[:, t - 1] = np.where((x < low) & (t > 1), 0.0, np.where((x >= high) & (t < bins), 1.0, inside))
    return rows


def tree_edges(x, y, kind, leaves, least):
    tree = DecisionTreeRegressor if kind == "numbers" else DecisionTreeClassifier
    tree = tree(max_leaf_nodes=leaves, min_samples_leaf=least, random_state=0).fit(x.reshape(-1, 1), y).tree_
    thresholds = tree.threshold[tree.feature >= 0]
    return np.unique(np.concatenate([[x.min()], thresholds, [x.max()]]))


def main(path):
    draw = np.random.default_rng(11)
    # Multiples of 1/256, which scikit-learn's single precision holds.
    fine = lambda numbers: np.round(numbers * 256) / 256  # noqa: E731
    columns = {
        "normal": fine(draw.normal(0, 3, ROWS)),
        "skewed": fine(draw.lognormal(1, 1.2, ROWS)),
        "integers": draw.integers(0, 12, ROWS).astype(float),
        "mostly zero": fine(np.where(draw.random(ROWS) < 0.7, 0.0, draw.exponential(2, ROWS))),
    }
    cases = []
    for name, x in columns.items():
        wave = fine(np.sin(x) + 0.3 * draw.normal(size=ROWS))
        targets = {
            "one number": ("numbers", wave.reshape(-1, 1)),
            "two numbers": ("numbers", np.column_stack([wave, fine(np.abs(x - 1) / x.std() + draw.normal(size=ROWS))])),
            "two classes": ("classes", (wave > 0.2).astype(int)),
            "four classes": ("classes", np.digitize(wave, [-0.6, 0.0, 0.7])),
            "labels": ("labels", np.column_stack([wave > 0.1, x + draw.normal(0, 2, ROWS) > x.mean()]).astype(int)),
        }
        trees = []
        for of, (kind, y) in targets.items():
            for leaves, least in ((2, 1), (5, 1), (8, 7), (16, 16)):
                edges = tree_edges(x, y, kind, leaves, least)
                trees.append({"of": of, "leaves": leaves, "least_rows": least, "edges": edges.tolist()})
        new = np.concatenate([[x.min() - 2, x.max() + 5], draw.choice(x, 4), fine(draw.uniform(x.min(), x.max(), 4))])
        quantiles = []
        for bins in (1, 2, 5, 24):
            edges = np.unique(np.quantile(x, np.linspace(0, 1, bins + 1)))
            quantiles.append({"bins": bins, "edges": edges.tolist(), "encoded": encoded(new, edges).tolist()})
        cases.append(
            {
                "name": name,
                "values": x.tolist(),
                "new": new.tolist(),
                "quantiles": quantiles,
                "targets": {of: {"kind": kind, "rows": y.tolist()} for of, (kind, y) in targets.items()},
                "trees": trees,
            }
        )
    golden = {"scikit-learn": sklearn.__version__, "numpy": np.__version__, "cases": cases}
    with open(path, "w") as file:
        json.dump(golden, file)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
