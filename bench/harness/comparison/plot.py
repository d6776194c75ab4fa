"""A picture of the comparison: every table's figures of the peers beside the default's, and the mean ranks."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.ticker import NullFormatter, ScalarFormatter

from .entrants import DEFAULT, OWN
from .scores import FIGURES
from .summary import SHIFT, Summary

# Okabe & Ito's colours, which readers with any colour vision tell apart.
COLOURS = ["#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#D55E00", "#0072B2"]
MARKERS = ["s", "^", "v", "P", "X", "D"]


def draw(summaries: dict[str, Summary], path: Path) -> None:
    """For each group of tables a row of panels with dots and one with mean ranks; a column for each figure."""
    groups = [(group, summary) for group, summary in summaries.items() if DEFAULT in summary.entrants]
    figures = [figure for figure in FIGURES if any(figure in summary.figures for _, summary in groups)]
    if not figures:
        return
    heights = [inches for _, summary in groups for inches in panel_heights(summary)]
    size = {"figsize": (4.6 * len(figures), sum(heights) + 1), "height_ratios": heights}
    page, axes = pyplot.subplots(2 * len(groups), len(figures), squeeze=False, **size)
    for place, (group, summary) in enumerate(groups):
        for column, figure in enumerate(figures):
            dots(axes[2 * place][column], summary, figure, group)
            bars(axes[2 * place + 1][column], summary, figure)
    labelled = {
        label: handle
        for row in axes
        for axis in row
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    page.legend(labelled.values(), labelled.keys(), loc="upper center", ncols=len(labelled), frameon=False)
    page.tight_layout(rect=(0, 0, 1, 1 - 0.4 / sum(heights)))
    path.parent.mkdir(parents=True, exist_ok=True)
    page.savefig(path, dpi=90)
    pyplot.close(page)


def panel_heights(summary: Summary) -> tuple[float, float]:
    """Inches of the dots and of the bars."""
    most = max(len(summary.tables(figure)) for figure in summary.figures)
    return 0.3 * most + 1, 0.25 * len(summary.entrants) + 0.8


def dots(axis, summary: Summary, figure: str, group: str) -> None:
    """A line for each table: each peer's figure as a multiple of the default's, both shifted as in the means."""
    rows = [row for row in summary.tables(figure) if DEFAULT in row.values[figure]]
    if not rows:
        axis.set_axis_off()
        return
    rows.sort(key=lambda row: row.values[figure][DEFAULT], reverse=True)
    peers = [name for name in summary.entrants if not name.startswith(OWN)]
    for peer, colour, marker in zip(peers, COLOURS, MARKERS, strict=False):
        of_tables = [(row.values[figure].get(peer), row.values[figure][DEFAULT]) for row in rows]
        ratios = [None if value is None else (value + SHIFT) / (own + SHIFT) for value, own in of_tables]
        points = [(ratio, place) for place, ratio in enumerate(ratios) if ratio is not None]
        axis.plot(*zip(*points, strict=True), linestyle="", marker=marker, color=colour, label=peer, alpha=0.85)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(ScalarFormatter())
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_xticks([tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10) if axis.get_xlim()[0] <= tick <= axis.get_xlim()[1]])
    axis.set_xlim(axis.get_xlim())
    axis.axvspan(axis.get_xlim()[0], 1, color="#F6DCDC", zorder=0)
    axis.axvline(1, color="black")
    axis.set_yticks(range(len(rows)), [f"{row.table}  {row.values[figure][DEFAULT]:.3f}" for row in rows])
    axis.set_ylim(-0.5, len(rows) - 0.5)
    axis.grid(axis="y", alpha=0.3)
    axis.set_title(f"{FIGURES[figure]} of a peer / of {DEFAULT}\n{group} tables; red: the peer is better", fontsize=9)


def bars(axis, summary: Summary, figure: str) -> None:
    """The mean ranks of all entrants, the best at the top."""
    if not summary.common(figure):
        axis.set_axis_off()
        return
    ranks = {name: summary.mean_rank(figure, name) for name in summary.entrants}
    ranked = sorted((name for name in ranks if ranks[name] is not None), key=ranks.get, reverse=True)
    colours = ["black" if name == DEFAULT else "#888888" if name.startswith(OWN) else "#56B4E9" for name in ranked]
    drawn = axis.barh(ranked, [ranks[name] for name in ranked], color=colours)
    axis.bar_label(drawn, fmt="%.2f", padding=2, fontsize=8)
    axis.margins(x=0.12)
    axis.set_title(f"mean rank by {FIGURES[figure]}, {len(summary.common(figure))} tables", fontsize=9)
