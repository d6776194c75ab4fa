"""The number of threads of a fit: all cores, or its share if many fits run in parallel."""

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
    """The number of threads for training: by default the number of cores of this process.

    The limits are those of scikit-learn and joblib: affinity, the quota of a container, ``LOKY_MAX_CPU_COUNT``,
    ``OMP_NUM_THREADS``, threadpoolctl. In a worker of joblib, Dask or Ray, it is ``OMP_NUM_THREADS`` if that is set,
    otherwise one.
    """
    if n_threads is not None:
        return n_threads
    limit = os.environ.get("OMP_NUM_THREADS", "")
    share = int(limit) if limit.isdigit() and int(limit) > 0 else None
    if _runs_beside_other_fits():
        return 1
    if share is None and (_is_single_task_worker() or _is_dask_worker()):
        return 1
    cores: int = min(_cores(os.environ.get("LOKY_MAX_CPU_COUNT"), _affinity()), _openmp_effective_n_threads())
    return max(1, min(cores, share or cores))


def _runs_beside_other_fits() -> bool:
    """Whether this is one of several threads of a process with parallel fits, or a process of a pool.

    There, ``OMP_NUM_THREADS`` applies to the whole process, if it is set at all.
    """
    if multiprocessing.current_process().daemon:
        return True
    is_nested = bool(get_active_backend()[0].nesting_level)
    return is_nested and not (threading.current_thread() is threading.main_thread() and _is_single_task_worker())


def _is_single_task_worker() -> bool:
    """Whether this worker process runs one task at a time: a process of joblib's loky, or of Ray."""
    return multiprocessing.current_process().name.startswith("LokyProcess") or _is_ray_worker()


def _is_ray_worker() -> bool:
    ray = sys.modules.get("ray")
    # A process in another mode is the driver, which starts the tasks.
    return ray is not None and ray.is_initialized() and ray.get_runtime_context().worker.mode == ray.WORKER_MODE


def _is_dask_worker() -> bool:
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
    """joblib's count, cached because it reads system files, which takes longer than a prediction."""
    return int(joblib.cpu_count())
