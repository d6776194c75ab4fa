"""Training with scikit-learn's rules: when it ends and what it reports, over the engine's epochs."""

from __future__ import annotations

import json
import warnings
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ._arrays import hand_back, state_of, unpack
from ._checkpoint import how_to_go_on, open_checkpoint, warn_of_files
from ._engine import Run
from ._prediction import FlatParameters, mean_loss, outputs_with
from ._recipe import optimizer_of, recipe_text
from ._threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ._engine import ArrayCheckpoint, Features, Targets
    from ._engine import Samples as Arrays
    from ._mlp import BaseMLP
    from ._progress import Progress

#: With `learning_rate='adaptive'`, the training ends instead of dividing a rate at or below this one.
LOWEST_RATE = 1e-6

#: scikit-learn's message for parameters that are not finite; the engine adds epoch, batch and layer.
DIVERGED = (
    "Solver produced non-finite parameter weights. The input data may contain large values and need to be preprocessed."
)


@dataclass
class Optimizer:
    """The state from which ``partial_fit`` continues: the optimizer, its rate, and its memory of earlier steps."""

    #: The optimizer of the recipe, which a later change of the estimator's parameters leaves as it is.
    settings: Any
    learning_rate: float
    memory: dict[str, Any] | None


@dataclass
class HeldOutRows:
    """Rows that are not used for training, and how a model is scored on them."""

    features: Features
    targets: Targets
    weights: NDArray[Any] | None
    #: The positions of the rows in these arrays; None for all.
    rows: NDArray[np.uint32] | None
    #: The scorer of the caller, which predicts by the estimator itself.
    scorer: Callable[[], float] | None

    def arrays(self) -> Arrays:
        """The rows, as the engine takes them."""
        return self.features, self.targets, self.weights, self.rows

    def score(self, estimator: BaseMLP, run: Run) -> float:
        """The score of the run's current parameters: scikit-learn's, or the negative loss."""
        if estimator.early_stopping_metric != "loss":
            targets: Any = self.targets[0] if isinstance(self.targets, tuple) else self.targets
            weights = self.weights
            if self.rows is not None:
                targets = targets[self.rows]
                weights = None if weights is None else weights[self.rows]
            score = estimator._score_of(
                outputs_with(estimator, run.parameters(), (self.features, None, None, self.rows)), targets, weights
            )
            if score is not None:
                return score
        return -mean_loss(estimator, run.parameters(), self.arrays())


class Samples:
    """Training rows and held-out rows of the same arrays."""

    def __init__(
        self,
        features: Features,
        targets: Targets,
        weights: NDArray[Any] | None,
        row_count: int,
        rows: NDArray[np.uint32] | None = None,
        held_out: HeldOutRows | None = None,
    ) -> None:
        self.features = features
        self.targets = targets
        self.weights = weights
        self.rows = rows
        self.held_out = held_out
        self.row_count = row_count if rows is None else len(rows)

    def arrays(self) -> Arrays:
        """The training rows, as the engine takes them."""
        return self.features, self.targets, self.weights, self.rows


def begin(
    estimator: BaseMLP,
    samples: Samples,
    layers: list[int],
    dtype: np.dtype[Any],
    optimizer: Optimizer,
    batch_size: int | str,
) -> tuple[Run, bool]:
    """A run from the estimator's parameters, and whether the estimator takes back the run's generator."""
    recipe = recipe_text(estimator, layers, dtype, batch_size, optimizer.settings)
    state, is_ours = state_of(estimator._random_state)
    parameters = estimator._parameters(dtype)
    threads = thread_count(estimator.n_threads)
    run = Run(recipe, parameters, state, optimizer.memory, threads)
    if estimator._run_observer is not None:
        estimator._run_observer.begin(run, samples)
    return run, is_ours


def train_by_steps(
    estimator: BaseMLP,
    samples: Samples,
    layers: list[int],
    dtype: np.dtype[Any],
    incremental: bool,
    progress: Progress | None,
) -> None:
    """``sgd`` and ``adam``: epochs until the loss, or the score on held-out rows, stops improving."""
    batch_size = _batch_size(estimator, samples.row_count)
    kept = getattr(estimator, "_optimizer", None) if incremental else None
    if kept is None:
        kept = Optimizer(optimizer_of(estimator), float(estimator.learning_rate_init), None)
    checkpoint = open_checkpoint(estimator, samples, dtype)
    run, is_ours = begin(estimator, samples, layers, dtype, kept, batch_size)
    steps = _StepTraining(estimator, samples, run, kept.learning_rate, layers, progress, checkpoint)
    try:
        with progress or nullcontext():
            steps.epochs(incremental)
    except KeyboardInterrupt:
        warnings.warn(f"Training interrupted by user.{how_to_go_on(estimator)}", stacklevel=5)
    finally:
        # The model stays usable, even if a callback raises an exception.
        keep(estimator, run.parameters() if steps.best is None else steps.best, layers)
        estimator._optimizer = Optimizer(kept.settings, steps.rate, run.memory())
        if is_ours:
            hand_back(estimator._random_state, run.random_state())
        warn_of_files(checkpoint, stacklevel=5)
    if steps.diverged is not None and steps.best is None:
        estimator._has_diverged = True
        raise ValueError(f"{DIVERGED} ({steps.diverged})")


