"""The figures by which entrants are compared, computed in this one place for all. Lower is better."""

from __future__ import annotations

import numpy as np

from .splits import Split

# Probabilities are clipped to at least this before their logarithm is taken.
SMALLEST = 1e-15

FIGURES = {"error": "error", "log_loss": "log loss", "nrmse": "RMSE / deviation"}
FIGURES_OF = {"classification": ("error", "log_loss"), "regression": ("nrmse",)}


def scores(split: Split, outputs: np.ndarray) -> dict[str, float]:
    """Of the test rows. `outputs` are probabilities, a column for each of `split.classes`, or predicted numbers."""
    truth = split.contents.y[split.test]
    if not np.all(np.isfinite(outputs)):
        raise ValueError("a prediction is not a finite number")
    if not split.classify:
        return {"nrmse": float(np.sqrt(np.mean((outputs - truth) ** 2)) / truth.std())}
    places = np.searchsorted(split.classes, truth)
    # A class that no training row has gets the probability 0: an error, and the largest loss.
    of_truth = outputs[np.arange(len(truth)), places]
    return {
        "error": float(np.mean(outputs.argmax(axis=1) != places)),
        "log_loss": float(-np.mean(np.log(np.clip(of_truth, SMALLEST, 1)))),
    }


def in_all_classes(split: Split, probabilities: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Probabilities of the classes `of`, in columns for all of `split.classes`."""
    if not np.isin(of, split.classes).all():
        raise ValueError(f"classes that the table does not have: {', '.join(sorted(set(of) - set(split.classes)))}")
    complete = np.zeros((len(probabilities), len(split.classes)))
    complete[:, np.searchsorted(split.classes, of)] = probabilities
    return complete
