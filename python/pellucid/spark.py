"""Predictions of a model for the rows of a Spark data frame, where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._batches import BatchPredictor
from ._placed import placed

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from ._tables import BaseTable


def predict(
    df: Any,
    model: str | os.PathLike[str] | bytes | BaseTable,
    *,
    probabilities: bool = False,
    interval: float | None = None,
    keep: str | Sequence[str] | None = None,
) -> Any:
    """Add the predictions of a model to a data frame of PySpark, by ``mapInArrow``.

    Nothing is computed before the frame is used. Each task predicts its partition some rows at a time, on the cores
    that it has (``spark.task.cpus``); the workers need pellucid and PyArrow. The predictions of a partition have the
    numbers that ``pellucid predict`` gives for a file of its rows, to the bit.

    Parameters
    ----------
    df : pyspark.sql.DataFrame
        Rows with the columns that the model needs, by name.
    model, probabilities, interval, keep
        As in `pellucid.BatchPredictor`. The path of a model must lead to the same file on the driver and on each
        worker.

    Returns
    -------
    df : pyspark.sql.DataFrame
        The kept columns, and those of the predictions.

    Raises
    ------
    ImportError
        If PySpark is not installed.
    ValueError
        If the frame lacks a column that the model needs. What a worker meets is an error of the Spark job, which names
        the partition.

    Examples
    --------
    A table of Parquet files to a table with predictions (this needs a Spark session)::

        scored = pellucid.spark.predict(spark.read.parquet("people"), "people.safetensors", probabilities=True)
        scored.write.parquet("scored")
    """
    try:
        from pyspark import TaskContext
        from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
        from pyspark.sql.types import StructType
    except ImportError as error:
        raise ImportError("this needs PySpark, which is not installed: pip install 'pellucid[spark]'") from error
    predictor = BatchPredictor(model, probabilities=probabilities, interval=interval, keep=keep)
    predictor._check(df.columns)
    kept = [df.schema[name] for name in predictor._kept(df.columns)]
    whole = predictor.schema(to_arrow_schema(df.schema))
    # The kept columns as Spark has them: Arrow's schema does not say everything of them.
    added = from_arrow_schema(whole).fields[len(kept) :]

    def rows(batches: Iterator[Any]) -> Iterator[Any]:
        context = TaskContext.get()
        with placed(None if context is None else f"partition {context.partitionId()}"):
            yield from predictor.stream(batches)

    return df.mapInArrow(rows, StructType([*kept, *added]))
