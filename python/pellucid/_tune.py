"""tune: the search for the settings that train best on a table, on this machine or on others."""

from __future__ import annotations

import json
import uuid
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from numbers import Real
from typing import TYPE_CHECKING, Any

from sklearn.base import clone

from ._clients import map_on
from ._engine import TableSearch
from ._frames import features_and_targets, file_of, is_file, stream_of, table_of_stream
from ._table_messages import in_parameters, in_sentence
from ._table_parameters import count_of, names_of, request_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._tables import BaseTable


@dataclass(frozen=True)
class Tuned:
    """The trials of a search, the best first.

    Attributes
    ----------
    trials : list of dict
        Each with ``trial``, ``settings``, ``epochs``, ``score``, ``deviation`` over folds, ``loss``, ``best_epoch``, or
        ``failed``, why its training diverged.
    best : dict
        The best of them.
    metric : str
        The score.
    space : list of str
        What varied, as ``--vary`` takes it.
    recipe : dict
        The recipe of a training with the best settings on all rows, for the best number of epochs.
    estimator : TableClassifier or TableRegressor
        An estimator with this recipe: ``estimator.fit`` trains it on all rows.
    """

    trials: list[dict[str, Any]]
    best: dict[str, Any]
    metric: str
    space: list[str]
    recipe: dict[str, Any]
    estimator: BaseTable = field(compare=False)

    def __repr__(self) -> str:
        return f"<{len(self.trials)} trials, the best {self.metric} {self.best['score']:.6g}>"


def tune(
    estimator: BaseTable,
    X: Any,
    y: Any = None,
    *,
    target: str | Sequence[str] | None = None,
    space: Mapping[str, Any] | Sequence[str] | None = None,
    trials: int = 30,
    method: str = "random",
    folds: int | None = None,
    metric: str | None = None,
    client: Any = None,
) -> Tuned:
    """Search for the settings that train best on a table: ``pellucid tune``, here or on many machines.

    A trial is a training with settings that are drawn from a space. Its score is computed on rows that it was not
    trained on. A trial depends only on the table, the settings, the seed and its own number: the result has the same
    bits on any number of threads, processes and machines, and is that of the command. A trial that is lost with its
    worker is repeated by Dask and Ray.

    Parameters
    ----------
    estimator : TableClassifier or TableRegressor
        What the trials have in common: its parameters; it is not changed.
    X, y, target
        The table, as in ``fit``. A file is read by each process, and has to be the same for all; other tables are sent.
    space : list of str or dict, default=None
        What varies: lines as ``--vary`` takes them, such as ``"learning_rate=log:1e-4..1e-1"`` or ``"hidden=8,16"``, or
        a dict of their two sides; the space of ``pellucid tune`` by default.
    trials : int, default=30
        The number of trials.
    method : {'random', 'halving'}, default='random'
        How trials are chosen.
    folds : int, default=None
        The number of folds of a cross-validation that scores each trial; by default, rows are held out once.
    metric : str, default=None
        The score; accuracy or R² by default.
    client : object, default=None
        Where trials run, each on one thread: a ``dask.distributed.Client``, the module ``ray`` after its ``init``, a
        ``joblib.Parallel``, or an executor of ``concurrent.futures``; by default the threads of this process.

    Returns
    -------
    tuned : Tuned
        The trials, the best first, and an estimator with the best settings.

    Raises
    ------
    ValueError
        If a setting or a column is not known, or every trial failed.

    Examples
    --------
    >>> import pellucid
    >>> from pellucid import TableClassifier
    >>> common = TableClassifier(epochs=10, random_state=0)
    >>> found = pellucid.tune(common, "iris", target="species", space={"hidden": "4,8,16"}, trials=4)
    >>> len(found.trials), found.metric
    (4, 'accuracy')
    >>> model = found.estimator.fit("iris", target="species")
    """
    parameters = estimator.get_params(deep=False)
    for name in ("validation", "checkpoint"):
        value = parameters[name]
        if value is not None and not isinstance(value, Real):
            needed = "a part of the rows is needed" if name == "validation" else "trials keep no checkpoints"
            raise ValueError(f"{name} = {value!r} cannot be used by tune: {needed}")
    table, targets = features_and_targets(X, y, [] if target is None else names_of(target), target)
    sent = table if is_file(table) else stream_of(table)
    if method not in ("random", "halving"):
        raise ValueError(f"method = {method!r} cannot be used: 'random' or 'halving' is needed")
    asked = {
        "halving": method == "halving",
        "space": [] if space is None else _lines(space),
        "trials": count_of("trials", trials, 1, 1_000_000),
        "folds": folds,
        "metric": metric,
    }
    try:
        request = request_of(parameters, targets, estimator._task)
        training = _Training(sent, request, json.dumps(asked))
        record = json.loads(_run(training, client, estimator._threads()))
    except ValueError as error:
        raise ValueError(in_parameters(str(error), parameters)) from None
    ranking = record["trials"]
    if record["best"] is None:
        raise ValueError(f"no trial has a score; the first failed: {ranking[0]['failed']}")
    common = {name: parameters[name] for name in ("n_threads", "verbose", "progress")}
    tuned = clone(type(estimator)(recipe=record["recipe"], **common))
    return Tuned(ranking, ranking[0], record["metric"], record["space"], record["recipe"], tuned)


def _lines(space: Mapping[str, Any] | Sequence[str]) -> list[str]:
    if isinstance(space, str):
        return [space]
    if not isinstance(space, Mapping):
        return list(space)
    return [f"{key}={value if isinstance(value, str) else _choices(value)}" for key, value in space.items()]


def _choices(values: Any) -> str:
    """Values between which a setting varies, as ``--vary`` takes them."""
    several = [values] if isinstance(values, str | Real) else list(values)
    return ",".join(f'"{value}"' if "," in str(value) else str(value) for value in map(_choice, several))


def _choice(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _run(training: _Training, client: Any, threads: int) -> str:
    """The result of all trials, JSON."""
    search = training.search()
    _, notes = search.choices_and_notes()
    for note in notes:
        warnings.warn(in_sentence(note), stacklevel=4)
    done: list[str] = []
    while jobs := search.next_jobs(_listed(done)):
        if client is not None:
            done += map_on(client, training, jobs)
            continue
        with ThreadPoolExecutor(threads) as pool:
            try:
                done += map_on(pool, training, jobs)
            except BaseException:
                search.stop()
                _search_of.cache_clear()
                raise
    return search.result(_listed(done))


def _listed(done: list[str]) -> str:
    return f"[{','.join(done)}]"


class _Training:
    """A training of a search as a function that can be pickled: from a job to the trial, both JSON."""

    def __init__(self, sent: Any, request: str, asked: str) -> None:
        # A worker that runs many trials reads the table once.
        self._key = uuid.uuid4().hex
        self._sent, self._request, self._asked = sent, request, asked

    def search(self) -> TableSearch:
        return _search_of(self)

    def __call__(self, job: str) -> str:
        trial = self.search().run_job(job)
        if trial is None:
            raise KeyboardInterrupt
        return trial

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Training) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=1)
def _search_of(training: _Training) -> TableSearch:
    sent = training._sent
    data = file_of(sent) if is_file(sent) else table_of_stream(sent)
    return TableSearch(data, training._request, training._asked)
