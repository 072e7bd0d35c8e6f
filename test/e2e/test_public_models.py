# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_public_models.py - trained models give what ONNX Runtime gives, for all inputs there are references for.

They are licensed each in its own way and large, so they are not in the tree. With the tools beside it:

    python ../shared/tools/get_models.py public ../models        (456 MB)
    python ../shared/tools/make_refs.py ../models

TREADLE_MODELS names another folder than ../models. Nothing is downloaded here.
"""
import os
import pathlib

import pytest

pytestmark = pytest.mark.slow

MODELS = """
nsfw-resnet50-thin squeezenet-snacks mnist-cntk yolov8n-nudenet picodet-layout ppocrv4-det ppocrv4-rec ppocr-cls
sr-animevideov3-x4 waifu2x-upconv7-photo ultraface-rfb-320 yunet-n-dynamic basic-pitch dnsmos-p808 pulsevad
eeg-spindle-unet paraphrase-minilm-l3 minilm-l6-int8 magika attacut-c khmer-segment ultraface-slim-320
dnsmos-sig-bak-ovr pulsevad-int8 style-starry-night-fp16 mlp-surrogate
""".split()
SMALL = ["mnist-cntk", "pulsevad", "attacut-c", "paraphrase-minilm-l3"]  # few enough FLOPs for a simulated device


@pytest.fixture(scope="session")
def public(root):
    """The folder of the models."""
    folder = pathlib.Path(os.environ.get("TREADLE_MODELS", root.parent / "models"))
    if not any((folder / f"{name}.onnx").exists() for name in MODELS):
        pytest.skip(f"no public models in {folder}; see the head of this file")
    return folder


def model_and_references(public, name):
    model, references = public / f"{name}.onnx", sorted((public / "refs").glob(f"{name}.*.npz"))
    if not model.exists():
        pytest.skip(f"{model} is not there; see the head of this file")
    if not references:
        pytest.skip(f"{public / 'refs'} has no references of {name}; see the head of this file")
    return model, references


@pytest.mark.parametrize("name", MODELS)
def test_numbers(treadle, public, name):
    model, references = model_and_references(public, name)
    for case in references:
        done = treadle("compare", model, "--against", case)
        assert done.returncode == 0, f"{case.name}:\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("name", SMALL)
def test_numbers_on_gpus(gpu, target, public, name):
    model, references = model_and_references(public, name)
    gpu("compare", model, "--against", references[0], "--device", f"{target}:0")
