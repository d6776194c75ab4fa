"""Frames of pandas, polars and PyArrow, NumPy arrays and files as tables of the engine, without a change of a value."""

from __future__ import annotations

import datetime
import os
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from ._engine import TableData
from ._table_file import TableFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

#: A column by its name: a series of pandas or polars, an array of PyArrow or NumPy, or a list.
Columns = list[tuple[str, Any]]


def is_file(X: Any) -> bool:
    """Whether this names a file, or a built-in set."""
    return isinstance(X, str | os.PathLike)


def file_of(path: Any) -> TableData:
    """The table of a file."""
    return TableData.file(os.fspath(path), path.reading() if isinstance(path, TableFile) else None)


def columns_of(X: Any, what: str = "X") -> Columns:
    """The columns of a frame, of a dict of columns, or of rows, whose columns are named c1, c2, and so on."""
    if is_file(X):
        raise TypeError(f"{what} is a file, which is possible only without y; name the target with target=")
    if _is_of(X, "polars") and hasattr(X, "collect"):
        raise TypeError(f"{what} is a LazyFrame of polars, which is not computed yet; give {what}.collect()")
    if hasattr(X, "columns") and hasattr(X, "iloc"):
        return [(_name(name), X.iloc[:, at]) for at, name in enumerate(X.columns)]
    if _is_of(X, "polars") and hasattr(X, "get_columns"):
        return [(series.name, series) for series in X.get_columns()]
    if isinstance(X, dict):
        return [(_name(name), column) for name, column in X.items()]
    pyarrow = _pyarrow()
    if pyarrow is not None and (_is_of(X, "pyarrow") or hasattr(X, "__arrow_c_stream__")) and not _is_series(X):
        table = pyarrow.table(X) if not isinstance(X, pyarrow.Table) else X
        return list(zip(table.column_names, table.columns, strict=True))
    if hasattr(X, "toarray"):
        raise TypeError(f"{what} is a sparse matrix; give a dense one, {what}.toarray(), or a frame")
    rows = np.asarray(X)
    if rows.ndim != 2:
        raise ValueError(
            f"{what} has shape {rows.shape}; rows with columns are needed: a frame of pandas, polars or PyArrow, an "
            "array of two dimensions, or the path of a file"
        )
    return [(f"c{at + 1}", rows[:, at]) for at in range(rows.shape[1])]


def targets_of(y: Any, taken: Sequence[str]) -> Columns:
    """The target columns: with the names that ``y`` has, else ``target`` or ``target_1`` and so on."""
    if _is_series(y):
        name = getattr(y, "name", None)
        names, columns = [_name(name) if name not in (None, "") else ""], [y]
    elif hasattr(y, "columns") or hasattr(y, "column_names"):
        return _apart(columns_of(y, "y"), taken)
    else:
        array = y if _is_of(y, "pyarrow") else np.asarray(y)
        if getattr(array, "ndim", 1) == 2:
            columns = [array[:, at] for at in range(array.shape[1])]
            names = [f"target_{at + 1}" for at in range(len(columns))] if len(columns) > 1 else [""]
        else:
            names, columns = [""], [array]
    if names == [""]:
        name = "target"
        while name in taken:
            name = f"_{name}"
        names = [name]
    return _apart(list(zip(names, columns, strict=True)), taken)


def features_and_targets(X: Any, y: Any, targets: list[str], target: Any) -> tuple[Any, list[str]]:
    """A file as it is, or the columns of ``X`` and of ``y``, and the names of the targets.

    These are those of ``y``, or ``targets``, which ``target`` gave.
    """
    if y is None:
        return X if is_file(X) else columns_of(X), targets
    if targets:
        raise ValueError(f"the target is given twice, as y and as target={target!r}; give one of the two")
    features = columns_of(X)
    of_target = targets_of(y, [name for name, _ in features])
    return [*features, *of_target], [name for name, _ in of_target]


def table_from(X: Any, what: str = "X") -> TableData:
    """The table of a file or of a frame."""
    return file_of(X) if is_file(X) else table_of(columns_of(X, what), what)


def weights_of(sample_weight: Any, what: str = "sample_weight") -> Any:
    """The weights of rows: a number for each, as an array."""
    array = np.asarray(sample_weight)
    if array.ndim != 1:
        raise ValueError(f"{what} has shape {array.shape}; a number for each row is needed")
    try:
        return np.ascontiguousarray(array, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} cannot be used: {error}; a number for each row is needed") from None


def column_of(X: Any, name: str, what: str) -> Any:
    """A column of a frame that ``what`` names."""
    if is_file(X):
        raise TypeError(f"{what} = {name!r} names a column of X, which is a file; give the numbers themselves")
    column = next((column for found, column in columns_of(X) if found == name), None)
    if column is None:
        raise ValueError(f"{what} = {name!r}: X has no such column")
    return column


def _apart(targets: Columns, taken: Sequence[str]) -> Columns:
    for name, _ in targets:
        if name in taken:
            raise ValueError(
                f"X has a column {name!r}, which is the name of y, so that the target would be a feature; leave it "
                f"out of X, or give fit(X, target={name!r})"
            )
    return targets


def table_of(columns: Columns, what: str = "X") -> TableData:
    """The table of these columns."""
    return table_of_stream(stream_of(columns, what), what)


