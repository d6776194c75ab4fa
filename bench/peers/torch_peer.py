"""PyTorch on the CPU as a peer: eager mode, with its fused optimizers."""

import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import job as jobs

ACTIVATIONS = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}


def network(parameters, activation, logits):
    """nn.Sequential with these parameters; if logits is true, the loss includes the last softmax."""
    modules = []
    for (weights, bias), name in zip(parameters, activation):
        linear = nn.Linear(*weights.shape, bias=bias is not None)
        with torch.no_grad():
            linear.weight = nn.Parameter(torch.from_numpy(weights.T.copy()))
            if bias is not None:
                linear.bias = nn.Parameter(torch.from_numpy(bias.copy()))
        modules.append(linear)
        if name in ACTIVATIONS:
            modules.append(ACTIVATIONS[name]())
        elif name == "softmax" and not logits:
            modules.append(nn.Softmax(dim=1))
    return nn.Sequential(*modules)


def optimizer_for(job, net):
    rule = torch.optim.Adam if job.optimizer == "adam" else torch.optim.SGD
    return rule(net.parameters(), lr=job.learning_rate, fused=True)


def run(job, x, y, batches, epochs):
    net = network(job.parameters(), job.activation, logits=True)
    optimizer = optimizer_for(job, net)
    half = 0.5 if job.loss == "half_squared_error" else 1.0
    start = time.perf_counter()
    for _ in range(epochs):
        total = 0.0
        for rows in batches:
            answers, targets = net(x[rows]), y[rows]
            if job.loss == "categorical_cross_entropy":
                loss = F.cross_entropy(answers, targets)
            else:
                loss = half * F.mse_loss(answers, targets, reduction="sum")
                if job.reduction == "mean":
                    loss = loss / len(targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * (len(targets) if job.reduction == "mean" else 1)
    return time.perf_counter() - start, total / job.rows, net


def train(job):
    torch.set_num_threads(job.threads)
    classes = job.loss == "categorical_cross_entropy"
    x, y = torch.from_numpy(job.inputs()), torch.from_numpy(job.labels() if classes else job.targets())
    run(job, x, y, job.batches()[:20], 1)

    def work():
        seconds, loss, net = run(job, x, y, job.batches(), job.epochs)
        linears = [module for module in net if isinstance(module, nn.Linear)]
        numbers = lambda p: None if p is None else p.detach().numpy()
        job.save([(numbers(linear.weight).T, numbers(linear.bias)) for linear in linears])
        return seconds, loss

    jobs.serve(torch.__version__, work)


def infer(job):
    torch.set_num_threads(job.threads)
    net = network(job.parameters(), job.activation, logits=False).eval()

    def answer(x):
        with torch.inference_mode():
            return net(torch.from_numpy(x)).numpy()

    jobs.serve_inference(job, torch.__version__, answer)


def start_to_finish(folder):
    net = network(jobs.he_normal([784, 128, 10]), ["relu", "softmax"], logits=True)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
    pixels, labels = (torch.from_numpy(part.copy()) for part in jobs.read_digits(folder, "train"))
    labels = labels.long()
    for first in range(0, len(labels), 32):
        loss = F.cross_entropy(net(pixels[first : first + 32].float() / 255), labels[first : first + 32])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    pixels, labels = jobs.read_digits(folder, "t10k")
    with torch.inference_mode():
        answers = net(torch.from_numpy(pixels.copy()).float() / 255).argmax(dim=1)
    return np.mean(answers.numpy() == labels)


if __name__ == "__main__":
    jobs.main(torch.__version__, train, infer, start_to_finish)
