# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Cubins beside PTX, where there is an assembler; and that nothing depends on there being one."""
import importlib.util
import os
import pathlib

import numpy as np
import onnx
import pytest
from onnx import helper


@pytest.fixture(scope="module")
def toolkit():
    """A folder as CUDA_HOME names it."""
    package = importlib.util.find_spec("nvidia.cuda_nvcc")
    if not package:
        pytest.skip("nvidia-cuda-nvcc-cu12 of requirements.txt is not installed")
    return pathlib.Path(package.submodule_search_locations[0])


@pytest.fixture
def model(tmp_path):
    """y = softmax(x @ x), two kernels."""
    values = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [24, 24]) for name in "xy"]
    nodes = [helper.make_node("MatMul", ["x", "x"], ["m"]), helper.make_node("Softmax", ["m"], ["y"])]
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", values[:1], values[1:]), opset_imports=[helper.make_opsetid("", 20)]),
              tmp_path / "x.onnx")
    return tmp_path / "x.onnx"


@pytest.fixture
def compiled(run, model, tmp_path):
    def compiled(*arguments, **environment):
        environment = {**os.environ, "PATH": "/nowhere", **environment}
        done = run("treadle", "compile", model, "-o", tmp_path / "x.tdl", "--target", "cuda:sm_80", "--explain", *arguments, env=environment)
        return done, tmp_path / "x.tdl"

    return compiled


def test_a_cubin_for_each_kernel(compiled, toolkit, run, build, tmp_path):
    done, artifact = compiled(CUDA_HOME=str(toolkit))
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    count = said.split("sm_80: ")[1].split(" of ")[0]
    assert f"sm_80: {count} of {count} kernels are cubins too" in said and "registers" in said
    assert artifact.read_bytes().count(b"\x7fELF") == int(count) > 0
    assert artifact.read_bytes().count(b".target sm_80") == int(count)
    # The simulated driver takes no cubin, as one that is older than the assembler: it takes the PTX then.
    simulated = {**os.environ, "LD_LIBRARY_PATH": str(build / "simulator")}
    ran = run("treadle", "run", artifact, "--device", "cuda:0", "--output", f"y={tmp_path / 'y.npy'}", env=simulated)
    assert ran.returncode == 0, ran.stderr
    np.testing.assert_allclose(np.load(tmp_path / "y.npy").sum(1), 1, rtol=24 * 2.0**-23)


def test_without_an_assembler_there_is_ptx(compiled, toolkit):
    """A toolkit that the environment names is the one, whatever else there is."""
    done, artifact = compiled(CUDA_HOME="/nowhere", CUDA_PATH="", PATH=str(toolkit / "bin"))
    assert done.returncode == 0, done.stderr
    assert b"\x7fELF" not in artifact.read_bytes() and b".target sm_80" in artifact.read_bytes()
    assert "cubin" not in done.stdout + done.stderr


def test_an_assembler_that_fails(compiled, tmp_path):
    broken = tmp_path / "ptxas"
    broken.write_text("#!/bin/sh\necho 'ptxas fatal: too old' >&2\nexit 1\n")
    broken.chmod(0o755)
    done, artifact = compiled("--ptxas", broken)
    assert done.returncode == 0, done.stderr
    assert b"\x7fELF" not in artifact.read_bytes()
    assert "PTX alone: ptxas fatal: too old" in done.stdout + done.stderr


def test_an_assembler_that_is_not_there(compiled):
    done, _ = compiled("--ptxas", "/nowhere/ptxas")
    assert done.returncode == 2 and "--ptxas /nowhere/ptxas: there is no such program" in done.stderr


def test_none(compiled, toolkit):
    done, artifact = compiled("--ptxas", "none", CUDA_HOME=str(toolkit))
    assert done.returncode == 0 and b"\x7fELF" not in artifact.read_bytes()
