"""From scikit-learn's estimators to ours and back."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import neural_network

if TYPE_CHECKING:
    from ._mlp import BaseMLP

#: What both have under the same name after a fit.
FITTED = (
    "classes_", "_label_binarizer", "loss_", "best_loss_", "loss_curve_", "validation_scores_",
    "best_validation_score_", "n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_",
    "feature_names_in_", "_no_improvement_count", "_random_state",
)  # fmt: skip


def from_sklearn(estimator: Any) -> Any:
    """Turn an estimator of scikit-learn's into one of ours, fitted if it is.

    Parameters
    ----------
    estimator : sklearn.neural_network.MLPClassifier or MLPRegressor
        It is left as it is.

    Returns
    -------
    model : MLPClassifier or MLPRegressor
        It answers the same, to rounding, and ``partial_fit`` goes on from the weights; the optimizer begins anew.

    Examples
    --------
    >>> import sklearn.neural_network, pellucid
    >>> theirs = sklearn.neural_network.MLPRegressor(max_iter=5, random_state=0).fit([[0.0], [1.0]], [1.0, 2.0])
    >>> ours = pellucid.from_sklearn(theirs)
    >>> bool(abs(ours.predict([[0.5]]) - theirs.predict([[0.5]])).max() < 1e-12)
    True
    """
    from . import MLPClassifier, MLPRegressor

    for theirs, ours in (
        (neural_network.MLPClassifier, MLPClassifier),
        (neural_network.MLPRegressor, MLPRegressor),
    ):
        if isinstance(estimator, theirs):
            model = ours(**estimator.get_params(deep=False))
            _copy(estimator, model)
            return model
    raise TypeError(
        f"from_sklearn takes scikit-learn's MLPClassifier or MLPRegressor, not {type(estimator).__name__}; "
        "of a pipeline give its last step"
    )


def to_sklearn(model: BaseMLP) -> Any:
    """Our estimator as scikit-learn's."""
    theirs = neural_network.MLPClassifier if hasattr(model, "predict_proba") else neural_network.MLPRegressor
    known = theirs().get_params()
    asked, usual = model.get_params(deep=False), type(model)().get_params(deep=False)
    more = [
        name for name, value in asked.items()
        if name not in known and name not in ("n_threads", "precision") and repr(value) != repr(usual[name])
    ]  # fmt: skip
    # What training alone goes by is no part of the fitted network.
    if "normalisation" in more or not isinstance(model.activation, str):
        raise ValueError("scikit-learn has no normalisation, and one activation for all hidden layers")
    if model.activation not in ("identity", "logistic", "tanh", "relu"):
        raise ValueError(
            f"scikit-learn has no activation {model.activation!r}; it has identity, logistic, tanh and relu"
        )
    if "loss" in known and model.loss not in ("squared_error", "poisson"):
        raise ValueError(f"scikit-learn has no loss {model.loss!r} of a regression; it has squared_error and poisson")
    if more and not hasattr(model, "coefs_"):
        raise ValueError(f"scikit-learn has no {', '.join(more)}")
    estimator = theirs(**{name: value for name, value in asked.items() if name in known})
    _copy(model, estimator)
    if hasattr(model, "coefs_"):
        # scikit-learn's partial_fit makes an optimizer where there is none at its first step only.
        estimator._optimizer = _their_optimizer(estimator)
    return estimator


def _copy(source: Any, to: Any) -> None:
    if not hasattr(source, "coefs_"):
        return
    for name in FITTED:
        if hasattr(source, name):
            setattr(to, name, copy.deepcopy(getattr(source, name)))
    to.coefs_ = [np.array(weights) for weights in source.coefs_]
    to.intercepts_ = [np.array(biases) for biases in source.intercepts_]


def _their_optimizer(estimator: Any) -> Any:
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

    parameters = estimator.coefs_ + estimator.intercepts_
    if estimator.solver == "sgd":
        return SGDOptimizer(
            parameters,
            estimator.learning_rate_init,
            estimator.learning_rate,
            estimator.momentum,
            estimator.nesterovs_momentum,
            estimator.power_t,
        )
    return AdamOptimizer(
        parameters, estimator.learning_rate_init, estimator.beta_1, estimator.beta_2, estimator.epsilon
    )
