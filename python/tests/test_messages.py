"""Messages name the estimators' parameters: no keys of recipes, no types of Rust, no places in JSON."""

import re

import numpy as np
import pytest

from pellucid import MLPClassifier, MLPRegressor

X = np.random.default_rng(0).normal(size=(60, 4))
Y = (X[:, 0] > 0).astype(int)

WRONG = [
    (MLPClassifier, {"optimizer": {"name": "adam", "beta_1": 2}}, "optimizer['beta_1'] = 2 cannot be used"),
    (
        MLPClassifier,
        {"optimizer": {"name": "adam", "beta1": 0.9}},
        "optimizer: 'beta1' is not known; did you mean 'beta_1'",
    ),
    (
        MLPClassifier,
        {"optimizer": {"name": "adam", "beta_1": "x"}},
        "optimizer['beta_1'] = \"x\" cannot be used: a number",
    ),
    (MLPClassifier, {"optimizer": {"name": "adam", "epsilon": float("nan")}}, "optimizer['epsilon'] cannot be used"),
    (MLPClassifier, {"optimizer": {"name": "lbfgs", "momentum": -1}}, "optimizer['momentum'] = -1"),
    (MLPClassifier, {"schedule": {"name": "step", "every": 0}}, "schedule['every'] = 0 cannot be used"),
    (MLPClassifier, {"schedule": {"name": "step", "evry": 1}}, "schedule: 'evry' is not known; did you mean 'every'"),
    (MLPClassifier, {"init": {"method": "uniform"}}, "init['low'] = (missing) cannot be used"),
    (MLPClassifier, {"init": {"method": "uniform", "low": 2, "high": 1}}, "init['low'] = 2 cannot be used"),
    (MLPClassifier, {"init": {"method": "uniform", "loww": 2}}, "init: 'loww' is not known; did you mean 'low'"),
    (MLPClassifier, {"normalisation": {"name": "batch", "momentm": 2}}, "normalisation: 'momentm' is not known"),
    (MLPClassifier, {"dropout": [0.1]}, "dropout = [0.1] cannot be used"),
    (MLPClassifier, {"train": {"average": {"name": "polyak", "from": 99}}}, "train['average']"),
    (MLPClassifier, {"train": {"average": "x"}}, "train['average']: 'x' is not known; expected 'ema', 'swa'"),
    (MLPClassifier, {"train": {"label_smoothing": 2}}, "train['label_smoothing'] = 2 cannot be used"),
    (MLPClassifier, {"train": {"clip": 2}}, "train: 'clip' is not known"),
    (MLPClassifier, {"train": {"clip_norm": -2}}, "train['clip_norm'] = -2 cannot be used"),
    (MLPRegressor, {"loss": {"name": "quantile", "quantile": 2}}, "loss['quantile'] = 2 cannot be used"),
    (
        MLPRegressor,
        {"loss": {"name": "quantile", "quantil": 2}},
        "loss: 'quantil' is not known; did you mean 'quantile'",
    ),
]


@pytest.mark.parametrize(("estimator", "parameters", "expected"), WRONG)
def test_a_message_names_the_parameter(estimator, parameters, expected):
    with pytest.raises(ValueError) as raised:
        estimator(max_iter=2, **parameters).fit(X, Y)
    message = str(raised.value)
    assert message.startswith(expected), message
    assert not re.search(r"train\.|init\.|loss\.|line \d|column \d|usize|f64|u64|unknown (field|variant)", message), (
        message
    )


def test_keys_of_parameters_are_not_offered_for_train():
    with pytest.raises(ValueError) as raised:
        MLPClassifier(max_iter=2, train={"batchsize": 2}).fit(X, Y)
    assert "'epochs'" not in str(raised.value)
    assert "'clip_norm'" in str(raised.value)
