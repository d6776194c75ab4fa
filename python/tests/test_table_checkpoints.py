"""Checkpoints of the estimators for tables: a training that goes on gives the file of one that was not interrupted."""

from __future__ import annotations

import _thread
import threading
import warnings

import numpy as np
import pytest

from pellucid import TableClassifier


def rows(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    X = random.normal(size=(count, 4))
    return X, np.where(X[:, 0] * X[:, 1] > 0, "same", "other")


def model(path, **parameters) -> TableClassifier:
    settings = {"preset": "plain", "set": {"train.patience": None}, "random_state": 3, "n_threads": 1}
    return TableClassifier(**settings, checkpoint=path, **parameters)


def saved(estimator: TableClassifier, folder) -> bytes:
    path = folder / "model.safetensors"
    estimator.save(path)
    return path.read_bytes()


def test_a_training_goes_on_as_if_it_had_not_ended(tmp_path):
    X, y = rows(120)
    path = tmp_path / "state"
    model(path, epochs=12, checkpoint_every="5epochs").fit(X, y)
    assert path.exists()
    continued = model(path, epochs=30, checkpoint_every="5epochs", resume="auto").fit(X, y)
    whole = model(None, epochs=30).fit(X, y)
    assert len(continued.history_) == 30
    assert saved(continued, tmp_path) == saved(whole, tmp_path)


def test_ctrl_c_leaves_a_model_and_a_checkpoint(tmp_path):
    X, y = rows(400)
    path = tmp_path / "state"
    timer = threading.Timer(1.0, _thread.interrupt_main)
    timer.start()
    with pytest.warns(UserWarning, match=r"interrupted by user.*resume='auto'"):
        stopped = model(path, epochs=1_000_000).fit(X, y)
    timer.join()
    assert path.exists()
    assert stopped.predict(X).shape == (400,)
    reached = stopped.recipe_["train"]["epochs"], len(stopped.history_)
    assert reached[1] < reached[0]


def test_what_does_not_go_together_is_refused(tmp_path):
    X, y = rows(60)
    path = tmp_path / "state"
    model(path, epochs=3, checkpoint_every="1epoch").fit(X, y)
    with pytest.raises(ValueError, match="there is a file already"):
        model(path, epochs=3).fit(X, y)
    with pytest.raises(ValueError, match="the data have changed"):
        model(path, epochs=3, resume="auto").fit(*rows(60, seed=1))
    with pytest.raises(ValueError, match="checkpoint of another training"):
        model(path, epochs=3, l2=0.5, resume="auto").fit(X, y)
    for wrong, message in [
        ({"checkpoint_every": "5 minutes"}, "checkpoint_every.*5000steps"),
        ({"checkpoint_keep": 0}, "checkpoint_keep = 0 cannot be used"),
        ({"resume": tmp_path / "absent"}, "absent"),
    ]:
        with pytest.raises((ValueError, OSError), match=message):
            model(tmp_path / "other", epochs=3, **wrong).fit(X, y)
    for wrong, message in [({"resume": "auto"}, "name that file"), ({"checkpoint_every": 5}, "name its file")]:
        with pytest.raises(ValueError, match=message):
            model(None, epochs=3, **wrong).fit(X, y)


def test_seconds_may_be_a_number(tmp_path):
    X, y = rows(60)
    path = tmp_path / "state"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model(path, epochs=50, checkpoint_every=0.001).fit(X, y)
    assert path.exists()
