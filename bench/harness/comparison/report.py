"""The summary and the figures of each table, as text, as Markdown for the documentation, and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import asdict

from .. import grid
from .entrants import DEFAULT, OWN
from .scores import FIGURES
from .summary import SHIFT, Row, Summary


def number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def overview(summary: Summary) -> list[tuple[str, ...]]:
    names = [FIGURES[figure] for figure in summary.figures]
    lines = [("entrant", *names, *(f"rank: {name}" for name in names), "s per fit", "s, all fits")]
    for entrant in summary.entrants:
        seconds = summary.seconds(entrant)
        means = [number(summary.mean(figure, entrant), 4) for figure in summary.figures]
        ranked = [number(summary.mean_rank(figure, entrant), 2) for figure in summary.figures]
        lines.append((entrant, *means, *ranked, f"{statistics.median(seconds):.2f}", f"{sum(seconds):.0f}"))
    return lines


def basis(summary: Summary) -> str:
    counts = ", ".join(
        f"{FIGURES[figure]} on {len(summary.common(figure))} of {len(summary.tables(figure))} tables"
        for figure in summary.figures
    )
    return (
        f"Shifted geometric means (shift {SHIFT}) and mean ranks over the tables that all have: {counts}. Seconds are "
        "the processor's: the median of the fits, and their sum."
    )


def records(summary: Summary) -> list[tuple[str, ...]]:
    """Wins, ties and losses of the default against each other entrant."""
    lines = [(f"{DEFAULT} against", *(f"{FIGURES[figure]}: won, tied, lost" for figure in summary.figures))]
    for entrant in summary.entrants:
        if entrant != DEFAULT:
            of_figures = [summary.record(figure, DEFAULT, entrant) for figure in summary.figures]
            lines.append((entrant, *(", ".join(map(str, counts)) for counts in of_figures)))
    return lines


def per_table(summary: Summary, figure: str, marked: Callable[[str], str]) -> list[tuple[str, ...]]:
    """A line a table; the lowest figure is `marked`. The last column has the default's distance from the best peer."""
    lines = [("table", *summary.entrants, "default − best peer")]
    for row in summary.tables(figure):
        of_table = row.values[figure]
        cells = []
        for entrant in summary.entrants:
            cell = number(of_table.get(entrant), 4) or "–"
            cells.append(marked(cell) if entrant in of_table and of_table[entrant] == row.best(figure) else cell)
        lines.append((row.table, *cells, distance(row, figure)))
    return lines


def distance(row: Row, figure: str) -> str:
    of_table = row.values[figure]
    peers = {name: value for name, value in of_table.items() if not name.startswith(OWN)}
    if not peers or DEFAULT not in of_table:
        return ""
    lowest = min(peers.values())
    first, *others = [name for name in peers if peers[name] == lowest]
    return f"{of_table[DEFAULT] - lowest:+.4f} {first}" + (f" and {len(others)} more" if others else "")


def notes(summary: Summary) -> list[str]:
    lines = [f"no result of {name}" for name in summary.without_result]
    lines += [f"FAILED: {of.entrant} on {of.table}, split {of.seed}: {of.failure}" for of in summary.failures]
    return lines


def text(summary: Summary, title: str) -> str:
    parts = [title, grid.text(overview(summary)), basis(summary)]
    if DEFAULT in summary.entrants and len(summary.entrants) > 1:
        parts.append(grid.text(records(summary)))
    for figure in summary.figures:
        lines = per_table(summary, figure, lambda cell: f"{cell}*")
        parts.append(f"{FIGURES[figure]} (* lowest)\n{grid.text(lines)}")
    return "\n\n".join(parts) + "\n" + "".join(f"{note}\n" for note in notes(summary))


def markdown(summary: Summary, title: str) -> str:
    parts = [f"### {title}", grid.markdown(overview(summary)), basis(summary)]
    if DEFAULT in summary.entrants and len(summary.entrants) > 1:
        parts.append(grid.markdown(records(summary)))
    for figure in summary.figures:
        name = FIGURES[figure]
        heading = f"{name[0].upper()}{name[1:]} of each table, the lowest in bold:"
        parts += [heading, grid.markdown(per_table(summary, figure, lambda cell: f"**{cell}**"))]
    parts += ["\n".join(f"- {note}" for note in notes(summary))] if notes(summary) else []
    return "\n\n".join(parts) + "\n"


def record(summary: Summary) -> dict:
    return {
        "entrants": {
            entrant: {
                "means": {figure: summary.mean(figure, entrant) for figure in summary.figures},
                "mean_ranks": {figure: summary.mean_rank(figure, entrant) for figure in summary.figures},
                "seconds": sum(summary.seconds(entrant)),
            }
            for entrant in summary.entrants
        },
        "tables_of_means": {figure: [row.table for row in summary.common(figure)] for figure in summary.figures},
        "won_tied_lost": {
            entrant: {figure: summary.record(figure, DEFAULT, entrant) for figure in summary.figures}
            for entrant in summary.entrants
            if entrant != DEFAULT
        },
        "results": [asdict(result) for result in summary.results],
    }
