"""BaseTable: the common part of the estimators for tables."""

from __future__ import annotations

import json
import os
import warnings
from contextlib import nullcontext
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ._checkpoint import checkpoint_of
from ._engine import TableModel, train_table
from ._exclusive import exclusive_fit
from ._frames import columns_of, features_and_targets, file_of, is_file, table_from, table_of, targets_of, weights_of
from ._progress import Progress
from ._table_inspection import TableInspection
from ._table_messages import in_parameters, in_sentence, in_words_of_python
from ._table_parameters import names_of, request_of
from ._threads import thread_count
from ._training import DIVERGED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

    from ._engine import TableData


class BaseTable(TableInspection, BaseEstimator):
    """A network for a table, trained by the code of ``pellucid train``."""

    #: The task, as recipes call it.
    _task: str

    n_features_in_: int
    feature_names_in_: Any
    notes_: list[str]
    scores_: dict[str, Any]
    history_: list[dict[str, Any]]
    recipe_: dict[str, Any]
    calibration_: dict[str, Any]
    choices_: list[str]
    findings_: list[dict[str, Any]]

    def __init__(
        self,
        *,
        preset: str | None = None,
        effort: str | None = None,
        recipe: str | os.PathLike[str] | dict[str, Any] | None = None,
        set: dict[str, Any] | None = None,
        hidden: int | Sequence[int] | str | None = None,
        activation: str | None = None,
        normalisation: str | dict[str, Any] | None = None,
        optimizer: str | dict[str, Any] | None = None,
        learning_rate: float | None = None,
        batch_size: int | str | None = None,
        epochs: int | None = None,
        l2: float | None = None,
        dropout: float | Sequence[float] | None = None,
        validation: float | str | os.PathLike[str] | None = None,
        metrics: str | Sequence[str] | None = None,
        monitor: str | None = None,
        patience: int | None = None,
        min_delta: float | None = None,
        stop_at: str | tuple[str, float] | None = None,
        max_seconds: float | None = None,
        class_weight: str | Sequence[float] | None = None,
        scale: str | None = None,
        bins: int | None = None,
        unseen: str | None = None,
        ensemble: int | None = None,
        refit: bool = False,
        calibrate: str | None = None,
        tune_threshold: str | None = None,
        target_transform: str | None = None,
        clamp_predictions: bool = False,
        only: str | Sequence[str] | None = None,
        drop: str | Sequence[str] | None = None,
        categorical: str | Sequence[str] | None = None,
        numeric: str | Sequence[str] | None = None,
        date: str | Sequence[str] | None = None,
        date_features: str | Sequence[str] | None = None,
        text: str | Sequence[str] | None = None,
        na: str | Sequence[str] | None = None,
        keep_na_words: bool = False,
        decimal: str | None = None,
        thousands: str | None = None,
        id: str | None = None,
        weight: str | None = None,
        group: str | None = None,
        time: str | None = None,
        drop_missing_target: bool = False,
        precision: str | None = None,
        random_state: int | np.random.RandomState | None = None,
        n_threads: int | None = None,
        verbose: bool = False,
        progress: bool = False,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: str | float | None = None,
        checkpoint_keep: int = 2,
        resume: str | os.PathLike[str] | None = None,
        diagnosis: bool = True,
    ) -> None:
        self.preset = preset
        self.effort = effort
        self.recipe = recipe
        self.set = set
        self.hidden = hidden
        self.activation = activation
        self.normalisation = normalisation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.l2 = l2
        self.dropout = dropout
        self.validation = validation
        self.metrics = metrics
        self.monitor = monitor
        self.patience = patience
        self.min_delta = min_delta
        self.stop_at = stop_at
        self.max_seconds = max_seconds
        self.class_weight = class_weight
        self.scale = scale
        self.bins = bins
        self.unseen = unseen
        self.ensemble = ensemble
        self.refit = refit
        self.calibrate = calibrate
        self.tune_threshold = tune_threshold
        self.target_transform = target_transform
        self.clamp_predictions = clamp_predictions
        self.only = only
        self.drop = drop
        self.categorical = categorical
        self.numeric = numeric
        self.date = date
        self.date_features = date_features
        self.text = text
        self.na = na
        self.keep_na_words = keep_na_words
        self.decimal = decimal
        self.thousands = thousands
        self.id = id
        self.weight = weight
        self.group = group
        self.time = time
        self.drop_missing_target = drop_missing_target
        self.precision = precision
        self.random_state = random_state
        self.n_threads = n_threads
        self.verbose = verbose
        self.progress = progress
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.checkpoint_keep = checkpoint_keep
        self.resume = resume
        self.diagnosis = diagnosis

    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        target: str | Sequence[str] | None = None,
        validation_data: Any = None,
    ) -> Self:
        """Train on a table.

        Parameters
        ----------
        X : data frame, table, array or path-like
            A frame of pandas or polars, a table of PyArrow, a dict of columns, an array of two dimensions, or a file
            of any format that ``pellucid train`` reads. Columns are numbers, booleans, words or dates, with missing
            values.
        y : array-like, default=None
            The target, where it is not a column of ``X``. Its name is that of the series, else ``target``.
        sample_weight : array-like of shape (n_samples,) or str, default=None
            The weight of each row in the loss, 0 or more, or the column of ``X`` that has it, as the parameter
            ``weight``. Scaling and other preparation count every row once. The recipe and the model file name the
            weights as the series is named, else ``sample_weight``.
        target : str or list of str, default=None
            The columns of ``X`` to predict; those of the recipe by default.
        validation_data : tuple (X, y) or (X, y, sample_weight), or table, default=None
            Rows for early stopping, in place of those that ``validation`` holds out: features and target, or a table
            that has the target too. Where ``sample_weight`` is an array and these rows have no weights, each counts for
            1.

        Returns
        -------
        self : object
            The trained model.
        """
        with exclusive_fit(self):
            return self._fit(X, y, sample_weight, target, validation_data)

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, target: str | Sequence[str] | None, validation_data: Any
    ) -> Self:
        parameters = self.get_params(deep=False)
        if sample_weight is not None and self.weight is not None:
            raise ValueError("the weights are given twice, as weight and as sample_weight; give one of the two")
        weights = None
        if isinstance(sample_weight, str):
            parameters["weight"] = sample_weight
        elif sample_weight is not None:
            weights = str(getattr(sample_weight, "name", None) or "sample_weight"), weights_of(sample_weight)
        threads = self._threads()
        table, targets = features_and_targets(X, y, [] if target is None else names_of(target), target)
        data = file_of(table) if is_file(table) else table_of(table)
        held_out, held_out_weights = self._held_out(validation_data, targets, weights is not None)
        progress = None
        if self.progress:
            progress = Progress(type(self).__name__, self.epochs, score_name="validation loss")
        say = progress.write if progress else print
        try:
            request = request_of(parameters, targets, self._task)
            with progress or nullcontext():
                trained = train_table(
                    data,
                    request,
                    threads,
                    weights=weights,
                    validation=held_out,
                    validation_weights=held_out_weights,
                    chosen=(lambda choice: say(in_sentence(choice))) if self.verbose else None,
                    recorded=(lambda record: say(_line_of(json.loads(record)))) if self.verbose else None,
                    reported=progress.callback_from(0) if progress else None,
                    checkpoint=checkpoint_of(parameters),
                    diagnosed=bool(self.diagnosis),
                )
        except FloatingPointError as error:
            raise ValueError(f"{DIVERGED} ({error})") from None
        except ValueError as error:
            raise ValueError(in_parameters(str(error), parameters)) from None
        self._keep(trained["model"], trained["columns"], y)
        self.choices_ = [in_sentence(choice) for choice in trained["choices"]]
        if self.diagnosis:
            self.findings_ = [_in_sentences(finding) for finding in json.loads(trained["findings"])]
        else:
            # Those of an earlier fit are not of this training.
            self.__dict__.pop("findings_", None)
        for note in [*self.notes_, *map(in_sentence, trained["of_checkpoints"])]:
            warnings.warn(note, stacklevel=3)
        raised = trained["raised"]
        if isinstance(raised, KeyboardInterrupt) or (raised is None and trained["interrupted"]):
            message = "Training interrupted by user."
            if self.checkpoint is not None:
                message += f" To go on from {self.checkpoint}, fit again with resume='auto'."
            warnings.warn(message, stacklevel=3)
        elif raised is not None:
            raise raised
        return self

    def _held_out(self, validation_data: Any, targets: list[str], is_weighted: bool) -> tuple[TableData | None, Any]:
        """The rows for early stopping that are not of the table, and their weights where they have any."""
        is_rows = self.validation is not None and not isinstance(self.validation, Real)
        if validation_data is None:
            return file_of(self.validation) if is_rows else None, None
        if is_rows:
            raise ValueError(
                "the validation rows are given twice, as validation and as validation_data; give one of the two"
            )
        if not isinstance(validation_data, tuple):
            return table_from(validation_data, "validation_data"), None
        if len(validation_data) not in (2, 3) or not targets:
            raise ValueError("validation_data must be a tuple (X, y), for fit(X, y), or a table that has the target")
        weights = None
        if len(validation_data) == 3 and validation_data[2] is not None:
            if not is_weighted:
                raise ValueError(
                    "validation_data has weights, and the rows of the training have none; give sample_weight"
                )
            weights = weights_of(validation_data[2], "the sample_weight of validation_data")
        features = columns_of(validation_data[0], "validation_data")
        of_target = targets_of(validation_data[1], [])
        if len(of_target) != len(targets):
            raise ValueError(f"validation_data has {len(of_target)} targets, y has {len(targets)}")
        named = [(name, column) for name, (_, column) in zip(targets, of_target, strict=True)]
        return table_of([*features, *named], "validation_data"), weights

    def _keep(self, model: TableModel, names: list[str], y: Any = None) -> None:
        """Stores a trained model, and what it says of itself."""
        self._model = model
        self._targets = model.targets()
        self.feature_names_in_ = np.array(names, dtype=object)
        self.n_features_in_ = len(names)
        self.notes_ = [in_sentence(note) for note in model.notes()]
        # The training of a network from elsewhere is not known.
        metrics = json.loads(model.metrics()) or {}
        self.scores_ = {rows: metrics.get(rows) for rows in ("training", "validation")}
        self.history_ = json.loads(model.history())
        self.recipe_ = json.loads(model.recipe())
        self.calibration_ = json.loads(model.calibration())

    def _outputs(self, X: Any) -> tuple[Any, Any]:
        """Numbers or probabilities of the rows of a table, and of one target of classes the class of each row."""
        check_is_fitted(self)
        threads = self._threads()
        with in_words_of_python():
            values, labels, notes = self._model.predict(table_from(X), threads)
        self._warn(notes, stacklevel=4)
        return values, labels

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file, which `pellucid.load` and the command, such as ``pellucid predict``, read.

        The same recipe and table give the same file as by ``pellucid train``, to the byte.
        """
        check_is_fitted(self)
        self._model.save(os.fspath(path))

    def _threads(self) -> int:
        threads = self.n_threads
        if threads is not None and (isinstance(threads, bool) or not isinstance(threads, Integral) or threads < 1):
            raise ValueError(f"n_threads = {threads!r} cannot be used: an integer, 1 or more, or None is needed")
        return thread_count(threads)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_model")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        tags.target_tags.multi_output = True
        # The target may be a column of the table.
        tags.target_tags.required = False
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {**state, "_model": self._model.to_bytes()} if hasattr(self, "_model") else state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "_model" in state:
            state = {**state, "_model": TableModel.from_bytes(state["_model"])}
        super().__setstate__(state)


def _in_sentences(finding: dict[str, Any]) -> dict[str, Any]:
    """A finding without flags of the command."""
    return {name: in_sentence(value) if isinstance(value, str) else value for name, value in finding.items()}


def _line_of(record: dict[str, Any]) -> str:
    """An epoch as a line of ``verbose``."""
    line = f"Epoch {record['epoch']}, loss = {record['loss']:.8f}"
    if record.get("validation_loss") is not None:
        line += f", validation loss = {record['validation_loss']:.8f}"
    return line
