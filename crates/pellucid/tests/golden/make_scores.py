"""Writes scikit-learn's scores for `tests/scores.rs`.

    python make_scores.py scores.json

Needs scikit-learn (written with 1.9).
"""

import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn import metrics

warnings.simplefilter("ignore")


BINS = 15


def reliability(probabilities, labels):
    """The bins of Guo et al. 2017, open below and closed above."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = []
    for bin in range(BINS):
        low, high = bin / BINS, (bin + 1) / BINS
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            accuracy, mean = float(right[inside].mean()), float(confidence[inside].mean())
            bins.append({"from": low, "to": high, "rows": int(inside.sum()), "confidence": mean, "accuracy": accuracy})
    return bins


def classification(probabilities, labels, classes):
    probabilities, labels = np.asarray(probabilities, float), np.asarray(labels)
    predicted = probabilities.argmax(axis=1)
    every = list(range(classes))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(labels, predicted, labels=every)
    bins = reliability(probabilities, labels)
    auc = None
    if len(set(labels.tolist())) == classes:
        auc = metrics.roc_auc_score(labels, probabilities[:, 1] if classes == 2 else probabilities, multi_class="ovr")
    return {
        "probabilities": probabilities.ravel().tolist(),
        "labels": labels.tolist(),
        "classes": classes,
        "scores": {
            "accuracy": metrics.accuracy_score(labels, predicted),
            "balanced_accuracy": metrics.balanced_accuracy_score(labels, predicted),
            "log_loss": metrics.log_loss(labels, probabilities, labels=every),
            "roc_auc": auc,
            "macro_f1": metrics.f1_score(labels, predicted, average="macro"),
            "weighted_f1": metrics.f1_score(labels, predicted, average="weighted"),
            "expected_calibration_error": sum(b["rows"] * abs(b["accuracy"] - b["confidence"]) for b in bins) / len(labels),
            "reliability": bins,
            "per_class": [
                {"precision": p, "recall": r, "f1": f, "support": int(s)}
                for p, r, f, s in zip(precision, recall, f1, support)
            ],
            "confusion": metrics.confusion_matrix(labels, predicted, labels=every).tolist(),
        },
    }


def regression(predictions, targets):
    predictions, targets = np.asarray(predictions, float), np.asarray(targets, float)
    scores = {
        "r2": metrics.r2_score,
        "explained_variance": metrics.explained_variance_score,
        "rmse": metrics.root_mean_squared_error,
        "mae": metrics.mean_absolute_error,
        "mse": metrics.mean_squared_error,
    }

    def of(multioutput):
        return {name: score(targets, predictions, multioutput=multioutput) for name, score in scores.items()}

    each = of("raw_values")
    outputs = targets.shape[1]
    result = {
        "outputs": [{name: float(values[output]) for name, values in each.items()} for output in range(outputs)],
        "mean": {name: float(value) for name, value in of("uniform_average").items()},
    }
    return {
        "predictions": predictions.ravel().tolist(),
        "targets": targets.ravel().tolist(),
        "outputs": outputs,
        "scores": result,
    }


def main(path):
    draw = np.random.default_rng(7)

    def rows_of_probabilities(rows, classes, decimals):
        """Rounded, so that there are ties."""
        drawn = np.round(draw.dirichlet(np.ones(classes), rows), decimals)
        drawn[:, -1] = 1 - drawn[:, :-1].sum(axis=1)
        return np.abs(drawn)

    two = rows_of_probabilities(40, 2, 1)
    three = rows_of_probabilities(60, 3, 2)
    classes = [
        classification(two, draw.integers(0, 2, 40), 2),
        classification(two, (two[:, 1] + draw.normal(0, 0.3, 40) > 0.6).astype(int), 2),
        classification(three, draw.integers(0, 3, 60), 3),
        classification(three, (three + draw.normal(0, 0.2, three.shape)).argmax(axis=1), 3),
        # Certain predictions, one of them wrong.
        classification([[1, 0], [0, 1], [1, 0], [0, 1]], [0, 1, 1, 1], 2),
        # A class without rows, and one that does not occur at all.
        classification([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3]], [0, 0, 0], 2),
        classification([[0.6, 0.3, 0.1, 0], [0.2, 0.7, 0.1, 0], [0.1, 0.2, 0.7, 0]], [0, 0, 1], 4),
        # All predictions equal.
        classification([[0.5, 0.5]] * 5, [0, 1, 1, 0, 1], 2),
    ]
    numbers = draw.normal(3, 5, (50, 3))
    regressions = [
        regression(numbers + draw.normal(0, [1, 4, 9], numbers.shape), numbers),
        regression([[2.5], [0.0], [2.0], [8.0]], [[3.0], [-0.5], [2.0], [7.0]]),
        # A constant offset; a constant target missed, hit, and missed by a constant.
        regression([[2.0], [3.0], [5.0]], [[1.0], [2.0], [4.0]]),
        regression([[2.0, 4.0, 5.0], [3.0, 4.0, 5.0], [5.0, 4.0, 5.0]], [[4.0, 4.0, 4.0]] * 3),
    ]
    golden = {"scikit-learn": sklearn.__version__, "classification": classes, "regression": regressions}
    with open(path, "w") as file:
        json.dump(golden, file)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
