"""The progress bar of a training: a tqdm bar in a terminal or a notebook."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self

#: Seconds between two updates of the bar; more frequent updates only cost time.
UPDATE_INTERVAL = 0.1


class Progress:
    """Shows the epochs of ``total``, their rate, the remaining time, the loss and, with held-out rows, their score.

    It is created before the training, so that a missing tqdm is an error at once. The ``with`` statement opens the bar
    and closes it, also after an exception.
    """

    def __init__(self, name: str, total: int | None, unit: str = "epoch", score_name: str = "validation score") -> None:
        try:
            from tqdm.auto import tqdm
        except ImportError as error:
            raise ImportError("progress=True needs tqdm, which is not installed: pip install tqdm") from error
        self._tqdm: Any = tqdm
        self._name, self._total, self._unit, self._score_name = name, total, unit, score_name
        self._bar: Any = None
        self._epochs = 0
        self._loss: float | None = None
        self._score: float | None = None
        self._due = 0.0

    def __enter__(self) -> Self:
        # `report` decides about the time of updates, not tqdm.
        self._bar = self._tqdm(
            desc=self._name, total=self._total, unit=self._unit, dynamic_ncols=True, mininterval=0, miniters=1
        )
        self._due = time.monotonic() + UPDATE_INTERVAL
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._show()
        self._bar.close()
        if kind is None and hasattr(self._bar, "container"):
            # A notebook's bar turns red if it is incomplete, but a training that ends early has not failed.
            self._bar.container.children[1].bar_style = "success"

    def report(self, epochs: int, loss: float | None, score: float | None = None, part: float = 0.0) -> None:
        """Records the number of complete epochs and the part of the next; updates the bar when it is due."""
        # If many epochs pass between two updates, parts of an epoch are noise.
        self._bar.n = epochs + round(part, 1) if part and epochs == self._epochs else epochs
        self._epochs = epochs
        self._loss = self._loss if loss is None else loss
        self._score = self._score if score is None else score
        now = time.monotonic()
        if now >= self._due:
            self._due = now + UPDATE_INTERVAL
            self._show()

    def callback_from(self, start: int) -> Callable[[int, float, float | None, float | None], None]:
        """The function that the engine calls regularly during a training that starts after ``start`` epochs."""

        def progress(epochs: int, part: float, loss: float | None, score: float | None) -> None:
            self.report(start + epochs, loss, score, part)

        return progress

    def write(self, line: str) -> None:
        """Prints a line above the bar."""
        self._tqdm.write(line, file=sys.stdout)

    def _show(self) -> None:
        figures = [("loss", self._loss), (self._score_name, self._score)]
        text = ", ".join(f"{name}={figure:.4g}" for name, figure in figures if figure is not None)
        self._bar.set_postfix_str(text, refresh=False)
        self._bar.refresh()
