"""MLPClassifier: scikit-learn's interface to the engine's networks for classes and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels

from ._exclusive import exclusive_fit
from ._mlp import BaseMLP

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from typing_extensions import Self

    from ._engine import Targets


class MLPClassifier(ClassifierMixin, BaseMLP):
    """Multi-layer Perceptron classifier.

    It minimises the log-loss with L-BFGS, stochastic gradient descent or Adam. Parameters, attributes, warnings and
    errors are those of :class:`sklearn.neural_network.MLPClassifier`, and so are the numbers: the same
    ``random_state`` gives the same initial weights and the same order of samples.

    Parameters
    ----------
    hidden_layer_sizes : array-like of shape (n_layers - 2,), default=(100,)
        The number of units of each hidden layer.
    activation : {'identity', 'logistic', 'tanh', 'relu'}, default='relu'
        The activation of the hidden layers.
    solver : {'lbfgs', 'sgd', 'adam'}, default='adam'
        The optimizer: L-BFGS on all samples at once, gradient descent with momentum, or Adam.
    alpha : float, default=0.0001
        The strength of the L2 penalty, which is divided by the number of samples in a batch.
    batch_size : int or 'auto', default='auto'
        The number of samples in a step; ``min(200, n_samples)`` for 'auto'. L-BFGS uses all samples.
    learning_rate : {'constant', 'invscaling', 'adaptive'}, default='constant'
        For ``solver='sgd'``: a constant rate; ``learning_rate_init / pow(t + 1, power_t)`` after t samples; or a rate
        that is divided by 5 after more than ``n_iter_no_change`` consecutive epochs without improvement.
    learning_rate_init : float, default=0.001
        The initial learning rate.
    power_t : float, default=0.5
        The exponent of 'invscaling'.
    max_iter : int, default=200
        The maximum number of epochs; for L-BFGS, of iterations.
    shuffle : bool, default=True
        Whether the samples are shuffled before each epoch.
    random_state : int, RandomState instance or None, default=None
        The source of the initial weights, the choice of held-out rows, and the shuffles.
    tol : float, default=1e-4
        Training ends if the loss or the score does not improve by ``tol`` for more than ``n_iter_no_change``
        consecutive epochs; L-BFGS ends when no derivative is larger.
    verbose : bool, default=False
        Whether to print progress.
    warm_start : bool, default=False
        Whether another ``fit`` continues from the current weights.
    momentum : float, default=0.9
        The momentum of gradient descent, from 0 to 1.
    nesterovs_momentum : bool, default=True
        Whether to use Nesterov's momentum.
    early_stopping : bool, default=False
        Whether to hold out rows, stratified by class, to end the training by the score on them, and to keep the
        weights of the best epoch; see ``early_stopping_metric``.
    validation_fraction : float, default=0.1
        The share of the rows that is held out.
    beta_1 : float, default=0.9
        The decay rate of Adam's first moment, in [0, 1).
    beta_2 : float, default=0.999
        The decay rate of Adam's second moment, in [0, 1).
    epsilon : float, default=1e-8
        The constant in Adam's denominator that keeps the quotient finite.
    n_iter_no_change : int, default=10
        See ``tol``.
    max_fun : int, default=15000
        The maximum number of evaluations of the loss by L-BFGS.
    loss : {'log_loss', 'squared_error'}, default='log_loss'
        The loss function to minimise: the log-loss, or half the mean squared error of the probabilities.
    class_weight : dict or 'balanced', default=None
        The weight of the samples of each class, multiplied by ``sample_weight``; 'balanced' gives all classes the same
        total weight.
    optimizer : str or dict, default=None
        The optimizer in place of ``solver``: any optimizer of the engine, such as 'adamw', 'nadam' or
        ``{'name': 'rmsprop', 'rho': 0.9}``, with ``learning_rate_init``.
    schedule : str or dict, default=None
        The learning-rate schedule over ``max_iter`` epochs, in place of ``learning_rate``: 'cosine', 'one_cycle',
        ``{'name': 'step', 'every': 20}`` and so on.
    init : str or dict, default=None
        The initialiser in place of scikit-learn's: 'he_normal', 'orthogonal' and so on.
    normalisation : {'batch', 'layer'}, dict or list, default=None
        The normalisation of the pre-activations of all hidden layers, or a list with one for each.
    dropout : float or list of float, default=0.0
        The probability of dropping a hidden unit in a step, or a list with one for each layer, the inputs first.
    train : dict, default=None
        Further keys of a recipe's ``[train]``, such as ``{'clip_norm': 1.0, 'l1': 1e-5}``.
    early_stopping_metric : str or callable, default=None
        What scores an epoch on the rows that ``early_stopping=True`` holds out or on ``validation_data``: 'loss' (the
        loss that is trained, negative, so that more is better), the name of a scorer of scikit-learn such as
        'neg_log_loss', or a function ``scorer(estimator, X, y)``. The default is the accuracy for the log-loss,
        as in scikit-learn, and the loss for other losses.
    callbacks : list of callables, default=None
        Called after every epoch with the estimator and a dict of ``epoch``, ``loss`` and, with held-out rows,
        ``validation_score``. A callback that returns a true value ends the training. ``clone``
        keeps the callbacks themselves.
    progress : bool, default=False
        Whether to show a progress bar with the loss during ``fit``; needs tqdm.
    precision : {'f32', 'f64'}, default=None
        The precision of the network; by default that of the data.
    n_threads : int or None, default=None
        The number of threads for training and prediction. The default is the number of cores of this process, or
        ``OMP_NUM_THREADS`` if that is lower. The result has the same bits for any number.
    checkpoint : path-like, default=None
        A file that keeps the state of ``fit``, from which a later ``fit`` with the same parameters and data goes on
        after this one was interrupted or killed; the model is the same, to the bit. It needs a ``random_state``. What
        callbacks have collected is not part of it.
    checkpoint_every : str or float, default=None
        How often: ``"10epochs"``, ``"5000steps"``, ``"60s"`` or seconds. By default so seldom that it takes less than a
        hundredth of the time.
    checkpoint_keep : int, default=2
        The number of files: the last one, and those before it with ``.1``, ``.2``, ... after their name.
    resume : "auto" or path-like, default=None
        ``"auto"`` goes on from the checkpoint where there is one; a file, from that one. ``max_iter`` may be raised.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels of the outputs.
    coefs_ : list of ndarray of shape (fan_in, fan_out)
        The weights of each layer.
    intercepts_ : list of ndarray of shape (fan_out,)
        The biases of each layer.
    loss_ : float
        The loss of the last epoch.
    best_loss_ : float or None
        The lowest loss of an epoch; None with ``early_stopping=True``.
    loss_curve_ : list of float
        The loss of each epoch.
    validation_scores_ : list of float or None
        The score on the held-out rows after each epoch, by default the accuracy.
    best_validation_score_ : float or None
        The best validation score.
    n_iter_ : int
        The number of epochs of the last fit.
    t_ : int
        The number of training samples processed.
    n_layers_ : int
        The number of layers, including inputs and outputs.
    n_outputs_ : int
        The number of outputs.
    out_activation_ : str
        The activation of the output layer: 'logistic' for two classes and for labels, 'softmax' for more classes.
    n_features_in_ : int
        The number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The names of the features, if all of them are strings.

    See Also
    --------
    MLPRegressor : Multi-layer Perceptron regressor.

    Examples
    --------
    >>> from pellucid import MLPClassifier
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.model_selection import train_test_split
    >>> X, y = make_classification(n_samples=100, random_state=1)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=1)
    >>> clf = MLPClassifier(random_state=1, max_iter=300).fit(X_train, y_train)
    >>> clf.predict_proba(X_test[:1]).round(4)
    array([[0.0384, 0.9616]])
    >>> clf.predict(X_test[:5, :])
    array([1, 0, 1, 0, 1])
    >>> clf.score(X_test, y_test)
    0.88
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseMLP._parameter_constraints,
        "loss": [StrOptions({"log_loss", "squared_error"})],
        "class_weight": [StrOptions({"balanced"}), dict, list, None],
    }

    class_weight: Any
    classes_: Any
    _label_binarizer: Any

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str | Sequence[str] = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        loss: str = "log_loss",
        class_weight: Any = None,
        optimizer: str | dict[str, Any] | None = None,
        schedule: str | dict[str, Any] | None = None,
        init: str | dict[str, Any] | None = None,
        normalisation: Any = None,
        dropout: Any = 0.0,
        train: dict[str, Any] | None = None,
        early_stopping_metric: Any = None,
        callbacks: Any = None,
        progress: bool = False,
        precision: str | None = None,
        n_threads: int | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: str | float | None = None,
        checkpoint_keep: int = 2,
        resume: str | os.PathLike[str] | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.loss = loss
        self.class_weight = class_weight
        self.optimizer = optimizer
        self.schedule = schedule
        self.init = init
        self.normalisation = normalisation
        self.dropout = dropout
        self.train = train
        self.early_stopping_metric = early_stopping_metric
        self.callbacks = callbacks
        self.progress = progress
        self.precision = precision
        self.n_threads = n_threads
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.checkpoint_keep = checkpoint_keep
        self.resume = resume

    def _checked(self, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:
        if getattr(getattr(y, "dtype", None), "kind", "") == "T":
            # scikit-learn's checks do not know NumPy's StringDType.
            y = y.astype(object)
        X, y = self._validated(X, y, reset, numeric=False)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, y

    def _encoded(self, y: Any, incremental: bool) -> tuple[Targets, int]:
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_classes(y, self.warm_start and not incremental)
        if self._label_binarizer.y_type_ == "multiclass" and y.ndim == 1:
            classes = np.searchsorted(self.classes_, y).astype(np.uint32)
            return (classes, len(self.classes_)), len(self.classes_)
        truths = np.ascontiguousarray(self._label_binarizer.transform(y), dtype=bool)
        return truths, truths.shape[1]

    def _weighted(self, y: Any, sample_weight: Any, incremental: bool) -> Any:
        if self.class_weight is None:
            return sample_weight
        if incremental and self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' cannot be computed from a part of the rows; give partial_fit the weights that "
                "sklearn.utils.class_weight.compute_class_weight computes from all rows, as a dict"
            )
        of_classes = compute_sample_weight(self.class_weight, y)
        if (of_classes < 0).any():
            raise ValueError(f"class_weight must not be negative, got {self.class_weight!r}")
        return of_classes if sample_weight is None else of_classes * sample_weight

    def _check_classes(self, y: Any, all_are_needed: bool) -> None:
        classes = unique_labels(y)
        if all_are_needed:
            if set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                    f"Previously got {self.classes_}, `y` has {classes}"
                )
        elif len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' has {classes}."
            )

    def _out_activation(self) -> str:
        return "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"

    def _score_of(self, outputs: Any, targets: Any, weights: Any) -> float | None:
        if self.loss != "log_loss":
            return None
        if targets.ndim == 1:
            return float(np.average(outputs.argmax(axis=1) == targets, weights=weights))
        # A row counts as right only if all of its labels are.
        return float(np.average(((outputs > 0.5) == targets).all(axis=1), weights=weights))

    def predict(self, X: Any) -> Any:
        """Predict the classes of samples.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_classes)
            The predicted classes.
        """
        outputs = self._outputs(X)
        if self._label_binarizer.y_type_ == "multiclass":
            return self.classes_.take(outputs.argmax(axis=1))
        if self.n_outputs_ == 1:
            outputs = outputs.ravel()
            if len(self.classes_) == 2 and not self._label_binarizer.sparse_input_:
                return self.classes_.take((outputs > 0.5).astype(np.intp))
        return self._label_binarizer.inverse_transform(outputs)

    def predict_proba(self, X: Any) -> Any:
        """Predict the probabilities of the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        y_prob : ndarray of shape (n_samples, n_classes)
            The probability of each class, in the order of ``classes_``; with several labels,
            the probability of each label.
        """
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if self.n_outputs_ == 1 else outputs

    def predict_log_proba(self, X: Any) -> Any:
        """Predict the logarithms of the probabilities of the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        log_y_prob : ndarray of shape (n_samples, n_classes)
            ``log(predict_proba(X))``.
        """
        probabilities = self.predict_proba(X)
        return np.log(probabilities, out=probabilities)

    @available_if(lambda estimator: estimator._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Train for one more epoch on the given data.

        Every call draws the next shuffle of ``random_state``; with an integer, scikit-learn repeats the first one.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            The input data.
        y : array-like of shape (n_samples,) or (n_samples, n_classes)
            The classes.
        sample_weight : array-like of shape (n_samples,), default=None
            The weight of each sample.
        classes : array-like of shape (n_classes,), default=None
            All classes of all calls; required in the first call, because ``y`` may lack some.

        Returns
        -------
        self : object
            The trained model.
        """
        if _check_partial_fit_first_call(self, classes):
            labels = y if type_of_target(y).startswith("multilabel") else classes
            self._label_binarizer = LabelBinarizer().fit(labels)
        with exclusive_fit(self):
            return self._fit(X, y, sample_weight, incremental=True)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
