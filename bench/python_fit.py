"""The time of `fit` in Python, compared with scikit-learn's in one run: python bench/python_fit.py

Needs the package (`pip install ./python`). Each pair has the same settings and the same work: the loss curves are compared.
"""

import time
import warnings

import numpy as np
from sklearn import neural_network
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import scale

import pellucid

warnings.simplefilter("ignore", ConvergenceWarning)
DRAWN = np.random.RandomState(0)
DIGITS = load_digits(return_X_y=True)
CANCER = load_breast_cancer(return_X_y=True)
WORK = {
    "iris, 100 units": (*load_iris(return_X_y=True), {}),
    "iris, 5 units, one by one": (*load_iris(return_X_y=True), {"hidden_layer_sizes": 5, "batch_size": 1, "max_iter": 20}),
    "breast cancer, sgd": (scale(CANCER[0]), CANCER[1], {"solver": "sgd"}),
    "digits, 100 units": (DIGITS[0] / 16, DIGITS[1], {"max_iter": 50}),
    "digits, float32": ((DIGITS[0] / 16).astype(np.float32), DIGITS[1], {"max_iter": 50}),
    "10,000 x 784, 128 units": (DRAWN.rand(10_000, 784), DRAWN.randint(10, size=10_000), {"hidden_layer_sizes": 128, "max_iter": 3}),
    "2,000 x 784, 1024-1024": (
        DRAWN.rand(2_000, 784).astype(np.float32),
        DRAWN.randint(10, size=2_000),
        {"hidden_layer_sizes": (1024, 1024), "max_iter": 3},
    ),
}


def fastest(kind, X, y, settings):
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        model = kind(**{"random_state": 0, "tol": 0, "n_iter_no_change": 10**6, **settings}).fit(X, y)
        seconds.append(time.perf_counter() - start)
    return min(seconds), np.array(model.loss_curve_)


def with_and_without_bar(epochs):
    """Seconds of a tiny network's fit without and with `progress=True`, in alternation, and the median of their ratios."""
    X, y = load_iris(return_X_y=True)
    settings = {"hidden_layer_sizes": 5, "max_iter": epochs, "tol": 0, "n_iter_no_change": 10**6, "random_state": 0}
    pairs = []
    for _ in range(21):
        pair = []
        for progress in (False, True):
            start = time.perf_counter()
            pellucid.MLPClassifier(progress=progress, **settings).fit(X, y)
            pair.append(time.perf_counter() - start)
        pairs.append(pair)
    plain, shown = np.array(pairs).T
    return plain.min(), shown.min(), np.median(shown / plain)


if __name__ == "__main__":
    print(f"{'work':<28}{'scikit-learn':>14}{'pellucid':>12}{'ratio':>8}")
    for name, (X, y, settings) in WORK.items():
        theirs, expected = fastest(neural_network.MLPClassifier, X, y, settings)
        ours, found = fastest(pellucid.MLPClassifier, X, y, settings)
        np.testing.assert_allclose(found, expected, rtol=1e-3, err_msg=name)
        print(f"{name:<28}{theirs:>12.3f} s{ours:>10.3f} s{theirs / ours:>8.1f}")
    # The bar is on standard error, which can be redirected to a file.
    for epochs in (1000, 20_000):
        plain, shown, ratio = with_and_without_bar(epochs)
        print(f"iris, 5 units, {epochs} epochs: {plain:.4f} s, with progress=True {shown:.4f} s, ratio {ratio:.3f}")
