"""Clusters of several processes on this machine."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def local_dask() -> Iterator[Any]:
    """A client of a Dask cluster of two workers; without Dask, the test is skipped."""
    distributed = pytest.importorskip(
        "distributed", reason="Dask is not installed (pip install dask[dataframe] distributed): it is not tested"
    )
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@contextmanager
def local_ray(cpus: int) -> Iterator[Any]:
    """The module ``ray``, connected to a cluster of so many CPUs; without Ray, or where it does not start, the test is
    skipped.
    """
    ray = pytest.importorskip("ray", reason="Ray is not installed (pip install ray[data]): it is not tested")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RAY_USAGE_STATS_ENABLED", "0")
        environment.setenv("RAY_AUTH_MODE", "disabled")
        # By default its workers run at low priority, too slowly for imports on a loaded machine.
        environment.setenv("RAY_worker_niceness", "0")
        try:
            ray.init(
                num_cpus=cpus,
                include_dashboard=False,
                object_store_memory=200_000_000,
                log_to_driver=False,
                _node_ip_address="127.0.0.1",
            )
        except Exception as error:
            # Its start has a time limit of half a minute, regardless of the load.
            if "timed out during startup" not in str(error):
                raise
            pytest.skip(f"Ray did not start, so its workers are not tested: {error}")
        yield ray
        ray.shutdown()