def keep(estimator: BaseMLP, parameters: NDArray[Any], layers: list[int]) -> None:
    """Stores parameters in the estimator."""
    estimator.coefs_, estimator.intercepts_, rest = unpack(parameters, layers)
    estimator._normalisation = rest if len(rest) else None
    views = [*estimator.coefs_, *estimator.intercepts_, *([rest] if len(rest) else [])]
    estimator._flat = FlatParameters(parameters, views)


class _StepTraining:
    """A training by steps: one epoch per call of the engine, or many if nothing observes the epochs."""

    def __init__(
        self,
        estimator: BaseMLP,
        samples: Samples,
        run: Run,
        rate: float,
        layers: list[int],
        progress: Progress | None,
        checkpoint: ArrayCheckpoint | None,
    ) -> None:
        self.checkpoint = checkpoint
        self.layers = layers
        self.progress = progress
        self.estimator = estimator
        self.samples = samples
        self.run = run
        self.rate = rate
        #: The parameters of the epoch with the best score.
        self.best: NDArray[Any] | None = None
        self.diverged: str | None = None

    def epochs(self, incremental: bool) -> None:
        estimator = self.estimator
        is_scaled = self.follows("invscaling")
        is_observed = (
            bool(estimator.verbose or estimator.callbacks or self.samples.held_out) or is_scaled or incremental
        )
        estimator.n_iter_ = 0
        if self.samples.held_out is not None and estimator.validation_scores_:
            # A training that goes on can only improve on the model that it began with.
            self.best = self.run.parameters()
        if self._has_ended():
            return
        while estimator.n_iter_ < estimator.max_iter:
            self._train(1 if is_observed else estimator.max_iter - estimator.n_iter_)
            if self.diverged is not None:
                if self.best is not None:
                    warnings.warn(
                        f"Training diverged, the weights of the best epoch are kept: {self.diverged}",
                        ConvergenceWarning,
                        stacklevel=6,
                    )
                return
            if is_scaled:
                self.rate = estimator.learning_rate_init / (estimator.t_ + 1) ** estimator.power_t
            if self._callback_ends_training():
                self._keep_end(is_complete=True)
                return
            if estimator._no_improvement_count > estimator.n_iter_no_change:
                if self._ends():
                    self._keep_end(is_complete=True)
                    return
                estimator._no_improvement_count = 0
            if incremental:
                return
            if estimator.n_iter_ == estimator.max_iter:
                self._keep_end(is_complete=False)
                self._warn_of_maximum()
            elif self.checkpoint is not None:
                self.run.keep_after_epoch(self.checkpoint, self._numbers())

    def _warn_of_maximum(self) -> None:
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({self.estimator.max_iter}) reached and the "
            "optimization hasn't converged yet.",
            ConvergenceWarning,
            stacklevel=7,
        )

    def _has_ended(self) -> bool:
        """Continues from the checkpoint, if there is one. Whether the training had ended there."""
        estimator = self.estimator
        numbers = None if self.checkpoint is None else self.checkpoint.numbers()
        if self.checkpoint is None or numbers is None:
            return False
        self.run.resume(self.checkpoint)
        one = {name: array[0] for name, array in numbers.items() if len(array) == 1}
        estimator.n_iter_, estimator.t_ = int(one["n_iter"]), int(one["t"])
        estimator._no_improvement_count = int(one["no_improvement_count"])
        self.rate = float(one["rate"])
        estimator.loss_curve_ = [np.float64(loss) for loss in numbers["loss_curve"]]
        if estimator.loss_curve_:
            estimator.loss_ = estimator.loss_curve_[-1]
        if "best_loss" in one:
            estimator.best_loss_ = np.float64(one["best_loss"])
        if "best_validation_score" in one:
            estimator.best_validation_score_ = np.float64(one["best_validation_score"])
            estimator.validation_scores_ = [np.float64(score) for score in numbers["validation_scores"]]
        if "best" in numbers:
            self.best = numbers["best"].astype(self.run.parameters().dtype)
        if not one["is_complete"] and estimator.n_iter_ >= estimator.max_iter:
            self._warn_of_maximum()
        return bool(one["is_complete"])

    def _numbers(self, is_complete: bool = False) -> dict[str, NDArray[np.float64]]:
        """What the estimator remembers of the training, as arrays by name."""
        estimator = self.estimator
        numbers: dict[str, Any] = {
            "n_iter": [estimator.n_iter_],
            "t": [estimator.t_],
            "no_improvement_count": [estimator._no_improvement_count],
            "rate": [self.rate],
            "loss_curve": estimator.loss_curve_,
            "is_complete": [is_complete],
        }
        if estimator.best_loss_ is not None:
            numbers["best_loss"] = [estimator.best_loss_]
        if estimator.validation_scores_ is not None:
            numbers["best_validation_score"] = [estimator.best_validation_score_]
            numbers["validation_scores"] = estimator.validation_scores_
        if self.best is not None:
            numbers["best"] = self.best
        return {name: np.array(values, dtype=np.float64) for name, values in numbers.items()}

    def _keep_end(self, is_complete: bool) -> None:
        """Keeps the state at the end: ``is_complete`` unless more epochs would go on."""
        if self.checkpoint is not None:
            self.run.keep_end(self.checkpoint, [], self._numbers(is_complete))

    def follows(self, learning_rate: str) -> bool:
        """Whether the rate follows this rule of scikit-learn, which applies to ``sgd`` only."""
        estimator = self.estimator
        is_asked = estimator.solver == "sgd" and estimator.learning_rate == learning_rate
        return is_asked and estimator.optimizer is None and estimator.schedule is None

    def _callback_ends_training(self) -> bool:
        """Calls the callbacks with the current model. Whether one of them ends the training."""
        estimator = self.estimator
        if not estimator.callbacks:
            return False
        keep(estimator, self.run.parameters(), self.layers)
        report = {"epoch": estimator.n_iter_, "loss": estimator.loss_}
        if self.samples.held_out is not None:
            report["validation_score"] = estimator.validation_scores_[-1]
        return _is_ended_by_callbacks(estimator, report)

    def _train(self, epochs: int) -> None:
        estimator, samples = self.estimator, self.samples
        by_score = samples.held_out is not None
        stagnation = {
            "best": np.inf if estimator.best_loss_ is None else estimator.best_loss_,
            "waited": estimator._no_improvement_count,
            "tolerance": float(estimator.tol),
            "patience": float(estimator.n_iter_no_change),
        }
        losses, judged, raised, self.diverged = self.run.train(
            samples.arrays(),
            epochs,
            rate=self.rate if estimator.schedule is None else None,
            stagnation=None if by_score else stagnation,
            reported=None if self.progress is None else self.progress.callback_from(estimator.n_iter_),
            checkpoint=self.checkpoint,
            numbers=None if self.checkpoint is None else self._numbers,
        )
        if self.diverged is not None and by_score:
            losses.append(np.nan)
        for loss in losses:
            estimator.n_iter_ += 1
            estimator.loss_ = np.float64(loss)
            estimator.loss_curve_.append(estimator.loss_)
            estimator.t_ += samples.row_count
            if estimator.verbose:
                self._print(f"Iteration {estimator.n_iter_}, loss = {loss:.8f}")
        if raised is None and samples.held_out is not None:
            self._score_held_out(samples.held_out)
        elif raised is None and judged is not None:
            best, estimator._no_improvement_count = judged
            estimator.best_loss_ = np.float64(best)
        if self.progress is not None and losses:
            scores = estimator.validation_scores_
            self.progress.report(estimator.n_iter_, estimator.loss_, scores[-1] if scores else None)
        if raised is not None:
            raise raised

    def _print(self, line: str) -> None:
        """Prints a line of ``verbose``."""
        if self.progress is None:
            print(line)
        else:
            self.progress.write(line)

    def _score_held_out(self, held_out: HeldOutRows) -> None:
        """Records the score on the held-out rows."""
        estimator = self.estimator
        score = np.nan
        if self.diverged is None and held_out.scorer is not None:
            keep(estimator, self.run.parameters(), self.layers)
            score = np.float64(held_out.scorer())
        elif self.diverged is None:
            score = np.float64(held_out.score(estimator, self.run))
        estimator.validation_scores_.append(score)
        if estimator.verbose:
            self._print(f"Validation score: {score:f}")
        # Written so that a score that is no number is no improvement.
        if not score >= estimator.best_validation_score_ + estimator.tol:
            estimator._no_improvement_count += 1
        else:
            estimator._no_improvement_count = 0
        if score > estimator.best_validation_score_:
            estimator.best_validation_score_ = score
            self.best = self.run.parameters()

    def _ends(self) -> bool:
        """Whether the training ends; otherwise, the learning rate is reduced."""
        estimator = self.estimator
        what = "Validation score" if self.samples.held_out is not None else "Training loss"
        message = (
            f"{what} did not improve more than tol={estimator.tol:f} for {estimator.n_iter_no_change} "
            "consecutive epochs."
        )
        is_adaptive = self.follows("adaptive")
        ends = not is_adaptive or self.rate <= LOWEST_RATE
        if not is_adaptive:
            message += " Stopping."
        elif ends:
            message += " Learning rate too small. Stopping."
        else:
            self.rate /= 5.0
            message += f" Setting learning rate to {self.rate:f}"
        if estimator.verbose:
            self._print(message)
        return ends


