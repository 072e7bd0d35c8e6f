# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the README tells a newcomer to type works as it stands, with a small model in the place of the demo's."""
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image


@pytest.fixture(scope="module")
def place(root, build, tmp_path_factory):
    """A folder that looks like the tree after ./dev demo."""
    place = tmp_path_factory.mktemp("readme")
    models = place / "build" / "demo" / "models"
    models.mkdir(parents=True)
    for name in ("bin", "lib", "python"):
        (place / "build" / name).symlink_to(build / name)
    scales = numpy_helper.from_array(np.array([1, 1, 4, 4], np.float32), "scales")
    node = helper.make_node("Resize", ["data", "", "scales"], ["output"], mode="nearest",
                            coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    graph = helper.make_graph([node], "x4", [helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, "height", "width"])],
                              [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 3, None, None])], [scales])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (models / "super-resolution-x4.onnx").write_bytes(model.SerializeToString())
    Image.fromarray(np.arange(10 * 12 * 3, dtype=np.uint8).reshape(10, 12, 3)).save(place / "build" / "demo" / "photo.png")
    return place


def fences(root, language):
    return re.findall(rf"```{language}\n(.*?)```", (root / "README.md").read_text(), re.S)


def test_command_line(root, place):
    script, _ = fences(root, "sh")
    done = subprocess.run(["bash", "-euxc", script], cwd=place, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    small, large = (np.asarray(Image.open(place / "build" / "demo" / name)) for name in ("photo.png", "large.png"))
    assert (large == small.repeat(4, 0).repeat(4, 1)).all()


def test_pictures(root, place):
    _, script = fences(root, "sh")
    (place / "examples").symlink_to(root / "examples")
    done = subprocess.run(["bash", "-euxc", script], cwd=place, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert np.asarray(Image.open(place / "build" / "surface.png")).std() > 10


def test_python(root, place):
    if not (place / "build" / "python" / "treadle").exists():
        pytest.skip("this build has no Python package")
    (script,) = fences(root, "python")
    done = subprocess.run([sys.executable, "-c", script], cwd=place, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": "build/python"})
    assert done.returncode == 0, done.stderr


def test_c_lines_compile(root, place):
    """The README's C is the middle of a function."""
    (lines,) = fences(root, "c")
    source = place / "readme.c"
    source.write_text(f'#include <stdio.h>\n#include "treadle.h"\nvoid run(treadle_tensor input, treadle_tensor output) {{\n{lines}}}\n')
    done = subprocess.run(["clang-22", "-std=c11", "-Wall", "-Werror", "-fsyntax-only", f"-I{root}/runtime", source],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
