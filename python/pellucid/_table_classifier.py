"""TableClassifier: a network for the classes of a table."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted

from ._tables import BaseTable


class TableClassifier(ClassifierMixin, BaseTable):
    """A network that predicts classes from a table of numbers, booleans, words and dates.

    It does what ``pellucid train`` does, by the same code: it reads the columns, scales numbers, encodes words, holds
    out rows, trains, and keeps the weights of the best epoch. Every parameter that is None is chosen by the table, or
    by the preset or recipe.

    Parameters
    ----------
    preset : {'default', 'plain', 'realmlp-s', 'realmlp', 'tabm'}, default=None
        The recipe of all settings that are not given; 'default' by default, but with another optimizer than Adam
        'plain'.
    effort : {'quick', 'default', 'high'}, default=None
        The preset by the time that a training may take: 'plain', 'default', or eight networks of the default.
    recipe : dict or path-like, default=None
        The recipe of all settings that are not given: a dict, the path of a TOML file, or the name of a built-in one.
    set : dict, default=None
        Further keys of the recipe, such as ``{'train.schedule': 'cosine', 'train.clip_norm': 1.0}``. A key whose value
        is None is left out of the recipe.
    hidden : int, list of int or 'none', default=None
        The sizes of the hidden layers; 'none' or an empty list for a linear model.
    activation : str, default=None
        The activation of the hidden layers.
    normalisation : {'none', 'batch', 'layer'}, default=None
        The normalisation of the pre-activations of the hidden layers.
    optimizer : str or dict, default=None
        The optimizer, such as 'adamw' or ``{'name': 'adam', 'beta_2': 0.95}``.
    learning_rate : float, default=None
        The learning rate.
    batch_size : int or 'full', default=None
        The rows of a step.
    epochs : int, default=None
        The largest number of epochs.
    l2 : float, default=None
        λ of the penalty ½λ‖W‖².
    dropout : float or list of float, default=None
        The probability of dropping a hidden unit in a step, or one for the inputs and each hidden layer.
    validation : float or path-like, default=None
        The rows for early stopping: the part of the table that is held out, 0 for none, or a file.
    metrics : str or list of str, default=None
        The metrics of each epoch.
    monitor : str, default=None
        What compares epochs: 'loss', or a metric on held-out rows.
    patience : int, default=None
        The number of epochs without improvement that ends the training.
    min_delta : float, default=None
        The smallest improvement that counts.
    stop_at : tuple (str, float) or str, default=None
        What ends the training when it is reached, such as ``('accuracy', 0.98)`` or 'accuracy=0.98'.
    max_seconds : float, default=None
        The largest duration of the training.
    class_weight : {'none', 'balanced'} or list of float, default=None
        The weight of the rows of each class, in the order of ``classes_``.
    scale : {'standardize', 'min-max', 'robust', 'normal', 'piecewise-quantile', 'piecewise-tree', 'none'}, default=None
        How numbers are scaled, or encoded by bins.
    bins : int, default=None
        The most bins of a number with a piecewise ``scale``; 8 by default.
    unseen : {'zeros', 'missing', 'error'}, default=None
        The treatment of words that no training row has.
    ensemble : int, default=None
        The number of networks whose outputs are averaged, each trained on all folds of the rows but one.
    refit : bool, default=False
        Whether to train again on all rows, for the number of epochs that was best on held-out ones.
    calibrate : {'none', 'temperature'}, default=None
        How probabilities are calibrated on held-out rows.
    tune_threshold : str, default=None
        The score by which the threshold between two classes is chosen on held-out rows, such as 'f1'.
    target_transform : {'standard', 'none', 'log', 'quantile_normal'}, default=None
        The transform of targets that are numbers; predictions are in their units.
    clamp_predictions : bool, default=False
        Whether predicted numbers are limited to the range of the training rows.
    only, drop : str or list of str, default=None
        The only columns that are features; columns that are no features.
    categorical, numeric, date, text : str or list of str, default=None
        Columns that are words, numbers, dates, or free text, which is left out, whatever their values look like.
    date_features : str or list of str, default=None
        What dates become: 'year', 'month', 'weekday', 'day_of_year', 'hour', 'elapsed'.
    na : str or list of str, default=None
        Further texts that stand for a missing value.
    keep_na_words : bool, default=False
        Whether NA, null and the like are words in columns of words.
    decimal, thousands : str, default=None
        The separators of numbers that are written in words or in a file of text.
    id, weight, group, time : str, default=None
        The column that names each row; the weight of each row, which ``fit`` takes as ``sample_weight`` too; the group
        of each row, which is not split by ``validation``; or the time of each row, of which the latest are held out.
        None of them is a feature.
    drop_missing_target : bool, default=False
        Whether rows without a target are left out, of scores too; otherwise they are an error.
    precision : {'f32', 'f64'}, default=None
        The precision of the arithmetic; 'f32' by default.
    random_state : int, RandomState instance or None, default=None
        The seed of initial weights, held-out rows and shuffles. With None, it is that of the recipe, or 0: the training
        is repeatable.
    n_threads : int or None, default=None
        The number of threads; by default the number of cores. The result has the same bits for any number.
    verbose : bool, default=False
        Whether to print what was chosen, and the losses of each epoch.
    progress : bool, default=False
        Whether to show a progress bar; needs tqdm.
    checkpoint : path-like, default=None
        A file that keeps the state of the training, from which a later ``fit`` goes on after this one was interrupted
        or killed; the model is the same, to the bit.
    checkpoint_every : str or float, default=None
        How often: ``"10epochs"``, ``"5000steps"``, ``"60s"`` or seconds. By default so seldom that it takes less than a
        hundredth of the time.
    checkpoint_keep : int, default=2
        The number of files: the last one, and those before it with ``.1``, ``.2``, ... after their name.
    resume : "auto" or path-like, default=None
        ``"auto"`` goes on from the checkpoint where there is one; a file, from that one.
    diagnosis : bool, default=True
        Whether the training is observed for ``findings_``, which takes some time, and changes no bit of the model.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,) or list of ndarray
        The classes; of several targets, those of each.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The columns of the training table, without targets. After `pellucid.load`, those that features are made of.
    n_features_in_ : int
        The number of these columns.
    notes_ : list of str
        What a user should know: how the columns were read, and what is unusual. ``fit`` warns of each.
    scores_ : dict
        The scores on the ``training`` rows and on held-out ``validation`` rows.
    history_ : list of dict
        The record of each epoch.
    calibration_ : dict
        What held-out rows decided: ``temperature``, ``threshold``, the ``residuals`` that intervals are made of,
        ``refit``.
    choices_ : list of str
        What the table chose, a sentence each: task, features, network. Not after `pellucid.load`.
    findings_ : list of dict
        What the diagnosis of the training found, as `pellucid train` reports it: kind, severity, observation
        (``seen``), reason (``why``), remedy (``try_this``). None of an ensemble. Not after `pellucid.load`, nor with
        ``diagnosis=False``.
    recipe_ : dict
        The recipe of the training, with every setting.

    See Also
    --------
    TableRegressor : The same for numbers.
    MLPClassifier : A replacement for scikit-learn's classifier, for arrays of numbers.

    Examples
    --------
    >>> from pellucid import TableClassifier
    >>> model = TableClassifier(epochs=30).fit("iris", target="species")
    >>> model.classes_
    array(['setosa', 'versicolor', 'virginica'], dtype=object)
    >>> model.predict({"sepal_length": [5.1], "sepal_width": [3.5], "petal_length": [1.4], "petal_width": [0.2]})
    array(['setosa'], dtype=object)
    """

    _task = "classification"

    classes_: Any

    def predict(self, X: Any) -> Any:
        """Predict the class of each row of a table.

        Parameters
        ----------
        X : data frame, table, array or path-like
            The rows, with the columns of the training. Further columns have no effect.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_targets)
            The most probable classes.
        """
        probabilities, labels = self._outputs(X)
        if labels is not None:
            return self.classes_[labels]
        chosen = (probabilities > 0.5).astype(int)
        columns = [classes[chosen[:, at]] for at, classes in enumerate(self.classes_)]
        return np.column_stack(columns)

    def predict_proba(self, X: Any) -> Any:
        """Predict the probability of each class.

        Parameters
        ----------
        X : data frame, table, array or path-like
            The rows, with the columns of the training.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes) or (n_samples, n_targets)
            The probability of each class; of several targets, that of the second class of each.
        """
        probabilities, _ = self._outputs(X)
        return probabilities

    def evaluate(self, X: Any, y: Any = None) -> dict[str, Any]:
        """Return the scores on rows whose classes are known, as ``pellucid evaluate --json`` writes them.

        Parameters
        ----------
        X : data frame, table, array or path-like
            The rows.
        y : array-like, default=None
            Their classes, where they are not a column of ``X``.

        Returns
        -------
        scores : dict
            Accuracy, balanced accuracy, log loss, ROC AUC, F1 and calibration error, and precision and recall of each
            class (``per_class``), the ``confusion`` matrix (rows are the true classes), ``reliability``, and the number
            of ``rows``; of several targets their means, and those of each in ``targets``.

        Examples
        --------
        >>> from pellucid import TableClassifier
        >>> model = TableClassifier(epochs=30).fit("iris")
        >>> scores = model.evaluate("iris")
        >>> scores["rows"], scores["balanced_accuracy"] > 0.9
        (150, True)
        """
        check_is_fitted(self)
        scores, _, _ = self._scored(X, y)
        return scores

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return the accuracy on rows whose classes are known.

        Parameters
        ----------
        X : data frame, table, array or path-like
            The rows.
        y : array-like, default=None
            Their classes, where they are not a column of ``X``.
        sample_weight : array-like of shape (n_samples,) or str, default=None
            The weight of each row, or the column of ``X`` that has it.

        Returns
        -------
        score : float
            The part of the rows whose class is right; of several targets, of those of which every class is right.
        """
        weights = self._weights_of_rows(X, sample_weight)
        if y is not None:
            return float(super().score(X, np.asarray(y), weights))
        scores, answers, predicted = self._scored(X)
        if weights is not None:
            chosen = predicted > 0.5 if predicted.ndim == 2 else predicted
            weights = self._weights_of_answers(weights, answers)
            return float(accuracy_score(answers, chosen, sample_weight=weights))
        return float(scores.get("subset_accuracy", scores["accuracy"]))

    def _keep(self, model: Any, names: list[str], y: Any = None) -> None:
        super()._keep(model, names, y)
        columns: list[Any] = [None] * len(self._targets)
        if y is not None:
            array = np.asarray(y)
            columns = [array] if array.ndim == 1 else list(array.T)
        classes = [
            _values(kind, classes, None if column is None else column.dtype)
            for (_, kind, classes), column in zip(self._targets, columns, strict=True)
        ]
        self.classes_ = classes[0] if len(classes) == 1 else classes

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _values(kind: str, names: list[str], dtype: Any) -> Any:
    """The classes of these names as values like those of the target."""
    asked = dtype is not None and dtype.kind in "biuf"
    if kind == "boolean" and names == ["false", "true"]:
        values = np.array([False, True])
    elif asked or (kind == "number" and all(name == _shortest(name) for name in names)):
        values = np.array([_number(name) for name in names])
    else:
        return np.array(names, dtype=str if dtype is not None and dtype.kind == "U" else object)
    return values.astype(dtype) if asked else values


def _number(name: str) -> int | float:
    number = float(name)
    if not number.is_integer():
        return number
    return int(name) if name.lstrip("+-").isdigit() else int(number)


def _shortest(name: str) -> str:
    number = float(name)
    return str(int(number)) if number.is_integer() else repr(number)
