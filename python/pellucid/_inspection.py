"""Inspection of a fitted model: a training step in numbers, and a check of its gradient."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from . import _engine
from ._recipe import recipe_text

if TYPE_CHECKING:
    from ._engine import Samples
    from ._mlp import BaseMLP


#: The page in the frame follows the light or dark theme of the notebook: JupyterLab, VS Code or Colab.
THEMES = """
[data-jp-theme-light="true"] .pellucid-explanation iframe, .vscode-light .pellucid-explanation iframe,
html[theme="light"] .pellucid-explanation iframe { color-scheme: light }
[data-jp-theme-light="false"] .pellucid-explanation iframe, .vscode-dark .pellucid-explanation iframe,
html[theme="dark"] .pellucid-explanation iframe { color-scheme: dark }
"""


class Explanation:
    """One training step in numbers: forward pass, backward pass, and update.

    A notebook shows it as an interactive page, ``print`` as text.
    """

    def __init__(self, record: dict[str, Any], markdown: str, page: str, text: str) -> None:
        self._record, self._markdown, self._page, self._text = record, markdown, page, text

    def to_dict(self) -> dict[str, Any]:
        """Every number of the step; the record that ``pellucid explain --format json`` writes."""
        return self._record

    def to_markdown(self) -> str:
        """The explanation as Markdown with LaTeX."""
        return self._markdown

    def to_html(self) -> str:
        """The explanation as a self-contained HTML page."""
        return self._page

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        rows = len(self._record["rows"])
        return f"<Explanation of a step of {self._record['network']} on {rows} row{'s' if rows > 1 else ''}>"

    def _repr_markdown_(self) -> str:
        return self._markdown

    def _repr_html_(self) -> str:
        # A separate frame isolates the style and the script of the page from the notebook.
        page = html.escape(self._page, quote=True)
        frame = f'<iframe srcdoc="{page}" style="width:100%;height:700px;border:0" title="A training step"></iframe>'
        return f'<div class="pellucid-explanation"><style>{THEMES}</style>{frame}</div>'


def explain(estimator: BaseMLP, x: Any, y: Any) -> Explanation:
    """The next training step on these rows."""
    x = x if sparse.issparse(x) or hasattr(x, "columns") else np.atleast_2d(x)
    rows = rows_of(estimator, x, np.atleast_1d(y) if np.ndim(y) == 0 else y)
    dtype = estimator.coefs_[0].dtype
    outputs: list[str] = []
    if hasattr(estimator, "classes_"):
        labels = [str(label) for label in estimator.classes_]
        outputs = labels if estimator.n_outputs_ > 1 else labels[1:2]
    record, *documents = _engine.explain(
        recipe_text(estimator, layers_of(estimator), dtype),
        estimator._parameters(dtype),
        samples_of(rows, dtype),
        names_of(estimator),
        outputs,
    )
    return Explanation(json.loads(record), *documents)


def check_gradient(estimator: BaseMLP, X: Any, y: Any, samples: int, tolerance: float) -> list[dict[str, Any]]:
    """The gradient of backpropagation compared with a numerical one."""
    rows = rows_of(estimator, X, y)
    double = np.dtype(np.float64)
    parts: list[dict[str, Any]] = json.loads(
        _engine.check_gradient(
            recipe_text(estimator, layers_of(estimator), double),
            estimator._parameters(double),
            samples_of(rows, double),
            samples,
            tolerance,
        )
    )
    return parts


def layers_of(estimator: BaseMLP) -> list[int]:
    return [estimator.coefs_[0].shape[0], *(weights.shape[1] for weights in estimator.coefs_)]


def names_of(estimator: BaseMLP) -> list[str]:
    return [str(name) for name in getattr(estimator, "feature_names_in_", [])]


def samples_of(rows: tuple[Any, Any], dtype: np.dtype[Any]) -> Samples:
    """Features and targets, as the engine takes them."""
    features, targets = (array.astype(dtype, copy=False) for array in rows)
    return features, targets, None, None


def rows_of(estimator: BaseMLP, X: Any, y: Any) -> tuple[Any, Any]:
    """Features and targets as numbers, (rows, columns) and (rows, outputs)."""
    check_is_fitted(estimator)
    X, y = estimator._checked(X, y, False)
    # As in partial_fit: only the known classes are valid.
    targets, width = estimator._encoded(y, True)
    if isinstance(targets, tuple):
        targets = np.eye(width)[targets[0]]
    X = X.toarray() if sparse.issparse(X) else X
    return np.ascontiguousarray(X), np.ascontiguousarray(targets, dtype=np.float64).reshape(len(X), width)
