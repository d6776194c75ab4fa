"""Pellucid as a user starts it: `pellucid train` on the training rows, `pellucid predict` on the test rows."""

from __future__ import annotations

import csv
import hashlib
import subprocess
from pathlib import Path

import numpy as np

from .. import contestants
from . import entrants
from .entrants import Entrant
from .scores import in_all_classes
from .seconds import Seconds, of_finished_children
from .splits import Split

TARGET = "target of the comparison"
# How the files are written.
FORMAT = ("--header", "yes", "--delimiter", ",")


class OwnCommand:
    """The command at its defaults, but for preset, seed and threads. Its files lie in `folder`."""

    def __init__(self, folder: Path, threads: int, patience: int):
        self._folder, self._threads, self._patience = folder, threads, patience
        self._binary = str(contestants.own_binary().resolve())

    def fit(self, entrant: Entrant, split: Split) -> tuple[np.ndarray, Seconds]:
        """Outputs for the test rows and the seconds of `train`: reading the table and writing the model included."""
        files = ("train.csv", "test.csv", "model.safetensors", "out.csv")
        train, test, model, answers = (self._folder / name for name in files)
        write_rows(train, split, split.train, with_target=True)
        write_rows(test, split, split.test, with_target=False)
        start = of_finished_children()
        self._run("train", train, "--out", model, *training_options(entrant, split))
        seconds = of_finished_children() - start
        probabilities = ["--proba"] if split.classify else []
        self._run("predict", model, test, *probabilities, "--output", answers, *FORMAT)
        return read_answers(answers, split), seconds

    def _run(self, *arguments) -> None:
        command = [self._binary, *map(str, arguments), "--threads", str(self._threads), "--quiet"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=self._patience, cwd=self._folder)
        except subprocess.TimeoutExpired:
            raise contestants.Unavailable(f"took more than {self._patience} s") from None
        if done.returncode:
            raise contestants.Unavailable(contestants.last_words(done.stderr))


def training_options(entrant: Entrant, split: Split) -> list[str]:
    ensemble = ["--ensemble", str(entrant.networks)] if entrant.networks > 1 else []
    target = ["--target", TARGET, "--task", split.table.task]
    return [*target, "--preset", entrant.preset, *ensemble, "--seed", str(split.seed), *FORMAT]


def write_rows(path: Path, split: Split, rows: np.ndarray, with_target: bool) -> None:
    contents = split.contents
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*contents.names, *([TARGET] if with_target else [])])
        for row in rows:
            target = [contents.y[row] if split.classify else repr(float(contents.y[row]))] if with_target else []
            writer.writerow([*contents.cells[row], *target])


def read_answers(path: Path, split: Split) -> np.ndarray:
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    if not split.classify:
        return np.array([float(row[0]) for row in rows])
    prefix = "probability_"
    places = [place for place, name in enumerate(header) if name.startswith(prefix)]
    of = np.array([header[place].removeprefix(prefix) for place in places])
    probabilities = np.array([[float(row[place]) for place in places] for row in rows])
    return in_all_classes(split, probabilities, of)


def version() -> str:
    """The command's own version, and the beginning of the hash of its file, because versions seldom change."""
    digest = hashlib.sha256(contestants.own_binary().read_bytes()).hexdigest()
    return f"{contestants.own_version()}, {digest[:8]}"


def presets() -> list[str]:
    """The presets for tables of this build, from `pellucid recipes`."""
    done = subprocess.run([str(contestants.own_binary()), "recipes"], capture_output=True, text=True)
    _, _, listed = done.stdout.partition("Presets for tables")
    return [line.split()[0] for line in listed.splitlines()[1:] if line.split()]


def chosen(wanted: list[str] | None) -> tuple[list[Entrant], list[str]]:
    """The entrants of `--presets`, by default all presets and an ensemble of the default; and those of them that this
    build does not have."""
    known = presets()
    spelled = wanted or [*known, f"default:{entrants.ENSEMBLE}"]
    of_build = version()
    absent = [text for text in spelled if text.partition(":")[0] not in known]
    return [entrants.own(text, of_build) for text in spelled if text not in absent], absent
