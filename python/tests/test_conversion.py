"""Conversion between scikit-learn's estimators and ours."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression

from pellucid import MLPClassifier, MLPRegressor, from_sklearn

KINDS = [("MLPClassifier", MLPClassifier, "iris"), ("MLPClassifier", MLPClassifier, "breast_cancer"),
         ("MLPRegressor", MLPRegressor, "diabetes")]  # fmt: skip


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize(("name", "ours", "of"), KINDS)
def test_both_ways(data, name, ours, of, solver):
    X, y = data[of]
    theirs = getattr(neural_network, name)(hidden_layer_sizes=(6, 4), solver=solver, max_iter=10, random_state=0).fit(
        X, y
    )
    model = from_sklearn(theirs)
    back = model.to_sklearn()
    answer = "predict_proba" if name == "MLPClassifier" else "predict"
    expected = getattr(theirs, answer)(X)
    np.testing.assert_allclose(getattr(model, answer)(X), expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(getattr(back, answer)(X), expected)
    assert isinstance(model, ours)
    assert back.get_params() == theirs.get_params()
    if solver != "lbfgs":
        before = model.t_
        for one in (model, back):
            one.partial_fit(X, y)
            assert one.t_ == before + len(X)
            assert not np.array_equal(getattr(one, answer)(X), expected)
        np.testing.assert_array_equal(getattr(theirs, answer)(X), expected)


def test_unfitted_ones_keep_their_parameters():
    theirs = neural_network.MLPClassifier((3,), alpha=0.5)
    assert from_sklearn(theirs).to_sklearn().get_params() == theirs.get_params()


def test_other_estimators_are_refused():
    with pytest.raises(TypeError, match="not LinearRegression"):
        from_sklearn(LinearRegression())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dropout": 0.2}, "dropout=0.2"),
        ({"dropout": [0.1, 0.3], "class_weight": "balanced"}, "class_weight='balanced', dropout=[0.1, 0.3]"),
        ({"optimizer": "nadam", "schedule": "cosine"}, "optimizer='nadam', schedule='cosine'"),
        ({"optimizer": {"name": "rmsprop", "rho": 0.8}}, "optimizer={'name': 'rmsprop', 'rho': 0.8}"),
        ({"schedule": "constant", "solver": "sgd", "learning_rate": "adaptive"}, "schedule='constant'"),
        ({"init": "he_normal"}, "init='he_normal'"),
        ({"loss": "squared_error"}, "loss='squared_error'"),
        ({"precision": "f32"}, "precision='f32'"),
        ({"train": {"l1": 1e-5}}, "train={'l1': 1e-05}"),
    ],
)
def test_settings_of_training_that_are_left_out_are_named(data, settings, message):
    X, y = data["wine"]
    model = MLPClassifier((5,), "tanh", max_iter=5, random_state=0, **settings)
    with pytest.raises(ValueError, match=re.escape(f"MLPClassifier has no {message}, and would train")):
        model.to_sklearn()
    model.fit(X, y)
    with pytest.warns(
        UserWarning, match=re.escape(f"MLPClassifier has no {message}: its predictions are those of this")
    ) as warned:
        back = model.to_sklearn()
    assert len(warned) == 1 and warned[0].filename == __file__
    np.testing.assert_allclose(back.predict_proba(X), model.predict_proba(X), rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(from_sklearn(back).predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("loss", ["huber", {"name": "quantile", "quantile": 0.9}, {"name": "half_mean_squared_error"}])
def test_losses_of_regressions_that_are_left_out_are_named(data, loss):
    X, y = data["diabetes"]
    model = MLPRegressor(loss, (5,), max_iter=5, random_state=0).fit(X, y)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        back = model.to_sklearn()
    # The last one is scikit-learn's loss under another name.
    is_theirs = loss == {"name": "half_mean_squared_error"}
    assert [str(one.message) for one in warned] == [] if is_theirs else f"no loss={loss!r}" in str(warned[0].message)
    assert back.loss == "squared_error"
    np.testing.assert_allclose(back.predict(X), model.predict(X), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"activation": ["tanh", "tanh"], "hidden_layer_sizes": (4, 3)},
        {"activation": "sigmoid"},
        {"schedule": "constant", "init": "sklearn", "dropout": [0.0, 0.0]},
        {"normalisation": ["none"], "train": {}, "callbacks": [], "n_threads": 1},
        {"hidden_layer_sizes": ()},
    ],
)
def test_settings_with_scikit_learns_effect_give_no_warning(data, settings):
    X, y = data["iris"]
    model = MLPClassifier(**{"hidden_layer_sizes": (4,), "max_iter": 5, "random_state": 0, **settings})
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        assert model.to_sklearn().get_params()["alpha"] == model.alpha
        warnings.simplefilter("ignore", ConvergenceWarning)
        back = model.fit(X, y).to_sklearn()
        warnings.simplefilter("error", UserWarning)
    np.testing.assert_allclose(back.predict_proba(X), model.predict_proba(X), rtol=1e-9, atol=1e-12)
    if back.hidden_layer_sizes:
        back.partial_fit(X, y)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"activation": ["relu", "tanh"]}, r"one activation for all hidden layers, not \['relu', 'tanh'\]"),
        ({"activation": "gelu"}, "no activation 'gelu'; it has identity, logistic, relu, tanh"),
        ({"normalisation": "batch"}, "no normalisation='batch'"),
        ({"normalisation": ["none", {"name": "layer"}]}, "no normalisation="),
    ],
)
def test_networks_with_other_predictions_are_refused(data, settings, message):
    model = MLPClassifier((4, 3), max_iter=2, random_state=0).set_params(**settings)
    for one in (model, clone(model).fit(*data["iris"])):
        with pytest.raises(ValueError, match=message):
            one.to_sklearn()
