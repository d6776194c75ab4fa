"""The parameters of an estimator for tables as the engine takes them: JSON by the names of the parameters."""

from __future__ import annotations

import json
import os
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ._recipes import Recipe
from ._settings import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Parameters that name columns, or list texts: one may stand alone.
LISTS = ("only", "drop", "categorical", "numeric", "date", "text", "date_features", "na", "metrics")

#: Parameters of names that the engine spells with underscores.
NAMES = (
    "activation",
    "calibrate",
    "class_weight",
    "date_features",
    "metrics",
    "monitor",
    "normalisation",
    "scale",
    "target_transform",
    "tune_threshold",
    "unseen",
)

#: Parameters that are not part of what the engine is asked for.
OF_PYTHON = (
    "n_threads",
    "verbose",
    "progress",
    "checkpoint",
    "checkpoint_every",
    "checkpoint_keep",
    "resume",
    "diagnosis",
)


def request_of(parameters: Mapping[str, Any], target: list[str], task: str) -> str:
    """The request for a training, JSON."""
    request: dict[str, Any] = {"target": target, "task": task}
    for name, value in parameters.items():
        if value is None or value is False or name in (*OF_PYTHON, "set"):
            continue
        if name == "recipe":
            value = _recipe(value)
        elif name in LISTS:
            value = names_of(value)
        elif name == "hidden":
            value = _hidden(value)
        elif name == "random_state":
            value = _seed(value)
        elif name == "stop_at":
            value = _stop_at(value)
        elif name == "validation" and not isinstance(value, Real):
            # Its rows are handed over as a table.
            continue
        if name in NAMES:
            value = _spelt(value)
        request[name] = value
    request["set"], request["unset"] = _changes(parameters["set"] or {})
    for name, value in request.items():
        try:
            json.dumps(value, default=plain, allow_nan=False)
        except ValueError:
            raise ValueError(f"{name} = {value!r} cannot be used: a finite number is needed") from None
    return json.dumps(request, default=plain)


def names_of(value: Any) -> list[str]:
    """One name, or several."""
    return [value] if isinstance(value, str) else [name if isinstance(name, str) else str(name) for name in value]


def _spelt(value: Any) -> Any:
    if isinstance(value, list):
        return [_spelt(name) for name in value]
    return value.replace("-", "_") if isinstance(value, str) else value


def _hidden(value: Any) -> Any:
    if isinstance(value, str) and value == "none":
        return []
    sizes = list(value) if isinstance(value, list | tuple | np.ndarray) else [value]
    if any(isinstance(size, bool) or not isinstance(size, Integral) or size < 1 for size in sizes):
        raise ValueError(f"hidden = {value!r} cannot be used: integers, 1 or more, are needed, or 'none'")
    return sizes


def seed_of(value: Any) -> int:
    """The seed of what follows a training: 0 for None."""
    seed = 0 if value is None else _seed(value)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"random_state = {value!r} cannot be used: an integer from 0 to 4294967295 is needed")
    return seed


def level_of(coverage: Any) -> float:
    """The probability of intervals."""
    if isinstance(coverage, bool) or not isinstance(coverage, Real) or not 0 < float(coverage) < 1:
        raise ValueError(f"coverage = {coverage!r} cannot be used: a number between 0 and 1 is needed, such as 0.9")
    return float(coverage)


def count_of(name: str, value: Any, least: int, most: int) -> int:
    """A parameter that is a number of things."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= int(value) <= most:
        raise ValueError(f"{name} = {value!r} cannot be used: an integer from {least} to {most} is needed")
    return int(value)


def _seed(value: Any) -> Any:
    """The seed of an integer, or one that a generator draws."""
    if isinstance(value, np.random.RandomState):
        return int(value.randint(2**31 - 1))
    if isinstance(value, np.random.Generator):
        return int(value.integers(2**31 - 1))
    return int(value) if isinstance(value, Integral) else value


def _stop_at(value: Any) -> Any:
    if isinstance(value, str) and "=" in value:
        name, _, number = value.partition("=")
        try:
            return {"metric": name.strip(), "value": float(number)}
        except ValueError:
            return value
    if isinstance(value, tuple) and len(value) == 2:
        return {"metric": value[0], "value": value[1]}
    return value


def _recipe(value: Any) -> Any:
    """A recipe as a dict: one itself, the name of a built-in one, or a file."""
    if isinstance(value, dict):
        return value
    if isinstance(value, os.PathLike) or (
        isinstance(value, str) and (value.endswith(".toml") or Path(value).is_file())
    ):
        return Recipe.read(value)
    if isinstance(value, str):
        return Recipe.built_in(value)
    raise TypeError(f"recipe = {value!r} cannot be used: a dict, the name of a recipe or the path of one is needed")


#: The tables of a recipe: of their keys, a dict sets each.
_TABLES = ("data", "network", "init", "train", "log")


def _changes(settings: Any) -> tuple[list[str], list[str]]:
    """Settings as texts, ``key=value``, and the keys whose value is None, which are left out."""
    if not isinstance(settings, dict):
        raise TypeError(f"set = {settings!r} cannot be used: a dict of a recipe's keys is needed")
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        if key in _TABLES and isinstance(value, dict):
            flat.update({f"{key}.{inner}": setting for inner, setting in value.items()})
        else:
            flat[key] = value
    assigned = [f"{key}={_toml(value, key)}" for key, value in flat.items() if value is not None]
    return assigned, [key for key, value in flat.items() if value is None]


def _toml(value: Any, key: str) -> str:
    """A value in TOML."""
    if isinstance(value, np.generic | np.ndarray):
        value = plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(item, key) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(name)} = {_toml(item, key)}' for name, item in value.items())}}}"
    raise TypeError(f"set[{key!r}] = {value!r} cannot be used: a number, a text, a list or a dict is needed")
