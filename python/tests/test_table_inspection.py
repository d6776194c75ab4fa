"""Intervals, scores, importance and contributions of estimators for tables: the figures of the command."""

from __future__ import annotations

import json
import subprocess
import warnings

import numpy as np
import pandas as pd
import pytest
from made_tables import command, numbers, people
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score, r2_score

import pellucid
from pellucid import TableClassifier, TableRegressor

needs_command = pytest.mark.skipif(command() is None, reason="the command is not built: cargo build")


@pytest.fixture(autouse=True)
def quiet():
    """Most tests do not look at the notes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)
        yield


def of_command(*arguments) -> str:
    """What the command writes to standard output."""
    ran = [command(), *map(str, arguments), "--quiet"]
    return subprocess.run(ran, check=True, capture_output=True, text=True).stdout


def linear(rows: int, seed: int) -> pd.DataFrame:
    """A number that depends on one column of three, with an error that is not normal."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(random.normal(size=(rows, 3)), columns=["used", "noise", "more_noise"])
    frame["y"] = 5 * frame["used"] + random.exponential(size=rows)
    return frame


@pytest.fixture(scope="module")
def regressor():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return TableRegressor(hidden=[16], epochs=60, validation=0.4).fit(linear(500, 0), target="y")


@pytest.fixture(scope="module")
def classifier():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return TableClassifier(epochs=20).fit(people(), target="income")


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.95])
def test_an_interval_holds_the_true_number_as_often_as_it_says(regressor, coverage):
    new = linear(4000, 1)
    ends = regressor.predict_interval(new, coverage)
    assert ends.shape == (4000, 2)
    inside = (ends[:, 0] <= new["y"]) & (new["y"] <= ends[:, 1])
    # 200 held-out rows: a standard deviation of at most 0.036.
    assert abs(inside.mean() - coverage) < 0.1
    measured = regressor.evaluate(new, coverage=coverage)["interval"]
    assert measured["level"] == coverage
    assert measured["targets"]["y"]["coverage"] == pytest.approx(inside.mean(), abs=1e-3)
    assert measured["targets"]["y"]["mean_width"] == pytest.approx(np.diff(ends).mean())
    np.testing.assert_allclose(ends.mean(axis=1), regressor.predict(new))


def test_several_targets_have_an_interval_each():
    frame = numbers()
    prices = np.column_stack([frame["a"] * 2, frame["b"] - 100])
    model = TableRegressor(epochs=5, validation=0.3).fit(frame[["a", "b"]], prices)
    ends = model.predict_interval(frame[["a", "b"]])
    assert ends.shape == (200, 2, 2)
    np.testing.assert_allclose(ends.mean(axis=1), model.predict(frame[["a", "b"]]))
    measured = model.evaluate(frame[["a", "b"]], prices)["interval"]
    assert measured["level"] == 0.9 and list(measured["targets"]) == ["target_1", "target_2"]


@pytest.mark.parametrize("coverage", [0, 1, 1.5, -0.1, "0.9", True, None, float("nan")])
def test_a_coverage_that_is_none_is_refused(regressor, coverage):
    with pytest.raises(ValueError, match=r"coverage = .* cannot be used: a number between 0 and 1 is needed"):
        regressor.predict_interval(linear(5, 0), coverage)
    if coverage is not None:
        with pytest.raises(ValueError, match="coverage = "):
            regressor.evaluate(linear(5, 0), coverage=coverage)


def test_intervals_need_held_out_rows(regressor):
    without = TableRegressor(epochs=2, validation=0).fit(linear(50, 0), target="y")
    with pytest.raises(ValueError, match=r"no residuals of held-out rows.*with validation above 0$"):
        without.predict_interval(linear(5, 0))
    assert "interval" not in without.evaluate(linear(50, 0))
    with pytest.raises(ValueError, match=r"needs 999 held-out rows, and the model keeps the residuals of 200"):
        regressor.predict_interval(linear(5, 0), 0.999)
    with pytest.raises(NotFittedError):
        TableRegressor().predict_interval(linear(5, 0))
    assert not hasattr(TableClassifier, "predict_interval")


