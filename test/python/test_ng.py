# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_ng.py - scenes in Python: what a field is, its parts, its pictures, and what is wrong with a call."""
import concurrent.futures
import json
import math
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest
import treadle
from PIL import Image
from treadle import ng

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONTENT = ROOT / "examples" / "neural-graphics"
from reference import encodings, fields, snapshot

KINDS = {"gia-low.msgpack": "image", "nsdf-low.msgpack": "sdf", "nvr-low.ingp": "volume", "nerf-low.ingp": "nerf"}
EYE = (1.6, 0.9, 1.5)


@pytest.fixture(scope="module")
def scenes():
    return {name: ng.load(CONTENT / name) for name in KINDS}


@pytest.fixture(params=KINDS)
def name(request):
    return request.param


def positions(scene, count=200):
    rng = np.random.default_rng(3)
    given = [rng.random((count, scene.inputs[0].shape[1]), np.float32)]
    if scene.kind == "nerf":
        direction = rng.standard_normal((count, 3)).astype(np.float32)
        given.append(direction / np.linalg.norm(direction, axis=1, keepdims=True))
    return given


def near(found, wanted, tolerance=3e-3):
    """Parameters, and what goes from layer to layer, are rounded to half precision."""
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance * max(np.abs(wanted).max(), 1e-3))


def test_a_call_is_the_field(scenes, name):
    scene, config = scenes[name], snapshot.read(CONTENT / name)
    assert scene.kind == KINDS[name] and repr(scene) == f"<treadle.ng.Scene {name}: {scene.kind}>"
    given = positions(scene)
    found, wanted = scene(*given), fields.load(config).evaluate(*given)
    if scene.kind == "nerf":
        near(np.log(found[1][:, 0]), np.log(wanted[0]))
        near(found[0], wanted[1])
    elif scene.kind == "volume":
        near(np.concatenate(found, 1), wanted)
    else:
        near(found, wanted.reshape(len(wanted), -1))


def test_its_parts_make_the_field(scenes, name):
    scene, given = scenes[name], positions(scenes[name])
    config = snapshot.read(CONTENT / name)
    features, whole = scene.encoding(given[0]), scene(*given)
    encoding = fields.position_encoding(scene.kind, config["encoding"], config["snapshot"])
    parameters = snapshot.parameters(config["snapshot"]).astype(np.float32)
    near(features, encoding.evaluate(given[0], parameters[-encoding.parameters:]))
    result = scene.network(features)
    if scene.kind == "image" or scene.kind == "sdf":
        near(result, whole)
    elif scene.kind == "volume":
        near(result, np.concatenate(whole, 1))
    else:
        near(result[:, :1], np.log(whole[1]))
        raw = scene.rgb_network(np.concatenate([result, scene.dir_encoding(given[1])], 1))
        near(1 / (1 + np.exp(-raw)), whole[0])
        near(scene.dir_encoding(given[1]), encodings.spherical_harmonics((given[1] + 1) / 2, 4))


def test_it_says_what_its_parameters_are(scenes, name):
    parts = scenes[name].parameters
    assert sum(math.prod(part["shape"]) for part in parts) == snapshot.read(CONTENT / name)["snapshot"]["n_params"]
    keys = [part["key"] for part in parts]
    assert keys == sorted(keys, key=("network", "rgb_network", "encoding").index) and parts[0]["shape"][0] == 64


def test_a_part_that_there_is_not(scenes):
    with pytest.raises(treadle.CompileError, match="--part rgb_network is no part of it; there are encoding, network"):
        scenes["gia-low.msgpack"].rgb_network(np.zeros((1, 3), np.float32))


def test_tensors_of_torch(scenes):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install torch==2.13.0)")
    scene = scenes["gia-low.msgpack"]
    (x,) = positions(scene)
    np.testing.assert_array_equal(scene(torch.from_numpy(x)), scene(x))
    with pytest.raises(TypeError, match="float64"):
        scene(x.astype(np.float64))


@pytest.mark.parametrize("flags, said", [
    ((), {}),
    (("--background", "0.2,0.4,0.6"), {"background": (0.2, 0.4, 0.6)}),
    (("--background", "none", "--samples", "2", "--exposure", "0.5"), {"background": "none", "samples": 2, "exposure": 0.5}),
], ids=range(3))
def test_pictures_are_those_of_the_command_line(scenes, name, flags, said, run, tmp_path):
    camera = None
    if scenes[name].kind != "image":
        flags = (*flags, "--camera", "1.6,0.9,1.5", "--fov", "25", "--look-at", "0.5,0.6,0.5", "--up", "0,0,1")
        camera = ng.Camera(eye=EYE, fov=25, look_at=(0.5, 0.6, 0.5), up=(0, 0, 1))
    picture = scenes[name].render(camera, size=(24, 16), **said)
    done = run("treadle", "render", CONTENT / name, "-o", tmp_path / "x.png", "--size", "24x16", *flags)
    assert done.returncode == 0, done.stderr
    assert picture.shape == (16, 24, 4) and picture.dtype == np.uint8
    with Image.open(tmp_path / "x.png") as there:
        np.testing.assert_array_equal(picture, np.asarray(there.convert("RGBA")))


