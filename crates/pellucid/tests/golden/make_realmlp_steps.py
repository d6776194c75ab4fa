"""Steps of RealMLP-TD-S in PyTorch for `tests/realmlp_steps.rs`.

    python make_realmlp_steps.py realmlp_steps.json

Needs PyTorch (written with 2.15). The network, its parameter groups and its schedule are those of Holzmüller, Grinsztajn &
Steinwart, Better by Default, 2024, appendix A.2: a scaling layer, linear layers x·W/sqrt(fan_in) + b, SELU or Mish, Adam with
betas (0.9, 0.95), rates 0.04 or 0.07 with factors 6 for the scales and 0.1 for the biases, coslog4, label smoothing 0.1. The
table has numbers, a category of two levels as -1, 0 or 1 (0 where it is missing), one of three as one-hot, and an indicator
of a missing number. The last layer starts near 0, not at 0, so that all gradients count from the first step on.
"""

import json
import math
import sys

import numpy as np
import torch
from torch import nn

torch.set_default_dtype(torch.float64)
STEPS, ROWS, SIZES = 6, 12, [8, 5, 4, 5]


def numbers(tensor):
    return tensor.detach().numpy().ravel().tolist()


class Scaling(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * self.scale


class NtkLinear(nn.Module):
    def __init__(self, generator, fan_in, fan_out, size):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(size * generator.standard_normal((fan_in, fan_out))))
        self.bias = nn.Parameter(torch.tensor(size * generator.standard_normal(fan_out)))

    def forward(self, x):
        return x @ self.weight / math.sqrt(self.weight.shape[0]) + self.bias


def table(generator):
    numeric = generator.standard_normal((ROWS, 3))
    missing = generator.random(ROWS) < 0.3
    numeric[missing, 2] = 0.0
    numeric = numeric / np.sqrt(1 + (numeric / 3) ** 2)
    two = generator.choice([-1.0, 0.0, 1.0], (ROWS, 1))
    three = np.eye(4)[generator.integers(0, 4, ROWS)][:, :3]
    return np.hstack([numeric, missing[:, None], two, three])


def case(generator, task):
    x = torch.tensor(table(generator))
    outputs = 3 if task == "classification" else 1
    sizes = [*SIZES, outputs]
    activation = nn.SELU if task == "classification" else nn.Mish
    scaling = Scaling(sizes[0])
    last = len(sizes) - 2
    linear = [NtkLinear(generator, sizes[i], sizes[i + 1], 0.2 if i == last else 1.0) for i in range(last + 1)]
    modules = [scaling]
    for layer in linear:
        modules += [layer, activation()]
    net = nn.Sequential(*modules[:-1])
    if task == "classification":
        y = torch.tensor(generator.integers(0, 3, ROWS))
        loss_of, rate = nn.CrossEntropyLoss(label_smoothing=0.1), 0.04
        targets = np.eye(3)[y.numpy()].ravel().tolist()
    else:
        y = torch.tensor(generator.standard_normal((ROWS, 1)))
        loss_of, rate = nn.MSELoss(), 0.07
        targets = numbers(y)
    groups = [
        {"params": [scaling.scale], "factor": 6.0},
        {"params": [layer.weight for layer in linear], "factor": 1.0},
        {"params": [layer.bias for layer in linear], "factor": 0.1},
    ]
    optimizer = torch.optim.Adam(groups, lr=rate, betas=(0.9, 0.95))
    # The weights of z = x·W + b.
    weights = lambda: [numbers(layer.weight / math.sqrt(layer.weight.shape[0])) for layer in linear]
    told = {
        "task": task,
        "sizes": sizes,
        "x": numbers(x),
        "y": targets,
        "weights": weights(),
        "biases": [numbers(layer.bias) for layer in linear],
        "steps": [],
    }
    for step in range(STEPS):
        t = step / STEPS
        for group in optimizer.param_groups:
            group["lr"] = rate * group["factor"] * 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + 15 * t)))
        optimizer.zero_grad()
        loss = loss_of(net(x), y)
        loss.backward()
        optimizer.step()
        told["steps"].append(
            {
                "loss": loss.item(),
                "weights": weights(),
                "biases": [numbers(layer.bias) for layer in linear],
                "scales": numbers(scaling.scale),
            }
        )
    return told


if __name__ == "__main__":
    generator = np.random.default_rng(20)
    cases = [case(generator, task) for task in ["classification", "regression"]]
    with open(sys.argv[1], "w") as file:
        json.dump({"cases": cases}, file)
        file.write("\n")
