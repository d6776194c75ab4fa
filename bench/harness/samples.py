"""The data and initial parameters of a recipe in NumPy, in the recipe's precision: the input of the peers.

The parameters normally come from Pellucid's own record of the run; drawing them here serves where it takes no part.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DTYPES = {"f32": np.dtype("<f4"), "f64": np.dtype("<f8")}


@dataclass
class Samples:
    inputs: np.ndarray  # (rows, features)
    targets: np.ndarray | None  # (rows, outputs), or None if the targets are classes
    labels: np.ndarray | None  # (rows,), the class of each row


def read_idx(path: Path) -> np.ndarray:
    with gzip.open(path) as file:
        data = file.read()
    dimensions = [int.from_bytes(data[4 + 4 * d : 8 + 4 * d], "big") for d in range(data[3])]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * len(dimensions)).reshape(dimensions)


def digits(folder: Path, half: str, dtype: np.dtype) -> Samples:
    pixels = read_idx(folder / f"{half}-images-idx3-ubyte.gz")
    labels = read_idx(folder / f"{half}-labels-idx1-ubyte.gz")
    inputs = pixels.reshape(len(pixels), -1).astype(dtype)
    inputs /= 255
    return Samples(inputs, None, labels.astype("<u4"))


def training_samples(recipe: dict, mnist: Path | None) -> Samples:
    data, dtype = recipe["data"], DTYPES[recipe["train"]["precision"]]
    generator = np.random.RandomState(data.get("seed", recipe["train"].get("seed", 0)))
    match data["source"]:
        case "mnist":
            return digits(mnist, "train", dtype)
        case "inline":
            inputs, targets = np.array(data["inputs"], float), np.array(data["targets"], float)
        case "noisy-line":
            noise = generator.uniform(-data["noise"], data["noise"], data["features"])
            inputs = (np.linspace(0, 1, data["features"]) + noise).reshape(1, -1)
            targets = np.array(data["targets"], float)
        case "regression":
            inputs = generator.randn(data["rows"], data["features"])
            direction = generator.randn(data["features"])
            noise = data["noise"] * generator.randn(data["rows"])
            targets = (np.tanh(inputs @ direction / np.sqrt(data["features"])) + noise).reshape(-1, 1)
        case other:
            raise ValueError(f'data.source = "{other}" is not known to the bench')
    return Samples(inputs.astype(dtype), targets.astype(dtype), None)


def first_parameters(recipe: dict) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """(weights, bias) of each layer in f64, drawn as in Pellucid."""
    init, sizes = recipe["init"], recipe["network"]["layers"]
    biased = recipe["network"].get("bias", True)
    generator = np.random.RandomState(recipe["train"].get("seed", 0))
    shapes = list(zip(sizes, sizes[1:]))
    weights = [np.zeros(shape) for shape in shapes]
    biases = [np.zeros(shape[1]) if biased else None for shape in shapes]
    match init["method"]:
        case "given":
            weights = [np.array(layer["weights"], float) for layer in init["layers"]]
            biases = [np.array(layer["bias"], float) if biased else None for layer in init["layers"]]
        case "he_normal":
            weights = [generator.randn(*shape) * np.sqrt(2 / shape[0]) for shape in shapes]
        case "xavier_normal":
            weights = [generator.randn(*shape) * np.sqrt(2 / sum(shape)) for shape in shapes]
        case "draws":
            for draw in init["draws"]:
                perform(draw, generator, weights, biases)
        case other:
            raise ValueError(f'init.method = "{other}" is not known to the bench')
    return list(zip(weights, biases))


def perform(draw: dict, generator: np.random.RandomState, weights: list, biases: list) -> None:
    """One of the ordered draws of `[init]`."""
    if "seed" in draw:
        generator.seed(draw["seed"])
    if "weights" in draw:
        shape = weights[draw["weights"] - 1].shape
        shape = shape[::-1] if draw.get("shape") == "out_in" else shape
    elif "bias" in draw:
        shape = biases[draw["bias"] - 1].shape
    else:
        shape = (draw["discard"],)
    count = int(np.prod(shape))
    match draw.get("from", "rand"):
        case "uniform":
            values = generator.uniform(draw["low"], draw["high"], count)
        case "randn":
            values = generator.randn(count)
        case _:
            values = generator.rand(count)
    values = (values * draw.get("scale", 1.0) + draw.get("offset", 0.0)).reshape(shape)
    if "weights" in draw:
        weights[draw["weights"] - 1] = values.T if draw.get("shape") == "out_in" else values
    elif "bias" in draw:
        biases[draw["bias"] - 1] = values


def mean_loss(recipe: dict, parameters: list, samples: Samples) -> float:
    """The mean loss per row of the recipe over `samples` in f64, for the comparison of trained parameters."""
    total, rows = 0.0, len(samples.inputs)
    names = recipe["network"]["activation"]
    names = [names] * len(parameters) if isinstance(names, str) else names
    for first in range(0, rows, 10_000):
        part = slice(first, first + 10_000)
        a = samples.inputs[part].astype(np.float64)
        for (weights, bias), name in zip(parameters, names):
            a = activate(name, a @ weights + (0 if bias is None else bias))
        if recipe["train"]["loss"] == "categorical_cross_entropy":
            total -= np.log(a[np.arange(len(a)), samples.labels[part]]).sum()
            continue
        targets = np.eye(a.shape[1])[samples.labels[part]] if samples.targets is None else samples.targets[part]
        half = 0.5 if recipe["train"]["loss"] == "half_squared_error" else 1.0
        total += half * ((a - targets) ** 2).sum()
    return total / rows


def activate(name: str, z: np.ndarray) -> np.ndarray:
    match name:
        case "sigmoid":
            return 1 / (1 + np.exp(-z))
        case "tanh":
            return np.tanh(z)
        case "relu":
            return np.maximum(z, 0)
        case "softmax":
            e = np.exp(z - z.max(axis=1, keepdims=True))
            return e / e.sum(axis=1, keepdims=True)
        case _:
            return z