@needs_command
@pytest.mark.parametrize(
    ("flags", "parameters"),
    [
        (["--target-transform", "log"], {"target_transform": "log"}),
        (["--clamp-predictions"], {"clamp_predictions": True}),
        (["--refit"], {"refit": True}),
        (["--ensemble", "3"], {"ensemble": 3}),
    ],
)
def test_intervals_and_scores_are_those_of_the_command(tmp_path, flags, parameters):
    table, theirs, ours = (tmp_path / name for name in ("prices.csv", "theirs.safetensors", "ours.safetensors"))
    numbers().to_csv(table, index=False)
    common = ["--epochs", "6", "--validation", "0.3"]
    of_command("train", table, "--target", "price", "--out", theirs, *common, *flags)
    model = TableRegressor(epochs=6, validation=0.3, **parameters).fit(table, target="price")
    model.save(ours)
    assert ours.read_bytes() == theirs.read_bytes()
    (tmp_path / "predicted.csv").write_text(of_command("predict", ours, table, "--interval", "0.8"))
    answers = pd.read_csv(tmp_path / "predicted.csv")
    np.testing.assert_array_equal(answers["prediction"], model.predict(table))
    ends = answers[["prediction_lower", "prediction_upper"]].to_numpy()
    np.testing.assert_array_equal(ends, model.predict_interval(table, 0.8))
    record = json.loads(of_command("evaluate", ours, table, "--interval", "0.8", "--json"))
    found = model.evaluate(table, coverage=0.8)
    assert found == {key: record[key] for key in found}
    assert set(record) - set(found) == {"model", "data", "notes", "warnings"}
    assert pellucid.load(ours).evaluate(table, coverage=0.8) == found
    assert model.calibration_["residuals"][0]["target"] == "price"


@needs_command
def test_a_tuned_threshold_is_that_of_the_command(tmp_path):
    table, theirs, ours = (tmp_path / name for name in ("people.csv", "theirs.safetensors", "ours.safetensors"))
    people().to_csv(table, index=False)
    flags = ["--tune-threshold", "f1", "--calibrate", "temperature", "--epochs", "4", "--validation", "0.4"]
    of_command("train", table, "--target", "income", "--out", theirs, *flags)
    parameters = {"tune_threshold": "f1", "calibrate": "temperature", "epochs": 4, "validation": 0.4}
    model = TableClassifier(**parameters).fit(table, target="income")
    model.save(ours)
    assert ours.read_bytes() == theirs.read_bytes()
    record = json.loads(of_command("evaluate", ours, table, "--json"))
    found = model.evaluate(table)
    assert found == {key: record[key] for key in found}
    threshold = model.calibration_["threshold"]["value"]
    assert found["threshold"] == threshold != 0.5
    above = model.predict_proba(table)[:, 1] > threshold
    np.testing.assert_array_equal(model.predict(table), model.classes_[above.astype(int)])
    assert model.calibration_["temperature"]["value"] > 0


@needs_command
@pytest.mark.parametrize("metric", [None, "log_loss", "roc-auc"])
def test_importance_is_that_of_the_command(tmp_path, classifier, metric):
    table, file = tmp_path / "people.csv", tmp_path / "people.safetensors"
    people().to_csv(table, index=False)
    classifier.save(file)
    flags = [] if metric is None else ["--metric", metric]
    record = json.loads(of_command("importance", file, table, "--repeats", "7", "--seed", "3", "--json", *flags))
    for rows in ((table,), (people(),), (people().drop(columns="income"), people()["income"])):
        found = classifier.importance(*rows, metric=metric, repeats=7, random_state=3)
        assert found.columns == [column["column"] for column in record["columns"]]
        np.testing.assert_array_equal(found.values, [column["values"] for column in record["columns"]])
        np.testing.assert_array_equal(found.mean, [column["mean"] for column in record["columns"]])
        np.testing.assert_array_equal(found.band, [(column["low"], column["high"]) for column in record["columns"]])
        assert (found.metric, found.score, found.rows) == (record["metric"], record["score"], record["rows"])


def test_importance_finds_the_column_that_is_used(regressor):
    new = linear(400, 2)
    for metric in (None, "rmse"):
        found = regressor.importance(new, metric=metric)
        assert found.columns[0] == "used"
        assert found.mean[0] > 10 * abs(found.mean[1:]).max()
        assert (found.band[:, 0] <= found.mean).all() and (found.mean <= found.band[:, 1]).all()
    np.testing.assert_allclose(found.values.mean(axis=1), found.mean)
    np.testing.assert_allclose(found.values.std(axis=1), found.std)
    assert found.to_dict()["used"]["high"] == found.band[0, 1]
    assert str(found).startswith("used ") and repr(found) == "<Importance of 3 columns by rmse, 10 repeats on 400 rows>"
    other = regressor.importance(new, metric="rmse", random_state=1)
    assert (other.values != found.values).any()
    drawn = [regressor.importance(new, random_state=np.random.RandomState(4)).mean for _ in range(2)]
    np.testing.assert_array_equal(*drawn)
    with pytest.warns(UserWarning, match=r"column `noise` is the same in every row"):
        constant = regressor.importance(new.assign(noise=1.0))
    assert constant.constant[constant.columns.index("noise")] and constant.constant.sum() == 1


