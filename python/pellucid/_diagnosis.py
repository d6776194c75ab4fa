"""What is wrong with a fitted model: the same training once more, watched, and the model that came of it."""

from __future__ import annotations

import json
import warnings
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from . import _engine
from ._arrays import generator_at
from ._looking import layers_of, names_of, rows_of
from ._recipe import recipe_of
from ._threads import thread_count
from ._training import DIVERGED

if TYPE_CHECKING:
    from ._engine import Run
    from ._engine import Samples as Arrays
    from ._mlp import BaseMLP
    from ._training import Samples


def diagnose(estimator: BaseMLP, X: Any, y: Any, sample_weight: Any, validation_data: Any) -> list[dict[str, Any]]:
    """What is wrong with a fitted model and its training."""
    check_is_fitted(estimator)
    if (X is None) != (y is None):
        raise ValueError("diagnose takes the rows and their targets, X and y, or neither of them")
    if X is None:
        if sample_weight is not None or validation_data is not None:
            raise ValueError("diagnose takes sample_weight and validation_data with the rows that they are of, X and y")
        return _of_the_losses(estimator, None)
    if estimator._start is None:
        return _of_the_losses(estimator, rows_of(estimator, X, y))
    again = _Again(estimator, validation_data)
    again.train(X, y, sample_weight)
    if again.is_the_same():
        return again.findings()
    warnings.warn(
        "These are not the rows or not the settings that the model was trained with, since the losses of training are "
        "others: diagnose has looked at the losses that there were, and at the model's layers on these rows. For the "
        "rest give it what fit was given, X, y and sample_weight.",
        stacklevel=3,
    )
    return _of_the_losses(estimator, rows_of(estimator, X, y))


def _of_the_losses(estimator: BaseMLP, rows: tuple[Any, Any] | None) -> list[dict[str, Any]]:
    """By the course of the losses, and by the layers on some rows: what can be said of a training that is over."""
    dtype = estimator.coefs_[0].dtype
    found: list[dict[str, Any]] = json.loads(
        _engine.diagnose(
            json.dumps(recipe_of(estimator, layers_of(estimator), dtype)),
            estimator._parameters(dtype),
            None if rows is None else tuple(array.astype(dtype, copy=False) for array in rows),
            names_of(estimator),
            list(getattr(estimator, "loss_curve_", [])),
            thread_count(estimator.n_threads),
        )
    )
    return found


class _Again:
    """The training of a fitted model once more, from the same random numbers, with the engine looking on."""

    def __init__(self, estimator: BaseMLP, validation_data: Any) -> None:
        self.fitted = estimator
        self.validation_data = validation_data
        self.run: Run | None = None
        self.losses = list(getattr(estimator, "loss_curve_", []))
        self.model: BaseMLP = clone(estimator).set_params(verbose=False, progress=False, callbacks=[self._follow])
        if not isinstance(estimator.random_state, Integral):
            self.model.set_params(random_state=generator_at(estimator._start))
        self.model._onlooker = self

    def train(self, X: Any, y: Any, sample_weight: Any) -> None:
        """Trains until it ends, or the losses are others."""
        is_judged = getattr(self.fitted, "validation_scores_", None) is not None
        judge = self.validation_data if is_judged and not self.fitted.early_stopping else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                self.model.fit(X, y, sample_weight, validation_data=judge)
            except ValueError as error:
                # That it diverged is what was to be found. On rows that cannot be trained on it was not trained.
                if not str(error).startswith(DIVERGED):
                    self.run = None

    def begin(self, run: Run, samples: Samples) -> None:
        """Called when the run is ready."""
        self.run = run
        held_out: Arrays | None = None
        if self.validation_data is not None:
            held_out = (*self.model._given(self.validation_data, self.model.coefs_[0].dtype), None)
        elif samples.judge is not None:
            held_out = samples.features, samples.targets, samples.weights, samples.judge.rows
        trained_on = samples.features, samples.targets, samples.weights, samples.rows
        run.watch(trained_on, held_out, names_of(self.model))

    def _follow(self, model: BaseMLP, told: dict[str, Any]) -> bool:
        """Ends it where the model's own training ended, by a callback or Ctrl-C, and where it is another."""
        epoch = told["epoch"]
        if epoch > len(self.losses) or told["loss"] != self.losses[epoch - 1]:
            return True
        return epoch == len(self.losses) and not self.fitted._has_diverged

    def is_the_same(self) -> bool:
        """Whether the losses are those of the model's training, bit by bit."""
        losses = list(getattr(self.model, "loss_curve_", []))
        return self.run is not None and bool(np.array_equal(losses, self.losses[: len(losses)], equal_nan=True))

    def findings(self) -> list[dict[str, Any]]:
        """What is wrong."""
        assert self.run is not None
        scores = getattr(self.fitted, "validation_scores_", None)
        best_epoch = None if not scores or np.isnan(scores).all() else int(np.nanargmax(scores)) + 1
        parameters = self.fitted._parameters(self.fitted.coefs_[0].dtype)
        found: list[dict[str, Any]] = json.loads(self.run.diagnose(parameters, best_epoch))
        return found
