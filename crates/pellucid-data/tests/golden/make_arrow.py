"""Writes arrow_plain.arrow, arrow_lz4.arrow, arrow_zstd.arrow (files) and arrow_stream.arrows with PyArrow 26: the same five rows, of every type."""

import datetime
import decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather

FOLDER = Path(__file__).parent
DAY = datetime.date(2024, 2, 28)
MOMENT = datetime.datetime(2024, 2, 28, 23, 30)
WORDS = ["a", None, "a word of more than 12 bytes", "a", "é"]
rows = range(5)
decimals = [decimal.Decimal(f"{row}.25") for row in rows]
table = pa.table(
    {
        "int64": pa.array([9007199254740993 + row for row in rows], pa.int64()),
        "uint64": pa.array([2**64 - 1 - row for row in rows], pa.uint64()),
        "int8": pa.array([-3, None, 1, 2, 3], pa.int8()),
        "f16": pa.array([0.5, 1.5, None, -2, 0], pa.float16()),
        "f32": pa.array([0.5, None, 2.5, 3.5, 4.5], pa.float32()),
        "f64": pa.array([0.1, 0.2, 0.3, 0.4, None]),
        "decimal": pa.array(decimals, pa.decimal128(30, 2)),
        "decimal256": pa.array([-number for number in decimals], pa.decimal256(50, 2)),
        "boolean": pa.array([True, False, None, True, False]),
        "date": pa.array([DAY + datetime.timedelta(row) for row in rows]),
        "date64": pa.array([DAY + datetime.timedelta(row) for row in rows], pa.date64()),
        "time": pa.array([datetime.time(10 + row, 30) for row in rows], pa.time64("us")),
        "seconds": pa.array([MOMENT + datetime.timedelta(hours=row) for row in rows], pa.timestamp("s")),
        "nanoseconds": pa.array([MOMENT + datetime.timedelta(hours=row) for row in rows], pa.timestamp("ns", "UTC")),
        "duration": pa.array([datetime.timedelta(seconds=row) for row in rows], pa.duration("ms")),
        "text": pa.array(WORDS),
        "large": pa.array(WORDS, pa.large_string()),
        "view": pa.array(WORDS, pa.string_view()),
        "dictionary": pa.array(WORDS).dictionary_encode(),
        "nothing": pa.nulls(5),
        "list": pa.array([[1, 2], [], None, [3], [4]]),
        "struct": pa.array([{"a": row, "b": "x"} for row in rows]),
        "binary": pa.array([b"x"] * 5),
        "binary_view": pa.array([b"of more than 12 bytes"] * 5, pa.binary_view()),
        "runs": pa.RunEndEncodedArray.from_arrays([3, 5], [1, 2]),
        "last": pa.array(list(rows), pa.int32()),
    }
)
for name, compression in (("plain", "uncompressed"), ("lz4", "lz4"), ("zstd", "zstd")):
    feather.write_feather(table, str(FOLDER / f"arrow_{name}.arrow"), compression=compression, chunksize=2)
with pa.OSFile(str(FOLDER / "arrow_stream.arrows"), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
    stream.write_table(table, max_chunksize=2)
