"""Diagnosis of a fitted model: repeats its training under observation, and inspects the result."""

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
from ._inspection import layers_of, names_of, rows_of, samples_of
from ._recipe import recipe_text
from ._threads import thread_count

if TYPE_CHECKING:
    from ._engine import Run
    from ._engine import Samples as Arrays
    from ._mlp import BaseMLP
    from ._training import Samples


def diagnose(estimator: BaseMLP, X: Any, y: Any, sample_weight: Any, validation_data: Any) -> list[dict[str, Any]]:
    """The findings about a fitted model and its training."""
    check_is_fitted(estimator)
    if (X is None) != (y is None):
        raise ValueError("diagnose takes the rows and their targets, X and y, or neither of them")
    if X is None:
        if sample_weight is not None or validation_data is not None:
            raise ValueError("diagnose takes sample_weight and validation_data only together with X and y")
        return _without_training(estimator, None)
    if estimator._start is None:
        return _without_training(estimator, rows_of(estimator, X, y))
    again = _RepeatedTraining(estimator, validation_data)
    again.train(X, y, sample_weight)
    if again.has_equal_losses():
        return again.findings()
    warnings.warn(
        "These are not the rows or not the settings of the model's training, because the training losses differ: "
        "diagnose has inspected the original losses, and the model's layers on these rows. For a full diagnosis, give "
        "it the arguments of fit: X, y and sample_weight.",
        stacklevel=3,
    )
    return _without_training(estimator, rows_of(estimator, X, y))


def _without_training(estimator: BaseMLP, rows: tuple[Any, Any] | None) -> list[dict[str, Any]]:
    """The findings without a repeated training: from the losses, and from the layers on some rows."""
    dtype = estimator.coefs_[0].dtype
    found: list[dict[str, Any]] = json.loads(
        _engine.diagnose(
            recipe_text(estimator, layers_of(estimator), dtype),
            estimator._parameters(dtype),
            None if rows is None else samples_of(rows, dtype),
            names_of(estimator),
            list(getattr(estimator, "loss_curve_", [])),
            thread_count(estimator.n_threads),
        )
    )
    return found


class _RepeatedTraining:
    """Repeats the training of a fitted model with the same random numbers, observed by the engine."""

    def __init__(self, estimator: BaseMLP, validation_data: Any) -> None:
        self.fitted = estimator
        self.validation_data = validation_data
        self.run: Run | None = None
        self.losses = list(getattr(estimator, "loss_curve_", []))
        self.model: BaseMLP = clone(estimator).set_params(
            verbose=False,
            progress=False,
            callbacks=[self._stop_like_fitted],
            checkpoint=None,
            checkpoint_every=None,
            resume=None,
        )
        if not isinstance(estimator.random_state, Integral):
            self.model.set_params(random_state=generator_at(estimator._start))
        self.model._run_observer = self

    def train(self, X: Any, y: Any, sample_weight: Any) -> None:
        """Trains to the end, or until the losses differ."""
        is_judged = getattr(self.fitted, "validation_scores_", None) is not None
        judge = self.validation_data if is_judged and not self.fitted.early_stopping else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                self.model.fit(X, y, sample_weight, validation_data=judge)
            except ValueError:
                # Divergence is a finding. Any other error means that the model cannot have been trained on these rows.
                if not self.model._has_diverged:
                    self.run = None

    def begin(self, run: Run, samples: Samples) -> None:
        """Called with the run before it starts."""
        self.run = run
        held_out: Arrays | None = None
        if self.validation_data is not None:
            held_out = (*self.model._validation_rows(self.validation_data, self.model.coefs_[0].dtype)[2:], None)
        elif samples.held_out is not None:
            held_out = samples.features, samples.targets, samples.weights, samples.held_out.rows
        run.watch(samples.arrays(), held_out, names_of(self.model))

    def _stop_like_fitted(self, model: BaseMLP, report: dict[str, Any]) -> bool:
        """Ends the training where the original one ended, by a callback or Ctrl-C, or as soon as the losses differ."""
        epoch = report["epoch"]
        if epoch > len(self.losses) or report["loss"] != self.losses[epoch - 1]:
            return True
        return epoch == len(self.losses) and not self.fitted._has_diverged

    def has_equal_losses(self) -> bool:
        """Whether the losses equal those of the original training, bit by bit."""
        losses = list(getattr(self.model, "loss_curve_", []))
        return self.run is not None and bool(np.array_equal(losses, self.losses[: len(losses)], equal_nan=True))

    def findings(self) -> list[dict[str, Any]]:
        """The findings about the observed training."""
        assert self.run is not None
        scores = getattr(self.fitted, "validation_scores_", None)
        best_epoch = None if not scores or np.isnan(scores).all() else int(np.nanargmax(scores)) + 1
        parameters = self.fitted._parameters(self.fitted.coefs_[0].dtype)
        found: list[dict[str, Any]] = json.loads(self.run.diagnose(parameters, best_epoch))
        return found
