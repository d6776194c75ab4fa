"""From an estimator's parameters to the recipe that the engine trains by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ._mlp import BaseMLP

#: scikit-learn's names of activations, where they are not the engine's.
ACTIVATIONS = {"logistic": "sigmoid", "exp": "exponential"}


def activation_name(name: str) -> str:
    """The engine's name of an activation."""
    return ACTIVATIONS.get(name, name)


def recipe_of(
    estimator: BaseMLP, layers: list[int], dtype: np.dtype[Any], batch_size: int | str = "full"
) -> dict[str, Any]:
    """The recipe of a run on rows of ``dtype`` through layers of these sizes."""
    hidden = activation_name(estimator.activation)
    activations = [hidden] * (len(layers) - 2) + [activation_name(estimator.out_activation_)]
    train: dict[str, Any] = {
        "loss": _loss(estimator),
        # scikit-learn's mean: over the sum of the weights, of the batch.
        "reduction": "weighted_mean",
        "optimizer": _optimizer(estimator),
        "batch_size": batch_size,
        "epochs": int(estimator.max_iter),
        "precision": "f32" if dtype == np.float32 else "f64",
    }
    if estimator.solver != "lbfgs":
        train["learning_rate"] = float(estimator.learning_rate_init)
        # scikit-learn shuffles what it has shuffled before.
        train["shuffle"] = train["reshuffle"] = bool(estimator.shuffle)
    if estimator.alpha > 0:
        # scikit-learn's penalty is α/2n·‖W‖², n the batch's rows, and part of the losses it tells.
        train.update(l2=float(estimator.alpha), share_penalty=True, tell_penalty=True)
    return {
        "data": {"source": "inline"},
        "network": {"layers": layers, "activation": activations},
        # The parameters are handed over.
        "init": {"method": "zeros"},
        "train": train,
    }


def _loss(estimator: BaseMLP) -> Any:
    names = {
        "softmax": "categorical_cross_entropy",
        "logistic": "binary_cross_entropy",
        "exp": "half_poisson_deviance",
        "identity": "half_mean_squared_error",
    }
    return names[estimator.out_activation_]


def _optimizer(estimator: BaseMLP) -> Any:
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
