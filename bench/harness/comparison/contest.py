"""Measures every entrant on every split of every table, or takes the result from the store."""

from __future__ import annotations

import importlib.metadata
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..contestants import Unavailable
from . import splits
from .entrants import PEERS, Entrant
from .own_command import OwnCommand
from .scores import scores
from .seconds import Seconds
from .splits import Split
from .store import PROTOCOL, Result, Store
from .summary import Summary
from .worker import Worker


@dataclass(frozen=True)
class Settings:
    """`patience` is the number of seconds after which a fit has failed; `folder` is for results and work."""

    splits: int
    rows: int
    threads: int
    patience: int
    fresh: bool
    folder: Path


def peers(names: list[str]) -> list[Entrant]:
    return [Entrant(name, importlib.metadata.version(PEERS[name])) for name in names]


def measure(taking_part: list[Entrant], groups: dict[str, list], settings: Settings) -> dict[str, Summary]:
    """A summary for each group of tables."""
    contest = Contest(taking_part, settings)
    try:
        return {
            group: Summary([result for table in tables for result in contest.table(table)], settings.splits)
            for group, tables in groups.items()
        }
    finally:
        contest.close()


class Contest:
    def __init__(self, taking_part: list[Entrant], settings: Settings):
        self._taking_part, self._settings = taking_part, settings
        self._store = Store(settings.folder / "results")
        self._workers = {
            entrant.name: Worker(entrant.name, settings.threads, settings.patience)
            for entrant in taking_part
            if not entrant.is_own
        }
        self._files = tempfile.TemporaryDirectory(prefix="pellucid-tables-")
        self._own = OwnCommand(Path(self._files.name), settings.threads, settings.patience)

    def table(self, table) -> list[Result]:
        """In turn, so that a disturbance of the machine affects all entrants."""
        digest = splits.file_hash(table)
        drawn = splits.splits(table, self._settings.splits, self._settings.rows)
        return [self._result(entrant, split, digest) for split in drawn for entrant in self._taking_part]

    def close(self) -> None:
        for worker in self._workers.values():
            worker.close()
        self._files.cleanup()

    def _result(self, entrant: Entrant, split: Split, digest: str) -> Result:
        key = {
            "protocol": PROTOCOL,
            "sha256": digest,
            "version": entrant.version,
            "rows": split.rows,
            "seed": split.seed,
            "threads": self._settings.threads,
        }
        found = None if self._settings.fresh else self._store.find(split.table.name, entrant.name, key)
        if found:
            return found
        result = self._measured(entrant, split)
        self._store.keep(result, key)
        outcome = result.failure or f"{result.processor_seconds:.1f} s"
        print(f"{result.table}, split {result.seed}, {result.entrant}: {outcome}", file=sys.stderr, flush=True)
        return result

    def _measured(self, entrant: Entrant, split: Split) -> Result:
        figures, elapsed, processor, failure = {}, None, None, None
        try:
            outputs, seconds = self._fit(entrant, split)
            figures = scores(split, outputs)
            elapsed, processor = seconds.elapsed, seconds.processor
        except (Unavailable, ValueError) as error:
            failure = str(error)
        table = split.table
        return Result(
            table.name, table.task, entrant.name, entrant.version, split.seed, figures, elapsed, processor, failure
        )

    def _fit(self, entrant: Entrant, split: Split) -> tuple[np.ndarray, Seconds]:
        return self._own.fit(entrant, split) if entrant.is_own else self._workers[entrant.name].fit(split)
