"""Every number of a training step in plain NumPy, for `tests/command/explain_numbers.rs`.

    python make_explanations.py explanations.json

Each case has a recipe, a built-in one's name or the TOML of a file, which epoch is explained, and what
`pellucid explain --format json` is to say. Weights are fan_in rows of fan_out; rows are samples. Needs NumPy alone.
"""

import json
import sys

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


FUNCTIONS = {
    "sigmoid": (sigmoid, lambda a: a * (1 - a)),
    "tanh": (np.tanh, lambda a: 1 - a**2),
    "softmax": (softmax, lambda a: a * (1 - a)),
}


def step(layers, x, y, loss, share, rate):
    """One step of gradient descent. `layers` are (weights, bias or None, function); share is 1, or 1/rows for a mean."""
    pass_ = []
    a = x
    for weights, bias, function in layers:
        z = a @ weights + (0 if bias is None else bias)
        pass_.append({"input": a, "z": z, "activation": FUNCTIONS[function][0](z)})
        a = pass_[-1]["activation"]
    if loss == "half_squared_error":
        value = 0.5 * ((a - y) ** 2).sum() * share
        upstream = (a - y) * share
    else:
        value = -(y * np.log(a)).sum() * share
        upstream = -y / a * share
    written = []
    for (weights, bias, function), of in reversed(list(zip(layers, pass_))):
        a = of["activation"]
        derivative = FUNCTIONS[function][1](a)
        if function == "softmax":
            jacobian = a[:, :, None] * (np.eye(a.shape[1]) - a[:, None, :])
            delta = np.einsum("nij,nj->ni", jacobian, upstream)
        else:
            delta = upstream * derivative
        of_weights, of_bias = of["input"].T @ delta, delta.sum(axis=0)
        record = {
            "weights": weights,
            "bias": bias,
            "z": of["z"],
            "activation": a,
            "d_loss_d_activation": upstream,
            "d_activation_d_z": derivative,
            "delta": delta,
            "d_loss_d_weights": of_weights,
            "d_loss_d_bias": None if bias is None else of_bias,
            "weights_after": weights - rate * of_weights,
            "bias_after": None if bias is None else bias - rate * of_bias,
        }
        written.insert(0, {key: None if value is None else value.tolist() for key, value in record.items()})
        upstream = delta @ weights.T
    return {"input": x.tolist(), "target": y.tolist(), "loss": float(value), "layers": written}


def after(layers, record):
    """The layers after a step."""
    arrays = [(np.array(of["weights_after"]), of["bias_after"]) for of in record["layers"]]
    return [
        (weights, None if bias is None else np.array(bias), function)
        for (weights, bias), (_, _, function) in zip(arrays, layers)
    ]


def xor(epoch):
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    y = np.array([[0], [1], [1], [0]], dtype=float)
    layers = [
        (np.array([[-0.424, -0.740, -0.961], [0.358, -0.577, -0.469]]), None, "sigmoid"),
        (np.array([[-0.017], [-0.893], [0.148]]), None, "sigmoid"),
    ]
    for _ in range(epoch):
        record = step(layers, x, y, "half_squared_error", 1.0, 0.6)
        layers = after(layers, record)
    return {"name": f"xor-by-hand, epoch {epoch}", "recipe": "xor-by-hand", "epoch": epoch, "expected": record}


def classifier():
    draw = np.random.default_rng(5)
    sizes, functions = [4, 6, 5, 3], ["tanh", "tanh", "softmax"]
    layers = [
        (draw.normal(0, 0.6, (inputs, units)), draw.normal(0, 0.3, units), function)
        for inputs, units, function in zip(sizes, sizes[1:], functions)
    ]
    x = draw.normal(0, 1, (5, 4))
    y = np.eye(3)[[2, 0, 1, 1, 2]]
    given = ",\n".join(
        f"    {{ weights = {weights.tolist()}, bias = {bias.tolist()} }}" for weights, bias, _ in layers
    )
    recipe = f"""[data]
source = "inline"
inputs = {x.tolist()}
targets = {y.tolist()}

[network]
layers = {sizes}
activation = {json.dumps(functions)}

[init]
method = "given"
layers = [
{given},
]

[train]
loss = "categorical_cross_entropy"
learning_rate = 0.25
epochs = 3
"""
    record = step(layers, x, y, "categorical_cross_entropy", 1 / 5, 0.25)
    return {"name": "tanh and softmax", "recipe": recipe, "epoch": 1, "expected": record}


def main(path):
    cases = [xor(1), xor(50), classifier()]
    with open(path, "w") as file:
        json.dump(cases, file, indent=1)
        file.write("\n")


main(sys.argv[1])
