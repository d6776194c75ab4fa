"""Conversion between scikit-learn's estimators and ours."""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import neural_network

from ._recipe import LOSSES, hidden_activations, normalises

if TYPE_CHECKING:
    from ._mlp import BaseMLP

#: The fitted attributes that both have under the same name.
FITTED = (
    "classes_", "_label_binarizer", "loss_", "best_loss_", "loss_curve_", "validation_scores_",
    "best_validation_score_", "n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_",
    "feature_names_in_", "_no_improvement_count", "_random_state",
)  # fmt: skip


def from_sklearn(estimator: Any) -> Any:
    """Convert an estimator of scikit-learn to one of ours, fitted if it is.

    Parameters
    ----------
    estimator : sklearn.neural_network.MLPClassifier or MLPRegressor
        It does not change.

    Returns
    -------
    model : MLPClassifier or MLPRegressor
        Its predictions are equal to rounding. ``partial_fit`` continues from the weights, with an optimizer in its
        initial state.

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
        "for a pipeline, give its last step"
    )


def to_sklearn(model: BaseMLP) -> Any:
    """Our estimator as scikit-learn's.

    Settings that affect predictions and that scikit-learn lacks are errors. Settings that affect only the training are
    not part of a fitted network: they are left out with a warning. For an estimator that is not fitted, they are errors
    too.
    """
    theirs = neural_network.MLPClassifier if hasattr(model, "predict_proba") else neural_network.MLPRegressor
    name = f"scikit-learn's {theirs.__name__}"
    known = theirs().get_params()
    asked = {key: value for key, value in model.get_params(deep=False).items() if key in known}
    asked["activation"] = _sklearn_activation(model, name)
    missing = _settings_without_equivalent(model)
    if "loss" in known:
        asked["loss"] = _sklearn_loss(model.loss)
        if asked["loss"] is None:
            missing["loss"], asked["loss"] = model.loss, "squared_error"
    if missing:
        settings = ", ".join(f"{key}={value!r}" for key, value in missing.items())
        if not hasattr(model, "coefs_"):
            raise ValueError(
                f"{name} has no {settings}, and would train another network; fit this model before the conversion, or "
                "reset these parameters with set_params"
            )
        warnings.warn(
            f"{name} has no {settings}: its predictions are those of this model, but further training ignores them",
            UserWarning,
            stacklevel=3,
        )
    estimator = theirs(**asked)
    _copy(model, estimator)
    if hasattr(model, "coefs_"):
        # scikit-learn's partial_fit creates an optimizer only at the first step.
        estimator._optimizer = _sklearn_optimizer(estimator)
    return estimator


#: scikit-learn's activations of hidden layers, by the engine's names.
SKLEARN_ACTIVATIONS = {"identity": "identity", "sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}


def _sklearn_activation(model: BaseMLP, name: str) -> str:
    """The activation of all hidden layers, by scikit-learn's name; an error for networks that scikit-learn lacks."""
    sizes = model.hidden_layer_sizes
    count = len(model.coefs_) - 1 if hasattr(model, "coefs_") else len(sizes) if hasattr(sizes, "__len__") else 1
    asked = set(hidden_activations(model, count)) or {"relu"}
    hint = "; `save` stores the complete model, and skl2onnx converts it"
    if normalises(model):
        raise ValueError(f"{name} has no normalisation={model.normalisation!r}, so its predictions would differ{hint}")
    if len(asked) > 1:
        raise ValueError(f"{name} has one activation for all hidden layers, not {model.activation!r}{hint}")
    (activation,) = asked
    if activation not in SKLEARN_ACTIVATIONS:
        raise ValueError(
            f"{name} has no activation {activation!r}; it has {', '.join(sorted(SKLEARN_ACTIVATIONS.values()))}{hint}"
        )
    return SKLEARN_ACTIVATIONS[activation]


def _sklearn_loss(loss: Any) -> str | None:
    """scikit-learn's name of a regression loss, if it has this loss."""
    if isinstance(loss, dict):
        return "squared_error" if loss == {"name": LOSSES["squared_error"]} else None
    return loss if loss in LOSSES else None


def _settings_without_equivalent(model: BaseMLP) -> dict[str, Any]:
    """The settings that affect the training and that scikit-learn lacks, unless they have scikit-learn's effect."""
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


def _sklearn_optimizer(estimator: Any) -> Any:
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
