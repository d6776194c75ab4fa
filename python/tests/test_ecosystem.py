"""Interoperation with scikit-learn's tools and with libraries for parallel fits."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import joblib
import numpy as np
import pytest
from local_clusters import local_dask, local_ray
from scipy.stats import loguniform
from sklearn import neural_network
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV, CalibrationDisplay
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import (
    DecisionBoundaryDisplay,
    PartialDependenceDisplay,
    partial_dependence,
    permutation_importance,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, RANSACRegressor
from sklearn.metrics import RocCurveDisplay
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    LearningCurveDisplay,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
    cross_val_score,
    learning_curve,
    validation_curve,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor, RegressorChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

from pellucid import MLPClassifier, MLPRegressor
from pellucid._threads import thread_count

SMALL = {"hidden_layer_sizes": (8,), "max_iter": 5, "random_state": 0}


def search(X, y):
    grid = {"mlpclassifier__alpha": [1e-4, 1e-1], "mlpclassifier__solver": ["adam", "sgd"]}
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(**SMALL))
    found = GridSearchCV(pipeline, grid, cv=3, n_jobs=2).fit(X, y)
    return found.cv_results_["mean_test_score"], found.predict_proba(X)


def pool_threads():
    """The number of threads of the engine's pool in this process; 0 if the system does not list threads."""
    return sum(name.read_text().startswith("pellucid-") for name in Path("/proc/self/task").glob("*/comm"))


def threads_of_a_fit():
    """The number of threads of a fit that could use all cores, and the maximum number of pool threads."""
    count, seen = thread_count(None), []
    X = np.random.RandomState(0).normal(size=(2000, 200))
    y = (X[:, 0] > 0).astype(int)
    MLPClassifier((300,), max_iter=2, callbacks=[lambda *_: seen.append(pool_threads())]).fit(X, y)
    return count, max(seen)


def of_threads():
    """The thread counts of two joblib threads in one process."""
    return joblib.Parallel(n_jobs=2, backend="threading")(joblib.delayed(thread_count)(None) for _ in range(2))


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


def test_inspection(data):
    X, y = data["iris"]
    frame = pandas_frame(X)
    for model in (MLPClassifier(**SMALL), make_pipeline(StandardScaler(), MLPClassifier(**SMALL))):
        found = partial_dependence(model.fit(frame, y), frame, ["a"], grid_resolution=5)
        assert found["average"].shape == (3, 5)
    regressor = MLPRegressor(**SMALL).fit(frame, X[:, 1])
    assert partial_dependence(regressor, frame, ["a", "c"], grid_resolution=4)["average"].shape == (1, 4, 4)
    pyplot = pytest.importorskip("matplotlib.pyplot")
    shown = PartialDependenceDisplay.from_estimator(regressor, frame, ["a", ("a", "c")], grid_resolution=5)
    assert shown.axes_.shape == (1, 2)
    binary = MLPClassifier(**SMALL).fit(X, y == 1)
    CalibrationDisplay.from_estimator(binary, X, y == 1)
    RocCurveDisplay.from_estimator(binary, X, y == 1)
    DecisionBoundaryDisplay.from_estimator(MLPClassifier(**SMALL).fit(X[:, :2], y), X[:, :2], grid_resolution=9)
    LearningCurveDisplay.from_estimator(MLPClassifier(**SMALL), X, y, cv=2, train_sizes=[0.3, 1.0])
    pyplot.close("all")


def test_curves_and_searches(data):
    X, y = data["iris"]
    model = MLPClassifier(**SMALL)
    sizes, *scores, times, _ = learning_curve(model, X, y, cv=3, train_sizes=[0.5, 1.0], shuffle=True, random_state=0,
                                              exploit_incremental_learning=True, return_times=True)  # fmt: skip
    assert list(sizes) == [50, 100] and all(score.shape == (2, 3) for score in scores) and (times > 0).all()
    train, _ = validation_curve(model, X, y, param_name="alpha", param_range=[1e-4, 1.0], cv=3)
    assert train.shape == (2, 3)
    halving = HalvingGridSearchCV(clone(model), {"alpha": [1e-4, 1e-3, 1e-2]}, resource="max_iter", min_resources=2,
                                  max_resources=18, cv=2, random_state=0).fit(X, y)  # fmt: skip
    assert list(halving.n_resources_) == [2, 6] and halving.best_estimator_.max_iter == 6
    drawn = {"alpha": loguniform(1e-5, 1.0), "hidden_layer_sizes": [(4,), (4, 4)]}
    found = RandomizedSearchCV(model, drawn, n_iter=2, cv=2, random_state=0).fit(X, y)
    assert found.predict(X).shape == y.shape


