"""The peers at their defaults: what each accepts as features, and how it is fitted."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .scores import in_all_classes
from .seconds import Seconds, of_this_process
from .splits import Split


def fit_and_predict(name: str, split: Split, threads: int) -> tuple[np.ndarray, Seconds]:
    """Probabilities of the test rows, or predicted numbers, and the seconds of the fit."""
    learner = LEARNERS[name]
    warnings.simplefilter("ignore")
    make = learner.load(split.classify)
    train, test, names_of_words = learner.features(split)
    y = split.contents.y[split.train]
    if split.classify:
        classes, y = np.unique(y, return_inverse=True)
    model = make(**learner.options(split.seed, threads, names_of_words))
    if learner.around:
        model = learner.around(split, model)
    start = of_this_process()
    model.fit(train, y)
    seconds = of_this_process() - start
    if not split.classify:
        return np.asarray(model.predict(test), float).reshape(-1), seconds
    of = classes[np.asarray(model.classes_, int)]
    return in_all_classes(split, np.asarray(model.predict_proba(test), float), of), seconds


@dataclass(frozen=True)
class Learner:
    """How a peer is used. `options` has only the seed, the number of threads and what silences it or names the columns
    of words; all else is the peer's default."""

    module: str
    classifier: str
    regressor: str
    features: Callable[[Split], tuple]
    options: Callable[[int, int, list[str]], dict]
    around: Callable | None = None
    # Imported before the clock starts, because the peer imports it in its first fit.
    also_imported: str | None = None

    def load(self, classify: bool) -> Callable:
        if self.also_imported:
            importlib.import_module(self.also_imported)
        return getattr(importlib.import_module(self.module), self.classifier if classify else self.regressor)


def columns(split: Split, words: Callable) -> tuple:
    """Training and test rows as data frames, and the names of the columns of words. `words` makes the two columns of
    the texts of the training and of the test rows."""
    import pandas

    train, test = {}, {}
    contents = split.contents
    for index, (name, is_number) in enumerate(zip(contents.names, contents.numeric, strict=True)):
        values = contents.x[:, index]
        if is_number:
            train[name], test[name] = (values[rows].astype(float) for rows in (split.train, split.test))
        else:
            train[name], test[name] = words(values[split.train], values[split.test])
    named = [name for name, is_number in zip(contents.names, contents.numeric, strict=True) if not is_number]
    return pandas.DataFrame(train), pandas.DataFrame(test), named


def categories(split: Split) -> tuple:
    """Words as pandas' categories of the training rows; missing and unseen ones have no category."""
    import pandas

    from ..table_contents import MISSING

    def coded(train, test):
        levels = sorted({word for word in train if word.lower() not in MISSING})
        return tuple(pandas.Categorical(texts, categories=levels) for texts in (train, test))

    return columns(split, coded)


def texts(split: Split) -> tuple:
    """Words as texts; a missing one is a text of its own."""
    return columns(split, lambda train, test: (train.astype(str), test.astype(str)))


def without_gaps(split: Split) -> tuple:
    """`categories`, with the median of the training rows in place of missing numbers, and a column that says where."""
    train, test, named = categories(split)
    for name in [name for name in split.contents.names if name not in named]:
        gaps = train[name].isna()
        if not gaps.any() and not test[name].isna().any():
            continue
        median = 0.0 if gaps.all() else train[name].median()
        for frame in (train, test):
            frame[f"{name} is missing"] = frame[name].isna().astype(float)
            frame[name] = frame[name].fillna(median)
    return train, test, named


def raw(split: Split) -> tuple:
    return split.contents.x[split.train], split.contents.x[split.test], []


def behind_preparation(split: Split, network):
    """scikit-learn's network behind the preparation of bench/tables-folds."""
    from sklearn.pipeline import make_pipeline

    from ..sklearn_scores import preparation

    return make_pipeline(preparation(split.contents.numeric), network)


def of_pytabkit(seed: int, threads: int, words: list[str]) -> dict:
    return {"random_state": seed, "n_threads": threads, "device": "cpu"}


LEARNERS = {
    "scikit-learn": Learner(
        "sklearn.neural_network", "MLPClassifier", "MLPRegressor", raw,
        lambda seed, threads, words: {"random_state": seed},
        around=behind_preparation,
    ),
    "lightgbm": Learner(
        "lightgbm", "LGBMClassifier", "LGBMRegressor", categories,
        lambda seed, threads, words: {"random_state": seed, "n_jobs": threads, "verbose": -1},
    ),
    "catboost": Learner(
        "catboost", "CatBoostClassifier", "CatBoostRegressor", texts,
        lambda seed, threads, words: {
            "random_seed": seed, "thread_count": threads, "cat_features": words, "verbose": False,
            "allow_writing_files": False,
        },
    ),
    "xgboost": Learner(
        "xgboost", "XGBClassifier", "XGBRegressor", categories,
        lambda seed, threads, words: {"random_state": seed, "n_jobs": threads, "enable_categorical": True},
    ),
    "realmlp-td-s": Learner(
        "pytabkit", "RealMLP_TD_S_Classifier", "RealMLP_TD_S_Regressor", without_gaps, of_pytabkit,
        also_imported="pytabkit.models.alg_interfaces.nn_interfaces",
    ),
    "tabm-d": Learner(
        "pytabkit", "TabM_D_Classifier", "TabM_D_Regressor", without_gaps, of_pytabkit,
        also_imported="pytabkit.models.alg_interfaces.tabm_interface",
    ),
}  # fmt: skip
