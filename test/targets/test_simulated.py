# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What simulated devices count of a transformer's layer: bytes that move, conflicts in shared memory, matrix units."""
import json
import os
import sys

import numpy as np
import pytest

pytestmark = pytest.mark.slow

SIZE, HEADS, INNER, WORDS, TOKENS = 384, 12, 1536, 64, 128


@pytest.fixture(scope="module", params=["f32", "f16"])
def layer(request, root, tmp_path_factory):
    """(path, type, bytes of an element) of an encoder of one layer."""
    sys.path.insert(0, str(root / "bench"))
    import make_models

    path = make_models.encoder(tmp_path_factory.mktemp("layer") / "layer.onnx", 1, SIZE, HEADS, INNER, WORDS)
    return (path if request.param == "f32" else make_models.narrow(path, request.param), request.param,
            {"f32": 4, "f16": 2}[request.param])


@pytest.fixture(scope="module", params=["cuda", "hip"])
def counted(request, layer, run, build, tmp_path_factory):
    """(target, type, bytes of an element, counters of each kernel)."""
    if request.param == "cuda" and not (build / "simulator" / "libcuda.so.1").exists():
        pytest.fail("the simulator of CUDA devices is not built")
    path, kind, bytes_each = layer
    folder = tmp_path_factory.mktemp("counted")
    np.save(folder / "ids.npy", np.random.default_rng(1).integers(0, WORDS, (1, TOKENS)))
    environment = {**os.environ, "LD_LIBRARY_PATH": str(build / "simulator"), "TREADLE_SIMULATOR_REPORT": str(folder / "report")}
    done = run("treadle", "run", path, "--device", f"{request.param}:0", "--input", f"ids={folder / 'ids.npy'}", env=environment)
    assert done.returncode == 0, done.stderr
    return request.param, kind, bytes_each, [json.loads(line) for line in (folder / "report").read_text().splitlines()]


def test_no_bank_conflicts(counted):
    conflicts = {kernel["kernel"]: kernel["bankConflicts"] for kernel in counted[3] if kernel["bankConflicts"]}
    assert not conflicts


def test_bytes_that_move(counted):
    """What a fused layer must move at least: weights once, and what one kernel leaves to the next once each way."""
    _, _, bytes_each, kernels = counted
    value, wide = TOKENS * SIZE, TOKENS * INNER
    weights = 4 * SIZE * SIZE + 2 * SIZE * INNER + 4 * SIZE + INNER + SIZE + 4 * SIZE
    embedding = min(TOKENS, WORDS) * SIZE + value + 2 * value  # gathered, stored, normalised
    attention = value + 3 * value + 3 * value + value  # x; q, k, v; and again; mixed
    project = value + value + value + 2 * value  # mixed, x; sum; normalised
    feed = value + wide + wide + value + value + 2 * value  # x; inner; and again, x; sum; normalised
    least = (weights + embedding + attention + project + feed) * bytes_each
    moved = sum(kernel["bytesRead"] + kernel["bytesWritten"] for kernel in kernels)
    assert moved <= 1.2 * least


def test_products_of_f16_are_the_matrix_units(counted):
    target, kind, _, kernels = counted
    flops = sum(kernel["matrixFlops"] for kernel in kernels)
    if kind == "f16" or target == "hip":  # gfx90a multiplies f32 there, too
        products = 2 * TOKENS * (4 * SIZE * SIZE + 2 * SIZE * INNER) + 4 * TOKENS * TOKENS * SIZE
        assert flops >= products
    else:
        assert flops == 0
