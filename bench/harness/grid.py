"""Lines of cells as aligned text, or as a table of Markdown. The first line has the headings."""

from __future__ import annotations


def text(lines: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def markdown(lines: list[tuple[str, ...]]) -> str:
    headings, *rest = lines
    bars = [f"| {' | '.join(line)} |" for line in [headings, ("---",) * len(headings), *rest]]
    return "\n".join(bars)
