"""Nothing goes wrong in silence: settings, weights, validation rows, files, callbacks, threads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.metrics import mean_pinball_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import pellucid
from pellucid import MLPClassifier, MLPRegressor

SHORT = {"hidden_layer_sizes": (5,), "max_iter": 5, "random_state": 0}


def fitted(data, name="iris", **settings):
    return MLPClassifier(**{**SHORT, **settings}).fit(*data[name])


# Settings.


@pytest.mark.parametrize(
    ("key", "parameter"),
    [
        ("epochs", "max_iter"),
        ("learning_rate", "learning_rate_init"),
        ("learning-rate", "learning_rate_init"),
        ("seed", "random_state"),
        ("patience", "n_iter_no_change"),
        ("precision", "precision"),
        ("l2", "alpha"),
        ("optimizer", "optimizer"),
        ("monitor", "early_stopping_metric"),
        ("reduction", "averaged"),
        ("stop_at", "callback"),
    ],
)
def test_keys_of_train_that_are_parameters_are_refused(data, key, parameter):
    with pytest.raises(ValueError, match=parameter):
        fitted(data, train={key: 1})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "AdamW"}, "optimizer='AdamW'.*did you mean 'adamw'"),
        ({"optimizer": {}}, "needs the entry 'name'"),
        ({"schedule": "cosin"}, "did you mean 'cosine'"),
        ({"init": {"name": "he_normal"}}, "needs the entry 'method'"),
        ({"normalisation": ["btach"]}, "did you mean 'batch'"),
        ({"activation": ["rleu"]}, "did you mean 'relu'"),
    ],
)
def test_unknown_names_are_refused_in_the_words_of_the_parameter(data, settings, message):
    with pytest.raises(ValueError, match=message):
        fitted(data, **settings)


@pytest.mark.parametrize("sizes", [(8.7,), (True,), ("5",), 3.0, np.array([5.0])])
def test_sizes_that_are_no_integers_are_refused(data, sizes):
    # A single number that is none is refused by scikit-learn's check of parameters.
    with pytest.raises((TypeError, ValueError), match="hidden_layer_sizes"):
        fitted(data, hidden_layer_sizes=sizes)


def test_numbers_of_numpy_are_numbers(data):
    plain = fitted(data, train={"clip_norm": 1.0, "l1": 0.5})
    numpy = fitted(data, train={"clip_norm": np.float32(1), "l1": np.float16(0.5)}, hidden_layer_sizes=np.array([5]))
    np.testing.assert_array_equal(plain.coefs_[0], numpy.coefs_[0])


def test_negative_weights_are_refused(data):
    X, y = data["iris"]
    with pytest.raises(ValueError, match="Negative values"):
        MLPClassifier(**SHORT).fit(X, y, sample_weight=-np.ones(len(y)))
    with pytest.raises(ValueError, match="class_weight must not be negative"):
        fitted(data, class_weight={0: -1.0, 1: 1.0, 2: 1.0})
    with pytest.raises(ValueError, match="Negative values"):
        MLPClassifier(**SHORT).fit(X, y, validation_data=(X, y, -np.ones(len(y))))


def test_reported_losses_are_numpy_scalars(data):
    for solver in ("adam", "lbfgs"):
        model = fitted(data, solver=solver)
        assert isinstance(model.loss_, np.float64)
        assert all(isinstance(loss, np.float64) for loss in model.loss_curve_)
    judged = fitted(data, early_stopping=True)
    assert isinstance(judged.best_validation_score_, np.float64)


# Judging epochs.


def skewed(seed):
    random = np.random.RandomState(seed)
    X = random.uniform(-1, 1, (2000, 3))
    return X, 2 * X[:, 0] + random.exponential(2, 2000)


def test_a_quantile_is_judged_by_its_own_loss():
    settings = {"loss": {"name": "quantile", "quantile": 0.95}, "hidden_layer_sizes": (50,), "random_state": 0}
    X, y = skewed(0)
    judged = MLPRegressor(**settings, early_stopping=True).fit(X, y)
    X, y = skewed(1)
    # Judged by R², it ends at a coverage of 0.6.
    assert 0.9 < np.mean(y <= judged.predict(X)) < 0.97
    by_hand = MLPRegressor(**settings, max_iter=3)
    by_hand.fit(*skewed(0), validation_data=(X, y))
    pinball = mean_pinball_loss(y, by_hand.predict(X), alpha=0.95)
    assert by_hand.best_validation_score_ == pytest.approx(-pinball, rel=1e-9)


def test_counts_are_judged_by_their_own_loss(data):
    X, _ = data["diabetes"]
    y = np.random.RandomState(0).poisson(np.exp(X[:, 0]))
    model = MLPRegressor("poisson", (5,), max_iter=3, random_state=0).fit(X, y, validation_data=(X, y))
    mean = model.predict(X)
    ratio = np.where(y > 0, y, 1) / mean
    deviance = np.mean(y * np.log(ratio) - y + mean)
    assert model.best_validation_score_ == pytest.approx(-deviance, rel=1e-9)


@pytest.mark.parametrize("metric", ["loss", "neg_log_loss", lambda model, X, y: -model.predict_proba(X).std()])
def test_the_metric_of_early_stopping_can_be_chosen(data, metric):
    X, y = data["iris"]
    model = MLPClassifier(**SHORT, early_stopping_metric=metric).fit(X[::2], y[::2], validation_data=(X[1::2], y[1::2]))
    assert len(model.validation_scores_) == 5
    if not callable(metric):
        probabilities = model.predict_proba(X[1::2])
        log_loss = -np.log(probabilities[np.arange(75), y[1::2]]).mean()
        assert model.best_validation_score_ == pytest.approx(-log_loss, rel=1e-9)
    assert np.isfinite(model.validation_scores_).all()


def test_a_single_validation_row_judges_by_the_loss(data):
    X, y = data["diabetes"]
    model = MLPRegressor(hidden_layer_sizes=(5,), max_iter=5, random_state=0)
    model.fit(X, y, validation_data=(X[:1], y[:1]))
    assert np.isfinite(model.validation_scores_).all()
    assert model.best_validation_score_ == pytest.approx(-((model.predict(X[:1])[0] - y[0]) ** 2) / 2, rel=1e-9)


def test_rows_that_lack_a_class_are_enough_after_a_warm_start(data):
    X, y = data["iris"]
    model = MLPClassifier(**SHORT, warm_start=True)
    model.fit(X, y, validation_data=(X[:20], y[:20]))
    model.explain(X[0], y[0])
    assert all(part["right"] for part in model.check_gradient(X[:5], y[:5]))
    with pytest.raises(ValueError, match="same classes"):
        model.fit(X[:50], y[:50])
    with pytest.raises(ValueError, match="validation rows cannot be used"):
        MLPClassifier(**SHORT).fit(X[:100], y[:100], validation_data=(X[100:], y[100:]))


def test_a_warm_start_can_be_judged_from_the_second_fit_on(data):
    X, y = data["iris"]
    model = MLPClassifier(**SHORT, warm_start=True).fit(X, y)
    model.fit(X, y, validation_data=(X, y))
    assert len(model.validation_scores_) == 5


def test_validation_rows_pass_through_a_pipeline(data):
    X, y = data["iris"]
    raw = X * 100 + 7
    with sklearn.config_context(enable_metadata_routing=True):
        model = MLPClassifier(**SHORT).set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(StandardScaler(), model, transform_input=["X_val"])
        pipeline.fit(raw, y, X_val=raw[::3], y_val=y[::3])
    assert pipeline.score(raw[::3], y[::3]) == pipeline[-1].best_validation_score_
    with pytest.raises(ValueError, match="not as both"):
        MLPClassifier(**SHORT).fit(X, y, validation_data=(X, y), X_val=X, y_val=y)
    with pytest.raises(ValueError, match="belong together"):
        MLPClassifier(**SHORT).fit(X, y, X_val=X)


# Continued training.


def test_partial_fit_keeps_precision_and_optimizer_of_the_first_call(data):
    X, y = data["iris"]
    model = MLPClassifier((5,), random_state=0).partial_fit(X, y, classes=[0, 1, 2])
    model.set_params(solver="sgd", learning_rate_init=100.0).partial_fit(X.astype(np.float32), y)
    same = MLPClassifier((5,), random_state=0).partial_fit(X, y, classes=[0, 1, 2])
    same.partial_fit(X.astype(np.float32).astype(float), y)
    assert model.coefs_[0].dtype == np.float64
    np.testing.assert_array_equal(model.coefs_[0], same.coefs_[0])


# Callbacks.


@pytest.mark.parametrize("answer", [True, np.True_, 1, "stop"])
def test_any_true_answer_of_a_callback_ends_training(data, answer):
    assert fitted(data, callbacks=[lambda model, report: answer]).n_iter_ == 1


def test_iterations_of_lbfgs_call_callbacks(data):
    X, y = data["iris"]
    seen = []

    def observe(model, report):
        seen.append((report["epoch"], report["loss"], model.score(X, y)))
        return report["epoch"] == 4

    model = MLPClassifier((5,), solver="lbfgs", random_state=0, callbacks=[observe]).fit(X, y)
    assert [epoch for epoch, _, _ in seen] == [1, 2, 3, 4]
    assert model.n_iter_ == 4
    assert seen[-1][1] < seen[0][1]
    assert seen[-1][2] == model.score(X, y)
    with pytest.raises(ZeroDivisionError):
        MLPClassifier((5,), solver="lbfgs", callbacks=[lambda model, report: 1 / 0]).fit(X, y)


def test_callbacks_survive_clone(data):
    class Collected:
        def __init__(self):
            self.losses, self.lock = [], threading.Lock()

        def __call__(self, model, report):
            self.losses.append(report["loss"])

    collected = Collected()
    model = clone(MLPClassifier(**SHORT, callbacks=[collected])).fit(*data["iris"])
    assert collected.losses == model.loss_curve_
    with pytest.raises(TypeError, match=r"callbacks\[0\]"):
        fitted(data, callbacks=[3])


# Files.


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden_layer_sizes": np.array([5, 3])},
        {"hidden_layer_sizes": [4]},
        {"batch_size": np.int64(50)},
        {"n_iter_no_change": np.inf},
        {"alpha": np.float32(0.5)},
        {"class_weight": {0: 1.0, 1: 2.0, 2: 3.0}},
        {"random_state": np.random.RandomState(3)},
        {"train": {"clip_norm": np.float64(2)}},
        {"activation": ("tanh",)},
    ],
)
def test_parameters_come_back_from_files_exactly(data, settings, tmp_path):
    model = fitted(data, **settings)
    before = repr(sorted(model.get_params().items())).replace(repr(model.random_state), "")
    model.save(tmp_path / "model.safetensors")
    loaded = pellucid.load(tmp_path / "model.safetensors")
    for name, value in model.get_params().items():
        if name != "random_state":
            assert type(loaded.get_params()[name]) is type(value)
    assert repr(sorted(loaded.get_params().items())).replace(repr(loaded.random_state), "") == before
    if isinstance(model.random_state, np.random.RandomState):
        assert loaded.random_state.randint(1000, size=5).tolist() == model.random_state.randint(1000, size=5).tolist()
    else:
        loaded.partial_fit(*data["iris"])


def test_parameters_that_a_file_cannot_hold_are_refused(data, tmp_path):
    model = fitted(data, callbacks=[lambda model, report: False])
    with pytest.raises(ValueError, match="callbacks"):
        model.save(tmp_path / "model.safetensors")
    assert not list(tmp_path.iterdir())


class Mine(MLPClassifier):
    """A subclass."""


def test_a_subclass_comes_back(data, tmp_path):
    model = GridSearchCV(Mine(**SHORT), {"batch_size": np.array([10, 50])}, cv=2).fit(*data["iris"]).best_estimator_
    model.save(tmp_path / "model.safetensors")
    assert type(pellucid.load(tmp_path / "model.safetensors")) is Mine
    assert type(pellucid.load(tmp_path / "model.safetensors", MLPClassifier)) is MLPClassifier
    with pytest.raises(ValueError, match="MLPRegressor is no MLPClassifier"):
        pellucid.load(tmp_path / "model.safetensors", MLPRegressor)


def test_labels_of_other_types_come_back(data, tmp_path):
    X, y = data["iris"]
    kinds = [
        np.array(["2020-01-01", "2021-06-30", "2022-12-31"], "M8[D]"),
        np.array(["a", "b", "c"], dtype=object),
    ]
    if hasattr(np.dtypes, "StringDType"):
        kinds.append(np.array(["a", "b", "c"], dtype=np.dtypes.StringDType()))
    for labels in kinds:
        model = MLPClassifier(**SHORT).fit(X, labels[y])
        model.save(tmp_path / "model.safetensors")
        loaded = pellucid.load(tmp_path / "model.safetensors")
        assert loaded.classes_.dtype == model.classes_.dtype
        np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_sparse_labels_come_back(data, tmp_path):
    from scipy.sparse import csr_matrix, issparse

    X, y = data["iris"]
    model = MLPClassifier(**SHORT).fit(X, csr_matrix(np.eye(3, dtype=int)[y]))
    model.save(tmp_path / "model.safetensors")
    loaded = pellucid.load(tmp_path / "model.safetensors").predict(X)
    assert issparse(loaded) == issparse(model.predict(X))
    np.testing.assert_array_equal(np.asarray(loaded.todense()), np.asarray(model.predict(X).todense()))


# Threads and frames.


def test_two_trainings_of_one_estimator_at_once_are_refused(data):
    started = threading.Event()

    def slow(model, report):
        started.set()
        time.sleep(0.05)

    model = MLPClassifier(**SHORT, callbacks=[slow])
    first = threading.Thread(target=model.fit, args=data["iris"])
    first.start()
    started.wait()
    with pytest.raises(RuntimeError, match="is being trained already"):
        model.fit(*data["iris"])
    first.join()
    model.set_params(callbacks=None).fit(*data["iris"])


@pytest.mark.parametrize("kind", ["pandas", "polars", "fortran"])
def test_blocks_of_rows_give_the_same_bits(data, kind, monkeypatch):
    from pellucid import _arrays

    X, y = np.random.RandomState(0).normal(size=(5000, 4)), np.arange(5000) % 3
    whole = MLPClassifier(**SHORT).fit(X, y)
    monkeypatch.setattr(_arrays, "BLOCK_SIZE", 4096)
    rows = np.asfortranarray(X)
    if kind != "fortran":
        names = [f"x{index}" for index in range(4)]
        frames = pytest.importorskip(kind)
        rows = frames.DataFrame(X, columns=names) if kind == "pandas" else frames.DataFrame(X, schema=names)
    model = MLPClassifier(**SHORT).fit(rows, y)
    np.testing.assert_array_equal(model.coefs_[0], whole.coefs_[0])
    np.testing.assert_array_equal(model.predict_proba(rows), whole.predict_proba(X))
    if kind == "pandas":
        assert list(model.feature_names_in_) == names
        rows.iloc[4999, 3] = np.nan
        with pytest.raises(ValueError, match="NaN"):
            model.fit(rows, y)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="limits of memory are set by resource, on Linux")
@pytest.mark.parametrize("settings", ["batch_size=200_000, max_iter=1", "solver='lbfgs', max_iter=1"])
def test_a_batch_that_does_not_fit_in_memory_is_a_memory_error(settings):
    program = f"""
import resource
import numpy as np
from pellucid import MLPClassifier
X = np.random.RandomState(0).rand(200_000, 10)
y = (X[:, 0] > 0.5).astype(int)
resource.setrlimit(resource.RLIMIT_AS, (5_000_000_000, 5_000_000_000))
try:
    MLPClassifier((5000,), {settings}).fit(X, y)
except MemoryError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "a batch of 200000 rows through 10-5000-1" in run.stdout
