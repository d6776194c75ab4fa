"""Conversion of our estimators to ONNX: converters for skl2onnx, alone or within a pipeline.

skl2onnx selects a converter by the class of an estimator, so ours are registered as soon as it is imported, before or
after this package. Its own converters support scikit-learn's networks; these also support every activation,
normalisation and several outputs.
"""

from __future__ import annotations

import ast
import sys
import warnings
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._engine import activation_expression
from ._recipe import activation_name, hidden_activations, normalisations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from ._mlp import BaseMLP

#: The default ε in the denominator of a normalisation.
EPSILON = 1e-5


class Nodes:
    """Builds a graph node by node, in the precision of its input."""

    def __init__(self, scope: Any, operator: Any, container: Any) -> None:
        from skl2onnx.common.data_types import DoubleTensorType
        from skl2onnx.proto import onnx_proto

        self.types = onnx_proto.TensorProto
        self.number = self.types.DOUBLE if isinstance(operator.inputs[0].type, DoubleTensorType) else self.types.FLOAT
        self._scope, self._container = scope, container

    def constant(self, values: Any, kind: int | None = None) -> str:
        """A constant in the precision of the graph, or of another type."""
        name: str = self._scope.get_unique_variable_name("constant")
        values = np.asarray(values)
        self._container.add_initializer(name, self.number if kind is None else kind, values.shape, values.ravel())
        return name

    def node(self, kind: str, *inputs: Any, output: str | None = None, **attributes: Any) -> str:
        """The output of an operator on inputs, which are names or numbers."""
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        output = output or self._scope.get_unique_variable_name(kind.lower())
        self._container.add_node(kind, names, output, name=self._scope.get_unique_operator_name(kind), **attributes)
        return output


def _erf(nodes: Nodes, z: str) -> str:
    # Runtimes implement Erf in single precision only.
    found = nodes.node("Erf", nodes.node("Cast", z, to=nodes.types.FLOAT))
    return nodes.node("Cast", found, to=nodes.number)


#: The functions of an activation's expression, in operators that runtimes implement in both precisions.
FUNCTIONS: dict[str, Callable[..., str]] = {
    "abs": lambda nodes, z: nodes.node("Abs", z),
    "erf": _erf,
    "exp": lambda nodes, z: nodes.node("Exp", z),
    "log": lambda nodes, z: nodes.node("Log", z),
    "max": lambda nodes, a, b: nodes.node("Max", a, b),
    "min": lambda nodes, a, b: nodes.node("Min", a, b),
    "sigmoid": lambda nodes, z: nodes.node("Sigmoid", z),
    "softmax": lambda nodes, z: nodes.node("Softmax", z, axis=1),
    "tanh": lambda nodes, z: nodes.node("Tanh", z),
}

OPERATORS: dict[type[ast.operator], str] = {ast.Add: "Add", ast.Sub: "Sub", ast.Mult: "Mul", ast.Div: "Div"}


def activation_nodes(nodes: Nodes, name: str, z: str) -> str:
    """The activation of this name, by the expression of its descriptor."""
    expression = activation_expression(name)

    def value(part: ast.expr) -> Any:
        match part:
            case ast.Constant(value=float() | int() as number):
                return float(number)
            case ast.Name(id="z"):
                return z
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=float() | int() as number)):
                return -float(number)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return nodes.node("Neg", value(operand))
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in OPERATORS:
                return nodes.node(OPERATORS[type(operator)], value(left), value(right))
            case ast.Call(func=ast.Name(id=function), args=arguments) if function in FUNCTIONS:
                return FUNCTIONS[function](nodes, *map(value, arguments))
        raise NotImplementedError(f"{name} has no ONNX form: {ast.unparse(part)} in its expression, {expression!r}")

    return str(value(ast.parse(expression, mode="eval").body))


def outputs_of(nodes: Nodes, model: BaseMLP, x: str) -> str:
    """The output layer's activations."""
    hidden = len(model.coefs_) - 1
    activations = [*hidden_activations(model, hidden), activation_name(model.out_activation_)]
    normalised = [*_normalisation_nodes(model), None]
    a = nodes.node("Cast", x, to=nodes.number)
    for weights, biases, activation, normalise in zip(
        model.coefs_, model.intercepts_, activations, normalised, strict=True
    ):
        z = nodes.node("Add", nodes.node("MatMul", a, weights), biases)
        a = activation_nodes(nodes, activation, z if normalise is None else normalise(nodes, z))
    return a


def _normalisation_nodes(model: BaseMLP) -> list[Callable[[Nodes, str], str] | None]:
    """The node that normalises the pre-activations of each hidden layer, or None."""
    widths = [len(biases) for biases in model.intercepts_[:-1]]
    kinds = [kind if isinstance(kind, dict) else {"name": kind} for kind in normalisations(model, len(widths))]
    # The engine stores gain and shift of each layer, followed by mean and variance of each batch-normalised layer.
    rest = np.array([]) if model._normalisation is None else model._normalisation
    learnt = sum(2 * width for kind, width in zip(kinds, widths, strict=True) if kind["name"] != "none")
    gains, statistics = _Slices(rest[:learnt]), _Slices(rest[learnt:])
    found: list[Callable[[Nodes, str], str] | None] = []
    for kind, width in zip(kinds, widths, strict=True):
        epsilon = float(kind.get("epsilon", EPSILON))
        if kind["name"] == "none":
            found.append(None)
        elif kind["name"] == "batch":
            found.append(_batch_normalisation(epsilon, *gains.take(width), *statistics.take(width)))
        else:
            found.append(_layer_normalisation(epsilon, *gains.take(width)))
    return found


