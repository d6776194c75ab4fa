"""Plots of a fitted model by matplotlib, and its summary in a notebook."""

from __future__ import annotations

import html
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from ._recipe import rule_name

if TYPE_CHECKING:
    from ._mlp import BaseMLP

#: Colours for colour-blind readers (Okabe & Ito, 2008), with grey in place of black, which is invisible on dark.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#888888")


def axes_of(ax: Any, size: tuple[float, float] = (6.0, 4.0)) -> Any:
    """The axes of the plot: those of the caller, or new ones."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("plots need matplotlib, which is not installed: pip install matplotlib") from error
    return ax if ax is not None else plt.subplots(figsize=size, layout="constrained")[1]


def plot_loss(estimator: BaseMLP, ax: Any) -> Any:
    """The loss of each epoch, and the score on held-out rows."""
    check_is_fitted(estimator)
    ax = axes_of(ax)
    losses = estimator.loss_curve_
    epochs = np.arange(1, len(losses) + 1)
    alone = {"marker": "o"} if len(losses) == 1 else {}
    (line,) = ax.plot(epochs, losses, color=COLOURS[0], label="training loss", **alone)
    ax.set(xlabel="iteration" if uses_lbfgs(estimator) else "epoch", ylabel="loss", title="Training loss")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(alpha=0.3)
    scores = getattr(estimator, "validation_scores_", None)
    if scores:
        other = ax.twinx()
        (scored,) = other.plot(
            np.arange(1, len(scores) + 1), scores, color=COLOURS[1], linestyle="--", label="score of held-out rows"
        )
        other.set_ylabel(_score_name(estimator))
        # On the axes that are drawn last, so that no curve covers the legend; in the emptiest part of both.
        other.legend(handles=[line, scored], loc=_free_corner(losses, scores), framealpha=0.9)
    return ax


def _is_multilabel(estimator: BaseMLP) -> bool:
    """Whether a row can have several labels."""
    binarizer: Any = getattr(estimator, "_label_binarizer", None)
    return binarizer is not None and str(binarizer.y_type_).startswith("multilabel")


def _free_corner(*curves: list[float]) -> str:
    """The corner or edge with the fewest points of these curves, by matplotlib's name."""
    places: list[tuple[float, str]] = []
    for place, across, up in [
        ("upper right", 0.45, 0.75),
        ("lower right", 0.45, 0.0),
        ("upper left", 0.0, 0.75),
        ("lower left", 0.0, 0.0),
        ("center right", 0.45, 0.375),
        ("upper center", 0.225, 0.75),
        ("lower center", 0.225, 0.0),
    ]:
        met = 0.0
        for curve in curves:
            values = np.asarray(curve, dtype=float)
            low, high = np.nanmin(values), np.nanmax(values)
            y = (values - low) / ((high - low) or 1.0)
            x = np.linspace(0, 1, len(values))
            met += np.mean((x >= across) & (x <= across + 0.55) & (y >= up) & (y <= up + 0.25))
        places.append((met, place))
    return min(places, key=lambda found: found[0])[1]


def _score_name(estimator: BaseMLP) -> str:
    """What `validation_scores_` has."""
    asked, loss = estimator.early_stopping_metric, estimator.loss
    if asked is not None:
        return "negative loss" if asked == "loss" else str(getattr(asked, "__name__", asked))
    usual = {"log_loss": "accuracy"} if is_classifier(estimator) else {"squared_error": "R²"}
    return usual.get(str(loss), "negative loss")


def plot_confusion(estimator: BaseMLP, X: Any, y: Any, ax: Any) -> Any:
    """The number of rows for each pair of true and predicted class."""
    from sklearn.metrics import confusion_matrix

    check_is_fitted(estimator)
    if not is_classifier(estimator):
        raise TypeError(
            "a confusion matrix needs classes, which a regression does not have; see plot_loss and plot_weights"
        )
    if _is_multilabel(estimator):
        raise ValueError(
            "a confusion matrix needs one class a row, and these rows have several labels; "
            "sklearn.metrics.multilabel_confusion_matrix counts each label on its own"
        )
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
    """The predictions of the model in the plane of its two features."""
    check_is_fitted(estimator)
    if estimator.n_features_in_ != 2:
        raise ValueError(f"a decision boundary needs 2 features, not {estimator.n_features_in_}")
    if _is_multilabel(estimator) or (not is_classifier(estimator) and estimator.n_outputs_ > 1):
        what = "labels" if is_classifier(estimator) else "targets"
        raise ValueError(
            f"a decision boundary shows one prediction a point, and this model has {estimator.n_outputs_} {what}; "
            "fit one model to each to draw it"
        )
    ax = axes_of(ax)
    points = np.asarray(X, dtype=float)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, 0.1 * (high - low), 0.5)
    across, up = (np.linspace(low[i] - margin[i], high[i] + margin[i], 200) for i in (0, 1))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    names = getattr(estimator, "feature_names_in_", np.array(["feature 1", "feature 2"], dtype=object))
    with warnings.catch_warnings():
        # The columns of the grid are the features without their names.
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        found: Any = estimator.predict(grid)
    if is_classifier(estimator):
        _draw_classes(estimator, ax, across, up, found, points, np.asarray(y))
    else:
        _draw_numbers(ax, across, up, found, points, np.asarray(y, dtype=float))
    ax.set(xlabel=names[0], ylabel=names[1], title="Predictions")
    return ax


def _draw_classes(estimator: BaseMLP, ax: Any, across: Any, up: Any, found: Any, points: Any, y: Any) -> None:
    """The plane in the colours of the predicted classes, the points in those of their true classes."""
    import matplotlib
    from matplotlib.colors import ListedColormap

    labels: Any = getattr(estimator, "classes_", [])
    many = COLOURS if len(labels) <= len(COLOURS) else matplotlib.colormaps["tab20"](range(20))
    colours = [many[at % len(many)] for at in range(len(labels))]
    shape = np.searchsorted(labels, found).reshape(len(up), len(across))
    ax.pcolormesh(across, up, shape, cmap=ListedColormap(colours), vmin=0, vmax=len(labels) - 1, alpha=0.25)
    for at, (label, colour) in enumerate(zip(labels, colours, strict=True)):
        marker = "os^Dvp*X"[at % 8]
        style = {"marker": marker, "edgecolors": "white", "linewidths": 0.6, "s": 28}
        ax.scatter(*points[y == label].T, color=colour, label=str(label), **style)
    ax.legend(title="class", loc="upper left", bbox_to_anchor=(1.01, 1))


def _draw_numbers(ax: Any, across: Any, up: Any, found: Any, points: Any, y: Any) -> None:
    """The plane and the points in the same shades, so that a wrong prediction is a visible point."""
    from matplotlib.ticker import MaxNLocator

    all_numbers = np.concatenate([found, y])
    least, most = float(all_numbers.min()), float(all_numbers.max())
    low = min(np.quantile(y, 0.02), np.quantile(found, 0.1))
    high = max(np.quantile(y, 0.98), np.quantile(found, 0.9))
    # Without this limit, a few outliers would leave one shade for all other numbers.
    if most - least > 2 * (high - low) > 0:
        least, most = float(low), float(high)
    levels = MaxNLocator(20).tick_values(least, most if most > least else least + 1)
    ends = ("min" if all_numbers.min() < levels[0] else "", "max" if all_numbers.max() > levels[-1] else "")
    extend = {("", ""): "neither", ("min", "max"): "both"}.get(ends, "".join(ends))
    plane = found.reshape(len(up), len(across))
    shades = ax.contourf(across, up, plane, levels=levels, cmap="cividis", extend=extend)
    # A dark rim around a light rim: one of them is visible on every shade.
    ax.scatter(*points.T, color="black", linewidths=0, s=34)
    ax.scatter(*points.T, c=y, cmap=shades.get_cmap(), norm=shades.norm, edgecolors="white", linewidths=0.6, s=22)
    ax.figure.colorbar(shades, ax=ax, label="prediction")


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


def model_summary(estimator: BaseMLP) -> str:
    """The summary of a fitted model in a notebook: its layers, its parameters, its loss curve."""
    sizes = [estimator.coefs_[0].shape[0], *(weights.shape[1] for weights in estimator.coefs_)]
    count = sum(array.size for array in (*estimator.coefs_, *estimator.intercepts_))
    usual = type(estimator)().get_params(deep=False)
    asked_for = estimator.get_params(deep=False)
    changed = {name: value for name, value in asked_for.items() if repr(value) != repr(usual[name])}
    # The repr of a generator contains its address in memory, its str does not.
    shown = {name: str(value) if name == "random_state" else repr(value) for name, value in changed.items()}
    asked = ", ".join(f"{name}={value}" for name, value in shown.items()) or "all by default"
    unit = "iteration" if uses_lbfgs(estimator) else "epoch"
    length = f"{estimator.n_iter_:,} {unit}{'' if estimator.n_iter_ == 1 else 's'}"
    # A diverged training has no last loss.
    loss = f", loss {estimator.loss_:.6g}" if hasattr(estimator, "loss_") else ""
    curve = [loss for loss in getattr(estimator, "loss_curve_", []) if np.isfinite(loss)]
    entries = [
        ("layers", " → ".join(str(size) for size in sizes) + f" ({estimator.out_activation_})"),
        ("learnt", f"{count:,} weights and biases, {estimator.coefs_[0].dtype}"),
        ("parameters", asked),
        ("training", length + loss),
    ]
    left = "text-align:left;vertical-align:top;overflow-wrap:anywhere"
    rows = "".join(
        f'<tr><th style="{left};white-space:nowrap">{name}</th><td style="{left}">{html.escape(text)}</td></tr>'
        for name, text in entries
    )
    # Left-aligned like scikit-learn's diagram above it; notebooks centre tables.
    table = f'<table style="margin:0.5em 0;table-layout:auto">{rows}</table>'
    return f'<div class="pellucid-model">{table}{_curve(curve, unit)}</div>'


def uses_lbfgs(estimator: BaseMLP) -> bool:
    """Whether the training consists of iterations of L-BFGS, not of epochs."""
    return rule_name(estimator) == "lbfgs"


def _curve(losses: list[float], unit: str) -> str:
    """A loss curve as SVG, in the colour of the text around it, so that it is legible on light and dark backgrounds."""
    if len(losses) < 2:
        return ""
    # A few hundred points are sufficient for the width.
    at = np.unique(np.linspace(0, len(losses) - 1, 300).astype(int))
    values = np.array(losses)[at]
    low, high = float(values.min()), float(values.max())
    x = 60 + 320 * at / (len(losses) - 1)
    y = 20 + 100 * (high - values) / ((high - low) or 1.0)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return (
        f'<svg width="400" viewBox="0 0 400 160" role="img" aria-label="loss by {unit}" '
        'style="color:inherit;font:11px sans-serif;max-width:100%;height:auto" fill="currentColor">'
        '<path d="M60 20V120H380" fill="none" stroke="currentColor" opacity="0.5"/>'
        f'<polyline points="{points}" fill="none" stroke="#2a8fd0" stroke-width="2"/>'
        f'<text x="55" y="24" text-anchor="end">{high:.3g}</text>'
        f'<text x="55" y="120" text-anchor="end">{low:.3g}</text>'
        f'<text x="60" y="135">1</text><text x="380" y="135" text-anchor="end">{len(losses):,}</text>'
        f'<text x="220" y="150" text-anchor="middle">{unit}</text><text x="60" y="12">loss</text></svg>'
    )
