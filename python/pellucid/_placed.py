"""Errors of a task that say which part of the data they are about."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def placed(where: str | None) -> Iterator[None]:
    """Errors of values begin with ``where``."""
    try:
        yield
    except ValueError as error:
        raise ValueError(str(error) if where is None else f"{where}: {error}") from None
