# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_damaged.py - files that are cut short or altered are an error or another model, never a crash.

TREADLE_MUTATIONS says how many altered files are tried (300); TREADLE_BUILD=build-asan tries them under the sanitizers.
"""
import os
import random

import numpy as np
import pytest
from onnx import helper

COUNT = int(os.environ.get("TREADLE_MUTATIONS", "300"))


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


def test_the_model_itself(model, imported):
    assert not imported(model).error


@pytest.mark.slow
def test_altered_files(model, imported):
    """`imported` asserts the exit status."""
    rng = random.Random(1)
    for _ in range(COUNT):
        result = imported(mutated(model, rng))
        assert bool(result.error) != bool(result.ir)


def test_what_is_no_model(imported):
    for data in (b"", b"\x00" * 64, b"\xff" * 64, b"PNG", b"version https://git-lfs.github.com/spec/v1"):
        result = imported(data)
        assert result.status == 1 and "model.onnx" in result.error and len(result.error.splitlines()) == 1
