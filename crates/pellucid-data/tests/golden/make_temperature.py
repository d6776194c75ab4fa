"""Writes SciPy's temperatures for `src/calibration/temperature/tests.rs`.

    python make_temperature.py temperature.json

Needs SciPy and NumPy (written with 1.17 and 2.4).
"""

import json
import sys

import numpy as np
import scipy
from scipy.optimize import minimize_scalar, root_scalar
from scipy.special import log_softmax, softmax


def best(logits, labels):
    """The temperature with the least mean log loss: found among losses, then polished by the zero of the derivative."""
    rows = np.arange(len(labels))

    def loss(log_temperature):
        return -log_softmax(logits / np.exp(log_temperature), axis=1)[rows, labels].mean()

    def slope(inverse):
        return ((softmax(inverse * logits, axis=1) * logits).sum(axis=1) - logits[rows, labels]).mean()

    near = np.exp(-minimize_scalar(loss, bounds=(-6, 6), method="bounded").x)
    inverse = root_scalar(slope, bracket=(near / 1.5, near * 1.5), method="brentq", xtol=1e-15, rtol=1e-14).root
    return 1 / inverse, loss(0.0), loss(-np.log(inverse))


def case(kind, logits, labels):
    pairs = np.stack([np.zeros(logits.size), logits.ravel()], axis=1) if kind == "sigmoid" else logits
    temperature, before, after = best(pairs, labels)
    return {
        "kind": kind,
        "logits": logits.ravel().tolist(),
        "labels": labels.tolist(),
        "classes": 2 if kind == "sigmoid" else logits.shape[1],
        "temperature": temperature,
        "log_loss_before": before,
        "log_loss": after,
    }


def main(path):
    draw = np.random.default_rng(11)
    cases = []
    for rows, classes, sharpness in [(40, 3, 1.0), (100, 5, 4.0), (60, 2, 0.2), (100, 10, 2.5)]:
        logits = draw.normal(0, 1.5, (rows, classes))
        labels = (logits + draw.gumbel(size=logits.shape)).argmax(axis=1)
        cases.append(case("softmax", np.round(sharpness * logits, 3), labels))
    for rows, sharpness in [(50, 1.0), (150, 6.0), (120, 0.1)]:
        logits = draw.normal(0.3, 1.5, rows)
        labels = (logits + draw.logistic(size=rows) > 0).astype(int)
        cases.append(case("sigmoid", np.round(sharpness * logits, 3), labels))
    with open(path, "w") as file:
        json.dump({"scipy": scipy.__version__, "cases": cases}, file)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
