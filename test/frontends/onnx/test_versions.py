# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_versions.py - what operator sets changed: attributes that became inputs give the same graph; where the meaning
changed, the graph does."""
import numpy as np
import pytest
from onnx import TensorProto

I64 = np.int64
X = {"x": [2, 3, 4, 5]}


def ints(*values):
    return np.array(values, I64)


def floats(*values):
    return np.array(values, np.float32)


# (older opset, node; newer opset, node, its constants)
SAME = {
    "Slice": (9, ("Slice", "x", "y", {"starts": [1, 0], "ends": [3, -1], "axes": [1, 3]}),
              13, ("Slice", "xsea", "y"), {"s": ints(1, 0), "e": ints(3, -1), "a": ints(1, -1)}),
    "Pad-1": (1, ("Pad", "x", "y", {"paddings": [0, 0, 1, 2, 0, 0, 3, 4], "value": 1.5}),
              21, ("Pad", "xpv", "y"), {"p": ints(0, 0, 1, 2, 0, 0, 3, 4), "v": np.float32(1.5)}),
    "Pad-2": (2, ("Pad", "x", "y", {"pads": [0, 0, 1, 2, 0, 0, 3, 4], "mode": "edge"}),
              18, ("Pad", ["x", "p", "", "a"], "y", {"mode": "edge"}), {"p": ints(1, 2, 3, 4), "a": ints(2, -1)}),
    "Reshape": (1, ("Reshape", "x", "y", {"shape": [0, -1]}), 21, ("Reshape", "xs", "y"), {"s": ints(0, -1)}),
    "Squeeze": (1, ("Squeeze", "a", "y", {"axes": [0, 2]}), 13, ("Squeeze", "as", "y"), {"s": ints(-2, 0)}),
    "Unsqueeze": (1, ("Unsqueeze", "x", "y", {"axes": [0, 5]}), 13, ("Unsqueeze", "xs", "y"), {"s": ints(-1, 0)}),
    "Split": (2, ("Split", "x", ["y", "z"], {"axis": 3, "split": [2, 3]}), 13, ("Split", "xs", ["y", "z"], {"axis": -1}), {"s": ints(2, 3)}),
    "Split-equal": (13, ("Split", "x", ["y", "z"], {"axis": 2}), 18, ("Split", "x", ["y", "z"], {"axis": 2, "num_outputs": 2}), {}),
    "Tile": (1, ("Tile", "xua", "y"), 13, ("Tile", "xt", "y"), {"u": ints(2), "a": ints(1), "t": ints(1, 2, 1, 1)}),
    "Clip": (6, ("Clip", "x", "y", {"min": 0.0, "max": 6.0}), 13, ("Clip", "xlh", "y"), {"l": np.float32(0), "h": np.float32(6)}),
    "Clip-open": (6, ("Clip", "x", "y", {"min": -3.4028234663852886e38, "max": 6.0}), 11, ("Clip", ["x", "", "h"], "y"), {"h": np.float32(6)}),
    "ReduceSum": (11, ("ReduceSum", "x", "y", {"axes": [1, -1], "keepdims": 0}), 13, ("ReduceSum", "xa", "y", {"keepdims": 0}), {"a": ints(3, 1)}),
    "ReduceMax": (13, ("ReduceMax", "x", "y"), 18, ("ReduceMax", "xa", "y"), {"a": np.array([], I64)}),
    "Upsample-7": (7, ("Upsample", "x", "y", {"scales": [1.0, 1.0, 2.0, 3.0]}), 9, ("Upsample", "xs", "y"), {"s": floats(1, 1, 2, 3)}),
    "Upsample-1": (1, ("Upsample", "x", "y", {"height_scale": 2.0, "width_scale": 3.0, "mode": "bilinear"}),
                   10, ("Resize", "xs", "y", {"mode": "linear"}), {"s": floats(1, 1, 2, 3)}),
    "Resize": (11, ("Resize", "xes", "y", {"mode": "cubic"}), 18, ("Resize", ["x", "", "t"], "y", {"mode": "cubic", "axes": [3, 2]}),
               {"s": floats(1, 1, 2, 3), "t": floats(3, 2), "e": np.array([], np.float32)}),
    "Softmax": (12, ("Softmax", "x", "y", {"axis": 3}), 13, ("Softmax", "x", "y"), {}),
    "BatchNormalization": (6, ("BatchNormalization", "xcccc", "y", {"is_test": 1}), 15, ("BatchNormalization", "xcccc", "y"), {"c": floats(1, 2, 3)}),
    "Dropout": (6, ("Dropout", "x", "y", {"is_test": 1}), 13, ("Dropout", ["x", "", "f"], "y"), {"f": np.array(False)}),
    "Cast": (1, ("Cast", "x", "y", {"to": "INT64"}), 21, ("Cast", "x", "y", {"to": TensorProto.INT64}), {}),
    "Gemm": (6, ("Gemm", "mwb", "y", {"broadcast": 1, "transB": 1}), 13, ("Gemm", "mwb", "y", {"transB": 1}),
             {"w": np.ones((5, 4), np.float32), "b": floats(1, 2, 3, 4, 5)}),
    "Add": (6, ("Add", "xc", "y", {"broadcast": 1, "axis": 1}), 7, ("Add", "xd", "y"), {"c": floats(1, 2, 3), "d": floats(1, 2, 3).reshape(3, 1, 1)}),
    "Shape": (1, ("Shape", "x", "y"), 15, ("Shape", "x", "y", {"start": -9, "end": 9}), {}),
    "Flatten": (9, ("Flatten", "x", "y", {"axis": 2}), 13, ("Flatten", "x", "y", {"axis": -2}), {}),
}


@pytest.mark.parametrize("name", SAME)
def test_attributes_and_inputs_say_the_same(model_of, imported, name):
    old, before, new, after, constants = SAME[name]
    inputs = {**X, "a": [1, 3, 1, 5]} if "Squeeze" == name else {**X, "m": [2, 4]} if name == "Gemm" else X
    first, second = (imported(model_of(node, inputs, opset=opset, constants=constants)) for opset, node in ((old, before), (new, after)))
    assert not first.error and not second.error
    assert first.body == second.body and first.body


def test_softmax_was_over_all_that_follows(model_of, imported):
    before = imported(model_of(("Softmax", "x", "y"), X, opset=12))
    assert before.ops == ["reshape", "softmax", "reshape"] and "tensor<2x60xf32>" in before.ir
    after = imported(model_of(("Softmax", "x", "y"), X, opset=13))
    assert after.ops == ["softmax"] and "axis = 3" in after.ir


def test_split_was_into_equal_parts(model_of, imported):
    five = {"x": [5]}
    outputs = ["y", "z", "w"]
    assert "the parts must make up dimension 0" in imported(model_of(("Split", "x", outputs), five, opset=13)).error
    after = imported(model_of(("Split", "x", outputs, {"num_outputs": 3}), five, outputs, opset=18))
    assert [after.result_type(i) for i in range(3)] == ["2xf32", "2xf32", "1xf32"]


def test_group_normalization_was_scaled_by_group(model_of, imported):
    six = {"x": [1, 6, 4]}
    node = ("GroupNormalization", "xss", "y", {"num_groups": 2})
    assert not imported(model_of(node, six, opset=18, constants={"s": floats(1, 2)})).error
    assert not imported(model_of(node, six, opset=21, constants={"s": np.ones(6, np.float32)})).error
    assert imported(model_of(node, six, opset=21, constants={"s": floats(1, 2)})).error


def test_old_models_name_their_channels_slope(model_of, imported):
    result = imported(model_of(("PRelu", "xs", "y"), X, opset=6, constants={"s": floats(1, 2, 3)}))
    assert "tensor<3x1x1xf32>" in result.ir


def test_files_without_attribute_types(model_of, imported):
    """Version 1 of the format lacks the field."""
    model = model_of(("LeakyRelu", "x", "y", {"alpha": 0.5}), X)
    typed = imported(model).body
    model.graph.node[0].attribute[0].ClearField("type")
    assert imported(model).body == typed


def test_initializers_listed_as_inputs(model_of, imported):
    """Up to version 3 of the format they all were."""
    model = model_of(("Add", "xw", "y"), {**X, "w": [5]}, constants={"w": floats(1, 2, 3, 4, 5)})
    assert imported(model).ir.count("graph.name") == 2
