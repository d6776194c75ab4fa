"""Steps of TabM-mini in PyTorch for `tests/tabm_steps.rs`.

    python make_tabm_steps.py tabm_steps.json

Needs PyTorch (written with 2.15) and the packages `tabm` (0.0.3) and `rtdl_num_embeddings`. The network is the package's
`tabm-mini`, without dropout; the loss is the mean of the members' losses; the gradient's norm is clipped to 1; AdamW has a
rate of 2e-3 and a decay of 3e-4, of weights only. The table has numbers, an indicator of a missing number, a category of two
levels as -1, 0 or 1 (0 where it is missing), and one of three as one-hot.
"""

import json
import sys

import numpy as np
import torch
from tabm import TabM

torch.set_default_dtype(torch.float64)
STEPS, ROWS, MEMBERS, BLOCKS, WIDTH = 6, 12, 3, 2, 5


def numbers(tensor):
    return tensor.detach().numpy().ravel().tolist()


def table(generator):
    numeric = generator.standard_normal((ROWS, 3))
    missing = generator.random(ROWS) < 0.3
    numeric[missing, 2] = 0.0
    two = generator.choice([-1.0, 0.0, 1.0], (ROWS, 1))
    three = np.eye(4)[generator.integers(0, 4, ROWS)][:, :3]
    return np.hstack([numeric, missing[:, None], two, three])


def parameters(net):
    """In the order of the network's parameters: weights, biases, scales."""
    linear = [module for module in net.backbone.modules() if isinstance(module, torch.nn.Linear)]
    weights = [layer.weight.T for layer in linear] + [net.output.weight]
    biases = [layer.bias for layer in linear] + [net.output.bias]
    return [number for part in [*weights, *biases, net.backbone.affine.weight] for number in numbers(part)]


def case(generator, task):
    x = torch.tensor(table(generator))
    outputs = 3 if task == "classification" else 1
    net = TabM.make(
        n_num_features=x.shape[1],
        d_out=outputs,
        arch_type="tabm-mini",
        k=MEMBERS,
        n_blocks=BLOCKS,
        d_block=WIDTH,
        dropout=0.0,
    ).double()
    if task == "classification":
        y = torch.tensor(generator.integers(0, 3, ROWS))
        loss_of = torch.nn.CrossEntropyLoss()
        targets = np.eye(3)[y.numpy()].ravel().tolist()
    else:
        y = torch.tensor(generator.standard_normal((ROWS, 1)))
        loss_of = torch.nn.MSELoss()
        targets = numbers(y)
    is_decayed = lambda name: name.endswith("weight") and name != "backbone.affine.weight"
    groups = [
        {"params": [p for name, p in net.named_parameters() if is_decayed(name) == decays], "weight_decay": decay}
        for decays, decay in [(True, 3e-4), (False, 0.0)]
    ]
    optimizer = torch.optim.AdamW(groups, lr=2e-3)
    told = {
        "task": task,
        "members": MEMBERS,
        "sizes": [x.shape[1], *[WIDTH] * BLOCKS, outputs],
        "x": numbers(x),
        "y": targets,
        "start": parameters(net),
        "steps": [],
    }
    for _ in range(STEPS):
        optimizer.zero_grad()
        of_members = net(x)
        loss = sum(loss_of(of_members[:, member], y) for member in range(MEMBERS)) / MEMBERS
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        told["steps"].append({"loss": loss.item(), "parameters": parameters(net)})
    of_members = net(x)
    mean = of_members.softmax(-1).mean(1) if task == "classification" else of_members.mean(1)
    told["predictions"] = numbers(mean)
    return told


if __name__ == "__main__":
    torch.manual_seed(20)
    generator = np.random.default_rng(20)
    cases = [case(generator, task) for task in ["classification", "regression"]]
    with open(sys.argv[1], "w") as file:
        json.dump({"cases": cases}, file)
        file.write("\n")
