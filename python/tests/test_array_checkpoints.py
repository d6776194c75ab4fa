"""Checkpoints of the estimators for arrays: a training that goes on equals one that was not interrupted, to the bit."""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap
import warnings
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from pellucid import MLPClassifier, MLPRegressor

X = np.random.default_rng(0).normal(size=(150, 5))
CLASSES = (X[:, 0] * X[:, 1] > 0).astype(int) + (X[:, 2] > 1)
NUMBERS = np.sin(X[:, 0]) + X[:, 1]
NEVER = {"tol": 0.0, "n_iter_no_change": 10**6}

CASES: dict[str, tuple[type, dict[str, Any]]] = {
    "adam": (MLPClassifier, {"max_iter": 25}),
    "adam, stagnation": (MLPClassifier, {"max_iter": 400, "tol": 1e-2, "n_iter_no_change": 4}),
    "early stopping": (MLPClassifier, {"max_iter": 60, "early_stopping": True, "n_iter_no_change": 6}),
    "scorer": (
        MLPClassifier,
        {"max_iter": 20, "early_stopping": True, "early_stopping_metric": "neg_log_loss", **NEVER},
    ),
    "inverse scaling": (MLPRegressor, {"max_iter": 20, "solver": "sgd", "learning_rate": "invscaling", **NEVER}),
    "adaptive": (
        MLPRegressor,
        {"max_iter": 120, "solver": "sgd", "learning_rate": "adaptive", "tol": 0.05, "n_iter_no_change": 2},
    ),
    "no shuffle": (MLPRegressor, {"max_iter": 20, "shuffle": False, **NEVER}),
    "parts": (
        MLPClassifier,
        {
            "max_iter": 20,
            "optimizer": "nadam",
            "schedule": "cosine",
            "dropout": 0.2,
            "normalisation": "batch",
            "train": {"average": "ema", "clip_norm": 1.0},
            **NEVER,
        },
    ),
    "single precision": (MLPRegressor, {"max_iter": 20, "precision": "f32", **NEVER}),
    "lbfgs": (MLPClassifier, {"max_iter": 60, "solver": "lbfgs"}),
    "lbfgs, limit": (MLPRegressor, {"max_iter": 10, "solver": "lbfgs"}),
}


def model(case: str, **more: Any) -> Any:
    of, parameters = CASES[case]
    return of(hidden_layer_sizes=(7,), batch_size=32, random_state=3, n_threads=1, **{**parameters, **more})


def fitted(estimator: Any, rows: Any = X) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(rows, NUMBERS if isinstance(estimator, MLPRegressor) else CLASSES)