class _Slices:
    """Consecutive pairs of slices."""

    def __init__(self, values: Any) -> None:
        self._values, self._at = values, 0

    def take(self, width: int) -> tuple[Any, Any]:
        start, self._at = self._at, self._at + 2 * width
        return self._values[start : start + width], self._values[start + width : self._at]


def _batch_normalisation(
    epsilon: float, gain: Any, shift: Any, mean: Any, variance: Any
) -> Callable[[Nodes, str], str]:
    return lambda nodes, z: nodes.node("BatchNormalization", z, gain, shift, mean, variance, epsilon=epsilon)


def _layer_normalisation(epsilon: float, gain: Any, shift: Any) -> Callable[[Nodes, str], str]:
    return lambda nodes, z: nodes.node("LayerNormalization", z, gain, shift, axis=-1, epsilon=epsilon)


def convert_classifier(scope: Any, operator: Any, container: Any) -> None:
    """Labels and probabilities."""
    model = operator.raw_operator
    nodes = Nodes(scope, operator, container)
    label, probabilities = (variable.full_name for variable in operator.outputs[:2])
    a = outputs_of(nodes, model, operator.inputs[0].full_name)
    if _is_multilabel(model):
        nodes.node("Identity", a, output=probabilities)
        nodes.node("Cast", nodes.node("Greater", a, 0.5), output=label, to=nodes.types.INT64)
        return
    if len(model.classes_) == 2:
        nodes.node("Concat", nodes.node("Sub", 1.0, a), a, output=probabilities, axis=1)
    else:
        nodes.node("Identity", a, output=probabilities)
    if _has_string_labels(model):
        table = nodes.constant([str(name).encode() for name in model.classes_], nodes.types.STRING)
    else:
        table = nodes.constant(model.classes_.astype(np.int64), nodes.types.INT64)
    nodes.node("Gather", table, nodes.node("ArgMax", probabilities, axis=1, keepdims=0), output=label, axis=0)


def convert_regressor(scope: Any, operator: Any, container: Any) -> None:
    """Predictions, (rows, outputs)."""
    nodes = Nodes(scope, operator, container)
    a = outputs_of(nodes, operator.raw_operator, operator.inputs[0].full_name)
    nodes.node("Identity", a, output=operator.outputs[0].full_name)


def shape_of_classifier(operator: Any) -> None:
    """Sets the types of labels and probabilities; an error for labels that ONNX does not have."""
    from skl2onnx.common.data_types import Int64TensorType, StringTensorType

    model = operator.raw_operator
    _check(operator)
    classes = model.classes_
    if classes.dtype.kind == "f" and not (classes == classes.astype(np.int64)).all():
        raise ValueError(f"ONNX labels are integers or strings, not {classes}; train with such labels")
    rows = operator.inputs[0].get_first_dimension()
    kind = StringTensorType if _has_string_labels(model) else Int64TensorType
    operator.outputs[0].set_type(kind([rows, len(classes)] if _is_multilabel(model) else [rows]))
    operator.outputs[1].set_type(_numbers(operator)([rows, len(classes)]))


def shape_of_regressor(operator: Any) -> None:
    """Sets the type of the predictions."""
    _check(operator)
    rows = operator.inputs[0].get_first_dimension()
    operator.outputs[0].set_type(_numbers(operator)([rows, operator.raw_operator.n_outputs_]))


def _check(operator: Any) -> None:
    model = operator.raw_operator
    check_is_fitted(model)
    known = {None, "none", "batch"}
    kinds = {kind["name"] if isinstance(kind, dict) else kind for kind in normalisations(model, 1)}
    if not kinds <= known and operator.target_opset < 17:
        raise ValueError(f"layer normalisation needs target_opset=17 or later, not {operator.target_opset}")


def _numbers(operator: Any) -> Any:
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    return DoubleTensorType if isinstance(operator.inputs[0].type, DoubleTensorType) else FloatTensorType


def _is_multilabel(model: Any) -> bool:
    return str(model._label_binarizer.y_type_).startswith("multilabel")


def _has_string_labels(model: Any) -> bool:
    return model.classes_.dtype.kind in "OUS"


def register() -> None:
    """Registers our converters with skl2onnx."""
    from skl2onnx import update_registered_converter

    from . import MLPClassifier, MLPRegressor

    # The options of its converter for scikit-learn's classifier.
    options = {"zipmap": [True, False, "columns"], "output_class_labels": [False, True], "nocl": [True, False]}
    update_registered_converter(
        MLPClassifier, "PellucidMLPClassifier", shape_of_classifier, convert_classifier, options=options
    )
    update_registered_converter(MLPRegressor, "PellucidMLPRegressor", shape_of_regressor, convert_regressor)


class _ImportHook(MetaPathFinder):
    """Finds skl2onnx with the other finders, and calls ``register`` after its import."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "skl2onnx":
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next((spec for spec in found if spec is not None), None)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_and_register(module: ModuleType) -> None:
            execute(module)
            _try_to_register()

        spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec


def _try_to_register() -> None:
    try:
        register()
    except Exception as error:
        # skl2onnx may be imported for another purpose, so this is no error.
        warnings.warn(f"this version of skl2onnx does not accept pellucid's converters: {error}", stacklevel=2)


def register_when_imported() -> None:
    """Registers our converters with skl2onnx, now or as soon as it is imported."""
    if "skl2onnx" in sys.modules:
        _try_to_register()
    elif not any(isinstance(finder, _ImportHook) for finder in sys.meta_path):
        sys.meta_path.insert(0, _ImportHook())
