# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_errors.py - what cannot be imported is said in a line that names the node, what is wrong and what was found."""
import numpy as np
import pytest
from onnx import TensorProto, helper

I64 = np.int64
X4 = {"x": [1, 4, 8, 8]}

# (node, inputs, constants, what the line says after the node's name), all of opset 21
WRONG = [
    (("Conv", "xw", "y", {"auto_pad": "SAME"}), X4, {"w": np.zeros((4, 4, 3, 3), np.float32)},
     "auto_pad is 'SAME'; NOTSET, SAME_UPPER, SAME_LOWER and VALID are known"),
    (("Conv", "xw", "y", {"pads": [1, 1]}), X4, {"w": np.zeros((4, 4, 3, 3), np.float32)}, "pads has 2 numbers, it must have 4"),
    (("Conv", "xw", "y", {"pads": [-1, 0, 0, 0]}), X4, {"w": np.zeros((4, 4, 3, 3), np.float32)},
     "pads has the number -1, it must be 0 or more"),
    (("Conv", "xw", "y", {"strides": [0, 1]}), X4, {"w": np.zeros((4, 4, 3, 3), np.float32)},
     "strides has the number 0, it must be 1 or more"),
    (("Conv", "xw", "y", {"strides": 2}), X4, {"w": np.zeros((4, 4, 3, 3), np.float32)},
     "attribute strides is of type int, it must be of type ints"),
    (("Conv", "xw", "y", {"kernel_shape": [5, 5]}), X4, {"w": np.zeros((4, 4, 3, 3), np.float32)},
     "kernel_shape is not that of the filter"),
    (("Conv", "xw", "y"), X4, {"w": np.zeros((4, 3, 3, 3), np.float32)}, "channels"),
    (("Conv", "xw", "y"), X4, {"w": np.zeros((4, 4, 9, 9), np.float32)}, "the filter is larger than spatial dimension 0"),
    (("MaxPool", "x", "y", {}), X4, {}, "kernel_shape has 0 numbers, it must have 2"),
    (("MaxPool", "x", "y", {"kernel_shape": [9, 9]}), X4, {}, "a window of 9 is larger than dimension 2"),
    (("Attention", "xxx", "y"), {"x": [2, 8, 6]}, {}, "but not q_num_heads and kv_num_heads of 1 or more"),
    (("Attention", "xxx", "y", {"q_num_heads": 4, "kv_num_heads": 4}), {"x": [2, 8, 6]}, {}, "has 4 heads that do not divide"),
    (("Attention", "xxx", "y", {"q_num_heads": 3, "kv_num_heads": 2}), {"x": [2, 8, 6]}, {}, "3 heads of queries, which is no multiple"),
    (("Attention", "xww", "y"), X4, {"w": np.zeros((1, 0, 8, 8), np.float32)}, "has no heads"),
    (("Attention", "www", "y"), X4, {"w": np.zeros((1, 4, 8, 8), I64)}, "the same type of floats"),
    (("Attention", "xxxm", "y"), X4, {"m": np.zeros((8, 9), bool)}, "attn_mask must not be longer than the keys"),
    (("MatMul", "xw", "y"), X4, {"w": np.zeros((7, 2), np.float32)}, "cannot be multiplied"),
    (("Gemm", "xw", "y"), X4, {"w": np.zeros((8, 2), np.float32)}, "takes matrices, not tensors of 4 and 2 dimensions"),
    (("Add", "xw", "y"), X4, {"w": np.zeros(3, np.float32)}, "cannot be broadcast together"),
    (("Add", "xw", "y"), X4, {"w": np.zeros(8, np.float64)}, "operands have different element types, 'f32' and 'f64'"),
    (("Concat", "xw", "y", {"axis": 1}), X4, {"w": np.zeros((1, 4, 8, 7), np.float32)}, "operands differ in dimension 3"),
    (("Concat", "xx", "y", {"axis": 4}), X4, {}, "axis 4 is not one of 4 dimensions"),
    (("Softmax", "x", "y", {"axis": -5}), X4, {}, "axis -5 is not one of 4 dimensions"),
    (("Reshape", "xs", "y"), X4, {"s": np.array([-1, -1], I64)}, "shape has -1 twice"),
    (("Reshape", "xs", "y"), X4, {"s": np.array([3, 5], I64)}, "must keep the number of elements: 256 and 15"),
    (("Reshape", "xs", "y"), X4, {"s": np.array([1, 4, 8, 8, 0], I64)}, "shape copies dimension 4, the input has 4"),
    (("Reshape", "xs", "y"), {**X4, "s": ([2], TensorProto.INT64)}, {},
     "input 1 (shape) depends on data; it must be constant or follow from shapes"),
    (("Slice", "xse", "y"), {**X4, "s": ([1], TensorProto.INT64), "e": ([1], TensorProto.INT64)}, {},
     "input 1 (starts) depends on data"),
    (("Slice", "xseat", "y"), X4, {"s": np.array([0], I64), "e": np.array([1], I64), "a": np.array([0], I64), "t": np.array([0], I64)},
     "step 0 is 0"),
    (("Squeeze", "xa", "y"), X4, {"a": np.array([1], I64)}, "a dimension that is left out must have size 1"),
    (("Transpose", "x", "y", {"perm": [0, 1, 1, 2]}), X4, {}, "axis 1 is named twice"),
    (("Split", "x", ["y"], {"num_outputs": 3}), X4, {}, "num_outputs is 3, the node has 1 outputs"),
    (("Expand", "xs", "y"), X4, {"s": np.array([5], I64)}, "cannot be expanded to that shape"),
    (("Pad", "xp", "y", {"mode": "mirror"}), X4, {"p": np.zeros(8, I64)}, "mode is 'mirror'"),
    (("Pad", "xp", "y", {"mode": "reflect"}), X4, {"p": np.array([0, 0, 8, 0] + [0] * 4, I64)}, "mirror"),
    (("Resize", ["x", "", "s"], "y", {"mode": "linear", "antialias": 1}), X4, {"s": np.array([1, 1, .5, .5], np.float32)},
     "antialias is not supported"),
    (("Resize", ["x", "", "s"], "y"), X4, {"s": np.array([1, 1, 0, 2], np.float32)}, "it must be positive"),
    (("Resize", "x", "y"), X4, {}, "must have either scales or sizes"),
    (("ReduceSum", "xa", "y"), X4, {"a": np.array([4], I64)}, "axis 4 is not one of 4 dimensions"),
    (("DepthToSpace", "x", "y", {"blocksize": 3}), X4, {}, "must keep the number of elements"),
    (("BatchNormalization", "xwwww", "y", {"training_mode": 1}), X4, {"w": np.ones(4, np.float32)}, "training mode is not supported"),
    (("Range", "abc", "y"), {"a": ([], TensorProto.INT64)}, {"b": np.array(9), "c": np.array(1)}, "must be constant"),
    (("Cast", "x", "y", {"to": TensorProto.STRING}), X4, {}, "cannot cast to the element type string"),
    (("Constant", [], "y", {"value_string": "a"}), X4, {}, "strings are not supported"),
    (("Gather", "xi", "y"), {**X4, "i": ([1], TensorProto.FLOAT)}, {}, "an operand has elements of type f32, which the operator does not take"),
    (("LeakyRelu", "xx", "y"), X4, {}, "has 2 inputs, LeakyRelu takes 1"),
    (("Add", ["x", ""], "y"), X4, {}, "lacks input 1"),
    (("Relu", "z", "y"), X4, {}, "the input z is made by no node before this one"),
    (("Tile", "xr", "y"), X4, {"r": np.array([1 << 20] * 4, I64)}, "more than 2^46 elements"),
    (("ConstantOfShape", "s", "y"), X4, {"s": np.array([-3], I64)}, "size -3"),
    (("QuantizeLinear", "xs", "y"), X4, {"s": np.ones(3, np.float32)}, "a scale for each element of its axis"),
]


