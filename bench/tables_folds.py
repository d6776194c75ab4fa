"""Five-fold scores of `pellucid train` and of scikit-learn on many tables. Started by bench/tables-folds, which
provides the environment."""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.whole_file import write

BENCH = Path(__file__).resolve().parent


@dataclass
class Score:
    """Mean and standard deviation over the folds; `seconds` of training."""

    mean: float
    std: float
    seconds: float


@dataclass
class Row:
    """A table and the scores on it; `failure` says why Pellucid has no score."""

    name: str
    rows: int
    task: str
    metric: str
    ours: Score | None
    theirs: Score | None
    failure: str | None

    @property
    def difference(self) -> float | None:
        """In standard deviations of scikit-learn's folds."""
        if not self.ours or not self.theirs or self.theirs.std == 0:
            return None
        return (self.ours.mean - self.theirs.mean) / self.theirs.std

    @property
    def passes(self) -> bool | None:
        """Whether Pellucid is at most one standard deviation behind; `None` if a score is missing."""
        if self.failure:
            return False
        if not self.ours or not self.theirs:
            return None
        return self.ours.mean >= self.theirs.mean - self.theirs.std

    def cells(self) -> tuple[str, ...]:
        return (
            self.name,
            f"{self.rows:,}",
            self.metric,
            score(self.ours),
            score(self.theirs),
            "" if self.difference is None else f"{self.difference:+.1f}",
            "" if not self.ours else f"{self.ours.seconds:.1f}",
            "" if not self.theirs else f"{self.theirs.seconds:.1f}",
            {True: "yes", False: "NO", None: ""}[self.passes],
        )


HEADINGS = ("table", "rows", "score", "pellucid", "scikit-learn", "difference, sd", "our s", "their s", ">= theirs - sd")


