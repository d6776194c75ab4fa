"""NumPy as a peer: the loops of the notebooks where a notebook exists, otherwise plain mini-batch code."""

import time

import numpy as np

import job as jobs


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "softmax": softmax,
}

# Derivatives in terms of the activation.
DERIVATIVES = {
    "identity": lambda a: np.ones_like(a),
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a * a,
    "relu": lambda a: a > 0,
}


def forward(parameters, activation, x):
    """The activations of every layer, the inputs first."""
    activations = [x]
    for (weights, bias), name in zip(parameters, activation):
        activations.append(ACTIVATIONS[name](activations[-1] @ weights + bias))
    return activations


def backward(parameters, activation, activations, delta):
    """The gradients of every layer, from the δ of the last layer."""
    gradients = []
    for index in reversed(range(len(parameters))):
        gradients.append((activations[index].T @ delta, delta.sum(axis=0)))
        if index:
            delta = (delta @ parameters[index][0].T) * DERIVATIVES[activation[index - 1]](activations[index])
    return gradients[::-1]


class Adam:
    def __init__(self, parameters, learning_rate):
        self.parameters = [p for layer in parameters for p in layer]
        self.first = [np.zeros_like(p) for p in self.parameters]
        self.second = [np.zeros_like(p) for p in self.parameters]
        self.learning_rate, self.steps = learning_rate, 0

    def step(self, gradients):
        self.steps += 1
        rate = self.learning_rate / (1 - 0.9**self.steps)
        root = np.sqrt(1 - 0.999**self.steps)
        flat = [g for layer in gradients for g in layer]
        for p, g, m, v in zip(self.parameters, flat, self.first, self.second):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            p -= rate * m / (np.sqrt(v) / root + 1e-8)


def minibatches(job, epochs=None):
    """Epochs of Adam; softmax with cross-entropy, or half the squared error."""
    x, y, parameters = job.inputs(), job.targets(), job.parameters()
    adam = Adam(parameters, job.learning_rate)
    start = time.perf_counter()
    for _ in range(job.epochs):
        loss = 0.0
        for rows in job.batches():
            activations = forward(parameters, job.activation, x[rows])
            a, t = activations[-1], y[rows]
            if job.loss == "categorical_cross_entropy":
                loss -= np.log(a[t == 1]).sum()
            else:
                loss += 0.5 * ((a - t) ** 2).sum()
            adam.step(backward(parameters, job.activation, activations, (a - t) / len(t)))
    return time.perf_counter() - start, loss / job.rows, parameters


def single_sample(job):
    """The loop of the notebook: the output layer is updated before the δ of the layer before is computed."""
    x, y_true = job.inputs()[0], job.targets()[0, 0]
    (w_hidden, b_hidden), (w_output, b_output) = job.parameters()
    w_hidden, b_hidden = w_hidden.T.copy(), b_hidden.reshape(1, -1)  # the notebook's (fan_out, fan_in)
    w_output, b_output = w_output.T.copy(), b_output.reshape(1, 1)
    learning_rate = job.learning_rate
    start = time.perf_counter()
    for _ in range(job.epochs):
        z_hidden = w_hidden @ x + b_hidden
        a_hidden = sigmoid(z_hidden)
        z_output = a_hidden @ w_output.T + b_output
        y_pred = sigmoid(z_output)
        loss = 0.5 * (y_pred - y_true) ** 2

        dl_dy_pred = y_pred - y_true
        dy_pred_dz_output = y_pred * (1 - y_pred)
        dl_dw_output = dl_dy_pred * dy_pred_dz_output * a_hidden
        dl_db_output = dl_dy_pred * dy_pred_dz_output * 1
        w_output -= learning_rate * dl_dw_output
        b_output -= learning_rate * dl_db_output

        dl_da_hidden = dl_dy_pred * dy_pred_dz_output * w_output
        dl_dz_hidden = dl_da_hidden * (a_hidden * (1 - a_hidden))
        dl_dw_hidden = np.outer(dl_dz_hidden, x)
        w_hidden -= learning_rate * dl_dw_hidden
        b_hidden -= learning_rate * dl_dz_hidden
    seconds = time.perf_counter() - start
    return seconds, loss.item(), [(w_hidden.T, b_hidden.ravel()), (w_output.T, b_output.ravel())]


