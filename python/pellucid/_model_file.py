"""Model files: safetensors without code, readable by the command line."""

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

#: The attributes of a fit that the file stores besides the network and the losses.
ATTRIBUTES = ("n_iter_", "t_", "loss_", "best_loss_", "validation_scores_", "best_validation_score_", "out_activation_")


def save(estimator: BaseMLP, path: str | os.PathLike[str]) -> None:
    """Writes a fitted estimator atomically."""
    check_is_fitted(estimator)
    weights = estimator.coefs_
    sizes = [weights[0].shape[0], *(layer.shape[1] for layer in weights)]
    description: dict[str, Any] = {
        "estimator": type(estimator).__name__,
        "parameters": {name: value for name, value in estimator.get_params().items() if _is_json(value)},
        "attributes": {name: getattr(estimator, name) for name in ATTRIBUTES if hasattr(estimator, name)},
    }
    classes: list[str] = []
    if hasattr(estimator, "classes_"):
        classes = [str(label) for label in estimator.classes_]
        description["classes"] = {
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
        json.dumps({"python": description}, default=float),
        [],
    )


def load(path: str | os.PathLike[str]) -> Any:
    """Reads an estimator that Python saved.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    estimator : MLPClassifier or MLPRegressor
        It predicts like the saved one. ``partial_fit`` continues its training, with an optimizer in its initial state.

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
    description = (json.loads(metrics) or {}).get("python")
    if description is None:
        hint = "; use it with `pellucid predict`" if is_prepared else ""
        raise ValueError(f"{os.fspath(path)} is a model, but Python did not save it{hint}")
    kind = {"MLPClassifier": MLPClassifier, "MLPRegressor": MLPRegressor}[description["estimator"]]
    settings = dict(description["parameters"])
    if isinstance(settings.get("hidden_layer_sizes"), list):
        settings["hidden_layer_sizes"] = tuple(settings["hidden_layer_sizes"])
    estimator: Any = kind(**settings)
    for name, value in description["attributes"].items():
        setattr(estimator, name, value)
    layers = json.loads(recipe)["network"]["layers"]
    keep(estimator, parameters, layers)
    estimator.loss_curve_ = losses
    estimator.n_features_in_, estimator.n_outputs_ = layers[0], layers[-1]
    estimator.n_layers_ = len(layers)
    if names:
        estimator.feature_names_in_ = np.array(names, dtype=object)
    if "classes" in description:
        labels = np.array(description["classes"]["labels"], dtype=description["classes"]["dtype"])
        is_multilabel = description["classes"]["type"].startswith("multilabel")
        estimator._label_binarizer = LabelBinarizer().fit(np.eye(len(labels), dtype=int) if is_multilabel else labels)
        estimator.classes_ = labels
    estimator._no_improvement_count = 0
    return estimator


def _is_json(value: Any) -> bool:
    """Whether JSON can represent the value."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
