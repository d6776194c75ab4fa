"""From scikit-learn's estimators and back."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import neural_network
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


def test_what_scikit_learn_has_not_is_refused(data):
    with pytest.raises(TypeError, match="not LinearRegression"):
        from_sklearn(LinearRegression())
    with pytest.raises(ValueError, match="no activation 'gelu'"):
        MLPClassifier(activation="gelu", max_iter=2).fit(*data["iris"]).to_sklearn()
    with pytest.raises(ValueError, match="normalisation"):
        MLPClassifier(normalisation="layer", max_iter=2).fit(*data["iris"]).to_sklearn()
