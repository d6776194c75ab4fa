"""From scikit-learn's estimators to ours and back."""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import neural_network

from ._recipe import LOSSES, hidden_activations, normalises

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
    """Our estimator as scikit-learn's.

    What would answer otherwise is refused. What training alone goes by is no part of a fitted network: it is left out,
    and a warning says so. An estimator that is not fitted is nothing but such settings, so there they are refused too.
    """
    theirs = neural_network.MLPClassifier if hasattr(model, "predict_proba") else neural_network.MLPRegressor
    name = f"scikit-learn's {theirs.__name__}"
    known = theirs().get_params()
    asked = {key: value for key, value in model.get_params(deep=False).items() if key in known}
    asked["activation"] = _their_activation(model, name)
    missing = _settings_they_lack(model)
    if "loss" in known:
        asked["loss"] = _their_loss(model.loss)
        if asked["loss"] is None:
            missing["loss"], asked["loss"] = model.loss, "squared_error"
    if missing:
        told = ", ".join(f"{key}={value!r}" for key, value in missing.items())
        if not hasattr(model, "coefs_"):
            raise ValueError(
                f"{name} has no {told}, and would train to another network; fit this model before it is turned into "
                "scikit-learn's, or set its parameters back with set_params"
            )
        warnings.warn(
            f"{name} has no {told}: it answers as this model does, but trains on without", UserWarning, stacklevel=3
        )
    estimator = theirs(**asked)
    _copy(model, estimator)
    if hasattr(model, "coefs_"):
        # scikit-learn's partial_fit makes an optimizer where there is none at its first step only.
        estimator._optimizer = _their_optimizer(estimator)
    return estimator


#: Their activations of hidden layers, by the engine's names.
THEIR_ACTIVATIONS = {"identity": "identity", "sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}


def _their_activation(model: BaseMLP, name: str) -> str:
    """The one activation of all hidden layers, in their words; refuses networks that scikit-learn's are not."""
    sizes = model.hidden_layer_sizes
    count = len(model.coefs_) - 1 if hasattr(model, "coefs_") else len(sizes) if hasattr(sizes, "__len__") else 1
    asked = set(hidden_activations(model, count)) or {"relu"}
    hint = "; `save` keeps the whole of it, and skl2onnx converts it"
    if normalises(model):
        raise ValueError(
            f"{name} has no normalisation={model.normalisation!r}, without which it answers otherwise{hint}"
        )
    if len(asked) > 1:
        raise ValueError(f"{name} has one activation for all hidden layers, not {model.activation!r}{hint}")
    (activation,) = asked
    if activation not in THEIR_ACTIVATIONS:
        raise ValueError(
            f"{name} has no activation {activation!r}; it has {', '.join(sorted(THEIR_ACTIVATIONS.values()))}{hint}"
        )
    return THEIR_ACTIVATIONS[activation]


def _their_loss(loss: Any) -> str | None:
    """What they call a regression's loss, if they have it."""
    if isinstance(loss, dict):
        return "squared_error" if loss == {"name": LOSSES["squared_error"]} else None
    return loss if loss in LOSSES else None


def _settings_they_lack(model: BaseMLP) -> dict[str, Any]:
    """What training goes by and scikit-learn's does not, unless it is what scikit-learn does anyway."""
    usual: dict[str, Any] = {
        "optimizer": (None,),
        "schedule": (None, "constant") if model.learning_rate == "constant" else (None,),
        "init": (None, "sklearn"),
        "precision": (None,),
        "class_weight": (None,),
    }
    if hasattr(model, "predict_proba"):
        usual["loss"] = ("log_loss",)
    lacking = {key: getattr(model, key) for key, values in usual.items() if getattr(model, key, None) not in values}
    if np.any(model.dropout):
        lacking["dropout"] = model.dropout
    lacking.update({key: getattr(model, key) for key in ("train", "callbacks") if getattr(model, key)})
    return lacking


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
