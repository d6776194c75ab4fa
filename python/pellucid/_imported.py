"""Networks of PyTorch and Keras as models of tables."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from ._engine import import_network
from ._model_file import of_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: PyTorch's activations of one function, by the engine's names.
TORCH_ACTIVATIONS = {
    "Identity": "identity", "ReLU": "relu", "SELU": "selu", "SiLU": "silu", "Mish": "mish", "Softsign": "softsign",
    "Hardsigmoid": "hard_sigmoid", "Sigmoid": "sigmoid", "Tanh": "tanh",
}  # fmt: skip
#: Keras' activations, by the engine's names.
KERAS_ACTIVATIONS = {
    "linear": "identity", "relu": "relu", "elu": "elu", "selu": "selu", "gelu": "gelu", "silu": "silu",
    "swish": "silu", "mish": "mish", "softplus": "softplus", "softsign": "softsign", "hard_sigmoid": "hard_sigmoid",
    "sigmoid": "sigmoid", "hard_tanh": "hard_tanh", "tanh": "tanh", "exponential": "exponential", "softmax": "softmax",
}  # fmt: skip
#: The slope below 0 of the activation that the engine has by this name.
LEAKY_SLOPE = 0.01


def from_pytorch(
    module: Any,
    *,
    columns: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    target: str | None = None,
) -> Any:
    """Convert a multilayer perceptron of PyTorch to a model of a table.

    Parameters
    ----------
    module : torch.nn.Module
        ``nn.Linear``, or ``nn.Sequential`` of such layers, batch and layer normalisations, activations and dropout. It
        does not change.
    columns : sequence of str, default=None
        The columns that are its features, in order; ``x1``, ``x2`` and so on by default.
    classes : sequence of str, default=None
        The classes by name, in the order of the outputs. An output layer of logits then gives their probabilities.
    target : str, default=None
        The column that it predicts, ``target`` by default.

    Returns
    -------
    model : TableClassifier or TableRegressor
        Its predictions are those of ``module.eval()``, to rounding. Batch normalisation is part of the weights.
        Dropout has the same rates in further training.

    Examples
    --------
    >>> import pellucid
    >>> from torch import nn  # doctest: +SKIP
    >>> module = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))  # doctest: +SKIP
    >>> model = pellucid.from_pytorch(module, classes=["no", "yes"])  # doctest: +SKIP
    >>> model.save("network.safetensors")  # doctest: +SKIP
    """
    stages = _Stages("from_pytorch")
    _of_torch(stages, "", module)
    return stages.model(columns, classes, target)


def from_keras(
    model: Any,
    *,
    columns: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    target: str | None = None,
) -> Any:
    """Convert a multilayer perceptron of Keras to a model of a table.

    Parameters
    ----------
    model : keras.Model
        A sequential model, or a functional one whose layers follow each other: ``Dense``, batch and layer
        normalisations, activations, ``Normalization`` and dropout. It does not change.
    columns, classes, target
        As in :func:`from_pytorch`.

    Returns
    -------
    model : TableClassifier or TableRegressor
        As from :func:`from_pytorch`.

    Examples
    --------
    >>> import keras, pellucid  # doctest: +SKIP
    >>> theirs = keras.saving.load_model("network.keras")  # doctest: +SKIP
    >>> model = pellucid.from_keras(theirs, classes=["no", "yes"])  # doctest: +SKIP
    """
    stages = _Stages("from_keras")
    _of_keras(stages, model)
    return stages.model(columns, classes, target)


class _Stages:
    """The layers of a network in order, as modules of a state dict and names of activations."""

    def __init__(self, function: str) -> None:
        self._function = function
        self._tensors: dict[str, Any] = {}
        self._names: list[str] = []
        self._dropout = [0.0]

    def module(self, name: str, **parts: Any) -> None:
        """A module with these tensors."""
        name = f"{len(self._names) + 1} {name}".strip().replace(".", " ")
        self._names.append(name)
        self._tensors.update(
            {f"{name}.{part}": np.asarray(value) for part, value in parts.items() if value is not None}
        )

    def dense(self, name: str, weight: Any, bias: Any) -> None:
        """A layer with weights of shape (outputs, inputs)."""
        self.module(name, weight=weight, bias=bias)
        self._dropout.append(0.0)

    def activation(self, name: str) -> None:
        """An activation by the engine's name."""
        self._names.append(name)

    def leaky(self, name: str, slopes: Any) -> None:
        """A rectifier with these slopes below 0."""
        slopes = np.asarray(slopes).ravel()
        if np.array_equal(slopes, [LEAKY_SLOPE]):
            self.activation("leaky_relu")
        else:
            self.module(name, weight=slopes)

    def dropout(self, rate: float) -> None:
        """Dropout of what the layers so far give."""
        self._dropout[-1] = 1 - (1 - self._dropout[-1]) * (1 - rate)

    def refuse(self, layer: Any, why: str = "") -> None:
        """Ends with an error that names a layer."""
        raise ValueError(f"{self._function}: {layer} is none of a multilayer perceptron that pellucid has{why}")

    def model(self, columns: Sequence[str] | None, classes: Sequence[str] | None, target: str | None) -> Any:
        """The estimator."""
        for name, given in (("columns", columns), ("classes", classes)):
            if isinstance(given, str):
                raise TypeError(f"{name} is a sequence of names, not {given!r}")
        imported = import_network(
            _safetensors(self._tensors),
            self._function,
            self._names,
            # Of what the output layer gives there is none.
            self._dropout[:-1],
            [str(column) for column in columns or ()],
            [str(label) for label in classes or ()],
            target,
        )
        return of_table(imported, self._function, None)


