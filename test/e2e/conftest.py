# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""conftest.py - small models, and the command line as a function."""
import json
import os

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

F32 = TensorProto.FLOAT
LAYERS = {"VK_INSTANCE_LAYERS": "VK_LAYER_KHRONOS_validation",
          "VK_LAYER_ENABLES": "VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT"}


def save(path, nodes, inputs, outputs, weights=(), **options):
    """Writes a model. Inputs and outputs are (name, shape) or (name, shape, type); weights (name, array)."""
    infos = [[helper.make_tensor_value_info(name, rest[0] if rest else F32, shape) for name, shape, *rest in side]
             for side in (inputs, outputs)]
    graph = helper.make_graph(nodes, "g", *infos, [numpy_helper.from_array(np.asarray(a), n) for n, a in weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in options.get("metadata", {}).items():
        model.metadata_props.add(key=key, value=value)
    onnx.save(model, path)
    return path


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """The folder of the models that the fixtures below make."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def chain(models):
    """y = tanh(x + 1) * x, for x of [batch, 3, h, w]: values s, t, y of nodes add_1, tanh_1, mul_1."""
    nodes = [helper.make_node("Add", ["x", "one"], ["s"], name="add_1"), helper.make_node("Tanh", ["s"], ["t"], name="tanh_1"),
             helper.make_node("Mul", ["t", "x"], ["y"], name="mul_1")]
    shape = ["batch", 3, "h", "w"]
    return save(models / "chain.onnx", nodes, [("x", shape)], [("y", shape)], [("one", np.float32(1))],
                metadata={"labels": "cat\ndog"})


@pytest.fixture(scope="session")
def dense(models):
    """y = relu(x @ w + b), for x of [4, 8], w of [8, 5]; seeded weights."""
    rng = np.random.default_rng(1)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["m"], name="matmul_1"),
             helper.make_node("Add", ["m", "b"], ["a"], name="add_1"), helper.make_node("Relu", ["a"], ["y"], name="relu_1")]
    weights = [("w", rng.standard_normal((8, 5), np.float32)), ("b", rng.standard_normal(5, np.float32))]
    return save(models / "dense.onnx", nodes, [("x", [4, 8])], [("y", [4, 5])], weights)


@pytest.fixture(scope="session")
def picture(models):
    """result = image, doubled, for a picture of [1, 3, h, w]."""
    shape = [1, 3, "h", "w"]
    return save(models / "picture.onnx", [helper.make_node("Add", ["image", "image"], ["result"], name="double")],
                [("image", shape)], [("result", shape)])


@pytest.fixture(scope="session")
def sound(models):
    """louder = samples + samples, for [1, n] samples."""
    return save(models / "sound.onnx", [helper.make_node("Add", ["samples", "samples"], ["louder"], name="double")],
                [("samples", [1, "n"])], [("louder", [1, "n"])])


@pytest.fixture(scope="session")
def two(models):
    """sum = a + b and difference = a - b, for a and b of [n]."""
    nodes = [helper.make_node("Add", ["a", "b"], ["sum"], name="add"), helper.make_node("Sub", ["a", "b"], ["difference"], name="sub")]
    return save(models / "two.onnx", nodes, [("a", ["n"]), ("b", ["n"])], [("sum", ["n"]), ("difference", ["n"])])


@pytest.fixture
def treadle(run):
    """treadle(*arguments): runs the command line."""
    return lambda *arguments, **options: run("treadle", *arguments, **options)


@pytest.fixture
def fails(treadle):
    """fails(*arguments, status=1): the one line that a command which must fail says; the whole of it."""

    def call(*arguments, status=1, **options):
        done = treadle(*arguments, **options)
        assert done.returncode == status, done.stdout + done.stderr
        lines = done.stderr.splitlines()
        assert lines and lines[0].startswith("treadle: "), done.stderr
        if status == 1:
            assert len(lines) == 1, done.stderr
            assert not done.stdout, done.stdout
        return lines[0].removeprefix("treadle: ")

    return call


@pytest.fixture
def layers():
    """An environment in which Vulkan's validation layer says what is wrong, where it is installed."""
    return {**os.environ, **LAYERS}


@pytest.fixture(params=["vulkan", "cuda", "hip"])
def target(request):
    """A target that runs on GPUs, by its name."""
    return request.param


@pytest.fixture
def gpu(treadle, build, target, monkeypatch):
    """gpu(*arguments): runs the command line where there is a device 0 of `target`, simulated if there is no other, and
    fails on any word of the simulator or of Vulkan's validation layer, where that is installed."""
    has = lambda: any(d["name"] == f"{target}:0" for d in json.loads(treadle("devices", "--json").stdout))
    if not has():
        monkeypatch.setenv("LD_LIBRARY_PATH", str(build / "simulator"), prepend=os.pathsep)
        if not has():
            pytest.skip(f"there is no device of {target}")

    def call(*arguments):
        done = treadle(*arguments, env={**os.environ, **LAYERS})
        said = done.stdout + done.stderr
        assert not any(word in said for word in ("VUID", "SYNC-HAZARD", "simulator:")), said
        assert done.returncode == 0, said
        return done

    return call
