"""Learning rates of PyTorch's schedulers for `tests/schedules.rs`.

    python make_schedules.py schedules.json

Needs PyTorch (written with 2.15; the formulas have been the same since 1.7). Warm-ups of the linear and the cosine
schedule are a `LinearLR` that a `SequentialLR` puts before them.
"""

import json
import sys
import warnings

import torch
from torch.optim import lr_scheduler

HIGHEST = 0.3
warnings.simplefilter("ignore")


def rates(make, steps):
    """The rate of every step, as an optimizer in a training loop would use it."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))], lr=HIGHEST)
    schedule = make(optimizer)
    used = []
    for step in range(steps):
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step + 1 < steps:
            schedule.step()
    return used


def warmed_up(after, warmup):
    """`warmup` steps of a linear rise, then the scheduler that `after` makes."""
    if warmup == 0:
        return after

    def make(optimizer):
        rise = lr_scheduler.LinearLR(optimizer, start_factor=1 / (warmup + 1), end_factor=1, total_iters=warmup)
        return lr_scheduler.SequentialLR(optimizer, [rise, after(optimizer)], milestones=[warmup])

    return make


def linear(steps, end):
    return lambda optimizer: lr_scheduler.LinearLR(optimizer, start_factor=1, end_factor=end, total_iters=steps)


def cosine(steps, end):
    return lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps, eta_min=end * HIGHEST)


def constant(optimizer):
    return lr_scheduler.ConstantLR(optimizer, factor=1, total_iters=0)


def one_cycle(steps, warmup, start, end):
    return lambda optimizer: lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=HIGHEST,
        total_steps=steps,
        pct_start=warmup,
        div_factor=1 / start,
        final_div_factor=start / end,
        cycle_momentum=False,
    )


def main(path):
    cases = []

    def case(steps, settings, make):
        cases.append({"steps": steps, "schedule": settings, "rates": rates(make, steps)})

    for steps, warmup in [(20, 0.0), (20, 0.25), (7, 0.3)]:
        first = round(warmup * steps)
        case(steps, {"name": "constant", "warmup": warmup}, warmed_up(constant, first))
        for end in [0.0, 0.1]:
            settings = {"warmup": warmup, "end": end}
            case(steps, {"name": "linear", **settings}, warmed_up(linear(steps - first, end), first))
            case(steps, {"name": "cosine", **settings}, warmed_up(cosine(steps - first, end), first))
    for steps in [20, 7]:
        case(steps, {"name": "one_cycle"}, one_cycle(steps, 0.3, 1 / 25, 1 / 250_000))
    case(20, {"name": "one_cycle", "warmup": 0.0}, one_cycle(20, 0.0, 1 / 25, 1 / 250_000))
    settings = {"warmup": 0.45, "start": 0.1, "end": 0.01}
    case(20, {"name": "one_cycle", **settings}, one_cycle(20, 0.45, 0.1, 0.01))

    told = {"pytorch": torch.__version__.split("+")[0], "highest": HIGHEST}
    lines = ",\n".join(json.dumps(case) for case in cases)
    with open(path, "w") as file:
        file.write(json.dumps(told)[:-1] + f', "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main(sys.argv[1])
