"""How many threads a fit may take: all cores, or its share where many fits run side by side."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from functools import lru_cache

import joblib
from joblib.parallel import get_active_backend
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads


def thread_count(n_threads: int | None) -> int:
    """How many threads to train on: as many as there are cores for this process, unless told otherwise.

    Bounds are those that scikit-learn and joblib go by: affinity, the quota of a container, ``LOKY_MAX_CPU_COUNT``,
    ``OMP_NUM_THREADS``, threadpoolctl's limits. In a worker of joblib, Dask or Ray it is the share that the worker was
    told by ``OMP_NUM_THREADS``, else one.
    """
    if n_threads is not None:
        return n_threads
    told = os.environ.get("OMP_NUM_THREADS", "")
    share = int(told) if told.isdigit() and int(told) > 0 else None
    if _has_neighbours():
        return 1
    if share is None and (_is_alone() or _is_of_dask()):
        return 1
    cores: int = min(_cores(os.environ.get("LOKY_MAX_CPU_COUNT"), _affinity()), _openmp_effective_n_threads())
    return max(1, min(cores, share or cores))


def _has_neighbours() -> bool:
    """Whether this is one of several threads of a process in which fits run side by side, or a pool's process.

    ``OMP_NUM_THREADS`` was told the whole process there, if at all.
    """
    if multiprocessing.current_process().daemon:
        return True
    is_nested = bool(get_active_backend()[0].nesting_level)
    return is_nested and not (threading.current_thread() is threading.main_thread() and _is_alone())


def _is_alone() -> bool:
    """Whether this is a worker that does one task at a time: a process of joblib's loky, or of Ray."""
    return multiprocessing.current_process().name.startswith("LokyProcess") or _is_of_ray()


def _is_of_ray() -> bool:
    ray = sys.modules.get("ray")
    # What is no worker is the driver, which starts the tasks.
    return ray is not None and ray.is_initialized() and ray.get_runtime_context().worker.mode == ray.WORKER_MODE


def _is_of_dask() -> bool:
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return False
    try:
        distributed.get_worker()
    except (AttributeError, ValueError):
        return False
    return True


def _affinity() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=8)
def _cores(most: str | None, affinity: int) -> int:
    """joblib's count reads the files of the system, which takes longer than a prediction; it is by these besides."""
    return int(joblib.cpu_count())
