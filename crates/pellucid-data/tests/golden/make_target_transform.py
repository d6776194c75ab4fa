"""Writes scikit-learn's transformed targets for `src/preparation/regression_target/tests.rs`.

    python make_target_transform.py target_transform.json

Needs scikit-learn (written with 1.9).
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.preprocessing import QuantileTransformer, StandardScaler


def main(path):
    draw = np.random.default_rng(5)
    training = np.round(draw.lognormal(1, 1.2, 60), 4).reshape(-1, 1)
    training[:4] = 1.5  # equal numbers, none of them the smallest or the largest: those scikit-learn puts at the ends
    outputs = np.array([-9.0, -5.1, -2.0, -0.7, 0.0, 0.3, 1.1, 2.5, 5.1, 9.0]).reshape(-1, 1)
    quantiles = QuantileTransformer(n_quantiles=len(training), output_distribution="normal", subsample=None)
    scaler = StandardScaler()
    cases = {
        "quantile_normal": (quantiles.fit_transform(training), quantiles.inverse_transform(outputs)),
        "log": (scaler.fit_transform(np.log(training)), np.exp(scaler.inverse_transform(outputs))),
        "standard": (scaler.fit_transform(training), scaler.inverse_transform(outputs)),
        "none": (training, outputs),
    }
    golden = {
        "scikit-learn": sklearn.__version__,
        "training": training.ravel().tolist(),
        "outputs": outputs.ravel().tolist(),
        "cases": {
            name: {"learnt": learnt.ravel().tolist(), "predicted": predicted.ravel().tolist()}
            for name, (learnt, predicted) in cases.items()
        },
    }
    with open(path, "w") as file:
        json.dump(golden, file)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
