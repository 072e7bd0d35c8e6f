# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""conftest.py - networks whose kernels every GPU target must make good code of."""
import shutil
import sys

import pytest

NETWORKS = ("resnet50", "encoder", "unet", "attention")


@pytest.fixture(scope="session")
def networks(root, tmp_path_factory):
    """ResNet-50, a six-layer encoder, attention with 8 heads of 4,096 x 128, a small diffusion U-Net: name -> path; and
    "name-f16", "name-bf16" with values of that type."""
    sys.path.insert(0, str(root / "bench"))
    import make_models
    import matmul

    folder = tmp_path_factory.mktemp("networks")
    made = {name: make_models.MODELS[name](folder / f"{name}.onnx") for name in ("resnet50", "encoder", "unet")}
    made["attention"] = matmul.attention(folder, 8, 4096, 128)[0]
    for kind in ("f16", "bf16"):
        for name in NETWORKS:
            copy = shutil.copy(made[name], folder / f"{name}-{kind}.onnx")
            made[f"{name}-{kind}"] = make_models.narrow(copy, kind)
    return made