def test_linear_light_and_depth(scenes):
    scene, camera = scenes["nsdf-low.msgpack"], ng.Camera(eye=EYE)
    bytes_, depth = scene.render(camera, size=(40, 24), background="none", depth=True)
    light = scene.render(camera, size=(40, 24), background="none", linear=True, exposure=1)
    assert light.dtype == np.float32 and light.shape == (24, 40, 4) and depth.shape == (24, 40)
    linear = np.clip(light[..., :3] / 2, 0, 1)
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(srgb, bytes_[..., :3] / np.float32(255), atol=0.003)
    hit = light[..., 3] == 1
    assert 0.05 < hit.mean() < 0.9 and (depth[~hit] == 0).all()
    assert (np.abs(depth[hit] - math.dist(EYE, (0.5, 0.5, 0.5))) < math.sqrt(3) / 2).all()
    with pytest.raises(ValueError, match="depth: a scene of kind image has none"):
        scenes["gia-low.msgpack"].render(size=(4, 4), depth=True)


@pytest.mark.parametrize("numbers, said", [({"background": (2, 0, 0)}, "background: should be numbers from 0 to 1"),
                                           ({"exposure": math.nan}, "exposure: should be a number of stops from -64 to 64")])
def test_a_picture_that_is_not(numbers, said, scenes):
    with pytest.raises(ValueError, match=said):
        scenes["gia-low.msgpack"].render(size=(4, 4), **numbers)


def test_a_camera_by_its_pose_and_intrinsics(scenes):
    """Columns right, down, forward and position; half the width over the tangent of half the angle."""
    forward = np.float64([0.5, 0.5, 0.5]) - EYE
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0, 1, 0))
    right /= np.linalg.norm(right)
    pose = np.stack([right, np.cross(forward, right), forward, EYE], 1)
    focal = 12 / math.tan(math.radians(15))
    scene, size = scenes["nerf-low.ingp"], (32, 24)
    there = scene.render(ng.Camera(eye=EYE, fov=30), size=size)
    np.testing.assert_array_equal(scene.render(ng.Camera(pose=pose, intrinsics=(focal, focal, 16, 12)), size=size), there)
    moved = scene.render(ng.Camera(pose=pose, intrinsics=(focal, focal, 19, 12)), size=size)
    np.testing.assert_array_equal(moved[:, 3:], there[:, :-3])


def test_numbers_are_set(scenes):
    scene, camera = scenes["nsdf-low.msgpack"], ng.Camera(eye=EYE)
    few, all_ = (scene.render(camera, (16, 16), background=(0, 0, 0), **numbers)[..., :3].sum() for numbers in ({"max_steps": 2}, {}))
    assert few < all_
    with pytest.raises(treadle.CompileError, match="--set majorant is no number by which such a scene is drawn; there are max_steps"):
        scene.render(camera, (16, 16), majorant=2)


def test_progress_and_memory(scenes):
    told = []
    scene = scenes["nvr-low.ingp"]
    whole = scene.render(ng.Camera(eye=EYE), (24, 24))
    parts = scene.render(ng.Camera(eye=EYE), (24, 24), memory=12 << 20, progress=told.append)
    np.testing.assert_allclose(parts.astype(int), whole, atol=1.01)
    assert told[-1] == 1 and sorted(told) == told

    def stop(done):
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        scene.render(ng.Camera(eye=EYE), (24, 24), progress=stop)
    with pytest.raises(MemoryError, match="the limit is 1024"):
        scene.render(size=(24, 24), memory=1024)


def test_from_several_threads(scenes):
    scene = scenes["nvr-low.ingp"]
    eyes = [(1.6, 0.3 * k, 1.5) for k in range(4)]
    alone = [scene.render(ng.Camera(eye=eye), (16, 16)) for eye in eyes]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for found, wanted in zip(pool.map(lambda eye: scene.render(ng.Camera(eye=eye), (16, 16)), eyes), alone):
            np.testing.assert_array_equal(found, wanted)


def test_on_vulkan(scenes):
    if not any(device["name"] == "vulkan:0" for device in treadle.devices()):
        pytest.skip("there is no Vulkan device")
    scene, there = scenes["gia-low.msgpack"], ng.load(CONTENT / "gia-low.msgpack", device="vulkan:0")
    (x,) = positions(scene, 10)
    near(there(x), scene(x))
    wanted = scene.render(size=(16, 16)).astype(int)
    for picture in (there.render(size=(16, 16)), scene.render(size=(16, 16), device="vulkan:0")):
        np.testing.assert_allclose(picture, wanted, atol=2)


def test_devices():
    cpu = treadle.devices()[0]
    assert (cpu["name"], cpu["target"]) == ("cpu", "cpu") and cpu["memory"] > 0 and "threads" in cpu["description"]
    with pytest.raises(treadle.CompileError, match="warp"):
        ng.load(CONTENT / "gia-low.msgpack", device="warp:0")


