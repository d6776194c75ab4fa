"""Diagnosis: constructed faults are found, as by the engine, and sound trainings have no findings."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine

import pellucid
from pellucid import MLPClassifier, MLPRegressor

NOISE = np.random.RandomState(0)
ROWS, LABELS = NOISE.normal(size=(80, 20)), NOISE.randint(2, size=80)
OTHERS = NOISE.normal(size=(80, 20)), NOISE.randint(2, size=80)
LOPSIDED = NOISE.normal(size=(200, 4)), (np.arange(200) < 6).astype(int)
FOREVER = {"tol": 0, "n_iter_no_change": np.inf}

#: Constructed faults: the model, its rows (the name of a set, or arrays), and the expected finding and layer.
FAULTS = {
    "a rate that makes relus dead": (
        MLPRegressor("squared_error", (20,), learning_rate_init=30, max_iter=30),
        "diabetes",
        ("dead_units", 1),
    ),
    "a rate too high": (
        MLPClassifier((20,), "tanh", solver="sgd", momentum=0, learning_rate_init=5, batch_size=150, max_iter=50),
        "iris",
        ("oscillation", None),
    ),
    "a rate far too high": (
        MLPRegressor("squared_error", (20,), "identity", solver="sgd", learning_rate_init=10, max_iter=50),
        "diabetes",
        ("diverged", 2),
    ),
    "a rate too low": (
        MLPClassifier((20,), solver="sgd", learning_rate_init=1e-8, max_iter=50, **FOREVER),
        "iris",
        ("loss_stuck", None),
    ),
    "columns without scaling": (MLPClassifier((20,), max_iter=50), load_wine, ("unscaled_inputs", None)),
    "saturated sigmoids": (
        MLPClassifier((20,), "logistic", max_iter=50),
        lambda **_: (10 * load_wine().data, load_wine().target),
        ("saturated_units", 1),
    ),
    "many layers of sigmoids": (
        MLPClassifier((16,) * 6, "logistic", solver="sgd", max_iter=50, **FOREVER),
        "iris",
        ("vanishing_gradients", 1),
    ),
    "large weights": (
        MLPClassifier((50,) * 4, init={"method": "normal", "std": 2.0}, max_iter=20),
        "iris",
        ("exploding_gradients", 1),
    ),
    "equal weights": (
        MLPClassifier((5,), "tanh", init={"method": "constant", "value": 0.1}, max_iter=20),
        "iris",
        ("symmetric_units", 1),
    ),
    "nearly one class": (
        MLPClassifier((5,), learning_rate_init=0.01, max_iter=20),
        lambda **_: LOPSIDED,
        ("constant_predictor", None),
    ),
    "memorised noise": (
        MLPClassifier((100,), max_iter=500, early_stopping=True, validation_fraction=0.4, **FOREVER),
        lambda **_: (ROWS, LABELS),
        ("overfitting", None),
    ),
}


def kinds(findings):
    return [(finding["kind"], finding["layer"]) for finding in findings]


def fitted(model, X, y):
    """The model after fit, whose training may diverge."""
    try:
        return model.set_params(random_state=0).fit(X, y)
    except ValueError as error:
        assert "non-finite" in str(error)
        return model


@pytest.mark.parametrize("fault", FAULTS)
def test_a_constructed_fault_is_found(data, fault):
    model, source, expected = FAULTS[fault]
    X, y = data[source] if isinstance(source, str) else source(return_X_y=True)
    found = fitted(model, X, y).diagnose(X, y)
    assert kinds(found)[:1] == [expected], found
    for part in ("seen", "why", "try_this"):
        assert len(found[0][part]) > 20


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_sound_training_has_no_findings(data, solver, early_stopping):
    digits = load_digits()
    sets = {**data, "digits": (digits.data / 16, digits.target)}
    for name, activation in [("iris", "relu"), ("digits", "relu"), ("breast_cancer", "tanh"), ("diabetes", "logistic")]:
        kind = MLPRegressor if name == "diabetes" else MLPClassifier
        settings = {"solver": solver, "early_stopping": early_stopping, "random_state": 0}
        model = kind(hidden_layer_sizes=(30,), activation=activation, max_iter=100, **settings)
        assert model.fit(*sets[name]).diagnose(*sets[name]) == [], name


#: Trainings by scikit-learn's parameters, with the scale of the data; the test writes each as a recipe too.
SAME = [
    ({"learning_rate_init": 0.05}, {}),
    ({"learning_rate_init": 1e-9}, {}),
    ({"learning_rate_init": 8.0}, {}),
    ({"activation": "relu", "learning_rate_init": 60.0}, {}),
    ({"hidden_layer_sizes": (12,) * 6, "learning_rate_init": 0.05}, {}),
    ({"init": {"method": "constant", "value": 0.2}, "learning_rate_init": 0.05}, {}),
    ({"learning_rate_init": 0.05}, {"scale": 1000.0}),
]


@pytest.mark.parametrize(("settings", "planted"), SAME)
def test_findings_equal_those_of_the_engine_for_the_same_training(data, settings, planted):
    X, y = data["iris"]
    X = np.ascontiguousarray(X * planted.get("scale", 1.0))
    plain = {"activation": "logistic", "solver": "sgd", "momentum": 0, "alpha": 0, "shuffle": False, "batch_size": 150}
    model = MLPClassifier(**{"hidden_layer_sizes": (12,), "max_iter": 40, **plain, **settings, **FOREVER})
    found = fitted(model, X, y).diagnose(X, y)
    layers = [4, *model.hidden_layer_sizes, 3]
    activation = {"logistic": "sigmoid"}.get(model.activation, model.activation)
    record = pellucid.run({
        "data": {"source": "inline", "inputs": X.tolist(), "targets": np.eye(3)[y].tolist()},
        "network": {"layers": layers, "activation": [activation] * (len(layers) - 2) + ["softmax"]},
        "init": model.init or {"method": "sklearn"},
        "train": {
            "loss": "categorical_cross_entropy",
            "reduction": "mean",
            "optimizer": "sgd",
            "batch_size": "full",
            "epochs": 40,
            "learning_rate": model.learning_rate_init,
            "seed": 0,
        },
    })  # fmt: skip
    assert kinds(found) == kinds(record["findings"])
    assert [finding["severity"] for finding in found] == [finding["severity"] for finding in record["findings"]]


def test_validation_rows_reveal_overfitting():
    for settings in ({}, {"class_weight": "balanced"}):
        model = MLPClassifier((100,), max_iter=400, random_state=0, **settings, **FOREVER).fit(ROWS, LABELS)
        assert model.diagnose(ROWS, LABELS) == []
        assert kinds(model.diagnose(ROWS, LABELS, validation_data=OTHERS)) == [("overfitting", None)]
    judged = MLPClassifier((100,), max_iter=400, random_state=0, **FOREVER)
    judged.fit(ROWS, LABELS, np.ones(80), validation_data=OTHERS)
    (found,) = judged.diagnose(ROWS, LABELS, np.ones(80), validation_data=(*OTHERS, np.ones(80)))
    best = int(np.argmax(judged.validation_scores_)) + 1
    assert found["kind"] == "overfitting" and f"the weights of epoch {best} were kept" in found["seen"]


@pytest.mark.parametrize("random_state", [None, 3, np.random.RandomState(5), np.random.RandomState(np.random.PCG64(6))])
def test_the_training_is_repeated_to_the_bit_and_the_model_unchanged(data, random_state):
    X, y = data["iris"]
    for settings in ({}, {"dropout": 0.2}, {"solver": "lbfgs"}, {"learning_rate": "adaptive", "solver": "sgd"}):
        model = MLPClassifier((8,), max_iter=12, random_state=random_state, **settings).fit(X, y)
        before = pickle.dumps(model)
        drawn = str(model._random_state.get_state(legacy=False))
        with warnings.catch_warnings():
            # Different losses would give a warning.
            warnings.simplefilter("error")
            assert model.diagnose(X, y) == []
            assert pickle.loads(before).diagnose(X, y) == []
        assert pickle.dumps(model) == before
        assert drawn == str(model._random_state.get_state(legacy=False))


def test_a_training_that_a_callback_ended(data):
    X, y = data["iris"]
    calls = []

    def third(model, report):
        calls.append(report["epoch"])
        return report["epoch"] == 3

    settings = {"solver": "sgd", "learning_rate_init": 1e-8, "random_state": 0, "callbacks": [third]}
    model = MLPClassifier((8,), max_iter=50, **settings).fit(X, y)
    (found,) = model.diagnose(X, y)
    assert found["kind"] == "loss_stuck" and "in 3 steps" in found["seen"]
    assert calls == [1, 2, 3]


def test_a_training_that_cannot_be_repeated_is_inspected_as_it_is(data):
    X, y = data["iris"]
    model = MLPClassifier((8,), max_iter=5, random_state=0).fit(X, y)
    for rows, classes in ((X[:40] + 1, y[:40]), (X[:1], y[:1]), (X, np.roll(y, 50))):
        with pytest.warns(UserWarning, match="not the rows or not the settings"):
            assert isinstance(model.diagnose(rows, classes), list)
    scales = np.where(np.arange(4) == 2, 1e4, 1.0)
    model.partial_fit(X, y)
    # Only its losses and its layers are known, not its training rows.
    assert kinds(model.diagnose(X * scales, y)) == [("unscaled_inputs", None)]
    assert model.diagnose() == []
    with pytest.raises(ValueError, match="X and y, or neither"):
        model.diagnose(X)
    with pytest.raises(ValueError, match="only together with X and y"):
        model.diagnose(validation_data=(X, y))
    with pytest.raises(ValueError, match="3 features"):
        model.diagnose(X[:, :3], y)


def test_sparse_rows_are_inspected_too(data):
    from scipy import sparse

    X, y = data["iris"]
    model = MLPClassifier((8,), solver="sgd", learning_rate_init=1e-9, max_iter=5, random_state=0)
    model.fit(sparse.csr_matrix(X), y)
    assert kinds(model.diagnose(sparse.csr_matrix(X), y)) == [("loss_stuck", None)]


def test_findings_name_the_columns():
    pandas = pytest.importorskip("pandas")
    wine = load_wine()
    frame = pandas.DataFrame(wine.data, columns=wine.feature_names)
    found = MLPClassifier((5,), max_iter=5, random_state=0).fit(frame, wine.target).diagnose(frame, wine.target)
    assert any("(proline) ranges" in finding["seen"] for finding in found)
