"""Type stubs of the compiled engine: it trains on arrays and computes outputs for them."""

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

VERSION: str

Features: TypeAlias = NDArray[Any] | tuple[NDArray[Any], NDArray[Any], NDArray[Any], int, int | None]
Targets: TypeAlias = NDArray[Any] | tuple[NDArray[np.uint32], int]
#: Features, targets, weights, and the rows that are samples.
Samples: TypeAlias = tuple[Features, Targets | None, NDArray[Any] | None, NDArray[np.uint32] | None]
#: Called regularly with complete epochs, the part of the next, the loss, and the loss on held-out rows.
ProgressCallback: TypeAlias = Callable[[int, float, float | None, float | None], None]
RandomState: TypeAlias = tuple[NDArray[np.uint32], int, float | None]

class Run:
    def __init__(
        self,
        recipe: str,
        parameters: Sequence[NDArray[Any]],
        random_state: RandomState,
        memory: dict[str, Any] | None,
        threads: int,
    ) -> None: ...
    def watch(self, samples: Samples, held_out: Samples | None, names: list[str]) -> None: ...
    def diagnose(self, parameters: Sequence[NDArray[Any]], best_epoch: int | None) -> str: ...
    def train(
        self,
        samples: Samples,
        epochs: int,
        *,
        rate: float | None = None,
        stagnation: dict[str, float] | None = None,
        reported: ProgressCallback | None = None,
        each_epoch: Callable[[int, float, NDArray[Any]], bool] | None = None,
        checkpoint: ArrayCheckpoint | None = None,
        numbers: Callable[[], dict[str, NDArray[np.float64]]] | None = None,
    ) -> tuple[list[float], tuple[float, int] | None, BaseException | None, str | None]: ...
    def resume(self, checkpoint: ArrayCheckpoint) -> bool: ...
    def keep_after_epoch(self, checkpoint: ArrayCheckpoint, numbers: dict[str, NDArray[np.float64]]) -> None: ...
    def keep_end(
        self, checkpoint: ArrayCheckpoint, losses: list[float], numbers: dict[str, NDArray[np.float64]]
    ) -> None: ...
    def parameters(self) -> NDArray[Any]: ...
    def random_state(self) -> RandomState: ...
    def memory(self) -> dict[str, Any]: ...
    def minimum(self) -> str | None: ...

class ArrayCheckpoint:
    def __init__(self, settings: str, estimator: str, parameters: dict[str, str], epochs: int, data: str) -> None: ...
    def numbers(self) -> dict[str, NDArray[np.float64]] | None: ...
    def sentences(self) -> list[str]: ...

class Predictor:
    def __init__(self, recipe: str) -> None: ...
    def outputs(self, parameters: Sequence[NDArray[Any]], samples: Samples, threads: int) -> NDArray[Any]: ...
    def loss(self, parameters: Sequence[NDArray[Any]], samples: Samples, threads: int) -> float: ...

class TableData:
    @staticmethod
    def file(path: str, reading: str | None = None) -> TableData: ...
    @staticmethod
    def arrow(name: str, bytes: bytes) -> TableData: ...
    @staticmethod
    def columns(name: str, columns: list[tuple[str, str, Any]]) -> TableData: ...

class TableModel:
    @staticmethod
    def load(path: str) -> TableModel: ...
    @staticmethod
    def from_bytes(bytes: bytes) -> TableModel: ...
    def to_bytes(self) -> bytes: ...
    def save(self, path: str) -> None: ...
    def predict(
        self, data: TableData, threads: int
    ) -> tuple[NDArray[np.float64], NDArray[np.uint32] | None, list[str]]: ...
    def intervals(self, data: TableData, coverage: float, threads: int) -> tuple[NDArray[np.float64], list[str]]: ...
    def targets(self) -> list[tuple[str, str, list[str]]]: ...
    def columns(self) -> list[str]: ...
    def features(self) -> list[str]: ...
    def recipe(self) -> str: ...
    def history(self) -> str: ...
    def metrics(self) -> str: ...
    def calibration(self) -> str: ...
    def notes(self) -> list[str]: ...