@pytest.mark.parametrize("said, why", [
    ({"eye": (1, 2)}, "Camera.eye: should be 3 finite numbers"),
    ({"eye": (1, 2, math.nan)}, "Camera.eye: should be 3 finite numbers"),
    ({"pose": np.eye(4)}, r"Camera.pose: should be 3x4 finite numbers, is an array of shape \[4, 4\]"),
    ({"pose": np.eye(4)[:3], "eye": (1, 2, 3)}, "pose stands beside eye"),
    ({"intrinsics": (1, 1, 0, 0), "fov": 40}, "intrinsics stand beside fov"),
    ({"fov": 180}, "Camera.fov: should be an angle"),
], ids=range(6))
def test_what_is_wrong_with_a_camera(said, why):
    with pytest.raises(ValueError, match=why):
        ng.Camera(**said)


@pytest.mark.parametrize("said, why", [({"fov": "35"}, "Camera.fov: should be a number, is '35'"), ({"eye": "1,2,3"}, "Camera.eye: should be 3 numbers"),
                                       ({"eye": 3j}, "Camera.eye: should be 3 numbers")], ids=range(3))
def test_cameras_that_are_no_numbers(said, why):
    with pytest.raises(TypeError, match=why):
        ng.Camera(**said)


@pytest.mark.parametrize("said, why", [
    ({"camera": "1,2,3"}, "camera: should be a treadle.ng.Camera, is '1,2,3'"),
    ({"camera": (1, 2, 3)}, "camera: should be a treadle.ng.Camera"),
    ({"size": 10}, "size: should be two whole numbers of pixels, width and height, is 10"),
    ({"size": (10.7, 10.2)}, "size: should be two whole numbers"),
    ({"size": (1, 2, 3)}, "size: should be two whole numbers"),
    ({"samples": 1.5}, "samples: should be a whole number, is 1.5"),
    ({"memory": "1G"}, "memory: should be a whole number, is '1G'"),
    ({"exposure": "1"}, "exposure: should be a number, is '1'"),
], ids=range(8))
def test_arguments_of_other_types(scenes, said, why):
    with pytest.raises(TypeError, match=re.escape(why)):
        scenes["gia-low.msgpack"].render(**said)


@pytest.mark.parametrize("scene, said, why", [
    ("gia-low.msgpack", {"camera": ng.Camera(eye=EYE)}, "is a picture, which has no camera"),
    ("gia-low.msgpack", {"camera": ng.Camera(intrinsics=(1, 1, 0, 0))}, "is a picture, which has no camera"),
    ("nsdf-low.msgpack", {"camera": ng.Camera(eye=(0.5, 0.5, 0.5))}, "at the place that it looks at"),
    ("nsdf-low.msgpack", {"camera": ng.Camera(eye=(0.5, 2, 0.5))}, "the direction that is to be up"),
    ("gia-low.msgpack", {"size": (0, 4)}, "a picture of 0 x 4 pixels cannot be drawn"),
    ("gia-low.msgpack", {"size": (4, 1 << 17)}, "a picture of 4 x 131072 pixels cannot be drawn"),
    ("gia-low.msgpack", {"background": "red"}, 'background: should be numbers or "none"'),
    ("gia-low.msgpack", {"background": (1, 1)}, "background: should be 3 or 4 finite numbers"),
    ("gia-low.msgpack", {"samples": 0}, "samples: should be 1 or more"),
    ("gia-low.msgpack", {"memory": -1}, "memory: should be 0 or more, is -1"),
], ids=range(10))
def test_what_is_wrong_with_a_picture(scenes, scene, said, why):
    with pytest.raises(ValueError, match=why):
        scenes[scene].render(**said)


def test_a_mere_network_is_asked_and_not_drawn(tmp_path):
    config = {"encoding": {"otype": "Identity"}, "network": {"otype": "FullyFusedMLP", "n_neurons": 16, "n_hidden_layers": 1},
              "n_input_dims": 5, "n_output_dims": 3, "parameters": {"file": "net.bin", "dtype": "f16"}}
    (tmp_path / "net.json").write_text(json.dumps(config))
    np.random.default_rng(1).uniform(-0.5, 0.5, 2 * 16 * 16).astype(np.float16).tofile(tmp_path / "net.bin")
    scene = ng.load(tmp_path / "net.json")
    x = np.random.default_rng(2).random((7, 5), np.float32)
    assert scene.kind == "network" and scene(x).shape == (7, 3)
    near(scene.network(scene.encoding(x)), scene(x))
    with pytest.raises(treadle.CompileError, match="a network is not drawn"):
        scene.render(size=(4, 4))
    with pytest.raises(treadle.CompileError, match="none.ingp: No such file"):
        ng.load(tmp_path / "none.ingp")


def test_without_torch(build):
    """Scenes need none; the modules say what is missing."""
    script = """import sys; sys.modules["torch"] = None
import treadle.ng as ng
assert ng.Scene and ng.load and set(ng.__all__) <= set(dir(ng)) and "Encoding" in ng.__all__
try: ng.Encoding
except ImportError as problem: print(problem)
try: ng.Nothing
except AttributeError as problem: print(problem)"""
    done = subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": str(build / "python")}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert "are modules of PyTorch, which is not installed (pip install torch)" in first and "no attribute 'Nothing'" in second
