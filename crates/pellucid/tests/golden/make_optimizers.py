"""Fifty steps of every optimizer on a winding valley, for `tests/optimizers.rs`.

    python make_optimizers.py optimizers.json

PyTorch (written with 2.15) takes them, but for Lion and iRprop+, which it does not have: these are written out here from
Chen et al., 2023, program 1, and from Igel & Huesken, 2000, figure 2.
"""

import json
import sys

import numpy as np
import torch

START = [-1.2, 1.0, 0.3, -0.7, 1.6, 0.0]
STEPS = 50


def valley(x):
    """A chained Rosenbrock function with smaller coefficients."""
    return ((1 - x[:-1]) ** 2 + 3 * (x[1:] - x[:-1] ** 2) ** 2).sum()


def with_slopes(x):
    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    loss = valley(x)
    loss.backward()
    return loss.item(), x.grad.numpy()


def by_torch(make):
    x = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = make([x])
    path = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        valley(x).backward()
        optimizer.step()
        path.append(x.tolist())
    return path


def lion(rate, beta_1, beta_2, weight_decay):
    x, m, path = np.array(START), np.zeros(len(START)), []
    for _ in range(STEPS):
        _, g = with_slopes(x)
        update = np.sign(beta_1 * m + (1 - beta_1) * g)
        x = x - rate * (update + weight_decay * x)
        m = beta_2 * m + (1 - beta_2) * g
        path.append(x.tolist())
    return path


def irprop_plus(rate, increase=1.2, decrease=0.5, least=1e-6, largest=50.0):
    x, n = np.array(START), len(START)
    step, before, moved, loss_before, path = np.full(n, rate), np.zeros(n), np.zeros(n), np.inf, []
    for _ in range(STEPS):
        loss, g = with_slopes(x)
        for i in range(n):
            if g[i] * before[i] > 0:
                step[i] = min(step[i] * increase, largest)
                moved[i] = -np.sign(g[i]) * step[i]
                x[i] += moved[i]
                before[i] = g[i]
            elif g[i] * before[i] < 0:
                step[i] = max(step[i] * decrease, least)
                if loss > loss_before:
                    x[i] -= moved[i]
                before[i] = 0
            else:
                moved[i] = -np.sign(g[i]) * step[i]
                x[i] += moved[i]
                before[i] = g[i]
        loss_before = loss
        path.append(x.tolist())
    return path


def main(path):
    cases = []

    def case(settings, rate, path):
        cases.append({"optimizer": settings, "learning_rate": rate, "path": path})

    def torch_case(settings, rate, kind, **keywords):
        case(settings, rate, by_torch(lambda parameters: kind(parameters, lr=rate, **keywords)))

    optim = torch.optim
    torch_case({"name": "sgd"}, 0.01, optim.SGD)
    torch_case({"name": "sgd", "momentum": 0.9}, 0.003, optim.SGD, momentum=0.9)
    torch_case({"name": "sgd", "momentum": 0.8, "dampening": 0.3}, 0.01, optim.SGD, momentum=0.8, dampening=0.3)
    torch_case({"name": "sgd", "momentum": 0.9, "nesterov": True}, 0.003, optim.SGD, momentum=0.9, nesterov=True)
    torch_case({"name": "adagrad"}, 0.1, optim.Adagrad)
    torch_case({"name": "rmsprop"}, 0.02, optim.RMSprop)
    settings = {"name": "rmsprop", "rho": 0.9, "epsilon": 1e-6, "momentum": 0.5}
    torch_case(settings, 0.01, optim.RMSprop, alpha=0.9, eps=1e-6, momentum=0.5)
    torch_case({"name": "adadelta"}, 1.0, optim.Adadelta)
    torch_case({"name": "adadelta", "rho": 0.8, "epsilon": 1e-4}, 2.0, optim.Adadelta, rho=0.8, eps=1e-4)
    torch_case({"name": "adam"}, 0.05, optim.Adam)
    settings = {"name": "adam", "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}
    torch_case(settings, 0.05, optim.Adam, betas=(0.8, 0.95), eps=1e-3)
    torch_case({"name": "adamw"}, 0.05, optim.AdamW)
    torch_case({"name": "adamw", "weight_decay": 0.3}, 0.05, optim.AdamW, weight_decay=0.3)
    torch_case({"name": "amsgrad", "beta_2": 0.8}, 0.05, optim.Adam, betas=(0.9, 0.8), amsgrad=True)
    torch_case({"name": "nadam"}, 0.05, optim.NAdam)
    torch_case({"name": "radam"}, 0.05, optim.RAdam)
    torch_case({"name": "radam", "beta_2": 0.9}, 0.05, optim.RAdam, betas=(0.9, 0.9))
    torch_case({"name": "adamax"}, 0.05, optim.Adamax)
    torch_case({"name": "rprop"}, 0.01, optim.Rprop)
    settings = {"name": "rprop", "increase": 1.5, "decrease": 0.3, "largest_step": 0.1, "least_step": 1e-3}
    torch_case(settings, 0.01, optim.Rprop, etas=(0.3, 1.5), step_sizes=(1e-3, 0.1))
    case({"name": "lion"}, 0.02, lion(0.02, 0.9, 0.99, 0.0))
    settings = {"name": "lion", "beta_1": 0.8, "beta_2": 0.9, "weight_decay": 0.1}
    case(settings, 0.02, lion(0.02, 0.8, 0.9, 0.1))
    case({"name": "irprop_plus"}, 0.01, irprop_plus(0.01))

    told = {"pytorch": torch.__version__.split("+")[0], "start": START}
    # Every tenth step; it depends on all steps before it.
    lines = ",\n".join(json.dumps({**case, "path": case["path"][9::10]}) for case in cases)
    with open(path, "w") as file:
        file.write(json.dumps(told)[:-1] + f', "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main(sys.argv[1])