def test_wrong_settings_of_importance_name_the_parameter(regressor, classifier):
    new = linear(20, 2)
    for settings, expected in (
        ({"metric": "accuracy"}, "metric = 'accuracy': the model predicts numbers, whose scores are r2, "),
        ({"metric": 3}, "metric = 3 cannot be used: the name of a score is needed"),
        ({"repeats": 0}, "repeats = 0 cannot be used: an integer from 1 to 100000 is needed"),
        ({"repeats": 2.5}, "repeats = 2.5 cannot be used"),
        ({"random_state": -1}, "random_state = -1 cannot be used: an integer from 0"),
        ({"random_state": "one"}, "random_state = 'one' cannot be used"),
    ):
        with pytest.raises(ValueError) as raised:
            regressor.importance(new, **settings)
        assert str(raised.value).startswith(expected) and "--" not in str(raised.value)
    with pytest.raises(ValueError, match="the target is given twice, as y and as the column 'y' of X"):
        regressor.importance(new, new["y"])
    with pytest.raises(ValueError, match="y has 2 targets, and the model predicts y"):
        regressor.importance(new[["used", "noise", "more_noise"]], new[["y", "used"]].set_axis(["p", "q"], axis=1))
    with pytest.raises(ValueError, match='there is no column "y"'):
        regressor.importance(new.drop(columns="y"))
    with pytest.raises(ValueError, match="there is 1 row; shuffling a column takes at least two"):
        regressor.importance(new[:1])
    with pytest.raises(ValueError, match="`middle` is not a class of the training rows"):
        classifier.evaluate(people(20).assign(income="middle"))
    with pytest.raises(NotFittedError):
        TableClassifier().importance(new)


@needs_command
def test_contributions_are_those_of_the_command(tmp_path, classifier):
    table, file = tmp_path / "people.csv", tmp_path / "people.safetensors"
    frame = people(60)
    frame.to_csv(table, index=False)
    classifier.save(file)
    found = classifier.contributions(frame[4:7], background=frame, n_background=20, random_state=2)
    assert found.columns == ["age", "visits", "member", "city", "joined"]
    assert found.outputs == ["high", "low"]
    assert found.values.shape == (3, 5, 2) and found.standard_errors is None and found.orders is None
    common = ["explain", file, "--data", table, "--contributions", "--background", "20", "--seed", "2"]
    for row in range(3):
        record = json.loads(of_command(*common, "--row", row + 5, "--format", "json"))
        assert record["background_rows"] == found.background_rows == 20
        for at, output in enumerate(record["outputs"]):
            contributions = [column["contribution"] for column in output["contributions"]]
            np.testing.assert_array_equal(found.values[row, :, at], contributions)
            assert (found.predictions[row, at], found.base[at]) == (output["prediction"], output["base"])


def test_contributions_add_up_and_name_the_column_that_is_used(regressor, classifier):
    new = linear(30, 3)
    found = regressor.contributions(new)
    assert found.values.shape == (30, 3) and found.predictions.shape == (30,) and isinstance(found.base, float)
    np.testing.assert_allclose(found.predictions, regressor.predict(new))
    np.testing.assert_allclose(found.values.sum(axis=1), found.predictions - found.base, atol=1e-9)
    assert (abs(found.values[:, 0]) > abs(found.values[:, 1:]).max(axis=1)).mean() > 0.9
    assert repr(found) == "<Contributions of 3 columns to 30 predictions, exact>"
    frame = people(10)
    of_classes = classifier.contributions(frame, background=people())
    np.testing.assert_allclose(of_classes.predictions, classifier.predict_proba(frame))
    np.testing.assert_allclose(of_classes.values.sum(axis=2), 0, atol=1e-9)


def test_contributions_of_many_columns_are_sampled():
    random = np.random.default_rng(5)
    frame = pd.DataFrame(random.normal(size=(80, 14))).add_prefix("x")
    frame["y"] = 3 * frame["x0"] - frame["x1"]
    model = TableRegressor(hidden="none", epochs=30).fit(frame, target="y")
    found = model.contributions(frame[:4], background=frame, n_background=10, rounds=4)
    assert found.orders == 2 * 4 * 10
    assert found.standard_errors.shape == found.values.shape == (4, 14)
    np.testing.assert_allclose(found.values.sum(axis=1), found.predictions - found.base, atol=1e-6)
    again = model.contributions(frame[:4], background=frame, n_background=10, rounds=4)
    np.testing.assert_array_equal(again.values, found.values)
    for settings in ({"rounds": 1}, {"n_background": 0}, {"random_state": 1.5}):
        with pytest.raises(ValueError, match=rf"{next(iter(settings))} = .* cannot be used: an integer"):
            model.contributions(frame[:4], **settings)
    with pytest.raises(ValueError, match=r'background: there is no column "x3"'):
        model.contributions(frame, background=frame.drop(columns="x3"))


