"""The measurement of one workload: writes jobs, starts contestants, runs rounds in turn, compares losses."""

from __future__ import annotations

import json
import statistics
import sys
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import contestants, machine, samples
from .contestants import BENCH, Conversation, FreshProcess, TrainingRun, Unavailable
from .workloads import ALL, Workload

# Pause between two contestants, until worker threads of the previous one stop spinning.
PAUSE = 0.1
# A slower contestant takes part in the first rounds only, because a table would otherwise take hours.
SLOW_SECONDS = 10.0
SLOW_ROUNDS = 3

TEST_ROWS = 10_000
ONE_ROW_CALLS = 2_000
PASSES = 20


@dataclass
class Settings:
    repeats: int
    threads: int
    quick: bool
    peers: set[str]
    mnist: Path | None
    folder: Path  # for jobs, arrays and records


@dataclass
class Result:
    """The rounds of one contestant. `seconds` has one number for each round, round 0 first."""

    peer: str
    threads: int
    version: str
    seconds: list[float] = field(default_factory=list)
    loss: float | None = None  # as the contestant accumulated it
    final_loss: float | None = None  # of its trained parameters, computed here, the same way for all
    accuracy: float | None = None
    megabytes: list[float] = field(default_factory=list)
    agrees: bool | None = None
    difference: float | None = None  # relative, from the reference
    ratio: dict | None = None  # its time over Pellucid's, round by round: min, median, max
    dropped: str | None = None  # why, if it stopped taking part

    @property
    def name(self) -> str:
        return f"{self.peer} ({self.threads})"

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass
class Outcome:
    workload: Workload
    results: list[Result]
    absent: dict[str, str]  # contestants that are not in the table, with the reason
    load_before: float
    reference: str | None = None
    shortened_to: int | None = None  # epochs, with --quick

    def fastest(self, peer: str) -> Result | None:
        there = [result for result in self.results if result.peer == peer and result.seconds]
        return min(there, key=lambda result: result.median, default=None)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure(workload: Workload, settings: Settings) -> Outcome:
    folder = settings.folder / workload.name
    folder.mkdir(parents=True, exist_ok=True)
    outcome = Outcome(workload, [], {}, machine.load())
    say(f"{workload.name}: {workload.title}")
    taking_part: list = []
    judge = None
    try:
        if workload.kind == "start-to-finish":
            taking_part = fresh_processes(workload, settings, outcome)
        else:
            taking_part, judge = conversations(workload, settings, folder, outcome)
        run_rounds(taking_part, settings.repeats, judge, outcome)
    finally:
        for contestant, _ in taking_part:
            contestant.close()
    compare_times(outcome)
    compare_losses(outcome)
    return outcome


def variants(workload: Workload, settings: Settings) -> list[tuple[str, int]]:
    """Each peer with each of its numbers of threads, Pellucid first."""
    entries = {"pellucid": workload.own_threads, **workload.peers}
    chosen = []
    for peer, counts in entries.items():
        if peer in settings.peers:
            distinct = dict.fromkeys(settings.threads if count == ALL else count for count in counts)
            chosen += [(peer, count) for count in distinct]
    return chosen


def run_rounds(taking_part: list, repeats: int, judge, outcome: Outcome) -> None:
    """A B C A B C …, so that a temporary disturbance of the machine affects all contestants."""
    for number in range(repeats):
        for contestant, result in taking_part:
            slow = result.seconds and result.seconds[0] > SLOW_SECONDS
            if result.dropped or (slow and number >= SLOW_ROUNDS):
                continue
            time.sleep(PAUSE)
            try:
                measured = contestant.measure()
                result.seconds.append(measured.seconds)
                result.loss, result.accuracy = measured.loss, measured.accuracy
                if measured.megabytes is not None:
                    result.megabytes.append(measured.megabytes)
                if judge and number == 0:
                    result.final_loss = judge(contestant)
            except (Unavailable, OSError, ValueError, KeyError, TimeoutError) as error:
                result.dropped = f"{error}" or type(error).__name__
                outcome.absent[result.name] = result.dropped
                say(f"  {result.name} stops: {result.dropped}")
        say(f"  round {number + 1} of {repeats}")
    outcome.results = [result for _, result in taking_part if result.seconds]


# ---- start to finish -------------------------------------------------------------------------------------------


