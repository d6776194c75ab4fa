"""BaseMLP: the common part of the classifier and the regressor."""

from __future__ import annotations

import os
import warnings
from itertools import pairwise
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, _clone_parametrized, _fit_context, is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.validation import (
    _check_sample_weight,
    _check_y,
    check_consistent_length,
    check_is_fitted,
    validate_data,
)

from . import _diagnosis, _inspection, _plots
from ._arrays import checked_in_blocks, features_of, hand_back, rows_of_block, state_of
from ._conversion import to_sklearn
from ._engine import initial
from ._exclusive import exclusive_fit
from ._prediction import FlatParameters, outputs_of, parameters_of
from ._progress import Progress
from ._recipe import ACTIVATION_NAMES, activation_name, hidden_activations, recipe_text, rule_name
from ._settings import check_settings, hidden_sizes
from ._training import HeldOutRows, Optimizer, Samples, keep, train_by_steps, train_lbfgs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from typing_extensions import Self

    from ._engine import Features, Targets
    from ._inspection import Explanation


class BaseMLP(BaseEstimator):
    """A multilayer perceptron with scikit-learn's parameters, attributes and rules."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions({"logistic", *ACTIVATION_NAMES}), list, tuple],
        "solver": [StrOptions({"lbfgs", "sgd", "adam"})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "max_fun": [Interval(Integral, 1, None, closed="left")],
        "optimizer": [str, dict, None],
        "schedule": [str, dict, None],
        "init": [str, dict, None],
        "normalisation": [StrOptions({"batch", "layer"}), dict, list, tuple, None],
        "dropout": [Interval(Real, 0, 1, closed="left"), list, tuple],
        "train": [dict, None],
        "early_stopping_metric": [str, callable, None],
        "callbacks": [list, tuple, None],
        "progress": ["boolean"],
        "precision": [StrOptions({"f32", "f64"}), None],
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "checkpoint": [str, os.PathLike, None],
        "checkpoint_every": [str, Interval(Real, 0, None, closed="neither"), None],
        "checkpoint_keep": [Interval(Integral, 1, None, closed="left")],
        "resume": [str, os.PathLike, None],
    }

    # Parameters, set by the constructors.
    hidden_layer_sizes: Any
    activation: Any
    solver: str
    alpha: float
    batch_size: int | str
    learning_rate: str
    learning_rate_init: float
    power_t: float
    max_iter: int
    shuffle: bool
    random_state: int | np.random.RandomState | None
    tol: float
    verbose: bool
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float
    max_fun: int
    loss: Any
    optimizer: str | dict[str, Any] | None
    schedule: str | dict[str, Any] | None
    init: str | dict[str, Any] | None
    normalisation: Any
    dropout: Any
    train: dict[str, Any] | None
    early_stopping_metric: Any
    callbacks: Any
    progress: bool
    precision: str | None
    n_threads: int | None
    checkpoint: str | os.PathLike[str] | None
    checkpoint_every: str | float | None
    checkpoint_keep: int
    resume: str | os.PathLike[str] | None

    # Attributes, set by fit.
    coefs_: list[Any]
    intercepts_: list[Any]
    loss_: float
    best_loss_: float | None
    loss_curve_: list[float]
    validation_scores_: Any
    best_validation_score_: Any
    n_iter_: int
    t_: int
    n_layers_: int
    n_outputs_: int
    out_activation_: str
    n_features_in_: int
    _random_state: np.random.RandomState
    _no_improvement_count: int
    _optimizer: Optimizer
    _normalisation: Any = None
    #: The state of the generator before a training that can be repeated: one call of ``fit`` from drawn weights.
    _start: dict[str, Any] | None = None
    _has_diverged: bool = False
    #: The engine's array of all parameters, for predictions without a copy; no part of the state of a model.
    _flat: FlatParameters | None = None
    #: Receives the engine's run before it starts.
    _run_observer: Any = None

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        validation_data: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Fit the model to data matrix X and target(s) y.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            The input data. C-contiguous arrays of float32 or float64 are used in place, without a copy, and the network
            has their precision.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The target values: class labels in classification, real numbers in regression.
        sample_weight : array-like of shape (n_samples,), default=None
            The weight of each sample in the loss; 1 by default.
        validation_data : tuple (X, y) or (X, y, sample_weight), default=None
            Rows on which every epoch is scored, in place of the rows of ``X`` that ``early_stopping=True`` holds out.
        X_val, y_val, sample_weight_val : array-like, default=None
            The same rows as three arguments, which a pipeline can route: with ``transform_input=["X_val"]`` it
            transforms the features alone.

        Returns
        -------
        self : object
            The trained model.
        """
        if validation_data is not None and (X_val is not None or y_val is not None):
            raise ValueError("give the validation rows as validation_data or as X_val and y_val, not as both")
        if (X_val is None) != (y_val is None) or (X_val is None and sample_weight_val is not None):
            raise ValueError("X_val and y_val belong together, and sample_weight_val is for their rows")
        if X_val is not None:
            validation_data = (X_val, y_val, sample_weight_val)
        with exclusive_fit(self):
            return self._fit(X, y, sample_weight, incremental=False, validation_data=validation_data)

    def _fit(self, X: Any, y: Any, sample_weight: Any, incremental: bool, validation_data: Any = None) -> Self:
        hidden = hidden_sizes(self)
        check_settings(self)
        is_lbfgs = rule_name(self) == "lbfgs"
        progress = None
        if self.progress and not incremental:
            progress = Progress(type(self).__name__, int(self.max_iter), "iteration" if is_lbfgs else "epoch")
        is_first = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        X, y = self._checked(X, y, is_first)
        targets, width = self._encoded(y, incremental)
        if incremental and self.early_stopping and not is_lbfgs:
            raise ValueError("partial_fit does not support early_stopping=True")
        if incremental and (self.checkpoint is not None or self.resume is not None):
            raise ValueError(
                "partial_fit keeps no checkpoint; save the model between its calls, and leave checkpoint out"
            )
        n_samples, n_features = X.shape
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        sample_weight = self._weighted(y, sample_weight, incremental)
        if sample_weight is not None:
            sample_weight = np.ascontiguousarray(sample_weight, dtype=X.dtype)
        self.n_outputs_ = width
        layers = [n_features, *hidden, width]
        # With an integer, scikit-learn restarts the shuffles at every call of partial_fit; this package continues them.
        if not incremental or is_first or not hasattr(self, "_random_state"):
            self._random_state = check_random_state(self.random_state)
        self._has_diverged = False
        self._start = self._random_state.get_state(legacy=False) if is_first and not incremental else None
        judges = not is_lbfgs and (self.early_stopping or validation_data is not None)
        if is_first:
            self._initialize(layers, X.dtype, judges)
        elif judges and self.validation_scores_ is None:
            self.validation_scores_, self.best_validation_score_ = [], -np.inf
        samples = Samples(features_of(X, X.dtype), targets, sample_weight, n_samples)
        if is_lbfgs:
            train_lbfgs(self, samples, layers, X.dtype, progress)
            return self
        if judges:
            self._hold_out(samples, X, y, validation_data)
        train_by_steps(self, samples, layers, X.dtype, incremental, progress)
        return self

    def _hold_out(self, samples: Samples, X: Any, y: Any, validation_data: Any) -> None:
        """Sets the rows on which epochs are scored: a part of the samples, or the rows of the caller."""
        features, targets, weights = samples.features, samples.targets, samples.weights
        if validation_data is None:
            rows, held_out = self._split(samples.row_count, targets)
            samples.rows, samples.row_count = rows, len(rows)
        else:
            X, y, features, targets, weights = self._validation_rows(validation_data, X.dtype)
            held_out = None
        samples.held_out = HeldOutRows(features, targets, weights, held_out, self._scorer(X, y, held_out))

    def _scorer(self, X: Any, y: Any, rows: Any) -> Callable[[], float] | None:
        """The scorer of ``early_stopping_metric`` for these rows, or None for the metrics of `HeldOutRows`."""
        if self.early_stopping_metric in (None, "loss"):
            return None
        scoring = check_scoring(self, scoring=self.early_stopping_metric)
        X, y = (X, y) if rows is None else (X[rows], y[rows])

        def score() -> float:
            with warnings.catch_warnings():
                # The rows are the caller's without the names of their columns.
                warnings.filterwarnings("ignore", message="X does not have valid feature names")
                return float(scoring(self, X, y))

        return score

    def _validation_rows(
        self, validation_data: Any, dtype: np.dtype[Any]
    ) -> tuple[Any, Any, Features, Targets, NDArray[Any] | None]:
        """The validation rows of the caller: checked, in the engine's layout, and with weights if given."""
        if not isinstance(validation_data, list | tuple) or not 2 <= len(validation_data) <= 3:
            raise ValueError("validation_data must be a tuple (X, y) or (X, y, sample_weight)")
        X, y, *more = validation_data
        try:
            X, y = self._checked(X, y, False)
            encoded, _ = self._encoded(y, True)
        except ValueError as error:
            raise ValueError(f"the validation rows cannot be used: {error}") from error
        weights = None
        if more and more[0] is not None:
            weights = _check_sample_weight(more[0], X, ensure_non_negative=True)
            weights = np.ascontiguousarray(weights, dtype=dtype)
        return X, y, features_of(X, dtype), encoded, weights

    def _initialize(self, layers: list[int], dtype: np.dtype[Any], judges: bool) -> None:
        self.n_iter_ = 0
        self.t_ = 0
        self.n_layers_ = len(layers)
        self.out_activation_ = self._out_activation()
        self._normalisation = None
        if self.init is not None or self.normalisation is not None:
            self._draw_by_engine(layers, dtype)
        else:
            self._draw(layers, dtype)
        if rule_name(self) != "lbfgs":
            self.loss_curve_ = []
            self._no_improvement_count = 0
            if judges:
                self.validation_scores_, self.best_validation_score_ = [], -np.inf
                self.best_loss_ = None
            else:
                self.validation_scores_ = self.best_validation_score_ = None
                self.best_loss_ = np.inf

    def _draw(self, layers: list[int], dtype: np.dtype[Any]) -> None:
        """Glorot & Bengio, 2010, for biases too; drawn by NumPy, so that any generator of the caller works."""
        hidden = hidden_activations(self, len(layers) - 2)
        # The bound of the output layer depends on the activation of the last hidden layer, or of a possible one.
        last = hidden[-1] if hidden else activation_name(str(self.activation))
        of_layers = [*hidden, last]
        self.coefs_, self.intercepts_ = [], []
        for (fan_in, fan_out), activation in zip(pairwise(layers), of_layers, strict=True):
            bound = np.sqrt((2.0 if activation == "sigmoid" else 6.0) / (fan_in + fan_out))
            weights = self._random_state.uniform(-bound, bound, (fan_in, fan_out))
            biases = self._random_state.uniform(-bound, bound, fan_out)
            self.coefs_.append(weights.astype(dtype, copy=False))
            self.intercepts_.append(biases.astype(dtype, copy=False))

    def _draw_by_engine(self, layers: list[int], dtype: np.dtype[Any]) -> None:
        state, is_ours = state_of(self._random_state)
        parameters, state = initial(recipe_text(self, layers, dtype), state)
        keep(self, parameters, layers)
        if is_ours:
            hand_back(self._random_state, state)

    def _split(self, n_samples: int, targets: Targets) -> tuple[Any, Any]:
        """Training rows and held-out rows, split as in scikit-learn."""
        stratify = None
        if is_classifier(self) and self.n_outputs_ == 1:
            stratify = targets
        rows, held_out = train_test_split(
            np.arange(n_samples, dtype=np.uint32),
            random_state=self._random_state,
            test_size=self.validation_fraction,
            stratify=stratify,
        )
        if len(held_out) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        return rows, held_out

    def _outputs(self, X: Any) -> Any:
        """The output layer's activations, (n_samples, n_outputs)."""
        if not hasattr(self, "coefs_"):
            check_is_fitted(self)
        return outputs_of(self, X)

    def _parameters(self, dtype: np.dtype[Any]) -> list[Any]:
        """All parameters, in the engine's order."""
        return parameters_of(self, dtype)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_flat"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if hasattr(self, "coefs_") and len({array.dtype for array in (*self.coefs_, *self.intercepts_)}) == 1:
            # One array of all parameters again, so that predictions need no copy.
            parameters = [np.ravel(array) for array in parameters_of(self, self.coefs_[0].dtype)]
            keep(self, np.concatenate(parameters), _inspection.layers_of(self))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to a file for the command line and for `pellucid.load`.

        Parameters
        ----------
        path : path-like
            The file, ``.safetensors``. It is written atomically.
        """
        from ._model_file import save

        save(self, path)

    def explain(self, x: Any, y: Any) -> Explanation:
        """Show every number of the next training step on some rows.

        Parameters
        ----------
        x : array-like of shape (n_features,) or (n_samples, n_features)
            One or more rows.
        y : scalar or array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.

        Returns
        -------
        explanation : Explanation
            A notebook shows it, ``print`` writes it, ``to_dict`` has the numbers. The optimizer starts in its initial
            state.
        """
        return _inspection.explain(self, x, y)

    def check_gradient(self, X: Any, y: Any, samples: int = 200, tolerance: float = 1e-6) -> list[dict[str, Any]]:
        """Compare the gradient of backpropagation with a numerical one, in double precision, without penalties.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            The rows of the check.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        samples : int, default=200
            The maximum number of checked entries of each layer's weights and of its biases.
        tolerance : float, default=1e-6
            The relative error above which an entry is wrong.

        Returns
        -------
        parts : list of dict
            For each layer's weights and biases: ``layer``, ``part``, ``checked``, ``worst_relative_error``, ``right``.
        """
        return _inspection.check_gradient(self, X, y, samples, tolerance)

    def diagnose(
        self, X: Any = None, y: Any = None, sample_weight: Any = None, *, validation_data: Any = None
    ) -> list[dict[str, Any]]:
        """Report problems of the fitted model and its training: observation, reason, remedy.

        Given the arguments of ``fit``, it trains a copy again, with the same bits, and inspects inputs, targets,
        initial weights, gradients, units, the size of the steps, and losses. The model does not change.

        Parameters
        ----------
        X, y : array-like, default=None
            The training rows of the model. For other rows, and for a model whose training cannot be repeated
            (``partial_fit``, ``warm_start``, one from a file or from scikit-learn), it inspects the model's layers on
            these rows and the losses of its training; without rows, the losses alone.
        sample_weight : array-like of shape (n_samples,), default=None
            The sample weights given to ``fit``.
        validation_data : tuple (X, y) or (X, y, sample_weight), default=None
            Rows for the detection of overfitting. With ``early_stopping=True``, the default is the held-out rows.

        Returns
        -------
        findings : list of dict
            Each with ``kind``, ``layer``, ``severity``, ``seen``, ``why`` and ``try_this``; empty without
            problems.

        Examples
        --------
        >>> from pellucid import MLPClassifier
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True)
        >>> slow = MLPClassifier(learning_rate_init=1e-9, max_iter=20, random_state=0).fit(X, y)
        >>> [finding["kind"] for finding in slow.diagnose(X, y)]
        ['loss_stuck']
        """
        return _diagnosis.diagnose(self, X, y, sample_weight, validation_data)

    def plot_loss(self, ax: Any = None) -> Any:
        """Draw the loss of each epoch, and the score of held-out rows; needs matplotlib. Returns the axes."""
        return _plots.plot_loss(self, ax)

    def plot_confusion(self, X: Any, y: Any, ax: Any = None) -> Any:
        """Draw how many rows of each class are taken for which; needs matplotlib. Returns the axes."""
        return _plots.plot_confusion(self, X, y, ax)

    def plot_decision_boundary(self, X: Any, y: Any, ax: Any = None) -> Any:
        """Draw the predictions in the plane of two features; needs matplotlib. Returns the axes."""
        return _plots.plot_decision_boundary(self, X, y, ax)

    def plot_weights(self, ax: Any = None) -> Any:
        """Draw the weights of each layer, in axes for each; needs matplotlib. Returns the axes."""
        return _plots.plot_weights(self, ax)

    def to_sklearn(self) -> Any:
        """Convert to scikit-learn's estimator, fitted if this one is; predictions are equal to rounding."""
        return to_sklearn(self)

    def _html_repr(self) -> str:
        # scikit-learn's own representation, and below it a summary of the fitted model.
        shown: str = super()._html_repr()
        return shown + _plots.model_summary(self) if hasattr(self, "coefs_") else shown

    def __sklearn_clone__(self) -> Self:
        # scikit-learn copies all parameters deeply; a callback keeps what it has collected, and need not be copyable.
        bare = object.__new__(type(self))
        bare.__dict__.update(self.__dict__, callbacks=None)
        cloned: Self = _clone_parametrized(bare)
        cloned.callbacks = self.callbacks
        return cloned

    def _check_solver(self) -> bool:
        if rule_name(self) == "lbfgs":
            raise AttributeError("partial_fit is only available for stochastic optimizers. lbfgs is not stochastic.")
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # The differences between the classifier and the regressor.

    def _checked(self, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:
        """Features and targets, checked; the features in the precision of the training."""
        raise NotImplementedError

    def _validated(self, X: Any, y: Any, reset: bool, numeric: bool) -> tuple[Any, Any]:
        """scikit-learn's checks of features and targets."""
        dtypes = self._dtypes(reset)
        options: dict[str, Any] = {"accept_sparse": ["csr", "csc"], "dtype": dtypes}
        if not hasattr(X, "columns") or rows_of_block(X) is None:
            X, y = validate_data(self, X, y, multi_output=True, y_numeric=numeric, reset=reset, **options)
            return X, y
        # scikit-learn copies a whole frame twice: from its columns, and into rows.
        y = _check_y(y, multi_output=True, y_numeric=numeric, estimator=self)
        check_consistent_length(X, y)
        rows = checked_in_blocks(
            X, lambda block, is_first: validate_data(self, block, reset=reset and is_first, **options)
        )
        return rows, y

    def _dtypes(self, reset: bool = True) -> Any:
        """The precision of the rows: that of a model that is trained further, else the parameter's, else their own."""
        if not reset and hasattr(self, "coefs_"):
            return self.coefs_[0].dtype
        return {None: (np.float64, np.float32), "f32": np.float32, "f64": np.float64}[self.precision]

    def _encoded(self, y: Any, incremental: bool) -> tuple[Targets, int]:
        """Targets in the engine's layout, and the number of values of a sample's target."""
        raise NotImplementedError

    def _weighted(self, y: Any, sample_weight: Any, incremental: bool) -> Any:
        """The sample weights, multiplied by class weights."""
        return sample_weight

    def _out_activation(self) -> str:
        raise NotImplementedError

    def _score_of(self, outputs: Any, targets: Any, weights: Any) -> float | None:
        """scikit-learn's score of these outputs, or None where the loss is the better judge."""
        raise NotImplementedError