def _is_ended_by_callbacks(estimator: BaseMLP, report: dict[str, Any]) -> bool:
    """Calls all callbacks. Whether one of them ends the training."""
    return any([bool(callback(estimator, report)) for callback in estimator.callbacks])


def train_lbfgs(
    estimator: BaseMLP, samples: Samples, layers: list[int], dtype: np.dtype[Any], progress: Progress | None
) -> None:
    """``lbfgs``: iterations on all samples at once until a minimum is found."""
    checkpoint = open_checkpoint(estimator, samples, dtype)
    run, _ = begin(estimator, samples, layers, dtype, Optimizer(optimizer_of(estimator), 0.0, None), "full")
    if checkpoint is not None:
        run.resume(checkpoint)

    def _after_iteration(iteration: int, loss: float, parameters: NDArray[Any]) -> bool:
        keep(estimator, parameters, layers)
        estimator.n_iter_, estimator.loss_ = iteration, np.float64(loss)
        return _is_ended_by_callbacks(estimator, {"epoch": iteration, "loss": estimator.loss_})

    with progress or nullcontext():
        losses, _, raised, diverged = run.train(
            samples.arrays(),
            estimator.max_iter,
            reported=None if progress is None else progress.callback_from(0),
            each_epoch=_after_iteration if estimator.callbacks else None,
            checkpoint=checkpoint,
            numbers=None if checkpoint is None else dict,
        )
        if progress is not None and losses:
            progress.report(len(losses), losses[-1])
    keep(estimator, run.parameters(), layers)
    found = run.minimum()
    if diverged is not None or found is None:
        estimator._has_diverged = True
        raise ValueError(f"{DIVERGED} ({diverged})")
    minimum = json.loads(found)
    reason, value = minimum["reason"], minimum["value"]
    iterations, evaluations = minimum["iterations"], minimum["evaluations"]
    # An iteration that Ctrl-C interrupts changes the weights, but does not report its loss.
    estimator.n_iter_ = min(iterations, len(losses), estimator.max_iter)
    estimator.loss_ = np.float64(value)
    # The engine reports the loss of each iteration before its step.
    estimator.loss_curve_ = [np.float64(loss) for loss in [*losses[1:], value][: estimator.n_iter_]]
    if estimator.verbose:
        print(f"L-BFGS: loss = {value:.8f} after {iterations} iterations, {evaluations} evaluations: {reason}")
    if checkpoint is not None and raised is None:
        run.keep_end(checkpoint, losses, {})
    warn_of_files(checkpoint, stacklevel=5)
    if isinstance(raised, KeyboardInterrupt):
        warnings.warn(f"Training interrupted by user.{how_to_go_on(estimator)}", stacklevel=5)
    elif raised is not None:
        raise raised
    else:
        _warn_about(reason, estimator)


