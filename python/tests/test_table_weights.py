"""Weights of rows in the training of estimators for tables."""

from __future__ import annotations

import copy
import pickle
import subprocess
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from made_tables import command, numbers, people
from sklearn.base import clone
from sklearn.model_selection import cross_validate

from pellucid import TableClassifier, TableRegressor


@pytest.fixture(autouse=True)
def quiet():
    """Most tests do not look at the notes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)
        yield


def weights(rows: int = 300) -> pd.Series:
    return pd.Series(np.random.default_rng(7).integers(0, 4, rows).astype(float), name="times")


@pytest.mark.skipif(command() is None, reason="the command is not built: cargo build")
def test_weights_beside_the_table_give_the_file_of_a_column_of_weights(tmp_path):
    frame = people()
    weighted = frame.assign(times=weights())
    table, file = tmp_path / "people.csv", tmp_path / "theirs.safetensors"
    weighted.to_csv(table, index=False)
    trained = [command(), "train", table, "--target", "income", "--weight", "times", "--epochs", "5", "--out", file]
    subprocess.run([*map(str, trained), "--quiet"], check=True, capture_output=True)
    theirs = file.read_bytes()
    model = TableClassifier(epochs=5)
    X, y = frame.drop(columns="income"), frame["income"]
    assert clone(model).set_params(weight="times").fit(table, target="income")._model.to_bytes() == theirs
    # A frame has dates where a file of text has words, which the model file keeps.
    of_frame = clone(model).set_params(weight="times").fit(weighted, target="income")._model.to_bytes()
    assert clone(model).fit(weighted, target="income", sample_weight="times")._model.to_bytes() == of_frame
    assert clone(model).fit(X, y, weights())._model.to_bytes() == of_frame
    assert clone(model).fit(frame, target="income", sample_weight=weights())._model.to_bytes() == of_frame
    frame.to_csv(table, index=False)
    of_file = clone(model).fit(table, target="income", sample_weight=weights())
    assert of_file._model.to_bytes() == theirs
    assert list(of_file.feature_names_in_) == list(X.columns) and of_file.n_features_in_ == 5
    unweighted = clone(model).fit(X, y)
    assert (unweighted.predict_proba(X) != of_file.predict_proba(X)).any()


def test_weights_of_one_change_nothing_and_weights_of_zero_leave_a_row_out():
    frame = numbers()
    X, y = frame.drop(columns="price"), frame["price"]
    model = TableRegressor(epochs=5)
    plain = model.fit(X, y).predict(X)
    np.testing.assert_array_equal(model.fit(X, y, np.ones(200)).predict(X), plain)
    np.testing.assert_array_equal(model.fit(X, y, [1] * 200).predict(X), plain)
    assert model.recipe_["data"]["table"]["weight"] == "sample_weight"
    settings = {"preset": "plain", "scale": "none", "validation": 0, "epochs": 20, "batch_size": "full"}
    X = X[["a", "b", "c"]]
    wrong = np.where(np.arange(200) < 50, 1000.0, y / 30)
    ignoring = TableRegressor(**settings, target_transform="none").fit(X, wrong, (np.arange(200) >= 50).astype(float))
    without = TableRegressor(**settings, target_transform="none").fit(X[50:], wrong[50:])
    np.testing.assert_allclose(ignoring.predict(X), without.predict(X), rtol=1e-4, atol=1e-4)


def test_a_weight_of_two_is_a_row_twice():
    frame = numbers()
    X, y = frame[["a", "b", "c"]], frame["price"] / 30
    settings = {"preset": "plain", "scale": "none", "target_transform": "none", "precision": "f64"}
    # Only the scale of the gradient differs, which a penalty and the ε of Adam see.
    settings |= {"validation": 0, "epochs": 20, "batch_size": "full", "l2": 0}
    times = np.random.default_rng(3).integers(1, 4, 200)
    weighted = TableRegressor(**settings).fit(X, y, times.astype(float))
    rows = np.repeat(np.arange(200), times)
    repeated = TableRegressor(**settings).fit(X.iloc[rows], y.iloc[rows])
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-5)


def test_weights_of_validation_rows():
    frame = people()
    X, y = frame.drop(columns="income"), frame["income"]
    train, held_out = slice(0, 200), slice(200, 300)
    model = TableClassifier(epochs=5)
    of = X[train], y[train], weights(200)

    def loss(validation_data):
        return clone(model).fit(*of, validation_data=validation_data).history_[-1]["validation_loss"]

    plain = loss((X[held_out], y[held_out]))
    assert plain == loss((X[held_out], y[held_out], np.ones(100))) == loss(frame[held_out])
    assert plain != loss((X[held_out], y[held_out], np.arange(100.0)))
    both = X.assign(times=weights()), y
    pair = both[0][held_out], both[1][held_out]
    as_column = clone(model).fit(both[0][train], y[train], "times", validation_data=pair)
    as_array = clone(model).fit(*of, validation_data=(X[held_out], y[held_out], weights()[held_out]))
    np.testing.assert_array_equal(as_array.predict_proba(X), as_column.predict_proba(X))
    with pytest.raises(ValueError, match="the sample_weight of validation_data has shape"):
        loss((X[held_out], y[held_out], np.ones((100, 2))))
    with pytest.raises(ValueError, match="validation_data has weights, and the rows of the training have none"):
        clone(model).fit(X, y, validation_data=(X, y, np.ones(300)))
    with pytest.raises(ValueError, match="the number of weights is 99, and validation_data has 100 rows"):
        loss((X[held_out], y[held_out], np.ones(99)))


def test_a_feature_may_have_the_name_of_the_weights():
    frame = people().assign(sample_weight=1.0, times=weights())
    model = TableClassifier(epochs=2).fit(frame, target="income", sample_weight=np.ones(300))
    assert model.recipe_["data"]["table"]["weight"] == "_sample_weight"
    assert "times" in model.feature_names_in_ and "_sample_weight" not in model.feature_names_in_
    # `last` and numbers mean columns of the table.
    last = frame[["age", "visits", "income"]]
    by_place = TableClassifier(epochs=2, drop=["2"]).fit(last, target="last", sample_weight=np.ones(300))
    assert by_place.recipe_["data"]["table"]["target"] == ["income"]
    assert by_place.recipe_["data"]["table"]["drop"] == ["visits"]


def test_scikit_learns_tools_pass_weights_on():
    frame = people(200)
    X, y = frame.drop(columns="income"), frame["income"]
    model = TableClassifier(epochs=3)
    found = cross_validate(model, X, y, cv=3, params={"sample_weight": weights(200).to_numpy()})
    assert np.isfinite(found["test_score"]).all()
    with sklearn.config_context(enable_metadata_routing=True):
        routed = TableClassifier(epochs=3).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        found = cross_validate(routed, X, y, cv=3, params={"sample_weight": weights(200).to_numpy()})
    assert np.isfinite(found["test_score"]).all()
    fitted = clone(model).fit(X, y, weights(200))
    for other in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        np.testing.assert_array_equal(other.predict_proba(X), fitted.predict_proba(X))
        assert other.findings_ == fitted.findings_ and other.choices_ == fitted.choices_
        assert other.calibration_ == fitted.calibration_


WRONG = [
    (np.ones(59), "sample_weight: the number of weights is 59, and X has 60 rows"),
    (np.ones((60, 2)), "sample_weight has shape (60, 2); a number for each row is needed"),
    (1.0, "sample_weight has shape (); a number for each row is needed"),
    (["one"] * 60, "sample_weight cannot be used: could not convert string to float"),
    (np.where(np.arange(60) == 4, -1.0, 1.0), "X, column `sample_weight`, data row 5: the weight is -1"),
    (np.where(np.arange(60) == 4, np.nan, 1.0), "X, column `sample_weight`, data row 5: the weight is missing"),
    (np.where(np.arange(60) == 4, np.inf, 1.0), "X, column `sample_weight`"),
    ("counts", "X: there is no column `counts`"),
]


@pytest.mark.parametrize(("sample_weight", "expected"), WRONG)
def test_wrong_weights_are_refused(sample_weight, expected):
    with pytest.raises(ValueError) as raised:
        TableClassifier(epochs=1).fit(people(60), target="income", sample_weight=sample_weight)
    assert str(raised.value).startswith(expected), str(raised.value)


def test_weights_are_given_once():
    with pytest.raises(ValueError, match="the weights are given twice, as weight and as sample_weight"):
        TableClassifier(weight="visits").fit(people(60), target="income", sample_weight=np.ones(60))
