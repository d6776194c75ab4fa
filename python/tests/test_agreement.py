"""The numbers equal those of scikit-learn, epoch by epoch."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn import neural_network

import pellucid

SETTINGS = {
    "adam": {},
    "adam, logistic": {"activation": "logistic", "hidden_layer_sizes": (20, 10), "beta_1": 0.8, "epsilon": 1e-4},
    "nesterov": {"solver": "sgd", "learning_rate_init": 0.05, "alpha": 0.1},
    "momentum, tanh": {
        "solver": "sgd", "learning_rate_init": 0.05, "nesterovs_momentum": False, "activation": "tanh", "batch_size": 32
    },
    "without momentum": {"solver": "sgd", "learning_rate_init": 0.1, "momentum": 0, "alpha": 0},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.05, "power_t": 0.1},
    "adaptive": {
        "solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.2, "tol": 0.05, "n_iter_no_change": 1
    },
    "in order": {"shuffle": False, "activation": "identity"},
    "held out": {"early_stopping": True, "n_iter_no_change": 3},
}  # fmt: skip


def both(name, **settings):
    kind = "MLPRegressor" if name == "diabetes" else "MLPClassifier"
    settings = {"max_iter": 25, "random_state": 3, "hidden_layer_sizes": (30,), **settings}
    return getattr(neural_network, kind)(**settings), getattr(pellucid, kind)(**settings)


def assert_same(theirs, ours, X, rtol=1e-9):
    """The losses, weights and predictions are equal up to the rounding errors of 25 epochs."""
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.t_ == theirs.t_
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=rtol)
    np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=rtol)
    for found, expected in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=0, atol=rtol * 10)
    for attribute in ("best_loss_", "validation_scores_", "best_validation_score_"):
        found, expected = getattr(ours, attribute), getattr(theirs, attribute)
        assert (found is None) == (expected is None)
        if expected is not None:
            np.testing.assert_allclose(found, expected, rtol=rtol)
    assert ours.out_activation_ == theirs.out_activation_
    if hasattr(theirs, "predict_proba"):
        np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=0, atol=rtol * 10)
    else:
        np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=0, atol=rtol * 100)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits", "diabetes"])
def test_training_follows_scikit_learn(data, name, settings):
    X, y = data[name]
    theirs, ours = both(name, **SETTINGS[settings])
    assert_same(theirs.fit(X, y), ours.fit(X, y), X)


@pytest.mark.parametrize("settings", ["adam", "nesterov", "held out"])
@pytest.mark.parametrize("name", ["wine", "diabetes"])
def test_weighted_rows(data, name, settings):
    X, y = data[name]
    weights = np.random.RandomState(0).uniform(0.1, 4, len(y))
    theirs, ours = both(name, **SETTINGS[settings])
    assert_same(theirs.fit(X, y, weights), ours.fit(X, y, weights), X)


@pytest.mark.parametrize("name", ["digits", "diabetes"])
def test_single_precision(data, name):
    X, y = data[name]
    theirs, ours = both(name)
    # Small enough that no probability underflows in float32, where scikit-learn clips the loss.
    X = (0.3 * X).astype(np.float32)
    assert_same(theirs.fit(X, y), ours.fit(X, y), X, rtol=2e-4)
    assert ours.coefs_[0].dtype == np.float32


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array])
def test_sparse_rows_are_the_dense_ones(data, kind):
    X, y = data["digits"]
    X = np.where(X > 0.5, X, 0.0)
    theirs, ours = both("digits", max_iter=5)
    assert_same(theirs.fit(kind(X), y), ours.fit(kind(X), y), kind(X))
    dense = both("digits", max_iter=5)[1].fit(X, y)
    for a, b in zip(ours.coefs_, dense.coefs_, strict=True):
        # The sums have another order.
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-13)


def test_several_labels_and_counts(data):
    X, y = data["digits"]
    labels = np.stack([y % 2, y > 4, y == 0], axis=1).astype(int)
    theirs, ours = both("digits", max_iter=10)
    assert_same(theirs.fit(X, labels), ours.fit(X, labels), X)
    theirs, ours = both("digits", max_iter=10, early_stopping=True)
    assert_same(theirs.fit(X, labels), ours.fit(X, labels), X)
    theirs, ours = both("diabetes", loss="poisson")
    X, y = data["diabetes"]
    counts = np.floor(np.exp(y))
    assert_same(theirs.fit(X, counts), ours.fit(X, counts), X)


@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}])
def test_generators_end_in_the_same_state(data, settings):
    X, y = data["wine"]
    left = []
    for estimator in both("wine", **settings):
        generator = np.random.RandomState(11)
        estimator.set_params(random_state=generator).fit(X, y)
        left.append((estimator.loss_curve_, generator.randint(2**31), generator.normal()))
    np.testing.assert_allclose(left[0][0], left[1][0], rtol=1e-9)
    assert left[0][1:] == left[1][1:]
    np.random.seed(5)
    theirs = both("wine", random_state=None)[0].fit(X, y).loss_curve_
    np.random.seed(5)
    np.testing.assert_allclose(both("wine", random_state=None)[1].fit(X, y).loss_curve_, theirs, rtol=1e-9)
    other = np.random.RandomState(np.random.PCG64(3))
    assert np.isfinite(both("wine", random_state=other)[1].fit(X, y).loss_)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_warm_start_and_partial_fit_continue(data, solver):
    X, y = data["iris"]
    pairs = both("iris", solver=solver, warm_start=True, learning_rate="invscaling", max_iter=4)
    for estimator in pairs:
        for _ in range(3):
            estimator.fit(X, y)
        assert len(estimator.loss_curve_) == 12
    assert_same(*pairs, X)
    # Without shuffles, in which scikit-learn differs.
    pairs = both("iris", solver=solver, shuffle=False, learning_rate="invscaling", learning_rate_init=0.1)
    for estimator in pairs:
        for rows in (slice(0, 50), slice(30, 150), slice(0, 150, 3), slice(0, 150)):
            estimator.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
    assert_same(*pairs, X)
    # Both draw from a generator, and with an integer the first call is the same.
    pairs = both("iris", solver=solver, random_state=4)
    for estimator in pairs:
        estimator.partial_fit(X, y, classes=[0, 1, 2])
    assert_same(*pairs, X)


@pytest.mark.parametrize("name", ["iris", "wine", "diabetes"])
def test_lbfgs_finds_the_same_minimum(data, name):
    X, y = data[name]
    theirs, ours = both(name, solver="lbfgs", max_iter=2000, activation="tanh", hidden_layer_sizes=5, alpha=1, tol=1e-6)
    theirs.fit(X, y), ours.fit(X, y)
    np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=1e-6)
    np.testing.assert_allclose(ours.loss_curve_[-1], ours.loss_)
    if name != "diabetes":
        np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    weights = np.random.RandomState(0).uniform(0.1, 4, len(y))
    theirs.fit(X, y, weights), ours.fit(X, y, weights)
    np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=1e-6)


def test_verbose_output_is_the_same(data, capsys):
    X, y = data["iris"]
    said = []
    for settings in ({}, {"early_stopping": True}, {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.5}):
        for estimator in both("iris", verbose=True, max_iter=100, n_iter_no_change=2, **settings):
            estimator.fit(X, y)
            said.append(capsys.readouterr().out)
    assert said[0] == said[1] and said[2] == said[3] and said[4] == said[5]
    assert "Stopping." in said[3] and "Setting learning rate to" in said[5]
