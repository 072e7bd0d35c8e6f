# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_microsoft.py - the operators that ONNX Runtime adds, against ONNX Runtime, which defines them."""
import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

treadle = pytest.importorskip("treadle")
onnxruntime = pytest.importorskip("onnxruntime")

RNG = np.random.default_rng(7)


def floats(*shape):
    return RNG.standard_normal(shape, np.float32)


def u8(*shape):
    return RNG.integers(0, 256, shape, np.uint8)


def s8(*shape):
    """Of 7 bits: with AVX2, ONNX Runtime's products of u8 and s8 saturate sums of two in 16 bits."""
    return RNG.integers(-63, 64, shape, np.int8)


def scale(value):
    return np.float32(value)


X = floats(2, 3, 8)
EIGHT = floats(8)
IMAGE, FILTER = floats(1, 4, 6, 6), floats(8, 4, 3, 3)
Q, Z = u8(2, 4, 5, 5), np.uint8(120)
IDS, TABLE = RNG.integers(0, 10, (2, 3)).astype(np.int32), floats(10, 8)

# operator: (inputs, None where one is left out; attributes), one or more of them
CASES = {
    "Gelu": [([X], {})],
    "BiasGelu": [([X, EIGHT], {})],
    "FastGelu": [([X], {}), ([X, EIGHT], {})],
    "QuickGelu": [([X], {}), ([X], {"alpha": 1.0})],
    "FusedMatMul": [([X, floats(2, 5, 8)], {"transB": 1, "alpha": 0.125}), ([floats(8, 3), floats(8, 5)], {"transA": 1}),
                    ([floats(3, 2, 4), floats(2, 4, 5)], {"transBatchA": 1})],
    "FusedGemm": [([floats(3, 8), floats(5, 8), floats(5)], {"transB": 1, "activation": "Relu"}),
                  ([floats(3, 8), floats(8, 5), floats(5)], {"activation": "LeakyRelu", "activation_alpha": 0.2})],
    "FusedConv": [([IMAGE, FILTER, floats(8)], {"activation": "Relu", "pads": [1] * 4}),
                  ([IMAGE, FILTER, floats(8), floats(1, 8, 4, 4)], {"activation": "Relu"}),
                  ([IMAGE, FILTER], {"activation": "Clip", "activation_params": [-0.5, 0.75]}),
                  ([IMAGE, FILTER], {"activation": "HardSigmoid", "activation_params": [0.3, 0.4]})],
    "SkipLayerNormalization": [([X, floats(2, 3, 8), EIGHT, floats(8), floats(8)], {"epsilon": 1e-5}), ([X, floats(2, 3, 8), EIGHT], {})],
    "SkipSimplifiedLayerNormalization": [([X, floats(2, 3, 8), EIGHT], {"epsilon": 1e-5}), ([X, floats(2, 3, 8), EIGHT, floats(8)], {})],
    "EmbedLayerNormalization": [([IDS, IDS % 2, TABLE, floats(12, 8), floats(2, 8), EIGHT, floats(8)], {"epsilon": 1e-6}),
                                ([IDS, None, TABLE, floats(12, 8), None, EIGHT, floats(8)], {})],
    "QLinearAdd": [([Q, scale(0.03), Z, u8(1, 4, 1, 1), scale(0.05), np.uint8(7), scale(0.06), np.uint8(90)], {}),
                   ([s8(4, 5), scale(0.03), np.int8(3), s8(4, 5), scale(0.05), np.int8(-7), scale(0.06), np.int8(9)], {})],
    "QLinearMul": [([Q, scale(0.03), Z, u8(2, 4, 5, 5), scale(0.05), np.uint8(7), scale(0.3), np.uint8(90)], {})],
    "QLinearSigmoid": [([Q, scale(0.03), Z, scale(1 / 256), np.uint8(0)], {})],
    "QLinearLeakyRelu": [([Q, scale(0.03), Z, scale(0.02), np.uint8(40)], {"alpha": 0.1})],
    "QLinearSoftmax": [([Q, scale(0.03), Z, scale(1 / 256), np.uint8(0)], {"axis": -1, "opset": 13})],
    "QLinearGlobalAveragePool": [([Q, scale(0.03), Z, scale(0.02), np.uint8(100)], {"channels_last": 0}),
                                 ([Q, scale(0.03), Z, scale(0.02), np.uint8(100)], {"channels_last": 1})],
    "QLinearAveragePool": [([Q, scale(0.03), Z, scale(0.02), np.uint8(100)], {"kernel_shape": [2, 2], "strides": [2, 2]})],
    "QLinearConcat": [([scale(0.04), np.uint8(99), Q, scale(0.03), Z, u8(2, 2, 5, 5), scale(0.05), np.uint8(7)], {"axis": 1})],
    "QGemm": [([u8(3, 8), scale(0.03), Z, s8(5, 8), scale(0.05), np.int8(0), RNG.integers(-99, 99, 5).astype(np.int32), scale(0.1), np.uint8(128)],
               {"transB": 1}),
              ([u8(3, 8), scale(0.03), Z, s8(8, 5), np.abs(floats(5)), np.zeros(5, np.int8)], {})],
    "MatMulIntegerToFloat": [([u8(2, 3, 8), s8(8, 5), scale(0.03), scale(0.05), Z, np.int8(0), floats(5)], {}),
                             ([u8(3, 8), s8(8, 5), scale(0.03), np.abs(floats(5)), Z], {})],
    "DynamicQuantizeMatMul": [([X, s8(8, 5), scale(0.05), np.int8(0), floats(5)], {}), ([X, s8(8, 5), np.abs(floats(5))], {})],
    "QuantizeLinear": [([X, scale(0.03), np.uint8(120)], {})],
    "DequantizeLinear": [([Q, scale(0.03), Z], {})],
}
MACHINE_LEARNING = {"Scaler": [([X], {"offset": [0.5], "scale": [2.0]}), ([X[0]], {"offset": EIGHT.tolist(), "scale": floats(8).tolist()})]}
OLD = {"SimplifiedLayerNormalization": [([X, EIGHT], {"epsilon": 1e-5})]}  # in ONNX's own domain
ALL = [(domain, op, i) for domain, group in (("com.microsoft", CASES), ("ai.onnx.ml", MACHINE_LEARNING), ("", OLD)) for op in group
       for i in range(len(group[op]))]