def fresh_processes(workload: Workload, settings: Settings, outcome: Outcome) -> list:
    taking_part = []
    for peer, threads in variants(workload, settings):
        try:
            contestants.build(peer)
            version = contestants.peer_version(peer)
            if peer == "pellucid":
                command = [str(contestants.own_binary()), "run", str(BENCH / "recipes" / f"{workload.recipe}.toml")]
                command += ["--data", str(settings.mnist), "--threads", str(threads)]
                version = contestants.own_version()
            else:
                command = [*contestants.peer_command(peer), "start-to-finish", str(settings.mnist)]
            taking_part.append((FreshProcess(peer, command, threads, version), Result(peer, threads, version)))
        except Unavailable as error:
            outcome.absent[f"{peer} ({threads})"] = str(error)
            say(f"  {peer} takes no part: {error}")
    return taking_part


# ---- training and inference ------------------------------------------------------------------------------------


def conversations(workload: Workload, settings: Settings, folder: Path, outcome: Outcome):
    """All contestants, ready for measurement, and the function that evaluates trained parameters (none for inference)."""
    recipe_file = folder / f"{workload.recipe}.toml"
    text = (BENCH / "recipes" / f"{workload.recipe}.toml").read_text()
    if settings.quick and workload.quick_epochs:
        text = with_epochs(text, workload.quick_epochs)
        outcome.shortened_to = workload.quick_epochs
    recipe_file.write_text(text)
    recipe = tomllib.loads(text)
    training = workload.kind == "train"

    taking_part, own = [], None
    if "pellucid" in settings.peers:
        try:
            contestants.build("pellucid")
            mnist = settings.mnist if recipe["data"]["source"] == "mnist" else None
            own = [
                TrainingRun(recipe_file, mnist, threads, folder / f"pellucid-{threads}.json")
                for peer, threads in variants(workload, settings)
                if peer == "pellucid"
            ]
            own[0].measure()
        except Unavailable as error:
            own = None
            outcome.absent["pellucid"] = str(error)
            say(f"  pellucid takes no part: {error}")

    parameters = own[0].parameters("initial") if own else samples.first_parameters(recipe)
    train_samples = samples.training_samples(recipe, settings.mnist)
    if training:
        job = write_job(workload, recipe, parameters, train_samples, folder)
        taking_part = [(run, Result("pellucid", run.threads, run.version)) for run in own or []]
    else:
        # Inference is measured on a trained network, whose activations are realistic.
        trained = own[0].parameters("final") if own else trained_by_numpy(workload, recipe, parameters, train_samples, folder)
        job = write_job(workload, recipe, trained, test_samples(workload, recipe, settings), folder)

    for peer, threads in variants(workload, settings):
        if peer == "pellucid" and training:
            continue
        try:
            if peer == "pellucid":
                if own is None:
                    continue
                command = [str(contestants.own_target() / "release" / "inference")]
            else:
                contestants.build(peer)
                command = contestants.peer_command(peer)
            path = folder / f"{peer}-{threads}.job.json"
            path.write_text(json.dumps(final_files(job, folder, f"{peer}-{threads}") | {"threads": threads}, indent=1))
            conversation = Conversation(peer, command, path, threads)
            taking_part.append((conversation, Result(peer, threads, conversation.version)))
        except Unavailable as error:
            outcome.absent[f"{peer} ({threads})"] = str(error)
            say(f"  {peer} takes no part: {error}")

    dtype = samples.DTYPES[recipe["train"]["precision"]]

    def judge(contestant) -> float:
        if contestant.peer == "pellucid":
            final = contestant.parameters("final")
        else:
            final = read_parameters(final_files(job, folder, f"{contestant.peer}-{contestant.threads}"), dtype)
        return samples.mean_loss(recipe, final, train_samples)

    return taking_part, judge if training else None


def with_epochs(text: str, epochs: int) -> str:
    lines = [f"epochs = {epochs}" if line.startswith("epochs =") else line for line in text.splitlines()]
    lines = [f"every = {epochs}" if line.startswith("every =") else line for line in lines]
    return "\n".join(lines) + "\n"


def test_samples(workload: Workload, recipe: dict, settings: Settings) -> samples.Samples:
    digits = samples.digits(settings.mnist, "t10k", samples.DTYPES[recipe["train"]["precision"]])
    rows = ONE_ROW_CALLS if workload.kind == "one-row" else TEST_ROWS
    return samples.Samples(digits.inputs[:rows], None, digits.labels[:rows])


