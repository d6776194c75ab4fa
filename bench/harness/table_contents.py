"""What is in the file of a table: its cells, and what they mean to a learner in Python."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass

import numpy as np

from .table_files import Table

# The values that `pellucid` treats as missing.
MISSING = {"", "?", "na", "n/a", "nan", "null"}


@dataclass(frozen=True)
class Contents:
    """A table without its targets, and the targets.

    `cells` and `x` have a row for each row and a column for each of `names`; `cells` are the texts of the file, `x` has
    numbers (NaN where missing) in the columns that are `numeric` and texts in the others. `y` is the classes as texts,
    or one or more columns of numbers.
    """

    names: list[str]
    cells: np.ndarray
    numeric: list[bool]
    x: np.ndarray
    y: np.ndarray


def read(table: Table) -> Contents:
    with table.path.open(newline="") as file:
        rows = [[cell.strip() for cell in row] for row in csv.reader(file) if row]
    names = rows.pop(0) if table.has_header else [f"c{column}" for column in range(1, len(rows[0]) + 1)]
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    targets = [columns.pop(name) for name in table.target]
    if table.task == "classification":
        (y,) = map(np.array, targets)
    else:
        y = np.array(targets, float).T.squeeze()
    read_columns = [numbers(cells) for cells in columns.values()]
    texts = np.array(list(columns.values()), object).T
    x = texts.copy()
    for index, values in enumerate(read_columns):
        if values is not None:
            x[:, index] = values
    return Contents(list(columns), texts, [values is not None for values in read_columns], x, y)


def numbers(cells: tuple[str, ...]) -> list[float] | None:
    """The column as numbers, with NaN for missing values; `None` if any cell is a word."""
    try:
        values = [math.nan if cell.lower() in MISSING else float(cell) for cell in cells]
    except ValueError:
        return None
    return values
