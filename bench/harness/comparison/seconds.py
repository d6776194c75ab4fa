"""The time that a fit takes."""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Seconds:
    """`elapsed` by the clock, which other programs lengthen, and of the `processor` in all threads."""

    elapsed: float
    processor: float

    def __sub__(self, earlier: Seconds) -> Seconds:
        return Seconds(self.elapsed - earlier.elapsed, self.processor - earlier.processor)


def of_this_process() -> Seconds:
    return Seconds(time.perf_counter(), time.process_time())


def of_finished_children() -> Seconds:
    """The processor's seconds of the child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Seconds(time.perf_counter(), used.ru_utime + used.ru_stime)
