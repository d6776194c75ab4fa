#!/usr/bin/env python3
"""Writes importance.json: a network fitted by scikit-learn, and what scikit-learn and NumPy say of it.

    pip install numpy scikit-learn
    python make_importance.py > importance.json

The permutation importance is that of sklearn.inspection.permutation_importance, mean and standard deviation of one shuffle.
The Shapley values are those of the definition, by every subset of the columns, in plain NumPy.
The partial dependence is that of sklearn.inspection.partial_dependence at the values of chosen rows.
"""

import itertools
import json
import math

import numpy as np
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.metrics import mean_squared_error
from sklearn.neural_network import MLPRegressor

REPEATS = 2000

random = np.random.RandomState(5)
x = np.round(random.normal(size=(60, 4)) * [1.0, 2.0, 0.5, 1.0], 3)
y = np.round(x[:, 0] * x[:, 1] + 3 * x[:, 2] + 0.1 * random.normal(size=60), 3)
model = MLPRegressor(
    hidden_layer_sizes=(6,), activation="tanh", solver="lbfgs", max_iter=300, random_state=0
).fit(x, y)

found = {
    metric: permutation_importance(model, x, y, scoring=scorer, n_repeats=REPEATS, random_state=1)
    for metric, scorer in [
        ("mean_squared_error", "neg_mean_squared_error"),
        ("r2", "r2"),
        ("mae", "neg_mean_absolute_error"),
    ]
}

explained, background = x[7], x[20:45]


def worth(subset):
    rows = background.copy()
    rows[:, list(subset)] = explained[list(subset)]
    return model.predict(rows).mean()


columns = range(x.shape[1])
n = len(columns)
shapley = []
for column in columns:
    others = [other for other in columns if other != column]
    value = 0.0
    for size in range(n):
        weight = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
        for subset in itertools.combinations(others, size):
            value += weight * (worth((*subset, column)) - worth(subset))
    shapley.append(value)

grid = np.sort(x[:, 1])[[5, 20, 40, 55]]
dependence = partial_dependence(
    model, x, features=[1], custom_values={1: grid}, kind="average", method="brute"
)

print(
    json.dumps(
        {
            "x": x.tolist(),
            "y": y.tolist(),
            "weights": [weights.tolist() for weights in model.coefs_],
            "biases": [biases.tolist() for biases in model.intercepts_],
            "mean_squared_error": mean_squared_error(y, model.predict(x)),
            "permutation": {
                metric: {
                    "mean": importance.importances_mean.tolist(),
                    "std": importance.importances_std.tolist(),
                    "repeats": REPEATS,
                }
                for metric, importance in found.items()
            },
            "shapley": {
                "explained": 7,
                "background": [20, 45],
                "values": shapley,
                "prediction": float(model.predict([explained])[0]),
                "base": float(model.predict(background).mean()),
            },
            "partial_dependence": {
                "column": 1,
                "grid": grid.tolist(),
                "values": dependence["average"][0].tolist(),
            },
        },
        indent=1,
    )
)
