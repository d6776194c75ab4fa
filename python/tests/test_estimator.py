"""The interface of scikit-learn's estimators."""

from __future__ import annotations

import copy
import inspect
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn import neural_network
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from pellucid import MLPClassifier, MLPRegressor

PAIRS = [(MLPClassifier, neural_network.MLPClassifier), (MLPRegressor, neural_network.MLPRegressor)]


@parametrize_with_checks([MLPClassifier(), MLPRegressor()])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_parameters_are_scikit_learns_in_order_and_default(ours, theirs):
    expected = list(inspect.signature(theirs).parameters.values())
    found = list(inspect.signature(ours).parameters.values())
    named = [(p.name, p.default, p.kind) for p in found]
    assert named[: len(expected)] == [(p.name, p.default, p.kind) for p in expected]
    assert all(p.kind is p.KEYWORD_ONLY for p in found[len(expected) :])
    assert get_tags(ours()) == get_tags(theirs())


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize(
    "wrong",
    [
        {"hidden_layer_sizes": -1}, {"hidden_layer_sizes": (3, 0)}, {"activation": "gelu!"}, {"solver": "rmsprop!"},
        {"alpha": -1}, {"batch_size": 0}, {"learning_rate": "cosine!"}, {"learning_rate_init": 0}, {"max_iter": 0},
        {"momentum": 2}, {"validation_fraction": 1.0}, {"beta_1": 1.0}, {"epsilon": 0}, {"n_iter_no_change": -1},
        {"shuffle": "yes"}, {"tol": -1}, {"random_state": "x"},
    ],
)  # fmt: skip
def test_error_texts_are_scikit_learns(ours, theirs, wrong):
    X, y = [[0.0], [1.0], [2.0]], [0, 1, 1]
    messages = []
    for kind in (ours, theirs):
        with pytest.raises(ValueError) as caught:
            kind(**wrong).fit(X, y)
        messages.append(str(caught.value))
    if next(iter(wrong)) in ("activation", "solver", "learning_rate"):
        assert messages[0].split(" must be ")[0] == messages[1].split(" must be ")[0]
    else:
        assert messages[0] == messages[1]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_partial_fit_errors_are_scikit_learns(ours, theirs):
    messages = []
    for kind in (ours, theirs):
        with pytest.raises(ValueError) as caught:
            kind(early_stopping=True).partial_fit(
                [[0.0], [1.0]], [0, 1], **({"classes": [0, 1]} if "Cl" in kind.__name__ else {})
            )
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert hasattr(ours(solver="sgd"), "partial_fit") and not hasattr(ours(solver="lbfgs"), "partial_fit")


def test_labels_are_strings_booleans_or_numbers(data):
    X, y = data["iris"]
    words = np.array(["setosa", "versicolor", "virginica"])[y]
    by_words = MLPClassifier(random_state=0, max_iter=50).fit(X, words)
    by_number = MLPClassifier(random_state=0, max_iter=50).fit(X, y)
    np.testing.assert_array_equal(by_words.predict(X), np.array(by_words.classes_)[by_number.predict(X)])
    truths = MLPClassifier(random_state=0, max_iter=5, early_stopping=True).fit(X, words == "setosa")
    assert truths.predict(X).dtype == bool
    np.testing.assert_allclose(truths.predict_proba(X).sum(axis=1), 1)
    np.testing.assert_allclose(truths.predict_log_proba(X), np.log(truths.predict_proba(X)))


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames(data, frame):
    X, y = data["wine"]
    names = [f"column {at}" for at in range(X.shape[1])]
    framed = frame({name: X[:, at] for at, name in enumerate(names)})
    model = MLPClassifier(random_state=0, max_iter=5).fit(framed, y)
    assert list(model.feature_names_in_) == names
    np.testing.assert_array_equal(model.coefs_[0], MLPClassifier(random_state=0, max_iter=5).fit(X, y).coefs_[0])
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame({name + "!": X[:, at] for at, name in enumerate(names)}))


def test_pickles_and_copies_predict_and_continue_alike(data):
    X, y = data["digits"]
    model = MLPClassifier(random_state=0, max_iter=3).fit(X, y)
    answers = model.predict_proba(X)
    others = [pickle.loads(pickle.dumps(model)), copy.deepcopy(model)]
    model.partial_fit(X, y)
    for other in others:
        np.testing.assert_array_equal(other.predict_proba(X), answers)
        other.partial_fit(X, y)
        for found, expected in zip(other.coefs_, model.coefs_, strict=True):
            np.testing.assert_array_equal(found, expected)
    assert clone(model).get_params() == model.get_params()
    assert not hasattr(clone(model), "coefs_")


def test_predictions_use_assigned_weights(data):
    X, y = data["diabetes"]
    model = MLPRegressor(hidden_layer_sizes=3, activation="tanh", max_iter=1, random_state=0).fit(X, y)
    model.coefs_ = [np.full((10, 3), 0.1), np.asfortranarray(np.full((3, 1), 2.0))]
    model.intercepts_[0][:] = [0.0, 1.0, -1.0]
    model.intercepts_[1] = np.array([5.0])
    expected = np.tanh(X @ model.coefs_[0] + [0.0, 1.0, -1.0]) @ model.coefs_[1] + 5.0
    np.testing.assert_allclose(model.predict(X), expected.ravel(), rtol=1e-12)
    # The precision of a prediction is the higher of rows and weights.
    assert model.predict(X.astype(np.float32)).dtype == np.float64


def test_metadata_routing(data):
    X, y = data["wine"]
    weights = np.random.RandomState(0).uniform(0.1, 4, len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        inner = MLPClassifier(random_state=0, max_iter=5).set_fit_request(sample_weight=True)
        routed = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), inner).fit(
            X, y, sample_weight=weights
        )
    alone = MLPClassifier(random_state=0, max_iter=5).fit(StandardScaler().fit_transform(X), y, weights)
    np.testing.assert_array_equal(routed[-1].coefs_[0], alone.coefs_[0])


def test_a_grid_search_finds_what_scikit_learns_finds(data):
    X, y = data["wine"]
    grid = {"alpha": [1e-4, 10.0], "hidden_layer_sizes": [(2,), (10,)]}
    found = [
        GridSearchCV(kind(max_iter=20, random_state=0), grid, cv=3).fit(X, y).cv_results_["mean_test_score"]
        for kind in PAIRS[0]
    ]
    np.testing.assert_allclose(*found)
