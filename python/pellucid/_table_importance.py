"""The results of `importance` and `contributions`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._engine import TableContributions


@dataclass(frozen=True, eq=False, repr=False)
class Importance:
    """How much worse a score becomes when a column is shuffled; below 0 where it becomes better.

    Attributes
    ----------
    columns : list of str
        The columns of the table, the most important first.
    mean, std : ndarray of shape (n_columns,)
        Mean and standard deviation over the repeats, in the unit of the score.
    band : ndarray of shape (n_columns, 2)
        The 5th and the 95th percentile of the repeats.
    values : ndarray of shape (n_columns, n_repeats)
        The values of all repeats.
    constant : ndarray of shape (n_columns,)
        Whether the column is the same in all rows, so that shuffling it changes nothing.
    metric : str
        The score.
    score : float
        Its value on the rows as they are.
    rows : int
        The number of rows.
    """

    columns: list[str]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    band: NDArray[np.float64]
    values: NDArray[np.float64]
    constant: NDArray[np.bool_]
    metric: str
    score: float
    rows: int

    @classmethod
    def _of_record(cls, record: dict[str, Any]) -> Importance:
        """From the record of the command."""
        columns = record["columns"]

        def numbers(*keys: str) -> Any:
            return np.array([[column[key] for key in keys] for column in columns], dtype=np.float64)

        return cls(
            columns=[column["column"] for column in columns],
            mean=numbers("mean")[:, 0],
            std=numbers("std")[:, 0],
            band=numbers("low", "high"),
            values=np.array([column["values"] for column in columns], dtype=np.float64),
            constant=np.array([column["constant"] for column in columns], dtype=bool),
            metric=record["metric"],
            score=record["score"],
            rows=record["rows"],
        )

    def to_dict(self) -> dict[str, dict[str, float]]:
        """Mean, standard deviation and band (``low``, ``high``) by the name of the column."""
        each = zip(self.columns, self.mean.tolist(), self.std.tolist(), self.band.tolist(), strict=True)
        return {name: {"mean": mean, "std": std, "low": low, "high": high} for name, mean, std, (low, high) in each}

    def __str__(self) -> str:
        width = max(map(len, self.columns), default=0)
        each = zip(self.columns, self.mean, self.std, strict=True)
        return "\n".join(f"{name:<{width}}  {mean:10.4g} ± {std:.4g}" for name, mean, std in each)

    def __repr__(self) -> str:
        repeats = self.values.shape[1]
        return f"<Importance of {len(self.columns)} columns by {self.metric}, {repeats} repeats on {self.rows} rows>"


@dataclass(frozen=True, eq=False, repr=False)
class Contributions:
    """What each column contributes to predictions: Shapley values.

    Of one target of numbers, the arrays have no last axis, and ``base`` is a number.

    Attributes
    ----------
    columns : list of str
        The columns that the model reads, in the order of the training table.
    outputs : list of str
        The classes whose probability is predicted, or the targets.
    values : ndarray of shape (n_samples, n_columns, n_outputs)
        The contributions; those of all columns add up to the prediction minus the base.
    predictions : ndarray of shape (n_samples, n_outputs)
        The predicted probabilities or numbers.
    base : ndarray of shape (n_outputs,)
        The mean prediction over the background rows.
    standard_errors : ndarray of shape (n_samples, n_columns, n_outputs) or None
        The standard error of each contribution; None where they are exact.
    background_rows : int
        The number of background rows.
    orders : int or None
        How many orders of the columns were sampled for each row; None where the values are exact.
    """

    columns: list[str]
    outputs: list[str]
    values: NDArray[np.float64]
    predictions: NDArray[np.float64]
    base: Any
    standard_errors: NDArray[np.float64] | None
    background_rows: int
    orders: int | None

    @classmethod
    def _of_engine(cls, found: TableContributions, is_single: bool) -> Contributions:
        """From what the engine found; without the axis of outputs where there is a single one."""
        errors = found["standard_errors"]
        return cls(
            columns=found["columns"],
            outputs=found["outputs"],
            values=found["values"][..., 0] if is_single else found["values"],
            predictions=found["predictions"][..., 0] if is_single else found["predictions"],
            base=found["base"][0] if is_single else np.array(found["base"]),
            standard_errors=errors[..., 0] if errors is not None and is_single else errors,
            background_rows=found["background_rows"],
            orders=found["orders"],
        )

    def __repr__(self) -> str:
        method = "exact" if self.orders is None else f"sampled from {self.orders} orders"
        rows, columns = self.values.shape[:2]
        return f"<Contributions of {columns} columns to {rows} predictions, {method}>"
