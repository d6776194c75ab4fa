"""A process for each peer, so that its crash or its slowness ends no other measurement."""

from __future__ import annotations

import contextlib
import multiprocessing
import os

import numpy as np

from ..contestants import Unavailable
from .seconds import Seconds
from .splits import Split


class Worker:
    """A process that fits one peer. It starts with the first fit, and again after a crash."""

    def __init__(self, name: str, threads: int, patience: int):
        self._name, self._threads, self._patience = name, threads, patience
        self._process = self._ours = None

    def fit(self, split: Split) -> tuple[np.ndarray, Seconds]:
        """Outputs for the test rows and the seconds of the fit."""
        if self._process is None:
            self._start()
        self._ours.send(split)
        if not self._ours.poll(self._patience):
            self.close()
            raise Unavailable(f"took more than {self._patience} s")
        try:
            outputs, seconds, failure = self._ours.recv()
        except EOFError:
            self.close()
            raise Unavailable("its process ended without an answer") from None
        if failure:
            raise Unavailable(failure)
        return outputs, seconds

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self._name, self._threads), daemon=True)
        self._process.start()
        theirs.close()

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = self._ours = None


def serve(connection, name: str, threads: int) -> None:
    """Answers each split with outputs, seconds and no failure, or with a failure."""
    from .learners import fit_and_predict

    # What a peer prints is not a result.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            split = connection.recv()
            try:
                connection.send((*fit_and_predict(name, split, threads), None))
            except Exception as error:
                words = str(error).strip().splitlines() or [""]
                connection.send((None, None, f"{type(error).__name__}: {words[0]}"))
