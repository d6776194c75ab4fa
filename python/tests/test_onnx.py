"""Our estimators, converted by skl2onnx, give the same predictions in onnxruntime."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pellucid import MLPClassifier, MLPRegressor
from pellucid._recipe import ACTIVATION_NAMES

skl2onnx = pytest.importorskip("skl2onnx")
onnxruntime = pytest.importorskip("onnxruntime")

SMALL = {"hidden_layer_sizes": (8, 5), "max_iter": 10, "random_state": 0}


def answers(model, X, **more):
    """The outputs of onnxruntime."""
    converted = skl2onnx.to_onnx(model, X[:1], **more)
    session = onnxruntime.InferenceSession(converted.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: X})


def close(found, expected, dtype=np.float32):
    assert found.shape == expected.shape and found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


LABELS = {
    "binary": lambda y: (y == 1).astype(int),
    "multi-class": lambda y: y,
    "words": lambda y: np.array(["setosa", "ok", "été"])[y],
    "two words": lambda y: np.where(y == 1, "yes", "no"),
    "booleans": lambda y: y == 2,
    "large": lambda y: y * 10**12,
    "whole floats": lambda y: y.astype(float),
    "multi-label": lambda y: np.eye(3, dtype=int)[y] | np.eye(3, dtype=int)[y * 2 % 3],
}


@pytest.mark.parametrize("labels", LABELS)
def test_classifiers_in_pipelines(data, labels):
    X, y = data["iris"]
    X, y = X.astype(np.float32), LABELS[labels](y)
    model = make_pipeline(StandardScaler(), MLPClassifier(**SMALL)).fit(X, y)
    label, probabilities = answers(model, X, options={"zipmap": False})
    close(probabilities, model.predict_proba(X))
    np.testing.assert_array_equal(label, model.predict(X).astype(label.dtype))
    # Without options: a dictionary for each row.
    _, found = answers(model, X[:3])
    np.testing.assert_allclose([list(row.values()) for row in found], model.predict_proba(X[:3]), atol=1e-5)
    assert list(found[0]) == list(model.classes_)


def test_a_single_class(data):
    X, _ = data["iris"]
    X = X.astype(np.float32)
    model = MLPClassifier(**SMALL).fit(X, np.full(len(X), 7))
    label, found = answers(model, X)
    assert set(label) == {7}
    np.testing.assert_allclose([row[7] for row in found], model.predict_proba(X)[:, 1], atol=1e-5)


def test_names_types_and_numbers_are_those_of_scikit_learns(data):
    X, y = data["iris"]
    X = X.astype(np.float32)
    ours = MLPClassifier(**SMALL).fit(X, y)
    for options in (None, {"zipmap": False}, {"zipmap": "columns"}, {"zipmap": False, "output_class_labels": True},
                    {"nocl": True}):  # fmt: skip
        found = []
        for model in (ours, ours.to_sklearn()):
            graph = skl2onnx.to_onnx(model, X[:1], options=options and {id(model): options}).graph
            found.append([(output.name, output.type.SerializeToString()) for output in graph.output])
        assert found[0] == found[1]
    with pytest.raises(NameError, match="nonsense"):
        skl2onnx.to_onnx(ours, X[:1], options={id(ours): {"nonsense": 1}})


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("loss", ["squared_error", "poisson", "huber"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_regressors(data, outputs, loss, dtype):
    X, y = data["diabetes"]
    X, y = X.astype(dtype), np.abs(np.column_stack([y * (1 + k) for k in range(outputs)]))
    model = make_pipeline(StandardScaler(), MLPRegressor(loss, **SMALL)).fit(X, y if outputs > 1 else y.ravel())
    (found,) = answers(model, X)
    close(found, model.predict(X).reshape(len(X), -1), dtype)
    if dtype == np.float64:
        np.testing.assert_allclose(found, model.predict(X).reshape(len(X), -1), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ACTIVATION_NAMES)
def test_every_activation(activation, dtype):
    X = np.linspace(-8, 8, 201, dtype=dtype)[:, None]
    model = MLPRegressor(hidden_layer_sizes=(4,), activation=activation, max_iter=2, random_state=0).fit(X, X.ravel())
    close(answers(model, X)[0], model.predict(X)[:, None], dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "settings",
    [
        {"normalisation": "batch"},
        {"normalisation": "layer"},
        {"normalisation": ["none", {"name": "batch", "epsilon": 0.1}], "activation": ["gelu", "tanh"]},
        {"normalisation": [{"name": "batch", "epsilon": 0.01}, {"name": "layer", "epsilon": 0.2}]},
        {"normalisation": [{"name": "layer"}, "batch"], "dropout": 0.2},
        {"hidden_layer_sizes": ()},
    ],
)
def test_networks_that_scikit_learn_lacks(data, settings, dtype):
    X, y = data["wine"]
    X = X.astype(dtype)
    model = MLPClassifier(**{**SMALL, "learning_rate_init": 0.02, **settings}).fit(X, y)
    label, probabilities = answers(model, X, options={id(model): {"zipmap": False}})
    close(probabilities, model.predict_proba(X), dtype)
    np.testing.assert_array_equal(label, model.predict(X))


def test_within_other_estimators(data):
    X, y = data["iris"]
    X = X.astype(np.float32)
    mlp = MLPClassifier(**SMALL)
    for around in (
        GridSearchCV(mlp, {"alpha": [1e-4, 1e-2]}, cv=2),
        VotingClassifier([("a", mlp), ("b", LogisticRegression())], voting="soft", flatten_transform=False),
        CalibratedClassifierCV(mlp, cv=2),
        OneVsRestClassifier(mlp),
        make_pipeline(ColumnTransformer([("scale", StandardScaler(), [0, 2])], remainder="passthrough"), mlp),
    ):
        around.fit(X, y)
        label, probabilities = answers(around, X, options={"zipmap": False})
        close(probabilities, around.predict_proba(X))
        np.testing.assert_array_equal(label, around.predict(X))


def test_labels_without_onnx_type_are_refused(data):
    X, y = data["iris"]
    with pytest.raises(NotFittedError):
        skl2onnx.to_onnx(MLPRegressor(), X)
    model = MLPClassifier(normalisation="layer", **SMALL).fit(X, y)
    with pytest.raises(ValueError, match="target_opset=17"):
        skl2onnx.to_onnx(model, X, target_opset=15)
    # scikit-learn's classifiers do not train on such labels, but a model can have them from elsewhere.
    model = MLPClassifier(**SMALL).fit(X, y.astype(float))
    model.classes_ = model.classes_ + 0.5
    with pytest.raises(ValueError, match=r"integers or strings, not \[0\.5 1\.5 2\.5\]"):
        skl2onnx.to_onnx(model, X, options={"zipmap": False})


ORDERS = {
    "before": "import skl2onnx, pellucid",
    "after": "import pellucid, importlib.util; assert importlib.util.find_spec('skl2onnx'); import skl2onnx",
    "a part of it": "import pellucid; from skl2onnx.common.data_types import FloatTensorType; import skl2onnx",
}


@pytest.mark.parametrize("order", ORDERS)
def test_registration_works_in_either_order_of_imports(order):
    code = ORDERS[order] + "\nprint(skl2onnx.get_model_alias(pellucid.MLPRegressor))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "PellucidMLPRegressor\n" and found.stderr == ""


def test_scikit_learns_converters_are_unchanged(data):
    X, y = data["iris"]
    assert skl2onnx.get_model_alias(neural_network.MLPClassifier) == "SklearnMLPClassifier"
    theirs = neural_network.MLPClassifier(**SMALL).fit(X, y)
    close(answers(theirs, X, options={"zipmap": False})[1], theirs.predict_proba(X), np.float64)
