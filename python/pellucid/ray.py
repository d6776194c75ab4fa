"""Predictions of a model for the rows of a Ray dataset, where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._batches import BatchPredictor

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from ._tables import BaseTable


def predict(
    dataset: Any,
    model: str | os.PathLike[str] | bytes | BaseTable,
    *,
    probabilities: bool = False,
    interval: float | None = None,
    keep: str | Sequence[str] | None = None,
    batch_size: int | None = 65_536,
    **options: Any,
) -> Any:
    """Add the predictions of a model to a dataset of Ray, by ``map_batches``.

    Nothing is computed before the dataset is used. A task predicts batches on the CPUs that it requests
    (``num_cpus``, one by default); the workers need pellucid and PyArrow. The predictions of a batch have the numbers
    that ``pellucid predict`` gives for a file of its rows, to the bit.

    `pellucid.BatchPredictor` is a function for ``map_batches`` itself:
    ``dataset.map_batches(pellucid.BatchPredictor(model), batch_format="pyarrow")``.

    Parameters
    ----------
    dataset : ray.data.Dataset
        Rows with the columns that the model needs, by name.
    model, probabilities, interval, keep
        As in `pellucid.BatchPredictor`. The path of a model must lead to the same file here and on each worker.
    batch_size : int, default=65536
        The largest number of rows that are predicted at a time.
    **options
        Further arguments of ``map_batches``, such as ``num_cpus``.

    Returns
    -------
    dataset : ray.data.Dataset
        The kept columns, and those of the predictions.

    Raises
    ------
    ImportError
        If Ray is not installed.
    ValueError
        If the dataset is known to lack a column that the model needs. What a worker meets is an error of the task.

    Examples
    --------
    A table of Parquet files to a table with predictions (this needs a Ray cluster)::

        people = ray.data.read_parquet("people")
        pellucid.ray.predict(people, "people.safetensors", probabilities=True).write_parquet("scored")
    """
    try:
        import ray.data
    except ImportError as error:
        raise ImportError("this needs Ray Data, which is not installed: pip install 'pellucid[ray]'") from error
    if not isinstance(dataset, ray.data.Dataset):
        raise TypeError(f"dataset is of the type {type(dataset).__name__}; a dataset of Ray is needed")
    predictor = BatchPredictor(model, probabilities=probabilities, interval=interval, keep=keep)
    known = dataset.schema(fetch_if_missing=False)
    if known is not None:
        predictor._check(known.names)
    return dataset.map_batches(predictor, batch_format="pyarrow", batch_size=batch_size, **options)
