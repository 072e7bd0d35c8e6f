# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_example_vulkan.py - the Vulkan example: pixels in an app's own buffers are those that `treadle render` draws."""
import json
import pathlib

import numpy as np
import pytest
from PIL import Image
from reference.render import psnr

CONTENT = pathlib.Path(__file__).resolve().parents[2] / "examples" / "neural-graphics"
SIZE, BORDER = 96, 4


@pytest.fixture
def fly(run, treadle, build, layers):
    """fly(*arguments): on the first Vulkan device; any word of the validation layer is an error."""
    if not (build / "bin" / "example-vulkan").exists():
        pytest.skip("this build has no Vulkan, or there is no loader to link with")
    if not any(device["name"] == "vulkan:0" for device in json.loads(treadle("devices", "--json").stdout)):
        pytest.skip("there is no Vulkan device")

    def call(*arguments):
        done = run("example-vulkan", *arguments, env=layers)
        assert not any(word in done.stdout + done.stderr for word in ("VUID", "SYNC-HAZARD")), done.stdout + done.stderr
        return done

    return call


@pytest.mark.parametrize("scene", ["nsdf-hash.msgpack", "nvr-low.ingp"])
def test_pictures_are_those_of_render(fly, treadle, tmp_path, scene):
    done = treadle("compile", "--render", "--target", "vulkan", CONTENT / scene, "-o", tmp_path / "scene.tdl")
    assert done.returncode == 0, done.stderr
    done = fly(tmp_path / "scene.tdl", tmp_path / "out.ppm", "3")
    assert done.returncode == 0, done.stderr
    picture = np.asarray(Image.open(tmp_path / "out.ppm"))
    assert picture.shape == (SIZE + 2 * BORDER, SIZE + 2 * BORDER, 3)
    flags = ["--camera", done.stdout.strip(), "--look-at", "0.5,0.5,0.5", "--fov", "40", "--background", "1,1,1",
             "--exposure", "0", "--size", f"{SIZE}x{SIZE}", "--device", "vulkan:0", "-o", tmp_path / "eye.png"]
    drawn = treadle("render", tmp_path / "scene.tdl", *flags)
    assert drawn.returncode == 0, drawn.stderr
    middle = picture[BORDER:-BORDER, BORDER:-BORDER]
    assert middle.std() > 10
    assert psnr(middle / 255, np.asarray(Image.open(tmp_path / "eye.png"))[..., :3] / 255) > 50
    around = picture.copy()
    around[BORDER:-BORDER, BORDER:-BORDER] = 32
    assert (around == 32).all()  # what the app clears


def test_says_what_is_wrong(fly, treadle, tmp_path):
    done = fly()
    assert done.returncode == 1 and "usage: fly" in done.stderr
    done = fly(tmp_path / "absent.tdl", tmp_path / "out.ppm")
    assert done.returncode == 1 and "absent.tdl" in done.stderr
    scene = tmp_path / "scene.tdl"
    done = treadle("compile", "--render", "--target", "vulkan", CONTENT / "gia-low.msgpack", "-o", scene)
    assert done.returncode == 0, done.stderr
    done = fly(scene, tmp_path / "out.ppm")
    assert done.returncode == 1 and "an image has no camera" in done.stderr and not (tmp_path / "out.ppm").exists()
    done = treadle("compile", "--render", "--target", "cpu", CONTENT / "nsdf-low.msgpack", "-o", scene)
    assert done.returncode == 0, done.stderr
    done = fly(scene, tmp_path / "out.ppm")
    assert done.returncode == 1 and "not for vulkan; compile the model with --target vulkan" in done.stderr
