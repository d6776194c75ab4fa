"""Folders and patterns of files in the place of a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pellucid import TableClassifier


def people(rows: range) -> pd.DataFrame:
    ages = [20 + row * 7 % 50 for row in rows]
    return pd.DataFrame({"age": ages, "income": ["high" if age > 45 else "low" for age in ages]})


def classifier() -> TableClassifier:
    return TableClassifier(epochs=3, random_state=0, n_threads=1)


def test_folders_and_patterns_are_the_table_of_their_files(tmp_path):
    folder = tmp_path / "people"
    for year, rows in [(2023, range(60)), (2024, range(60, 100))]:
        (folder / f"year={year}").mkdir(parents=True)
        people(rows).to_csv(folder / f"year={year}" / "part.csv", index=False)
    whole = people(range(100)).assign(year=[2023] * 60 + [2024] * 40)
    whole.to_csv(tmp_path / "whole.csv", index=False)
    with pytest.warns(UserWarning, match="2 files are one table"):
        model = classifier().fit(folder, target="income")
    same = classifier().fit(tmp_path / "whole.csv", target="income")
    assert list(model.feature_names_in_) == ["age", "year"]
    probabilities = model.predict_proba(folder)
    assert np.array_equal(probabilities, same.predict_proba(tmp_path / "whole.csv"))
    assert np.array_equal(probabilities[60:], model.predict_proba(str(folder / "year=2024" / "*.csv")))
    assert model.evaluate(folder)["rows"] == 100


def test_files_with_other_columns_are_refused_by_name(tmp_path):
    people(range(20)).to_csv(tmp_path / "a.csv", index=False)
    people(range(20)).rename(columns={"age": "years"}).to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(ValueError, match=r"b\.csv: there is no column \"age\", which .*a\.csv has"):
        classifier().fit(tmp_path, target="income")
