"""Predictions on local clusters of Spark, Dask and Ray, of several processes each."""

from __future__ import annotations

import os
import re
import sys

import numpy as np
import pytest
from local_clusters import local_dask, local_ray

import pellucid
from pellucid import BatchPredictor, TableClassifier, TableRegressor

pyarrow = pytest.importorskip(
    "pyarrow", reason="PyArrow is not installed (pip install pyarrow): clusters are not tested"
)
parquet = pytest.importorskip("pyarrow.parquet")

ROWS = 20_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table in four files of Parquet, and two models."""
    folder = tmp_path_factory.mktemp("clusters")
    random = np.random.RandomState(0)
    table = {
        "id": np.arange(ROWS),
        "size": random.normal(size=ROWS),
        "colour": random.choice(["red", "green", "blue"], ROWS),
    }
    table["size"][::11] = np.nan
    features = {name: table[name][:500] for name in ("size", "colour")}
    TableRegressor(epochs=5).fit(features, 2.0 * np.nan_to_num(features["size"])).save(folder / "numbers.safetensors")
    kinds = np.where(features["colour"] == "red", "warm", "cold")
    TableClassifier(epochs=5).fit(features, kinds).save(folder / "classes.safetensors")
    (folder / "rows").mkdir()
    for part in range(4):
        own = {name: pyarrow.array(values[part::4], from_pandas=True) for name, values in table.items()}
        # Spark's library for Snappy, the default, does not load on every system.
        parquet.write_table(pyarrow.table(own), folder / "rows" / f"{part}.parquet", compression="none")
    return folder


def expected(folder, **settings):
    """The predictions of each file, as one frame by id."""
    model = "numbers.safetensors" if "interval" in settings else "classes.safetensors"
    predictor = BatchPredictor(folder / model, **settings)
    parts = [predictor(parquet.read_table(folder / "rows" / f"{part}.parquet")) for part in range(4)]
    return by_id(pyarrow.concat_tables(parts).to_pandas())


def by_id(frame):
    return frame.sort_values("id").reset_index(drop=True)


def assert_same(found, wanted):
    assert list(found.columns) == list(wanted.columns)
    for name in wanted.columns:
        assert name == "size" or found[name].tolist() == wanted[name].tolist(), name


@pytest.fixture(scope="module")
def spark():
    sql = pytest.importorskip(
        "pyspark.sql", reason="PySpark is not installed (pip install pyspark): predictions with Spark are not tested"
    )
    os.environ.update({"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable})
    builder = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    try:
        session = builder.getOrCreate()
    except Exception as error:
        if "JAVA" not in str(error).upper():
            raise
        pytest.skip(f"Spark needs Java, so predictions with it are not tested: {error}")
    yield session
    session.stop()


def test_spark(spark, folder):
    frame = spark.read.parquet(str(folder / "rows")).repartition(3)
    for model, settings in (("numbers", {"interval": 0.8}), ("classes", {"probabilities": True})):
        path = folder / f"{model}.safetensors"
        wanted = expected(folder, **settings)
        for given in (path, path.read_bytes(), pellucid.load(path)):
            found = pellucid.spark.predict(frame, given, **settings)
            assert found.columns == list(wanted.columns)
        # The last, which was sent along, and the path.
        numbers = found.toArrow().to_pandas()
        assert set(numbers["id"]) == set(wanted["id"])
        again = pellucid.spark.predict(frame, path, keep=["id"], **settings).toArrow().to_pandas()
        for name in wanted.columns[3:]:
            assert by_id(again)[name].tolist() == by_id(numbers)[name].tolist()
        # Spark divides the rows into other partitions, whose predictions differ by rounding.
        for name in wanted.columns[3:]:
            if wanted[name].dtype.kind == "f":
                np.testing.assert_allclose(by_id(numbers)[name], wanted[name], rtol=1e-4, atol=1e-5)


def test_spark_of_one_partition_has_the_bits_of_the_command(spark, folder):
    frame = spark.read.parquet(str(folder / "rows" / "1.parquet")).coalesce(1)
    path = folder / "numbers.safetensors"
    found = pellucid.spark.predict(frame, path, interval=0.8).toArrow().to_pandas()
    wanted = BatchPredictor(path, interval=0.8)(parquet.read_table(folder / "rows" / "1.parquet")).to_pandas()
    assert_same(by_id(found), by_id(wanted))


def test_spark_says_what_is_wrong(spark, folder, tmp_path):
    frame = spark.read.parquet(str(folder / "rows")).repartition(2)
    path = folder / "numbers.safetensors"
    with pytest.raises(ValueError, match="the batch has no column 'colour', which the model needs"):
        pellucid.spark.predict(frame.drop("colour"), path)
    words = frame.selectExpr("id", "if(id = 7, 'large', '1') AS size", "colour")
    with pytest.raises(Exception, match=r"partition \d+: the batch: .*large"):
        pellucid.spark.predict(words, path).toArrow()
    moved = tmp_path / "moved.safetensors"
    moved.write_bytes(path.read_bytes())
    lost = pellucid.spark.predict(frame, moved)
    moved.unlink()
    with pytest.raises(
        Exception, match=r"partition \d+: .*moved.safetensors: a worker on .* cannot read this model file"
    ):
        lost.toArrow()


@pytest.fixture(scope="module")
def dask_client():
    pytest.importorskip("dask.dataframe", reason="Dask's data frames need pandas and PyArrow, which are not installed")
    with local_dask() as client:
        yield client


def test_dask(dask_client, folder):
    import dask.dataframe

    frame = dask.dataframe.read_parquet(folder / "rows", split_row_groups=True)
    assert frame.npartitions == 4
    for model, settings in (("numbers", {"interval": 0.8}), ("classes", {"probabilities": True})):
        path = folder / f"{model}.safetensors"
        for given in (path, pellucid.load(path)):
            lazy = pellucid.dask.predict(frame, given, **settings)
            found = lazy.compute()
            assert (found.dtypes == lazy.dtypes).all()
            assert_same(by_id(found), expected(folder, **settings))


def test_dask_says_what_is_wrong(dask_client, folder, tmp_path):
    import dask
    import dask.dataframe

    frame = dask.dataframe.read_parquet(folder / "rows", split_row_groups=True)
    path = folder / "numbers.safetensors"
    with pytest.raises(ValueError, match="the batch has no column 'colour', which the model needs"):
        pellucid.dask.predict(frame.drop(columns="colour"), path)
    parts = frame.to_delayed()
    parts[2] = dask.delayed(lambda part: part.drop(columns="colour"))(parts[2])
    differing = dask.dataframe.from_delayed(parts, meta=frame._meta, verify_meta=False)
    with pytest.raises(ValueError, match="partition 2: the batch has no column 'colour'"):
        pellucid.dask.predict(differing, path).compute()
    moved = tmp_path / "moved.safetensors"
    moved.write_bytes(path.read_bytes())
    lost = pellucid.dask.predict(frame, moved, keep=["id"])
    moved.unlink()
    with pytest.raises(ValueError, match=r"moved.safetensors: a worker on .* cannot read this model file"):
        lost.compute()
    with pytest.raises(TypeError, match="a data frame of Dask is needed"):
        pellucid.dask.predict(frame._meta, path)


@pytest.fixture(scope="module")
def ray():
    pytest.importorskip("ray.data", reason="Ray Data needs pandas and PyArrow, which are not installed")
    with local_ray(cpus=2) as ray:
        yield ray


def test_ray(ray, folder, tmp_path):
    dataset = ray.data.read_parquet(str(folder / "rows"))
    path = folder / "classes.safetensors"
    wanted = expected(folder, probabilities=True)
    found = pellucid.ray.predict(dataset, path, probabilities=True, batch_size=None).to_pandas()
    assert_same(by_id(found), wanted)
    own = dataset.map_batches(BatchPredictor(path, probabilities=True), batch_format="pandas", batch_size=None)
    assert_same(by_id(own.to_pandas()), wanted)
    with pytest.raises(ValueError, match="the batch has no column 'colour'"):
        pellucid.ray.predict(ray.data.from_pandas(wanted[["id", "size"]]), path)
    moved = tmp_path / "moved.safetensors"
    moved.write_bytes(path.read_bytes())
    lost = pellucid.ray.predict(dataset, moved)
    moved.unlink()
    with pytest.raises(Exception, match=r"moved.safetensors: a worker on .* cannot read this model file"):
        lost.materialize()


def test_missing_frameworks_are_named(folder, monkeypatch):
    for name, package in (("spark", "pyspark"), ("dask", "dask.dataframe"), ("ray", "ray.data")):
        monkeypatch.setitem(sys.modules, package, None)
        needed = re.escape(f"pip install 'pellucid[{name}]'")
        with pytest.raises(ImportError, match=f"is not installed: {needed}"):
            getattr(pellucid, name).predict(None, folder / "numbers.safetensors")
