# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""treadle render --camera transforms.json: pictures from a data set's cameras, and what is wrong with such a file."""
import json
import math
import pathlib

import numpy as np
import pytest
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONTENT = ROOT / "examples" / "neural-graphics"
from reference import render as reference

EYES = [(1.6, 0.9, 1.5), (1.9, 0.3, -0.4), (-0.6, 1.2, 1.1)]
FOV = 38.0
SCENE = "nerf-low.ingp"


def world_of(eye, scale=0.33, offset=(0.5, 0.5, 0.5)):
    """NeRF's matrix of a camera at `eye` that looks at the cube's middle: the field's x, y, z are the world's y, z, x, moved
    and scaled; the camera's axes are right, up and back."""
    pose = np.asarray(reference.look_at(eye), np.float64)
    world = np.eye(4)
    world[[1, 2, 0], :] = pose  # row of the world's y is that of the field's x
    world[:3, 1:3] *= -1
    world[:3, 3] = (world[:3, 3] - np.asarray(offset)) / scale
    return world


@pytest.fixture
def write(tmp_path):
    def call(frames=None, **keys):
        frames = [{"file_path": f"./images/{i}.png", "transform_matrix": world_of(eye).tolist()} for i, eye in enumerate(EYES)] \
            if frames is None else frames
        path = tmp_path / "transforms.json"
        path.write_text(json.dumps({"frames": frames, **keys}))
        return path

    return call


@pytest.fixture
def draw(treadle, tmp_path):
    """draw(*flags, name=..): the picture, of bytes."""

    def call(*flags, name="out.png"):
        done = treadle("render", CONTENT / SCENE, "-o", tmp_path / "out.png", "--background", "0,0,0", *flags)
        assert done.returncode == 0, done.stderr
        return np.asarray(Image.open(tmp_path / name)).astype(int)

    return call


def flags_of(eye):
    return ["--camera", ",".join(map(str, eye)), "--fov", str(FOV), "--size", "32x24"]


def near(found, wanted):
    """A pose that went through a file is rounded; an edge may fall on the other side of a pixel's middle."""
    assert found.shape == wanted.shape
    assert (found == wanted).all() or reference.psnr(found / 255, wanted / 255) > 45


