"""Prediction: the network without a copy of its weights, and the rows without a second check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import validate_data

from ._arrays import blocks_of, features_of, pack
from ._engine import Predictor
from ._inspection import layers_of
from ._recipe import recipe_text
from ._threads import thread_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._engine import Samples
    from ._mlp import BaseMLP

#: The engine computes so many rows at a time, so that more threads are of no use for fewer rows.
ROWS_OF_A_THREAD = 256

#: Networks of the last predictions. scikit-learn does not allow an estimator to keep what `predict` finds.
_predictors: dict[tuple[Any, ...], Predictor] = {}
MOST_PREDICTORS = 64


class FlatParameters:
    """The engine's one array of all parameters, and the views of it that the estimator has as attributes."""

    def __init__(self, array: NDArray[Any], views: list[NDArray[Any]]) -> None:
        self.array, self.views = array, views

    def are_those_of(self, estimator: BaseMLP) -> bool:
        """Whether the attributes still are the views, so that the array has their numbers."""
        rest = [] if estimator._normalisation is None else [estimator._normalisation]
        found = [*estimator.coefs_, *estimator.intercepts_, *rest]
        return len(found) == len(self.views) and all(a is b for a, b in zip(found, self.views, strict=True))


def parameters_of(estimator: BaseMLP, dtype: np.dtype[Any]) -> list[NDArray[Any]]:
    """All parameters in the engine's order: its own array where it still has them, else copies where needed."""
    flat = estimator._flat
    if flat is not None and flat.array.dtype == dtype and flat.are_those_of(estimator):
        return [flat.array]
    parameters = pack(estimator.coefs_, estimator.intercepts_, dtype)
    if estimator._normalisation is not None:
        parameters.append(np.ascontiguousarray(estimator._normalisation, dtype=dtype))
    return parameters


def predictor_of(estimator: BaseMLP, dtype: np.dtype[Any]) -> Predictor:
    """The engine's network of the estimator, without its parameters."""
    sizes = layers_of(estimator)
    key = (
        tuple(sizes),
        dtype,
        estimator.out_activation_,
        repr((estimator.activation, estimator.normalisation, estimator.loss)),
    )
    predictor = _predictors.get(key)
    if predictor is None:
        if len(_predictors) >= MOST_PREDICTORS:
            _predictors.clear()
        predictor = _predictors[key] = Predictor(recipe_text(estimator, sizes, dtype))
    return predictor


def outputs_of(estimator: BaseMLP, X: Any) -> NDArray[Any]:
    """The output layer's activations, (n_samples, n_outputs), in blocks where rows have to be converted."""
    if _is_ready(estimator, X):
        return _outputs(estimator, X)
    found = [
        _outputs(estimator, validate_data(estimator, block, accept_sparse=["csr", "csc"], reset=False))
        for block in blocks_of(X)
    ]
    return found[0] if len(found) == 1 else np.concatenate(found)


def outputs_with(estimator: BaseMLP, parameters: NDArray[Any], samples: Samples) -> NDArray[Any]:
    """The output layer's activations with other parameters than the estimator's."""
    predictor = predictor_of(estimator, parameters.dtype)
    return predictor.outputs([parameters], samples, thread_count(estimator.n_threads))


def mean_loss(estimator: BaseMLP, parameters: NDArray[Any], samples: Samples) -> float:
    """The mean of the loss that is trained, without penalties."""
    predictor = predictor_of(estimator, parameters.dtype)
    return predictor.loss([parameters], samples, thread_count(estimator.n_threads))


def _is_ready(estimator: BaseMLP, X: Any) -> bool:
    """Whether all of scikit-learn's checks of rows would pass and leave them as they are.

    The checks take longer than the prediction of a single row.
    """
    is_dense = type(X) is np.ndarray
    return (
        (is_dense or (issparse(X) and X.format in ("csr", "csc")))
        and X.ndim == 2
        and X.dtype in (np.float64, np.float32)
        and X.shape[1] == estimator.n_features_in_
        and X.shape[0] > 0
        and not hasattr(estimator, "feature_names_in_")
        and bool(np.isfinite((X if is_dense else X.data).sum()))
    )


def _outputs(estimator: BaseMLP, X: Any) -> NDArray[Any]:
    dtype = np.result_type(X.dtype, estimator.coefs_[0].dtype)
    dtype = np.dtype(np.float32 if dtype == np.float32 else np.float64)
    threads = 1 if X.shape[0] <= ROWS_OF_A_THREAD else thread_count(estimator.n_threads)
    predictor = predictor_of(estimator, dtype)
    samples = features_of(X, dtype), None, None, None
    return predictor.outputs(parameters_of(estimator, dtype), samples, threads)
