"""A bar that shows how far training is: tqdm's, in a terminal as in a notebook."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self

#: A bar that moves more often than every so many seconds only costs time.
BETWEEN_LOOKS = 0.1


class Progress:
    """Epochs of ``total``, their rate, the time left, the loss and, where rows are held out, what they tell.

    Made before training, so that a missing tqdm is told at once; the bar appears where the ``with`` begins, and closes
    where it ends, whatever ends it.
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
        # How often it is worth a look is for `tell` to say, not for tqdm.
        self._bar = self._tqdm(
            desc=self._name, total=self._total, unit=self._unit, dynamic_ncols=True, mininterval=0, miniters=1
        )
        self._due = time.monotonic() + BETWEEN_LOOKS
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._show()
        self._bar.close()
        if kind is None and hasattr(self._bar, "container"):
            # A notebook's bar turns red where it is short of its end, but training that ends early has not failed.
            self._bar.container.children[1].bar_style = "success"

    def tell(self, epochs: int, loss: float | None, score: float | None = None, part: float = 0.0) -> None:
        """Take note of how many epochs are over, and how much of the next; show it if it is time to."""
        # Where many epochs go by between two looks, parts of one are noise.
        self._bar.n = epochs + round(part, 1) if part and epochs == self._epochs else epochs
        self._epochs = epochs
        self._loss = self._loss if loss is None else loss
        self._score = self._score if score is None else score
        now = time.monotonic()
        if now >= self._due:
            self._due = now + BETWEEN_LOOKS
            self._show()

    def tell_from(self, start: int) -> Callable[[int, float, float | None, float | None], None]:
        """What the engine calls now and then while it trains on from so many epochs."""

        def told(epochs: int, part: float, loss: float | None, score: float | None) -> None:
            self.tell(start + epochs, loss, score, part)

        return told

    def write(self, line: str) -> None:
        """Print a line, above the bar."""
        self._tqdm.write(line, file=sys.stdout)

    def _show(self) -> None:
        figures = [("loss", self._loss), (self._score_name, self._score)]
        told = ", ".join(f"{name}={figure:.4g}" for name, figure in figures if figure is not None)
        self._bar.set_postfix_str(told, refresh=False)
        self._bar.refresh()