def _safetensors(tensors: dict[str, Any]) -> bytes:
    """The bytes of a safetensors file, whose matrices say which precision the network has."""
    header, parts, at = {}, [], 0
    for key, array in tensors.items():
        kind, name = ("<f8", "F64") if array.dtype == np.float64 else ("<f4", "F32")
        part = np.ascontiguousarray(array, kind).tobytes()
        header[key] = {"dtype": name, "shape": list(array.shape), "data_offsets": [at, at + len(part)]}
        parts.append(part)
        at += len(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(parts)


def _array(tensor: Any) -> Any:
    """A tensor of PyTorch or Keras as an array; ``None`` as it is."""
    if tensor is None:
        return None
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu()
        return (tensor if str(tensor.dtype) == "torch.float64" else tensor.float()).numpy()
    return np.asarray(tensor)


def _of_torch(stages: _Stages, name: str, module: Any) -> None:
    kind = type(module).__name__
    described = f"{kind} ({name or 'the module'})"
    is_of_torch = type(module).__module__.startswith("torch.nn.modules.")
    if is_of_torch and kind == "Sequential":
        for child, inner in module.named_children():
            _of_torch(stages, f"{name}.{child}".strip("."), inner)
    elif not is_of_torch:
        stages.refuse(
            described,
            ": it computes its outputs by code of its own; give an nn.Sequential of its layers in order, or export it "
            "with torch.onnx and import that file",
        )
    elif kind == "Linear":
        stages.dense(name, _array(module.weight), _array(module.bias))
    elif kind == "BatchNorm1d":
        if module.running_mean is None:
            stages.refuse(described, ": it keeps no running statistics (track_running_stats=False)")
        mean, variance = _array(module.running_mean), _array(module.running_var)
        stages.module(name, running_mean=mean, running_var=variance, weight=_array(module.weight),
                      bias=_array(module.bias), eps=np.array([module.eps]))  # fmt: skip
    elif kind == "LayerNorm" and len(module.normalized_shape) == 1:
        width = module.normalized_shape[0]
        gain = np.ones(width, np.float32) if module.weight is None else _array(module.weight)
        shift = np.zeros(width, np.float32) if module.bias is None else _array(module.bias)
        stages.module(name, weight=gain, bias=shift, eps=np.array([module.eps]))
    elif kind in ("Dropout", "AlphaDropout"):
        stages.dropout(module.p if kind == "Dropout" else 0.0)
    elif kind in ("LeakyReLU", "PReLU"):
        stages.leaky(name, module.negative_slope if kind == "LeakyReLU" else _array(module.weight))
    elif (activation := _torch_activation(module, kind)) is not None:
        stages.activation(activation)
    elif kind != "Flatten":
        stages.refuse(described)


def _torch_activation(module: Any, kind: str) -> str | None:
    """The engine's name of an activation with its settings."""
    settings: dict[str, Callable[[], bool]] = {
        "elu": lambda: kind == "ELU" and module.alpha == 1,
        "gelu": lambda: kind == "GELU" and module.approximate == "none",
        "gelu_tanh": lambda: kind == "GELU" and module.approximate == "tanh",
        "softplus": lambda: kind == "Softplus" and module.beta == 1 and module.threshold >= 20,
        "hard_tanh": lambda: kind == "Hardtanh" and (module.min_val, module.max_val) == (-1, 1),
        "softmax": lambda: kind == "Softmax" and module.dim in (1, -1),
    }
    return next((name for name, has in settings.items() if has()), TORCH_ACTIVATIONS.get(kind))


def _of_keras(stages: _Stages, model: Any) -> None:
    kind = type(model).__name__
    if not hasattr(model, "layers") or kind not in ("Sequential", "Functional"):
        stages.refuse(f"{kind} ({getattr(model, 'name', '')})", "; give a sequential or a functional model")
    sources = _sources(model) if kind == "Functional" else {}
    before = None
    for layer in model.layers:
        if before is not None and sources.get(layer.name, [before]) != [before]:
            stages.refuse(
                f"{type(layer).__name__} ({layer.name})",
                ": it does not follow the layer before it alone, as in a residual network",
            )
        before = layer.name
        if type(layer).__name__ != "InputLayer":
            _of_keras_layer(stages, layer)


def _sources(model: Any) -> dict[str, list[str]]:
    """The layers whose outputs each layer of a functional model takes, by name."""

    def histories(part: Any) -> list[str]:
        if isinstance(part, dict):
            history = part.get("keras_history")
            return [str(history[0])] if history else [name for value in part.values() for name in histories(value)]
        return [name for value in part for name in histories(value)] if isinstance(part, list | tuple) else []

    return {layer["name"]: histories(layer["inbound_nodes"]) for layer in model.get_config()["layers"]}


def _of_keras_layer(stages: _Stages, layer: Any) -> None:
    kind, name = type(layer).__name__, layer.name
    described = f"{kind} ({name})"
    if kind in ("Sequential", "Functional"):
        _of_keras(stages, layer)
    elif kind == "Dense":
        stages.dense(name, _array(layer.kernel).T, _array(layer.bias) if layer.use_bias else None)
        _keras_activation(stages, layer, described)
    elif kind == "Activation":
        _keras_activation(stages, layer, described)
    elif kind in ("BatchNormalization", "LayerNormalization"):
        if layer.axis not in (1, -1, [1], [-1]) or getattr(layer, "rms_scaling", False):
            stages.refuse(described, f" (axis {layer.axis})")
        batch = kind == "BatchNormalization"
        width = (
            layer.moving_mean if batch else next(part for part in (layer.gamma, layer.beta) if part is not None)
        ).shape
        gain = _array(layer.gamma) if layer.scale else np.ones(width, np.float32)
        shift = _array(layer.beta) if layer.center else np.zeros(width, np.float32)
        statistics = {"running_mean": layer.moving_mean, "running_var": layer.moving_variance} if batch else {}
        stages.module(name, weight=gain, bias=shift, eps=np.array([layer.epsilon]),
                      **{part: _array(value) for part, value in statistics.items()})  # fmt: skip
    elif kind == "Normalization" and not layer.invert and np.ndim(layer.mean) == 2:
        # Keras divides by the largest of the deviation and its epsilon.
        deviation = np.maximum(np.sqrt(_array(layer.variance).ravel()), np.float32(1e-7))
        stages.module(name, running_mean=_array(layer.mean).ravel(), running_var=deviation**2, eps=np.array([0.0]))
    elif kind == "Dropout":
        stages.dropout(layer.rate)
    elif kind in ("LeakyReLU", "PReLU"):
        stages.leaky(name, layer.negative_slope if kind == "LeakyReLU" else _array(layer.alpha))
    elif kind == "ReLU" and layer.max_value is None and layer.threshold == 0:
        stages.activation("relu") if layer.negative_slope == 0 else stages.leaky(name, layer.negative_slope)
    elif kind == "ELU" and layer.alpha == 1:
        stages.activation("elu")
    elif kind == "Softmax" and layer.axis in (1, -1):
        stages.activation("softmax")
    elif kind not in ("Flatten", "Identity"):
        stages.refuse(described)


def _keras_activation(stages: _Stages, layer: Any, described: str) -> None:
    name = getattr(layer.activation, "__name__", type(layer.activation).__name__)
    if name == "leaky_relu":
        stages.leaky(layer.name, 0.2)
    elif name in KERAS_ACTIVATIONS:
        stages.activation(KERAS_ACTIVATIONS[name])
    else:
        stages.refuse(described, f" with the activation {name}")
