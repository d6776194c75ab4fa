"""scikit-learn as a peer: MLPClassifier and MLPRegressor, whole fit() calls.

Nearly equal mathematics: its Adam divides by sqrt(v) + epsilon before v's bias is corrected, which makes epsilon
1/sqrt(1 - 0.999^t) times as large; and fit() checks its arguments within the measured time.
"""

import time
import warnings

import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

import job as jobs

HIDDEN = {"sigmoid": "logistic", "tanh": "tanh", "relu": "relu", "identity": "identity"}
warnings.simplefilter("ignore", ConvergenceWarning)


def starting_from(kind, parameters):
    """kind, with these parameters in place of random ones."""

    class Given(kind):
        def fit(self, x, y):
            self.given = iter([(weights.copy(), bias.copy()) for weights, bias in parameters])
            return super().fit(x, y)

        def _init_coef(self, fan_in, fan_out, dtype):
            weights, bias = next(self.given)
            assert weights.shape == (fan_in, fan_out) and weights.dtype == dtype
            return weights, bias

    # scikit-learn reads the parameters of an estimator from its __init__.
    Given.__init__ = kind.__init__
    return Given


def estimator(job, epochs):
    hidden = set(job.activation[:-1])
    assert len(hidden) == 1 and job.optimizer == "adam" and job.reduction == "mean", "not scikit-learn's training"
    kind = MLPClassifier if job.loss == "categorical_cross_entropy" else MLPRegressor
    return starting_from(kind, job.parameters())(
        hidden_layer_sizes=job.layers[1:-1],
        activation=HIDDEN[hidden.pop()],
        solver="adam",
        alpha=0.0,
        batch_size=job.batch_size,
        learning_rate_init=job.learning_rate,
        max_iter=epochs,
        shuffle=False,
        tol=0.0,
        n_iter_no_change=epochs + 1,
    )


def train(job):
    x = job.inputs()
    y = job.labels() if job.loss == "categorical_cross_entropy" else job.targets().ravel()

    def work():
        mlp = estimator(job, job.epochs)
        start = time.perf_counter()
        mlp.fit(x, y)
        seconds = time.perf_counter() - start
        job.save(zip(mlp.coefs_, mlp.intercepts_))
        return seconds, mlp.loss_curve_[-1]

    jobs.serve(sklearn.__version__, work)


def infer(job):
    job.batch_size, job.learning_rate, job.optimizer, job.reduction = 32, 1e-3, "adam", "mean"
    mlp = estimator(job, 1)
    classes = job.layers[-1]
    x = job.inputs()[:classes]
    mlp.fit(x, range(classes))  # initialises the estimator; its parameters are replaced below
    for index, (weights, bias) in enumerate(job.parameters()):
        mlp.coefs_[index], mlp.intercepts_[index] = weights, bias
    jobs.serve_inference(job, sklearn.__version__, mlp.predict_proba)


def start_to_finish(folder):
    import numpy as np

    pixels, labels = jobs.read_digits(folder, "train")
    mlp = MLPClassifier([128], alpha=0.0, batch_size=32, max_iter=1, shuffle=False, random_state=0)
    mlp.fit(pixels / np.float32(255), labels)
    pixels, labels = jobs.read_digits(folder, "t10k")
    return mlp.score(pixels / np.float32(255), labels)


if __name__ == "__main__":
    jobs.main(sklearn.__version__, train, infer, start_to_finish)
