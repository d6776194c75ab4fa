"""Predictions for batches of rows: those of the command, in the type of the batch, in this process and in others."""

from __future__ import annotations

import os
import pickle
import subprocess
from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid import BatchPredictor, MLPClassifier, TableClassifier, TableRegressor

pyarrow = pytest.importorskip(
    "pyarrow", reason="PyArrow is not installed (pip install pyarrow): batches are not tested"
)
parquet = pytest.importorskip("pyarrow.parquet")
pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")

pytestmark = pytest.mark.filterwarnings("ignore:.* of .* held-out rows have copies", "ignore:.*counts the rows")

COMMAND = Path(os.environ.get("PELLUCID_COMMAND", "pellucid"))


def rows(count, seed=0):
    """Rows with numbers, words and missing values."""
    random = np.random.RandomState(seed)
    size = random.normal(size=count)
    size[::11] = np.nan
    return pyarrow.table(
        {
            "id": pyarrow.array(np.arange(count)),
            "size": pyarrow.array(size, from_pandas=True),
            "colour": pyarrow.array(random.choice(["red", "green", "blue"], count)),
            "is_new": pyarrow.array(random.random(count) < 0.5),
        }
    )


@pytest.fixture(scope="module")
def classifier():
    table = rows(400).drop_columns(["id"])
    kind = [f"kind {colour}" if colour != "red" else "kind red" for colour in table["colour"].to_pylist()]
    return TableClassifier(epochs=10).fit(table.append_column("kind", pyarrow.array(kind)), target="kind")


@pytest.fixture(scope="module")
def regressor():
    table = rows(400).drop_columns(["id"])
    price = 3.0 * np.nan_to_num(table["size"].to_numpy()) + table["is_new"].to_numpy()
    return TableRegressor(epochs=10).fit(table.append_column("price", pyarrow.array(price)), target="price")


def of_command(folder, model, table, *flags):
    """What ``pellucid predict`` writes for a table."""
    if not COMMAND.exists():
        pytest.skip(f"{COMMAND} is not built (cargo build), so predictions are not compared with its own")
    model.save(folder / "model.safetensors")
    parquet.write_table(table, folder / "rows.parquet")
    written = folder / "predicted.parquet"
    files = [folder / "model.safetensors", folder / "rows.parquet", "--output", written]
    subprocess.run([COMMAND, "predict", *files, "--keep-columns", "--quiet", *flags], check=True)
    return parquet.read_table(written)


def test_columns_and_numbers_are_those_of_the_command(classifier, regressor, tmp_path):
    table = rows(20_000, seed=1)
    asked = {"probabilities": True}, {"interval": 0.8}
    for model, settings, flags in zip(
        (classifier, regressor), asked, (["--proba"], ["--interval", "0.8"]), strict=True
    ):
        ours = BatchPredictor(model, **settings)(table)
        theirs = of_command(tmp_path, model, table, *flags)
        assert ours.column_names == theirs.column_names
        for name in ours.column_names:
            assert ours[name].to_pylist() == theirs[name].to_pylist(), name


def test_a_stream_has_the_numbers_of_the_whole_however_it_is_divided(regressor):
    table = rows(70_000, seed=2)
    predictor = BatchPredictor(regressor, keep="id")
    whole = predictor(table)
    for size in (977, 66_000):
        batches = list(predictor.stream(table.to_batches(max_chunksize=size)))
        assert max(batch.num_rows for batch in batches) <= 65_536
        assert pyarrow.Table.from_batches(batches).equals(whole)
    assert predictor.schema(table.schema) == whole.schema
    assert list(predictor.stream([])) == []


