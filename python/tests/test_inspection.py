"""Explanation of a step, and gradient check."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import pytest

from pellucid import MLPClassifier, MLPRegressor


@pytest.mark.parametrize("precision", ["f32", "f64"])
def test_an_explained_step_is_the_step_that_training_takes(data, precision):
    X, y = data["iris"]
    settings = {"solver": "sgd", "momentum": 0, "alpha": 0, "shuffle": False, "random_state": 0, "precision": precision}
    model = MLPClassifier((5,), max_iter=3, **settings).fit(X, y)
    record = model.explain(X[:8], y[:8]).to_dict()
    np.testing.assert_allclose(record["layers"][-1]["activation"], model.predict_proba(X[:8]), rtol=1e-5)
    after = record["layers"]
    model.partial_fit(X[:8], y[:8])
    for layer, weights, biases in zip(after, model.coefs_, model.intercepts_, strict=True):
        np.testing.assert_allclose(layer["weights_after"], weights, rtol=2e-6)
        np.testing.assert_allclose(layer["bias_after"], biases, rtol=2e-6, atol=1e-9)


def test_how_an_explanation_is_shown(data):
    X, y = data["iris"]
    shown = MLPClassifier((3,), max_iter=2, random_state=0).fit(X, y).explain(X[0], y[0])
    page = ElementTree.fromstring(shown._repr_html_())
    assert page.find("iframe").get("srcdoc").split() == shown.to_html().split()
    assert "color-scheme: dark" in page.find("style").text
    assert "$" in shown._repr_markdown_()
    assert repr(shown) == "<Explanation of a step of 4-3-3 on 1 row>"
    assert "4-3-3" in str(shown)
    json.dumps(shown.to_dict())


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_gradients_are_right(data, activation):
    for name, kind in (("iris", MLPClassifier), ("breast_cancer", MLPClassifier), ("diabetes", MLPRegressor)):
        X, y = data[name]
        model = kind(hidden_layer_sizes=(6,), activation=activation, max_iter=3, random_state=0).fit(X, y)
        parts = model.check_gradient(X[:20], y[:20])
        assert [part["part"] for part in parts] == ["weights", "biases"] * 2
        assert all(part["right"] and part["worst_relative_error"] < 1e-6 for part in parts)


def test_a_tolerance_below_rounding_fails(data):
    X, y = data["iris"]
    model = MLPClassifier((6,), activation="tanh", max_iter=3, random_state=0).fit(X, y)
    assert not all(part["right"] for part in model.check_gradient(X[:20], y[:20], tolerance=1e-300))
