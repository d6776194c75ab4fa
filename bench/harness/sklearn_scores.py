"""The scores of scikit-learn's networks on a table, with default settings, behind the usual preparation."""

from __future__ import annotations

import time
import warnings

from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from .table_contents import read
from .table_files import Table

FOLDS = 5
SEED = 0


def cross_validate(table: Table) -> tuple[list[float], float]:
    """The score of each fold, and the total seconds of their trainings, including the preparation."""
    contents = read(table)
    x, y = contents.x, contents.y
    classify = table.task == "classification"
    split = (StratifiedKFold if classify else KFold)(FOLDS, shuffle=True, random_state=SEED)
    scores, seconds = [], 0.0
    for train, test in split.split(x, y):
        network = (MLPClassifier if classify else MLPRegressor)(random_state=SEED)
        model = make_pipeline(preparation(contents.numeric), network)
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
