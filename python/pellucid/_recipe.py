"""The recipe of an estimator: its parameters in the engine's format."""

from __future__ import annotations

import json
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine
from ._messages import in_parameters
from ._settings import plain

if TYPE_CHECKING:
    from ._mlp import BaseMLP

#: The activations of hidden layers, by the engine's names.
ACTIVATION_NAMES = tuple(name for name in _engine.names("activation") if name != "softmax")

#: scikit-learn's names of activations, where they differ from the engine's.
ACTIVATIONS = {"logistic": "sigmoid", "exp": "exponential"}


def activation_name(name: str) -> str:
    """The engine's name of an activation."""
    return ACTIVATIONS.get(name, name)


def rule_name(estimator: BaseMLP) -> str:
    """The engine's name of the optimizer."""
    optimizer = estimator.optimizer
    if optimizer is None:
        return estimator.solver
    return str(optimizer.get("name") if isinstance(optimizer, dict) else optimizer)


def hidden_activations(estimator: BaseMLP, count: int) -> list[str]:
    """The activation of each hidden layer."""
    asked = estimator.activation
    if isinstance(asked, str):
        return [activation_name(asked)] * count
    if len(asked) != count:
        raise ValueError(f"activation = {asked!r} names {len(asked)} activations for {count} hidden layers")
    return [activation_name(name) for name in asked]


def normalisations(estimator: BaseMLP, count: int) -> list[Any]:
    """The normalisation of each hidden layer: a name, or a table with a name."""
    asked = estimator.normalisation
    if asked is None:
        return ["none"] * count
    return list(asked) if isinstance(asked, list | tuple) else [asked] * count


def normalises(estimator: BaseMLP) -> bool:
    """Whether any hidden layer is normalised."""
    return any(
        (asked.get("name") if isinstance(asked, dict) else asked) != "none" for asked in normalisations(estimator, 1)
    )


def recipe_of(
    estimator: BaseMLP,
    layers: list[int],
    dtype: np.dtype[Any],
    batch_size: int | str = "full",
    optimizer: Any = None,
) -> dict[str, Any]:
    """The recipe of a run on rows of ``dtype`` through layers of these sizes."""
    hidden = len(layers) - 2
    activations = [*hidden_activations(estimator, hidden), activation_name(estimator.out_activation_)]
    network: dict[str, Any] = {"layers": layers, "activation": activations}
    if estimator.normalisation is not None:
        network["normalisation"] = [*normalisations(estimator, hidden), "none"]
    seed = estimator.random_state
    return {
        "data": {"source": "inline"},
        "network": network,
        "init": _init(estimator),
        "train": {
            **_train(estimator, dtype, batch_size, optimizer or optimizer_of(estimator)),
            "seed": int(seed) if isinstance(seed, Integral) and 0 <= int(seed) < 2**32 else 0,
        },
    }


def recipe_text(
    estimator: BaseMLP,
    layers: list[int],
    dtype: np.dtype[Any],
    batch_size: int | str = "full",
    optimizer: Any = None,
) -> str:
    """The recipe as JSON, which the engine accepts; an error speaks of the estimator's parameters."""
    text = json.dumps(recipe_of(estimator, layers, dtype, batch_size, optimizer), default=plain)
    try:
        _engine.check_recipe(text)
    except ValueError as error:
        raise ValueError(in_parameters(str(error), estimator, text)) from None
    return text


def _init(estimator: BaseMLP) -> dict[str, Any]:
    asked = estimator.init
    if asked is None:
        return {"method": "sklearn"}
    return dict(asked) if isinstance(asked, dict) else {"method": asked}


def _train(estimator: BaseMLP, dtype: np.dtype[Any], batch_size: int | str, optimizer: Any) -> dict[str, Any]:
    train: dict[str, Any] = {
        "loss": _loss(estimator),
        # scikit-learn's mean divides by the sum of the weights of the batch.
        "reduction": "weighted_mean",
        "optimizer": optimizer,
        "batch_size": batch_size,
        "epochs": int(estimator.max_iter),
        "precision": "f32" if dtype == np.float32 else "f64",
    }
    if rule_name(estimator) != "lbfgs":
        train["learning_rate"] = float(estimator.learning_rate_init)
        # scikit-learn shuffles the previous order.
        train["shuffle"] = train["reshuffle"] = bool(estimator.shuffle)
        if estimator.schedule is not None:
            train["schedule"] = estimator.schedule
        if np.any(estimator.dropout):
            rates = estimator.dropout
            train["dropout"] = list(rates) if isinstance(rates, list | tuple) else float(rates)
    if estimator.alpha > 0:
        # scikit-learn's penalty is α/2n·‖W‖², where n is the number of rows of the batch; its losses include it.
        train.update(l2=float(estimator.alpha), share_penalty=True, report_penalty=True)
    train.update(estimator.train or {})
    return train


#: scikit-learn's names of losses.
LOSSES = {"squared_error": "half_mean_squared_error", "poisson": "half_poisson_deviance"}


def _loss(estimator: BaseMLP) -> Any:
    if estimator.loss == "log_loss":
        is_multiclass = estimator.out_activation_ == "softmax"
        return "categorical_cross_entropy" if is_multiclass else "binary_cross_entropy"
    return estimator.loss if isinstance(estimator.loss, dict) else LOSSES.get(estimator.loss, estimator.loss)


def optimizer_of(estimator: BaseMLP) -> Any:
    """The optimizer of the recipe: a name, or a table with a name and settings."""
    if estimator.optimizer is not None:
        return estimator.optimizer
    if estimator.solver == "adam":
        return {
            "name": "adam",
            "beta_1": float(estimator.beta_1),
            "beta_2": float(estimator.beta_2),
            "epsilon": float(estimator.epsilon),
            "epsilon_hat": True,
        }
    if estimator.solver == "lbfgs":
        return {
            "name": "lbfgs",
            "gradient_tolerance": float(estimator.tol),
            "max_evaluations": int(estimator.max_fun),
        }
    if estimator.momentum == 0:
        return "sgd"
    return {
        "name": "sgd",
        "momentum": float(estimator.momentum),
        "nesterov": bool(estimator.nesterovs_momentum),
        "velocity": True,
    }
