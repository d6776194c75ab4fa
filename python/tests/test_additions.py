"""Parameters and methods beyond scikit-learn's."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.class_weight import compute_sample_weight

import pellucid
from pellucid import MLPClassifier, MLPRegressor


def weights_of(model):
    return np.concatenate([array.ravel() for array in (*model.coefs_, *model.intercepts_)])


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "nadam"},
        {"optimizer": {"name": "rmsprop", "rho": 0.9}, "schedule": "cosine"},
        {"optimizer": "lbfgs", "activation": "gelu"},
        {"schedule": {"name": "one_cycle", "warmup": 0.2}, "solver": "sgd", "learning_rate_init": 0.1},
        {"activation": ["gelu", "tanh"], "hidden_layer_sizes": (30, 10)},
        {"dropout": 0.2},
        {"dropout": [0.1, 0.3]},
        {"normalisation": "batch"},
        {"normalisation": ["layer", "none"], "hidden_layer_sizes": (30, 10)},
        {"init": "he_normal"},
        {"init": {"method": "truncated_normal", "std": 0.1}},
        {"train": {"clip_norm": 1.0, "l1": 1e-5}},
        {"loss": "squared_error"},
        {"class_weight": "balanced"},
        {"precision": "f32"},
    ],
)
def test_every_part_trains_repeats_copies_and_is_saved(data, settings, tmp_path):
    X, y = data["digits"]
    settings = {"max_iter": 40, "random_state": 0, **settings}
    model = MLPClassifier(**settings).fit(X[:1200], y[:1200])
    assert model.score(X[1200:], y[1200:]) > 0.85
    again = clone(model).fit(X[:1200], y[:1200])
    np.testing.assert_array_equal(weights_of(again), weights_of(model))
    model.save(tmp_path / "model.safetensors")
    loaded = pellucid.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(loaded.classes_, model.classes_)
    assert loaded.get_params() == model.get_params()
    assert loaded.loss_curve_ == model.loss_curve_


def test_defaults_of_additional_parameters_change_nothing(data):
    X, y = data["wine"]
    plain = MLPClassifier(random_state=0, max_iter=5).fit(X, y)
    spelled = MLPClassifier(
        random_state=0, max_iter=5, activation=["relu"], init="sklearn", schedule="constant",
        optimizer={"name": "adam", "epsilon_hat": True}, train={}, precision="f64", callbacks=[], loss="log_loss",
    )  # fmt: skip
    np.testing.assert_array_equal(weights_of(spelled.fit(X, y)), weights_of(plain))


@pytest.mark.parametrize("loss", ["absolute_error", "huber", "log_cosh", {"name": "quantile", "quantile": 0.9}])
def test_losses_of_regressions(data, loss):
    X, y = data["diabetes"]
    model = MLPRegressor(loss=loss, random_state=0, max_iter=300, learning_rate_init=0.01, tol=0).fit(X, y)
    assert model.loss_curve_[-1] < 0.5 * model.loss_curve_[0]
    if isinstance(loss, dict):
        assert 0.85 < np.mean(y < model.predict(X)) < 0.95


def test_class_weights_multiply_sample_weights(data):
    X, y = data["wine"]
    for weight in ("balanced", {0: 3.0, 1: 1.0, 2: 0.5}):
        by_class = MLPClassifier(random_state=0, max_iter=5, class_weight=weight).fit(X, y)
        by_row = MLPClassifier(random_state=0, max_iter=5).fit(X, y, compute_sample_weight(weight, y))
        np.testing.assert_array_equal(weights_of(by_class), weights_of(by_row))
    with pytest.raises(ValueError, match="partial_fit the weights"):
        MLPClassifier(class_weight="balanced").partial_fit(X, y, classes=[0, 1, 2])


def test_validation_rows_score_epochs(data):
    X, y = data["digits"]
    judged = MLPClassifier(random_state=0, max_iter=200, n_iter_no_change=3, tol=1e-3)
    judged.fit(X[:1000], y[:1000], validation_data=(X[1000:], y[1000:]))
    assert judged.n_iter_ == len(judged.validation_scores_) < 200
    assert judged.score(X[1000:], y[1000:]) == judged.best_validation_score_ == max(judged.validation_scores_)
    # Validation rows do not affect the training: the steps are those of training on these rows alone.
    alone = MLPClassifier(random_state=0, max_iter=judged.n_iter_, tol=0, n_iter_no_change=1000).fit(X[:1000], y[:1000])
    np.testing.assert_allclose(judged.loss_curve_, alone.loss_curve_, rtol=1e-12)
    weights = np.r_[np.ones(50), np.zeros(747)]
    by_few = clone(judged).fit(X[:1000], y[:1000], validation_data=(X[1000:], y[1000:], weights))
    assert by_few.score(X[1000:1050], y[1000:1050]) == by_few.best_validation_score_


def test_callbacks_observe_and_end_training(data):
    X, y = data["wine"]
    seen = []

    def observe(model, report):
        seen.append((report["epoch"], report["loss"], model.score(X, y)))
        return report["epoch"] == 7

    model = MLPClassifier(random_state=0, max_iter=50, callbacks=[observe]).fit(X, y)
    assert [epoch for epoch, *_ in seen] == list(range(1, 8)) and model.n_iter_ == 7
    assert [loss for _, loss, _ in seen] == model.loss_curve_
    assert seen[-1][2] == model.score(X, y) and len({score for *_, score in seen}) > 1

    def fail(model, report):
        raise RuntimeError("enough")

    model.set_params(callbacks=[fail])
    with pytest.raises(RuntimeError, match="enough"):
        model.fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all() and model.n_iter_ == 1


def test_invalid_settings_are_refused_by_key(data):
    X, y = data["wine"]
    for settings, message in [
        ({"optimizer": "adamm"}, "adam"),
        ({"schedule": "cosin"}, "cosine"),
        ({"init": "he"}, "he_normal"),
        ({"train": {"clip_nrm": 1}}, "clip_norm"),
        ({"dropout": 1.5}, "dropout"),
        ({"dropout": [0.5]}, "dropout"),
        ({"activation": ["relu", "tanh"]}, "2 activations for 1 hidden layers"),
        ({"optimizer": "lbfgs", "train": {"clip_norm": 1.0}}, "lbfgs"),
    ]:
        with pytest.raises(ValueError, match=message):
            MLPClassifier(**settings).fit(X, y)


@pytest.mark.parametrize(
    "labels", [lambda y: np.array(["a", "b", "c"])[y], lambda y: y == 1, lambda y: np.eye(3, dtype=int)[y]]
)
def test_labels_come_back_from_files(data, labels, tmp_path):
    X, y = data["iris"]
    model = MLPClassifier(random_state=0, max_iter=30).fit(X, labels(y))
    model.save(tmp_path / "model.safetensors")
    loaded = pellucid.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert loaded.predict(X).dtype == model.predict(X).dtype
    loaded.partial_fit(X, labels(y))
    with pytest.raises(ValueError, match=r"nothing\.safetensors"):
        pellucid.load(tmp_path / "nothing.safetensors")


def test_recipes_run_as_the_command_runs_them(tmp_path):
    assert "xor-by-hand" in pellucid.Recipe.names()
    recipe = pellucid.Recipe.built_in("xor-sgd")
    recipe["train"]["epochs"] = 300
    one, many = pellucid.run(recipe, n_threads=1), pellucid.run(recipe, n_threads=3)
    assert one["final"] == many["final"] and one["epochs"] == 300
    losses = [entry["loss"] for entry in one["history"]]
    assert losses == sorted(losses, reverse=True) or losses[-1] < losses[0]
    assert [len(layer["bias"]) for layer in one["final"]["layers"]] == recipe["network"]["layers"][1:]
    file = tmp_path / "mine.toml"
    file.write_text('data = { source = "regression", rows = 50, features = 3, noise = 0.1 }\n'
                    'network = { layers = [3, 4, 1], activation = "tanh" }\n'
                    '[train]\nloss = "half_squared_error"\nlearning_rate = 0.1\nepochs = 5\n')  # fmt: skip
    record = pellucid.run(pellucid.Recipe.read(file))
    assert all(a["loss"] > b["loss"] for a, b in pairwise(record["history"]))
    assert json.loads(json.dumps(record)) == record
    file.write_text("[data]\nsorce = 1\n")
    with pytest.raises(ValueError, match=r"mine\.toml.*source"):
        pellucid.Recipe.read(file)
    with pytest.raises(ValueError, match="xor-sgd"):
        pellucid.Recipe.built_in("xor-sdg")
