"""In the ecosystem: scikit-learn's tools around the estimators, and many fits side by side."""

from __future__ import annotations

import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pellucid import MLPClassifier
from pellucid._threads import thread_count

SMALL = {"hidden_layer_sizes": (8,), "max_iter": 5, "random_state": 0}


def search(X, y):
    grid = {"mlpclassifier__alpha": [1e-4, 1e-1], "mlpclassifier__solver": ["adam", "sgd"]}
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(**SMALL))
    found = GridSearchCV(pipeline, grid, cv=3, n_jobs=2).fit(X, y)
    return found.cv_results_["mean_test_score"], found.predict_proba(X)


def threads_of_a_fit():
    """How many threads this process has more after a fit that would take all cores, and what it was told."""
    import os

    told = thread_count(None)
    before = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0
    seen: list[int] = []
    count = (lambda *_: seen.append(len(os.listdir("/proc/self/task")))) if before else (lambda *_: seen.append(0))
    X = np.random.RandomState(0).normal(size=(2000, 200))
    y = (X[:, 0] > 0).astype(int)
    MLPClassifier((300,), max_iter=2, callbacks=[count]).fit(X, y)
    return told, max(seen) - before


def test_scikit_learns_tools(data):
    X, y = data["iris"]
    model = MLPClassifier(**SMALL)
    assert cross_val_score(model, X, y, cv=3).shape == (3,)
    stacked = StackingClassifier([("mlp", model)], LogisticRegression(), cv=3).fit(X, y)
    assert stacked.score(X, y) > 0.5
    calibrated = CalibratedClassifierCV(model, cv=3).fit(X, y)
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)
    fitted = clone(model).fit(X, y)
    assert permutation_importance(fitted, X, y, n_repeats=2, random_state=0).importances.shape == (4, 2)
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd"))
    pipeline = make_pipeline(StandardScaler(), clone(model)).set_output(transform="pandas").fit(frame, y)
    assert list(pipeline[-1].feature_names_in_) == list("abcd")


def test_pickle_and_joblib(data, tmp_path):
    X, y = data["iris"]
    model = MLPClassifier(**SMALL).fit(X, y)
    joblib.dump(model, tmp_path / "model")
    for copy in (pickle.loads(pickle.dumps(model)), joblib.load(tmp_path / "model")):
        np.testing.assert_array_equal(copy.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_joblibs_workers_have_one_thread_and_the_same_bits(data, backend):
    expected = [part.copy() for part in search(*data["iris"])]
    jobs = joblib.cpu_count()
    with joblib.parallel_config(backend=backend):
        for a, b in zip(expected, search(*data["iris"]), strict=True):
            np.testing.assert_array_equal(a, b)
        if jobs > 1 and backend != "threading":
            for told, more in joblib.Parallel(n_jobs=jobs)(joblib.delayed(threads_of_a_fit)() for _ in range(jobs)):
                assert told == 1
                assert more <= 0


def test_a_thread_of_joblib_takes_one_thread():
    many = joblib.Parallel(n_jobs=2, backend="threading")(joblib.delayed(thread_count)(None) for _ in range(4))
    assert many == [1] * 4
    assert thread_count(3) == 3


def test_joblib_tells_its_workers_another_share():
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        assert joblib.Parallel(n_jobs=2)(joblib.delayed(thread_count)(None) for _ in range(2)) == [1, 1]


def test_environment_bounds_it(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert thread_count(None) == 1
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    assert thread_count(None) == 1


def test_a_grid_search_on_a_cluster_of_dask(data):
    distributed = pytest.importorskip("distributed")
    expected = search(*data["iris"])
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        with joblib.parallel_config(backend="dask"):
            found = search(*data["iris"])
        for told, more in client.gather([client.submit(threads_of_a_fit, pure=False) for _ in range(4)]):
            assert told == 1
            assert more <= 0
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_array_equal(a, b)
