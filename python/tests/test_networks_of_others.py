"""Networks of PyTorch and Keras: converted in Python, and as files that torch.onnx, tf2onnx and safetensors wrote."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from made_tables import command

import pellucid

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = command()
pytestmark = pytest.mark.filterwarnings("ignore")
RANDOM = np.random.default_rng(7)
ROWS = RANDOM.normal(size=(60, 4)).astype(np.float32)
TABLE = {f"x{column + 1}": ROWS[:, column].astype(float) for column in range(4)}


def close(found: Any, expected: Any, tolerance: float = 2e-6) -> None:
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=tolerance, atol=tolerance)


def answers(model: Any) -> Any:
    return model.predict_proba(TABLE) if hasattr(model, "predict_proba") else model.predict(TABLE)


def run(*arguments: object) -> str:
    done = subprocess.run([str(COMMAND), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def answers_of_command(model: Path, folder: Path) -> Any:
    """The numbers that the command predicts."""
    table = folder / "table.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(TABLE)
        writer.writerows(ROWS.astype(float).tolist())
    lines = list(csv.reader(io.StringIO(run("predict", model, table, "--proba"))))
    columns = [at for at, name in enumerate(lines[0]) if name.startswith("probability")] or range(len(lines[0]))
    return np.array([[float(row[at]) for at in columns] for row in lines[1:]])


needs_command = pytest.mark.skipif(COMMAND is None, reason="the command is not built: cargo build")


# PyTorch

TORCH = {
    "relu": "L(4, 8), nn.ReLU(), L(8, 3)",
    "classes": "L(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.1), L(8, 3), nn.Softmax(dim=1)",
    "two classes": "L(4, 8), nn.LayerNorm(8, eps=1e-3), nn.GELU(), L(8, 1), nn.Sigmoid()",
    "normalised after": "nn.BatchNorm1d(4), L(4, 8), nn.Tanh(), nn.BatchNorm1d(8, eps=0.1), L(8, 2)",
    "slopes": "L(4, 8), nn.PReLU(), L(8, 6), nn.PReLU(6, 0.1), L(6, 5), nn.LeakyReLU(0.2), L(5, 5), "
    "nn.LeakyReLU(), L(5, 1)",
    "activations": "L(4, 8), nn.SiLU(), L(8, 6), nn.Mish(), L(6, 6), nn.Softplus(), L(6, 6), nn.Softsign(), L(6, 6), "
    "nn.SELU(), L(6, 5), nn.Hardsigmoid(), L(5, 5), nn.Hardtanh(), L(5, 5), nn.GELU('tanh'), L(5, 5), "
    "nn.ELU(), L(5, 2)",
    "without bias": "nn.Linear(4, 8, bias=False), nn.LayerNorm(8, elementwise_affine=False), nn.ReLU(), "
    "nn.Sequential(L(8, 1))",
}


def of_torch(layers: str) -> Any:
    torch = pytest.importorskip("torch")
    nn = torch.nn
    torch.manual_seed(3)
    module = eval(f"nn.Sequential({layers})", {"nn": nn, "L": nn.Linear})
    for layer in module.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.LayerNorm)) and layer.weight is not None:
            nn.init.normal_(layer.weight)
            nn.init.normal_(layer.bias)
        if isinstance(layer, nn.BatchNorm1d):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
    return module.eval()


def expected_of_torch(module: Any) -> Any:
    torch = pytest.importorskip("torch")
    kind = next(module.parameters()).dtype
    with torch.no_grad():
        return module(torch.from_numpy(ROWS).to(kind)).numpy()


def of_both_classes(expected: Any, model: Any) -> Any:
    """What predict_proba gives for one probability."""
    is_one = hasattr(model, "predict_proba") and expected.shape[1] == 1
    return np.hstack([1 - expected, expected]) if is_one else expected


@pytest.mark.parametrize("layers", TORCH)
def test_a_module_becomes_a_model(layers: str) -> None:
    module = of_torch(TORCH[layers])
    before = {name: value.clone() for name, value in module.state_dict().items()}
    model = pellucid.from_pytorch(module)
    close(answers(model), of_both_classes(expected_of_torch(module), model))
    assert all((value == before[name]).all() for name, value in module.state_dict().items())
    double = pellucid.from_pytorch(of_torch(TORCH[layers]).double())
    close(answers(double), of_both_classes(expected_of_torch(of_torch(TORCH[layers]).double()), double), 1e-8)


def test_names_dropout_and_further_training(tmp_path: Path) -> None:
    module = of_torch("nn.Dropout(0.05), L(4, 8), nn.ReLU(), nn.Dropout(0.2), L(8, 2)")
    names = {"columns": ["a", "b", "c", "d"], "classes": ["no", "yes"], "target": "buys"}
    model = pellucid.from_pytorch(module, **names)
    table = dict(zip("abcd", TABLE.values(), strict=True))
    logits = expected_of_torch(module).astype(float)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    close(model.predict_proba(table), odds / odds.sum(axis=1, keepdims=True))
    assert list(model.classes_) == ["no", "yes"]
    np.testing.assert_allclose(model.recipe["train"]["dropout"], [0.05, 0.2])
    path = tmp_path / "m.safetensors"
    model.save(path)
    again = pellucid.load(path)
    np.testing.assert_array_equal(again.predict_proba(table), model.predict_proba(table))


@needs_command
@pytest.mark.parametrize("layers", ["two classes", "slopes", "classes"])
def test_the_command_takes_what_was_converted(tmp_path: Path, layers: str) -> None:
    module = of_torch(TORCH[layers])
    path, more = tmp_path / "m.safetensors", tmp_path / "more.safetensors"
    model = pellucid.from_pytorch(module)
    model.save(path)
    expected = of_both_classes(expected_of_torch(module), model)
    close(answers_of_command(path, tmp_path), expected)
    rows = (tmp_path / "table.csv").read_text().splitlines()
    is_classes = hasattr(model, "classes_")
    labels = [str(model.classes_[row % len(model.classes_)]) if is_classes else str(row % 7) for row in range(60)]
    (tmp_path / "known.csv").write_text(
        "\n".join([rows[0] + ",target", *map(",".join, zip(rows[1:], labels, strict=True))]) + "\n"
    )
    run("explain", path, "--data", tmp_path / "known.csv", "--row", "3")
    run("diagnose", path, "--data", tmp_path / "known.csv")
    run("export", path, "--to", "c", "--verify", tmp_path / "table.csv", "--out", tmp_path / "network.c")
    run("train", tmp_path / "known.csv", "--from", path, "--epochs", "2", "--out", more, "--quiet")
    assert np.abs(answers_of_command(more, tmp_path) - expected).max() > 0


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("L(4, 8), nn.ReLU6(), L(8, 1)", r"ReLU6 \(1\)"),
        ("nn.Conv1d(4, 8, 1)", r"Conv1d \(0\)"),
        ("L(4, 8), nn.ELU(0.5), L(8, 1)", r"ELU \(1\)"),
        (
            "L(4, 8), nn.ReLU(), nn.LayerNorm(8), L(8, 1)",
            "layer normalisation stands between a dense layer and its activation",
        ),
        ("L(4, 8), nn.ReLU(), L(6, 1)", "takes 6 numbers, and the layer before gives 8"),
        ("L(4, 8), nn.ReLU(), nn.Tanh(), L(8, 1)", "second activation"),
        ("nn.ReLU()", "follows no dense layer"),
    ],
)
def test_other_modules_are_refused_by_name(layers: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pellucid.from_pytorch(of_torch(layers))


def test_a_module_with_code_of_its_own_is_refused() -> None:
    nn = pytest.importorskip("torch").nn

    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, x: Any) -> Any:
            return x + self.layer(x)

    with pytest.raises(ValueError, match=r"Residual .* code of its own"):
        pellucid.from_pytorch(nn.Sequential(Residual(), nn.Linear(4, 1)))
    with pytest.raises(TypeError, match="sequence of names"):
        pellucid.from_pytorch(nn.Linear(4, 2), classes="yes")


@needs_command
@pytest.mark.parametrize("exporter", ["dynamo", "script"])
@pytest.mark.parametrize("layers", TORCH)
def test_a_graph_of_torch_onnx_is_imported(tmp_path: Path, layers: str, exporter: str) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxscript")
    module, graph, path = of_torch(TORCH[layers]), tmp_path / "m.onnx", tmp_path / "m.safetensors"
    settings: dict[str, Any] = {"external_data": False} if exporter == "dynamo" else {"opset_version": 17}
    torch.onnx.export(module, (torch.from_numpy(ROWS),), str(graph), dynamo=exporter == "dynamo", **settings)
    run("import", graph, "--out", path)
    close(answers_of_command(path, tmp_path), of_both_classes(expected_of_torch(module), pellucid.load(path)))


@needs_command
@pytest.mark.parametrize(
    ("layers", "options"),
    [
        ("relu", ["--activation", "relu", "--output-activation", "identity"]),
        ("classes", ["--activation", "relu", "--output-activation", "softmax"]),
        ("normalised after", ["--activation", "tanh", "--output-activation", "identity", "--layers=0,1,tanh,3,4"]),
        ("slopes", ["--layers", "0,1,2,3,4,leaky_relu,6,leaky_relu,8"]),
    ],
)
def test_a_state_dict_is_imported(tmp_path: Path, layers: str, options: list[str]) -> None:
    pytest.importorskip("torch")
    save_model = pytest.importorskip("safetensors.torch").save_model
    text = TORCH[layers].replace("eps=0.1", "eps=1e-5").replace("nn.LeakyReLU(0.2)", "nn.LeakyReLU(0.01)")
    module, state, path = of_torch(text), tmp_path / "state.safetensors", tmp_path / "m.safetensors"
    save_model(module, str(state))
    if "--layers=0,1,tanh,3,4" in options:
        options = options[-1:]
    run("import", state, "--out", path, *options)
    close(answers_of_command(path, tmp_path), of_both_classes(expected_of_torch(module), pellucid.load(path)))


# Keras

KERAS = {
    "classes": "Dense(8, 'relu'), Dense(3, 'softmax')",
    "batch": "Dense(8), BatchNormalization(), Activation('relu'), Dropout(0.2), Dense(3)",
    "layer": "Dense(8), LayerNormalization(), Activation('gelu'), Dense(1, 'sigmoid')",
    "slopes": "Dense(8), PReLU(), Dense(6), LeakyReLU(negative_slope=0.2), Dense(5), ReLU(negative_slope=0.1), "
    "Dense(1)",
    "activations": "Dense(8, 'silu'), Dense(6, 'mish'), Dense(5, 'softplus'), Dense(5, 'elu'), Dense(5, 'selu'), "
    "Dense(5, 'hard_sigmoid'), Dense(5, 'softsign'), Dense(5, 'tanh'), Dense(5, 'hard_tanh'), "
    "Dense(5, 'exponential'), Dense(2)",
}


def of_keras(layers: str) -> Any:
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    keras = pytest.importorskip("keras")
    made = eval(f"[{layers}]", vars(keras.layers).copy())
    model = keras.Sequential([keras.Input((4,)), *made])
    random = np.random.default_rng(11)
    for layer in model.layers:
        drawn = [
            random.uniform(0.3, 1.2, value.shape) if "variance" in value.path else 0.6 * random.normal(size=value.shape)
            for value in layer.weights
        ]
        layer.set_weights(drawn)
    return model


@pytest.mark.parametrize("layers", KERAS)
def test_a_model_of_keras_becomes_a_model(tmp_path: Path, layers: str) -> None:
    theirs = of_keras(KERAS[layers])
    keras = pytest.importorskip("keras")
    model = pellucid.from_keras(theirs)
    expected = of_both_classes(np.asarray(theirs.predict(ROWS, verbose=0)), model)
    close(answers(model), expected)
    # From its file, and as a functional model.
    theirs.save(tmp_path / "m.keras")
    close(answers(pellucid.from_keras(keras.saving.load_model(tmp_path / "m.keras"))), expected)
    inputs = outputs = keras.Input((4,))
    for layer in theirs.layers:
        outputs = layer(outputs)
    close(answers(pellucid.from_keras(keras.Model(inputs, outputs))), expected)


def test_normalised_features_of_keras() -> None:
    theirs = of_keras("Normalization(), Dense(6, 'tanh'), Dense(2)")
    theirs.layers[0].adapt(3 * ROWS + 5)
    close(answers(pellucid.from_keras(theirs)), np.asarray(theirs.predict(ROWS, verbose=0)))


def test_other_layers_of_keras_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"GaussianNoise \(.*\) is none"):
        pellucid.from_keras(of_keras("Dense(8), GaussianNoise(0.1), Dense(1)"))
    with pytest.raises(ValueError, match="with the activation relu6"):
        pellucid.from_keras(of_keras("Dense(8, 'relu6'), Dense(1)"))
    keras = pytest.importorskip("keras")
    inputs = keras.Input((4,))
    inner = keras.layers.Dense(4, "relu")(inputs)
    with pytest.raises(ValueError, match="does not follow the layer before it alone"):
        pellucid.from_keras(keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Add()([inner, inputs]))))


@needs_command
@pytest.mark.parametrize("layers", KERAS)
def test_a_graph_of_tf2onnx_is_imported(tmp_path: Path, layers: str) -> None:
    theirs = of_keras(KERAS[layers])
    keras = pytest.importorskip("keras")
    tensorflow, tf2onnx = pytest.importorskip("tensorflow"), pytest.importorskip("tf2onnx")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("tf2onnx needs KERAS_BACKEND=tensorflow")
    signature = [tensorflow.TensorSpec((None, 4), tensorflow.float32, name="x")]
    function = tensorflow.function(lambda rows: theirs(rows, training=False), input_signature=signature)
    graph, path = tmp_path / "m.onnx", tmp_path / "m.safetensors"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tf2onnx.convert.from_function(function, input_signature=signature, opset=17, output_path=str(graph))
    run("import", graph, "--out", path)
    expected = np.asarray(theirs.predict(ROWS, verbose=0))
    close(answers_of_command(path, tmp_path), of_both_classes(expected, pellucid.load(path)))
