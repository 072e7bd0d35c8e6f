# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""treadle render: pictures of trained scenes beside the NumPy reference's, on every device, and what is wrong with a command."""
import json
import math
import pathlib
import zlib

import msgpack
import numpy as np
import pytest
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONTENT = ROOT / "examples" / "neural-graphics"
from reference import fields, render as reference, snapshot

EYE = (1.6, 0.9, 1.5)
SIZE = 32
ALL = [f"{kind}-{grid}.{suffix}" for kind, suffix in (("gia", "msgpack"), ("nsdf", "msgpack"), ("nvr", "ingp"), ("nerf", "ingp"))
       for grid in ("hash", "dense", "low")]


@pytest.fixture
def render(treadle, tmp_path):
    """render(scene, *flags, name=..): draws it, and gives the picture in [0, 1], [height, width, channels]."""

    def call(scene, *flags, name="out.png"):
        done = treadle("render", scene if isinstance(scene, pathlib.Path) else CONTENT / scene, "-o", tmp_path / name, *flags)
        assert done.returncode == 0, done.stdout + done.stderr
        return np.asarray(Image.open(tmp_path / name), np.float32) / 255

    return call


def camera_flags(scene, size=SIZE):
    flags = ["--size", f"{size}x{size}", "--background", "0,0,0"]
    return flags if "gia" in scene else [*flags, "--camera", ",".join(map(str, EYE))]


def to_srgb(linear):
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


def wanted(scene, size=SIZE):
    """The reference's picture in front of black, in sRGB."""
    field = fields.load(snapshot.read(CONTENT / scene))
    camera = reference.look_at(EYE)
    if field.mode == "image":
        return np.clip(reference.image(field, size, size), 0, 1)
    if field.mode == "sdf":
        hit, _, normal = reference.sphere_trace(field.evaluate, camera, size, size)
        return to_srgb(reference.shade(hit, normal)[..., :3])
    if field.mode == "volume":
        return to_srgb(reference.delta_track(field.evaluate, field.snapshot["volume"], camera, size, size)[..., :3])
    return np.clip(reference.march(field, camera, size, size)[0][..., :3], 0, 1)


# In dB. Parameters and layers are in half precision; a surface's edge is a pixel's hit or miss.
BOUNDS = {"gia": 45, "nsdf": 35, "nvr": 45, "nerf": 45}


@pytest.mark.parametrize("scene", ALL)
def test_pictures(scene, render):
    assert reference.psnr(render(scene, *camera_flags(scene)), wanted(scene)) >= BOUNDS[scene.split("-")[0]]


@pytest.mark.parametrize("scene", ALL)
def test_the_same_on_every_device(scene, render, gpu, target, tmp_path):
    """On simulated devices a small picture; seen were 76 dB and more."""
    flags = camera_flags(scene, 256 if target == "vulkan" else 32)
    gpu("render", CONTENT / scene, "-o", tmp_path / "gpu.png", "--device", f"{target}:0", *flags)
    there = np.asarray(Image.open(tmp_path / "gpu.png"), np.float32) / 255
    assert reference.psnr(there, render(scene, *flags)) >= 50


@pytest.mark.parametrize("scene", ALL)
def test_halves_are_nearly_as_good_as_floats(scene, render, tmp_path):
    """The same parameters as f32, with which values from layer to layer are f32 too; seen were 63 dB and more."""
    data = (CONTENT / scene).read_bytes()
    config = msgpack.unpackb(zlib.decompress(data) if scene.endswith(".ingp") else data)
    halves = np.frombuffer(config["snapshot"]["params_binary"], np.float16)
    config["snapshot"] |= {"params_binary": halves.astype(np.float32).tobytes(), "params_type": "float"}
    (tmp_path / "floats.msgpack").write_bytes(msgpack.packb(config))
    flags = camera_flags(scene, 256)
    assert reference.psnr(render(scene, *flags), render(tmp_path / "floats.msgpack", *flags)) >= 45