def model_of(domain, op, inputs, attributes):
    """The first input, and others that are not numbers for quantization, are the model's; the rest is constant."""
    names = [f"i{i}" if a is not None else "" for i, a in enumerate(inputs)]
    given = [i for i, a in enumerate(inputs) if a is not None and a.ndim > 1]
    infos = [helper.make_tensor_value_info(names[i], helper.np_dtype_to_tensor_dtype(inputs[i].dtype), inputs[i].shape) for i in given]
    weights = [numpy_helper.from_array(np.asarray(a), names[i]) for i, a in enumerate(inputs) if a is not None and i not in given]
    outputs = ["y", "mask"] if op == "EmbedLayerNormalization" else ["y"]
    results = [onnx.ValueInfoProto(name=name) for name in outputs]
    node = helper.make_node(op, names, outputs, name="node", domain=domain, **attributes)
    graph = helper.make_graph([node], "g", infos, results, weights)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString(), {names[i]: inputs[i] for i in given}


@pytest.mark.parametrize("domain, op, index", ALL)
def test_as_onnxruntime(domain, op, index):
    inputs, attributes = {"com.microsoft": CASES, "ai.onnx.ml": MACHINE_LEARNING, "": OLD}[domain][op][index]
    model, given = model_of(domain, op, inputs, attributes)
    expected = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, given)
    program = treadle.compile(model, cpu="host", cache=False)
    results = program(*given.values())
    for result, right in zip(results if isinstance(results, (list, tuple)) else [results], expected, strict=True):
        result = np.asarray(result)
        assert (result.shape, result.dtype) == (right.shape, right.dtype)
        if right.dtype == np.float32:
            np.testing.assert_allclose(result, right, rtol=1e-4, atol=1e-5)
        else:  # rounding may fall to either side of a half
            assert np.abs(result.astype(int) - right.astype(int)).max() <= 1
