"""Learning rates of PyTorch's schedulers and of scikit-learn's for `tests/schedules.rs`.

    python make_schedules.py schedules.json

Needs PyTorch (written with 2.15; the formulas have been the same since 1.7) and scikit-learn (1.9). Warm-ups are a
`LinearLR` that a `SequentialLR` puts before the scheduler.
"""

import json
import math
import random
import sys
import warnings

import torch
from sklearn.neural_network import MLPRegressor
from sklearn.neural_network._stochastic_optimizers import SGDOptimizer
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


def by_fraction(fraction, steps):
    """A factor of the part of the steps that has passed."""
    return lambda optimizer: lr_scheduler.LambdaLR(optimizer, lambda step: fraction(step / steps))


def flat_cosine(flat, end):
    """RealMLP's `flat_cos`, with an end above 0."""

    def fraction(part):
        falling = max(part - flat, 0.0) / (1 - flat)
        return end + (1 - end) * (1 + math.cos(math.pi * falling)) / 2

    return fraction


def cosine_log(cycles):
    """RealMLP's `coslog4` for 4 cycles."""
    return lambda part: 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + (2**cycles - 1) * part)))


def of_epochs(make, epochs, steps_per_epoch):
    """Rates of every step of a scheduler that steps once an epoch."""
    return [rate for rate in rates(make, epochs) for _ in range(steps_per_epoch)]


def restarts(epochs, steps_per_epoch, period, multiplier, end):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))], lr=HIGHEST)
    schedule = lr_scheduler.CosineAnnealingWarmRestarts(optimizer, period, multiplier, eta_min=end * HIGHEST)
    used = []
    for epoch in range(epochs):
        for step in range(steps_per_epoch):
            schedule.step(epoch + step / steps_per_epoch)
            used.append(optimizer.param_groups[0]["lr"])
    return used


def inverse_scaling(epochs, steps_per_epoch, samples, power):
    optimizer = SGDOptimizer([], HIGHEST, "invscaling", power_t=power)
    used = []
    for epoch in range(epochs):
        used += [optimizer.learning_rate] * steps_per_epoch
        optimizer.iteration_ends((epoch + 1) * samples)
    return used


def falling(epochs, seed):
    """Oscillating losses that fall more and more slowly."""
    generator = random.Random(seed)
    return [1 / (1 + 0.3 * epoch) + 0.05 * generator.random() for epoch in range(epochs)]


def on_plateau(losses, **keywords):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))], lr=HIGHEST)
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer, **keywords)
    used = []
    for loss in losses:
        schedule.step(loss)
        used.append(optimizer.param_groups[0]["lr"])
    return used


def adaptive(losses, patience, threshold):
    """By the methods that scikit-learn's `fit` calls after each epoch."""
    network = MLPRegressor(solver="sgd", learning_rate="adaptive", tol=threshold, n_iter_no_change=patience)
    network.best_loss_, network.loss_curve_, network._no_improvement_count = float("inf"), [], 0
    optimizer = SGDOptimizer([], HIGHEST, "adaptive")
    used = []
    for loss in losses:
        network.loss_curve_.append(loss)
        network._update_no_improvement_count(False, None, None, None)
        if network._no_improvement_count > network.n_iter_no_change:
            if optimizer.trigger_stopping("", False):
                break
            network._no_improvement_count = 0
        used.append(optimizer.learning_rate)
    return used


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

    for flat, end in [(0.5, 0.0), (0.3, 0.1)]:
        case(40, {"name": "flat_cosine", "flat": flat, "end": end}, by_fraction(flat_cosine(flat, end), 40))
    for cycles in [4, 1]:
        case(40, {"name": "cosine_log", "cycles": cycles}, by_fraction(cosine_log(cycles), 40))

    for warmup in [0.0, 0.2]:
        first = round(warmup * 50)
        for power, end in [(1.0, 0.0), (2.0, 0.0), (0.5, 0.0)]:
            settings = {"name": "polynomial", "warmup": warmup, "power": power, "end": end}
            rest = 50 - first
            case(50, settings, warmed_up(lambda o: lr_scheduler.PolynomialLR(o, rest, power), first))
        settings = {"name": "step", "warmup": warmup, "every": 7, "factor": 0.5}
        case(50, settings, warmed_up(lambda o: lr_scheduler.StepLR(o, 7, 0.5), first))
        settings = {"name": "exponential", "warmup": warmup, "factor": 0.9}
        case(50, settings, warmed_up(lambda o: lr_scheduler.ExponentialLR(o, 0.9), first))
        settings = {"name": "cosine_restarts", "warmup": warmup, "period": 6, "multiplier": 2, "end": 0.01}
        make = lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 6, 2, eta_min=0.01 * HIGHEST)
        case(50, settings, warmed_up(make, first))

    def case_of_epochs(epochs, steps_per_epoch, samples, settings, used):
        shape = {"steps": epochs * steps_per_epoch, "steps_per_epoch": steps_per_epoch, "samples": samples}
        cases.append({**shape, "schedule": settings, "rates": used})

    used = of_epochs(lambda o: lr_scheduler.StepLR(o, 3, 0.1), 10, 5)
    case_of_epochs(10, 5, 40, {"name": "step", "every": 3}, used)
    used = of_epochs(lambda o: lr_scheduler.ExponentialLR(o, 0.95), 10, 5)
    case_of_epochs(10, 5, 40, {"name": "exponential"}, used)
    for period, multiplier, end in [(3, 1, 0.0), (2, 2, 0.1), (1, 3, 0.0)]:
        settings = {"name": "cosine_restarts", "period": period, "multiplier": multiplier, "end": end}
        case_of_epochs(20, 5, 40, settings, restarts(20, 5, period, multiplier, end))
    for power in [0.5, 0.8]:
        settings = {"name": "inverse_scaling", "power": power}
        case_of_epochs(10, 5, 37, settings, inverse_scaling(10, 5, 37, power))

    reacting = []

    def reaction(settings, losses, used):
        reacting.append({"schedule": settings, "losses": losses, "rates": used})

    losses = falling(50, 1)
    used = on_plateau(losses, patience=2)
    reaction({"name": "reduce_on_plateau", "patience": 2}, losses, used)
    settings = {"factor": 0.5, "patience": 1, "threshold": 0.01, "cooldown": 3}
    used = on_plateau(losses, threshold_mode="abs", min_lr=0.01, **settings)
    told = {"name": "reduce_on_plateau", "threshold_mode": "absolute", "least_rate": 0.01, **settings}
    reaction(told, losses, used)
    settings = {"factor": 0.3, "patience": 0, "threshold": 0.05, "cooldown": 1}
    used = on_plateau(losses, threshold_mode="rel", **settings)
    reaction({"name": "reduce_on_plateau", "threshold_mode": "relative", **settings}, losses, used)
    for patience, threshold, epochs in [(2, 1e-4, 50), (1, 0.02, 50), (0, 0.05, 80)]:
        losses = falling(epochs, 2)
        settings = {"name": "adaptive", "patience": patience, "threshold": threshold}
        reaction(settings, losses, adaptive(losses, patience, threshold))

    told = {"pytorch": torch.__version__.split("+")[0], "highest": HIGHEST}
    lines = ",\n".join(json.dumps(case) for case in cases)
    reactions = ",\n".join(json.dumps(case) for case in reacting)
    with open(path, "w") as file:
        file.write(json.dumps(told)[:-1] + f', "cases": [\n{lines}\n], "reacting": [\n{reactions}\n]}}\n')


if __name__ == "__main__":
    main(sys.argv[1])