def xor_by_hand(job):
    """The loop of the notebook."""
    inputs, outputs = job.inputs(), job.targets()
    (weights_0, _), (weights_1, _) = job.parameters()
    learning_rate = job.learning_rate
    start = time.perf_counter()
    for _ in range(job.epochs):
        hidden_layer = sigmoid(np.dot(inputs, weights_0))
        output_layer = sigmoid(np.dot(hidden_layer, weights_1))
        error_output_layer = outputs - output_layer
        average = np.mean(abs(error_output_layer))  # noqa: F841  (the notebook computes it in every epoch)
        delta_output = error_output_layer * (output_layer * (1 - output_layer))
        delta_hidden_layer = delta_output.dot(weights_1.T) * (hidden_layer * (1 - hidden_layer))
        weights_1 = weights_1 + hidden_layer.T.dot(delta_output) * learning_rate
        weights_0 = weights_0 + inputs.T.dot(delta_hidden_layer) * learning_rate
    seconds = time.perf_counter() - start
    return seconds, 0.5 * (error_output_layer**2).sum() / job.rows, [(weights_0, None), (weights_1, None)]


def mnist_online(job):
    """The loop of the notebook, one digit per step."""
    x_train, y_train = job.inputs(), job.labels()
    (input_weights, hidden_biases), (output_weights, output_biases) = job.parameters()
    input_weights, output_weights = input_weights.T.copy(), output_weights.T.copy()  # (fan_out, fan_in)
    learning_rate = job.learning_rate
    costs = []
    start = time.perf_counter()
    for _ in range(job.epochs):
        costs = []
        for i in range(job.rows):
            input_layer = x_train[i].reshape(784)
            hidden_z = np.dot(input_weights, input_layer) + hidden_biases
            hidden_activation = sigmoid(hidden_z)
            y_hat_z = np.dot(output_weights, hidden_activation) + output_biases
            y_hat = sigmoid(y_hat_z)
            y = np.zeros(10, x_train.dtype)
            y[y_train[i]] = 1
            cost = (y_hat - y) ** 2

            delta = 2 * (y_hat - y) * (sigmoid(y_hat_z) * (1 - sigmoid(y_hat_z)))
            slope_b1 = delta
            slope_w1 = np.dot(delta.reshape(10, 1), hidden_activation.reshape(1, 16))
            delta = np.dot(delta, output_weights) * (sigmoid(hidden_z) * (1 - sigmoid(hidden_z)))
            slope_b0 = delta
            slope_w0 = np.dot(delta.reshape(16, 1), input_layer.reshape(1, 784))

            hidden_biases -= slope_b0 * learning_rate
            output_biases -= slope_b1 * learning_rate
            input_weights -= slope_w0 * learning_rate
            output_weights -= slope_w1 * learning_rate
            costs.append(np.sum(cost))
    seconds = time.perf_counter() - start
    return seconds, np.average(costs), [(input_weights.T, hidden_biases), (output_weights.T, output_biases)]


def train(job):
    if job.optimizer == "adam":
        run = minibatches
    elif job.update == "top-down":
        run = single_sample
    elif job.batch_size == 1:
        run = mnist_online
    else:
        run = xor_by_hand

    def work():
        seconds, loss, parameters = run(job)
        job.save(parameters)
        return seconds, loss

    jobs.serve(np.__version__, work)


def infer(job):
    parameters = job.parameters()
    jobs.serve_inference(job, np.__version__, lambda x: forward(parameters, job.activation, x)[-1])


def start_to_finish(folder):
    activation, parameters = ["relu", "softmax"], jobs.he_normal([784, 128, 10])
    adam = Adam(parameters, 1e-3)
    pixels, labels = jobs.read_digits(folder, "train")
    one_hot = np.eye(10, dtype=np.float32)
    for first in range(0, len(labels), 32):
        x = pixels[first : first + 32] / np.float32(255)
        activations = forward(parameters, activation, x)
        delta = (activations[-1] - one_hot[labels[first : first + 32]]) / len(x)
        adam.step(backward(parameters, activation, activations, delta))
    pixels, labels = jobs.read_digits(folder, "t10k")
    return (forward(parameters, activation, pixels / np.float32(255))[-1].argmax(axis=1) == labels).mean()


if __name__ == "__main__":
    jobs.main(np.__version__, train, infer, start_to_finish)
