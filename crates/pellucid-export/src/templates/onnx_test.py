"""Runs @FILE@ with ONNX Runtime on rows of which the model's own predictions are known.

Needs numpy and onnxruntime. The exit status is 0 if no answer deviates by more than @TOLERANCE@.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import onnxruntime

GOLDEN = json.loads(@GOLDEN@)
TOLERANCE = @TOLERANCE@


def answers(file):
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    numbers = np.array(GOLDEN["numbers"], dtype=np.float64)  # null becomes NaN
    words = [["" if word is None else word for word in row] for row in GOLDEN["words"]]
    feeds = {}
    if GOLDEN["features"]:
        kind = np.float32 if session.get_inputs()[0].type == "tensor(float)" else np.float64
        feeds["features"] = numbers.astype(kind)
    elif GOLDEN["number_columns"]:
        first = [one for one in session.get_inputs() if one.type == "tensor(double)"][0]
        if first.shape[1] == 1:
            feeds = {name: numbers[:, at : at + 1] for at, name in enumerate(GOLDEN["number_columns"])}
        else:
            feeds = {first.name: numbers}
    for at, name in enumerate(GOLDEN["word_columns"]):
        feeds[name] = np.array([[row[at]] for row in words], dtype=object)
    found = session.run(None, feeds)
    values = found[-1]
    if not GOLDEN["classes"]:
        return values, []
    labels = np.asarray(found[0]).reshape(len(values), -1)
    names = GOLDEN["class_names"]
    return values, [
        [names[at].index(label) if label in names[at] else -1 for at, label in enumerate(row)] for row in labels
    ]


def deviation(found, expected):
    if expected is None:
        return 0.0 if math.isnan(found) else math.inf
    return math.inf if math.isnan(found) else abs(found - expected) / max(1.0, abs(expected))


def main():
    file = Path(__file__).with_name("@FILE@")
    values, classes = answers(file)
    pairs = [pair for row, expected in zip(values, GOLDEN["expected"]) for pair in zip(row, expected)]
    largest = max(deviation(float(found), expected) for found, expected in pairs)
    # A class of -2 is decided by rounding.
    compared = [pair for row, expected in zip(classes, GOLDEN["classes"]) for pair in zip(row, expected) if pair[1] != -2]
    differ = sum(found != expected for found, expected in compared)
    print(f"rows {len(values)}, largest deviation {largest:e}, classes that differ {differ}")
    return 0 if largest <= TOLERANCE and differ == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
