"""JAX as a peer: the whole training is one compiled program, lax.scan over the steps. Compiling is not timed."""

import os
import time

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import job as jobs

ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "softmax": lambda z: jax.nn.softmax(z, axis=-1),
}


def layer(parameters, x):
    weights, bias = parameters
    return x @ weights if bias is None else x @ weights + bias


def forward(parameters, activation, x):
    for p, name in zip(parameters, activation):
        x = ACTIVATIONS[name](layer(p, x))
    return x


def row_losses(job, parameters, x, y):
    """Each row's loss; y is the targets, or the classes for softmax with cross-entropy."""
    if job.loss == "categorical_cross_entropy":
        z = layer(parameters[-1], forward(parameters[:-1], job.activation[:-1], x))
        return -jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1)[:, 0]
    half = 0.5 if job.loss == "half_squared_error" else 1.0
    return half * jnp.sum((forward(parameters, job.activation, x) - y) ** 2, axis=-1)


def adam_step(job, state, gradients):
    parameters, first, second, steps = state
    steps = steps + 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
    rate = job.learning_rate / (1 - 0.9**steps)
    root = jnp.sqrt(1 - 0.999**steps)
    move = lambda p, m, v: p - rate * m / (jnp.sqrt(v) / root + 1e-8)
    return jax.tree.map(move, parameters, first, second), first, second, steps


def minibatch_training(job, x, y):
    """Epochs of steps with Adam or plain gradient descent; a shorter last batch is a separate step."""
    full = job.rows // job.batch_size
    split = full * job.batch_size
    reduce = jnp.mean if job.reduction == "mean" else jnp.sum

    def step(state, batch):
        def batch_loss(parameters):
            losses = row_losses(job, parameters, *batch)
            return reduce(losses), losses.sum()

        (_, total), gradients = jax.value_and_grad(batch_loss, has_aux=True)(state[0])
        if job.optimizer == "adam":
            return adam_step(job, state, gradients), total
        move = lambda p, g: p - job.learning_rate * g
        return (jax.tree.map(move, state[0], gradients), *state[1:]), total

    def epoch(state, _, data):
        stacked = jax.tree.map(lambda d: d[:split].reshape(full, job.batch_size, *d.shape[1:]), data)
        state, totals = lax.scan(step, state, stacked)
        total = totals.sum()
        if split < job.rows:
            state, last = step(state, jax.tree.map(lambda d: d[split:], data))
            total = total + last
        return state, total / job.rows

    def training(parameters, x, y):
        zeros = jax.tree.map(jnp.zeros_like, parameters) if job.optimizer == "adam" else None
        state = (parameters, zeros, zeros, jnp.zeros((), x.dtype))
        if job.epochs == 1:
            state, loss = epoch(state, None, (x, y))
            return state[0], loss
        state, losses = lax.scan(lambda s, e: epoch(s, e, (x, y)), state, None, length=job.epochs)
        return state[0], losses[-1]

    return training


def full_batch_training(job, x, y):
    """Plain gradient descent on all rows; the loss is computed only at the end."""
    total = lambda parameters: row_losses(job, parameters, x, y).sum()

    def step(parameters, _):
        gradients = jax.grad(total)(parameters)
        return jax.tree.map(lambda p, g: p - job.learning_rate * g, parameters, gradients), None

    def training(parameters):
        parameters, _ = lax.scan(step, parameters, None, length=job.epochs)
        return parameters, total(parameters) / job.rows

    return training


def top_down_training(job, x, y):
    """single-sample: two sigmoid layers; the output layer is updated before the δ of the layer before is computed."""
    x, y, rate = x[0], y[0], job.learning_rate

    def step(parameters, _):
        (w_hidden, b_hidden), (w_output, b_output) = parameters
        hidden = jax.nn.sigmoid(x @ w_hidden + b_hidden)
        output = jax.nn.sigmoid(hidden @ w_output + b_output)
        delta = (output - y) * output * (1 - output)
        w_output = w_output - rate * hidden[:, None] * delta
        b_output = b_output - rate * delta
        delta = (w_output @ delta) * hidden * (1 - hidden)
        return [(w_hidden - rate * x[:, None] * delta, b_hidden - rate * delta), (w_output, b_output)], None

    def training(parameters):
        parameters, _ = lax.scan(step, parameters, None, length=job.epochs)
        return parameters, 0.5 * ((forward(parameters, job.activation, x) - y) ** 2).sum()

    return training


def train(job):
    jax.config.update("jax_enable_x64", job.dtype == np.float64)
    classes = job.loss == "categorical_cross_entropy"
    x, y = jnp.asarray(job.inputs()), jnp.asarray(job.labels().astype(np.int32) if classes else job.targets())
    parameters = jax.tree.map(jnp.asarray, job.parameters())
    if job.update == "top-down":
        training, arguments = top_down_training(job, x, y), (parameters,)
    elif job.batch_size == job.rows:
        training, arguments = full_batch_training(job, x, y), (parameters,)
    else:
        training, arguments = minibatch_training(job, x, y), (parameters, x, y)
    training = jax.jit(training).lower(*arguments).compile()
    jax.block_until_ready(training(*arguments))  # the first call of a compiled program is slower

    def work():
        start = time.perf_counter()
        trained, loss = jax.block_until_ready(training(*arguments))
        seconds = time.perf_counter() - start
        job.save(jax.tree.map(np.asarray, trained))
        return seconds, loss

    jobs.serve(jax.__version__, work)


def infer(job):
    parameters = jax.tree.map(jnp.asarray, job.parameters())
    answer = jax.jit(lambda x: forward(parameters, job.activation, x))
    jobs.serve_inference(job, jax.__version__, lambda x: np.asarray(answer(x)))


def start_to_finish(folder):
    pixels, labels = jobs.read_digits(folder, "train")
    parameters = jax.tree.map(jnp.asarray, jobs.he_normal([784, 128, 10]))

    class Recipe:
        rows, batch_size, epochs, reduction, optimizer, learning_rate = len(labels), 32, 1, "mean", "adam", 1e-3
        activation, loss = ["relu", "softmax"], "categorical_cross_entropy"

    x = jnp.asarray(pixels, jnp.float32) / 255
    trained, _ = jax.jit(minibatch_training(Recipe, x, labels))(parameters, x, jnp.asarray(labels, jnp.int32))
    pixels, labels = jobs.read_digits(folder, "t10k")
    answers = forward(trained, Recipe.activation, jnp.asarray(pixels, jnp.float32) / 255).argmax(axis=1)
    return (np.asarray(answers) == labels).mean()


if __name__ == "__main__":
    jobs.main(jax.__version__, train, infer, start_to_finish)
