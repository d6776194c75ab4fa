"""`pellucid serve` with the client of the protocol's authors, beside the estimator's own predictions."""

from __future__ import annotations

import subprocess

import numpy as np
import pandas as pd
import pytest
from made_tables import command

from pellucid import TableClassifier

http = pytest.importorskip("tritonclient.http", reason="tritonclient is not installed")


def table() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    size = generator.normal(20, 5, 300)
    colour = generator.choice(["red", "green", "blue"], 300)
    heavy = generator.random(300) < 0.5
    kind = np.where(size + 5 * (colour == "red") > 22, "large", "small")
    size[::17] = np.nan
    return pd.DataFrame({"size": size, "colour": colour, "heavy": np.where(heavy, "yes", "no"), "kind": kind})


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    binary = command()
    if binary is None:
        pytest.skip("the command is not built; PELLUCID_COMMAND names it")
    rows = table()
    model = TableClassifier(epochs=5, random_state=1).fit(rows.drop(columns="kind"), rows["kind"])
    path = tmp_path_factory.mktemp("served") / "kinds.safetensors"
    model.save(path)
    server = subprocess.Popen([binary, "serve", path, "--listen", "0", "--quiet"], stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().strip().removeprefix("http://").rstrip("/")
        client = http.InferenceServerClient(address)
        for _ in range(200):
            if client.is_server_ready():
                break
        yield client, model, rows.drop(columns="kind")
    finally:
        server.terminate()
        assert server.wait(30) == 0


def tensor(name: str, values, datatype: str):
    tensor = http.InferInput(name, [len(values)], datatype)
    tensor.set_data_from_numpy(np.asarray(values), binary_data=False)
    return tensor


def test_the_server_describes_its_model(served):
    client, _, rows = served
    assert client.is_server_live()
    assert client.is_model_ready("kinds")
    described = client.get_model_metadata("kinds")
    assert [one["name"] for one in described["inputs"]] == list(rows.columns)
    assert [one["name"] for one in client.get_model_repository_index()] == ["kinds"]


def test_answers_are_those_of_the_estimator(served):
    client, model, rows = served
    rows = rows.dropna()
    inputs = [
        tensor("size", rows["size"].to_numpy(np.float64), "FP64"),
        tensor("colour", rows["colour"].to_numpy(object), "BYTES"),
        tensor("heavy", rows["heavy"].to_numpy(object), "BYTES"),
    ]
    outputs = [http.InferRequestedOutput(name, binary_data=False) for name in ("prediction", "probabilities")]
    answer = client.infer("kinds", inputs, outputs=outputs, request_id="seven")
    assert answer.get_response()["id"] == "seven"
    assert answer.as_numpy("prediction").tolist() == list(model.predict(rows))
    np.testing.assert_array_equal(answer.as_numpy("probabilities"), model.predict_proba(rows))


def test_errors_are_those_of_the_protocol(served):
    client, *_ = served
    with pytest.raises(http.InferenceServerException, match="there is no model"):
        client.get_model_metadata("other")
    with pytest.raises(http.InferenceServerException, match="there is no column"):
        client.infer("kinds", [tensor("size", [1.0], "FP64")])
