# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_damaged.py - files that are cut short or altered are an error or another model, never a crash.

TREADLE_MUTATIONS says how many altered files are tried of either kind (40); TREADLE_BUILD=build-asan tries them under the
sanitizers.
"""
import os
import random

import numpy as np
import onnx
import pytest
from onnx import helper

COUNT = int(os.environ.get("TREADLE_MUTATIONS", "40"))
NUMBERS = [0, 1, -1, 3, -2, 65536, 2**31 - 1, 2**31, 2**40, 2**63 - 1, -2**63]


@pytest.fixture(scope="module")
def model(model_of):
    """Some of everything: a network with shapes, branches, a function, weights large and small."""
    rng = np.random.default_rng(0)
    branch = helper.make_graph([helper.make_node("Neg", ["b"], ["n"])], "g", [], [helper.make_value_info("n", helper.make_tensor_type_proto(1, None))])
    function = helper.make_function("f", "F", ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])], [helper.make_opsetid("", 21)])
    nodes = [("Conv", "xwv", "a", {"pads": [1] * 4, "strides": [2, 2]}), helper.make_node("F", ["a"], ["b"], domain="f"),
             helper.make_node("If", ["c"], ["d"], then_branch=branch, else_branch=branch), ("Shape", "d", "s"),
             ("Slice", ["s", "zero", "two"], ["t"]), ("Concat", ["t", "minus"], "u", {"axis": 0}), ("Reshape", "du", "r"),
             ("Softmax", "r", "p", {"axis": -1}), ("Resize", ["d", "", "scales"], "q", {"mode": "linear"}),
             ("ReduceMax", "q", "m", {"keepdims": 0}), ("Pad", ["p", "pads"], "o"), ("Add", "om", "y")]
    return model_of(nodes, {"x": ["n", 3, "h", "w_"]}, functions=[function], domains=["f"], constants={
        "w": rng.standard_normal((16, 3, 3, 3), np.float32), "v": np.zeros(16, np.float32), "c": np.array(True),
        "zero": np.array([0]), "two": np.array([2]), "minus": np.array([-1]), "scales": np.array([1, 1, 2, 2], np.float32),
        "pads": np.array([0, 0, 1, 0, 0, 1])}).SerializeToString()


def mutated(data, rng):
    data = bytearray(data)
    kind = rng.randrange(4)
    if kind == 0:
        return bytes(data[:rng.randrange(len(data))])
    for _ in range(rng.choice([1, 1, 2, 5])):
        at = rng.randrange(len(data))
        if kind == 1:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            data[at] = rng.choice([0, 1, 127, 128, 255, rng.randrange(256)])
        else:
            piece = data[at:at + rng.randrange(1, 40)]
            to = rng.randrange(len(data))
            data[to:to] = piece
            del data[at:at + rng.randrange(0, 3)]
    return bytes(data)


def altered(model, rng):
    """A model that is one by its form, but for one thing."""
    graph = model.graph
    node, tensor = rng.choice(graph.node), rng.choice(graph.initializer)
    values = [name for n in graph.node for name in (*n.input, *n.output)] + ["nothing", ""]
    attribute = rng.choice([a for n in graph.node for a in n.attribute])

    def change_attribute():
        if attribute.type == onnx.AttributeProto.INTS:
            attribute.ints[rng.randrange(len(attribute.ints))] = rng.choice(NUMBERS)
        elif attribute.type == onnx.AttributeProto.INT:
            attribute.i = rng.choice(NUMBERS)
        else:
            attribute.s = rng.choice([b"", b"X", b"\xff\xfe"])

    def change_data():
        kind = np.int64 if tensor.data_type == onnx.TensorProto.INT64 else np.uint8
        data = np.frombuffer(tensor.raw_data, kind).copy()
        data[rng.randrange(len(data))] = rng.choice(NUMBERS) if kind == np.int64 else rng.randrange(256)
        tensor.raw_data = data.tobytes()

    def change_place():
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", rng.choice(["", ".", "../x", "/etc/passwd"])), ("offset", str(rng.choice(NUMBERS))),
                           ("length", str(rng.choice(NUMBERS)))):
            tensor.external_data.add(key=key, value=value)

    def change_input():
        kind = graph.input[0].type.tensor_type
        if rng.random() < 0.5:
            kind.elem_type = rng.randrange(30)
        else:
            rng.choice(kind.shape.dim).dim_value = rng.choice(NUMBERS)

    def put(names):
        names[rng.randrange(len(names))] = rng.choice(values)

    rng.choice([
        change_attribute, change_data, change_place, change_input, lambda: put(node.input), lambda: put(node.output),
        lambda: setattr(attribute, "type", rng.randrange(15)), lambda: setattr(tensor, "data_type", rng.randrange(30)),
        lambda: tensor.dims.append(rng.choice(NUMBERS)), lambda: graph.node.remove(node), lambda: graph.node.append(node),
        lambda: graph.initializer.remove(tensor), lambda: graph.initializer.append(tensor), lambda: node.input.pop(),
        lambda: node.input.extend(["x"] * rng.choice([1, 2, 50])), lambda: graph.node.insert(0, graph.node.pop()),
        lambda: setattr(node, "op_type", rng.choice(["If", "Einsum", "STFT", "Loop", "Pad", "Concat", "Split"])),
        lambda: setattr(model.opset_import[0], "version", rng.choice([*NUMBERS, 6, 9, 12])),
        lambda: setattr(model.functions[0].node[0], "op_type", "F"),  # calls itself
    ])()
    return model.SerializeToString()


def test_the_model_itself(model, imported):
    assert not imported(model).error


def check(result):
    """One that is refused has a line for the first thing that is wrong, and words of the model, not of the compiler."""
    assert bool(result.error) != bool(result.ir)
    assert not any(word in result.error for word in ("graph.", "operand #", "LLVM", "Assertion")), result.error
    assert len(result.error) < 2000


def test_altered_bytes(model, imported):
    """`imported` asserts the exit status."""
    rng = random.Random(1)
    for _ in range(COUNT):
        check(imported(mutated(model, rng)))


def test_altered_models(model, imported):
    rng = random.Random(2)
    for _ in range(COUNT):
        check(imported(altered(onnx.load_from_string(model), rng)))


def test_what_is_no_model(imported):
    for data in (b"", b"\x00" * 64, b"\xff" * 64, b"PNG", b"version https://git-lfs.github.com/spec/v1"):
        result = imported(data)
        assert result.status == 1 and "model.onnx" in result.error and len(result.error.splitlines()) == 1
