"""TableClassifier and TableRegressor: the training of the command, with scikit-learn's conventions."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pandas as pd
import pytest
from made_tables import command, numbers, people
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_validate

import pellucid
from pellucid import TableClassifier, TableRegressor


@pytest.fixture(autouse=True)
def quiet():
    """Most tests do not look at the notes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)
        yield


def test_a_frame_of_mixed_types_is_learnt():
    frame = people()
    before = frame.copy(deep=True)
    model = TableClassifier(epochs=40).fit(frame, target="income")
    pd.testing.assert_frame_equal(frame, before)
    assert model.scores_["validation"]["accuracy"] > 0.8
    assert list(model.classes_) == ["high", "low"]
    assert list(model.feature_names_in_) == ["age", "visits", "member", "city", "joined"]
    assert model.n_features_in_ == 5
    assert model.history_[0]["epoch"] == 1
    assert model.recipe_["data"]["table"]["target"] == ["income"]
    probabilities = model.predict_proba(frame)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(model.predict(frame), model.classes_[probabilities.argmax(axis=1)])
    assert model.score(frame) == model.score(frame.drop(columns="income"), frame["income"])


def test_a_target_beside_the_table_is_its_last_column():
    frame = people()
    as_column = TableClassifier(epochs=3).fit(frame, target="income")
    X, y = frame.drop(columns="income"), frame["income"]
    beside = TableClassifier(epochs=3).fit(X, y)
    assert beside._model.to_bytes() == as_column._model.to_bytes()
    unnamed = TableClassifier(epochs=3).fit(X, y.to_numpy())
    assert unnamed.recipe_["data"]["table"]["target"] == ["target"]
    np.testing.assert_array_equal(unnamed.predict_proba(X), beside.predict_proba(X))
    with pytest.raises(ValueError, match=r"'income', which is the name of y.*target='income'"):
        TableClassifier().fit(frame, y)
    with pytest.raises(ValueError, match="given twice"):
        TableClassifier().fit(X, y, target="income")
    # A series with another index belongs to the rows by position.
    shuffled = TableClassifier(epochs=3).fit(X, y.set_axis(y.index[::-1]))
    np.testing.assert_array_equal(shuffled.predict_proba(X), beside.predict_proba(X))


@pytest.mark.parametrize(
    "values",
    [
        np.array(["no", "yes"]),
        np.array(["b", "a"], dtype=object),
        np.array([3, 7]),
        np.array([1, 2], dtype=np.int8),
        np.array([0.0, 1.0]),
        np.array([2.0, 4.0], dtype=np.float32),
        np.array([False, True]),
        np.array([2**60, 2**60 + 1]),
    ],
)
def test_classes_are_values_of_the_target(values):
    frame = numbers()
    y = values[(frame["a"] > 0).to_numpy().astype(int)]
    model = TableClassifier(epochs=60).fit(frame[["a", "b", "kind"]], y)
    np.testing.assert_array_equal(model.classes_, np.unique(values))
    predicted = model.predict(frame)
    assert predicted.dtype == values.dtype or predicted.dtype == object
    assert model.score(frame[["a", "b", "kind"]], y) > 0.8
    assert set(predicted.tolist()) <= set(values.tolist())


def test_several_targets():
    frame = numbers()
    labels = pd.DataFrame({"up": frame["a"] > 0, "right": frame["b"] > 0})
    X = frame[["a", "b", "c"]]
    model = TableClassifier(epochs=30).fit(X, labels)
    assert model.predict(X).shape == model.predict_proba(X).shape == (200, 2)
    assert model.predict(X).dtype == bool
    assert model.score(X, labels) > 0.7
    both = pd.concat([X, labels], axis=1)
    assert model.score(both) == model.score(X, labels)
    prices = np.column_stack([frame["a"] * 2, frame["b"] - 1])
    regressor = TableRegressor(epochs=60).fit(X, prices)
    assert regressor.predict(X).shape == (200, 2)
    assert regressor.score(X, prices) > 0.7


def test_numbers_are_predicted_in_their_units():
    frame = numbers()
    model = TableRegressor(epochs=100).fit(frame, target="price")
    predicted = model.predict(frame)
    assert predicted.shape == (200,)
    assert abs(predicted.mean() - frame["price"].mean()) < 10
    assert model.score(frame) == pytest.approx(model.score(frame.drop(columns="price"), frame["price"]), abs=1e-12)
    assert model.scores_["validation"]["r2"] > 0.7