def test_the_same_as_from_the_same_pose(write, draw, treadle, tmp_path):
    path = write(camera_angle_y=math.radians(FOV), w=32, h=24)
    done = treadle("render", CONTENT / SCENE, "-o", tmp_path / "all.png", "--background", "0,0,0", "--camera", path, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["frames"]
    assert [(f["frame"], f["name"], f["width"], f["height"]) for f in told] == [(i, f"./images/{i}.png", 32, 24) for i in range(3)]
    for i, eye in enumerate(EYES):
        wanted = draw(*flags_of(eye))
        assert 0.02 < (wanted.max(2) > 0).mean() < 0.9
        near(np.asarray(Image.open(tmp_path / f"all-000{i}.png")).astype(int), wanted)
    near(draw("--camera", path, "--frame", "1"), draw(*flags_of(EYES[1])))


@pytest.mark.parametrize("keys", [
    {"camera_angle_x": 2 * math.atan(math.tan(math.radians(FOV / 2)) * 32 / 24)},
    {"y_fov": FOV}, {"camera_angle_x": 2 * math.atan(math.tan(math.radians(FOV / 2)) * 32 / 24), "y_fov": FOV},
    {"w": 64, "h": 48, "fl_x": 24 / math.tan(math.radians(FOV / 2))},
    {"w": 64, "h": 48, "fl_y": 24 / math.tan(math.radians(FOV / 2)), "cx": 32, "cy": 24},
    {"w": 320, "h": 240, "fl_x": 120 / math.tan(math.radians(FOV / 2)), "fl_y": 120 / math.tan(math.radians(FOV / 2)), "k1": 0.0},
], ids=range(6))
def test_a_lens_said_in_any_way(keys, write, draw):
    """What is in pixels follows --size."""
    near(draw("--camera", write(**keys), "--frame", "0", "--size", "32x24"), draw(*flags_of(EYES[0])))


def test_a_principal_point(write, draw):
    """Moved by 3 pixels, all of the picture is."""
    focal = 12 / math.tan(math.radians(FOV / 2))
    there, moved = (draw("--camera", write(w=32, h=24, fl_x=focal, cx=cx), "--frame", "0") for cx in (16, 19))
    near(moved[:, 3:], there[:, :-3])


def test_scale_offset_and_what_a_frame_says(write, draw):
    frames = [{"transform_matrix": world_of(EYES[0], 0.5, (0.1, 0.2, 0.3)).tolist()[:3], "camera_angle_y": math.radians(FOV), "w": 32, "h": 24}]
    near(draw("--camera", write(frames, scale=0.5, offset=[0.1, 0.2, 0.3], camera_angle_y=1, w=8, h=8), "--frame", "0"), draw(*flags_of(EYES[0])))


def test_an_axis_at_a_time(write, treadle, tmp_path):
    """The rule in words: world positions times 0.33 plus 0.5, then x from y, y from z, z from x; up and back turned round."""
    treadle_ng = pytest.importorskip("treadle.ng", reason="this build has no Python package")
    matrix = np.arange(1, 13, dtype=np.float64).reshape(3, 4)
    (camera, size), = treadle_ng.cameras(write([{"transform_matrix": matrix.tolist()}], fl_x=10, w=8, h=6))
    pose = np.asarray(camera.pose).reshape(3, 4)
    turned = matrix * [1, -1, -1, 0.33] + [0, 0, 0, 0.5]
    np.testing.assert_allclose(pose, turned[[1, 2, 0]], rtol=1e-6)
    assert size == (8, 6) and camera.intrinsics == (10, 10, 4, 3)
    (camera, size), = treadle_ng.cameras(tmp_path / "transforms.json", size=(16, 12))
    assert size == (16, 12) and camera.intrinsics == (20, 20, 8, 6)
    (camera, size), = treadle_ng.cameras(write([{"transform_matrix": matrix.tolist()}], fl_x=10, w=8, h=6, scale=1, offset=0, camera_model="OPENCV"))
    np.testing.assert_allclose(np.asarray(camera.pose).reshape(3, 4), (matrix * [1, -1, -1, 1])[[1, 2, 0]], rtol=1e-6)
    with pytest.raises(ValueError, match="says no size of pictures"):
        treadle_ng.cameras(write(camera_angle_x=1))


def test_a_lens_that_bends(write, treadle, tmp_path):
    done = treadle("render", CONTENT / SCENE, "-o", tmp_path / "x.png", "--camera", write(camera_angle_x=0.6, k1=0.1, p2=0.01), "--frame", "0",
                   "--size", "8x8")
    assert done.returncode == 0 and "k1, p2: not followed, pictures are drawn as by a lens that keeps lines straight" in done.stderr


WRONG = [
    ({}, ["--frame", "3"], "--frame 3: ", " has frames 0 to 2"),
    ({}, ["--orbit", "3"], "--orbit stands beside --camera"),
    ({}, ["--fov", "30"], "--fov stands beside --camera"),
    ({"frames": []}, [], "frames should be a list of 1 to 10000 pictures"),
    ({"frames": [3]}, [], "frames[0] should be a map with transform_matrix"),
    ({"frames": [{}]}, [], "frames[0].transform_matrix is missing"),
    ({"frames": [{"transform_matrix": [[1, 2, 3]]}]}, [], "frames[0].transform_matrix should be a matrix of 3 or 4 rows of 4 numbers"),
    ({"frames": [{"transform_matrix": [[0, 0, 0, 0]] * 4}]}, [], "frames[0].transform_matrix has a column 0 of no length"),
    ({"camera_angle_x": None}, [], "camera_angle_x should be a number"),
    ({"camera_angle_x": 4}, [], "camera_angle_x is 4; it should be an angle of more than 0 and less than 180 degrees, in radians"),
    ({"scale": "big"}, [], "scale should be a number"),
    ({"offset": [1, 2]}, [], "offset should be a number, or a list of 3"),
    ({"scale": 0}, [], "scale is 0; it should be a positive number"),
    ({"w": 0, "h": 4}, [], "w should be a whole number of pixels, 1 to 65536"),
    ({"fl_x": 3}, [], "w is missing, and fl_x is in pixels of a picture of that size"),
    ({"fl_x": -3, "w": 4, "h": 4}, [], "fl_x is -3; it should be a positive number of pixels"),
    ({"is_fisheye": True}, [], "is_fisheye is said, and only lenses that keep lines straight are drawn"),
    ({"camera_model": "OPENCV_FISHEYE"}, [], "camera_model is OPENCV_FISHEYE, and only lenses that keep lines straight are drawn"),
    ({"camera_model": 3}, [], "camera_model is no name"),
    ({"from_mitsuba": True}, [], "from_mitsuba is true"),
]


@pytest.mark.parametrize("keys, flags, said", [(k, f, s) for k, f, *s in WRONG], ids=range(len(WRONG)))
def test_what_is_wrong(keys, flags, said, write, treadle, tmp_path):
    path = write(**{"camera_angle_x": 0.6, **keys})
    done = treadle("render", CONTENT / SCENE, "-o", tmp_path / "x.png", "--camera", path, *flags)
    assert done.returncode == 1 and all(part in done.stderr for part in said) and len(done.stderr.splitlines()) == 1, done.stderr
    assert not list(tmp_path.glob("x*"))


def test_files_that_are_none(write, treadle, tmp_path):
    for text, said in (("[]", "should be a map with frames"), ("{", "is no JSON"), (json.dumps({"frames": [{"transform_matrix": world_of(EYES[0]).tolist()}]}),
                                                                                   "frames[0].camera_angle_x is missing")):
        (tmp_path / "t.json").write_text(text)
        done = treadle("render", CONTENT / SCENE, "-o", tmp_path / "x.png", "--camera", tmp_path / "t.json")
        assert done.returncode == 1 and said in done.stderr, done.stderr
    done = treadle("render", CONTENT / SCENE, "-o", tmp_path / "x.png", "--camera", tmp_path / "none.json")
    assert done.returncode == 1 and "none.json: No such file" in done.stderr
    done = treadle("render", CONTENT / SCENE, "-o", tmp_path / "x.png", "--frame", "0")
    assert done.returncode == 1 and "--frame 0: is a frame of a file that --camera names" in done.stderr
    done = treadle("render", CONTENT / "gia-low.msgpack", "-o", tmp_path / "x.png", "--camera", write(camera_angle_x=1.0))
    assert done.returncode == 1 and "is a picture, which has no camera" in done.stderr
