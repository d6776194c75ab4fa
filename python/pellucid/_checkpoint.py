"""The checkpoint of an estimator: its settings, and the state of a training on arrays."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from ._engine import ArrayCheckpoint
from ._table_messages import in_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ._mlp import BaseMLP
    from ._training import Samples

#: Parameters on which the numbers of a training do not depend, those of a checkpoint, and the number of epochs, which
#: may be raised.
_NOT_COMPARED = {
    "callbacks",
    "checkpoint",
    "checkpoint_every",
    "checkpoint_keep",
    "max_iter",
    "n_threads",
    "progress",
    "resume",
    "verbose",
}


def checkpoint_of(parameters: Mapping[str, Any]) -> str | None:
    """The settings of a checkpoint, JSON; None without one."""
    file, every, resume = (parameters[name] for name in ("checkpoint", "checkpoint_every", "resume"))
    is_auto = resume == "auto"
    path = file if file is not None else None if is_auto else resume
    if path is None:
        if is_auto:
            raise ValueError("resume = 'auto' continues from the file of checkpoint; name that file")
        if every is not None:
            raise ValueError(f"checkpoint_every = {every!r} is the interval of a checkpoint; name its file")
        return None
    keep = parameters["checkpoint_keep"]
    if isinstance(keep, bool) or not isinstance(keep, Integral) or keep < 1:
        raise ValueError(f"checkpoint_keep = {keep!r} cannot be used: an integer, 1 or more, is needed")
    return json.dumps(
        {
            "path": os.fspath(path),
            "every": every if every is None or isinstance(every, str) else f"{every}s",
            "keep": int(keep),
            "resume": None if resume is None else os.fspath(resume),
        }
    )


def open_checkpoint(estimator: BaseMLP, samples: Samples, dtype: np.dtype[Any]) -> ArrayCheckpoint | None:
    """The checkpoint that an estimator asks for, of a training that begins with its weights; None without one."""
    parameters = estimator.get_params(deep=False)
    settings = checkpoint_of(parameters)
    if settings is None:
        return None
    if estimator.random_state is None:
        raise ValueError(
            "checkpoint needs random_state, such as random_state=0: a training that continues has to draw the numbers "
            "of the one before"
        )
    compared = {name: _text(value) for name, value in parameters.items() if name not in _NOT_COMPARED}
    digest = _digest([*estimator._parameters(dtype), *_arrays_of(samples)])
    try:
        return ArrayCheckpoint(settings, type(estimator).__name__, compared, int(estimator.max_iter), digest)
    except ValueError as error:
        raise ValueError(in_sentence(str(error)).replace("train.epochs", "max_iter")) from None


def warn_of_files(checkpoint: ArrayCheckpoint | None, stacklevel: int) -> None:
    """Warns of what a user should know of the files."""
    for sentence in checkpoint.sentences() if checkpoint is not None else ():
        warnings.warn(in_sentence(sentence), stacklevel=stacklevel + 1)


def how_to_go_on(estimator: BaseMLP) -> str:
    """What a warning about an interruption says of the checkpoint."""
    if estimator.checkpoint is None:
        return ""
    return f" To go on from {estimator.checkpoint}, fit again with resume='auto'."


def _text(value: Any) -> str:
    """A parameter as a text that is the same in every process."""
    name = getattr(value, "__qualname__", None)
    if callable(value) and name is not None:
        return f"{getattr(value, '__module__', '')}.{name}"
    # Its numbers are those of the initial weights, which are compared.
    return type(value).__name__ if isinstance(value, np.random.RandomState) else repr(value)


def _arrays_of(samples: Samples) -> Iterable[Any]:
    yield from _flat(samples.arrays())
    if samples.held_out is not None:
        yield from _flat(samples.held_out.arrays())


def _flat(value: Any) -> Iterable[Any]:
    if isinstance(value, tuple | list):
        for part in value:
            yield from _flat(part)
    else:
        yield value


def _digest(values: Iterable[Any]) -> str:
    """A digest of arrays and of numbers between them. It detects accidental changes, not deliberate ones."""
    digest = hashlib.blake2b(digest_size=16)
    for value in values:
        if isinstance(value, np.ndarray):
            digest.update(f"{value.dtype.str}{value.shape}".encode())
            digest.update(np.ascontiguousarray(value).data)
        else:
            digest.update(repr(value).encode())
    return digest.hexdigest()
