"""The five notebooks restated in plain NumPy, at other seeds and lengths than their own.

    python make_notebook_figures.py --mnist DIRECTORY --output notebook_figures.json

writes the figures that the recipes are tested against. DIRECTORY holds the four gzipped IDX files of MNIST.

    python make_notebook_figures.py --mnist DIRECTORY --golden DIRECTORY

writes nothing: it runs the same functions at the notebooks' own seeds and lengths and prints how far they
lie from the figures in the golden directory. That takes about a minute.

In the output a network is a list of layers from input to output. A layer's weights are fan_in rows of fan_out
numbers, whichever way round the notebook holds them; its bias is a flat list, or null where there is none.
An epoch's logged loss belongs to the outputs before that epoch's update. The seeds go through NumPy's legacy
generator, np.random.seed. Needs NumPy alone. Matrix products may round differently on another machine:
compare with a tolerance.
"""

import argparse
import gzip
import json
import math
import pathlib
import sys

import numpy as np

XOR_INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
XOR_TARGETS = np.array([[0], [1], [1], [0]], dtype=float)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def layer(weights, bias=None):
    """A layer as it is written: weights (fan_in, fan_out), bias (fan_out,) or none."""
    return {"weights": weights.tolist(), "bias": None if bias is None else np.ravel(bias).tolist()}


# ---------------------------------------------------------------- one sample, many steps


def single_sample(seed, epochs, log_every):
    np.random.seed(seed)
    x = np.linspace(0, 1, 10) + np.random.uniform(-0.05, 0.05, size=10)
    np.random.seed(seed)
    hidden_weights = np.random.uniform(-0.1, 0.1, size=(10, 10))  # (neuron, input)
    hidden_bias = np.random.uniform(-0.1, 0.1, size=(1, 10))
    np.random.seed(seed)
    output_weights = np.random.rand(1, 10)
    output_bias = np.random.rand(1).reshape(1, 1)
    y, rate = 1, 0.01

    def layers():
        return [layer(hidden_weights.T, hidden_bias), layer(output_weights.T, output_bias)]

    told = {"seed": seed, "epochs": epochs, "learning_rate": rate, "x": x.tolist(), "y": [float(y)]}
    told["initial"] = layers()
    log = []
    for epoch in range(epochs):
        hidden = sigmoid(hidden_weights @ x + hidden_bias)
        y_pred = sigmoid(hidden @ output_weights.T + output_bias)
        loss = 0.5 * (y_pred - y) ** 2
        if epoch % log_every == 0:
            log.append({"epoch": epoch, "loss": loss.item(), "y_pred": y_pred.item()})

        output_delta = (y_pred - y) * y_pred * (1 - y_pred)
        # The notebook moves the output layer first, and takes the hidden delta through the moved weights.
        output_weights = output_weights - rate * output_delta * hidden
        output_bias = output_bias - rate * output_delta
        hidden_delta = output_delta * output_weights * hidden * (1 - hidden)
        hidden_weights = hidden_weights - rate * np.outer(hidden_delta, x)
        hidden_bias = hidden_bias - rate * hidden_delta

    y_pred = sigmoid(sigmoid(hidden_weights @ x + hidden_bias) @ output_weights.T + output_bias)
    told["log"] = log
    told["last_epoch"] = {"epoch": epochs - 1, "loss": loss.item()}
    told["final"] = layers()
    told["final_y_pred"] = y_pred.item()
    told["final_loss"] = (0.5 * (y_pred - y) ** 2).item()
    return told


# ---------------------------------------------------------------- XOR by hand


def xor_by_hand(rate, epochs, log_every):
    weights_0 = np.array([[-0.424, -0.740, -0.961], [0.358, -0.577, -0.469]])
    weights_1 = np.array([[-0.017], [-0.893], [0.148]])
    log = []
    for epoch in range(epochs):
        hidden = sigmoid(XOR_INPUTS @ weights_0)
        output = sigmoid(hidden @ weights_1)
        error = XOR_TARGETS - output
        mean_absolute_error = np.mean(abs(error))
        if epoch % log_every == 0:
            log.append({"epoch": epoch + 1, "error": mean_absolute_error})

        output_delta = error * output * (1 - output)
        hidden_delta = output_delta @ weights_1.T * hidden * (1 - hidden)
        weights_1 = weights_1 + rate * (hidden.T @ output_delta)
        weights_0 = weights_0 + rate * (XOR_INPUTS.T @ hidden_delta)

    trained = sigmoid(sigmoid(XOR_INPUTS @ weights_0) @ weights_1)
    return {
        "epochs": epochs,
        "learning_rate": rate,
        "log": log,
        "last_epoch": {"epoch": epochs, "error": mean_absolute_error, "outputs": output.ravel().tolist()},
        "final": [layer(weights_0), layer(weights_1)],
        "final_error": np.mean(abs(XOR_TARGETS - trained)),
        "final_outputs": trained.ravel().tolist(),
    }