def around_classifiers(model, X, y):
    return [
        VotingClassifier([("mlp", model), ("linear", LogisticRegression())], voting="soft"),
        BaggingClassifier(model, n_estimators=3, max_features=0.5, random_state=0),
        AdaBoostClassifier(clone(model).set_params(max_iter=50), n_estimators=3, random_state=0),
        OneVsRestClassifier(model),
        OneVsOneClassifier(model),
        CalibratedClassifierCV(FrozenEstimator(clone(model).fit(X, y))),
        SelfTrainingClassifier(model),
        make_pipeline(SequentialFeatureSelector(model, n_features_to_select=1, cv=2), model),
    ]


def around_regressors(model):
    return [
        AdaBoostRegressor(model, n_estimators=3, random_state=0),
        BaggingRegressor(model, n_estimators=3, random_state=0),
        VotingRegressor([("mlp", model), ("linear", LinearRegression())]),
        StackingRegressor([("mlp", model)], LinearRegression(), cv=2),
        TransformedTargetRegressor(model, transformer=StandardScaler()),
        TransformedTargetRegressor(model, func=np.arcsinh, inverse_func=np.sinh),
        RANSACRegressor(model, min_samples=0.5, max_trials=2, residual_threshold=9, random_state=0),
    ]


def test_predictions_within_other_estimators_equal_scikit_learns(data):
    X, y = data["iris"]
    kinds = [MLPClassifier(**SMALL), neural_network.MLPClassifier(**SMALL)]
    for ours, theirs in zip(*(around_classifiers(kind, X, y) for kind in kinds), strict=True):
        np.testing.assert_array_equal(ours.fit(X, y).predict(X), theirs.fit(X, y).predict(X))
    ours, theirs = (TunedThresholdClassifierCV(kind, cv=2, random_state=0).fit(X, y == 1) for kind in kinds)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    labels = np.eye(3, dtype=int)[y]
    for around in (MultiOutputClassifier, ClassifierChain):
        ours, theirs = (around(kind).fit(X, labels) for kind in kinds)
        np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    X, y = data["diabetes"]
    kinds = [MLPRegressor(**SMALL), neural_network.MLPRegressor(**SMALL)]
    for ours, theirs in zip(*map(around_regressors, kinds), strict=True):
        np.testing.assert_allclose(ours.fit(X, y).predict(X), theirs.fit(X, y).predict(X), rtol=1e-6, atol=1e-9)
    both = np.column_stack([y, -y])
    for around in (MultiOutputRegressor, RegressorChain):
        ours, theirs = (around(kind).fit(X, both) for kind in kinds)
        np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-6, atol=1e-9)


def test_pipelines_of_frames(data):
    pandas = pytest.importorskip("pandas")
    X, y = data["iris"]
    frame = pandas_frame(X).assign(colour=np.array(["red", "blue", "green"])[np.arange(len(X)) % 3])
    columns = ColumnTransformer(
        [("words", OneHotEncoder(sparse_output=False), ["colour"]), ("numbers", StandardScaler(), list("abcd"))]
    )
    words = pandas.Series(np.array(["x", "y", "z"])[y], dtype="category", name="kind")
    pipeline = make_pipeline(columns, MLPClassifier(**SMALL)).set_output(transform="pandas").fit(frame, words)
    names = list(pipeline[-1].feature_names_in_)
    assert names[:3] == ["words__colour_blue", "words__colour_green", "words__colour_red"] and len(names) == 7
    assert set(pipeline.predict(frame)) <= {"x", "y", "z"}
    with pytest.raises(ValueError, match="feature names"):
        pipeline[-1].predict(pipeline[:-1].transform(frame).rename(columns=str.upper))
    sparse = make_pipeline(ColumnTransformer([("words", OneHotEncoder(), ["colour"])]), MLPClassifier(**SMALL))
    assert sparse.fit(frame, words).predict(frame).shape == (len(X),)


