"""Predictions of a model for the rows of a Dask data frame, where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._batches import BatchPredictor
from ._placed import placed

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from ._tables import BaseTable


def predict(
    df: Any,
    model: str | os.PathLike[str] | bytes | BaseTable,
    *,
    probabilities: bool = False,
    interval: float | None = None,
    keep: str | Sequence[str] | None = None,
) -> Any:
    """Add the predictions of a model to a data frame of Dask, by ``map_partitions``.

    Nothing is computed before the frame is used. A task predicts a partition, on one thread unless
    ``OMP_NUM_THREADS`` says more; the workers need pellucid and PyArrow. The predictions of a partition have the
    numbers that ``pellucid predict`` gives for a file of its rows, to the bit.

    Parameters
    ----------
    df : dask.dataframe.DataFrame
        Rows with the columns that the model needs, by name.
    model, probabilities, interval, keep
        As in `pellucid.BatchPredictor`. The path of a model must lead to the same file here and on each worker.

    Returns
    -------
    df : dask.dataframe.DataFrame
        The kept columns, and those of the predictions, with the index and the partitions of the frame.

    Raises
    ------
    ImportError
        If Dask is not installed.
    ValueError
        If the frame lacks a column that the model needs. What a worker meets is an error of the computation, which
        names the partition.

    Examples
    --------
    A table of Parquet files to a table with predictions::

        people = dask.dataframe.read_parquet("people")
        pellucid.dask.predict(people, "people.safetensors", probabilities=True).to_parquet("scored")
    """
    try:
        import dask.dataframe
    except ImportError as error:
        raise ImportError("this needs Dask, which is not installed: pip install 'pellucid[dask]'") from error
    if not isinstance(df, dask.dataframe.DataFrame):
        raise TypeError(f"df is of the type {type(df).__name__}; a data frame of Dask is needed")
    predictor = BatchPredictor(model, probabilities=probabilities, interval=interval, keep=keep)
    predictor._check([str(name) for name in df.columns])
    meta = predictor(df._meta)
    return df.map_partitions(_Partition(predictor), meta=meta)


class _Partition:
    """Predicts a partition, whose number is a part of the errors."""

    def __init__(self, predictor: BatchPredictor) -> None:
        self._predictor = predictor

    def __call__(self, partition: Any, partition_info: dict[str, Any] | None = None) -> Any:
        with placed(f"partition {partition_info['number']}" if partition_info else None):
            # Of a partition without rows, too: the frame that it becomes has to have the columns.
            self._predictor._check([str(name) for name in partition.columns])
            return self._predictor(partition)

    def __dask_tokenize__(self) -> Any:
        return type(self).__name__, self._predictor.__dask_tokenize__()
