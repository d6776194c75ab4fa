"""Files whose text cannot be read by looking."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from pellucid import TableClassifier, TableFile, TableRegressor


def line(text_of, count: int = 40) -> str:
    return "".join(text_of(x, 2 * x + 1) for x in range(count))


def regressor() -> TableRegressor:
    return TableRegressor(preset="plain", epochs=3, validation=0, numeric="c1", random_state=0, n_threads=1)


def test_all_options_reach_the_reader(tmp_path):
    path = tmp_path / "rows.txt"
    path.write_text("a note\nanother\n" + line(lambda x, y: f"{x}|{y}|é\n# nothing\n"), encoding="latin1")
    file = TableFile(path, delimiter="|", header=False, encoding="latin1", comment="#", skip_rows=2)
    model = regressor().fit(file, target="c2")
    assert list(model.feature_names_in_) == ["c1", "c3"]
    same = tmp_path / "same.csv"
    same.write_text("c1,c2,c3\n" + line(lambda x, y: f"{x},{y},é\n"))
    assert np.array_equal(model.predict(file), regressor().fit(same, target="c2").predict(same))
    assert model.evaluate(file)["rows"] == 40


def test_short_rows_are_padded_where_asked(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("c1,c2,c3\n" + line(lambda x, y: f"{x},{y},{x % 3}\n" if x % 5 else f"{x},{y}\n"))
    with pytest.raises(ValueError, match="ragged"):
        regressor().fit(path, target="c2")
    assert regressor().fit(TableFile(path, pad=True), target="c2").n_features_in_ == 2


def test_the_limit_of_unpacking_is_named(tmp_path):
    path = tmp_path / "rows.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write("c1,c2\n" + "1,2\n" * 18_000_000 + "2,3\n")
    with pytest.raises(ValueError, match="max_expansion"):
        regressor().fit(path, target="c2")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delimiter": "ab"}, "delimiter = .*one character"),
        ({"comment": "a"}, "comment = .*one character"),
        ({"encoding": "nonsense"}, "encoding = .*nonsense"),
        ({"skip_rows": -1}, "skip_rows|invalid value"),
    ],
)
def test_wrong_options_are_named(tmp_path, options, message):
    path = tmp_path / "rows.csv"
    path.write_text("c1,c2\n1,2\n2,4\n")
    with pytest.raises(ValueError, match=message):
        TableClassifier().fit(TableFile(path, **options), target="c2")


def test_it_shows_what_was_given(tmp_path):
    assert repr(TableFile("a.csv", pad=True, delimiter=";")) == "TableFile('a.csv', delimiter=';', pad=True)"
