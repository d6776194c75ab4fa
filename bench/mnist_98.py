"""Seconds of training until 98% of MNIST's test digits are classified correctly, over many seeds. Started by
bench/mnist-98, which provides the environment."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path

from harness.whole_file import write
from run import find_mnist, positive

BENCH = Path(__file__).resolve().parent
RECIPE = "mnist-98"
TARGET = 0.98
# The program of each peer, and its settings that are tried.
PEERS = {
    "torch": ("torch_98.py", ("128-64", "256-128")),
    "scikit-learn": ("sklearn_98.py", ("staged", "plain")),
}


@dataclass
class Variant:
    """A contestant with its settings and threads, and its results, seed by seed."""

    name: str
    threads: int
    settings: str
    runner: object
    measure: object
    seconds: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)

    @property
    def reaches(self) -> bool:
        return statistics.median(self.accuracy) >= TARGET

    def record(self) -> dict:
        return {
            "contestant": self.name,
            "version": self.runner.version,
            "threads": self.threads,
            "settings": self.settings,
            "seconds": self.seconds,
            "accuracy": self.accuracy,
            "reaches": self.reaches,
        }

    def row(self) -> tuple[str, ...]:
        seconds, accuracy = self.seconds, self.accuracy
        enough = sum(of_seed >= TARGET for of_seed in accuracy)
        return (
            f"{self.name} {self.runner.version}".strip(),
            self.settings,
            str(self.threads),
            report.duration(statistics.median(seconds)),
            f"{report.duration(min(seconds))} … {report.duration(max(seconds))}",
            f"{statistics.median(accuracy):.2%}",
            f"{min(accuracy):.2%} … {max(accuracy):.2%}",
            f"{enough} of {len(accuracy)}" if self.reaches else f"{enough} of {len(accuracy)}: NOT REACHED",
        )


HEADINGS = ("contestant", "settings", "threads", "median", "min … max", "accuracy", "min … max", "seeds at 98%")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/mnist-98",
        description="Trains the built-in recipe mnist-98 and, at settings of their own, the peers, once for each seed in\n"
        "turn, and prints the time of each training and the test accuracy. Reading the data, warming up and testing are\n"
        "not timed.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=positive, default=10, metavar="N", help="seeds 0 to N-1; by default 10")
    parser.add_argument("--peers", metavar="A,B", help="only these peers, and Pellucid; \"none\" for Pellucid alone")
    parser.add_argument("--settings", metavar="A,B", help="only these settings of the peers")
    parser.add_argument("--threads", metavar="A,B", help="numbers of threads to try; by default 1 and all cores")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="MNIST's four gzipped IDX files")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all results as JSON")
    chosen = parser.parse_args()
    chosen.peers = list(PEERS) if chosen.peers is None else [] if chosen.peers == "none" else chosen.peers.split(",")
    unknown = [peer for peer in chosen.peers if peer not in PEERS]
    if unknown:
        parser.error(f"unknown peer {unknown[0]!r}; the peers are {', '.join(PEERS)}")
    known = [settings for _, all_settings in PEERS.values() for settings in all_settings]
    chosen.settings = known if chosen.settings is None else chosen.settings.split(",")
    unknown = [settings for settings in chosen.settings if settings not in known]
    if unknown:
        parser.error(f"unknown settings {unknown[0]!r}; the settings are {', '.join(known)}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        chosen.threads = [positive(count) for count in (chosen.threads or f"1,{cores}").split(",")]
    except argparse.ArgumentTypeError as error:
        parser.error(f"--threads: {error}")
    chosen.threads = sorted(set(chosen.threads))
    if chosen.threads[-1] > cores:
        parser.error(f"--threads {chosen.threads[-1]}: this machine has {cores} cores")
    chosen.data = find_mnist(parser, chosen.data).resolve()
    return chosen


def pellucid(chosen: argparse.Namespace, threads: int, folder: Path) -> Variant:
    run = contestants.TrainingRun(RECIPE, chosen.data, threads, folder / f"pellucid-{threads}.json")
    return Variant("pellucid", threads, RECIPE, run, lambda seed: run.measure("--seed", str(seed)))


def peer(name: str, settings: str, chosen: argparse.Namespace, threads: int, folder: Path) -> Variant:
    program, _ = PEERS[name]
    job = folder / f"{name}-{settings}-{threads}.json"
    job.write_text(json.dumps({"mnist": str(chosen.data), "threads": threads, "settings": settings}))
    command = [sys.executable, str(BENCH / "peers" / program)]
    run = contestants.Conversation(name, command, job, threads)
    return Variant(name, threads, settings, run, lambda seed: run.measure(str(seed)))


def start(chosen: argparse.Namespace, folder: Path) -> list[Variant]:
    contestants.build("pellucid")
    variants = [pellucid(chosen, threads, folder) for threads in chosen.threads]
    for name in chosen.peers:
        for settings in (settings for settings in PEERS[name][1] if settings in chosen.settings):
            variants += [peer(name, settings, chosen, threads, folder) for threads in chosen.threads]
    return variants


def table(variants: list[Variant]) -> str:
    rows = [HEADINGS, *(variant.row() for variant in sorted(variants, key=lambda v: statistics.median(v.seconds)))]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def ratios(variants: list[Variant]) -> str:
    """Compares, seed by seed, each contestant's fastest variant that reaches the target."""
    best: dict[str, Variant] = {}
    for variant in sorted(variants, key=lambda v: statistics.median(v.seconds)):
        if variant.reaches:
            best.setdefault(variant.name, variant)
    if "pellucid" not in best:
        return "Pellucid does not reach 98%."
    lines = []
    for name, other in best.items():
        if name != "pellucid":
            ratio = [theirs / ours for theirs, ours in zip(other.seconds, best["pellucid"].seconds)]
            lines.append(
                f"{name}'s time over ours: {report.times(statistics.median(ratio))} "
                f"({report.times(min(ratio))} … {report.times(max(ratio))})"
            )
    return "\n".join(lines)


def main() -> int:
    chosen = arguments()
    # Imported here, because --help needs no environment.
    global contestants, machine, report
    from harness import contestants, machine, report
    folder = BENCH / ".work" / "mnist-98"
    folder.mkdir(parents=True, exist_ok=True)
    here = machine.describe()
    print(report.machine_line(here))
    print(f"seeds 0 to {chosen.seeds - 1}, load {machine.load():.1f}\n", flush=True)
    try:
        variants = start(chosen, folder)
        for seed in range(chosen.seeds):
            for variant in variants:
                measured = variant.measure(seed)
                variant.seconds.append(measured.seconds)
                variant.accuracy.append(measured.accuracy)
            print(f"seed {seed} done", file=sys.stderr, flush=True)
    except contestants.Unavailable as error:
        sys.exit(f"bench/mnist-98: {error}")
    for variant in variants:
        variant.runner.close()
    print(table(variants))
    print(ratios(variants))
    if chosen.json:
        results = {"date": datetime.date.today().isoformat(), "seeds": chosen.seeds, "machine": here}
        results["variants"] = [variant.record() for variant in variants]
        write(chosen.json, json.dumps(results, indent=1) + "\n")
    ours = [variant for variant in variants if variant.name == "pellucid"]
    return 0 if all(variant.reaches for variant in ours) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
