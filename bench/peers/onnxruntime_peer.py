"""ONNX Runtime on the CPU as a peer: the same network as Gemm, Relu, Gemm, Softmax."""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import job as jobs

OPERATORS = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "softmax": "Softmax"}


def model(job) -> bytes:
    nodes, constants, value = [], [], "x"
    for index, ((weights, bias), name) in enumerate(zip(job.parameters(), job.activation)):
        constants += [numpy_helper.from_array(weights, f"w{index}"), numpy_helper.from_array(bias, f"b{index}")]
        nodes.append(helper.make_node("Gemm", [value, f"w{index}", f"b{index}"], [f"z{index}"]))
        attributes = {"axis": 1} if name == "softmax" else {}
        nodes.append(helper.make_node(OPERATORS[name], [f"z{index}"], [f"a{index}"], **attributes))
        value = f"a{index}"
    tensor = lambda name, size: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", size])
    inputs, outputs = [tensor("x", job.layers[0])], [tensor(value, job.layers[-1])]
    graph = helper.make_graph(nodes, "mlp", inputs, outputs, constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(made)
    return made.SerializeToString()


def infer(job):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = job.threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model(job), options, providers=["CPUExecutionProvider"])
    jobs.serve_inference(job, onnxruntime.__version__, lambda x: session.run(None, {"x": np.ascontiguousarray(x)})[0])


if __name__ == "__main__":
    jobs.main(onnxruntime.__version__, None, infer, None)