def test_several_labels_are_explained_and_scored():
    frame = numbers()
    labels = pd.DataFrame({"up": frame["a"] > 0, "right": frame["b"] > 0})
    X = frame[["a", "b", "c"]]
    model = TableClassifier(epochs=30).fit(X, labels)
    found = model.importance(X, labels)
    assert found.metric == "subset_accuracy" and found.columns[2] == "c"
    assert model.contributions(X[:5]).values.shape == (5, 3, 2)
    weights = np.arange(200.0)
    assert model.score(pd.concat([X, labels], axis=1), sample_weight=weights) == pytest.approx(
        accuracy_score(labels, model.predict(X), sample_weight=weights)
    )


def test_scores_are_scikit_learns_and_take_one_prediction(regressor, classifier, monkeypatch):
    new, frame = linear(100, 4), people()
    weights = np.random.default_rng(0).random(100)
    X, y = new.drop(columns="y"), new["y"]
    for of_weights in (None, weights):
        expected = r2_score(y, regressor.predict(X), sample_weight=of_weights)
        assert regressor.score(X, y, of_weights) == expected
        assert regressor.score(new, sample_weight=of_weights) == pytest.approx(expected, abs=1e-12)
    assert regressor.score(new.assign(w=weights), sample_weight="w") == regressor.score(new, sample_weight=weights)
    weights = np.arange(300.0)
    features, income = frame.drop(columns="income"), frame["income"]
    for of_weights in (None, weights):
        expected = accuracy_score(income, classifier.predict(features), sample_weight=of_weights)
        assert classifier.score(features, income, of_weights) == expected
        assert classifier.score(frame, sample_weight=of_weights) == pytest.approx(expected)
    calls = []
    outputs = TableClassifier._outputs
    monkeypatch.setattr(TableClassifier, "_outputs", lambda *given: calls.append(0) or outputs(*given))
    classifier.score(features, income)
    assert len(calls) == 1
    with pytest.raises(ValueError, match="sample_weight has 3 values, and X has 300 rows with a target"):
        classifier.score(frame, sample_weight=[1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"sample_weight has shape \(2, 2\)"):
        classifier.score(frame, sample_weight=np.ones((2, 2)))
    with pytest.raises(ValueError, match="sample_weight = 'w': X has no such column"):
        classifier.score(frame, sample_weight="w")
    with pytest.raises(TypeError, match="which is a file"):
        classifier.score("iris", sample_weight="w")


def test_rows_without_a_target_are_left_out_of_scores(classifier):
    frame = people()
    frame.loc[:9, "income"] = None
    with pytest.raises(ValueError, match="income"):
        classifier.evaluate(frame)
    dropping = clone(classifier).set_params(drop_missing_target=True).fit(frame, target="income")
    with pytest.warns(UserWarning, match="10 rows have no target and are left out") as caught:
        found = dropping.evaluate(frame)
        dropping.importance(frame, repeats=1)
        dropping.score(frame)
    assert [warning.filename for warning in caught] == [__file__] * 3
    assert found["rows"] == dropping.importance(frame, repeats=1).rows == 290
    assert found["accuracy"] == dropping.score(frame[10:])


def test_choices_and_findings_are_kept():
    frame = people(100)
    frame["twin"] = frame["income"]
    model = TableClassifier(epochs=2).fit(frame, target="income")
    assert model.choices_[0].startswith("task: classification of income into 2 classes")
    finding = next(finding for finding in model.findings_ if "twin" in finding["seen"])
    assert {"kind", "severity", "seen", "why", "try_this"} <= set(finding)
    assert not any("--" in str(value) for value in finding.values())


def test_without_diagnosis_the_model_is_the_same():
    observed = TableClassifier(epochs=5).fit("iris")
    other = TableClassifier(epochs=5, diagnosis=False).fit("iris")
    assert other._model.to_bytes() == observed._model.to_bytes()
    assert hasattr(observed, "findings_") and not hasattr(other, "findings_")
    assert hasattr(other.set_params(diagnosis=True).fit("iris"), "findings_")
    assert not hasattr(other.set_params(diagnosis=False).fit("iris"), "findings_")