def import_network(
    state: bytes,
    place: str,
    layers: list[str],
    dropout: list[float],
    columns: list[str],
    classes: list[str],
    target: str | None,
) -> TableModel: ...

class TableSearch:
    def __init__(self, data: TableData, parameters: str, asked: str) -> None: ...
    def choices_and_notes(self) -> tuple[list[str], list[str]]: ...
    def next_jobs(self, done: str) -> list[str]: ...
    def run_job(self, job: str) -> str | None: ...
    def stop(self) -> None: ...
    def result(self, done: str) -> str: ...

class TrainedTable(TypedDict):
    model: TableModel
    columns: list[str]
    choices: list[str]
    findings: str
    raised: BaseException | None
    interrupted: bool
    of_checkpoints: list[str]

class ScoredTable(TypedDict):
    scores: str
    answers: NDArray[Any]
    predictions: NDArray[Any]
    warnings: list[str]

class TableContributions(TypedDict):
    columns: list[str]
    outputs: list[str]
    values: NDArray[np.float64]
    standard_errors: NDArray[np.float64] | None
    predictions: NDArray[np.float64]
    base: list[float]
    background_rows: int
    orders: int | None
    warnings: list[str]

def instruction_set() -> str: ...
def choose_instruction_set(name: str) -> None: ...
def limit_memory(size: int, temp_directory: str | os.PathLike[str] | None = None) -> None: ...
def train_table(
    data: TableData,
    parameters: str,
    threads: int,
    *,
    weights: tuple[str, NDArray[np.float64]] | None = None,
    validation: TableData | None = None,
    validation_weights: NDArray[np.float64] | None = None,
    chosen: Callable[[str], None] | None = None,
    recorded: Callable[[str], None] | None = None,
    reported: ProgressCallback | None = None,
    checkpoint: str | None = None,
    diagnosed: bool = True,
) -> TrainedTable: ...
def score_table(
    model: TableModel, data: TableData, threads: int, *, drops: bool = False, coverage: float | None = None
) -> ScoredTable: ...
def predict_columns(
    model: TableModel,
    data: TableData | None,
    threads: int,
    *,
    probabilities: bool = False,
    coverage: float | None = None,
    taken: Sequence[str] = (),
) -> tuple[list[tuple[str, str, NDArray[Any], list[str]]], list[str]]: ...
def table_importance(
    model: TableModel, data: TableData, threads: int, *, metric: str | None, repeats: int, seed: int, drops: bool
) -> tuple[str, list[str]]: ...
def table_contributions(
    model: TableModel,
    data: TableData,
    threads: int,
    *,
    background: TableData | None,
    most: int,
    rounds: int,
    seed: int,
) -> TableContributions: ...
def initial(recipe: str, random_state: RandomState) -> tuple[NDArray[Any], RandomState]: ...
def read_recipe(toml: str | None, origin: str) -> str: ...
def built_in_recipes() -> list[str]: ...
def check_recipe(recipe: str) -> None: ...
def names(kind: str) -> list[str]: ...
def activation_expression(name: str) -> str: ...
def run_recipe(
    recipe: str, data: str | None, threads: int, reported: ProgressCallback | None = None
) -> tuple[str, BaseException | None]: ...
def save_model(
    path: str,
    recipe: str,
    parameters: Sequence[NDArray[Any]],
    classes: list[str],
    feature_names: list[str],
    losses: list[float],
    metrics: str,
    warnings: list[str],
) -> None: ...
def load_model(
    path: str,
) -> tuple[str, NDArray[Any], list[str], list[str], list[float], str, bool]: ...
def explain(
    recipe: str,
    parameters: Sequence[NDArray[Any]],
    samples: Samples,
    input_names: list[str],
    output_names: list[str],
) -> tuple[str, str, str, str]: ...
def check_gradient(
    recipe: str,
    parameters: Sequence[NDArray[Any]],
    samples: Samples,
    entries: int,
    tolerance: float,
) -> str: ...
def diagnose(
    recipe: str,
    parameters: Sequence[NDArray[Any]],
    samples: Samples | None,
    names: list[str],
    losses: list[float],
    threads: int,
) -> str: ...