def table_of_stream(content: bytes | list[Any], what: str = "X") -> TableData:
    """The table of what `stream_of` returns."""
    return TableData.arrow(what, content) if isinstance(content, bytes) else TableData.columns(what, content)


def stream_of(columns: Columns, what: str = "X") -> bytes | list[Any]:
    """These columns as a stream in Arrow's format, or without PyArrow as typed columns; either can be pickled."""
    lengths = {len(column) for _, column in columns}
    if len(lengths) > 1:
        counted = ", ".join(f"{name!r} has {len(column)}" for name, column in columns[:1] + columns[-1:])
        raise ValueError(f"the columns have different numbers of rows: {counted}")
    names = [name for name, _ in columns]
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        raise ValueError(f"{what} has two columns {twice!r}; give each a different name")
    pyarrow = _pyarrow()
    if pyarrow is None:
        return [_typed(name, column) for name, column in columns]
    arrays = [_arrow(name, column, pyarrow) for name, column in columns]
    table = pyarrow.table(arrays, names=names).unify_dictionaries()
    stream = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    content: bytes = stream.getvalue().to_pybytes()
    return content


def _pyarrow() -> ModuleType | None:
    try:
        import pyarrow
    except ImportError:
        return None
    module: ModuleType = pyarrow
    return module


def _is_of(value: Any, package: str) -> bool:
    return type(value).__module__.split(".")[0] == package


def _is_series(y: Any) -> bool:
    return type(y).__name__ == "Series" and (_is_of(y, "pandas") or _is_of(y, "polars"))


def _name(name: Any) -> str:
    return name if isinstance(name, str) else str(name)


def _arrow(name: str, column: Any, pyarrow: Any) -> Any:
    """A column as PyArrow's array, missing values as nulls."""
    try:
        if _is_of(column, "pyarrow"):
            array = column
        elif _is_of(column, "polars"):
            array = column.to_arrow()
        elif _is_of(column, "pandas"):
            array = pyarrow.Array.from_pandas(column)
        else:
            array = pyarrow.array(column, from_pandas=True)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError) as error:
        raise ValueError(f"column {name!r} cannot be read: {error}; give all its values one type") from None
    kind = array.type
    if isinstance(kind, pyarrow.BaseExtensionType):
        raise ValueError(
            f"column {name!r} is of the type {kind}, which is not read; convert it to numbers, words or dates"
        )
    if pyarrow.types.is_null(kind):
        return array.cast(pyarrow.float64())
    if pyarrow.types.is_dictionary(kind) and _is_number(kind.value_type, pyarrow):
        # Numbers that are categories are names.
        return array.cast(kind.value_type).cast(pyarrow.string())
    return array


def _is_number(kind: Any, pyarrow: Any) -> bool:
    return bool(pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind))


def _typed(name: str, column: Any) -> tuple[str, str, Any]:
    """A column without PyArrow: what it holds, its name, and its values."""
    if _is_of(column, "polars"):
        values = np.empty(len(column), dtype=object)
        values[:] = column.to_list()
    else:
        values = np.asarray(column)
    is_category = str(getattr(column, "dtype", "")) == "category"
    kind = values.dtype.kind
    if is_category and kind in "iuf":
        return "words", name, [None if value != value else str(value) for value in values.tolist()]
    if kind == "f":
        return "numbers", name, np.ascontiguousarray(values, dtype=np.float64)
    if kind in "iu":
        return "integers", name, values.tolist()
    if kind == "b":
        return "booleans", name, values.tolist()
    if kind == "M":
        return "words", name, [_instant(value) for value in values]
    if kind in "UO":
        return _of_objects(name, values.tolist())
    raise ValueError(
        f"column {name!r} is of the type {values.dtype}, which is not read; convert it to numbers, words or dates"
    )


def _of_objects(name: str, values: list[Any]) -> tuple[str, str, Any]:
    values = [None if _is_missing(value) else value for value in values]
    present = [value for value in values if value is not None]

    def are(*types: type) -> bool:
        return all(isinstance(value, types) for value in present)

    if are(bool, np.bool_) and present:
        return "booleans", name, [None if value is None else bool(value) for value in values]
    if not any(isinstance(value, bool | np.bool_) for value in present):
        if are(Integral) and present:
            return "integers", name, [None if value is None else int(value) for value in values]
        if are(Real):
            return "numbers", name, np.array([np.nan if value is None else float(value) for value in values])
    if are(str):
        return "words", name, values
    if are(datetime.date, datetime.time):
        return "words", name, [None if value is None else value.isoformat() for value in values]
    types = sorted({type(value).__name__ for value in present})
    raise ValueError(
        f"column {name!r} holds values of the types {', '.join(types)}; give all its values one type: numbers, "
        "booleans, words or dates"
    )


def _is_missing(value: Any) -> bool:
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        # pandas' NA, which is neither equal to itself nor different.
        return type(value).__name__ == "NAType"


def _instant(value: np.datetime64) -> str | None:
    """A time as ISO 8601, in whole seconds if it is."""
    if np.isnat(value):
        return None
    seconds = value.astype("datetime64[s]")
    return str(seconds if seconds == value else value)
