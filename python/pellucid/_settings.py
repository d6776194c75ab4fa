"""Checks of the estimators' parameters that scikit-learn's own checks do not cover, in the words of the parameters."""

from __future__ import annotations

from difflib import get_close_matches
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _engine

if TYPE_CHECKING:
    from ._mlp import BaseMLP

#: Keys of a recipe's ``[train]`` for which the estimators have a parameter of their own.
PARAMETER_OF_KEY = {
    "batch_size": "batch_size",
    "dropout": "dropout",
    "epochs": "max_iter",
    "l2": "alpha",
    "learning_rate": "learning_rate_init",
    "loss": "loss",
    "min_delta": "tol",
    "monitor": "early_stopping_metric",
    "optimizer": "optimizer",
    "patience": "n_iter_no_change",
    "precision": "precision",
    "schedule": "schedule",
    "seed": "random_state",
    "shuffle": "shuffle",
}

#: Keys of a recipe's ``[train]`` that follow from scikit-learn's definitions, and what to do instead.
FIXED_KEYS = {
    "max_seconds": "a callback that returns True ends the training",
    "reduction": "the losses of a batch are averaged, as in scikit-learn",
    "report_penalty": "the reported loss includes the penalty, as in scikit-learn",
    "reshuffle": "the order of the rows is scikit-learn's; the parameter shuffle turns it on and off",
    "share_penalty": "alpha is divided by the rows of the batch, as in scikit-learn",
    "stop_at": "a callback that returns True ends the training",
}


def hidden_sizes(estimator: BaseMLP) -> list[int]:
    """The sizes of the hidden layers, which must be integers above 0."""
    asked = estimator.hidden_layer_sizes
    sizes = list(asked) if hasattr(asked, "__iter__") else [asked]
    for size in sizes:
        if isinstance(size, bool | np.bool_) or not isinstance(size, Integral):
            raise TypeError(f"hidden_layer_sizes must be integers, got {size!r} in {asked!r}")
    if any(size <= 0 for size in sizes):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {[int(size) for size in sizes]}.")
    return [int(size) for size in sizes]


def check_settings(estimator: BaseMLP) -> None:
    """Refuses names that the engine does not have, keys of ``train`` that have no effect there, and wrong callbacks."""
    for parameter, kind, key in (
        ("optimizer", "optimizer", "name"),
        ("schedule", "schedule", "name"),
        ("init", "init", "method"),
    ):
        check_choice(parameter, getattr(estimator, parameter), kind, key)
    if isinstance(estimator.loss, dict):
        check_choice("loss", estimator.loss, "loss", "name")
    normalisation = estimator.normalisation
    for asked in normalisation if isinstance(normalisation, list | tuple) else [normalisation]:
        check_choice("normalisation", asked, "normalisation", "name", "none")
    if isinstance(estimator.activation, list | tuple):
        for asked in estimator.activation:
            check_choice("activation", "sigmoid" if asked == "logistic" else asked, "activation", "name")
    _check_train(estimator.train or {})
    for index, callback in enumerate(estimator.callbacks or ()):
        if not callable(callback):
            raise TypeError(f"callbacks[{index}] must be a function or another callable, got {callback!r}")


def check_choice(parameter: str, asked: Any, kind: str, key: str, *more: str) -> None:
    """Refuses a name, or a dict with a name, that is none of the engine's for ``kind``."""
    if asked is None:
        return
    if isinstance(asked, dict) and key not in asked:
        raise ValueError(f"{parameter}={asked!r} needs the entry {key!r}; {_known(kind)}")
    name = asked[key] if isinstance(asked, dict) else asked
    if isinstance(name, str) and name.replace("-", "_") in (*_engine.names(kind), *more):
        return
    found = get_close_matches(str(name).lower().replace("-", "_"), _engine.names(kind), 1)
    hint = f"did you mean {found[0]!r}? " if found else ""
    raise ValueError(f"{parameter}={asked!r}: {name!r} is not known; {hint}{_known(kind)}")


def _known(kind: str) -> str:
    return "the names are " + ", ".join(repr(name) for name in _engine.names(kind))


def _check_train(train: dict[str, Any]) -> None:
    for key in train:
        plain = str(key).replace("-", "_")
        if plain in PARAMETER_OF_KEY:
            raise ValueError(
                f"train={{{key!r}: ...}} has no effect; set the parameter {PARAMETER_OF_KEY[plain]} instead"
            )
        if plain in FIXED_KEYS:
            raise ValueError(f"train={{{key!r}: ...}} has no effect: {FIXED_KEYS[plain]}")


def plain(value: Any) -> Any:
    """A NumPy number or array as Python's own, for JSON."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{value!r} of type {type(value).__name__} is no number, text, list or dict")
