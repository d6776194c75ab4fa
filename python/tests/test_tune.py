"""Searches from Python: those of the command, with the same bits wherever the trials run."""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import joblib
import numpy as np
import pytest
from local_clusters import local_dask, local_ray

import pellucid
from pellucid import TableClassifier, TableRegressor

COMMAND = Path(os.environ.get("PELLUCID_COMMAND", "pellucid"))
SPACE = {"learning_rate": "log:1e-3..1e-1", "hidden": [4, (8, 4)], "optimizer": ["adam", "sgd"]}
LINES = ["learning_rate=log:1e-3..1e-1", 'hidden=4,"8,4"', "optimizer=adam,sgd"]
COMMON = TableClassifier(epochs=6, random_state=3)


def search(**settings):
    return pellucid.tune(COMMON, "iris", target="species", **{"space": SPACE, "trials": 5, **settings})


@pytest.mark.parametrize("settings", [{}, {"method": "halving", "trials": 9}, {"folds": 3, "metric": "log_loss"}])
def test_trials_are_those_of_the_command(settings, tmp_path):
    if not COMMAND.exists():
        pytest.skip(f"{COMMAND} is not built (cargo build), so a search is not compared with its own")
    flags = {"trials": 5, "epochs": 6, "seed": 3, **settings}
    arguments = [f"--{name}={value}" for name, value in flags.items()]
    arguments += [f"--vary={line}" for line in LINES]
    files = ["--json", tmp_path / "record.json", "--model", tmp_path / "model.safetensors"]
    asked = [COMMAND, "tune", "iris", "--target", "species", *arguments, *files, "--quiet"]
    subprocess.run(asked, check=True, stdout=subprocess.DEVNULL)
    record = json.loads((tmp_path / "record.json").read_text())
    found = search(**settings)
    assert found.trials == record["trials"]
    assert found.best["trial"] == record["best"]
    assert (found.metric, found.space) == (record["metric"], record["space"])
    model, theirs = found.estimator.fit("iris", target="species"), pellucid.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(model.predict_proba("iris"), theirs.predict_proba("iris"))


def test_a_table_of_columns_and_of_y(tmp_path):
    random = np.random.RandomState(0)
    table = {"size": random.normal(size=90), "colour": random.choice(["red", "blue"], 90)}
    price = table["size"] + (table["colour"] == "red")
    common = TableRegressor(epochs=5)
    one = pellucid.tune(common, table, price, trials=3)
    other = pellucid.tune(common, {**table, "target": price}, target="target", trials=3)
    assert one == other
    assert one.metric == "r2"
    assert one.estimator.fit(table, price).predict(table).shape == (90,)


def test_other_processes_change_nothing():
    settings = {"method": "halving", "trials": 6}
    expected = search(**settings)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert search(client=pool, **settings) == expected
    assert search(client=joblib.Parallel(n_jobs=2), **settings) == expected


def test_dask_repeats_what_a_lost_worker_had():
    expected = search()
    with local_dask() as client:
        lost = client.submit(os.kill, client.submit(os.getpid, pure=False), 9, retries=0, pure=False)
        assert search(client=client) == expected
        assert lost.status in ("error", "pending", "finished")


def test_ray():
    with local_ray(cpus=2) as ray:
        assert search(client=ray) == search()


def test_what_cannot_be_used_is_refused():
    for settings, message in [
        ({"client": 3}, "client is of the type int"),
        ({"method": "grid"}, "method = 'grid' cannot be used"),
        ({"trials": 0}, "trials = 0 cannot be used"),
        ({"metric": "r2"}, "metric|r2"),
        ({"space": {"lerning_rate": "0..1"}}, "lerning_rate"),
        ({"space": ["hidden=none", "epochs=log:1..x"]}, "epochs"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            search(**settings)
    with pytest.raises(
        ValueError, match=r"validation = 'rows.csv' cannot be used by tune: a part of the rows is needed"
    ):
        pellucid.tune(TableClassifier(validation="rows.csv"), "iris", target="species")
    with pytest.raises(FileNotFoundError):
        pellucid.tune(COMMON, "absent.csv", target="species", trials=2)
