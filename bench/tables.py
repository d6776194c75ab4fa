"""Compares `pellucid train` with other learners of tables on the same splits. Started by bench/tables, which provides
the environment."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
from pathlib import Path

from harness.comparison.entrants import ENSEMBLE, OWN, PEERS
from harness.whole_file import write
from run import positive

BENCH = Path(__file__).resolve().parent
WORK = BENCH / ".work" / "comparison"


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench/tables",
        description="Compares Pellucid's presets with other learners of tables, all at their defaults, on the same\n"
        "random 80/20 splits: error and log loss of classes, RMSE of numbers over their standard deviation, and the\n"
        "processor's seconds of the fit.",
        epilog=f"entrants: {OWN}, {', '.join(PEERS)}\n\n"
        "The first start makes bench/.venv-tables (about 2.6 GB to download). Every result is kept in bench/.work and\n"
        "used again while the table's file, the entrant's version and the settings are the same, so an interrupted\n"
        "comparison goes on where it stopped. Failures are reported, and tried again.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, metavar="FOLDER",
                        help="the public tables, classification-NAME.csv and regression-NAME.csv, the target in the "
                        "last column; by default ../shared/data/tables")  # fmt: skip
    parser.add_argument("--group", choices=["all", "public", "built-in"], default="all",
                        help="those of the folder, or scikit-learn's and generated ones; by default all")  # fmt: skip
    parser.add_argument("--only", action="append", metavar="NAME", help="only this table; can be repeated")
    parser.add_argument("--contestants", metavar="A,B", help="only these entrants")
    parser.add_argument("--presets", metavar="A,B",
                        help="Pellucid's presets; NAME:N is an ensemble of N networks; by default all presets and "
                        f"default:{ENSEMBLE}")  # fmt: skip
    parser.add_argument("--splits", type=positive, default=2, metavar="N", help="seeds 0 to N-1; by default 2")
    parser.add_argument("--rows", type=positive, default=3000, metavar="N",
                        help="at most so many rows of a table; by default 3000")  # fmt: skip
    parser.add_argument("--threads", type=positive, default=1, metavar="N", help="of each entrant; by default 1")
    parser.add_argument("--patience", type=positive, default=3600, metavar="SECONDS",
                        help="a longer fit has failed; by default 3600")  # fmt: skip
    parser.add_argument("--binary", type=Path, metavar="FILE", help="Pellucid's command; by default it is compiled")
    parser.add_argument("--fresh", action="store_true", help="use no earlier results")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all results as JSON")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the tables for the documentation")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="also draw the figures, .png or .svg")
    return parser


def arguments() -> argparse.Namespace:
    options = parser()
    chosen = options.parse_args()
    names = [OWN, *PEERS]
    chosen.contestants = chosen.contestants.split(",") if chosen.contestants else names
    unknown = next((name for name in chosen.contestants if name not in names), None)
    if unknown:
        options.error(f"unknown entrant {unknown!r}; the entrants are {', '.join(names)}")
    chosen.presets = chosen.presets.split(",") if chosen.presets else None
    if chosen.plot and chosen.plot.suffix not in (".png", ".svg"):
        options.error(f"--plot {chosen.plot}: expected a name that ends in .png or .svg")
    return chosen


def own_entrants(chosen: argparse.Namespace) -> list:
    from harness import contestants
    from harness.comparison import own_command

    if chosen.binary:
        os.environ[contestants.OWN_BINARY] = str(chosen.binary.resolve())
    try:
        contestants.build_command()
        taking_part, absent = own_command.chosen(chosen.presets)
    except contestants.Unavailable as error:
        sys.exit(f"bench/tables: pellucid {error}")
    for preset in absent:
        print(f"skipped: {OWN} {preset}: this build does not have the preset")
    return taking_part


def tables_of(chosen: argparse.Namespace) -> dict[str, list]:
    """The tables of each group."""
    from harness import table_files

    data = (chosen.data or table_files.PUBLIC).resolve()
    groups = {}
    if chosen.group != "built-in":
        groups["public"] = table_files.public(data)
        if not groups["public"]:
            print(f"skipped: the public tables, because there are none in {data}")
    if chosen.group != "public":
        folder = WORK / "tables"
        folder.mkdir(parents=True, exist_ok=True)
        found = [table_files.find(name, data, folder) for name in (*table_files.BUNDLED, *table_files.MADE)]
        # Not every peer learns several targets.
        groups["built-in"] = [table for table in found if len(table.target) == 1]
    known = [table.name for tables in groups.values() for table in tables]
    unknown = next((name for name in chosen.only or [] if name not in known), None)
    if unknown:
        sys.exit(f"bench/tables: unknown table {unknown!r}; the tables are {', '.join(known)}")
    kept = {group: [t for t in tables if not chosen.only or t.name in chosen.only] for group, tables in groups.items()}
    return {group: tables for group, tables in kept.items() if tables}


def main() -> int:
    chosen = arguments()
    from harness import contestants, machine, report

    # Before any of the libraries is imported.
    os.environ |= contestants.environment(chosen.threads)
    from harness.comparison import contest
    from harness.comparison import report as tables_report

    here = machine.describe()
    print(report.machine_line(here))
    print(f"load {machine.load():.1f}\n", flush=True)
    taking_part = own_entrants(chosen) if OWN in chosen.contestants else []
    taking_part += contest.peers([name for name in chosen.contestants if name in PEERS])
    print("\n".join(f"{entrant.name}: version {entrant.version}" for entrant in taking_part), end="\n\n", flush=True)
    settings = contest.Settings(chosen.splits, chosen.rows, chosen.threads, chosen.patience, chosen.fresh, WORK)
    summaries = contest.measure(taking_part, tables_of(chosen), settings)
    described = heading(chosen, report.machine_line(here))
    for group, summary in summaries.items():
        print(tables_report.text(summary, f"{group} tables"), flush=True)
    if chosen.markdown:
        parts = [tables_report.markdown(summary, f"{group} tables") for group, summary in summaries.items()]
        write(chosen.markdown, "\n".join([described + "\n", *parts]))
    if chosen.json:
        of_groups = {group: tables_report.record(summary) for group, summary in summaries.items()}
        record = {"date": datetime.date.today().isoformat(), "machine": here, "groups": of_groups}
        write(chosen.json, json.dumps(record, indent=1) + "\n")
    if chosen.plot:
        from harness.comparison import plot

        plot.draw(summaries, chosen.plot)
    return 1 if any(summary.failures for summary in summaries.values()) else 0


def heading(chosen: argparse.Namespace, machine_line: str) -> str:
    return (
        f"Measured {datetime.date.today().isoformat()} with `bench/tables` on {machine_line}. {chosen.splits} "
        f"split{'s' * (chosen.splits > 1)}, at most {chosen.rows:,} rows, {chosen.threads} "
        f"thread{'s' * (chosen.threads > 1)} for each entrant."
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
