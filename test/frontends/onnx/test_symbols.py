# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_symbols.py - dimensions with names: what they are called, and the sizes that follow from them."""
import numpy as np
import pytest

I64 = np.int64
IMAGE = {"x": ["n", 3, "h", "w"]}
FILTER = {"f": np.ones((8, 3, 3, 3), np.float32)}


def ints(*values):
    return np.array(values, I64)


def floats(*values):
    return np.array(values, np.float32)


def dims(result, index=0):
    """The dimensions of a result as written in IR: "n, 3, h floordiv 2"."""
    kind = result.result_type(index)
    return kind.split("#graph.dims<")[1].rstrip("> ") if "dims<" in kind else kind


# (node, inputs, constants, dimensions of the result)
SIZES = {
    "conv": (("Conv", "xf", "y", {"pads": [1] * 4, "strides": [2, 1]}), IMAGE, FILTER, "n, 8, (h + 1) floordiv 2, w"),
    "conv-same": (("Conv", "xf", "y", {"auto_pad": "SAME_UPPER", "strides": [2, 1]}), IMAGE, FILTER, "n, 8, (h + 1) floordiv 2, w"),
    "conv-same-1x1": (("Conv", "xf", "y", {"auto_pad": "SAME_LOWER", "strides": [2, 2]}), IMAGE, {"f": np.ones((8, 3, 1, 1), np.float32)},
                      "n, 8, (h + 1) floordiv 2, (w + 1) floordiv 2"),
    "conv-valid": (("Conv", "xf", "y", {"auto_pad": "VALID"}), IMAGE, FILTER, "n, 8, h - 2, w - 2"),
    "pool-same": (("MaxPool", "x", "y", {"kernel_shape": [2, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"}), IMAGE, {},
                  "n, 3, (h + 1) floordiv 2, (w + 1) floordiv 2"),
    # Rounded towards zero, as ONNX's shape inference does it.
    "pool": (("MaxPool", "x", "y", {"kernel_shape": [2, 3], "strides": [2, 2], "pads": [0, 1, 0, 1]}), IMAGE, {},
             "n, 3, max(2, h) floordiv 2, (w + 1) floordiv 2"),
    "average-same": (("AveragePool", "x", "y", {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_LOWER"}), IMAGE, {},
                     "n, 3, (h + 1) floordiv 2, (w + 1) floordiv 2"),
    "transposed": (("ConvTranspose", "xf", "y", {"strides": [2, 2], "output_padding": [1, 1], "pads": [1] * 4}), IMAGE,
                   {"f": np.ones((3, 8, 3, 3), np.float32)}, "n, 8, 2 * h, 2 * w"),
    "transposed-same": (("ConvTranspose", "xf", "y", {"strides": [2, 2], "auto_pad": "SAME_UPPER"}), IMAGE,
                        {"f": np.ones((3, 8, 3, 3), np.float32)}, "n, 8, 2 * h, 2 * w"),
    "transposed-shape": (("ConvTranspose", "xf", "y", {"strides": [2, 2], "output_shape": [10, 8]}), IMAGE,
                         {"f": np.ones((3, 8, 3, 3), np.float32)}, "n, 8, 10, 8"),
    "attention": (("Attention", "qkv", "y"), {"q": ["n", 8, "l", 16], "k": ["n", 2, "s", 16], "v": ["n", 2, "s", 12]}, {}, "n, 8, l, 12"),
    "reshape": (("Reshape", "xs", "y"), IMAGE, {"s": ints(0, 3, -1)}, "n, 3, h * w"),
    "reshape-inferred": (("Reshape", "xs", "y"), IMAGE, {"s": ints(-1, 0)}, "h * n * w, 3"),
    "flatten": (("Flatten", "x", "y"), IMAGE, {}, "n, 3 * h * w"),
    "slice-all": (("Slice", "xsea", "y"), IMAGE, {"s": ints(0), "e": ints(2**63 - 1), "a": ints(2)}, "n, 3, h, w"),
    "slice-last": (("Slice", "xsea", "y"), IMAGE, {"s": ints(-1), "e": ints(2**63 - 1), "a": ints(2)}, "n, 3, 1, w"),
    "slice-but-last": (("Slice", "xsea", "y"), IMAGE, {"s": ints(0), "e": ints(-1), "a": ints(2)}, "n, 3, h - 1, w"),
    "slice-clamped": (("Slice", "xsea", "y"), IMAGE, {"s": ints(0), "e": ints(5), "a": ints(2)}, "n, 3, min(5, h), w"),
    "slice-even": (("Slice", "xseat", "y"), IMAGE, {"s": ints(0), "e": ints(2**31 - 1), "a": ints(2), "t": ints(2)},
                   "n, 3, (h + 1) floordiv 2, w"),
    "slice-reversed": (("Slice", "xseat", "y"), IMAGE, {"s": ints(-1), "e": ints(-2**63), "a": ints(3), "t": ints(-1)}, "n, 3, h, w"),
    "split": (("Split", "x", ["y", "z"], {"axis": 2, "num_outputs": 2}), IMAGE, {}, "n, 3, (h + 1) floordiv 2, w"),
    "pad": (("Pad", "xp", "y"), IMAGE, {"p": ints(0, 0, 1, -2, 0, 0, 1, 3)}, "n, 3, h + 2, w + 1"),
    "depth-to-space": (("SpaceToDepth", "x", "y", {"blocksize": 2}), IMAGE, {}, "n, 12, h floordiv 2, w floordiv 2"),
    "resize": (("Resize", ["x", "", "s"], "y"), IMAGE, {"s": floats(1, 1, 2, 1.5)}, "n, 3, 2 * h, (3 * w) floordiv 2"),
    "resize-half": (("Resize", ["x", "", "s"], "y", {"mode": "linear"}), IMAGE, {"s": floats(1, 1, 0.5, 0.3)},
                    "n, 3, h floordiv 2, (3 * w) floordiv 10"),
    "upsample": (("Tile", "xr", "y"), IMAGE, {"r": ints(1, 1, 2, 1)}, "n, 3, 2 * h, w"),
    "concat": (("Concat", "xx", "y", {"axis": 2}), IMAGE, {}, "n, 3, 2 * h, w"),
    "reduce": (("ReduceMean", "xa", "y", {"keepdims": 0}), IMAGE, {"a": ints(2, 3)}, "n, 3"),
    "expand": (("Expand", "xs", "y"), {"x": ["n", 1]}, {"s": ints(4, 1, 5)}, "4, n, 5"),
    "global-pool": (("GlobalAveragePool", "x", "y"), IMAGE, {}, "n, 3, 1, 1"),
}


@pytest.mark.parametrize("name", SIZES)
def test_sizes(model_of, imported, name):
    node, inputs, constants, expected = SIZES[name]
    result = imported(model_of(node, inputs, constants=constants))
    assert not result.error
    assert dims(result) == expected


def test_shapes_pass_through_the_graph(model_of, imported):
    """Shape, Gather, arithmetic, Concat, Reshape: as exporters write x.view(n, h // 2, -1)."""
    model = model_of([("Shape", "x", "s"), ("Gather", "s0", "n"), ("Gather", "s2", "h"), ("Cast", "h", ["hf"], {"to": 1}),
                      ("Div", ["hf", "half"], ["g"]), ("Floor", ["g"], ["f"]), ("Cast", "f", ["i"], {"to": 7}),
                      ("Unsqueeze", "nz", ["nn"]), ("Unsqueeze", "iz", ["ii"]), ("Concat", ["nn", "ii", "m"], "t", {"axis": 0}),
                      ("Reshape", "xt", "y")], {"x": ["n", 3, "h", "w"]},
                     constants={"0": np.array(0), "2": np.array(2), "half": np.float32(1), "z": ints(0), "m": ints(-1)})
    result = imported(model)
    assert not result.error
    assert result.ops == ["reshape"] and dims(result) == "n, h, 3 * w"


def test_conditions_on_sizes_are_settled(model_of, imported):
    """Where(shape == -1, ones, shape), as Expand is exported."""
    model = model_of([("Shape", "x", "s"), ("Equal", "sm", "c"), ("Where", "cos", "t"), ("Expand", "zt", "y")],
                     {"x": ["n", 4], "z": [1]}, constants={"m": ints(-1), "o": ints(1, 1)})
    assert dims(imported(model)) == "n, 4"


def test_sizes_that_must_be_equal_are_checked_at_run_time(model_of, imported):
    result = imported(model_of(("Add", "xz", "y"), {"x": ["a"], "z": ["b"]}))
    assert "graph.require <b> equals <a>" in result.ir and "the_add_0 (Add): operands must have equal dimensions" in result.ir


def test_names(model_of, imported):
    """Equal names are equal sizes; what is no name is a size of its own; no two names become one symbol."""
    model = model_of([("Add", "xz", "y")], {"x": ["seq len", None, "None", "None"], "z": ["seq_len", "?", -1, 0], "v": ["seq len", "2n"]})
    model.graph.output.add().name = "v"
    result = imported(model)
    assert "#graph.dims<seq_len, d1_of_x, d2_of_x, d3_of_x>" in result.ir
    assert "#graph.dims<seq_len_2, d1_of_z, d2_of_z, 0>" in result.ir
    assert "#graph.dims<seq_len, d2n>" in result.ir


def test_fixed(model_of, imported):
    model = model_of(("Relu", "x", "y"), {"x": ["seq len", None]})
    for flag in ("seq_len=7", "seq len=7", "x.0=7"):
        assert "tensor<7x?xf32" in imported(model, "--dim", flag).ir
    assert "tensor<?x5xf32" in imported(model, "--dim", "x.1=5").ir


def test_a_size_cannot_grow_without_limit(model_of, imported):
    """Each step squares an expression; after some, it is no size that a model means."""
    nodes = [("Shape", "x", ["s0"])]
    for i in range(40):
        nodes += [("Slice", [f"s{i}", "r", "e", "z", "m"], [f"r{i}"]), ("Add", [f"r{i}", "one"], [f"p{i}"]),
                  ("Mul", [f"s{i}", f"p{i}"], [f"s{i + 1}"])]
    nodes.append(("ConstantOfShape", ["s40"], "y"))
    model = model_of(nodes, {"x": ["a", "b", "c"]}, constants={"r": ints(-1), "e": ints(-9), "z": ints(0), "m": ints(-1), "one": ints(1)})
    result = imported(model)
    assert result.status == 1 and "the_constantofshape" in result.error
