"""Plots, and the summary in a notebook."""

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


def test_the_loss_plot_has_the_recorded_losses(data):
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


def test_a_decision_boundary_shows_predictions(data):
    X, y = data["iris"]
    drawn = MLPClassifier((5,), max_iter=30, random_state=0).fit(X[:, :2], y).plot_decision_boundary(X[:, :2], y)
    assert len(drawn.get_legend().get_texts()) == 3
    assert (
        MLPRegressor(hidden_layer_sizes=(5,), max_iter=5)
        .fit(X[:, :2], X[:, 2])
        .plot_decision_boundary(X[:, :2], X[:, 2])
    )
    with pytest.raises(ValueError, match="2 features, not 4"):
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


def test_an_outlier_leaves_shades_for_other_numbers():
    random = np.random.RandomState(0)
    X = random.normal(size=(200, 2))
    y = np.sin(2 * X[:, 0])
    model = MLPRegressor(hidden_layer_sizes=(20,), solver="lbfgs", random_state=0).fit(X, y)

    def shades(y):
        drawn = model.plot_decision_boundary(X, y)
        (bar,) = [axes for axes in drawn.figure.axes if axes is not drawn]
        return bar.get_ylim()

    usual = shades(y)
    low, high = shades(np.where(np.arange(200) == 7, 1000.0, y))
    assert high - low <= 2 * (usual[1] - usual[0])
    # A constant plane has shades too.
    model.coefs_[-1][:], model.intercepts_[-1][:] = 0, 3
    low, high = shades(np.full(200, 3.0))
    assert low <= 3 < high


def test_each_of_many_classes_has_a_colour_of_its_own():
    random = np.random.RandomState(0)
    X, y = random.normal(size=(300, 2)), np.arange(300) % 12
    drawn = MLPClassifier((5,), max_iter=3, random_state=0).fit(X, y).plot_decision_boundary(X, y)
    colours = {tuple(points.get_facecolor()[0]) for points in drawn.collections[1:]}
    assert len(colours) == 12


def test_the_summary_of_a_model(data):
    X, y = data["diabetes"]
    shown = MLPRegressor(hidden_layer_sizes=(3,), solver="lbfgs", max_iter=5, random_state=np.random.RandomState(0))
    summary = shown.fit(X, y)._repr_html_().split("pellucid-model")[1]
    assert "5 iterations" in summary and "epoch" not in summary
    assert "RandomState(MT19937)," in summary and "0x" not in summary
    wide = MLPRegressor(
        hidden_layer_sizes=(3,), activation="identity", solver="sgd", learning_rate_init=1e9, batch_size=5
    )
    with pytest.raises(ValueError, match="non-finite"):
        wide.fit(X, y)
    assert "0 epochs" in wide._repr_html_()


def test_several_outputs_are_refused_where_one_is_drawn(data):
    X, y = data["iris"]
    labels = np.eye(3, dtype=int)[y]
    of_labels = MLPClassifier((5,), max_iter=2).fit(X[:, :2], labels)
    with pytest.raises(ValueError, match="3 labels"):
        of_labels.plot_decision_boundary(X[:, :2], labels)
    with pytest.raises(ValueError, match="multilabel_confusion_matrix"):
        of_labels.plot_confusion(X[:, :2], labels)
    of_targets = MLPRegressor(hidden_layer_sizes=(5,), max_iter=2).fit(X[:, :2], X[:, 2:])
    with pytest.raises(ValueError, match="2 targets"):
        of_targets.plot_decision_boundary(X[:, :2], X[:, 2:])


def test_the_axis_of_scores_names_the_metric(data):
    X, y = data["iris"]
    model = MLPClassifier((5,), max_iter=3, early_stopping=True, early_stopping_metric="neg_log_loss").fit(X, y)
    assert model.plot_loss().figure.axes[1].get_ylabel() == "neg_log_loss"