def trained_by_numpy(workload: Workload, recipe: dict, parameters: list, train: samples.Samples, folder: Path) -> list:
    """Without Pellucid, the NumPy peer trains the network."""
    folder = folder / "training"
    folder.mkdir(exist_ok=True)
    job = write_job(workload, recipe, parameters, train, folder) | {"work": "train", "threads": 1}
    job = final_files(job, folder, "numpy")
    path = folder / "numpy.job.json"
    path.write_text(json.dumps(job))
    conversation = Conversation("numpy", contestants.peer_command("numpy"), path, 1)
    try:
        conversation.measure()
    finally:
        conversation.close()
    return read_parameters(job, samples.DTYPES[recipe["train"]["precision"]])


def write_job(workload: Workload, recipe: dict, parameters: list, data: samples.Samples, folder: Path) -> dict:
    """The job file of all peers, with its arrays as plain little-endian numbers in files beside it."""
    train, names = recipe["train"], recipe["network"]["activation"]
    dtype = samples.DTYPES[train["precision"]]
    rows = len(data.inputs)

    def write(name: str, array: np.ndarray | None, kind=dtype) -> str | None:
        if array is None:
            return None
        path = folder / name
        np.ascontiguousarray(array).astype(kind).tofile(path)
        return str(path)

    return {
        "work": workload.kind,
        "layers": recipe["network"]["layers"],
        "activation": [names] * len(parameters) if isinstance(names, str) else names,
        "loss": train["loss"],
        "reduction": train["reduction"],
        "optimizer": train["optimizer"],
        "learning_rate": train["learning_rate"],
        "batch_size": rows if train["batch_size"] == "full" else train["batch_size"],
        "epochs": train["epochs"] if workload.kind == "train" else PASSES,
        "update": train.get("update", "textbook"),
        "precision": train["precision"],
        "rows": rows,
        "inputs": write("inputs.bin", data.inputs),
        "targets": write("targets.bin", data.targets),
        "labels": write("labels.bin", data.labels, np.dtype("<u4")),
        "weights": [write(f"weights-{index}.bin", weights) for index, (weights, _) in enumerate(parameters)],
        "biases": (
            [write(f"bias-{index}.bin", bias) for index, (_, bias) in enumerate(parameters)]
            if parameters[0][1] is not None
            else None
        ),
    }


def final_files(job: dict, folder: Path, who: str) -> dict:
    layers = range(len(job["weights"]))
    return job | {
        "final_weights": [str(folder / f"{who}-weights-{index}.bin") for index in layers],
        "final_biases": [str(folder / f"{who}-bias-{index}.bin") for index in layers],
    }


def read_parameters(job: dict, dtype: np.dtype) -> list:
    sizes = job["layers"]
    read = lambda path: np.fromfile(path, dtype).astype(np.float64)
    weights = [read(path).reshape(shape) for path, shape in zip(job["final_weights"], zip(sizes, sizes[1:]))]
    biases = [None] * len(weights) if job["biases"] is None else [read(path) for path in job["final_biases"]]
    return list(zip(weights, biases))


# ---- comparing -------------------------------------------------------------------------------------------------


def compare_times(outcome: Outcome) -> None:
    """Each contestant's time over that of Pellucid's fastest variant, round by round."""
    own = outcome.fastest("pellucid")
    if own is None:
        return
    for result in outcome.results:
        if result is not own:
            pairs = [theirs / ours for theirs, ours in zip(result.seconds, own.seconds)]
            result.ratio = {"min": min(pairs), "median": statistics.median(pairs), "max": max(pairs)}


def compare_losses(outcome: Outcome) -> None:
    """Compares all contestants with one reference: NumPy, the simplest, if it takes part, otherwise the first."""
    workload = outcome.workload
    judged = lambda result: result.final_loss if result.final_loss is not None else result.loss
    if workload.kind == "start-to-finish":
        judged = lambda result: result.accuracy
    there = [result for result in outcome.results if judged(result) is not None]
    if not there:
        return
    reference = next((result for result in there if result.peer == "numpy"), there[0])
    outcome.reference = reference.name
    expected = judged(reference)
    for result in there:
        result.difference = abs(judged(result) - expected) / abs(expected)
        allowed = workload.approximate.get(result.peer, workload.tolerance)
        result.agrees = bool(result.difference <= allowed)