def assert_equal(found: Any, expected: Any) -> None:
    for name in ("loss_curve_", "validation_scores_", "n_iter_", "t_", "loss_", "best_loss_", "best_validation_score_"):
        assert hasattr(found, name) == hasattr(expected, name)
        np.testing.assert_array_equal(getattr(found, name, 0), getattr(expected, name, 0), err_msg=name)
    for one, other in zip(found.coefs_ + found.intercepts_, expected.coefs_ + expected.intercepts_, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(found.predict(X), expected.predict(X))


class Interrupting:
    """Ctrl-C after every few epochs."""

    def __init__(self, every: int) -> None:
        self.every = every
        self.calls = 0

    def __call__(self, _: Any, __: Any) -> None:
        self.calls += 1
        if self.calls % self.every == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("every", ["1epoch", "3steps"])
def test_an_interrupted_training_goes_on_to_the_same_bits(case, every, tmp_path):
    if "lbfgs" in case and every == "3steps":
        pytest.skip("an iteration of L-BFGS is one step")
    path = tmp_path / "state"
    expected = fitted(model(case))
    times = 0
    for times in range(60):
        callbacks = [Interrupting(4 if "lbfgs" not in case else 1000)] if times < 20 else None
        again = model(case, checkpoint=path, checkpoint_every=every, resume="auto", callbacks=callbacks)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted(again)
        if callbacks is None or callbacks[0].calls % callbacks[0].every:
            break
    assert times > 2 or "lbfgs" in case or again.n_iter_ < 12
    assert_equal(again, expected)
    # A training that has ended is not repeated, and gives the same model again.
    assert_equal(fitted(model(case, checkpoint=path, resume=path)), expected)


@pytest.mark.parametrize("case", ["adam", "scorer", "adaptive", "parts", "lbfgs, limit"])
def test_more_epochs_may_be_asked_for(case, tmp_path):
    path = tmp_path / "state"
    longer = {"schedule": None} if case == "parts" else {}
    epochs = CASES[case][1]["max_iter"]
    fitted(model(case, checkpoint=path, checkpoint_every="2epochs", max_iter=epochs // 2, **longer))
    assert path.exists()
    continued = fitted(model(case, checkpoint=path, resume="auto", **longer))
    if "lbfgs" in case:
        # The search begins anew from the weights where it ended.
        assert continued.loss_ <= fitted(model(case, max_iter=epochs // 2)).loss_
    else:
        assert_equal(continued, fitted(model(case, **longer)))


def test_sparse_rows_go_on_too(tmp_path):
    rows = sparse.csr_array(np.where(X > 0.5, X, 0))
    path = tmp_path / "state"
    fitted(model("adam", checkpoint=path, checkpoint_every="1epoch", max_iter=5), rows)
    continued = fitted(model("adam", checkpoint=path, resume="auto"), rows)
    whole = fitted(model("adam"), rows)
    np.testing.assert_array_equal(continued.coefs_[0], whole.coefs_[0])


KILLED = """
    import sys, numpy as np, warnings
    warnings.simplefilter("ignore")
    from pellucid import MLPClassifier
    X = np.random.default_rng(1).normal(size=(2000, 20))
    y = X[:, 0] * X[:, 1] > 0
    path = sys.argv[1] if len(sys.argv) > 2 else None
    more = dict(checkpoint=path, checkpoint_every="7steps", resume="auto") if path else {}
    model = MLPClassifier((24, 8), max_iter=int(150), early_stopping=True, n_iter_no_change=10**6, tol=0.0,
                          random_state=0, n_threads=1, **more).fit(X, y)
    np.save(sys.argv[-1], np.concatenate([w.ravel() for w in model.coefs_] + [model.validation_scores_]))
"""


def test_a_process_that_is_killed_at_any_moment_loses_nothing(tmp_path):
    program = [sys.executable, "-c", textwrap.dedent(KILLED)]
    subprocess.run([*program, tmp_path / "whole.npy"], check=True)
    chance = random.Random(2)
    kills = 0
    while True:
        process = subprocess.Popen([*program, tmp_path / "state", tmp_path / "resumed.npy"])
        try:
            # Once it has been killed often enough, it may end.
            code = process.wait(timeout=chance.uniform(0.9, 2.0) if kills < 4 else None)
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
    assert code == 0
    np.testing.assert_array_equal(np.load(tmp_path / "resumed.npy"), np.load(tmp_path / "whole.npy"))


def test_what_does_not_go_together_is_refused(tmp_path):
    path = tmp_path / "state"
    fitted(model("adam", checkpoint=path, checkpoint_every="1epoch", max_iter=3))
    with pytest.raises(ValueError, match="there is a file already; go on from it with resume='auto'"):
        fitted(model("adam", checkpoint=path))
    with pytest.raises(ValueError, match="the data have changed"):
        fitted(model("adam", checkpoint=path, resume="auto"), X + 1)
    with pytest.raises(ValueError, match=r"alpha is 0\.0001 there and 0\.5 here"):
        fitted(model("adam", checkpoint=path, resume="auto", alpha=0.5))
    with pytest.raises(ValueError, match="max_iter is 3 there and 2 here; it may be raised, not lowered"):
        fitted(model("adam", checkpoint=path, resume="auto", max_iter=2))
    with pytest.raises(ValueError, match="checkpoint needs random_state"):
        fitted(model("adam", checkpoint=tmp_path / "other").set_params(random_state=None))
    with pytest.raises(ValueError, match="name that file"):
        fitted(model("adam", resume="auto"))
    with pytest.raises(ValueError, match="partial_fit keeps no checkpoint"):
        model("adam", checkpoint=tmp_path / "other").partial_fit(X, CLASSES, classes=[0, 1, 2])


def test_the_interruption_says_how_to_go_on(tmp_path):
    path = tmp_path / "state"
    with pytest.warns(UserWarning, match=r"interrupted by user.*resume='auto'"):
        fitted(model("adam", checkpoint=path, checkpoint_every="1epoch", callbacks=[Interrupting(3)]))
    assert path.exists()