def test_scikit_learns_tools_work():
    frame = people(200)
    X, y = frame.drop(columns="income"), frame["income"]
    model = TableClassifier(epochs=5, hidden=8)
    assert is_classifier(model) and is_regressor(TableRegressor())
    found = cross_validate(model, X, y, cv=3, scoring=["accuracy", "roc_auc"], return_estimator=True, n_jobs=2)
    assert np.isfinite(found["test_accuracy"]).all() and np.isfinite(found["test_roc_auc"]).all()
    search = GridSearchCV(model, {"hidden": [[4], [8, 4]], "set": [None, {"train.clip_norm": 1.0}]}, cv=2).fit(X, y)
    assert search.best_estimator_.predict(X).shape == (200,)
    regression = cross_validate(TableRegressor(epochs=3), numbers().drop(columns="price"), numbers()["price"], cv=2)
    assert np.isfinite(regression["test_score"]).all()


def test_parameters_are_kept_as_they_are():
    settings = {"train": {"clip_norm": 1.0}, "init.method": "he_normal"}
    model = TableClassifier(hidden=[8], set=settings, drop="visits", random_state=3, epochs=2)
    copied = clone(model)
    assert copied.get_params() == model.get_params()
    model.fit(people(60), target="income")
    assert model.get_params() == copied.get_params()
    assert settings == {"train": {"clip_norm": 1.0}, "init.method": "he_normal"}
    assert model.recipe_["train"]["clip_norm"] == 1.0
    assert model.recipe_["init"]["method"] == "he_normal"
    assert model.recipe_["network"]["layers"][1] == 8
    assert model.recipe_["train"]["seed"] == 3
    assert model.recipe_["data"]["table"]["drop"] == ["visits"]
    assert clone(model).set_params(hidden="none").fit(people(60), target="income").recipe_["network"]["layers"][1:] == [
        1
    ]


def test_presets_and_recipes():
    frame = people(100)
    preset = TableClassifier(preset="realmlp-s", epochs=2).fit(frame, target="income")
    assert preset.recipe_["network"]["layers"][1:4] == [256, 256, 256]
    again = TableClassifier(recipe=preset.recipe_).fit(frame)
    assert again._model.to_bytes() == preset._model.to_bytes()
    unset = TableClassifier(set={"train.label_smoothing": None}, epochs=2).fit(frame, target="income")
    assert "label_smoothing" not in unset.recipe_["train"]


def test_the_seed():
    frame = people(100)
    fitted = [TableClassifier(epochs=2, random_state=seed).fit(frame, target="income") for seed in (None, 0, 1)]
    first, same, other = (model.predict_proba(frame) for model in fitted)
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()
    drawn = [
        TableClassifier(epochs=2, random_state=np.random.RandomState(5)).fit(frame, target="income") for _ in range(2)
    ]
    np.testing.assert_array_equal(*(model.predict_proba(frame) for model in drawn))


@pytest.mark.parametrize("n_threads", [2, None])
def test_the_number_of_threads_does_not_change_a_bit(n_threads):
    frame = people()
    one = TableClassifier(epochs=3, hidden=[64, 32], n_threads=1).fit(frame, target="income")
    many = TableClassifier(epochs=3, hidden=[64, 32], n_threads=n_threads).fit(frame, target="income")
    assert one._model.to_bytes() == many._model.to_bytes()
    np.testing.assert_array_equal(one.predict_proba(frame), many.predict_proba(frame))