# ---------------------------------------------------------------- MNIST by online SGD


def read_idx(path):
    """A gzipped IDX file of unsigned bytes, as an array of the shape its header names."""
    content = gzip.decompress(path.read_bytes())
    assert content[:3] == b"\0\0\x08", f"{path}: not an IDX file of unsigned bytes"
    rank = content[3]
    shape = np.frombuffer(content, ">u4", rank, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_mnist(directory):
    def part(name):
        images = read_idx(directory / f"{name}-images-idx3-ubyte.gz")
        labels = read_idx(directory / f"{name}-labels-idx1-ubyte.gz")
        return images.reshape(len(images), 784) / 255.0, labels

    return part("train"), part("t10k")


def mnist_online(mnist, seed, samples, epochs, rate=0.01):
    (train_images, train_labels), (test_images, test_labels) = mnist
    np.random.seed(seed)
    np.random.rand(16)  # the notebook fills two buffers at random before it overwrites them
    np.random.rand(16)
    hidden_bias = np.random.randn(16) * 0.01
    output_bias = np.random.randn(10) * 0.01
    hidden_weights = np.random.randn(16, 784) * 0.01
    output_weights = np.random.randn(10, 16) * 0.01

    def outputs(images):
        return sigmoid(sigmoid(images @ hidden_weights.T + hidden_bias) @ output_weights.T + output_bias)

    one_hot = np.eye(10)
    epoch_cost, test_accuracy, test_accuracy_of_1000 = [], [], []
    for _ in range(epochs):
        costs = []
        for x, label in zip(train_images[:samples], train_labels[:samples]):
            hidden = sigmoid(hidden_weights @ x + hidden_bias)
            output = sigmoid(output_weights @ hidden + output_bias)
            difference = output - one_hot[label]
            costs.append(np.sum(difference**2))
            output_delta = 2 * difference * output * (1 - output)
            hidden_delta = output_delta @ output_weights * hidden * (1 - hidden)
            hidden_bias -= rate * hidden_delta
            output_bias -= rate * output_delta
            hidden_weights -= rate * np.outer(hidden_delta, x)
            output_weights -= rate * np.outer(output_delta, hidden)
        epoch_cost.append(np.average(costs))
        right = np.argmax(outputs(test_images), axis=1) == test_labels
        test_accuracy.append(np.mean(right))
        test_accuracy_of_1000.append(np.mean(right[:1000]))

    return {
        "seed": seed,
        "training_samples": samples,
        "epochs": epochs,
        "learning_rate": rate,
        "epoch_cost": epoch_cost,
        "test_accuracy": test_accuracy,
        "test_accuracy_of_first_1000": test_accuracy_of_1000,
        "final_hidden_bias": hidden_bias.tolist(),
        # The whole of them would be 784 rows: a pixel without ink, one in the middle, and a sum must do.
        "final_hidden_weights_of_pixel": {str(p): hidden_weights[:, p].tolist() for p in (0, 406)},
        "final_hidden_weights_sum": math.fsum(hidden_weights.ravel()),
        "final_output": layer(output_weights.T, output_bias),
        "final_outputs_of_first_5_test_images": outputs(test_images[:5]).tolist(),
    }


# ---------------------------------------------------------------- the perceptron that diverges, put right

DATA = np.array([[4, 500, 6], [4, 550, 5.5], [2, 200, 3.5], [2, 250, 4]])
LABELS = np.array([[1], [1], [0], [0]])
STANDARDISED = (DATA - DATA.mean(axis=0)) / DATA.std(axis=0)


def draw_perceptrons(seed):
    """The perceptron's weights, then those of the network with a hidden layer, from one stream."""
    np.random.seed(seed)
    return np.random.random((3, 1)), np.random.random((3, 4)), np.random.random((4, 1))


def mean_squared_error_delta(output):
    """d mean((output - label)^2) / dz for a sigmoid output."""
    return 2 / len(output) * (output - LABELS) * output * (1 - output)


def perceptron(seed, iterations, log_every, rate=0.5):
    weights = draw_perceptrons(seed)[0]
    told = {"seed": seed, "iterations": iterations, "learning_rate": rate, "initial": [layer(weights)]}
    log = []
    for iteration in range(iterations):
        output = sigmoid(STANDARDISED @ weights)
        if iteration % log_every == 0:
            log.append({"iteration": iteration, "mse": np.mean((output - LABELS) ** 2)})
        weights = weights - rate * (STANDARDISED.T @ mean_squared_error_delta(output))
    output = sigmoid(STANDARDISED @ weights)
    return told | {
        "log": log,
        "final_mse": np.mean((output - LABELS) ** 2),
        "final": [layer(weights)],
        "final_outputs": output.ravel().tolist(),
    }


def perceptron_hidden(seed, iterations, log_every, rate=0.5):
    _, w, v = draw_perceptrons(seed)
    told = {"seed": seed, "iterations": iterations, "learning_rate": rate, "initial": [layer(w), layer(v)]}
    log = []
    for iteration in range(iterations):
        hidden = sigmoid(STANDARDISED @ w)
        output = sigmoid(hidden @ v)
        if iteration % log_every == 0:
            log.append({"iteration": iteration, "mse": np.mean((output - LABELS) ** 2)})
        output_delta = mean_squared_error_delta(output)
        hidden_delta = output_delta @ v.T * hidden * (1 - hidden)  # through v as it was in the forward pass
        v = v - rate * (hidden.T @ output_delta)
        w = w - rate * (STANDARDISED.T @ hidden_delta)
    output = sigmoid(sigmoid(STANDARDISED @ w) @ v)
    return told | {
        "log": log,
        "final_mse": np.mean((output - LABELS) ** 2),
        "final": [layer(w), layer(v)],
        "final_outputs": output.ravel().tolist(),
    }


def diverging_as_written(seed, iterations=10, rate=0.5):
    """Both loops of the notebook with their faults, to hold the restated draws against its figures."""
    weights, w, v = draw_perceptrons(seed)
    labels = LABELS.ravel()  # a flat vector, so that the difference broadcasts to 4 x 4
    single, hidden_log = [], []
    with np.errstate(all="ignore"):
        for _ in range(iterations):
            z = DATA @ weights
            error = 2 * np.square(sigmoid(z) - labels).mean()
            weights = weights + rate * (DATA.T @ (z * (1 - z) * error))
            single.append({"printed_error": error, "weights": weights})
        for _ in range(iterations):
            hidden_z = DATA @ w
            output_z = sigmoid(hidden_z) @ v
            output = sigmoid(output_z)
            error = 2 * np.square(output - labels).mean()
            output_slope = output_z * (1 - output_z)
            v = v + rate * (output.T @ (output_slope * error))
            # v is a column here, so it meets the samples instead of the hidden neurons: one more fault.
            w = w + rate * (DATA.T @ (hidden_z * (1 - hidden_z) * v * output_slope * error))
            hidden_log.append({"printed_error": error, "W": w, "V": v})
    return single, hidden_log, output


# ---------------------------------------------------------------- XOR by SGD, and by batches


def xor_sgd(seed, update, epochs, log_every, rate=0.1):
    """update: "online" steps after each sample, "mean" and "sum" once an epoch by the reduced gradient."""
    np.random.seed(seed)
    w1 = np.random.rand(2, 2)  # (neuron, input), as all four are columns-on-the-right
    b1 = np.random.rand(2, 1)
    w2 = np.random.rand(1, 2)
    b2 = np.random.rand(1, 1)

    def layers():
        return [layer(w1.T, b1), layer(w2.T, b2)]

    told = {"seed": seed, "update": update, "epochs": epochs, "learning_rate": rate, "initial": layers()}
    columns, targets = XOR_INPUTS.T, XOR_TARGETS.T
    batches = [[i] for i in range(4)] if update == "online" else [[0, 1, 2, 3]]
    scale = 1 / 4 if update == "mean" else 1
    log = []
    for epoch in range(epochs):
        total_loss = 0
        for batch in batches:
            x, y = columns[:, batch], targets[:, batch]
            hidden = sigmoid(w1 @ x + b1)
            output = sigmoid(w2 @ hidden + b2)
            total_loss += np.sum((y - output) ** 2)
            output_delta = (output - y) * output * (1 - output)
            hidden_delta = w2.T @ output_delta * hidden * (1 - hidden)
            w2 = w2 - rate * scale * (output_delta @ hidden.T)
            b2 = b2 - rate * scale * output_delta.sum(axis=1, keepdims=True)
            w1 = w1 - rate * scale * (hidden_delta @ x.T)
            b1 = b1 - rate * scale * hidden_delta.sum(axis=1, keepdims=True)
        if epoch % log_every == 0:
            log.append({"epoch": epoch + 1, "loss": total_loss / 4})

    output = sigmoid(w2 @ sigmoid(w1 @ columns + b1) + b2)
    return told | {
        "log": log,
        "last_epoch": {"epoch": epochs, "loss": total_loss / 4},
        "final": layers(),
        "final_outputs": output.ravel().tolist(),
    }


# ---------------------------------------------------------------- what is written, and what is verified


def write_figures(mnist, path):
    updates = ("online", "mean", "sum")
    figures = {
        "single-sample": [single_sample(seed, 20_000, 1_000) for seed in (42, 7)],
        "xor-by-hand": [xor_by_hand(rate, 1_000, 100) for rate in (0.6, 0.3)],
        "mnist-online": [
            mnist_online(mnist, seed, samples, 1) for samples in (2_000, 60_000) for seed in (0, 3)
        ],
        "perceptron": [perceptron(seed, 1_000, 100) for seed in (1, 5)],
        "perceptron-hidden": [perceptron_hidden(seed, 1_000, 100) for seed in (1, 5)],
        "xor-sgd": [xor_sgd(seed, update, 3_000, 500) for update in updates for seed in (42, 11)],
    }
    recipes = []
    for name, runs in figures.items():
        lines = ",\n".join(json.dumps(run, separators=(",", ":")) for run in runs)
        recipes.append(f'"{name}":[\n{lines}\n]')
    text = f'{{"numpy":"{np.__version__}",\n' + ",\n".join(recipes) + "\n}\n"
    path.write_text(text)
    print(f"{path}: {len(text)} bytes")


def distance(ours, golden):
    """The largest difference, relative to the golden number where that exceeds 1 in size."""
    ours = np.asarray(ours, dtype=float).ravel()
    golden = np.asarray(golden, dtype=float).ravel()  # reads "inf" and "nan", which are strings there
    assert ours.shape == golden.shape, f"{ours.shape} against {golden.shape}"
    same = (ours == golden) | (np.isnan(ours) & np.isnan(golden))
    with np.errstate(invalid="ignore"):
        apart = np.abs(ours - golden) / np.maximum(1, np.abs(golden))
    return float(np.max(np.where(same, 0, apart)))


class Verification:
    def __init__(self, tolerance):
        self.tolerance = tolerance
        self.far = 0

    def check(self, name, pairs):
        distances = [distance(ours, golden) for ours, golden in pairs]
        self.far += max(distances) > self.tolerance
        mark = "ok " if max(distances) <= self.tolerance else "FAR"
        print(f"{mark} {name}: {max(distances):.1e} over {len(distances)} figures", flush=True)


def log_pairs(ours, golden, *keys):
    assert len(ours) == len(golden), f"{len(ours)} log entries against {len(golden)}"
    return [(a[key], b[key]) for a, b in zip(ours, golden) for key in keys]


def transposed(weights):
    return np.transpose(np.array(weights, dtype=float))


def verify(mnist, directory):
    def read(name):
        return json.loads((directory / f"{name}.json").read_text())

    verification = Verification(tolerance=1e-12)
    check = verification.check

    g = read("diverging-perceptron")
    single, hidden, hidden_output = diverging_as_written(seed=1)
    pairs = log_pairs(single, g["as_written_perceptron"]["log"], "printed_error", "weights")
    check("perceptron as written", pairs)
    as_written = g["as_written_hidden_layer"]
    check("perceptron-hidden as written", log_pairs(hidden, as_written["log"], "printed_error", "W", "V"))
    # The golden "output" of this network contradicts its own log and the notebook, which say 0.5 four times:
    # it is what the corrected perceptron puts out before its last update, so it is listed separately here.
    stale = perceptron(1, 999, 100)["final_outputs"]
    check("perceptron-hidden as written, output 0.5", [(hidden_output, [0.5] * 4)])
    print(f"    golden output against this network: {distance(hidden_output, as_written['output']):.1e}")
    print(f"    golden output against the corrected perceptron: {distance(stale, as_written['output']):.1e}")
    ours = perceptron_hidden(1, 1, 1)["initial"]
    pairs = [(ours[0]["weights"], as_written["initial_W"]), (ours[1]["weights"], as_written["initial_V"])]
    check("perceptron-hidden initial weights", pairs)
    g = g["corrected_perceptron_on_standardised_columns"]
    ours = perceptron(1, g["iterations"], 100)
    pairs = log_pairs(ours["log"], g["log"], "iteration", "mse")
    pairs += [(ours["final_mse"], g["final_mse"]), (ours["final_outputs"], g["output"])]
    pairs += [(ours["final"][0]["weights"], g["weights"])]
    check("perceptron corrected", pairs)

    g = read("xor-sgd")
    for key, update in (
        ("stochastic_10000", "online"),
        ("batch_mean_10000", "mean"),
        ("batch_sum_10000", "sum"),
        ("batch_mean_50000", "mean"),
    ):
        golden = g[key]
        ours = xor_sgd(g["seed"], update, int(key.rsplit("_", 1)[1]), 1_000)
        pairs = log_pairs(ours["log"], golden["log"], "epoch", "loss")
        pairs += [(ours["final_outputs"], golden["output"])]
        for told, expected in ((ours["initial"], g["initial"]), (ours["final"], golden)):
            for index in (0, 1):
                pairs += [(told[index]["weights"], transposed(expected[f"W{index + 1}"]))]
                pairs += [(told[index]["bias"], expected[f"b{index + 1}"])]
        check(f"xor-sgd {key}", pairs)

    for golden in read("xor-by-hand")["runs"]:
        epochs, rate = golden["epochs"], golden["learning_rate"]
        ours = xor_by_hand(rate, epochs, 10 if epochs == 100 else 100_000)
        pairs = log_pairs(ours["log"], golden["log"], "epoch", "error")
        pairs += [(ours["final"][i]["weights"], golden[f"weights_{i}"]) for i in (0, 1)]
        check(f"xor-by-hand {epochs} at {rate}, log and weights", pairs)
        for name, told in (("last epoch", ours["last_epoch"]["outputs"]), ("trained", ours["final_outputs"])):
            print(f"    golden output_layer against {name}: {distance(told, golden['output_layer']):.1e}")
        for name, told in (("last epoch", ours["last_epoch"]["error"]), ("trained", ours["final_error"])):
            print(f"    golden final_error against {name}: {distance(told, golden['final_error']):.1e}")

    g = read("mnist-online")
    ours = mnist_online(mnist, g["seed"], 60_000, g["epochs"], g["learning_rate"])
    names = ("epoch_cost", "test_accuracy", "final_hidden_bias")
    pairs = [(ours[name], g[name]) for name in names]
    pairs += [(ours["final_output"]["weights"], transposed(g["final_output_weights"]))]
    pairs += [(ours["final_outputs_of_first_5_test_images"], g["final_outputs_first_5_test_images"])]
    check("mnist-online", pairs)

    g = read("single-sample")
    ours = single_sample(g["seed"], g["epochs"], 10_000)
    pairs = log_pairs(ours["log"], g["log"], "epoch", "loss", "y_pred") + [(ours["x"], g["x"])]
    for told, expected in ((ours["initial"], g["initial"]), (ours["final"], g["final"])):
        pairs += [(told[0]["weights"], transposed(expected["weights_input_hidden"]))]
        pairs += [(told[0]["bias"], expected["bias_hidden"])]
        pairs += [(told[1]["weights"], transposed(expected["weights_hidden_output"]))]
        pairs += [(told[1]["bias"], expected["bias_output"])]
    check("single-sample, log and weights", pairs)
    for name, told in (("last epoch", ours["last_epoch"]["loss"]), ("trained", ours["final_loss"])):
        print(f"    golden final loss against {name}: {distance(told, g['final']['loss']):.1e}")

    if verification.far:
        sys.exit(f"{verification.far} sets of figures lie further than {verification.tolerance} away")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mnist", type=pathlib.Path, required=True, help="directory of the gzipped files")
    parser.add_argument("--output", type=pathlib.Path, help="JSON file to write")
    parser.add_argument("--golden", type=pathlib.Path, help="directory of the figures to verify against")
    arguments = parser.parse_args()
    if not (arguments.output or arguments.golden):
        parser.error("give --output, --golden, or both")
    mnist = read_mnist(arguments.mnist)
    if arguments.golden:
        verify(mnist, arguments.golden)
    if arguments.output:
        write_figures(mnist, arguments.output)


if __name__ == "__main__":
    main()
