"""Batch and layer normalisation of PyTorch for `tests/normalisation.rs`.

    python make_normalisation.py normalisation.json

Needs PyTorch (written with 2.15). The loss is half the sum of squared differences from the targets.
"""

import json
import sys

import numpy as np
import torch
from torch import nn

torch.set_default_dtype(torch.float64)


def numbers(tensor):
    return tensor.detach().numpy().ravel().tolist()


def case(generator, kind, rows, width, **settings):
    x = torch.tensor(generator.standard_normal((rows, width)) * 2 + 0.5, requires_grad=True)
    target = torch.tensor(generator.standard_normal((rows, width)))
    module = nn.BatchNorm1d(width, **settings) if kind == "batch" else nn.LayerNorm(width, **settings)
    with torch.no_grad():
        module.weight.copy_(torch.tensor(generator.uniform(0.5, 1.5, width)))
        module.bias.copy_(torch.tensor(generator.uniform(-0.5, 0.5, width)))
        if kind == "batch":
            module.running_mean.copy_(torch.tensor(generator.uniform(-1, 1, width)))
            module.running_var.copy_(torch.tensor(generator.uniform(0.5, 2, width)))
    told = {
        "kind": kind,
        "rows": rows,
        "width": width,
        "settings": settings,
        "x": numbers(x),
        "target": numbers(target),
        "gain": numbers(module.weight),
        "shift": numbers(module.bias),
    }
    if kind == "batch":
        told |= {"mean": numbers(module.running_mean), "variance": numbers(module.running_var)}
    for mode in ["predicting", "training"]:
        module.train(mode == "training")
        for tensor in [x, module.weight, module.bias]:
            tensor.grad = None
        y = module(x)
        (0.5 * (y - target) ** 2).sum().backward()
        told[mode] = {
            "outputs": numbers(y),
            "d_x": numbers(x.grad),
            "d_gain": numbers(module.weight.grad),
            "d_shift": numbers(module.bias.grad),
        }
    if kind == "batch":
        told["training"] |= {"mean": numbers(module.running_mean), "variance": numbers(module.running_var)}
    return told


def run(generator, kind, optimizer, batch):
    """Sixty steps of a network with normalised hidden layers, with batches in the order of the rows. A bias before batch
    normalisation has a derivative of 0, from whose rounding errors Adam would make steps: such layers have no bias."""
    norm, bias = (nn.BatchNorm1d, False) if kind == "batch" else (nn.LayerNorm, True)
    first, second, last = [nn.Linear(*sizes, bias=bias) for sizes in [(4, 6), (6, 5), (5, 3)]]
    norms = [norm(6), norm(5)]
    linear = [first, second, last]
    with torch.no_grad():
        for layer in linear:
            layer.weight.copy_(torch.tensor(generator.uniform(-0.7, 0.7, tuple(layer.weight.shape))))
            if bias:
                layer.bias.copy_(torch.tensor(generator.uniform(-0.2, 0.2, tuple(layer.bias.shape))))
    network = nn.Sequential(first, norms[0], nn.Tanh(), second, norms[1], nn.ReLU(), last)
    x = torch.tensor(generator.standard_normal((24, 4)) * [1.0, 3.0, 0.5, 1.0] + 1.0)
    labels = torch.tensor(generator.integers(0, 3, 24))

    def parameters():
        # In the layout of the project: weights (fan_in, fan_out), biases, gain and shift of each layer, statistics.
        parts = [numbers(layer.weight.T.contiguous()) for layer in linear]
        parts += [numbers(layer.bias) for layer in linear if bias]
        parts += [numbers(part) for norm in norms for part in (norm.weight, norm.bias)]
        if kind == "batch":
            parts += [numbers(part) for norm in norms for part in (norm.running_mean, norm.running_var)]
        return sum(parts, [])

    told = {"kind": kind, "optimizer": optimizer, "batch": batch, "x": numbers(x), "labels": labels.tolist()}
    told["start"] = parameters()
    rule, rate = (torch.optim.SGD, 0.1) if optimizer == "sgd" else (torch.optim.Adam, 0.01)
    steps = rule(network.parameters(), lr=rate)
    for _ in range(60 * batch // 24):
        for at in range(0, 24, batch):
            steps.zero_grad()
            nn.functional.cross_entropy(network(x[at : at + batch]), labels[at : at + batch]).backward()
            steps.step()
    told["end"] = parameters()
    network.eval()
    told["outputs"] = numbers(torch.softmax(network(x), dim=1))
    return told


def main(path):
    generator = np.random.default_rng(5)
    cases = [
        case(generator, "batch", 5, 3),
        case(generator, "batch", 2, 4, momentum=0.3, eps=1e-3),
        case(generator, "batch", 13, 9),
        case(generator, "batch", 9, 1),
        case(generator, "layer", 5, 3),
        case(generator, "layer", 1, 8, eps=1e-2),
        case(generator, "layer", 11, 10),
    ]
    ways = [("sgd", 24), ("adam", 6)]
    runs = [run(generator, kind, optimizer, batch) for kind in ["batch", "layer"] for optimizer, batch in ways]
    told = {"pytorch": torch.__version__.split("+")[0]}
    lists = [",\n".join(json.dumps(one) for one in many) for many in [cases, runs]]
    with open(path, "w") as file:
        file.write(json.dumps(told)[:-1] + f', "cases": [\n{lists[0]}\n], "runs": [\n{lists[1]}\n]}}\n')


if __name__ == "__main__":
    main(sys.argv[1])
