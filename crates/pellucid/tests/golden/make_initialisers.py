"""Initial values of scikit-learn's perceptrons, and orthogonal ones by NumPy's QR, for `tests/initialisers.rs`.

    python make_initialisers.py initialisers.json

Needs scikit-learn and NumPy (written with 1.9 and 2.4). scikit-learn keeps its first values to itself, so they are what
one epoch at a learning rate of 1e-300 leaves: the step is too small to move any of them.
"""

import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor

warnings.simplefilter("ignore")


def first_values(model, x, y):
    still = {"solver": "sgd", "learning_rate_init": 1e-300, "alpha": 0.0, "momentum": 0.0, "max_iter": 1}
    model.set_params(**still).fit(x, y)
    return {
        "weights": [layer.ravel().tolist() for layer in model.coefs_],
        "biases": [layer.tolist() for layer in model.intercepts_],
    }


def perceptron(inputs, hidden, outputs, activation, seed):
    draw = np.random.default_rng(3)
    x = draw.normal(size=(30, inputs))
    settings = {"hidden_layer_sizes": hidden, "activation": activation, "random_state": seed}
    if outputs > 1:
        model, y = MLPClassifier(**settings), np.arange(30) % outputs
    else:
        model, y = MLPRegressor(**settings), draw.normal(size=30)
    return {
        "layers": [inputs, *hidden, outputs],
        "activation": activation,
        "seed": seed,
        **first_values(model, x, y),
    }


def orthogonal(fan_in, fan_out, seed):
    """Q of the vectors drawn one after the other, signs chosen so that R has a positive diagonal."""
    count, length = min(fan_in, fan_out), max(fan_in, fan_out)
    q, r = np.linalg.qr(np.random.RandomState(seed).standard_normal((count, length)).T)
    q = q * np.sign(np.diag(r))
    weights = q if fan_in >= fan_out else q.T
    return {"layers": [fan_in, fan_out], "seed": seed, "weights": weights.ravel().tolist()}


def main(path):
    golden = {
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "perceptrons": [
            perceptron(4, (5,), 3, "relu", 0),
            perceptron(3, (6, 2), 3, "logistic", 42),
            perceptron(2, (4, 4), 1, "tanh", 7),
            perceptron(3, (), 4, "relu", 5),
            perceptron(5, (3,), 1, "logistic", 2**32 - 1),
        ],
        "orthogonal": [orthogonal(*case) for case in [(7, 4, 1), (3, 8, 2), (6, 6, 3), (5, 1, 4)]],
    }
    with open(path, "w") as file:
        json.dump(golden, file)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