#: SciPy's status and message for reasons to end L-BFGS without a minimum.
FAILURES = {
    "iterations": (1, "STOP: TOTAL NO. OF ITERATIONS REACHED LIMIT"),
    "evaluations": (1, "STOP: TOTAL NO. OF F,G EVALUATIONS EXCEEDS LIMIT"),
    "line_search": (2, "ABNORMAL: "),
}


def _warn_about(reason: str, estimator: BaseMLP) -> None:
    if reason not in FAILURES:
        return
    status, text = FAILURES[reason]
    message = f"lbfgs failed to converge after {estimator.n_iter_} iteration(s) (status={status}):\n{text}\n"
    if estimator.n_iter_ == estimator.max_iter:
        message += f"\nIncrease the number of iterations to improve the convergence (max_iter={estimator.max_iter})."
    message += (
        "\nYou might also want to scale the data as shown in:\n"
        "    https://scikit-learn.org/stable/modules/preprocessing.html"
    )
    warnings.warn(message, ConvergenceWarning, stacklevel=6)


def _batch_size(estimator: BaseMLP, row_count: int) -> int:
    asked = estimator.batch_size
    if isinstance(asked, str):
        return min(200, row_count)
    if asked > row_count:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped", stacklevel=6
        )
    return int(np.clip(asked, 1, row_count))
