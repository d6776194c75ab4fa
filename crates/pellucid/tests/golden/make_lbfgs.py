"""SciPy's L-BFGS-B on scikit-learn's digits, for `tests/lbfgs.rs`.

    python make_lbfgs.py digits.txt lbfgs.json

Needs NumPy, SciPy (written with 1.17) and scikit-learn (1.9.1), whose `MLPClassifier` calls SciPy as this does. A line of
digits.txt is the label and the 64 pixels, 0 to 16, a letter each. The weights start as numbers from NumPy's legacy
generator, which the engine has bit for bit.
"""

import json
import sys

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize
from sklearn.datasets import load_digits

RECTIFY = (lambda z: np.maximum(z, 0), lambda a: (a > 0).astype(float))
HIDDEN = {
    "tanh": (np.tanh, lambda a: 1 - a * a),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
    "relu": RECTIFY,
}


def objective(layers, activation, l2, rows, targets):
    """Mean cross-entropy of a softmax, and the penalty; all weights lie before all biases."""
    shapes = list(zip(layers[:-1], layers[1:]))
    f, derivative = HIDDEN[activation]

    def split(x):
        weights, biases, at = [], [], 0
        for a, b in shapes:
            weights.append(x[at : at + a * b].reshape(a, b))
            at += a * b
        for _, b in shapes:
            biases.append(x[at : at + b])
            at += b
        return weights, biases

    def value_and_gradient(x):
        weights, biases = split(x)
        activations = [rows]
        for w, b in zip(weights[:-1], biases[:-1]):
            activations.append(f(activations[-1] @ w + b))
        z = activations[-1] @ weights[-1] + biases[-1]
        z = z - z.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(z).sum(axis=1, keepdims=True))
        value = -(targets * (z - log_sum)).sum() / len(rows)
        delta = (np.exp(z - log_sum) - targets) / len(rows)
        of_weights, of_biases = [], []
        for index in range(len(shapes) - 1, -1, -1):
            of_weights.insert(0, activations[index].T @ delta + l2 * weights[index])
            of_biases.insert(0, delta.sum(axis=0))
            if index:
                delta = (delta @ weights[index].T) * derivative(activations[index])
        value += 0.5 * l2 * sum((w * w).sum() for w in weights)
        return value, np.concatenate([g.ravel() for g in of_weights + of_biases])

    return value_and_gradient


def main(digits_path, path):
    digits = load_digits()
    with open(digits_path, "w") as file:
        for label, pixels in zip(digits.target, digits.data.astype(int)):
            file.write(chr(ord("a") + label) + "".join(chr(ord("a") + pixel) for pixel in pixels) + "\n")
    rows, targets = digits.data / 16, np.eye(10)[digits.target]
    cases = []
    for layers, activation, l2, tolerance, seed in [
        ([64, 32, 10], "tanh", 1e-4, 1e-4, 1),
        ([64, 32, 10], "tanh", 1e-3, 1e-5, 1),
        ([64, 32, 10], "relu", 1e-4, 1e-4, 2),
        ([64, 16, 16, 10], "sigmoid", 1e-5, 1e-4, 3),
        ([64, 10], "tanh", 1e-3, 1e-5, 4),
    ]:
        count = sum(a * b + b for a, b in zip(layers[:-1], layers[1:]))
        start = np.random.RandomState(seed).uniform(-0.3, 0.3, count)
        function = objective(layers, activation, l2, rows, targets)
        options = {"gtol": tolerance, "maxiter": 2000, "maxfun": 15000}
        found = minimize(function, start, jac=True, method="L-BFGS-B", options=options)
        case = {"layers": layers, "activation": activation, "l2": l2, "gradient_tolerance": tolerance, "seed": seed}
        case |= {"value": found.fun, "evaluations": int(found.nfev), "iterations": int(found.nit)}
        cases.append({**case, "first_value": function(start)[0], "message": found.message})
    told = {"scipy": scipy.__version__, "scikit_learn": sklearn.__version__}
    lines = ",\n".join(json.dumps(case) for case in cases)
    with open(path, "w") as file:
        file.write(json.dumps(told)[:-1] + f', "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