def test_files_keep_a_model(tmp_path):
    frame = people(150)
    model = TableClassifier(epochs=3, validation=0.2).fit(frame, target="income")
    model.save(tmp_path / "people.safetensors")
    loaded = pellucid.load(tmp_path / "people.safetensors")
    assert isinstance(loaded, TableClassifier)
    for other in (loaded, pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(other.predict_proba(frame), model.predict_proba(frame))
        np.testing.assert_array_equal(other.predict(frame), model.predict(frame))
        assert other.scores_ == model.scores_ and other.history_ == model.history_
        assert other.recipe_ == model.recipe_ and other.notes_ == model.notes_
    loaded.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "people.safetensors").read_bytes()
    # The recipe of the file trains the same model again.
    assert clone(loaded).fit(frame)._model.to_bytes() == model._model.to_bytes()
    regressor = TableRegressor(epochs=2).fit(numbers(), target="price")
    regressor.save(tmp_path / "prices.safetensors")
    assert isinstance(pellucid.load(tmp_path / "prices.safetensors"), TableRegressor)
    with pytest.raises(ValueError, match="TableClassifier is none"):
        pellucid.load(tmp_path / "prices.safetensors", TableClassifier)


def test_a_file_of_text_is_read_like_by_the_command(tmp_path):
    frame = numbers()
    frame.to_csv(tmp_path / "prices.csv", index=False)
    of_file = TableRegressor(epochs=5).fit(tmp_path / "prices.csv", target="price")
    of_frame = TableRegressor(epochs=5).fit(frame, target="price")
    assert of_file._model.to_bytes() == of_frame._model.to_bytes()
    np.testing.assert_array_equal(of_file.predict(str(tmp_path / "prices.csv")), of_frame.predict(frame))
    assert of_file.score(tmp_path / "prices.csv") == of_frame.score(frame)
    with pytest.raises(FileNotFoundError, match=r"none\.csv"):
        of_file.predict(tmp_path / "none.csv")
    with pytest.raises(TypeError, match="possible only without y"):
        TableRegressor().fit(tmp_path / "prices.csv", frame["price"])


@pytest.mark.skipif(command() is None, reason="the command is not built: cargo build")
@pytest.mark.parametrize(
    ("flags", "parameters"),
    [
        ([], {}),
        (["--preset", "realmlp-s", "--epochs", "3"], {"preset": "realmlp-s", "epochs": 3}),
        (["--preset", "realmlp", "--epochs", "3"], {"preset": "realmlp", "epochs": 3}),
        (["--preset", "tabm", "--hidden", "9,5", "--epochs", "2"], {"preset": "tabm", "hidden": [9, 5], "epochs": 2}),
        (["--effort", "high", "--epochs", "2"], {"effort": "high", "epochs": 2}),
        (
            ["--scale", "piecewise-tree", "--bins", "6", "--epochs", "3"],
            {"scale": "piecewise-tree", "bins": 6, "epochs": 3},
        ),
        (
            ["--hidden", "16,8", "--activation", "tanh", "--optimizer", "adamw", "--dropout", "0.1", "--epochs", "5"],
            {"hidden": [16, 8], "activation": "tanh", "optimizer": "adamw", "dropout": 0.1, "epochs": 5},
        ),
        (
            ["--scale", "min-max", "--drop", "visits", "--class-weight", "balanced", "--seed", "7", "--epochs", "4",
             "--set", "train.clip_norm=1.5", "--set", "train.schedule=cosine"],
            {"scale": "min-max", "drop": ["visits"], "class_weight": "balanced", "random_state": 7, "epochs": 4,
             "set": {"train.clip_norm": 1.5, "train.schedule": "cosine"}},
        ),
    ],
)  # fmt: skip
def test_the_command_and_python_write_the_same_file(tmp_path, flags, parameters):
    table, theirs, ours = (tmp_path / name for name in ("people.csv", "theirs.safetensors", "ours.safetensors"))
    people().to_csv(table, index=False)
    trained = [command(), "train", table, "--target", "income", "--out", theirs, "--quiet", *flags]
    subprocess.run(trained, check=True, capture_output=True)
    model = TableClassifier(**parameters).fit(table, target="income")
    model.save(ours)
    assert ours.read_bytes() == theirs.read_bytes()
    loaded = pellucid.load(theirs)
    for file in (theirs, ours):
        predicted = [command(), "predict", file, table, "--proba", "--quiet"]
        text = subprocess.run(predicted, check=True, capture_output=True, text=True).stdout
        (tmp_path / "predicted.csv").write_text(text)
        answers = pd.read_csv(tmp_path / "predicted.csv")
        np.testing.assert_array_equal(answers["prediction"], loaded.predict(table))
        probabilities = answers[["probability_high", "probability_low"]].to_numpy()
        np.testing.assert_array_equal(probabilities, loaded.predict_proba(table))


