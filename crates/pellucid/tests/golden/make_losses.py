"""Losses of PyTorch, scikit-learn and NumPy for `tests/losses.rs`.

    python make_losses.py losses.json

Needs PyTorch (written with 2.15) and scikit-learn (1.9). All are sums over three samples of four outputs.
"""

import json
import sys

import numpy as np
import torch
from sklearn import metrics
from torch.nn import functional

OUTPUTS = np.array([[0.3, -1.7, 2.2, 0.05], [1.1, 0.9, -0.4, -2.5], [0.0, 3.5, 0.6, -0.001]])
TARGETS = np.array([[0.5, 1.0, -0.8, 0.05], [2.0, 0.9, 0.4, -2.6], [1.5, -1.0, 0.6, 0.0]])
COUNTS = np.array([[0.0, 1.0, 3.0, 2.5], [7.0, 0.0, 0.0, 1.0], [2.0, 4.0, 0.5, 1.0]])
CLASSES = np.array([2, 0, 1])
DISTRIBUTIONS = np.array([[0.1, 0.2, 0.3, 0.4], [1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.5, 0.0]])


def main(path):
    z = torch.tensor(OUTPUTS, requires_grad=True)
    y = torch.tensor(TARGETS)
    one_hot = np.eye(4)[CLASSES]
    means = np.exp(OUTPUTS)
    cases = []

    def case(loss, activation, targets, value, **more):
        cases.append({"loss": loss, "activation": activation, "targets": targets.tolist(), "value": float(value), **more})

    squares = np.square(OUTPUTS - TARGETS).sum()
    case("squared_error", "identity", TARGETS, squares)
    case("half_squared_error", "identity", TARGETS, squares / 2)
    case("binary_cross_entropy", "sigmoid", one_hot, (np.logaddexp(0, OUTPUTS) - OUTPUTS * one_hot).sum())
    case("half_mean_squared_error", "identity", TARGETS, 3 * metrics.mean_squared_error(TARGETS, OUTPUTS) / 2)
    case("absolute_error", "identity", TARGETS, functional.l1_loss(z, y, reduction="sum"))
    case("huber", "identity", TARGETS, functional.huber_loss(z, y, reduction="sum"))
    settings = {"name": "huber", "delta": 0.3}
    case(settings, "identity", TARGETS, functional.huber_loss(z, y, reduction="sum", delta=0.3))
    case("log_cosh", "identity", TARGETS, np.log(np.cosh(OUTPUTS - TARGETS)).sum())
    pinball = lambda quantile: 12 * metrics.mean_pinball_loss(TARGETS.ravel(), OUTPUTS.ravel(), alpha=quantile)
    case("quantile", "identity", TARGETS, pinball(0.5))
    case({"name": "quantile", "quantile": 0.9}, "identity", TARGETS, pinball(0.9))
    deviance = 12 * metrics.mean_poisson_deviance(COUNTS.ravel(), means.ravel())
    case("poisson_deviance", "exponential", COUNTS, deviance)
    case("poisson_deviance", "softplus", COUNTS, 12 * metrics.mean_poisson_deviance(COUNTS.ravel(), np.log1p(means).ravel()))
    case("half_poisson_deviance", "exponential", COUNTS, deviance / 2)
    hinge = sum(3 * metrics.hinge_loss(one_hot[:, j], OUTPUTS[:, j], labels=[0, 1]) for j in range(4))
    case("hinge", "identity", one_hot, hinge)
    log_softmax = functional.log_softmax(z, dim=1)
    divergence = functional.kl_div(log_softmax, torch.tensor(DISTRIBUTIONS), reduction="sum")
    case("kullback_leibler", "softmax", DISTRIBUTIONS, divergence)
    smoothed = functional.cross_entropy(z, torch.tensor(CLASSES), reduction="sum", label_smoothing=0.2)
    case("categorical_cross_entropy", "softmax", one_hot, smoothed, label_smoothing=0.2)

    told = {"pytorch": torch.__version__.split("+")[0], "outputs": OUTPUTS.tolist()}
    lines = ",\n".join(json.dumps(case) for case in cases)
    with open(path, "w") as file:
        file.write(json.dumps(told)[:-1] + f', "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main(sys.argv[1])
