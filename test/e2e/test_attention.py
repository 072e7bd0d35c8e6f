# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A decoder's attention: groups of heads, keys of the past, of which there are none at first, and a causal mask, or a window of keys."""
import numpy as np
import pytest
from onnx import TensorProto, helper, save

HEADS, GROUPS, SIZE = 6, 2, 16
# How many keys before and after its own a query sees, -1: all.
WINDOWS = [(-1, 0), (20, 0), (9, 3)]


@pytest.fixture(scope="module", params=WINDOWS, ids=str)
def decoder(request, tmp_path_factory):
    left, right = request.param
    def value(name, heads, length):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", heads, length, SIZE])

    inputs = [value("q", HEADS, "new"), value("k", GROUPS, "new"), value("v", GROUPS, "new"), value("pk", GROUPS, "past"),
              value("pv", GROUPS, "past")]
    node = helper.make_node("Attention", ["q", "k", "v", "", "pk", "pv"], ["y", "nk", "nv"], is_causal=int(right == 0),
                            left_window_size=left, right_window_size=-1 if right == 0 else right)
    graph = helper.make_graph([node], "decoder", inputs, [value("y", HEADS, "new"), value("nk", GROUPS, "all"), value("nv", GROUPS, "all")])
    path = tmp_path_factory.mktemp("attention") / "decoder.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 25)], ir_version=10), path)
    return path, left, right


def expected(q, k, v, left, right):
    """In f64, of all keys."""
    k, v = (np.repeat(x, HEADS // GROUPS, axis=1).astype(np.float64) for x in (k, v))
    scores = q.astype(np.float64) @ k.swapaxes(2, 3) / SIZE**0.5
    new, keys = scores.shape[2:]
    key, position = np.arange(keys)[None], np.arange(new)[:, None] + keys - new
    scores[:, :, (key > position + right) | ((left >= 0) & (key < position - left))] = -np.inf
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True) @ v


@pytest.mark.parametrize("past, new", [(0, 1), (0, 9), (1, 1), (70, 1), (33, 40)])
def test_decoder(decoder, run, tmp_path, past, new):
    decoder, left, right = decoder
    rng = np.random.default_rng(past + new)
    shapes = {"q": (HEADS, new), "k": (GROUPS, new), "v": (GROUPS, new), "pk": (GROUPS, past), "pv": (GROUPS, past)}
    arrays = {name: rng.standard_normal((2, *shape, SIZE), np.float32) for name, shape in shapes.items()}
    arguments = []
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
        arguments += ["--input", f"{name}={tmp_path / name}.npy"]
    for name in ("y", "nk", "nv"):
        arguments += ["--output", f"{name}={tmp_path / name}.npy"]
    done = run("treadle", "run", decoder, *arguments)
    assert done.returncode == 0, done.stderr
    keys, values = (np.concatenate([arrays["p" + x], arrays[x]], axis=2) for x in "kv")
    np.testing.assert_array_equal(np.load(tmp_path / "nk.npy"), keys)
    np.testing.assert_array_equal(np.load(tmp_path / "nv.npy"), values)
    # Sums of 16 products, their exponentials, and weighted means of up to 73 numbers around 1.
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), expected(arrays["q"], keys, values, left, right), rtol=0, atol=73 * 2.0**-24 * 8)
