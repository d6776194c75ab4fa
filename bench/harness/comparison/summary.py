"""Means, ranks, wins and losses over the tables."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from dataclasses import dataclass

from .scores import FIGURES, FIGURES_OF
from .store import Result

# The ε of the shifted geometric mean: exp(mean(log(x + ε))) - ε.
SHIFT = 0.01


def shifted_geometric_mean(values: list[float]) -> float:
    return math.exp(statistics.fmean(math.log(value + SHIFT) for value in values)) - SHIFT


def ranks(values: dict[str, float]) -> dict[str, float]:
    """From 1 for the lowest value; equal values share the mean of their ranks."""
    ordered = sorted(values.values())
    places = {value: [] for value in ordered}
    for place, value in enumerate(ordered, 1):
        places[value].append(place)
    return {name: statistics.fmean(places[value]) for name, value in values.items()}


@dataclass
class Row:
    """A table: of each figure and entrant the mean over the splits, or nothing if a split failed."""

    table: str
    task: str
    values: dict[str, dict[str, float]]

    def best(self, figure: str) -> float:
        return min(self.values[figure].values())


class Summary:
    """Of the results of some tables. Means and ranks are over those tables that every entrant has, so that they can be
    compared; an entrant without any result does not count."""

    def __init__(self, results: list[Result], splits: int):
        self.results = results
        self.entrants = list(dict.fromkeys(result.entrant for result in results if not result.failure))
        self.without_result = [
            name for name in dict.fromkeys(result.entrant for result in results) if name not in self.entrants
        ]
        self.rows = rows(results, splits)
        self.figures = [figure for figure in FIGURES if self.tables(figure)]
        self.failures = [result for result in results if result.failure]

    def tables(self, figure: str) -> list[Row]:
        """All tables with the figure."""
        return [row for row in self.rows if figure in FIGURES_OF[row.task]]

    def common(self, figure: str) -> list[Row]:
        return [row for row in self.tables(figure) if all(name in row.values[figure] for name in self.entrants)]

    def mean(self, figure: str, entrant: str) -> float | None:
        values = [row.values[figure][entrant] for row in self.common(figure)]
        return shifted_geometric_mean(values) if values else None

    def mean_rank(self, figure: str, entrant: str) -> float | None:
        of_tables = [ranks(row.values[figure])[entrant] for row in self.common(figure)]
        return statistics.fmean(of_tables) if of_tables else None

    def record(self, figure: str, ours: str, theirs: str) -> tuple[int, int, int]:
        """Tables that `ours` wins, ties and loses, of those that both have."""
        pairs = [(row.values[figure].get(ours), row.values[figure].get(theirs)) for row in self.tables(figure)]
        pairs = [(mine, other) for mine, other in pairs if mine is not None and other is not None]
        won = sum(mine < other for mine, other in pairs)
        tied = sum(mine == other for mine, other in pairs)
        return won, tied, len(pairs) - won - tied

    def seconds(self, entrant: str) -> list[float]:
        """The processor's, of each fit."""
        return [result.processor_seconds for result in self.results if result.entrant == entrant and not result.failure]


def rows(results: list[Result], splits: int) -> list[Row]:
    by_table = defaultdict(lambda: defaultdict(list))
    tasks = {}
    for result in results:
        tasks[result.table] = result.task
        if not result.failure:
            by_table[result.table][result.entrant].append(result.scores)
    return [row(table, task, by_table[table], splits) for table, task in tasks.items()]


def row(table: str, task: str, scores: dict[str, list[dict[str, float]]], splits: int) -> Row:
    values = {
        figure: {
            # Rounded, so that equal figures tie although their means differ in the last bits.
            entrant: round(statistics.fmean(of_split[figure] for of_split in of_splits), 10)
            for entrant, of_splits in scores.items()
            if len(of_splits) == splits
        }
        for figure in FIGURES
        if figure in FIGURES_OF[task]
    }
    return Row(table, task, values)
