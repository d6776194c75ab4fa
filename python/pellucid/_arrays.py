"""Conversion of NumPy and SciPy arrays to the engine's layout, without a copy where layout and precision allow."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from sklearn.utils import _safe_indexing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from ._engine import Features, RandomState


def features_of(X: Any, dtype: np.dtype[Any]) -> Features:
    """Rows of numbers, or the parts of a sparse matrix by rows or by columns."""
    if not sparse.issparse(X):
        return np.ascontiguousarray(X, dtype=dtype)
    lines = X if X.format in ("csr", "csc") else X.tocsr()
    data = np.ascontiguousarray(lines.data, dtype=dtype)
    rows = X.shape[0] if lines.format == "csc" else None
    return data, _unsigned(lines.indices), _unsigned(lines.indptr), X.shape[1], rows


def _unsigned(indices: NDArray[Any]) -> NDArray[Any]:
    """Indices as the engine reads them, which refuses negative ones."""
    if indices.dtype == np.int32:
        return np.ascontiguousarray(indices).view(np.uint32)
    return np.ascontiguousarray(indices, dtype=np.int64)


#: A block has a multiple of so many rows: then the engine's batches, and the bits of its sums, are those of all rows.
BATCH_ROWS = 1024

#: The numbers in a block of rows that is converted at once.
BLOCK_SIZE = 1 << 21


def rows_of_block(X: Any) -> int | None:
    """The number of rows that are converted at once, or None for all of them."""
    shape: Any = getattr(X, "shape", ())
    is_in_place = isinstance(X, np.ndarray) and X.flags.c_contiguous and X.dtype.kind == "f"
    if is_in_place or sparse.issparse(X) or len(shape) != 2 or shape[0] * shape[1] <= BLOCK_SIZE:
        return None
    return max(1, BLOCK_SIZE // (int(shape[1]) * BATCH_ROWS)) * BATCH_ROWS


def blocks_of(X: Any) -> Iterator[Any]:
    """The rows in one piece, or, where they have to be converted, in blocks, so that their copies are small."""
    step = rows_of_block(X)
    if step is None:
        yield X
        return
    for start in range(0, X.shape[0], step):
        yield _safe_indexing(X, slice(start, min(start + step, X.shape[0])))


def checked_in_blocks(X: Any, check: Callable[[Any, bool], NDArray[Any]]) -> NDArray[Any]:
    """The result of ``check`` for all rows, block by block into one array; it learns whether a block is the first."""
    result: NDArray[Any] | None = None
    start = 0
    for block in blocks_of(X):
        checked = check(block, start == 0)
        if result is None:
            if len(block) == X.shape[0]:
                return checked
            result = np.empty((X.shape[0], checked.shape[1]), checked.dtype)
        result[start : start + len(checked)] = checked
        start += len(checked)
    assert result is not None
    return result


def pack(coefs: list[NDArray[Any]], intercepts: list[NDArray[Any]], dtype: np.dtype[Any]) -> list[NDArray[Any]]:
    """The parameters in the engine's order: all weights, then all biases."""
    return [np.ascontiguousarray(array, dtype=dtype) for array in (*coefs, *intercepts)]


def unpack(parameters: NDArray[Any], layers: list[int]) -> tuple[list[NDArray[Any]], list[NDArray[Any]], NDArray[Any]]:
    """Weights and biases of each layer, and the further parameters of normalised layers."""
    coefs, intercepts, start = [], [], 0
    for fan_in, fan_out in pairwise(layers):
        coefs.append(parameters[start : start + fan_in * fan_out].reshape(fan_in, fan_out))
        start += fan_in * fan_out
    for fan_out in layers[1:]:
        intercepts.append(parameters[start : start + fan_out])
        start += fan_out
    return coefs, intercepts, parameters[start:]


def state_of(random_state: np.random.RandomState) -> tuple[RandomState, bool]:
    """The state of a generator, and whether the engine can advance it.

    The engine has NumPy's Mersenne Twister. A ``RandomState`` with another bit generator seeds a new one.
    """
    state: Any = random_state.get_state(legacy=False)
    if state["bit_generator"] != "MT19937":
        state = np.random.RandomState(random_state.randint(2**31 - 1)).get_state(legacy=False)
        return _parts(state), False
    return _parts(state), True


def _parts(state: dict[str, Any]) -> RandomState:
    kept = state["gauss"] if state["has_gauss"] else None
    return state["state"]["key"], int(state["state"]["pos"]), kept


def generator_at(state: Any) -> np.random.RandomState:
    """A generator with the state of another, for any bit generator."""
    generator = np.random.RandomState(getattr(np.random, state["bit_generator"])())
    generator.set_state(state)
    return generator


def hand_back(random_state: np.random.RandomState, state: RandomState) -> None:
    """Sets a generator to the state of the engine's generator."""
    key, position, kept = state
    random_state.set_state(("MT19937", key, position, int(kept is not None), kept or 0.0))
