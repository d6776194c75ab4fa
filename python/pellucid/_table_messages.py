"""Messages of the engine about tables, in the words of the estimators' parameters."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ._messages import _RUST_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: The parameter for a key of a recipe, where its name differs from the key's last part.
_OF_KEY = {"network.layers": "hidden", "train.seed": "random_state"}

#: Flags of the command whose parameter has another name, and advice that holds for the command only.
_OF_FLAG = {
    "--drop-missing-target (`train`, `tune`, `diagnose`, `evaluate`, `importance`)": "drop_missing_target=True",
    "--resume auto": "resume='auto'",
    "--task regression": "a TableRegressor",
    "--task classification": "a TableClassifier",
    "use the flags, such as --target and --drop": "use the parameters, such as drop",
    "choose the column to predict:": "give y, or choose the column to predict with target=:",
}

_FLAG = re.compile(r"(?<![\w-])--([a-z][a-z-]*)")
_KEY = re.compile(r"\b(?:train|network|data\.table)\.([a-z_0-9]+)\b((?:\.[a-z_0-9]+)*)")
_SET = re.compile(r"--(set|unset) ([\w.-]+)(=[^:]*)?(?=:)")
_VALUE = re.compile(r"(\w+) = (.*?) cannot be used: (.*)", re.DOTALL)


def in_parameters(message: str, given: Mapping[str, Any]) -> str:
    """A message without flags of the command, and without keys of recipes for which a parameter in ``given`` is set."""
    value = _VALUE.fullmatch(message)
    if value:
        return _of_value(*value.groups())
    changed = _keys_of(given.get("set") or {})

    def of_set(found: re.Match[str]) -> str:
        kind, key, assigned = found.groups()
        return f"set[{key!r}] = None" if kind == "unset" else f"set[{key!r}]" + (assigned or "").replace("=", " = ", 1)

    def of_key(found: re.Match[str]) -> str:
        key, name, entries = found.group(), found.group(1), found.group(2)
        if key in changed:
            return f"set[{key!r}]"
        parameter = _OF_KEY.get(key, name)
        of_entries = "".join(f"[{entry!r}]" for entry in entries.split(".")[1:])
        return parameter + of_entries if given.get(parameter) is not None else key

    message = _SET.sub(of_set, message)
    message = _KEY.sub(of_key, message) if not message.startswith("set[") else message
    return in_sentence(message)


def _keys_of(settings: Mapping[str, Any]) -> set[str]:
    """The keys of a recipe that the parameter ``set`` changes."""
    nested = [f"{key}.{inner}" for key, value in settings.items() if isinstance(value, dict) for inner in value]
    return {*settings, *nested}


def in_sentence(sentence: str) -> str:
    """A sentence without flags of the command."""
    for flag, parameter in _OF_FLAG.items():
        sentence = sentence.replace(flag, parameter)
    return _FLAG.sub(lambda found: found.group(1).replace("-", "_"), sentence)


@contextmanager
def in_words_of_python() -> Iterator[None]:
    """Errors of the engine without flags of the command."""
    try:
        yield
    except ValueError as error:
        raise ValueError(in_sentence(str(error))) from None


def _of_value(name: str, value: str, problem: str) -> str:
    """The message about the value, JSON, of a parameter."""
    try:
        shown = repr(json.loads(value))
    except ValueError:
        shown = value
    if name == "recipe":
        return f"recipe cannot be used: {problem}"
    unknown = re.match(r"unknown (?:variant|field) `(.*?)`, expected (?:one of )?(.*)$", problem)
    if unknown:
        known = re.findall(r"`(.*?)`", unknown.group(2))
        near = get_close_matches(unknown.group(1).lower().replace("-", "_"), known, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return f"{name} = {shown}: {unknown.group(1)!r} is not known; {hint}expected {', '.join(map(repr, known))}"
    wrong = re.match(r"invalid (?:type|value): .*, expected (.*)$", problem)
    if wrong:
        return f"{name} = {shown} cannot be used: {_RUST_TYPES.get(wrong.group(1), wrong.group(1))} is needed"
    return f"{name} = {shown} cannot be used: {problem}"
