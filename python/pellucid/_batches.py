"""BatchPredictor: the predictions of a model of a table for batches of rows, in this process or in others."""

from __future__ import annotations

import hashlib
import os
import socket
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ._engine import TableModel, predict_columns
from ._frames import columns_of, table_of
from ._table_messages import in_sentence, in_words_of_python
from ._table_parameters import level_of, names_of
from ._tables import BaseTable
from ._threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow

#: The rows that are predicted at a time, so that only these are copied. It is a multiple of the 8192 of the command, so
#: that the numbers are those of the command for the same rows, to the bit.
PIECE_ROWS = 65_536


class BatchPredictor:
    """The predictions of a model of a table for batches of rows, beside the columns of the batch.

    It can be pickled: a process that receives it reads the model once. `pellucid.spark`, `pellucid.dask` and
    `pellucid.ray` are made of it.

    Parameters
    ----------
    model : path-like, bytes, TableClassifier or TableRegressor
        The model. A path is read again by every process that receives this object, which checks that the file is the
        same; the bytes of a model's file, and a fitted estimator, are sent along.
    probabilities : bool, default=False
        Whether to add the probability of each class, ``probability_CLASS``.
    interval : float, default=None
        The probability of an interval around each predicted number, whose ends are ``prediction_lower`` and
        ``prediction_upper``.
    keep : str or list of str, default=None
        The columns of a batch that stand beside its predictions: all by default.
    n_threads : int, default=None
        The number of threads; by default that of the other methods of this package, which is one where many tasks run
        beside each other.

    Raises
    ------
    ImportError
        If PyArrow is not installed.
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file holds no model of a table, or the model has no such interval.

    Examples
    --------
    >>> import pandas as pd
    >>> from pellucid import BatchPredictor, TableClassifier
    >>> iris = TableClassifier(epochs=30).fit("iris", target="species")
    >>> predictor = BatchPredictor(iris, probabilities=True, keep=[])
    >>> batch = pd.DataFrame({name: [5.0, 1.5] for name in iris.feature_names_in_})
    >>> list(predictor(batch).columns)
    ['prediction', 'probability_setosa', 'probability_versicolor', 'probability_virginica']
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | bytes | BaseTable,
        *,
        probabilities: bool = False,
        interval: float | None = None,
        keep: str | Sequence[str] | None = None,
        n_threads: int | None = None,
    ) -> None:
        _require_pyarrow()
        self.probabilities = bool(probabilities)
        self.interval = None if interval is None else level_of(interval)
        self.keep = None if keep is None else names_of(keep)
        self.n_threads = n_threads
        self._path: str | None = None
        self._bytes: bytes | None = None
        if isinstance(model, BaseTable):
            model = _bytes_of(model)
        if isinstance(model, bytes):
            self._bytes = model
            self._model = _of_bytes(model)
        elif isinstance(model, str | os.PathLike):
            self._path = os.path.abspath(os.fspath(model))
            with open(self._path, "rb") as file:
                content = file.read()
            self._model = TableModel.load(self._path)
            self._digest = hashlib.sha256(content).hexdigest()
        else:
            raise TypeError(
                f"a model of the type {type(model).__name__} cannot be sent to batches of a table: the path of a model "
                "file, its bytes, a TableClassifier or a TableRegressor is needed"
            )
        #: The columns of a table that the model needs.
        self.columns: list[str] = self._model.columns()
        # An interval that the model does not have is an error here, not in the first batch.
        self._predictions_of(None, [])

    def __call__(self, batch: Any) -> Any:
        """Return the kept columns of a batch and the predictions of its rows.

        Parameters
        ----------
        batch : DataFrame of pandas or polars, Table or RecordBatch of PyArrow, or dict of arrays
            Rows with the columns that the model needs, by name.

        Returns
        -------
        batch : the same type
            The columns that ``keep`` names, and those that ``pellucid predict`` writes for these rows, with the same
            numbers: ``prediction``, or ``prediction_TARGET`` for each of several targets, and what ``interval`` and
            ``probabilities`` ask for. Where a kept column has such a name, it begins with ``_``. A row whose numbers
            are too large for the network has missing values, and a warning says so.

        Raises
        ------
        ValueError
            If a column is missing, or holds what the model cannot read.
        """
        import pyarrow

        if isinstance(batch, pyarrow.RecordBatch):
            return _one_batch(self(pyarrow.Table.from_batches([batch])))
        if isinstance(batch, pyarrow.Table):
            kept = batch.select(self._kept(batch.column_names))
            predicted = self._predicted(batch, batch.num_rows, kept.column_names)
            for name, column in zip(predicted.column_names, predicted.columns, strict=True):
                kept = kept.append_column(name, column)
            return kept
        if isinstance(batch, dict):
            kept = {name: batch[name] for name in self._kept(list(batch))}
            rows = len(next(iter(batch.values()), ()))
            predicted = self._predicted(pyarrow.table(batch) if rows else batch, rows, list(kept))
            return {**kept, **{name: predicted[name].to_numpy() for name in predicted.column_names}}
        if type(batch).__module__.split(".")[0] == "polars":
            kept = batch.select(self._kept(batch.columns))
            predicted = self._predicted(batch, batch.height, kept.columns)
            import polars

            return kept.hstack(polars.DataFrame(polars.from_arrow(predicted)))
        if hasattr(batch, "iloc") and hasattr(batch, "columns"):
            kept = batch[self._kept([str(name) for name in batch.columns])]
            predicted = self._predicted(batch, len(batch), [str(name) for name in kept.columns])
            import pandas

            numbers = predicted.to_pandas(types_mapper={pyarrow.bool_(): pandas.BooleanDtype()}.get)
            return pandas.concat([kept, numbers.set_axis(kept.index)], axis=1)
        raise TypeError(
            f"a batch of the type {type(batch).__name__} is not read: a DataFrame of pandas or polars, a Table or a "
            "RecordBatch of PyArrow, or a dict of arrays is needed"
        )

    def stream(self, batches: Iterable[Any]) -> Iterator[pyarrow.RecordBatch]:
        """Yield the rows of PyArrow's record batches with their predictions, some rows at a time.

        The numbers are those of ``pellucid predict`` for one file of all these rows, however they are divided into
        batches. At most 65,536 rows, and a batch, are in memory.

        Parameters
        ----------
        batches : iterable of RecordBatch
            Such as a ``RecordBatchReader``.

        Yields
        ------
        batch : RecordBatch
            Rows in the order of the batches.

        Examples
        --------
        >>> import pyarrow
        >>> from pellucid import BatchPredictor, TableRegressor
        >>> model = TableRegressor(hidden=20, epochs=30).fit({"x": [*range(50)], "y": [*range(50)]}, target="y")
        >>> batches = pyarrow.table({"x": [1.0, 2.0, 3.0]}).to_batches(max_chunksize=2)
        >>> [batch.num_rows for batch in BatchPredictor(model).stream(batches)]
        [3]
        """
        import pyarrow

        waiting: list[Any] = []
        rows = 0
        for batch in batches:
            waiting.append(batch)
            rows += batch.num_rows
            while rows >= PIECE_ROWS:
                table = pyarrow.Table.from_batches(waiting)
                yield self(_one_batch(table.slice(0, PIECE_ROWS)))
                rows -= PIECE_ROWS
                waiting = table.slice(PIECE_ROWS).to_batches() if rows else []
        if rows:
            yield self(_one_batch(pyarrow.Table.from_batches(waiting)))

    def schema(self, of_batch: pyarrow.Schema) -> pyarrow.Schema:
        """Return the schema of what batches with a schema become.

        Parameters
        ----------
        of_batch : pyarrow.Schema
            The columns of a batch.

        Returns
        -------
        schema : pyarrow.Schema
            The kept columns, and those of the predictions.

        Raises
        ------
        ValueError
            If a column that the model needs, or that ``keep`` names, is missing.
        """
        import pyarrow

        self._check(of_batch.names)
        kept = [of_batch.field(name) for name in self._kept(of_batch.names)]
        predicted = self._predictions_of(None, [field.name for field in kept])
        return pyarrow.schema([*kept, *predicted.schema])

    def _predicted(self, batch: Any, rows: int, taken: list[str]) -> pyarrow.Table:
        """The columns of predictions for a frame, of which the columns ``taken`` stand beside them."""
        import pyarrow

        # Nothing is known of the columns of a frame that has none, such as an empty block of Ray.
        if rows == 0:
            return self._predictions_of(None, taken)
        columns = columns_of(batch, "the batch")
        self._check([name for name, _ in columns])
        needed = [(name, column) for name, column in columns if name in self.columns]
        pieces = [
            self._predictions_of([(name, _slice(column, first)) for name, column in needed], taken)
            for first in range(0, rows, PIECE_ROWS)
        ]
        return pyarrow.concat_tables(pieces)

    def _predictions_of(self, columns: list[tuple[str, Any]] | None, taken: list[str]) -> pyarrow.Table:
        """The columns of predictions for the rows of these columns, or of no rows."""
        import pyarrow

        with in_words_of_python():
            found, notes = predict_columns(
                self._loaded(),
                None if columns is None else table_of(columns, "the batch"),
                thread_count(self.n_threads),
                probabilities=self.probabilities,
                coverage=self.interval,
                taken=taken,
            )
        for note in notes:
            warnings.warn(in_sentence(note), stacklevel=4)
        arrays = {name: _array(kind, values, words, pyarrow) for name, kind, values, words in found}
        return pyarrow.table(arrays)

    def _check(self, names: Sequence[str]) -> None:
        missing = [name for name in self.columns if name not in names]
        if missing:
            shown = ", ".join(map(repr, names[:20])) + (", …" if len(names) > 20 else "")
            raise ValueError(
                f"the batch has no column {', '.join(map(repr, missing))}, which the model needs; it has {shown}"
            )

    def _kept(self, names: Sequence[str]) -> list[str]:
        if self.keep is None:
            return list(names)
        missing = next((name for name in self.keep if name not in names), None)
        if missing is not None:
            raise ValueError(f"keep = {self.keep!r}: the batch has no column {missing!r}; it has {', '.join(names)}")
        return self.keep

    def _loaded(self) -> TableModel:
        """The model, which another process has not read yet."""
        if self._model is None:
            if self._bytes is not None:
                self._model = _of_bytes(self._bytes)
            else:
                self._model = _of_file(self._path or "", self._digest)
        return self._model

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_model": None}

    def __dask_tokenize__(self) -> Any:
        return type(self).__name__, sorted((name, value) for name, value in self.__getstate__().items())


def _require_pyarrow() -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise ImportError("batches need PyArrow, which is not installed: pip install pyarrow") from error


def _bytes_of(estimator: BaseTable) -> bytes:
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(estimator)
    return estimator._model.to_bytes()


# A worker that runs many tasks gets the model with each of them, and reads it once.
@lru_cache(maxsize=4)
def _of_bytes(content: bytes) -> TableModel:
    return TableModel.from_bytes(content)


@lru_cache(maxsize=4)
def _of_file(path: str, digest: str) -> TableModel:
    """The model of a file that has this digest."""
    host = socket.gethostname()
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise ValueError(
            f"{path}: a worker on {host} cannot read this model file ({error.strerror}); put it where every worker can "
            "read it, or give the model itself, pellucid.load(path), which is sent along"
        ) from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(
            f"{path}: on {host}, this model file is not the one that was read at the start; copy it there anew, or "
            "give the model itself, pellucid.load(path), which is sent along"
        )
    return TableModel.from_bytes(content)


def _slice(column: Any, first: int) -> Any:
    """Rows of a column from the row ``first`` on."""
    if hasattr(column, "iloc"):
        return column.iloc[first : first + PIECE_ROWS]
    if hasattr(column, "slice"):
        return column.slice(first, PIECE_ROWS)
    return column[first : first + PIECE_ROWS]


def _array(kind: str, values: Any, words: list[str], pyarrow: Any) -> Any:
    """A column of predictions as an array of PyArrow, NaN and the place -1 as missing values."""
    if kind == "numbers":
        return pyarrow.array(values, from_pandas=True)
    places = pyarrow.array(values, mask=values < 0)
    named = pyarrow.DictionaryArray.from_arrays(places, pyarrow.array(words, pyarrow.string()))
    named = named.cast(pyarrow.string())
    return named.cast(pyarrow.bool_()) if kind == "booleans" else named


def _one_array(column: Any) -> Any:
    """The values of a column of a table as one array."""
    import pyarrow

    return column.chunk(0) if column.num_chunks == 1 else pyarrow.concat_arrays(column.chunks or [_empty(column)])


def _empty(column: Any) -> Any:
    import pyarrow

    return pyarrow.array([], column.type)


def _one_batch(table: Any) -> Any:
    import pyarrow

    table = table.combine_chunks()
    return pyarrow.RecordBatch.from_arrays([_one_array(column) for column in table.columns], schema=table.schema)