def read_exr(path):
    """Channels of 32-bit floats by name, [height, width], of an OpenEXR file in ZIP blocks of 16 lines."""
    data = path.read_bytes()
    assert data[:8] == b"\x76\x2f\x31\x01\x02\x00\x00\x00"
    at, attributes = 8, {}
    while data[at]:
        name, kind, rest = data[at:].split(b"\0", 2)
        at += len(name) + len(kind) + 2
        size = int.from_bytes(data[at:at + 4], "little")
        attributes[name.decode()], at = data[at + 4:at + 4 + size], at + 4 + size
    assert attributes["compression"] == b"\3"
    names, rest = [], attributes["channels"]
    while rest[0]:
        name, rest = rest.split(b"\0", 1)
        assert rest[:4] == bytes([2, 0, 0, 0])
        names, rest = [*names, name.decode()], rest[16:]
    left, top, right, bottom = np.frombuffer(attributes["dataWindow"], "<i4")
    width, height = right - left + 1, bottom - top + 1
    at += 1 + 8 * -(-height // 16)
    lines = np.empty((height, len(names), width), np.float32)
    for first in range(0, height, 16):
        size = int.from_bytes(data[at + 4:at + 8], "little")
        block, count = data[at + 8:at + 8 + size], min(16, height - first)
        at += 8 + size
        whole = count * len(names) * width * 4
        if size < whole:  # deflated: differences of bytes, those at even places first
            raw = np.frombuffer(zlib.decompress(block), np.uint8).astype(np.int64)
            raw = (np.cumsum(raw) - 128 * np.arange(whole)).astype(np.uint8)
            block = np.empty(whole, np.uint8)
            block[0::2], block[1::2] = raw[: (whole + 1) // 2], raw[(whole + 1) // 2:]
        lines[first:first + count] = np.frombuffer(bytes(block), "<f4").reshape(count, len(names), width)
    return {name: lines[:, i] for i, name in enumerate(names)}


def test_light_and_depth(render, treadle, tmp_path):
    """An .exr has what the .png is made of, and where it is."""
    flags = ["--size", "40x24", "--camera", "1.6,0.9,1.5", "--background", "none"]
    picture = render("nsdf-low.msgpack", *flags)
    done = treadle("render", CONTENT / "nsdf-low.msgpack", "-o", tmp_path / "out.exr", *flags, "--exposure", "1")
    assert done.returncode == 0, done.stderr
    exr = read_exr(tmp_path / "out.exr")
    assert sorted(exr) == ["A", "B", "G", "R", "Z"] and exr["Z"].shape == (24, 40)
    np.testing.assert_allclose(to_srgb(exr["R"] / 2), picture[..., 0], atol=0.003)
    np.testing.assert_array_equal(exr["A"], picture[..., 3])
    hit = exr["A"] == 1
    assert 0.05 < hit.mean() < 0.9 and (exr["Z"][~hit] == 0).all()
    distance = math.dist(EYE, (0.5, 0.5, 0.5))
    assert (np.abs(exr["Z"][hit] - distance) < math.sqrt(3) / 2).all()


def test_background_and_exposure(render):
    flags = ["--size", "16x16", "--camera", ",".join(map(str, EYE))]
    clear = render("nerf-low.ingp", *flags, "--background", "none")
    half = render("nerf-low.ingp", *flags, "--background", "0.2,0.4,0.6,0.5")
    solid = render("nerf-low.ingp", *flags, "--background", "0.2,0.4,0.6")
    bright = render("nerf-low.ingp", *flags, "--background", "0.2,0.4,0.6", "--exposure", "1")
    assert clear.shape == half.shape == (16, 16, 4) and solid.shape == (16, 16, 3)
    nothing = clear[..., 3] == 0
    assert nothing.any() and (clear[..., 3] == 1).any()
    np.testing.assert_allclose(solid[nothing], np.broadcast_to(np.float32([0.2, 0.4, 0.6]), solid[nothing].shape), atol=1 / 255)
    np.testing.assert_allclose(half[nothing][:, 3], 0.5, atol=1 / 255)
    lit = reference.to_linear(solid[nothing]) * 2
    np.testing.assert_allclose(reference.to_linear(bright[nothing]), lit, atol=0.02)


@pytest.mark.parametrize("scene", ["gia-low.msgpack", "nsdf-low.msgpack", "nvr-low.ingp", "nerf-low.ingp"])
def test_tiles_are_parts_of_the_picture(scene, render):
    """However little memory there is."""
    flags = ["--size", "23x9", *camera_flags(scene)[2:], "--samples", "2"]
    whole = render(scene, *flags)
    few = render(scene, *flags, "--memory", "3MiB" if "gia" in scene else "12MiB")
    np.testing.assert_allclose(few, whole, atol=1.01 / 255)


def test_more_samples_are_smoother(render):
    """A cloud's noise goes with their number; edges of a surface are between what is on their sides."""
    flags = ["--size", "24x24", "--background", "none", "--camera", ",".join(map(str, EYE))]
    noise = []
    for samples in (1, 32):
        alphas = [render("nvr-low.ingp", *flags, "--samples", samples, "--set", f"seed={seed}")[..., 3] for seed in (1, 2)]
        noise.append(np.abs(alphas[0] - alphas[1]).mean())
    assert 0 < noise[1] < noise[0] / 3
    edges = render("nsdf-low.msgpack", *flags, "--samples", "16")[..., 3]
    assert np.isin(render("nsdf-low.msgpack", *flags)[..., 3], (0, 1)).all() and not np.isin(edges, (0, 1)).all()


def test_an_orbit(render, treadle, tmp_path):
    """Picture k of N is that of a camera turned by k / N; the scene's middle stays in the middle."""
    flags = ["--size", "24x24", "--background", "0,0,0"]
    done = treadle("render", CONTENT / "nsdf-low.msgpack", "-o", tmp_path / "turn.png", *flags, "--orbit", "4", "--camera", "0.5,0.85,1.96",
                   "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [pathlib.Path(frame["file"]).name for frame in told["frames"]] == [f"turn-000{k}.png" for k in range(4)]
    assert all(frame["render_ms"] > 0 for frame in told["frames"])
    quarter = render("nsdf-low.msgpack", *flags, "--camera", "1.96,0.85,0.5")
    turned = np.asarray(Image.open(tmp_path / "turn-0001.png"), np.float32) / 255
    assert reference.psnr(turned, quarter) > 35
    assert reference.psnr(np.asarray(Image.open(tmp_path / "turn-0002.png"), np.float32) / 255, quarter) < 30


def test_a_compiled_program_draws(render, treadle, tmp_path):
    """With what the file said of the picture; an app needs no compiler."""
    done = treadle("compile", CONTENT / "gia-low.msgpack", "--render", "-o", tmp_path / "gia.tdl", "--cpu", "host")
    assert done.returncode == 0, done.stderr
    picture = render(tmp_path / "gia.tdl")
    assert picture.shape == (512, 384, 3)
    with Image.open(CONTENT / "albert.png") as source:
        assert reference.psnr(picture, np.asarray(source.convert("RGB"), np.float32) / 255) > 38
    done = treadle("render", tmp_path / "gia.tdl", "-o", tmp_path / "x.png", "--tables", "i8")
    assert done.returncode == 1 and "gia.tdl is compiled already, without --tables=i8" in done.stderr


def test_numbers_are_set(render):
    """Fewer steps see less of a surface that is far."""
    flags = camera_flags("nsdf-low.msgpack")
    assert render("nsdf-low.msgpack", *flags, "--set", "max_steps=2").sum() < render("nsdf-low.msgpack", *flags).sum()


WRONG = [
    (["gia-low.msgpack", "-o", "x.jpg"], "x.jpg: a picture is written as .png or .exr"),
    (["gia-low.msgpack", "-o", "none/x.png"], "none/x.png: No such file or directory"),
    (["none.ingp", "-o", "x.png"], "none.ingp: No such file or directory"),
    (["gia-low.msgpack", "-o", "x.png", "--size", "64"], "--size 64: should be WIDTHxHEIGHT, for example 640x480"),
    (["gia-low.msgpack", "-o", "x.png", "--size", "0x4"], "--size 0x4: should be WIDTHxHEIGHT"),
    (["gia-low.msgpack", "-o", "x.png", "--orbit", "4"], "is a picture, which has no camera"),
    (["gia-low.msgpack", "-o", "x.png", "--background", "red"], "--background red: should be 3 numbers with commas"),
    (["gia-low.msgpack", "-o", "x.png", "--set", "max_steps=3"], "--set max_steps is no number by which such a scene is drawn; there are none"),
    (["gia-low.msgpack", "-o", "x.png", "--set", "max_steps"], "--set max_steps: should be NAME=X"),
    (["nsdf-low.msgpack", "-o", "x.png", "--set", "step_scale=2"], "--set step_scale is 2; it can be 0.001 to 1"),
    (["nsdf-low.msgpack", "-o", "x.png", "--set", "majorant=2"], "--set majorant is no number by which such a scene is drawn; there are max_steps"),
    (["nsdf-low.msgpack", "-o", "x.png", "--set", "max_steps=1.5"], "--set max_steps is 1.5; it can be a whole number from 1 to 65536"),
    (["gia-low.msgpack", "-o", "x.png", "--background", "2,0,0"], "--background: should be numbers from 0 to 1"),
    (["gia-low.msgpack", "-o", "x.png", "--exposure", "nan"], "--exposure: should be a number of stops from -64 to 64"),
    (["gia-low.msgpack", "-o", "x.png", "--memory", "0"], "--memory 0: is too little to draw with"),
    (["nsdf-low.msgpack", "-o", "x.png", "--camera", "1,2"], "--camera 1,2: should be 3 numbers with commas"),
    (["nsdf-low.msgpack", "-o", "x.png", "--camera", "0.5,0.5,0.5"], "the camera is at the place that it looks at"),
    (["nsdf-low.msgpack", "-o", "x.png", "--camera", "0.5,2,0.5"], "the camera looks along the direction that is to be up"),
    (["nsdf-low.msgpack", "-o", "x.png", "--memory", "1KiB"], "of memory, the limit is 1024"),
    (["nsdf-low.msgpack", "-o", "x.png", "--device", "warp:0"], "warp"),
]


@pytest.mark.parametrize("arguments, said", WRONG, ids=range(len(WRONG)))
def test_what_is_wrong(arguments, said, treadle, tmp_path):
    done = treadle("render", CONTENT / arguments[0], *arguments[1:], cwd=tmp_path)
    assert done.returncode in (1, 2) and said in done.stderr and not done.stdout, done.stderr
    assert len(done.stderr.splitlines()) <= 2 and not list(tmp_path.glob("x*"))


def test_what_draws_nothing(treadle, chain, tmp_path):
    done = treadle("render", chain, "-o", tmp_path / "x.png")
    assert done.returncode == 1 and "is no scene, and only a scene is drawn" in done.stderr
    treadle("compile", CONTENT / "gia-low.msgpack", "-o", tmp_path / "field.tdl", "--cpu", "host")
    done = treadle("render", tmp_path / "field.tdl", "-o", tmp_path / "x.png")
    assert done.returncode == 1 and "is a program that draws nothing; give the scene, or compile it with treadle compile --render" in done.stderr


def test_a_cloud_without_a_majorant(treadle, tmp_path):
    config = snapshot.read(CONTENT / "nvr-low.ingp")
    del config["snapshot"]["volume"]["majorant"]
    snapshot.write(tmp_path / "x.ingp", config, "zlib")
    done = treadle("render", tmp_path / "x.ingp", "-o", tmp_path / "x.png", "--size", "4x4")
    assert done.returncode == 1 and "a cloud is not drawn without majorant, the greatest density" in done.stderr
    done = treadle("render", tmp_path / "x.ingp", "-o", tmp_path / "x.png", "--size", "4x4", "--set", "majorant=1.1")
    assert done.returncode == 0, done.stderr


def test_the_camera_of_a_snapshot(render, treadle, tmp_path):
    """instant-ngp's: its matrix, by rows or by columns, and its focal length."""
    config = snapshot.read(CONTENT / "nsdf-low.msgpack")
    matrix = reference.look_at(EYE)
    pictures = []
    for name, value in (("rows", matrix.tolist()), ("columns", matrix.T.tolist())):
        config["snapshot"]["camera"] = {"matrix": value, "fov_axis": 1, "relative_focal_length": [1.0, 1.4], "zoom": 1.0}
        snapshot.write(tmp_path / f"{name}.msgpack", config)
        pictures.append(render(tmp_path / f"{name}.msgpack", "--size", "32x32", "--background", "0,0,0"))
    assert (pictures[0] == pictures[1]).all()
    assert reference.psnr(pictures[0], render("nsdf-low.msgpack", *camera_flags("nsdf"))) > 35
