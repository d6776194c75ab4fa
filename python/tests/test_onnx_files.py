"""ONNX files of the command: those that it exports, and those of scikit-learn's networks that it imports."""

from __future__ import annotations

import csv
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from made_tables import command
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

if TYPE_CHECKING:
    from pathlib import Path

onnx = pytest.importorskip("onnx")
to_onnx = pytest.importorskip("skl2onnx").to_onnx

COMMAND = command()
pytestmark = [
    pytest.mark.skipif(COMMAND is None, reason="the command is not built: cargo build"),
    pytest.mark.filterwarnings("ignore"),
]


def pellucid(*arguments: object) -> str:
    done = subprocess.run([str(COMMAND), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("load", "model"),
    [
        (load_iris, make_pipeline(StandardScaler(), MLPClassifier((10, 5), max_iter=50, random_state=1))),
        (load_breast_cancer, make_pipeline(StandardScaler(), MLPClassifier((8,), "tanh", max_iter=50, random_state=1))),
        (load_diabetes, MLPRegressor(hidden_layer_sizes=(8, 8), activation="logistic", max_iter=50, random_state=1)),
    ],
    ids=["three classes", "two classes", "numbers"],
)
def test_a_network_of_scikit_learn_is_imported(tmp_path: Path, load: Any, model: Any) -> None:
    features, target = load(return_X_y=True)
    features = features.astype(np.float32)
    model.fit(features, target)
    is_classifier = hasattr(model, "predict_proba")
    options = {id(model.steps[-1][1]): {"zipmap": False}} if is_classifier else None
    graph, network, table = (tmp_path / name for name in ("a.onnx", "a.safetensors", "a.csv"))
    graph.write_bytes(to_onnx(model, features[:1], options=options).SerializeToString())
    pellucid("import", graph, "--out", network)
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f"x{column + 1}" for column in range(features.shape[1])])
        writer.writerows(features.astype(float).tolist())
    lines = pellucid("predict", network, table, *(["--proba"] if is_classifier else [])).splitlines()[1:]
    found = np.array([[float(cell) for cell in row[1 if is_classifier else 0 :]] for row in csv.reader(lines)])
    expected = model.predict_proba(features) if is_classifier else model.predict(features).reshape(len(features), 1)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_an_exported_graph_is_valid_and_has_the_models_answers(tmp_path: Path) -> None:
    rows = [f"{20 + row % 50},{['red', 'blue', ''][row % 3]},{'yes' if row % 4 else 'no'}" for row in range(120)]
    (tmp_path / "t.csv").write_text("\n".join(["age,colour,buys", *rows]) + "\n")
    model, graph = tmp_path / "m.safetensors", tmp_path / "buyers.onnx"
    settings = ["--preset", "plain", "--epochs", "3", "--seed", "1", "--quiet"]
    pellucid("train", tmp_path / "t.csv", "--target", "buys", "--out", model, *settings)
    pellucid("export", model, "--to", "onnx", "--out", graph, "--quiet")
    onnx.checker.check_model(onnx.load(graph), full_check=True)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "buyers_test.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
