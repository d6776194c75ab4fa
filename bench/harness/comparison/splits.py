"""The rows that every entrant learns from and is tested on."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold

from ..table_contents import Contents, read
from ..table_files import Table


@dataclass(frozen=True)
class Split:
    """A random 80/20 split of at most `rows` rows of a table. `train` and `test` are indices of rows of the table."""

    table: Table
    contents: Contents
    seed: int
    rows: int
    train: np.ndarray
    test: np.ndarray

    @property
    def classify(self) -> bool:
        return self.table.task == "classification"

    @cached_property
    def classes(self) -> np.ndarray:
        """The classes of all rows of the table, sorted; the columns of probabilities."""
        return np.unique(self.contents.y)


def split(table: Table, contents: Contents, seed: int, rows: int) -> Split:
    """Draws at most `rows` rows by `seed`, then a fifth of them for the test, of each class if there are classes."""
    random = np.random.default_rng(seed)
    drawn = random.permutation(len(contents.y))[:rows]
    folds = (StratifiedKFold if table.task == "classification" else KFold)(5, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class of fewer rows than folds is not in every fold.
        warnings.simplefilter("ignore", UserWarning)
        train, test = next(folds.split(drawn, contents.y[drawn]))
    return Split(table, contents, seed, rows, drawn[train], drawn[test])


def splits(table: Table, count: int, rows: int) -> list[Split]:
    """The splits of the seeds 0 to `count` - 1."""
    contents = read(table)
    return [split(table, contents, seed, rows) for seed in range(count)]


def file_hash(table: Table) -> str:
    return hashlib.sha256(table.path.read_bytes()).hexdigest()
