"""Compares the speed of Pellucid with that of its peers. Started by bench/run, which provides the environment."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
from pathlib import Path

from harness.whole_file import write
from harness.workloads import BY_NAME, PEERS, WORKLOADS

BENCH = Path(__file__).resolve().parent
MNIST_FILES = [f"{part}.gz" for part in (
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
)]


def arguments() -> argparse.Namespace:
    listing = "\n".join(f"  {workload.name:18} {workload.title}" for workload in WORKLOADS)
    parser = argparse.ArgumentParser(
        prog="bench/run",
        description="Runs Pellucid and its peers in turn (A B C A B C ...) on the same work from the same\n"
        "initial weights, checks that all reach the same loss, and prints how many times as long the peers take.",
        epilog=f"workloads:\n{listing}\n\npeers: {', '.join(PEERS)}\n\n"
        "The first start makes bench/.venv (about 2.3 GB to download) and compiles the Rust peers (about 10 minutes).",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="the workloads to measure; by default all")
    parser.add_argument("--repeats", type=positive, metavar="N", help="rounds: 5, or 2 with --quick")
    parser.add_argument("--peers", metavar="A,B", help="only these peers, and Pellucid; \"none\" for Pellucid alone")
    parser.add_argument("--without-pellucid", action="store_true", help="the peers alone")
    parser.add_argument("--threads", type=positive, metavar="N", help="the maximum number of threads; by default the number of cores")
    parser.add_argument("--quick", action="store_true", help="two rounds, and fewer epochs of the two smallest workloads")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="MNIST's four gzipped IDX files")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all results as JSON")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the tables for the documentation")
    chosen = parser.parse_args()
    unknown = [name for name in chosen.workloads if name not in BY_NAME]
    if unknown:
        parser.error(f"unknown workload {unknown[0]!r}; the workloads are {', '.join(BY_NAME)}")
    peers = PEERS if chosen.peers is None else [] if chosen.peers == "none" else chosen.peers.split(",")
    unknown_peers = [peer for peer in peers if peer not in PEERS]
    if unknown_peers:
        parser.error(f"unknown peer {unknown_peers[0]!r}; the peers are {', '.join(PEERS)}")
    chosen.peers = set(peers) | (set() if chosen.without_pellucid else {"pellucid"})
    if not chosen.peers:
        parser.error("there is nothing to measure: --without-pellucid and no peers")
    chosen.workloads = [BY_NAME[name] for name in dict.fromkeys(chosen.workloads)] or list(WORKLOADS)
    chosen.repeats = chosen.repeats or (2 if chosen.quick else 5)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    chosen.threads = chosen.threads or cores
    if chosen.threads > cores:
        parser.error(f"--threads {chosen.threads}: this machine has {cores} cores, and further threads would only wait")
    chosen.data = mnist_folder(parser, chosen)
    return chosen


def positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, found {text!r}")
    return number


def mnist_folder(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> Path | None:
    """--data, or the cache of the command; checked before anything is built."""
    if all("mnist" not in workload.recipe for workload in chosen.workloads):
        return None
    return find_mnist(parser, chosen.data)


def find_mnist(parser: argparse.ArgumentParser, data: Path | None) -> Path:
    places = [data] if data else command_caches()
    for place in places:
        if all((place / name).is_file() for name in MNIST_FILES):
            return place.resolve()
    searched = " or ".join(str(place) for place in places)
    parser.error(f"MNIST is required, but not in {searched}: give --data FOLDER with {', '.join(MNIST_FILES)}")


def command_caches() -> list[Path]:
    """The folder that `pellucid run` downloads MNIST to."""
    if os.environ.get("PELLUCID_CACHE"):
        return [Path(os.environ["PELLUCID_CACHE"]) / "mnist"]
    if sys.platform == "darwin":
        return [Path.home() / "Library" / "Caches" / "pellucid" / "mnist"]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return [cache / "pellucid" / "mnist"]


def main() -> int:
    chosen = arguments()
    from harness import machine, measurement, report

    here = machine.describe()
    print(report.machine_line(here))
    print(f"{chosen.repeats} rounds, up to {chosen.threads} threads, load {machine.load():.1f}\n", flush=True)
    settings = measurement.Settings(
        repeats=chosen.repeats,
        threads=chosen.threads,
        quick=chosen.quick,
        peers=chosen.peers,
        mnist=chosen.data,
        folder=BENCH / ".work",
    )
    described = {
        "date": datetime.date.today().isoformat(),
        "repeats": chosen.repeats,
        "threads": chosen.threads,
        "quick": chosen.quick,
    }
    outcomes = []
    for workload in chosen.workloads:
        outcomes.append(measurement.measure(workload, settings))
        print(report.text(outcomes[-1]), flush=True)
        # After every workload, so that an interrupted measurement keeps its results.
        if chosen.json:
            write(chosen.json, json.dumps(report.record(outcomes, here, described), indent=1) + "\n")
        if chosen.markdown:
            write(chosen.markdown, report.markdown(outcomes, here, described))
    disagreeing = [
        f"{outcome.workload.name}: {result.name}"
        for outcome in outcomes
        for result in outcome.results
        if result.agrees is False
    ]
    if disagreeing:
        print(f"The losses do not agree, so these ratios are meaningless: {'; '.join(disagreeing)}", file=sys.stderr)
    return 1 if disagreeing else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
