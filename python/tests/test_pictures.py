"""Pictures, and what a notebook shows."""

from __future__ import annotations

import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from pellucid import MLPClassifier, MLPRegressor

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    matplotlib.pyplot.close("all")


def test_the_loss_is_drawn_as_it_was(data):
    model = MLPClassifier((5,), max_iter=8, early_stopping=True, random_state=0).fit(*data["iris"])
    drawn = model.plot_loss()
    np.testing.assert_array_equal(drawn.lines[0].get_ydata(), model.loss_curve_)
    np.testing.assert_array_equal(drawn.figure.axes[1].lines[0].get_ydata(), model.validation_scores_)
    assert drawn.get_xlabel() == "epoch"


def test_a_confusion_matrix_counts_all_rows(data):
    X, y = data["iris"]
    model = MLPClassifier((5,), max_iter=30, random_state=0).fit(X, y)
    drawn = model.plot_confusion(X, y)
    counts = drawn.images[0].get_array()
    assert counts.sum() == len(y)
    assert np.trace(counts) / len(y) == pytest.approx(model.score(X, y))
    with pytest.raises(TypeError, match="regression"):
        MLPRegressor(hidden_layer_sizes=(2,), max_iter=2).fit(X, X[:, 0]).plot_confusion(X, X[:, 0])


def test_a_decision_boundary_is_what_is_answered(data):
    X, y = data["iris"]
    drawn = MLPClassifier((5,), max_iter=30, random_state=0).fit(X[:, :2], y).plot_decision_boundary(X[:, :2], y)
    assert len(drawn.get_legend().get_texts()) == 3
    assert (
        MLPRegressor(hidden_layer_sizes=(5,), max_iter=5)
        .fit(X[:, :2], X[:, 2])
        .plot_decision_boundary(X[:, :2], X[:, 2])
    )
    with pytest.raises(ValueError, match="2 features, not of 4"):
        MLPClassifier((5,), max_iter=3).fit(X, y).plot_decision_boundary(X, y)


def test_weights_are_drawn_layer_by_layer(data):
    model = MLPClassifier((5, 4), max_iter=3, random_state=0).fit(*data["iris"])
    drawn = model.plot_weights()
    for axes, weights in zip(drawn, model.coefs_, strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), weights)


def test_without_matplotlib_a_message_says_so(data, monkeypatch):
    model = MLPClassifier((5,), max_iter=3, random_state=0).fit(*data["iris"])
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        model.plot_loss()


def test_a_notebook_shows_layers_and_curve(data):
    model = MLPClassifier((5,), max_iter=8, random_state=0)
    assert "pellucid-model" not in model._repr_mimebundle_()["text/html"]
    shown = model.fit(*data["iris"])._repr_mimebundle_()["text/html"]
    assert "sk-" in shown
    ours = ElementTree.fromstring(shown[shown.index('<div class="pellucid-model">') :])
    assert "4 → 5 → 3 (softmax)" in "".join(ours.itertext())
    assert len(ours.find(".//polyline").get("points").split()) == 8
    assert (
        "<script>"
        not in MLPClassifier(activation="relu", max_iter=2).fit(*data["iris"])._repr_html_().split("pellucid-model")[1]
    )
