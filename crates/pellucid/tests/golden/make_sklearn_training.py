"""Training of scikit-learn for `tests/sklearn_training.rs`.

    python make_sklearn_training.py sklearn_training.json

Needs scikit-learn (written with 1.9.1). Every case is a recipe's tables and what scikit-learn came to with the same
settings and seed: the loss of each epoch, and the parameters at the end, weights before biases.
"""

import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

warnings.simplefilter("ignore", ConvergenceWarning)
SEED, EPOCHS = 7, 15
DRAWN = np.random.RandomState(3)
X = np.round(DRAWN.normal(size=(23, 4)), 3)
WEIGHTS = np.round(DRAWN.uniform(0.2, 3.0, 23), 2)
CLASSES = (X[:, 0] > 0.4).astype(int) + (X[:, 1] > 0)
LABELS = (X[:, :3] > 0.2).astype(int)
NUMBERS = np.round(np.sin(X[:, 0]) + X[:, 2], 3)
COUNTS = np.floor(np.exp(0.5 * X[:, 3] + 0.5))
ADAM = {"name": "adam", "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-4, "epsilon_hat": True}


def main(path):
    cases = []

    def case(estimator, y, outputs, train, weights=None, network="relu", **settings):
        kind = MLPRegressor if estimator == "regressor" else MLPClassifier
        activation = {"sigmoid": "logistic"}.get(network, network)
        model = kind(
            hidden_layer_sizes=(5, 3), activation=activation, alpha=0.3, batch_size=6, max_iter=EPOCHS, random_state=SEED,
            **{"tol": 0.0, "n_iter_no_change": 100, **settings},
        )
        model.fit(X, y, sample_weight=weights)
        parameters = np.concatenate([array.ravel() for array in (*model.coefs_, *model.intercepts_)])
        output = {"softmax": "softmax", "logistic": "sigmoid", "identity": "identity", "exp": "exponential"}
        cases.append({
            "recipe": {
                "data": {"source": "inline"},
                "network": {"layers": [4, 5, 3, outputs], "activation": [network, network, output[model.out_activation_]]},
                "init": {"method": "sklearn"},
                "train": {
                    "reduction": "weighted_mean", "l2": 0.3, "share_penalty": True, "report_penalty": True, "batch_size": 6,
                    "shuffle": True, "reshuffle": True, "epochs": EPOCHS, "seed": SEED, **train,
                },
            },
            "targets": np.asarray(np.eye(3)[y] if outputs == 3 and y.ndim == 1 else y.reshape(23, -1), float).tolist(),
            "weights": None if weights is None else weights.tolist(),
            "losses": model.loss_curve_,
            "parameters": parameters.tolist(),
        })

    softmax = {"loss": "categorical_cross_entropy"}
    sigmoid = {"loss": "binary_cross_entropy"}
    momentum = {"name": "sgd", "momentum": 0.9, "velocity": True}
    adam = dict(learning_rate_init=0.02, beta_1=0.8, beta_2=0.99, epsilon=1e-4)
    case("classifier", CLASSES, 3, {**softmax, "optimizer": ADAM, "learning_rate": 0.02}, **adam)
    case("classifier", CLASSES, 3, {**softmax, "optimizer": ADAM, "learning_rate": 0.02}, weights=WEIGHTS, **adam)
    train = {
        **sigmoid, "optimizer": {**momentum, "nesterov": True}, "learning_rate": 0.5,
        "schedule": {"name": "inverse_scaling", "power": 0.4},
    }
    falling = dict(solver="sgd", learning_rate="invscaling", learning_rate_init=0.5, power_t=0.4)
    case("classifier", LABELS, 3, train, network="tanh", **falling)
    train = {
        **sigmoid, "optimizer": momentum, "learning_rate": 0.3,
        "schedule": {"name": "adaptive", "patience": 1, "threshold": 0.05},
    }
    adaptive = dict(
        solver="sgd", learning_rate="adaptive", learning_rate_init=0.3, tol=0.05, n_iter_no_change=1, nesterovs_momentum=False
    )
    case("classifier", LABELS, 3, train, weights=WEIGHTS, network="sigmoid", **adaptive)
    train = {"loss": "half_mean_squared_error", "optimizer": ADAM, "learning_rate": 0.02}
    case("regressor", NUMBERS, 1, train, network="tanh", weights=WEIGHTS, **adam)
    train = {"loss": "half_poisson_deviance", "optimizer": ADAM, "learning_rate": 0.02}
    case("regressor", COUNTS, 1, train, **adam, loss="poisson")

    told = {"sklearn": sklearn.__version__, "features": X.tolist()}
    lines = ",\n".join(json.dumps(case) for case in cases)
    with open(path, "w") as file:
        file.write(json.dumps(told)[:-1] + f', "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main(sys.argv[1])