def test_notes_are_warnings():
    frame = people(100)
    frame["constant"] = 1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = TableClassifier(epochs=2).fit(frame, target="income")
    assert any("constant" in note for note in model.notes_)
    assert model.notes_ == [str(warning.message) for warning in caught]
    assert all(warning.filename == __file__ for warning in caught)
    frame.loc[0, "city"] = "Paris"
    with pytest.warns(UserWarning, match=r"`city`: words that are not in the training rows, first `Paris`"):
        model.predict(frame)


def test_verbose_prints_choices_and_epochs(capsys):
    TableClassifier(epochs=2, verbose=True).fit(people(60), target="income")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("task: classification of income into 2 classes")
    assert lines[-1].startswith("Epoch 2, loss = ") and "validation loss = " in lines[-1]
    TableClassifier(epochs=2).fit(people(60), target="income")
    assert capsys.readouterr().out == ""


def test_rows_for_early_stopping_of_the_caller(tmp_path):
    frame = people()
    train, held_out = frame[:200], frame[200:]
    X, y = train.drop(columns="income"), train["income"]
    pair = (held_out.drop(columns="income"), held_out["income"])
    of_pair = TableClassifier(epochs=5).fit(X, y, validation_data=pair)
    of_table = TableClassifier(epochs=5).fit(train, target="income", validation_data=held_out)
    assert of_pair._model.to_bytes() == of_table._model.to_bytes()
    assert of_pair.scores_["validation"]["accuracy"] == of_pair.score(*pair)
    held_out.to_parquet(tmp_path / "held_out.parquet", index=False)
    of_file = TableClassifier(epochs=5, validation=tmp_path / "held_out.parquet").fit(train, target="income")
    assert of_file._model.to_bytes() == of_pair._model.to_bytes()
    without = TableClassifier(epochs=5, validation=0).fit(train, target="income")
    assert without.scores_["validation"] is None


def test_roles_of_columns():
    frame = people()
    frame["weight"] = 1.0
    frame["household"] = np.arange(len(frame)) // 3
    model = TableClassifier(epochs=3, weight="weight", group="household", only=["age", "city", "member"])
    table = model.fit(frame, target="income").recipe_["data"]["table"]
    assert (table["weight"], table["group"], table["only"]) == ("weight", "household", ["age", "city", "member"])
    coded = TableClassifier(epochs=2, categorical="visits").fit(frame[["visits", "age", "income"]], target="income")
    assert "visits=3" in coded._model.features()
    frame.loc[:4, "income"] = None
    with pytest.raises(ValueError, match="drop_missing_target=True") as raised:
        TableClassifier(epochs=2).fit(frame, target="income")
    assert "--" not in str(raised.value)
    TableClassifier(epochs=2, drop_missing_target=True).fit(frame, target="income")


WRONG = [
    ({"preset": "realmlq"}, "preset = 'realmlq': 'realmlq' is not known; did you mean 'realmlp'?"),
    ({"effort": "highest"}, "effort = 'highest': 'highest' is not known"),
    ({"effort": "high", "preset": "plain"}, "effort"),
    ({"activation": "rellu"}, "activation = 'rellu': 'rellu' is not known; did you mean 'relu'?"),
    ({"optimizer": "adamm"}, "optimizer = 'adamm': 'adamm' is not known; did you mean 'adam'"),
    ({"learning_rate": "fast"}, "learning_rate = 'fast' cannot be used: a number is needed"),
    ({"learning_rate": -1.0}, "learning_rate = -1"),
    ({"learning_rate": float("nan")}, "learning_rate = nan cannot be used: a finite number"),
    ({"epochs": -1}, "epochs = -1 cannot be used: an integer, 0 or more"),
    ({"epochs": 2.5}, "epochs = 2.5 cannot be used: an integer, 0 or more"),
    ({"random_state": -1}, "random_state = -1 cannot be used"),
    ({"scale": "standard"}, "scale = 'standard': 'standard' is not known; did you mean 'standardize'"),
    ({"validation": 1.5}, "validation = 1.5"),
    ({"dropout": 2.0}, "dropout = 2"),
    ({"hidden": [0]}, "hidden = [0] cannot be used: integers, 1 or more, are needed"),
    ({"hidden": "64"}, "hidden = '64' cannot be used"),
    ({"monitor": "accurracy"}, "monitor = 'accurracy': 'accurracy' is not known; did you mean 'accuracy'"),
    ({"set": {"train.clip": 1}}, "set['train.clip'] = 1: unknown"),
    ({"set": {"train.clip_norm": -1}}, "set['train.clip_norm'] = -1"),
    ({"set": {"train.nothing": None}}, "set['train.nothing'] = None: "),
    ({"drop": "ages"}, "X: there is no column `ages`"),
    ({"n_threads": 0}, "n_threads = 0 cannot be used"),
    ({"recipe": {"train": {}}}, "recipe cannot be used: "),
    ({"preset": "plain", "target": "incom"}, "X: there is no column `incom`"),
]


