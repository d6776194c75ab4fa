"""Pictures of a fitted model, by matplotlib, and what a notebook shows of it."""

from __future__ import annotations

import html
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

if TYPE_CHECKING:
    from ._mlp import BaseMLP

#: Colours that colour-blind people tell apart (Okabe & Ito, 2008).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")


def axes_of(ax: Any, size: tuple[float, float] = (6.0, 4.0)) -> Any:
    """The axes to draw in: the caller's, or new ones."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("plots need matplotlib, which is not installed: pip install matplotlib") from error
    return ax if ax is not None else plt.subplots(figsize=size, layout="constrained")[1]


def plot_loss(estimator: BaseMLP, ax: Any) -> Any:
    """The loss of each epoch, and the score of held-out rows."""
    check_is_fitted(estimator)
    ax = axes_of(ax)
    losses = estimator.loss_curve_
    epochs = np.arange(1, len(losses) + 1)
    alone = {"marker": "o"} if len(losses) == 1 else {}
    (line,) = ax.plot(epochs, losses, color=COLOURS[0], label="training loss", **alone)
    whole = estimator.solver == "lbfgs" and estimator.optimizer is None
    ax.set(xlabel="iteration" if whole else "epoch", ylabel="loss", title="Training loss")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(alpha=0.3)
    scores = getattr(estimator, "validation_scores_", None)
    if scores:
        other = ax.twinx()
        (scored,) = other.plot(
            np.arange(1, len(scores) + 1), scores, color=COLOURS[1], linestyle="--", label="score of held-out rows"
        )
        other.set_ylabel("accuracy" if is_classifier(estimator) else "R²")
        ax.legend(handles=[line, scored], loc="center right")
    return ax


def plot_confusion(estimator: BaseMLP, X: Any, y: Any, ax: Any) -> Any:
    """How many rows of each class are taken for which."""
    from sklearn.metrics import confusion_matrix

    check_is_fitted(estimator)
    if not is_classifier(estimator):
        raise TypeError("a confusion matrix is of classes, and a regression has none; see plot_loss and plot_weights")
    ax = axes_of(ax, (5.5, 5.0))
    labels: Any = getattr(estimator, "classes_", [])
    counts = confusion_matrix(y, estimator.predict(X), labels=labels)
    picture = ax.imshow(counts, cmap="Blues", vmin=0)
    if len(counts) <= 20:
        for (row, column), count in np.ndenumerate(counts):
            ink = "white" if count > counts.max() / 2 else "black"
            ax.text(column, row, f"{count:,}", ha="center", va="center", color=ink, fontsize=8)
    ticks = np.arange(len(labels))
    ax.set_xticks(ticks, [str(label) for label in labels], rotation=45 if len(str(labels[-1])) > 3 else 0)
    ax.set_yticks(ticks, [str(label) for label in labels])
    ax.set(xlabel="predicted class", ylabel="true class", title=f"Confusion matrix, {counts.sum():,} rows")
    ax.figure.colorbar(picture, ax=ax, label="rows", shrink=0.8)
    return ax


def plot_decision_boundary(estimator: BaseMLP, X: Any, y: Any, ax: Any) -> Any:
    """What the model answers in the plane of its two features."""
    check_is_fitted(estimator)
    if estimator.n_features_in_ != 2:
        raise ValueError(f"a decision boundary is drawn in the plane of 2 features, not of {estimator.n_features_in_}")
    ax = axes_of(ax)
    from matplotlib.colors import ListedColormap

    points = np.asarray(X, dtype=float)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, 0.1 * (high - low), 0.5)
    across, up = (np.linspace(low[i] - margin[i], high[i] + margin[i], 200) for i in (0, 1))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    names = getattr(estimator, "feature_names_in_", np.array(["feature 1", "feature 2"], dtype=object))
    with warnings.catch_warnings():
        # The plane's columns are those of the features, and have no names.
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        found: Any = estimator.predict(grid)
    if not is_classifier(estimator):
        # Points and plane by the same shades, so that a point that stands out is one that is missed.
        least, most = min(found.min(), np.min(y)), max(found.max(), np.max(y))
        levels = np.linspace(least, most if most > least else least + 1, 21)
        shades = ax.contourf(across, up, found.reshape(200, 200), levels=levels, cmap="cividis")
        ax.scatter(
            *points.T,
            c=np.asarray(y),
            cmap="cividis",
            vmin=levels[0],
            vmax=levels[-1],
            edgecolors="white",
            linewidths=0.6,
            s=22,
        )
        ax.figure.colorbar(shades, ax=ax, label="answer")
    else:
        labels: Any = getattr(estimator, "classes_", [])
        colours = [COLOURS[at % len(COLOURS)] for at in range(len(labels))]
        shape = np.searchsorted(labels, found).reshape(200, 200)
        ax.pcolormesh(across, up, shape, cmap=ListedColormap(colours), vmin=0, vmax=len(labels) - 1, alpha=0.25)
        for at, (label, colour) in enumerate(zip(labels, colours, strict=True)):
            of_class = points[np.asarray(y) == label]
            ax.scatter(
                *of_class.T,
                color=colour,
                marker="os^Dvp*X"[at % 8],
                edgecolors="white",
                linewidths=0.6,
                s=28,
                label=str(label),
            )
        ax.legend(title="class", loc="upper left", bbox_to_anchor=(1.01, 1))
    ax.set(xlabel=names[0], ylabel=names[1], title="What is answered where")
    return ax


def plot_weights(estimator: BaseMLP, ax: Any) -> Any:
    """The weights of each layer as shades, blue below 0 and red above."""
    check_is_fitted(estimator)
    layers = estimator.coefs_
    if ax is None:
        axes_of(None)
        import matplotlib.pyplot as plt

        plt.close()
        _, found = plt.subplots(1, len(layers), figsize=(3.6 * len(layers), 3.6), layout="constrained", squeeze=False)
        ax = found[0]
    each = np.atleast_1d(ax)
    if len(each) != len(layers):
        raise ValueError(f"{len(each)} axes for {len(layers)} layers of weights; give one for each")
    most = max(float(np.abs(weights).max()) for weights in layers)
    for number, (weights, one) in enumerate(zip(layers, each, strict=True), start=1):
        picture = one.imshow(weights, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
        one.set(title=f"layer {number}, {weights.shape[0]} × {weights.shape[1]}", xlabel="unit", ylabel="input")
        one.xaxis.get_major_locator().set_params(integer=True)
        one.yaxis.get_major_locator().set_params(integer=True)
    each[0].figure.colorbar(picture, ax=list(each), label="weight")
    return ax


def card(estimator: BaseMLP) -> str:
    """What a notebook shows of a fitted model: its layers, its parameters, its curve."""
    sizes = [estimator.coefs_[0].shape[0], *(weights.shape[1] for weights in estimator.coefs_)]
    count = sum(array.size for array in (*estimator.coefs_, *estimator.intercepts_))
    usual = type(estimator)().get_params(deep=False)
    asked_for = estimator.get_params(deep=False)
    changed = {name: value for name, value in asked_for.items() if repr(value) != repr(usual[name])}
    asked = ", ".join(f"{name}={value!r}" for name, value in changed.items()) or "all by default"
    curve = [loss for loss in getattr(estimator, "loss_curve_", []) if np.isfinite(loss)]
    told = [
        ("layers", " → ".join(str(size) for size in sizes) + f" ({estimator.out_activation_})"),
        ("learnt", f"{count:,} weights and biases, {estimator.coefs_[0].dtype}"),
        ("parameters", asked),
        ("training", f"{estimator.n_iter_:,} epochs, loss {estimator.loss_:.6g}"),
    ]
    rows = "".join(
        f'<tr><th style="text-align:left">{name}</th><td style="text-align:left">{html.escape(text)}</td></tr>'
        for name, text in told
    )
    return f'<div class="pellucid-model"><table>{rows}</table>{_curve(curve)}</div>'


def _curve(losses: list[float]) -> str:
    """A loss curve as SVG, in the colour of the text around it, so that it is legible on light and on dark."""
    if len(losses) < 2:
        return ""
    # A few hundred points are all that can be seen.
    at = np.unique(np.linspace(0, len(losses) - 1, 300).astype(int))
    values = np.array(losses)[at]
    low, high = float(values.min()), float(values.max())
    x = 60 + 320 * at / (len(losses) - 1)
    y = 20 + 100 * (high - values) / ((high - low) or 1.0)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return (
        '<svg width="400" height="160" viewBox="0 0 400 160" role="img" aria-label="loss by epoch" '
        'style="color:inherit;font:11px sans-serif" fill="currentColor">'
        '<path d="M60 20V120H380" fill="none" stroke="currentColor" opacity="0.5"/>'
        f'<polyline points="{points}" fill="none" stroke="#2a8fd0" stroke-width="2"/>'
        f'<text x="55" y="24" text-anchor="end">{high:.3g}</text>'
        f'<text x="55" y="120" text-anchor="end">{low:.3g}</text>'
        f'<text x="60" y="135">1</text><text x="380" y="135" text-anchor="end">{len(losses):,}</text>'
        '<text x="220" y="150" text-anchor="middle">epoch</text><text x="60" y="12">loss</text></svg>'
    )