def test_the_type_of_a_batch_is_kept(classifier, regressor):
    for model, settings in ((classifier, {"probabilities": True}), (regressor, {"interval": 0.8})):
        predictor = BatchPredictor(model, **settings)
        table = rows(50)
        expected = predictor(table)
        assert predictor(table.to_batches()[0]).equals(expected.combine_chunks().to_batches()[0])
        frame = table.to_pandas().set_axis(np.arange(50) // 2)
        of_pandas = predictor(frame)
        assert (of_pandas.index == frame.index).all()
        of_polars = predictor(polars.from_arrow(table))
        of_dict = predictor({name: table[name].to_numpy() for name in table.column_names})
        assert isinstance(of_polars, polars.DataFrame)
        for name in expected.column_names[4:]:
            values = expected[name].to_pylist()
            assert of_pandas[name].tolist() == of_polars[name].to_list() == of_dict[name].tolist() == values


def test_empty_batches_have_the_columns(classifier):
    predictor = BatchPredictor(classifier, probabilities=True)
    table = rows(3)
    expected = predictor(table)
    assert predictor(table.slice(0, 0)).schema == expected.schema
    assert predictor(table.to_batches()[0].slice(0, 0)).schema == expected.schema
    frame = table.to_pandas()
    assert (predictor(frame[:0]).dtypes == predictor(frame).dtypes).all()
    assert list(predictor({name: [] for name in table.column_names})) == expected.column_names


def test_a_model_travels_by_path_and_by_bytes(regressor, tmp_path):
    path = tmp_path / "model.safetensors"
    regressor.save(path)
    table = rows(100)
    expected = BatchPredictor(regressor)(table)
    by_path = pickle.dumps(BatchPredictor(path))
    by_bytes = pickle.dumps(BatchPredictor(path.read_bytes()))
    assert len(by_path) < 2000 < path.stat().st_size < len(by_bytes)
    for sent in (by_path, by_bytes):
        assert pickle.loads(sent)(table).equals(expected)
    received = pickle.loads(by_path.replace(b"model.safe", b"other.safe"))
    with pytest.raises(
        ValueError, match=r"other.safetensors: a worker on .* cannot read this model file .*every worker"
    ):
        received(table)
    TableRegressor(epochs=1, random_state=9).fit({"size": [*range(30)], "y": [*range(30)]}, target="y").save(
        tmp_path / "other.safetensors"
    )
    with pytest.raises(ValueError, match="is not the one that was read at the start"):
        received(table)


def test_taken_names_begin_with_an_underscore(classifier):
    table = rows(5).append_column("prediction", pyarrow.array(range(5)))
    assert BatchPredictor(classifier)(table).column_names[-2:] == ["prediction", "_prediction"]
    assert BatchPredictor(classifier, keep=["id"])(table).column_names == ["id", "prediction"]


def test_a_row_that_is_too_large_has_missing_values():
    regressor = TableRegressor(preset="plain", epochs=1).fit({"size": [0.5 * row for row in range(30)]}, np.arange(30))
    sizes = rows(10)["size"].to_pylist()
    sizes[4] = 1e300
    table = rows(10).set_column(1, "size", pyarrow.array(sizes))
    with pytest.warns(UserWarning, match="1 row has no prediction"):
        found = BatchPredictor(regressor)(table)["prediction"]
    assert [value is None for value in found.to_pylist()] == [row == 4 for row in range(10)]


def test_what_cannot_be_used_is_refused(classifier, regressor, tmp_path):
    table = rows(30)
    with pytest.raises(
        ValueError, match=r"the batch has no column 'colour', which the model needs; it has 'id', 'size'"
    ):
        BatchPredictor(classifier)(table.drop_columns(["colour"]))
    with pytest.raises(ValueError, match=r"keep = .*no column 'sise'"):
        BatchPredictor(classifier, keep="sise").schema(table.schema)
    words = table.set_column(1, "size", pyarrow.array(["large"] * 30))
    with pytest.raises(ValueError, match=r"size.*large"):
        BatchPredictor(regressor)(words)
    with pytest.raises(ValueError, match="interval"):
        BatchPredictor(classifier, interval=0.9)
    with pytest.raises(TypeError, match="the path of a model file, its bytes"):
        BatchPredictor(MLPClassifier())
    with pytest.raises(FileNotFoundError):
        BatchPredictor(tmp_path / "absent.safetensors")
    MLPClassifier((4,), max_iter=2).fit([[0.0], [1.0]], [0, 1]).save(tmp_path / "arrays.safetensors")
    with pytest.raises(ValueError, match="was not trained on a table"):
        BatchPredictor(tmp_path / "arrays.safetensors")
    with pytest.raises(TypeError, match="type list is not read"):
        BatchPredictor(classifier)([1, 2])


def test_a_model_of_a_newer_version_is_refused(classifier, tmp_path):
    path = tmp_path / "model.safetensors"
    classifier.save(path)
    content = path.read_bytes()
    key = b'"format_version":"'
    at = content.index(key) + len(key)
    path.write_bytes(content[:at] + b"9" + content[at + 1 :])
    with pytest.raises(ValueError, match=r"a model of format 9, .* reads format 4; update it"):
        BatchPredictor(path)


def test_duckdb_reads_and_writes_streams(regressor, tmp_path):
    duckdb = pytest.importorskip(
        "duckdb", reason="DuckDB is not installed (pip install duckdb): its streams are not tested"
    )
    parquet.write_table(rows(70_000), tmp_path / "rows.parquet")
    database = duckdb.connect()
    reader = database.sql(f"SELECT * FROM '{tmp_path}/rows.parquet'").to_arrow_reader(10_000)
    predictor = BatchPredictor(regressor, keep="id")
    scored = pyarrow.RecordBatchReader.from_batches(predictor.schema(reader.schema), predictor.stream(reader))
    other = duckdb.connect()
    other.register("scored", scored)
    other.sql("SELECT * FROM scored").write_parquet(f"{tmp_path}/scored.parquet")
    assert parquet.read_table(tmp_path / "scored.parquet").equals(predictor(rows(70_000)))


def test_polars_maps_batches(regressor):
    lazy = polars.from_arrow(rows(1000)).lazy()
    predictor = pellucid.BatchPredictor(regressor)
    schema = {**lazy.collect_schema(), "prediction": polars.Float64}
    found = lazy.map_batches(predictor, schema=schema).filter(polars.col("prediction") > 0).collect()
    expected = predictor(rows(1000))["prediction"].to_numpy()
    assert found["prediction"].to_list() == expected[expected > 0].tolist()
