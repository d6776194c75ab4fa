"""Compares @FILE@ with predictions of the model that it was exported from.

The exit status is 0 if no answer deviates by more than @TOLERANCE@.
"""

import importlib
import json
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
model = importlib.import_module(Path("@FILE@").stem)

GOLDEN = json.loads(@GOLDEN@)
TOLERANCE = @TOLERANCE@


def deviation(found, expected):
    if expected is None or math.isnan(found):
        return 0.0 if expected is None and math.isnan(found) else math.inf
    return abs(found - expected) / max(1.0, abs(expected))


def main():
    if GOLDEN["features"]:
        answer = model.predict(GOLDEN["numbers"])
    else:
        table = {name: [row[at] for row in GOLDEN["numbers"]] for at, name in enumerate(GOLDEN["number_columns"])}
        table |= {name: [row[at] for row in GOLDEN["words"]] for at, name in enumerate(GOLDEN["word_columns"])}
        answer = model.predict(table)
    numbers = answer["probabilities"] if "probabilities" in answer else answer["prediction"]
    pairs = [pair for row, expected in zip(numbers, GOLDEN["expected"]) for pair in zip(row, expected)]
    largest = max(deviation(float(found), expected) for found, expected in pairs)
    differ = 0
    for row, wanted in zip(answer.get("classes", []), GOLDEN["classes"]):
        # A class of -2 is decided by rounding.
        differ += sum(expected not in (-2, int(found)) for found, expected in zip(row, wanted))
    print(f"rows {len(numbers)}, largest deviation {largest:e}, classes that differ {differ}")
    return 0 if largest <= TOLERANCE and differ == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
