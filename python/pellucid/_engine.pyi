"""Type stubs of the compiled engine: it trains on arrays and computes outputs for them."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

VERSION: str

Features: TypeAlias = NDArray[Any] | tuple[NDArray[Any], NDArray[Any], NDArray[Any], int]
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
    ) -> tuple[list[float], tuple[float, int] | None, BaseException | None, str | None]: ...
    def parameters(self) -> NDArray[Any]: ...
    def random_state(self) -> RandomState: ...
    def memory(self) -> dict[str, Any]: ...
    def minimum(self) -> str | None: ...

class Predictor:
    def __init__(self, recipe: str) -> None: ...
    def outputs(self, parameters: Sequence[NDArray[Any]], samples: Samples, threads: int) -> NDArray[Any]: ...
    def loss(self, parameters: Sequence[NDArray[Any]], samples: Samples, threads: int) -> float: ...

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
