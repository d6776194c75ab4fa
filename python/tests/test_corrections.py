"""Corrections: cases in which scikit-learn is wrong or reports too little."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.exceptions import ConvergenceWarning

from pellucid import MLPClassifier, MLPRegressor


def gradients(kind, outputs):
    """The gradient of a step of plain descent, and the numerical one of the reported loss, at the same weights."""
    random = np.random.RandomState(0)
    X, Y = random.normal(size=(20, 3)), random.normal(size=(20, outputs))
    settings = {"hidden_layer_sizes": (), "solver": "sgd", "momentum": 0, "alpha": 0, "random_state": 1}
    model = kind(learning_rate_init=1e-3, max_iter=1, **settings).fit(X, Y)
    start = kind(learning_rate_init=1e-300, max_iter=1, **settings).fit(X, Y)
    followed = (start.coefs_[0] - model.coefs_[0]) / 1e-3

    def loss(weights):
        return 0.5 * np.mean((X @ weights + start.intercepts_[0] - Y) ** 2)

    assert model.loss_ == pytest.approx(loss(start.coefs_[0]))
    numeric = np.zeros_like(followed)
    for at in np.ndindex(*numeric.shape):
        nudge = np.zeros_like(numeric)
        nudge[at] = 1e-6
        numeric[at] = (loss(start.coefs_[0] + nudge) - loss(start.coefs_[0] - nudge)) / 2e-6
    return followed, numeric


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_several_outputs_follow_the_gradient_of_their_loss(outputs):
    followed, numeric = gradients(MLPRegressor, outputs)
    np.testing.assert_allclose(followed, numeric, rtol=1e-6)
    theirs, numeric = gradients(neural_network.MLPRegressor, outputs)
    np.testing.assert_allclose(theirs, outputs * numeric, rtol=1e-6)


def test_every_partial_fit_shuffles_anew():
    X, y = np.random.RandomState(0).normal(size=(40, 3)), np.arange(40) % 2

    def losses(kind, random_state):
        model = kind(random_state=random_state, batch_size=7, learning_rate_init=0.1)
        return [model.partial_fit(X, y, classes=[0, 1]).loss_ for _ in range(6)]

    # An integer has the meaning of a generator with this seed, for which scikit-learn is right.
    found = losses(MLPClassifier, 0)
    np.testing.assert_array_equal(found, losses(MLPClassifier, np.random.RandomState(0)))
    right = losses(neural_network.MLPClassifier, np.random.RandomState(0))
    np.testing.assert_allclose(found, right, rtol=1e-9)
    theirs = losses(neural_network.MLPClassifier, 0)
    assert found[0] == pytest.approx(theirs[0], rel=1e-12)
    # The second call must use another order than the first draw after the weights.
    assert all(abs(a - b) > 1e-9 for a, b in zip(found[1:], theirs[1:], strict=True))


def test_divergence_is_reported_with_epoch_and_place():
    X = np.random.RandomState(0).normal(size=(50, 3)) * 1e3
    model = MLPRegressor(solver="sgd", learning_rate_init=10, random_state=0)
    with pytest.raises(ValueError, match=r"Solver produced non-finite parameter weights.*epoch \d"):
        model.fit(X, X[:, 0] ** 3)
    with pytest.warns(ConvergenceWarning, match="epoch"):
        model.set_params(early_stopping=True).fit(X, X[:, 0] ** 3)
    assert np.isfinite(model.predict(X)).all()
    assert np.isnan(model.validation_scores_[-1])


def test_weights_of_nothing_are_refused():
    with pytest.raises(ValueError, match="at least one non-zero"):
        MLPRegressor().fit([[1.0], [2.0]], [1.0, 2.0], sample_weight=[0, 0])
    # A batch whose weights are all 0 changes nothing; scikit-learn stops with an error.
    weights = np.r_[np.zeros(10), np.ones(10)]
    X = np.arange(20.0).reshape(-1, 1) / 20
    model = MLPRegressor(batch_size=5, shuffle=False, max_iter=3, random_state=0)
    assert np.isfinite(model.fit(X, X.ravel(), sample_weight=weights).loss_)
    with pytest.raises(ZeroDivisionError):
        neural_network.MLPRegressor(batch_size=5, shuffle=False, max_iter=3).fit(X, X.ravel(), weights)


def test_counts_below_0_are_refused_by_row():
    with pytest.raises(ValueError, match="row 2 is -1"):
        MLPRegressor(loss="poisson").fit([[1.0], [2.0]], [1.0, -1.0])
