"""scikit-learn's metrics for `tests/metrics.rs`.

    python make_metrics.py metrics.json

Needs scikit-learn (written with 1.9).
"""

import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn import metrics

warnings.simplefilter("ignore")


def f1(truth, predicted):
    return {f"{average}_f1": metrics.f1_score(truth, predicted, average=average) for average in ["micro", "macro", "weighted"]}


def errors(outputs, targets):
    return {
        "mean_squared_error": metrics.mean_squared_error(targets, outputs),
        "root_mean_squared_error": metrics.root_mean_squared_error(targets, outputs),
        "mean_absolute_error": metrics.mean_absolute_error(targets, outputs),
        "r2": metrics.r2_score(targets, outputs),
        "explained_variance": metrics.explained_variance_score(targets, outputs),
    }


def case(kind, activation, outputs, targets, figures):
    return {
        "kind": kind,
        "activation": activation,
        "width": int(outputs.shape[1]),
        "outputs": outputs.ravel().tolist(),
        "targets": targets.astype(float).ravel().tolist(),
        "metrics": {name: float(value) for name, value in figures.items()},
    }


def of_two(probability, truth):
    """One output, the probability of the second class."""
    predicted = (probability > 0.5).astype(int)
    figures = {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, predicted),
        "log_loss": metrics.log_loss(truth, probability, labels=[0, 1]),
        "roc_auc": metrics.roc_auc_score(truth, probability),
        **f1(truth, predicted),
        **errors(probability, truth),
    }
    return case("classes", "sigmoid", probability[:, None], truth[:, None], figures)


def of_classes(probabilities, truth):
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    one_hot = np.eye(classes)[truth]
    every = list(range(classes))
    figures = {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, predicted),
        "log_loss": metrics.log_loss(truth, probabilities, labels=every),
        "roc_auc": metrics.roc_auc_score(truth, probabilities, multi_class="ovr"),
        **{f"top_{k}": metrics.top_k_accuracy_score(truth, probabilities, k=k, labels=every) for k in range(1, classes)},
        **f1(truth, predicted),
        **errors(probabilities, one_hot),
    }
    return case("classes", "softmax", probabilities, one_hot, figures)


def of_labels(probabilities, truth):
    predicted = (probabilities > 0.5).astype(int)
    figures = {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "roc_auc": metrics.roc_auc_score(truth, probabilities),
        **f1(truth, predicted),
        **errors(probabilities, truth),
    }
    return case("labels", "sigmoid", probabilities, truth, figures)


def main(path):
    draw = np.random.default_rng(11)

    def softmax(z):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    two = 1 / (1 + np.exp(-draw.normal(0, 2, 50)))
    three = softmax(draw.normal(0, 2, (60, 3)))
    five = softmax(draw.normal(0, 1, (80, 5)))
    labels = 1 / (1 + np.exp(-draw.normal(0, 2, (70, 4))))
    rare = labels.copy()
    rare[:, 2] *= 0.4  # never predicted
    numbers = draw.normal(3, 5, (40, 3))
    cases = [
        of_two(two, (two + draw.normal(0, 0.4, 50) > 0.6).astype(int)),
        of_two(np.round(two, 1), draw.integers(0, 2, 50)),
        of_classes(three, (three + draw.normal(0, 0.3, three.shape)).argmax(axis=1)),
        of_classes(five, draw.integers(0, 5, 80)),
        of_labels(labels, (labels + draw.normal(0, 0.3, labels.shape) > 0.5).astype(int)),
        of_labels(rare, draw.integers(0, 2, labels.shape)),
        case("numbers", "identity", *(pair := (numbers + draw.normal(0, [1, 4, 9], numbers.shape), numbers)), errors(*pair)),
        case("numbers", "identity", *(pair := (numbers[:, :1] * 0.9 + 0.3, numbers[:, :1])), errors(*pair)),
    ]
    golden = {"scikit-learn": sklearn.__version__, "cases": cases}
    with open(path, "w") as file:
        json.dump(golden, file)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