def test_pipelines_of_imbalanced_learn(data):
    over_sampling = pytest.importorskip("imblearn.over_sampling")
    pipeline = pytest.importorskip("imblearn.pipeline")
    X, y = data["wine"]
    model = pipeline.make_pipeline(over_sampling.RandomOverSampler(random_state=0), MLPClassifier(**SMALL))
    assert cross_val_score(model, X, y, cv=2).shape == (2,)


def test_skops(data):
    io = pytest.importorskip("skops.io")
    X, y = data["iris"]
    for model in (MLPClassifier(**SMALL), MLPClassifier(normalisation="batch", optimizer="nadam", **SMALL)):
        pipeline = make_pipeline(StandardScaler(), model).fit(X, y)
        kept = io.dumps(pipeline)
        copy = io.loads(kept, trusted=io.get_untrusted_types(data=kept))
        np.testing.assert_array_equal(copy.predict_proba(X), pipeline.predict_proba(X))
        copy[-1].partial_fit(X, y)


def pandas_frame(X):
    return pytest.importorskip("pandas").DataFrame(X, columns=list("abcd"))


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
            for count, more in joblib.Parallel(n_jobs=jobs)(joblib.delayed(threads_of_a_fit)() for _ in range(jobs)):
                assert count == 1
                assert more == 0


def test_a_thread_of_joblib_takes_one_thread():
    many = joblib.Parallel(n_jobs=2, backend="threading")(joblib.delayed(thread_count)(None) for _ in range(4))
    assert many == [1] * 4
    assert thread_count(3) == 3


def test_joblib_can_change_the_share_of_a_worker():
    for share in (1, min(2, joblib.cpu_count())):
        with joblib.parallel_config(backend="loky", inner_max_num_threads=share):
            assert joblib.Parallel(n_jobs=2)(joblib.delayed(thread_count)(None) for _ in range(2)) == [share] * 2
            # Threads within a worker take one each.
            assert joblib.Parallel(n_jobs=2)(joblib.delayed(of_threads)() for _ in range(2)) == [[1, 1]] * 2


def test_environment_bounds_it(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert thread_count(None) == 1
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    assert thread_count(None) == 1


def test_a_grid_search_on_a_cluster_of_dask(data):
    expected = search(*data["iris"])
    with local_dask() as client:
        with joblib.parallel_config(backend="dask"):
            found = search(*data["iris"])
        for count, more in client.gather([client.submit(threads_of_a_fit, pure=False) for _ in range(4)]):
            assert count == 1
            assert more == 0
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture
def ray(monkeypatch):
    """A local Ray cluster with four CPUs."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    # Its workers import the functions below.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
    with local_ray(cpus=4) as ray:
        yield ray


def test_a_fit_alone_takes_all_cores(monkeypatch):
    # A Dask cluster sets this variable and does not reset it.
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    count, more = threads_of_a_fit()
    assert count == joblib.cpu_count()
    if Path("/proc/self/task").is_dir():
        assert more == count - 1


def test_a_grid_search_on_ray(data, ray):
    from ray.util.joblib import register_ray

    # A task has the CPUs that it requests; threads within it take one each.
    remote = ray.remote(num_cpus=2)
    count, in_threads = ray.get([remote(thread_count).remote(None), remote(of_threads).remote()])
    assert count == min(2, joblib.cpu_count())
    assert in_threads == [1, 1]
    expected = search(*data["iris"])
    register_ray()
    with joblib.parallel_config(backend="ray"):
        found = search(*data["iris"])
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_array_equal(a, b)
    # Without a request, a task has one CPU.
    for count, more in ray.get([ray.remote(threads_of_a_fit).remote() for _ in range(4)]):
        assert count == 1
        assert more == 0
