"""Runs the query @FILE@ and its variant for SQLite on rows of which the model's own predictions are known.

SQLite is that of Python; DuckDB is used as well where its package is there. The exit status is 0 if no answer deviates by more than
@TOLERANCE@.
"""

import json
import math
import sqlite3
import sys
from pathlib import Path

GOLDEN = json.loads(@GOLDEN@)
TOLERANCE = @TOLERANCE@
HERE = Path(__file__).parent
TABLE = Path("@FILE@").stem


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def columns():
    """The columns of the table, a type for each, and the rows."""
    if GOLDEN["features"]:
        names = [f"x{at + 1}" for at in range(len(GOLDEN["numbers"][0]))]
    else:
        names = GOLDEN["number_columns"] + GOLDEN["word_columns"]
    numbers = len(GOLDEN["numbers"][0])
    kinds = ["DOUBLE PRECISION" if at < numbers else "TEXT" for at in range(len(names))]
    rows = [[at, *row, *words] for at, (row, words) in enumerate(zip(GOLDEN["numbers"], GOLDEN["words"]))]
    return names, kinds, rows


def answers(connection, file):
    names, kinds, rows = columns()
    key = "_row_of_test"
    declared = ", ".join(f"{quoted(name)} {kind}" for name, kind in zip([key, *names], ["INTEGER", *kinds]))
    connection.execute(f"CREATE TABLE {quoted(TABLE)} ({declared})")
    places = ", ".join("?" for _ in rows[0])
    connection.executemany(f"INSERT INTO {quoted(TABLE)} VALUES ({places})", rows)
    text = file.read_text(encoding="utf-8")
    head, last = text.rsplit("\nSELECT ", 1)
    found = connection.execute(f"{head}\nSELECT {quoted(key)}, {last}").fetchall()
    return [row[1 + len(names) :] for row in sorted(found, key=lambda row: row[0])]


def deviation(found, expected):
    if expected is None or found is None:
        return 0.0 if expected is None and found is None else math.inf
    return abs(found - expected) / max(1.0, abs(expected))


def compare(found):
    largest, differ = 0.0, 0
    names = GOLDEN["class_names"]
    for at, (row, expected) in enumerate(zip(found, GOLDEN["expected"])):
        if len(names) == 1:
            labels, numbers = row[:1], row[1:]
        elif names:
            labels, numbers = row[0::2], row[1::2]
        else:
            labels, numbers = (), row
        largest = max(largest, *(deviation(*pair) for pair in zip(numbers, expected)))
        for label, classes, wanted in zip(labels, names, GOLDEN["classes"][at] if names else ()):
            # A class of -2 is decided by rounding.
            differ += wanted not in (-2, classes.index(label) if label in classes else -1)
    return largest, differ


def main():
    found = [compare(answers(sqlite3.connect(":memory:"), HERE / f"{TABLE}_sqlite.sql"))]
    databases = ["SQLite"]
    try:
        import duckdb
    except ImportError:
        pass
    else:
        found.append(compare(answers(duckdb.connect(), HERE / "@FILE@")))
        databases.append("DuckDB")
    largest, differ = max(one for one, _ in found), sum(other for _, other in found)
    print(f"rows {len(GOLDEN['expected'])}, largest deviation {largest:e}, classes that differ {differ}")
    print("in " + " and ".join(databases))
    return 0 if largest <= TOLERANCE and differ == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
