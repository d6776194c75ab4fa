"""Frames of every kind give the engine the same table, to the bit."""

from __future__ import annotations

import datetime
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from pellucid import TableClassifier, TableRegressor, _frames

ROWS = 120
RANDOM = np.random.default_rng(3)
AGE = np.where(np.arange(ROWS) % 5 == 0, np.nan, RANDOM.normal(40, 12, ROWS))
VISITS = RANDOM.integers(0, 30, ROWS)
MEMBER = RANDOM.random(ROWS) < 0.4
CITY = [None if row % 7 == 0 else str(word) for row, word in enumerate(RANDOM.choice(["Oslo", "Rome", "a,b"], ROWS))]
DAYS = [None if row % 9 == 0 else datetime.date(2021, 1 + row % 12, 1 + row % 28) for row in range(ROWS)]
TIMES = [None if day is None else datetime.datetime(day.year, day.month, day.day, 5, 30) for day in DAYS]
Y = ["yes" if member or visits > 15 else "no" for member, visits in zip(MEMBER, VISITS, strict=True)]


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)
        yield


def columns():
    return {"age": AGE, "visits": VISITS, "member": MEMBER, "city": CITY, "day": DAYS, "time": TIMES, "y": Y}


def pandas_frame():
    return pd.DataFrame(columns())


def pandas_nullable():
    frame = pandas_frame()
    frame["age"] = frame["age"].astype("Float64")
    frame["visits"] = frame["visits"].astype("Int64")
    frame["member"] = frame["member"].astype("boolean")
    frame["city"] = frame["city"].astype("category")
    return frame


def pandas_of_objects():
    return pandas_frame().astype({"visits": object, "member": object, "city": object, "y": object})


def polars_frame():
    return pl.DataFrame({**columns(), "age": pl.Series(AGE, nan_to_null=True)})


def polars_categories():
    return polars_frame().with_columns(pl.col("city").cast(pl.Categorical), pl.col("y").cast(pl.Enum(["no", "yes"])))


def arrow_table():
    return pa.table({name: pa.array(values, from_pandas=True) for name, values in columns().items()})


def arrow_in_chunks():
    table = arrow_table()
    return pa.concat_tables([table.slice(0, 50), table.slice(50)])


KINDS = [
    pandas_frame,
    pandas_nullable,
    pandas_of_objects,
    polars_frame,
    polars_categories,
    arrow_table,
    arrow_in_chunks,
    columns,
]


def fitted(frame):
    return TableClassifier(epochs=4, hidden=8).fit(frame, target="y")


@pytest.mark.parametrize("make", KINDS)
def test_every_frame_is_the_same_table(make):
    expected = fitted(pandas_frame())
    model = fitted(make())
    assert model._model.to_bytes() == expected._model.to_bytes()
    np.testing.assert_array_equal(model.predict_proba(make()), expected.predict_proba(pandas_frame()))


@pytest.mark.parametrize("make", [pandas_frame, pandas_nullable, pandas_of_objects, polars_frame, columns])
def test_pyarrow_is_not_needed(make, monkeypatch):
    expected = fitted(pandas_frame())
    answers = expected.predict_proba(pandas_frame())
    frame = make()
    monkeypatch.setattr(_frames, "_pyarrow", lambda: None)
    model = fitted(frame)
    assert model._model.to_bytes() == expected._model.to_bytes()
    np.testing.assert_array_equal(model.predict_proba(frame), answers)


@pytest.mark.parametrize("with_pyarrow", [True, False])
def test_no_digit_changes(with_pyarrow, monkeypatch):
    """The mean of the target is that of its numbers, to the last bit; whole numbers beyond 2^53 stay distinct."""
    if not with_pyarrow:
        monkeypatch.setattr(_frames, "_pyarrow", lambda: None)
    x = np.nextafter(np.arange(1.0, 61), 2) / 3
    identity = 2**53 + np.arange(60) * 2 + 1
    frame = pd.DataFrame({"x": x, "identity": identity})
    model = TableRegressor(preset="plain", epochs=1, precision="f64", hidden="none").fit(frame, x * 2)
    assert "identity" in model._model.features()
    again = TableRegressor(preset="plain", epochs=1, precision="f64", hidden="none").fit(
        frame.iloc[:, :], (x * 2).tolist()
    )
    np.testing.assert_array_equal(model.predict(frame), again.predict(frame))
    moved = frame.assign(identity=identity + 2)
    assert (model.predict(moved) != model.predict(frame)).all()


@pytest.mark.parametrize("with_pyarrow", [True, False])
def test_categories_of_numbers_are_names(with_pyarrow, monkeypatch):
    if not with_pyarrow:
        monkeypatch.setattr(_frames, "_pyarrow", lambda: None)
    frame = pd.DataFrame({"code": pd.Categorical(VISITS % 4), "age": np.arange(ROWS) * 1.0})
    model = TableClassifier(epochs=1).fit(frame, Y)
    assert {"code=0", "code=1", "code=2", "code=3"} <= set(model._model.features())


def test_rows_of_an_array():
    X = RANDOM.normal(size=(80, 3))
    y = X[:, 0] > 0
    model = TableClassifier(epochs=3).fit(X, y)
    assert list(model.feature_names_in_) == ["c1", "c2", "c3"]
    named = TableClassifier(epochs=3).fit(pd.DataFrame(X, columns=["c1", "c2", "c3"]), y)
    np.testing.assert_array_equal(named.predict_proba(X), model.predict_proba(X))
    single = TableClassifier(epochs=3, precision="f64").fit(X.astype(np.float32), y)
    assert single.predict(X.tolist()).shape == (80,)


@pytest.mark.parametrize("with_pyarrow", [True, False])
def test_a_column_without_a_value_is_missing_everywhere(with_pyarrow, monkeypatch):
    if not with_pyarrow:
        monkeypatch.setattr(_frames, "_pyarrow", lambda: None)
    model = fitted(pandas_frame())
    for column in ("age", "city", "day"):
        answers = model.predict_proba(pandas_frame().assign(**{column: None}))
        assert np.isfinite(answers).all()


@pytest.mark.parametrize("with_pyarrow", [True, False])
def test_what_is_no_table_is_refused(with_pyarrow, monkeypatch):
    if not with_pyarrow:
        monkeypatch.setattr(_frames, "_pyarrow", lambda: None)
    y = [0, 1] * 5
    for X, expected in (
        (np.arange(10), "has shape"),
        (pd.DataFrame({"a": [1, "x"] * 5}), "'a'"),
        (pd.DataFrame({"a": np.arange(10) * 1j}), "'a'"),
        (pd.DataFrame({"a": [1.0, np.inf] * 5, "b": range(10)}), "finite"),
        (pd.DataFrame([[1, 2]] * 10, columns=["a", "a"]), "two columns 'a'"),
        (pd.DataFrame({"a": range(9)}), "different numbers of rows"),
        (pd.DataFrame({"a": []}), "rows"),
        (pl.LazyFrame({"a": range(10)}), "collect"),
    ):
        with pytest.raises((ValueError, TypeError), match=expected):
            TableClassifier(epochs=1).fit(X, y[: len(X)] if isinstance(X, pd.DataFrame) and not len(X) else y)
