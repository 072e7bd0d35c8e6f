# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""conftest.py - networks whose kernels every GPU target must make good code of."""
import pathlib
import shutil
import sys

import onnx
import pytest
from onnx import TensorProto, helper

SCENES = sorted(path for path in (pathlib.Path(__file__).parents[2] / "examples" / "neural-graphics").iterdir() if path.suffix in (".ingp", ".msgpack"))
NETWORKS = ("resnet50", "encoder", "unet", "attention", "causal")


@pytest.fixture(params=SCENES, ids=lambda path: path.stem)
def scene(request):
    """The path of each example of neural graphics."""
    return request.param


@pytest.fixture(scope="session")
def grouped_attention():
    """Makes ONNX's Attention: so many heads, and groups of them with the same keys."""
    def make(path, heads, groups, queries, keys, depth, causal):
        names = {"q": [1, heads, queries, depth], "k": [1, groups, keys, depth], "v": [1, groups, keys, depth]}
        info = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        graph = helper.make_graph([helper.make_node("Attention", list(names), ["y"], is_causal=int(causal))], "attention",
                                  [info(*name) for name in names.items()], [info("y", names["q"])])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=11), path)
        return path

    return make


@pytest.fixture(scope="session")
def networks(root, grouped_attention, tmp_path_factory):
    """ResNet-50, a six-layer encoder, attention with 8 heads of 4,096 x 128, 4,000 where queries see what was before and
    pairs of them share keys, a small diffusion U-Net: name -> path; and "name-f16", "name-bf16" with values of that type."""
    sys.path.insert(0, str(root / "bench"))
    import make_models
    import matmul

    folder = tmp_path_factory.mktemp("networks")
    made = {name: make_models.MODELS[name](folder / f"{name}.onnx") for name in ("resnet50", "encoder", "unet")}
    made["attention"] = matmul.attention(folder, 8, 4096, 128)[0]
    made["causal"] = grouped_attention(folder / "causal.onnx", 8, 4, 4000, 4000, 128, causal=True)
    for kind in ("f16", "bf16"):
        for name in NETWORKS:
            copy = shutil.copy(made[name], folder / f"{name}-{kind}.onnx")
            made[f"{name}-{kind}"] = make_models.narrow(copy, kind)
    return made
