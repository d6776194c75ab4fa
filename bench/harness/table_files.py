"""The tables of the comparison: files beside the project, scikit-learn's own data sets, and generated tables."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn import datasets

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
# The folder of SHARED, and that of `public`.
BESIDE_THE_PROJECT = DATA / "tabular"
PUBLIC = DATA / "tables"


@dataclass(frozen=True)
class Table:
    """A file and its target columns. `options` are further options of `pellucid train`."""

    name: str
    path: Path
    target: tuple[str, ...]
    task: str
    options: tuple[str, ...] = ()

    has_header: bool = True

    @property
    def metric(self) -> str:
        return "accuracy" if self.task == "classification" else "r2"


# These files have no header, so the name of the last column is its number.
SHARED = {
    "iris": ("iris.csv", "c5", "classification"),
    "wine": ("wine.csv", "c14", "classification"),
    "sonar": ("sonar.csv", "c61", "classification"),
    "pima": ("pima-indians-diabetes.csv", "c9", "classification"),
    "banknote": ("banknote_authentication.csv", "c5", "classification"),
    "wine-quality": ("winequality-white.csv", "c12", "classification"),
    "adult": ("adult-train.csv", "c15", "classification"),
    "housing": ("housing.csv", "c14", "regression"),
    "abalone": ("abalone.csv", "c9", "regression"),
    "wine-quality-regression": ("winequality-white.csv", "c12", "regression"),
}
# Tables whose target numbers look like the other task.
TASK_IS_TOLD = {"wine-quality-regression"}

BUNDLED = {
    "breast-cancer": (datasets.load_breast_cancer, "classification"),
    "digits": (datasets.load_digits, "classification"),
    "wine-bundled": (datasets.load_wine, "classification"),
    "diabetes": (datasets.load_diabetes, "regression"),
}


def of_numbers(x: np.ndarray, **targets: np.ndarray) -> tuple[list[str], list[list]]:
    """Header and rows: x1, x2, …, then the targets."""
    names = [f"x{column}" for column in range(1, x.shape[1] + 1)]
    rows = zip(*([f"{value:.6g}" for value in column] for column in [*x.T, *targets.values()]))
    return [*names, *targets], [list(row) for row in rows]


def cars():
    """All combinations of six categories; a rule with noise makes four classes, 70%, 22%, 4% and 4% of the rows."""
    columns = {
        "price": ["low", "med", "high", "vhigh"],
        "upkeep": ["low", "med", "high", "vhigh"],
        "doors": ["5more", "4", "3", "2"],
        "persons": ["more", "4", "2"],
        "boot": ["big", "med", "small"],
        "safety": ["high", "med", "low"],
    }
    places = np.array(list(itertools.product(*(range(len(words)) for words in columns.values()))))
    random = np.random.default_rng(0)
    worth = -(places * [1.0, 0.9, 0.3, 0.5, 0.5, 1.5]).sum(axis=1) + random.normal(0, 0.4, len(places))
    worth[(places[:, 3] == 2) | (places[:, 5] == 2)] -= 10
    bounds = np.quantile(worth, [0.70, 0.92, 0.96])
    grades = np.array(["unacceptable", "acceptable", "good", "very good"])[np.searchsorted(bounds, worth)]
    rows = [[words[at] for words, at in zip(columns.values(), row)] + [grade] for row, grade in zip(places, grades)]
    return [*columns, "grade"], [rows[at] for at in random.permutation(len(rows))]


def imbalanced():
    """A hundred rows of one class, 4,200 of the other."""
    x, y = datasets.make_classification(4300, 20, n_informative=5, weights=[42 / 43], flip_y=0, random_state=0)
    return of_numbers(x, y=y)


def missing_numbers():
    """15% of the feature values are `?`."""
    x, y = datasets.make_classification(2000, 12, n_informative=8, n_classes=3, random_state=0)
    header, rows = of_numbers(x, y=y)
    unknown = np.random.default_rng(0).random(x.shape) < 0.15
    return header, [
        [*("?" if gone else cell for cell, gone in zip(row, where)), row[-1]] for row, where in zip(rows, unknown)
    ]


def friedman():
    x, y = datasets.make_friedman1(2000, 10, noise=1.0, random_state=0)
    return of_numbers(x, y=y)


def three_targets():
    x, y = datasets.make_regression(1000, 10, n_informative=10, n_targets=3, noise=10.0, random_state=0)
    return of_numbers(x, y1=y[:, 0], y2=y[:, 1], y3=y[:, 2])


def moons():
    x, y = datasets.make_moons(500, noise=0.2, random_state=0)
    return of_numbers(x, y=y)


def few_rows():
    x, y = datasets.make_classification(60, 30, n_informative=5, random_state=0)
    return of_numbers(x, y=y)


def many_rows():
    x, y = datasets.make_classification(20_000, 20, n_informative=10, n_classes=4, random_state=0)
    return of_numbers(x, y=y)


MADE = {
    "cars": (cars, "grade", "classification"),
    "imbalanced": (imbalanced, "y", "classification"),
    "missing-numbers": (missing_numbers, "y", "classification"),
    "moons": (moons, "y", "classification"),
    "few-rows": (few_rows, "y", "classification"),
    "many-rows": (many_rows, "y", "classification"),
    "friedman": (friedman, "y", "regression"),
    "three-targets": (three_targets, "y1,y2,y3", "regression"),
}

NAMES = [*SHARED, *BUNDLED, *MADE]


def public(folder: Path) -> list[Table]:
    """The files `classification-NAME.csv` and `regression-NAME.csv` of a folder; the target is the last column."""
    tables = []
    for path in sorted(folder.glob("*-*.csv")):
        task, _, name = path.stem.partition("-")
        if task not in ("classification", "regression"):
            continue
        with path.open(newline="") as file:
            header = next(csv.reader(file))
        tables.append(Table(name, path, (header[-1],), task))
    return tables


def find(name: str, data: Path, folder: Path) -> Table | None:
    """A table in `data`, or `None` if its file is missing; a generated table is written to `folder`."""
    if name in SHARED:
        file, target, task = SHARED[name]
        options = ("--task", task) if name in TASK_IS_TOLD else ()
        path = data / file
        return Table(name, path, (target,), task, options, has_header=False) if path.is_file() else None
    if name in BUNDLED:
        load, task = BUNDLED[name]
        x, y = load(return_X_y=True)
        target, contents = "y", lambda: of_numbers(x, y=y)
    else:
        contents, target, task = MADE[name]
    return Table(name, write(folder / f"{name}.csv", contents), tuple(target.split(",")), task)


def write(path: Path, contents: Callable) -> Path:
    header, rows = contents()
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return path
