"""Messages of the engine about a recipe, in the words of the estimators' parameters."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ._settings import FIXED_KEYS, PARAMETER_OF_KEY

if TYPE_CHECKING:
    from ._mlp import BaseMLP

#: The parameters that make up a recipe's table when ``optimizer`` is not given, by the table's key.
_OF_SOLVER = {
    "beta_1": "beta_1",
    "beta_2": "beta_2",
    "epsilon": "epsilon",
    "gradient_tolerance": "tol",
    "max_evaluations": "max_fun",
    "momentum": "momentum",
    "nesterov": "nesterovs_momentum",
}

_RUST_TYPES = {
    "a boolean": "True or False",
    "a sequence": "a list",
    "a string": "a text",
    "f32": "a number",
    "f64": "a number",
    "i64": "an integer",
    "u32": "an integer, 0 or more",
    "u64": "an integer, 0 or more",
    "usize": "an integer, 0 or more",
}

_PLACE = re.compile(r" at line \d+ column (\d+)$")
_KEY = re.compile(r"\b(?:train|init|loss)\.[a-z_0-9]+(?:\.[a-z_0-9]+)*")


def in_parameters(message: str, estimator: BaseMLP, recipe: str) -> str:
    """A message of the engine about the recipe of an estimator, JSON, without keys of recipes and places in JSON."""
    place = _PLACE.search(message)
    message = _PLACE.sub("", message)
    if place and not _KEY.match(message):
        around, entry = _path_at(recipe, int(place.group(1)))
        is_key = message.startswith("unknown field")
        message = _of_entry(message, around if is_key else entry, estimator)
    return _KEY.sub(lambda key: parameter_of(key.group().split("."), estimator), message)


def parameter_of(path: list[str], estimator: BaseMLP) -> str:
    """What a user of the estimator calls the recipe's entry at ``path``."""
    table, *entries = path
    if table == "network" and entries:
        table, *entries = entries
    if table == "train" and entries:
        table, *entries = entries
        if table == "average" or table not in PARAMETER_OF_KEY:
            table, entries = "train", [table, *entries]
    parameter = PARAMETER_OF_KEY.get(table, table)
    if parameter == "optimizer" and estimator.optimizer is None and entries:
        return _OF_SOLVER.get(entries[0], entries[0])
    return parameter + "".join(f"[{entry!r}]" for entry in entries)


def _path_at(recipe: str, column: int) -> tuple[list[str], list[str]]:
    """The path of the table around a column of the recipe, counted from 1, and that of the entry there."""
    text = recipe[:column]
    path: list[tuple[int, str]] = []
    depth = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"(: )?|[{}]', text):
        if token.group() == "{":
            depth += 1
        elif token.group() == "}":
            depth -= 1
        elif token.group(1):
            path = [entry for entry in path if entry[0] < depth]
            path.append((depth, token.group()[1:-3]))
    return [key for level, key in path if level < depth], [key for level, key in path if level <= depth]


def _of_entry(message: str, path: list[str], estimator: BaseMLP) -> str:
    unknown = re.match(r"unknown (?:field|variant) `(.*?)`, expected (?:one of )?(.*)$", message)
    if unknown:
        name = unknown.group(1)
        known = re.findall(r"`(.*?)`", unknown.group(2))
        if path == ["train"]:
            known = [key for key in known if key not in PARAMETER_OF_KEY and key not in FIXED_KEYS]
        near = get_close_matches(name.lower().replace("-", "_"), known, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        where = parameter_of(path, estimator) if path else "the parameters"
        return f"{where}: {name!r} is not known; {hint}expected {', '.join(map(repr, known))}"
    where = parameter_of(path, estimator)
    found = re.match(
        r"invalid (?:type|value): (?:string|integer|floating point|boolean)? ?(.*?), expected (.*)$", message
    )
    if found:
        value, expected = found.groups()
        return f"{where} = {value.strip('`')} cannot be used: {_RUST_TYPES.get(expected, expected)} is needed"
    if message == "expected value":
        return f"{where} cannot be used: a finite number is needed"
    return f"{where}: {message}"
