# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_example_c.py - the C example, built as C11 and as C++: it runs an artifact and gets the numbers right."""
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper


@pytest.fixture(scope="module")
def artifact(run, tmp_path_factory):
    """y = x * 3 + 1, x float32[batch, 2]."""
    folder = tmp_path_factory.mktemp("example")
    tensor = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 2])
    number = lambda name, n: onnx.numpy_helper.from_array(np.float32(n), name)
    graph = helper.make_graph([helper.make_node("Mul", ["x", "three"], ["z"]), helper.make_node("Add", ["z", "one"], ["y"])],
                              "affine", [tensor("x")], [tensor("y")], [number("three", 3), number("one", 1)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "affine.onnx")
    done = run("treadle", "compile", folder / "affine.onnx", "-o", folder / "affine.tdl")
    assert done.returncode == 0, done.stderr
    return folder / "affine.tdl"


@pytest.mark.parametrize("example", ["example-c", "example-c-as-cpp"])
def test_runs_zeros_and_raw_files(run, artifact, example, tmp_path):
    done = run(example, artifact)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "input  x: f32[batch, 2]" and lines[1] == "output y: f32[batch, 2]"
    assert lines[2] == "  shape 1 2, begins 1 1"

    raw = tmp_path / "x.raw"
    np.arange(6, dtype=np.float32).tofile(raw)
    done = run(example, artifact, "batch=3", raw)
    assert done.returncode == 0, done.stderr
    assert "  shape 3 2, begins 1 4 7 10 13 16" in done.stdout


def test_says_what_is_wrong(run, artifact, tmp_path):
    done = run("example-c")
    assert done.returncode == 2 and "usage" in done.stderr
    done = run("example-c", tmp_path / "absent.tdl")
    assert done.returncode == 1 and "absent.tdl" in done.stderr
    (tmp_path / "short.raw").write_bytes(b"1234")
    done = run("example-c", artifact, tmp_path / "short.raw")
    assert done.returncode == 1 and "should have 8 bytes" in done.stderr
