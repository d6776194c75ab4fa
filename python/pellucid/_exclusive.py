"""One training at a time for an estimator."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_lock = threading.Lock()
#: The identities of the estimators that are being trained.
_in_training: set[int] = set()


@contextmanager
def exclusive_fit(estimator: object) -> Iterator[None]:
    """Refuses a second training of the same estimator while the first one runs."""
    with _lock:
        if id(estimator) in _in_training:
            raise RuntimeError(
                f"this {type(estimator).__name__} is being trained already, in another thread or by a caller of this "
                "one; train a copy, sklearn.base.clone(model)"
            )
        _in_training.add(id(estimator))
    try:
        yield
    finally:
        with _lock:
            _in_training.discard(id(estimator))
