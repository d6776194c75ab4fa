"""The scores of scikit-learn's networks on a table, with default settings, behind the usual preparation."""

from __future__ import annotations

import csv
import math
import time
import warnings

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from .table_files import Table

FOLDS = 5
SEED = 0
# The values that `pellucid` treats as missing.
MISSING = {"", "?", "na", "n/a", "nan", "null"}


def cross_validate(table: Table) -> tuple[list[float], float]:
    """The score of each fold, and the total seconds of their trainings, including the preparation."""
    x, numeric, y = read(table)
    classify = table.task == "classification"
    split = (StratifiedKFold if classify else KFold)(FOLDS, shuffle=True, random_state=SEED)
    scores, seconds = [], 0.0
    for train, test in split.split(x, y):
        network = (MLPClassifier if classify else MLPRegressor)(random_state=SEED)
        model = make_pipeline(preparation(numeric), network)
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(x[train], y[train])
        seconds += time.perf_counter() - start
        scores.append(float(model.score(x[test], y[test])))
    return scores, seconds


def preparation(numeric: list[bool]) -> ColumnTransformer:
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    return ColumnTransformer([
        ("numbers", numbers, [column for column, is_number in enumerate(numeric) if is_number]),
        ("words", OneHotEncoder(handle_unknown="ignore"), [c for c, is_number in enumerate(numeric) if not is_number]),
    ])


def read(table: Table) -> tuple[np.ndarray, list[bool], np.ndarray]:
    """The features, which of them are numbers, and the target."""
    with table.path.open(newline="") as file:
        rows = [[cell.strip() for cell in row] for row in csv.reader(file) if row]
    names = rows.pop(0) if table.has_header else [f"c{column}" for column in range(1, len(rows[0]) + 1)]
    columns = dict(zip(names, zip(*rows)))
    targets = [columns.pop(name) for name in table.target]
    if table.task == "classification":
        (y,) = map(np.array, targets)
    else:
        y = np.array(targets, float).T.squeeze()
    read_columns = [numbers(cells) for cells in columns.values()]
    x = np.empty((len(rows), len(columns)), object)
    for index, (cells, values) in enumerate(zip(columns.values(), read_columns)):
        x[:, index] = cells if values is None else values
    return x, [values is not None for values in read_columns], y


def numbers(cells: tuple[str, ...]) -> list[float] | None:
    """The column as numbers, with NaN for missing values; `None` if any cell is a word."""
    try:
        values = [math.nan if cell.lower() in MISSING else float(cell) for cell in cells]
    except ValueError:
        return None
    return values
