"""The progress bar: its text, that it closes, and that it does not change the result."""

from __future__ import annotations

import builtins
import os
import re
import signal
import threading
import time

import numpy as np
import pytest

import pellucid
from pellucid import MLPClassifier, MLPRegressor

pytest.importorskip("tqdm")

SMALL = {"hidden_layer_sizes": (5,), "random_state": 0}


def last_text(capsys):
    """The text of the bar when it closed; earlier texts are overwritten."""
    shown = capsys.readouterr().err
    assert shown.endswith("\n")
    return shown.rstrip("\n").rsplit("\r", 1)[-1]


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_it_shows_epochs_rate_and_loss_and_changes_no_bit(data, capsys, solver):
    X, y = data["iris"]
    plain = MLPClassifier(solver=solver, max_iter=20, **SMALL).fit(X, y)
    assert capsys.readouterr().err == ""
    shown = MLPClassifier(solver=solver, max_iter=20, progress=True, **SMALL).fit(X, y)
    text = last_text(capsys)
    unit = "iteration" if solver == "lbfgs" else "epoch"
    assert re.match(rf"MLPClassifier: 100%\|.*\| 20/20 \[\d\d:\d\d<00:00, .*{unit}(/s)?, loss=[\d.e-]+\]", text), text
    assert shown.loss_curve_ == plain.loss_curve_
    for a, b in zip(shown.coefs_ + shown.intercepts_, plain.coefs_ + plain.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)
    if solver != "lbfgs":
        assert f"loss={shown.loss_:.4g}]" in text


def test_it_ends_where_training_ends_early(data, capsys):
    X, y = data["wine"]
    model = MLPClassifier(max_iter=5000, early_stopping=True, n_iter_no_change=3, progress=True, **SMALL).fit(X, y)
    text = last_text(capsys)
    assert model.n_iter_ < 5000 and f"| {model.n_iter_}/5000 [" in text
    assert f"loss={model.loss_:.4g}, validation score={model.validation_scores_[-1]:.4g}]" in text
    model = MLPRegressor(max_iter=5000, tol=1.0, progress=True, **SMALL).fit(X, y)
    assert f"| {model.n_iter_}/5000 [" in last_text(capsys)


def test_verbose_lines_stay_whole(data, capsys):
    X, y = data["wine"]
    model = MLPClassifier(max_iter=3, verbose=True, progress=True, **SMALL).fit(X, y)
    printed = capsys.readouterr().out.replace("\r", "")
    assert printed.split("\n") == [
        f"Iteration {k + 1}, loss = {loss:.8f}" for k, loss in enumerate(model.loss_curve_)
    ] + [""]


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no signal to one thread alone")
@pytest.mark.parametrize("more", [{}, {"early_stopping": True}, {"solver": "lbfgs", "max_fun": 10**9}])
def test_ctrl_c_closes_it(capsys, monkeypatch, more):
    from tqdm.auto import tqdm

    random = np.random.RandomState(0)
    # Targets that cannot be learnt, so that no solver converges.
    X, y = random.normal(size=(3000, 50)), random.randint(4, size=3000)
    timer = threading.Timer(0.05, signal.raise_signal, [signal.SIGINT])
    refresh, updates = tqdm.refresh, []

    def interrupt(self, *more, **named):
        updates.append(time.monotonic())
        # The first is the opening of the bar; at the third, the training is running.
        if len(updates) == 3:
            timer.start()
        return refresh(self, *more, **named)

    monkeypatch.setattr(tqdm, "refresh", interrupt)
    model = MLPClassifier((60,), "tanh", max_iter=10**6, tol=0, n_iter_no_change=10**6, progress=True, **more)
    try:
        with pytest.warns(UserWarning, match="interrupted by user"):
            model.fit(X, y)
    finally:
        timer.cancel()
    assert 0 < model.n_iter_ < 10**6
    assert re.search(r"\| [\d.]+/1000000 \[.*loss=", last_text(capsys))
    assert np.isfinite(model.predict_proba(X)).all()


def test_errors_close_it(data, capsys):
    X, y = data["iris"]

    def fail(model, report):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        MLPClassifier(max_iter=9, callbacks=[fail], progress=True, **SMALL).fit(X, y)
    assert "| 1/9 [" in last_text(capsys)
    with pytest.raises(ValueError, match="non-finite"):
        MLPRegressor(solver="sgd", learning_rate_init=1e6, max_iter=9, progress=True, **SMALL).fit(1e6 * X, y)
    assert "/9 [" in last_text(capsys)


def test_it_is_updated_ten_times_a_second_at_most(data, monkeypatch):
    from tqdm.auto import tqdm

    X, y = data["iris"]
    updates: list[float] = []
    refresh = tqdm.refresh
    monkeypatch.setattr(
        tqdm, "refresh", lambda self, *a, **k: (updates.append(time.monotonic()), refresh(self, *a, **k))
    )
    for more in ({}, {"early_stopping": True}):
        updates.clear()
        start = time.monotonic()
        MLPClassifier((3,), max_iter=1500 if more else 8000, tol=0, n_iter_no_change=10**6, progress=True,
                      **more).fit(X, y)  # fmt: skip
        # Those in between, plus opening and closing.
        assert 1 <= len(updates) <= 10 * (time.monotonic() - start) + 3


def test_recipes_have_one_too(capsys):
    recipe = pellucid.Recipe.built_in("xor-sgd")
    recipe["train"]["epochs"] = 300
    plain, shown = pellucid.run(recipe), pellucid.run(recipe, progress=True)
    assert re.match(r"run: 100%\|.*\| 300/300 \[.*epoch/s, loss=[\d.e-]+\]", last_text(capsys))
    assert shown["final"] == plain["final"]
    held_out = pellucid.Recipe.from_toml(
        'data = { source = "regression", rows = 50, features = 3, noise = 0.1, validation = 0.2 }\n'
        'network = { layers = [3, 4, 1], activation = "tanh" }\n'
        '[train]\nloss = "half_squared_error"\nlearning_rate = 0.01\nepochs = 7\n'
    )
    pellucid.run(held_out, progress=True)
    assert re.search(r"\| 7/7 \[.*, validation loss=[\d.e-]+\]", last_text(capsys))


def test_partial_fit_has_none(data, capsys):
    X, y = data["diabetes"]
    MLPRegressor(progress=True, **SMALL).partial_fit(X, y)
    assert capsys.readouterr().err == ""


def test_diagnose_which_trains_again_has_none(data, capsys):
    X, y = data["iris"]
    model = MLPClassifier(max_iter=20, progress=True, **SMALL).fit(X, y)
    assert last_text(capsys)
    assert model.diagnose(X, y) == []
    assert capsys.readouterr().err == ""


def test_without_tqdm_it_says_what_to_install(data, monkeypatch):
    X, y = data["iris"]
    really = builtins.__import__

    def without(name, *more, **named):
        if name.startswith("tqdm"):
            raise ModuleNotFoundError(f"No module named {name!r}")
        return really(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    model = MLPClassifier(progress=True, **SMALL)
    with pytest.raises(ImportError, match="pip install tqdm"):
        model.fit(X, y)
    assert not hasattr(model, "coefs_")
    with pytest.raises(ImportError, match="pip install tqdm"):
        pellucid.run("xor-sgd", progress=True)
    MLPClassifier(max_iter=1, **SMALL).fit(X, y)
