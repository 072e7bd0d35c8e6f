# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""conftest.py - small models for the tests of the Python package."""
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper


def value(name, dtype, shape):
    kind = dtype if isinstance(dtype, int) else helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return helper.make_tensor_value_info(name, kind, shape)


def make(nodes, inputs, outputs, weights=None, metadata=None):
    """A model; inputs and outputs are (name, dtype, shape), weights arrays by name."""
    graph = helper.make_graph(nodes, "test", [value(*i) for i in inputs], [value(*o) for o in outputs],
                              [onnx.numpy_helper.from_array(a, n) for n, a in (weights or {}).items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, metadata or {})
    onnx.checker.check_model(model)
    return model


@pytest.fixture(scope="session")
def dense():
    """relu(x @ w + b): x float32[batch, 3] -> y float32[batch, 4]; the model and its arrays."""
    rng = np.random.default_rng(1)
    w, b = rng.standard_normal((3, 4), np.float32), rng.standard_normal(4, np.float32)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["xw"], "project"), helper.make_node("Add", ["xw", "b"], ["z"], "shift"),
             helper.make_node("Relu", ["z"], ["y"], "clip")]
    model = make(nodes, [("x", np.float32, ["batch", 3])], [("y", np.float32, ["batch", 4])], {"w": w, "b": b},
                 {"labels": "a,b,c,d"})
    return model, lambda x: np.maximum(x @ w + b, 0)


@pytest.fixture(scope="session")
def dense_path(dense, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "dense.onnx"
    onnx.save(dense[0], path)
    return path


@pytest.fixture(scope="session")
def sum_and_difference():
    """a, b float32[n] -> a + b, a - b."""
    nodes = [helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Sub", ["a", "b"], ["difference"])]
    vector = lambda name: (name, np.float32, ["n"])
    return make(nodes, [vector("a"), vector("b")], [vector("sum"), vector("difference")])


@pytest.fixture(scope="session")
def passed_through():
    """x float32[2] -> x, -x, and -x by another name."""
    nodes = [helper.make_node("Identity", ["x"], ["same"]), helper.make_node("Neg", ["x"], ["negative"]),
             helper.make_node("Identity", ["negative"], ["again"])]
    return make(nodes, [("x", np.float32, [2])], [(name, np.float32, [2]) for name in ("same", "again", "negative")])


@pytest.fixture(scope="session")
def cast():
    """cast(from, to): x from[n] -> y to[n], element types as numbers of onnx.TensorProto."""

    def call(source, target):
        node = helper.make_node("Cast", ["x"], ["y"], "convert", to=target)
        return make([node], [("x", source, ["n"])], [("y", target, ["n"])])

    return call


@pytest.fixture(scope="session")
def types():
    return TensorProto
