"""FANN as a peer, if the system has it: a C library, called through ctypes, one fann_train per digit.

Approximately equal mathematics: FANN computes the derivative of a sigmoid at an output clipped to 0.01 … 0.99.
"""

import ctypes
import ctypes.util
import sys
import time

import numpy as np

import job as jobs

SIGMOID, INCREMENTAL, LINEAR_ERROR = 3, 0, 0


class Connection(ctypes.Structure):
    _fields_ = [("source", ctypes.c_uint), ("target", ctypes.c_uint), ("weight", ctypes.c_float)]


def library():
    name = ctypes.util.find_library("fann")
    for candidate in (name, "libfann.so.2"):
        try:
            if candidate:
                return ctypes.CDLL(candidate)
        except OSError:
            pass
    sys.exit("FANN is not installed on this system")


def train(job):
    fann = library()
    pointer, floats = ctypes.c_void_p, ctypes.POINTER(ctypes.c_float)
    fann.fann_create_standard_array.restype = pointer
    fann.fann_set_learning_rate.argtypes = [pointer, ctypes.c_float]
    fann.fann_train.argtypes = [pointer, floats, floats]
    fann.fann_get_MSE.argtypes, fann.fann_get_MSE.restype = [pointer], ctypes.c_float
    for name in ("get_connection_array", "set_weight_array", "destroy", "reset_MSE", "get_total_connections"):
        getattr(fann, f"fann_{name}").argtypes = {
            "get_connection_array": [pointer, pointer],
            "set_weight_array": [pointer, pointer, ctypes.c_uint],
        }.get(name, [pointer])
    for name in ("training_algorithm", "activation_function_hidden", "activation_function_output", "train_error_function"):
        getattr(fann, f"fann_set_{name}").argtypes = [pointer, ctypes.c_int]

    inputs, targets = job.inputs(), job.targets()
    at = lambda array: [ctypes.cast(row.ctypes.data, floats) for row in array]
    samples = list(zip(at(inputs), at(targets)))
    # FANN numbers the neurons layer by layer, each layer's bias neuron after it.
    starts = np.concatenate([[0], np.cumsum([size + 1 for size in job.layers])])

    def connections(net):
        array = (Connection * fann.fann_get_total_connections(net))()
        fann.fann_get_connection_array(net, array)
        return array

    def place(connection):
        layer = int(np.searchsorted(starts, connection.target, side="right")) - 2
        row, column = connection.source - starts[layer], connection.target - starts[layer + 1]
        return layer, int(row), int(column)

    def work():
        sizes = (ctypes.c_uint * len(job.layers))(*job.layers)
        net = fann.fann_create_standard_array(len(job.layers), sizes)
        fann.fann_set_training_algorithm(net, INCREMENTAL)
        fann.fann_set_activation_function_hidden(net, SIGMOID)
        fann.fann_set_activation_function_output(net, SIGMOID)
        fann.fann_set_train_error_function(net, LINEAR_ERROR)
        fann.fann_set_learning_rate(net, 2 * job.learning_rate)  # FANN descends half the squared error
        stacked = [np.vstack([weights, bias]) for weights, bias in job.parameters()]
        array = connections(net)
        for connection in array:
            layer, row, column = place(connection)
            connection.weight = stacked[layer][row, column]
        fann.fann_set_weight_array(net, array, len(array))
        fann.fann_reset_MSE(net)

        fann_train, start = fann.fann_train, time.perf_counter()
        for _ in range(job.epochs):
            for x, y in samples:
                fann_train(net, x, y)
        seconds = time.perf_counter() - start

        loss = fann.fann_get_MSE(net) * job.layers[-1]
        for connection in connections(net):
            layer, row, column = place(connection)
            stacked[layer][row, column] = connection.weight
        fann.fann_destroy(net)
        job.save([(both[:-1], both[-1]) for both in stacked])
        return seconds, loss

    jobs.serve("2", work)


if __name__ == "__main__":
    jobs.main("FANN", train, None, None)
