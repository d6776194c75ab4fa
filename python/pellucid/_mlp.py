"""What the classifier and the regressor have in common."""

from __future__ import annotations

import json
from itertools import pairwise
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, _fit_context, is_classifier
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.validation import _check_sample_weight, validate_data

from ._arrays import features_of, pack, thread_count
from ._engine import outputs
from ._recipe import recipe_of
from ._training import Optimizer, Samples, train_by_steps, train_whole

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._engine import Targets

#: The solvers that go batch by batch.
BY_STEPS = ("sgd", "adam")


class BaseMLP(BaseEstimator):
    """A multilayer perceptron with scikit-learn's parameters, attributes and rules."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions({"identity", "logistic", "tanh", "relu"})],
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
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
    }

    # Parameters, set by the constructors.
    hidden_layer_sizes: Any
    activation: str
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
    n_threads: int | None

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

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the model to data matrix X and target(s) y.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            The input data. Arrays of float32 or float64 that lie row after row are trained on where they are,
            without a copy, and the network has their precision.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The target values: class labels in classification, real numbers in regression.
        sample_weight : array-like of shape (n_samples,), default=None
            What each sample counts for in the loss; 1 unless given.

        Returns
        -------
        self : object
            The trained model.
        """
        return self._fit(X, y, sample_weight, incremental=False)

    def _fit(self, X: Any, y: Any, sample_weight: Any, incremental: bool) -> Self:
        hidden = self.hidden_layer_sizes
        hidden = [int(size) for size in (hidden if hasattr(hidden, "__iter__") else [hidden])]
        if any(size <= 0 for size in hidden):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {hidden}.")
        is_first = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        X, targets, width = self._validated(X, y, incremental, is_first)
        if incremental and self.early_stopping and self.solver in BY_STEPS:
            raise ValueError("partial_fit does not support early_stopping=True")
        n_samples, n_features = X.shape
        if sample_weight is not None:
            sample_weight = np.ascontiguousarray(_check_sample_weight(sample_weight, X), dtype=X.dtype)
        self.n_outputs_ = width
        layers = [n_features, *hidden, width]
        # scikit-learn begins anew with an integer's first shuffle at every call of partial_fit; we go on.
        if not incremental or is_first or not hasattr(self, "_random_state"):
            self._random_state = check_random_state(self.random_state)
        if is_first:
            self._initialize(layers, X.dtype)
        features = features_of(X, X.dtype)
        if self.solver == "lbfgs":
            train_whole(self, Samples(features, targets, sample_weight, n_samples), layers, X.dtype)
            return self
        rows, held_out = self._split(n_samples, targets) if self.early_stopping else (None, None)
        samples = Samples(features, targets, sample_weight, n_samples, rows, held_out)
        if held_out is not None:
            self._held_out = (
                self._held_out_targets(targets, held_out),
                (None if sample_weight is None else sample_weight[held_out]),
            )
        try:
            train_by_steps(self, samples, layers, X.dtype, incremental)
        finally:
            self.__dict__.pop("_held_out", None)
        return self

    def _initialize(self, layers: list[int], dtype: np.dtype[Any]) -> None:
        self.n_iter_ = 0
        self.t_ = 0
        self.n_layers_ = len(layers)
        self.out_activation_ = self._out_activation()
        # Glorot & Bengio, 2010, for biases too; drawn by NumPy, so that it is whatever generator the caller has.
        factor = 2.0 if self.activation == "logistic" else 6.0
        self.coefs_, self.intercepts_ = [], []
        for fan_in, fan_out in pairwise(layers):
            bound = np.sqrt(factor / (fan_in + fan_out))
            weights = self._random_state.uniform(-bound, bound, (fan_in, fan_out))
            biases = self._random_state.uniform(-bound, bound, fan_out)
            self.coefs_.append(weights.astype(dtype, copy=False))
            self.intercepts_.append(biases.astype(dtype, copy=False))
        if self.solver in BY_STEPS:
            self.loss_curve_ = []
            self._no_improvement_count = 0
            if self.early_stopping:
                self.validation_scores_, self.best_validation_score_ = [], -np.inf
                self.best_loss_ = None
            else:
                self.validation_scores_ = self.best_validation_score_ = None
                self.best_loss_ = np.inf

    def _split(self, n_samples: int, targets: Targets) -> tuple[Any, Any]:
        """Rows to train on and rows held out: those that scikit-learn's split of the data would take."""
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
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        dtype = np.result_type(X.dtype, self.coefs_[0].dtype)
        dtype = np.dtype(np.float32 if dtype == np.float32 else np.float64)
        sizes = [self.coefs_[0].shape[0], *(weights.shape[1] for weights in self.coefs_)]
        recipe = json.dumps(recipe_of(self, sizes, dtype))
        parameters = pack(self.coefs_, self.intercepts_, dtype)
        return outputs(recipe, parameters, features_of(X, dtype), thread_count(self.n_threads))

    def _check_solver(self) -> bool:
        if self.solver not in BY_STEPS:
            raise AttributeError(
                f"partial_fit is only available for stochastic optimizers. {self.solver} is not stochastic."
            )
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # What a classifier and a regressor differ in.

    def _validated(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Targets, int]:
        """Checked features, targets as the engine takes them, and how many numbers a sample's target is."""
        raise NotImplementedError

    def _out_activation(self) -> str:
        raise NotImplementedError

    def _held_out_targets(self, targets: Targets, rows: Any) -> Any:
        raise NotImplementedError

    def _held_out_score(self, outputs: Any) -> float:
        """How good these outputs are for the rows that are held out."""
        raise NotImplementedError
