"""Data for all tests: scikit-learn's bundled sets, without a download."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import scale

SETS = {
    "iris": load_iris,
    "wine": load_wine,
    "breast_cancer": load_breast_cancer,
    "digits": load_digits,
    "diabetes": load_diabetes,
}


@pytest.fixture(scope="session")
def data() -> dict[str, tuple[Any, Any]]:
    """The five sets with standardised columns; the target of diabetes is standardised too."""
    loaded = {name: load(return_X_y=True) for name, load in SETS.items()}
    return {
        name: (np.ascontiguousarray(scale(X)), scale(y) if name == "diabetes" else y) for name, (X, y) in loaded.items()
    }


@pytest.fixture(autouse=True)
def few_epochs_are_enough():
    """Most trainings in these tests end before convergence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield
