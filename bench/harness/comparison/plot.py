"""A picture of the comparison: the mean ranks, and every table's figures of the default and the peers."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from .entrants import DEFAULT, OWN
from .scores import FIGURES
from .summary import Summary

# Okabe & Ito's colours, which readers with any colour vision tell apart; Pellucid's default is black.
COLOURS = ["#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#D55E00", "#0072B2"]
MARKERS = ["s", "^", "v", "P", "X", "D"]


def draw(summaries: dict[str, Summary], path: Path) -> None:
    """A row of panels for each group of tables, a column for each figure; below the dots, the mean ranks."""
    groups = [(group, summary) for group, summary in summaries.items() if summary.entrants]
    most = max(len(summary.tables(figure)) for _, summary in groups for figure in FIGURES)
    height = len(groups) * (0.3 * most + 3.6)
    size = {"figsize": (13, height), "height_ratios": [0.3 * most, 2.4] * len(groups)}
    figure, axes = pyplot.subplots(2 * len(groups), len(FIGURES), squeeze=False, **size)
    for place, (group, summary) in enumerate(groups):
        for column, name in enumerate(FIGURES):
            dots(axes[2 * place][column], summary, name, f"{FIGURES[name]}, {group} tables")
            bars(axes[2 * place + 1][column], summary, name)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=len(labels), frameon=False)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.5 / height))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)
    pyplot.close(figure)


def dots(axis, summary: Summary, figure: str, title: str) -> None:
    """A line of dots for each table, those where a peer is better than the default with a shaded background."""
    rows = [row for row in summary.tables(figure) if DEFAULT in row.values[figure]]
    rows.sort(key=lambda row: -row.values[figure][DEFAULT])
    peers = [name for name in summary.entrants if not name.startswith(OWN)]
    for place, row in enumerate(rows):
        of_table = row.values[figure]
        if any(of_table[name] < of_table[DEFAULT] for name in peers if name in of_table):
            axis.axhspan(place - 0.5, place + 0.5, color="#F6DCDC", zorder=0)
    for peer, colour, marker in zip(peers, COLOURS, MARKERS, strict=False):
        points = [(row.values[figure][peer], place) for place, row in enumerate(rows) if peer in row.values[figure]]
        axis.plot(*zip(*points, strict=True), linestyle="", marker=marker, color=colour, label=peer, alpha=0.9)
    places = range(len(rows))
    axis.plot([row.values[figure][DEFAULT] for row in rows], places, "o", color="black", label=DEFAULT, zorder=3)
    # Zero errors are common, so that the axis is linear near 0.
    axis.set_xscale("symlog", linthresh=0.01)
    axis.set_xlim(left=-0.0005)
    axis.set_yticks(places, [row.table for row in rows])
    axis.set_ylim(-0.5, len(rows) - 0.5)
    axis.grid(axis="x", alpha=0.3)
    axis.set_title(f"{title} (lower is better)\nred: a peer is better than the default", fontsize=9)


def bars(axis, summary: Summary, figure: str) -> None:
    """The mean ranks of all entrants, the best at the top."""
    ranks = {name: summary.mean_rank(figure, name) for name in summary.entrants}
    ranked = sorted((name for name in ranks if ranks[name] is not None), key=ranks.get, reverse=True)
    colours = ["black" if name == DEFAULT else "#888888" if name.startswith(OWN) else "#56B4E9" for name in ranked]
    drawn = axis.barh(ranked, [ranks[name] for name in ranked], color=colours)
    axis.bar_label(drawn, fmt="%.2f", padding=2, fontsize=8)
    axis.margins(x=0.12)
    axis.set_title(f"mean rank by {FIGURES[figure]}, {len(summary.common(figure))} tables", fontsize=9)
