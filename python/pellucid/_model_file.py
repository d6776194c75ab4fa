"""Models in the file that the command line reads: safetensors, without code in it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.validation import check_is_fitted

from ._engine import load_model, save_model
from ._recipe import recipe_of
from ._training import keep

if TYPE_CHECKING:
    from ._mlp import BaseMLP

#: What is kept of a fit beside the network and the losses.
ATTRIBUTES = ("n_iter_", "t_", "loss_", "best_loss_", "validation_scores_", "best_validation_score_", "out_activation_")


def save(estimator: BaseMLP, path: str | os.PathLike[str]) -> None:
    """Writes a fitted estimator, whole or not at all."""
    check_is_fitted(estimator)
    weights = estimator.coefs_
    sizes = [weights[0].shape[0], *(layer.shape[1] for layer in weights)]
    told: dict[str, Any] = {
        "estimator": type(estimator).__name__,
        "parameters": {name: value for name, value in estimator.get_params().items() if _is_plain(value)},
        "attributes": {name: getattr(estimator, name) for name in ATTRIBUTES if hasattr(estimator, name)},
    }
    classes: list[str] = []
    if hasattr(estimator, "classes_"):
        classes = [str(label) for label in estimator.classes_]
        told["classes"] = {
            "labels": estimator.classes_.tolist(),
            "dtype": estimator.classes_.dtype.str,
            "type": estimator._label_binarizer.y_type_,
        }
    save_model(
        os.fspath(path),
        json.dumps(recipe_of(estimator, sizes, weights[0].dtype)),
        estimator._parameters(weights[0].dtype),
        classes,
        [str(name) for name in getattr(estimator, "feature_names_in_", [])],
        list(getattr(estimator, "loss_curve_", [])),
        json.dumps({"python": told}, default=float),
        [],
    )


def load(path: str | os.PathLike[str]) -> Any:
    """Reads an estimator that was saved from Python.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    estimator : MLPClassifier or MLPRegressor
        It answers as the one that was saved; ``partial_fit`` trains it further, with an optimizer that begins anew.

    Examples
    --------
    >>> import pellucid
    >>> model = pellucid.MLPRegressor(max_iter=5, random_state=0).fit([[0.0], [1.0]], [1.0, 2.0])
    >>> model.save("line.safetensors")
    >>> same = pellucid.load("line.safetensors")
    >>> bool((same.predict([[0.5]]) == model.predict([[0.5]])).all())
    True
    """
    from . import MLPClassifier, MLPRegressor

    recipe, parameters, _, names, losses, metrics, is_prepared = load_model(os.fspath(path))
    told = (json.loads(metrics) or {}).get("python")
    if told is None:
        hint = "; `pellucid predict` answers with it" if is_prepared else ""
        raise ValueError(f"{os.fspath(path)} is a model, but none that was saved from Python{hint}")
    kind = {"MLPClassifier": MLPClassifier, "MLPRegressor": MLPRegressor}[told["estimator"]]
    parameters_of_it = dict(told["parameters"])
    if isinstance(parameters_of_it.get("hidden_layer_sizes"), list):
        parameters_of_it["hidden_layer_sizes"] = tuple(parameters_of_it["hidden_layer_sizes"])
    estimator: Any = kind(**parameters_of_it)
    for name, value in told["attributes"].items():
        setattr(estimator, name, value)
    layers = json.loads(recipe)["network"]["layers"]
    keep(estimator, parameters, layers)
    estimator.loss_curve_ = losses
    estimator.n_features_in_, estimator.n_outputs_ = layers[0], layers[-1]
    estimator.n_layers_ = len(layers)
    if names:
        estimator.feature_names_in_ = np.array(names, dtype=object)
    if "classes" in told:
        labels = np.array(told["classes"]["labels"], dtype=told["classes"]["dtype"])
        is_multilabel = told["classes"]["type"].startswith("multilabel")
        estimator._label_binarizer = LabelBinarizer().fit(np.eye(len(labels), dtype=int) if is_multilabel else labels)
        estimator.classes_ = labels
    estimator._no_improvement_count = 0
    return estimator


def _is_plain(value: Any) -> bool:
    """Whether JSON can spell it."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