@pytest.mark.parametrize("node, inputs, constants, message", WRONG, ids=[f"{case[0][0]}-{i}" for i, case in enumerate(WRONG)])
def test_wrong_nodes(model_of, imported, node, inputs, constants, message):
    result = imported(model_of(node, inputs, constants=constants))
    assert result.status == 1 and not result.ir
    lines = result.error.splitlines()
    assert len(lines) == 1, result.error
    assert f"the_{node[0].lower()}_0 ({node[0]})" in lines[0]
    assert message in lines[0]


def test_unsupported_operators_are_reported_at_once(model_of, imported):
    branch = helper.make_graph([helper.make_node("Loop", ["", "c"], ["z"], name="inner", body=helper.make_graph([], "b", [], []))],
                               "branch", [], [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)])
    function = helper.make_function("mine", "F", ["a"], ["b"], [helper.make_node("Scan", ["a"], ["b"], name="deep")],
                                    [helper.make_opsetid("", 21)])
    model = model_of([("Relu", "x", "a"), ("NonZero", "a", "b"), ("NonZero", "a", "c0"), ("SequenceConstruct", "a", "d"),
                      helper.make_node("F", ["a"], ["e"], name="call", domain="mine"),
                      helper.make_node("Special", ["a"], ["f"], name="special", domain="com.example"),
                      helper.make_node("If", ["c"], ["y"], name="choice", then_branch=branch, else_branch=branch)],
                     {"x": [2], "c": ([], TensorProto.BOOL)}, functions=[function], domains=["mine", "com.example"])
    result = imported(model)
    assert result.status == 1
    for op, nodes in (("NonZero", "the_nonzero_1, the_nonzero_2"), ("SequenceConstruct", "the_sequenceconstruct_3"),
                      ("Scan", "deep"), ("com.example.Special", "special"), ("Loop", "inner, inner")):
        assert f"the operator {op} is not supported (node {nodes})" in result.error
    assert len(result.error.splitlines()) == 5