def score(of: Score | None) -> str:
    return "" if of is None else f"{of.mean:.4f} ± {of.std:.4f}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/tables-folds",
        description="Scores `pellucid train` and scikit-learn's MLPClassifier and MLPRegressor, at their defaults, by\n"
        "five-fold cross-validation on the same files. Exits with status 1 if Pellucid's mean is more than one standard\n"
        "deviation of scikit-learn's folds below scikit-learn's mean, or Pellucid fails.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", action="append", metavar="NAME", help="only this table; can be repeated")
    parser.add_argument("--preset", default="default", metavar="NAME", help="Pellucid's preset; by default its default")
    parser.add_argument("--skip-peers", action="store_true", help="do not run scikit-learn; its scores come from the baseline")
    parser.add_argument("--skip-pellucid", action="store_true", help="only scikit-learn")
    parser.add_argument(
        "--baseline", type=Path, metavar="FILE",
        help="scikit-learn's scores as JSON: read if they are of the same file and version, otherwise measured and added",
    )
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="the public tables; by default ../shared/data/tabular")
    parser.add_argument(
        "--files", type=Path, metavar="FOLDER", default=BENCH / ".work" / "tables",
        help="the folder for generated tables; by default bench/.work/tables",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all results as JSON")
    return parser.parse_args()


def chosen_names(only: list[str] | None, known: list[str]) -> list[str]:
    unknown = next((name for name in only or [] if name not in known), None)
    if unknown:
        sys.exit(f"bench/tables-folds: unknown table {unknown!r}; the tables are {', '.join(known)}")
    return [name for name in known if not only or name in only]


class Baseline:
    """scikit-learn's scores, stored in a file if one is named."""

    def __init__(self, path: Path | None):
        from sklearn import __version__

        self._path, self._version = path, __version__
        self._entries = json.loads(path.read_text()) if path and path.exists() else {}

    def score(self, table, may_measure: bool) -> Score | None:
        digest = hashlib.sha256(table.path.read_bytes()).hexdigest()
        entry = self._entries.get(table.name)
        if not entry or (entry["sha256"], entry["version"], entry["task"]) != (digest, self._version, table.task):
            if not may_measure:
                return None
            entry = self._measure(table) | {"sha256": digest, "version": self._version}
            self._entries[table.name] = entry
            # After every table, so that an interrupted measurement keeps its results.
            if self._path:
                write(self._path, json.dumps(self._entries, indent=1) + "\n")
        return Score(entry["mean"], entry["std"], entry["seconds"])

    def _measure(self, table) -> dict:
        from harness import sklearn_scores

        folds, seconds = sklearn_scores.cross_validate(table)
        return {
            "task": table.task,
            "metric": table.metric,
            "mean": statistics.fmean(folds),
            "std": statistics.pstdev(folds),
            "seconds": seconds,
            "folds": folds,
            "file": str(table.path),
            "target": ",".join(table.target),
            "options": list(table.options),
        }


def own_score(table, folder: Path, preset: str) -> Score:
    from harness import contestants

    command = [str(contestants.own_binary().resolve()), "train", str(table.path), "--target", ",".join(table.target)]
    command += ["--cv", "5", "--seed", "0", "--preset", preset, "--json", "-", *table.options]
    try:
        # In the folder of the tables, so that no model file lands in the working directory.
        done = subprocess.run(command, capture_output=True, text=True, timeout=contestants.PATIENCE, cwd=folder)
    except subprocess.TimeoutExpired:
        raise contestants.Unavailable(f"took more than {contestants.PATIENCE} s") from None
    if done.returncode:
        raise contestants.Unavailable(contestants.last_words(done.stderr))
    try:
        record = json.loads(done.stdout)
        of_folds = record["cross_validation"][table.metric]
        numbers = (of_folds["mean"], of_folds["std"], record["training_seconds"])
    except json.JSONDecodeError:
        raise contestants.Unavailable("the output of --json - is not JSON") from None
    except KeyError as missing:
        raise contestants.Unavailable(f"its JSON has no {missing} for the cross-validated {table.metric}") from None
    return Score(*map(contestants.number, numbers))


def count_rows(table) -> int:
    with table.path.open() as file:
        lines = sum(1 for line in file if line.strip())
    return lines - table.has_header


def measure(table, baseline: Baseline, chosen: argparse.Namespace) -> Row:
    from harness import contestants

    ours, failure = None, None
    if not chosen.skip_pellucid:
        try:
            ours = own_score(table, chosen.files, chosen.preset)
        except contestants.Unavailable as error:
            failure = str(error)
    theirs = baseline.score(table, may_measure=not chosen.skip_peers)
    return Row(table.name, count_rows(table), table.task, table.metric, ours, theirs, failure)


def verdict(measured: list[Row]) -> str:
    judged = [row for row in measured if row.passes is not None]
    behind = [row.name for row in judged if not row.passes]
    if not judged:
        return "Nothing to compare."
    return f"{len(judged) - len(behind)} of {len(judged)} pass" + (f"; not {', '.join(behind)}" if behind else "") + "."


def main() -> int:
    chosen = arguments()
    from harness import contestants, grid, machine, report, table_files

    names = chosen_names(chosen.only, table_files.NAMES)
    here = machine.describe()
    print(report.machine_line(here))
    print(f"load {machine.load():.1f}\n", flush=True)
    if not chosen.skip_pellucid:
        try:
            contestants.build_command()
        except contestants.Unavailable as error:
            sys.exit(f"bench/tables-folds: pellucid {error}")
    data = (chosen.data or table_files.BESIDE_THE_PROJECT).resolve()
    chosen.files = chosen.files.resolve()
    chosen.files.mkdir(parents=True, exist_ok=True)
    baseline, measured, absent = Baseline(chosen.baseline), [], []
    for name in names:
        table = table_files.find(name, data, chosen.files)
        if table is None:
            absent.append(name)
            continue
        start = time.perf_counter()
        measured.append(measure(table, baseline, chosen))
        print(f"{name}: {time.perf_counter() - start:.1f} s", file=sys.stderr, flush=True)
    if measured:
        print(grid.text([HEADINGS, *(row.cells() for row in measured)]))
    for row in measured:
        if row.failure:
            print(f"{row.name}: pellucid failed: {row.failure}")
    if absent:
        print(f"skipped, because their files are not in {data}: {', '.join(absent)}")
    print(verdict(measured))
    if chosen.json:
        record = {"date": datetime.date.today().isoformat(), "machine": here, "tables": [asdict(row) for row in measured]}
        write(chosen.json, json.dumps(record, indent=1) + "\n")
    return 1 if any(row.passes is False for row in measured) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