@pytest.mark.parametrize(("parameters", "expected"), WRONG)
def test_messages_name_the_parameter(parameters, expected):
    target = parameters.get("target", "income")
    parameters = {name: value for name, value in parameters.items() if name != "target"}
    with pytest.raises(ValueError) as raised:
        TableClassifier(**parameters).fit(people(60), target=target)
    message = str(raised.value)
    assert message.startswith(expected), message
    assert "--" not in message and "usize" not in message and " line " not in message, message


def test_what_cannot_be_learnt_is_refused():
    frame = people(60)
    with pytest.raises(ValueError, match="no target is named; give y"):
        TableClassifier().fit(frame)
    with pytest.raises(ValueError, match="number"):
        TableRegressor().fit(frame, target="income")
    with pytest.raises(NotFittedError):
        TableClassifier().predict(frame)
    with pytest.raises(NotFittedError):
        TableRegressor().save("nothing.safetensors")
    model = TableClassifier(epochs=1).fit(frame, target="income")
    with pytest.raises(ValueError, match=r"there is no column \"age\""):
        model.predict(frame.drop(columns="age"))
    with pytest.raises(ValueError, match='"old" is not a number'):
        model.predict(frame.assign(age="old"))


def test_a_training_that_diverges_is_refused():
    with pytest.raises(ValueError, match="non-finite parameter weights"):
        TableRegressor(optimizer="sgd", learning_rate=1e30, epochs=5).fit(numbers(), target="price")


INTERRUPTED = """
import time, warnings
import numpy as np, pandas as pd
from pellucid import TableClassifier
random = np.random.RandomState(0)
frame = pd.DataFrame(random.normal(size=(2000, 20))).add_prefix("x")
frame["y"] = frame["x0"] > 0
model = TableClassifier(epochs=10**6, patience=10**6)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print("training", flush=True)
    model.fit(frame, target="y")
print([str(warning.message) for warning in caught], model.score(frame) > 0.8, len(model.history_) > 0)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no signal to one process alone")
def test_ctrl_c_ends_training_and_keeps_the_best_weights():
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "training\n"
    time.sleep(5)
    process.send_signal(signal.SIGINT)
    answer, _ = process.communicate(timeout=60)
    assert answer == "['Training interrupted by user.'] True True\n"


def test_one_training_at_a_time():
    model = TableClassifier(epochs=10**6, patience=10**6, max_seconds=4.0)
    frame = people()
    started = threading.Thread(target=model.fit, args=(frame,), kwargs={"target": "income"})
    started.start()
    time.sleep(1)
    with pytest.raises(RuntimeError, match="is being trained already"):
        model.fit(frame, target="income")
    started.join()
    assert model.predict(frame).shape == (300,)


def test_what_follows_a_training_is_a_parameter() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ensemble = TableClassifier(ensemble=3, epochs=4, hidden=6).fit("iris")
        assert "the mean of 3 networks" in " ".join(ensemble.notes_)
        refit = TableRegressor(refit=True, epochs=4, hidden=6, target_transform="none").fit("diabetes")
    assert ensemble.recipe_["data"]["table"]["ensemble"] == 3
    assert ensemble.predict_proba("iris").shape == (150, 3)
    assert refit.recipe_["data"]["table"]["target_transform"] == "none"
    assert any("trained again on all 442 rows" in note for note in refit.notes_)
    with pytest.raises(ValueError, match="refit"):
        TableClassifier(ensemble=3, refit=True).fit("iris")
