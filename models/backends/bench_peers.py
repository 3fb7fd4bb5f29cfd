"""The same matrices in other engines: PyTorch float32, PyTorch dynamic int8, ONNX Runtime dynamic int8.

They run the matrices with a rectifier between and the residual sums, and none of the norms, neurons and
states: less than what our programs compute. A peer that is not installed is left out, and said so.
"""

from __future__ import annotations

import importlib
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from models.backends.bench_shapes import Shape
from models.program.ops import Array

Step = Callable[[Array], object]
PEERS = ("torch_fp32", "torch_int8", "onnx_int8")


def weights(shape: Shape) -> list[Array]:
    """Random float32 matrices, (inputs, outputs)."""
    rng = np.random.default_rng(0)
    return [rng.standard_normal(layer, np.float32) / np.float32(np.sqrt(layer[0])) for layer in shape.layers]


def peer(name: str, shape: Shape, threads: int) -> Step:
    """One step of the shape in another engine; ImportError where it is not installed."""
    return onnx_int8(shape, threads) if name == "onnx_int8" else _torch(shape, threads, name == "torch_int8")


def _torch(shape: Shape, threads: int, int8: bool) -> Step:
    torch = importlib.import_module("torch")
    torch.set_num_threads(threads)
    layers = torch.nn.ModuleList()
    for weight in weights(shape):
        layer = torch.nn.Linear(*weight.shape)
        layer.weight.data = torch.from_numpy(np.ascontiguousarray(weight.T))
        layers.append(layer)
    if int8:
        torch.backends.quantized.engine = (
            "x86" if "x86" in torch.backends.quantized.supported_engines else "qnnpack"
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            layers = torch.ao.quantization.quantize_dynamic(layers, {torch.nn.Linear}, dtype=torch.qint8)
    ups, downs, head = layers[:-1:2], layers[1:-1:2], layers[-1]

    def step(x: Array) -> object:
        with torch.inference_mode():
            y = torch.from_numpy(x)
            for up, down in zip(ups, downs, strict=True):
                y = y + down(torch.relu(up(y)))
            return head(y)

    return step


def onnx_int8(shape: Shape, threads: int) -> Step:
    """Built as an ONNX graph of matrix products and quantised by ONNX Runtime's own tool."""
    onnx = importlib.import_module("onnx")
    runtime = importlib.import_module("onnxruntime")
    quantization = importlib.import_module("onnxruntime.quantization")
    with tempfile.TemporaryDirectory() as folder:
        plain, small = Path(folder) / "plain.onnx", Path(folder) / "int8.onnx"
        onnx.save(_graph(onnx, shape), plain)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            quantization.quantize_dynamic(plain, small, weight_type=quantization.QuantType.QInt8)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        session = runtime.InferenceSession(small, options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"x": x})


def _graph(onnx: Any, shape: Shape) -> Any:
    make, nodes, stored, x = onnx.helper, [], [], "x"

    def product(name: str, value: str, weight: Array) -> str:
        stored.append(onnx.numpy_helper.from_array(weight, f"{name}.w"))
        nodes.append(make.make_node("MatMul", [value, f"{name}.w"], [name]))
        return name

    matrices = weights(shape)
    for block in range(shape.blocks):
        up = product(f"up{block}", x, matrices[2 * block])
        nodes.append(make.make_node("Relu", [up], [f"relu{block}"]))
        down = product(f"down{block}", f"relu{block}", matrices[2 * block + 1])
        nodes.append(make.make_node("Add", [x, down], [f"add{block}"]))
        x = f"add{block}"
    product("head", x, matrices[-1])
    port = onnx.TensorProto.FLOAT
    graph = make.make_graph(
        nodes,
        "bench",
        [make.make_tensor_value_info("x", port, ["streams", shape.width])],
        [make.make_tensor_value_info("head", port, ["streams", shape.head])],
        stored,
    )
    return make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8)
