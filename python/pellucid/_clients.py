"""Calls of a function on other processes or machines: by Dask, Ray, joblib, or an executor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def map_on(client: Any, function: Callable[[str], Any], arguments: Sequence[str]) -> list[Any]:
    """The results of a function that can be pickled, in the order of its arguments.

    The client is a ``dask.distributed.Client``, the module ``ray``, a ``joblib.Parallel``, or anything else that has
    the ``submit`` of ``concurrent.futures.Executor``. An error of one call, or Ctrl-C, cancels the others.
    """
    if _is_of(client, "joblib") and callable(client):
        import joblib

        return list(client(joblib.delayed(function)(argument) for argument in arguments))
    if getattr(client, "__name__", None) == "ray" and hasattr(client, "remote"):
        sent = client.put(function)
        tasks = [client.remote(_call).remote(sent, argument) for argument in arguments]
        try:
            return list(client.get(tasks))
        except BaseException:
            for task in tasks:
                client.cancel(task)
            raise
    if not hasattr(client, "submit"):
        raise TypeError(
            f"client is of the type {type(client).__name__}; a dask.distributed.Client, the module ray, a "
            "joblib.Parallel or an executor of concurrent.futures is needed"
        )
    if hasattr(client, "scatter"):
        # Dask sends the function, which has the table, to each worker once. As the result of a task it is made again
        # where the worker that has it is lost; data that was scattered would be gone.
        sent = client.submit(_itself, function, pure=False)
        futures = [client.submit(_call, sent, argument, pure=False) for argument in arguments]
    else:
        futures = [client.submit(function, argument) for argument in arguments]
    try:
        return [future.result() for future in futures]
    except BaseException:
        for future in futures:
            future.cancel()
        raise


def _itself(function: Callable[[str], Any]) -> Callable[[str], Any]:
    return function


def _call(function: Callable[[str], Any], argument: str) -> Any:
    return function(argument)


def _is_of(value: Any, package: str) -> bool:
    return type(value).__module__.split(".")[0] == package
