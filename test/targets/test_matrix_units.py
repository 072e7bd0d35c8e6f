# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kernels on matrix units give what a CPU gives, and never meet a bank of shared memory twice; by the simulators' counts."""
import json
import os
import sys

import numpy as np
import pytest

# The tile of a large product and that of a small one, one that no tile divides, and a long one; with A and B as they are stored.
PRODUCTS = [(1024, 1024, 128, False), (1024, 1024, 64, True), (200, 296, 160, False), (131, 77, 53, True), (7, 300, 520, True), (136, 200, 1032, True)]


@pytest.fixture(scope="module")
def bench(root):
    sys.path.insert(0, str(root / "bench"))
    import make_models
    import matmul
    return make_models, matmul


def product(make_models, path, m, n, k, is_turned):
    """Of two inputs, so that nothing is packed."""
    net = make_models.Network("product")
    b = net.input("b", [n, k] if is_turned else [k, n])
    y = net.op("MatMul", net.input("a", [m, k]), net.op("Transpose", b, perm=[1, 0]) if is_turned else b)
    return net.save(path, (y, [m, n]))


def numbers(array):
    """As f32; bf16 is two bytes that NumPy does not know."""
    return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32) if array.dtype.kind == "V" else array.astype(np.float32)


@pytest.fixture
def check(run, build, bench, tmp_path):
    def check(path, kind, target, device):
        if not list((build / "simulator").glob({"cuda": "libcuda.so*", "hip": "libamdhip64.so*"}[device.split(":")[0]])):
            pytest.skip(f"there is no simulator of {target}")
        if kind != "f32":
            bench[0].narrow(path, kind)
        results = []
        for which in (target, "cpu"):
            out = tmp_path / f"{which.split(':')[0]}.npz"
            done = run("treadle", "compile", path, "-o", tmp_path / "x.tdl", "--target", which)
            assert done.returncode == 0, done.stderr
            report = tmp_path / f"{out.stem}.json"
            environment = {**os.environ, "LD_LIBRARY_PATH": str(build / "simulator"), "TREADLE_SIMULATOR_REPORT": str(report)}
            done = run("treadle", "run", tmp_path / "x.tdl", "--device", device if which == target else "cpu",
                       "--output", out, env=environment)
            assert done.returncode == 0, done.stderr
            results.append([numbers(array) for array in np.load(out).values()])
        step = {"f16": 2.0**-10, "bf16": 2.0**-7, "f32": 2.0**-18}[kind]
        for got, expected in zip(*results):
            assert np.abs(got - expected).max() <= 2 * step * np.abs(expected).max()
        kernels = [json.loads(line) for line in (tmp_path / f"{target.split(':')[0]}.json").read_text().splitlines()]
        assert sum(kernel["matrix"] for kernel in kernels)
        assert not [kernel for kernel in kernels if kernel["matrix"] and kernel["bankConflicts"]]

    return check


TARGETS = [(target, device, kind) for target, device, kinds in
           [("cuda:sm_80", "cuda:0", ["f16", "bf16"]), ("cuda:sm_90", "cuda:0", ["f16", "bf16"]), ("hip", "hip:0", ["f16", "bf16", "f32"])]
           for kind in kinds]


@pytest.mark.slow
@pytest.mark.parametrize("target, device, kind", TARGETS)
@pytest.mark.parametrize("m, n, k, is_turned", PRODUCTS)
def test_product(check, bench, tmp_path, target, device, kind, m, n, k, is_turned):
    check(product(bench[0], tmp_path / "x.onnx", m, n, k, is_turned), kind, target, device)


@pytest.mark.slow
@pytest.mark.parametrize("target, device, kind", TARGETS)
@pytest.mark.parametrize("channels, filters, size, window", [(64, 72, 14, 1), (48, 64, 15, 3), (3, 64, 20, 7)])
def test_convolution(check, bench, tmp_path, target, device, kind, channels, filters, size, window):
    net = bench[0].Network("conv")
    y = net.conv(net.input("x", [2, channels, size, size]), channels, filters, window)
    check(net.save(tmp_path / "x.onnx", (y, [2, filters, size, size])), kind, target, device)


@pytest.mark.slow
@pytest.mark.parametrize("target, device, kind", TARGETS)
@pytest.mark.parametrize("heads, length, depth", [(2, 256, 64), (2, 100, 128), (3, 65, 40)])
def test_attention(check, bench, tmp_path, target, device, kind, heads, length, depth):
    check(bench[1].attention(tmp_path, heads, length, depth)[0], kind, target, device)


# Of several tasks and of one, with blocks of keys and queries that are no whole ones, and more queries than keys.
@pytest.mark.slow
@pytest.mark.parametrize("target, device, kind", [t for t in TARGETS if t[2] != "f32"])
@pytest.mark.parametrize("heads, groups, queries, keys, depth, causal",
                         [(64, 16, 300, 300, 128, True), (2, 1, 200, 330, 64, True), (4, 2, 150, 70, 96, False), (2, 2, 64, 400, 192, False)])
def test_grouped_attention(check, grouped_attention, tmp_path, target, device, kind, heads, groups, queries, keys, depth, causal):
    check(grouped_attention(tmp_path / "x.onnx", heads, groups, queries, keys, depth, causal), kind, target, device)
