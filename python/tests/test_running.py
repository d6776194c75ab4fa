"""Threads, Ctrl-C, memory, and Python's lock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from pellucid import MLPClassifier, MLPRegressor


@pytest.mark.parametrize("settings", [{}, {"solver": "sgd"}, {"solver": "lbfgs"}, {"early_stopping": True}])
def test_the_number_of_threads_does_not_change_a_bit(settings):
    random = np.random.RandomState(0)
    X, y = random.normal(size=(700, 150)), random.randint(4, size=700)
    settings = {"hidden_layer_sizes": (300, 60), "max_iter": 3, "random_state": 0, **settings}
    one = MLPClassifier(n_threads=1, **settings).fit(X, y)
    for n_threads in (2, 5, None):
        many = MLPClassifier(n_threads=n_threads, **settings).fit(X, y)
        for a, b in zip(one.coefs_ + one.intercepts_, many.coefs_ + many.intercepts_, strict=True):
            np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(one.predict_proba(X), many.predict_proba(X))


INTERRUPTED = """
import sys, time, warnings
import numpy as np
from pellucid import MLPClassifier
random = np.random.RandomState(0)
X, y = random.normal(size=({rows}, {columns})), random.randint(2, size={rows})
model = MLPClassifier(hidden_layer_sizes={hidden}, max_iter=10**7, tol=0, n_iter_no_change=10**7, {more})
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print("training", flush=True)
    start = time.monotonic()
    model.fit(X, y)
messages = [str(warning.message) for warning in caught]
print(messages, len(model.loss_curve_) == model.n_iter_, np.isfinite(model.predict_proba(X)).all())
model.set_params(max_iter=2).fit(X[:50], y[:50])
print("usable")
"""


def _interrupt_until(process: subprocess.Popen[str], is_answered: threading.Event) -> None:
    """Sends the signal of Ctrl-C, and again every 15 seconds without an answer."""
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        if is_answered.wait(15.0):
            return


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no signal to one process alone")
@pytest.mark.parametrize(
    "case",
    [
        {"rows": 40, "columns": 2, "hidden": 3, "more": ""},
        {"rows": 40, "columns": 2, "hidden": 3, "more": "early_stopping=True"},
        {"rows": 4000, "columns": 50, "hidden": 60, "more": "solver='lbfgs', max_fun=10**9, activation='tanh'"},
        {"rows": 4000, "columns": 300, "hidden": (1000, 500), "more": "batch_size=100"},
    ],
)  # fmt: skip
def test_ctrl_c_ends_training_and_leaves_a_usable_model(case):
    code = INTERRUPTED.format(**case)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "training\n"
    time.sleep(1.0)
    sent = time.monotonic()
    # A signal that is lost must fail the test, not hang it.
    is_answered = threading.Event()
    again = threading.Thread(target=_interrupt_until, args=(process, is_answered))
    again.start()
    line = process.stdout.readline()
    waited = time.monotonic() - sent
    is_answered.set()
    again.join()
    # `communicate` would lose the buffer of `readline`.
    assert process.stderr is not None
    out, errors = process.stdout.read(), process.stderr.read()
    process.wait(timeout=120)
    assert line == "['Training interrupted by user.'] True True\n", (line, errors)
    assert out == "usable\n", (out, errors)
    # The time of a batch and of the predictions for all rows, not of an epoch; on a loaded machine.
    assert waited < 10


MEMORY = """
import resource, sys
import numpy as np
from pellucid import MLPRegressor
X = np.empty((400_000, 40), order="{order}")
for row in range(0, len(X), 1000):
    X[row : row + 1000] = np.random.RandomState(row).normal(size=(1000, 40))
y = X[:, 0].copy()
MLPRegressor(hidden_layer_sizes=4, max_iter=1).fit(X[:1000], y[:1000])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
MLPRegressor(hidden_layer_sizes=4, max_iter=1, batch_size=500, {more}).fit(X, y)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) * 1024 / X.nbytes)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems count in other units")
@pytest.mark.parametrize(
    ("order", "more", "copies"),
    # Masks and orders of rows take some further memory.
    [("C", "", 0.3), ("C", "early_stopping=True", 0.4), ("F", "", 1.3)],
)
def test_additional_memory(order, more, copies):
    code = MEMORY.format(order=order, more=more)
    found = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert float(found.stdout) < copies


def test_other_threads_run_during_training():
    random = np.random.RandomState(0)
    X, y = random.normal(size=(2000, 100)), random.normal(size=2000)
    done, counted = threading.Event(), []

    def count():
        while not done.is_set():
            counted.append(time.monotonic())
            time.sleep(0.001)

    counter = threading.Thread(target=count)
    counter.start()
    start = time.monotonic()
    MLPRegressor(hidden_layer_sizes=200, max_iter=10, tol=0, n_threads=1).fit(X, y)
    end = time.monotonic()
    done.set()
    counter.join()
    gaps = np.diff([start, *(at for at in counted if start < at < end), end])
    assert gaps.max() < max(0.5 * (end - start), 0.2)


def test_read_only_rows():
    X = np.random.RandomState(0).normal(size=(100, 3))
    X.flags.writeable = False
    assert np.isfinite(MLPRegressor(max_iter=2).fit(X, X[:, 0]).loss_)