def test_an_output_that_is_not_supported_matters_where_it_is_used(model_of, imported):
    pool = ("MaxPool", "x", ["a", "indices"], {"kernel_shape": [2, 2]})
    assert imported(model_of([pool, ("Relu", "a", "y")], X4)).status == 0
    result = imported(model_of([pool, ("Cast", ["indices"], "y", {"to": TensorProto.FLOAT})], X4))
    assert "the_cast_1 (Cast): needs indices, but output 1 of the_maxpool_0 (MaxPool) is not supported" in result.error
    result = imported(model_of([pool], X4, outputs=["a", "indices"]))
    assert "output 1 of the_maxpool_0 (MaxPool) is not supported" in result.error


def test_inputs(model_of, imported):
    """All that is wrong with inputs is said at once."""
    model = model_of(("Relu", "x", "y"), {"x": [2], "s": ([1], TensorProto.STRING), "c": ([1], TensorProto.COMPLEX64)})
    model.graph.input.append(helper.make_value_info("q", helper.make_sequence_type_proto(helper.make_tensor_type_proto(1, [1]))))
    model.graph.input.append(helper.make_value_info("r", helper.make_tensor_type_proto(1, None)))
    result = imported(model)
    assert "s: the input's element type, string, is not supported" in result.error
    assert "c: the input's element type, c64, is not supported" in result.error
    assert "q: the input is not a tensor" in result.error
    assert "r: the input's number of dimensions is not known" in result.error


def test_fixed_dimensions(model_of, imported):
    model = model_of(("Relu", "x", "y"), {"x": ["batch", "t"]})
    assert "no input has a dimension of that name; the dynamic ones are batch, t" in imported(model, "--dim", "n=3").error
    assert "a dimension cannot have size 0" in imported(model, "--dim", "t=0").error


def test_operator_sets(model_of, imported):
    model = model_of(("Relu", "x", "y"), {"x": [2]})
    model.opset_import[0].version = 99
    assert "operator set version 99 is not known; versions up to 28 are" in imported(model).error


def test_functions_do_not_multiply(model_of, imported):
    """A few functions that call each other twice would make a graph of billions of nodes."""
    functions = [helper.make_function("f", f"F{i}", ["a"], ["c"],
                                      [helper.make_node(f"F{i + 1}", ["a"], ["b"], domain="f"),
                                       helper.make_node(f"F{i + 1}", ["b"], ["c"], domain="f")],
                                      [helper.make_opsetid("", 21), helper.make_opsetid("f", 1)]) for i in range(28)]
    functions.append(helper.make_function("f", "F28", ["a"], ["c"], [helper.make_node("Relu", ["a"], ["c"])],
                                          [helper.make_opsetid("", 21)]))
    model = model_of([helper.make_node("F0", ["x"], ["y"], domain="f")], {"x": [2]}, functions=functions, domains=["f"])
    assert "more than 1048576 nodes" in imported(model).error
    loop = helper.make_function("f", "G", ["a"], ["b"], [helper.make_node("G", ["a"], ["b"], domain="f")],
                                [helper.make_opsetid("f", 1)])
    model = model_of([helper.make_node("G", ["x"], ["y"], domain="f")], {"x": [2]}, functions=[loop], domains=["f"])
    assert "nested too deep" in imported(model).error


def test_external_data_stays_in_its_folder(model_of, imported):
    for location, message in (("../x", "outside the model's folder"), ("/etc/passwd", "outside the model's folder"),
                              ("missing.bin", "cannot be read")):
        model = model_of(("Add", "xw", "y"), {"x": [1]})
        weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
        entry = weight.external_data.add()
        entry.key, entry.value = "location", location
        model.graph.initializer.append(weight)
        result = imported(model)
        assert result.status == 1 and "w: " in result.error and message in result.error


def test_tensors_hold_what_they_say(model_of, imported):
    def tensor(**fields):
        return TensorProto(name="w", **fields)

    for weight, message in (
            (tensor(data_type=1, dims=[1 << 40], float_data=[1]), "the tensor has 1 elements, its shape needs 1099511627776"),
            (tensor(data_type=1, dims=[2], raw_data=b"abc"), "the tensor has 3 bytes, its shape needs 8"),
            (tensor(data_type=1, dims=[-2]), "the tensor has impossible dimensions"),
            (tensor(data_type=1, dims=[1 << 40, 1 << 40]), "the tensor has impossible dimensions"),
            (tensor(data_type=1, dims=[1] * 17, float_data=[1]), "the tensor has 17 dimensions, at most 16 are supported"),
            (tensor(data_type=TensorProto.STRING, dims=[1], string_data=[b"a"]), "the tensor's element type, string, is not supported"),
            (tensor(data_type=77, dims=[1]), "the tensor's element type, number 77, is not supported")):
        model = model_of(("Add", "xw", "y"), {"x": [1]})
        model.graph.initializer.append(weight)
        assert f"w: {message}" in imported(model).error


def test_names_are_printed_in_one_line(model_of, imported):
    model = model_of([helper.make_node("NonZero", ["x"], ["y"], name="two\nlines\x1b[31m")], {"x": [2]})
    result = imported(model)
    assert "two?lines?[31m" in result.error and len(result.error.splitlines()) == 1
