"""Model files: safetensors without code, the same for Python and the command line."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.validation import check_is_fitted

from ._arrays import generator_at
from ._engine import TableModel, load_model, save_model
from ._inspection import layers_of
from ._recipe import recipe_text
from ._training import keep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._mlp import BaseMLP

#: The attributes of a fit that the file stores besides the network and the losses.
ATTRIBUTES = ("n_iter_", "t_", "loss_", "best_loss_", "validation_scores_", "best_validation_score_", "out_activation_")


def save(estimator: BaseMLP, path: str | os.PathLike[str]) -> None:
    """Writes a fitted estimator atomically."""
    check_is_fitted(estimator)
    weights = estimator.coefs_
    description: dict[str, Any] = {
        "estimator": _base_of(type(estimator)).__name__,
        "class": [type(estimator).__module__, type(estimator).__qualname__],
        "parameters": {name: _encoded(value, name) for name, value in estimator.get_params(deep=False).items()},
        "attributes": {
            name: _encoded(getattr(estimator, name), name) for name in ATTRIBUTES if hasattr(estimator, name)
        },
    }
    classes: list[str] = []
    if hasattr(estimator, "classes_"):
        classes = [str(label) for label in estimator.classes_]
        description["classes"] = {
            "labels": _encoded(estimator.classes_, "classes_"),
            "type": estimator._label_binarizer.y_type_,
            "sparse": bool(estimator._label_binarizer.sparse_input_),
        }
    save_model(
        os.fspath(path),
        recipe_text(estimator, layers_of(estimator), weights[0].dtype),
        estimator._parameters(weights[0].dtype),
        classes,
        [str(name) for name in getattr(estimator, "feature_names_in_", [])],
        list(getattr(estimator, "loss_curve_", [])),
        json.dumps({"python": description}),
        [],
    )


def load(path: str | os.PathLike[str], estimator: type[Any] | None = None) -> Any:
    """Reads an estimator that Python saved, or a model of a table, which the command writes too.

    Parameters
    ----------
    path : path-like
        The file.
    estimator : type, default=None
        The class of the estimator, for a file that a subclass saved which is not imported.

    Returns
    -------
    estimator : MLPClassifier, MLPRegressor, TableClassifier or TableRegressor
        It predicts like the saved one. ``partial_fit`` continues its training, with an optimizer in its initial state.
        The parameter ``recipe`` of a model of a table is the recipe of its training.

    Examples
    --------
    >>> import pellucid
    >>> model = pellucid.MLPRegressor(max_iter=5, random_state=0).fit([[0.0], [1.0]], [1.0, 2.0])
    >>> model.save("line.safetensors")
    >>> same = pellucid.load("line.safetensors")
    >>> bool((same.predict([[0.5]]) == model.predict([[0.5]])).all())
    True
    """
    recipe, parameters, _, names, losses, metrics, is_prepared = load_model(os.fspath(path))
    description = (json.loads(metrics) or {}).get("python")
    if description is None:
        if is_prepared:
            return of_table(TableModel.load(os.fspath(path)), os.fspath(path), estimator)
        raise ValueError(f"{os.fspath(path)} is a model, but neither Python saved it nor is it one of a table")
    kind = _class_of(description, estimator, os.fspath(path))
    model: Any = kind(**{name: _decoded(value) for name, value in description["parameters"].items()})
    for name, value in description["attributes"].items():
        setattr(model, name, _decoded(value))
    layers = json.loads(recipe)["network"]["layers"]
    keep(model, parameters, layers)
    model.loss_curve_ = [np.float64(loss) for loss in losses]
    model.n_features_in_, model.n_outputs_ = layers[0], layers[-1]
    model.n_layers_ = len(layers)
    if names:
        model.feature_names_in_ = np.array(names, dtype=object)
    if "classes" in description:
        _set_classes(model, description["classes"])
    model._no_improvement_count = 0
    return model


def of_table(model: TableModel, path: str, asked: type[Any] | None) -> Any:
    """The estimator of a model of a table."""
    from . import TableClassifier, TableRegressor

    is_classes = any(classes for _, _, classes in model.targets())
    base: type[Any] = TableClassifier if is_classes else TableRegressor
    if asked is not None and not issubclass(asked, base):
        raise ValueError(f"{path} is a model of a {base.__name__}, and {asked.__name__} is none")
    estimator = (asked or base)(recipe=json.loads(model.recipe()))
    estimator._keep(model, model.columns())
    return estimator


def _set_classes(model: Any, classes: dict[str, Any]) -> None:
    labels = _decoded(classes["labels"])
    targets = labels
    if classes["type"].startswith("multilabel"):
        targets = np.eye(len(labels), dtype=int)
        targets = csr_matrix(targets) if classes["sparse"] else targets
    model._label_binarizer = LabelBinarizer().fit(targets)
    model.classes_ = labels


def _base_of(kind: type[Any]) -> type[Any]:
    """The estimator of this package that a class is or extends."""
    from . import MLPClassifier, MLPRegressor

    return next(base for base in kind.__mro__ if base in (MLPClassifier, MLPRegressor))


def _class_of(description: dict[str, Any], asked: type[Any] | None, path: str) -> type[Any]:
    """The class to create: one of this package, or a subclass that the caller gives or has defined."""
    from . import MLPClassifier, MLPRegressor

    base = {"MLPClassifier": MLPClassifier, "MLPRegressor": MLPRegressor}[description["estimator"]]
    module, name = description["class"]
    if asked is not None:
        if not issubclass(asked, base):
            raise ValueError(f"{path} was saved by {name}, and {asked.__name__} is no {base.__name__}")
        return asked
    for kind in _with_subclasses(base):
        if (kind.__module__, kind.__qualname__) == (module, name):
            return kind
    raise ValueError(
        f"{path} was saved by {name} of {module}, a subclass of {base.__name__}; import it, or give it: "
        f"load(path, estimator={name})"
    )


def _with_subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    yield kind
    for subclass in kind.__subclasses__():
        yield from _with_subclasses(subclass)


def _encoded(value: Any, name: str) -> Any:
    """A value for JSON from which `_decoded` restores value and type; others are refused by the attribute's name."""
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if np.isfinite(value) else {"float": str(value)}
    if isinstance(value, np.generic) and value.dtype.kind in "biufUSmM":
        return {"scalar": _encoded(np.asarray(value), name)}
    if isinstance(value, np.ndarray) and value.dtype.kind in "mM":
        return {"array": value.view(np.int64).tolist(), "dtype": value.dtype.str}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufUO":
        return {"array": _encoded(value.tolist(), name), "dtype": value.dtype.str}
    if isinstance(value, np.random.RandomState):
        return {"random_state": _encoded(value.get_state(legacy=False), name)}
    if type(value) in (list, tuple):
        return {type(value).__name__: [_encoded(item, name) for item in value]}
    if type(value) is dict:
        return {"dict": [[_encoded(key, name), _encoded(item, name)] for key, item in value.items()]}
    raise ValueError(
        f"a model file cannot hold {name} = {value!r}, of type {type(value).__name__}; "
        f"set_params({name}=None) before save, or keep the model with pickle or skops"
    )


def _decoded(value: Any) -> Any:
    """The value that `_encoded` has encoded."""
    if not isinstance(value, dict):
        return value
    (kind, content), *more = value.items()
    if kind == "float":
        return float(content)
    if kind == "scalar":
        return _decoded(content)[()]
    if kind == "array":
        dtype = more[0][1]
        if np.dtype(dtype).kind in "mM":
            return np.array(content, dtype=np.int64).view(dtype)
        return np.array(_decoded(content), dtype=dtype)
    if kind == "random_state":
        return generator_at(_decoded(content))
    if kind == "dict":
        return {_decoded(key): _decoded(item) for key, item in content}
    return (tuple if kind == "tuple" else list)(_decoded(item) for item in content)
