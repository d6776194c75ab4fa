"""PyTorch's activations and their derivatives for `tests/activations.rs`.

    python make_activations.py activations.json

Needs PyTorch (written with 2.15), whose own hard sigmoid has a derivative of 1/6 in single precision. The hard sigmoid's and the hard tanh's derivatives at their kinks are a matter of taste, so
the points are not on them.
"""

import json
import sys

import torch
from torch.nn import functional

FUNCTIONS = {
    "identity": lambda z: z * 1,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
    "selu": functional.selu,
    "gelu": functional.gelu,
    "gelu_tanh": lambda z: functional.gelu(z, approximate="tanh"),
    "silu": functional.silu,
    "mish": functional.mish,
    "softplus": lambda z: functional.softplus(z, threshold=100),
    "softsign": functional.softsign,
    "hard_sigmoid": lambda z: (z / 6 + 0.5).clamp(0, 1),
    "hard_tanh": functional.hardtanh,
    "exponential": torch.exp,
}
POINTS = [-40.5, -9.7, -3.1, -2.9, -1.3, -0.6, -0.1, -1e-9, 1e-9, 0.05, 0.7, 1.4, 2.8, 3.3, 8.9, 35.5]


def main(path):
    functions = {}
    for name, function in FUNCTIONS.items():
        z = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
        a = function(z)
        a.sum().backward()
        functions[name] = {"a": a.tolist(), "derivative": z.grad.tolist()}
    told = {"pytorch": torch.__version__.split("+")[0], "z": POINTS, "functions": functions}
    with open(path, "w") as file:
        json.dump(told, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
