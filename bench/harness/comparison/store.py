"""Results on the disk, a file for each fit, so that an interrupted comparison goes on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ..whole_file import write

# Raised when the protocol changes, so that results of the old one are not reused.
PROTOCOL = 1


@dataclass(frozen=True)
class Result:
    """Of one fit. `scores` is empty and the seconds are `None` where it failed; `failure` says why."""

    table: str
    task: str
    entrant: str
    version: str
    seed: int
    scores: dict[str, float]
    elapsed_seconds: float | None
    processor_seconds: float | None
    failure: str | None


class Store:
    """Finds a result again if the table's file, the entrant's version and the settings are the same."""

    def __init__(self, folder: Path):
        self._folder = folder

    def find(self, table: str, entrant: str, key: dict) -> Result | None:
        """`None` for failures too: they are tried again."""
        try:
            record = json.loads(self._path(table, entrant, key).read_text())
            result = Result(**record["result"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return result if record["key"] == key and not result.failure else None

    def keep(self, result: Result, key: dict) -> None:
        record = {"key": key, "result": asdict(result)}
        write(self._path(result.table, result.entrant, key), json.dumps(record, indent=1) + "\n")

    def _path(self, table: str, entrant: str, key: dict) -> Path:
        name = entrant.replace(" ", "-").replace(":", "x")
        return self._folder / name / f"{key['rows']}-rows" / f"{table}.{key['seed']}.json"
