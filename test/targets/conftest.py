# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""conftest.py - networks whose kernels every GPU target must make good code of."""
import sys

import pytest


@pytest.fixture(scope="session")
def networks(root, tmp_path_factory):
    """ResNet-50, a six-layer encoder, attention with 8 heads of 4,096 x 128, a small diffusion U-Net: name -> path."""
    sys.path.insert(0, str(root / "bench"))
    import make_models
    import matmul

    folder = tmp_path_factory.mktemp("networks")
    made = {name: make_models.MODELS[name](folder / f"{name}.onnx") for name in ("resnet50", "encoder", "unet")}
    made["attention"] = matmul.attention(folder, 8, 4096, 128)[0]
    return made
