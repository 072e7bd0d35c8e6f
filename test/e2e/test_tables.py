# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_tables.py - tables of features as bytes (--tables i8): how near the pictures are, how small the files, on every
device, and what cannot be stored so."""
import json
import pathlib

import numpy as np
import pytest
from PIL import Image
from reference.render import psnr
from treadle import ng

CONTENT = pathlib.Path(__file__).resolve().parents[2] / "examples" / "neural-graphics"
# dB that the worst of each application's three was measured at (docs/neural-graphics.md), less 2: edges of a surface
# move by parts of a pixel, and compilers round otherwise.
NEAR = {"gia": 45, "nsdf": 37, "nvr": 50, "nerf": 57}
SCENES = sorted(path.name for path in CONTENT.iterdir() if path.suffix in (".msgpack", ".ingp"))


def pixels(path):
    return np.asarray(Image.open(path).convert("RGB"), np.float64) / 255


@pytest.mark.parametrize("scene", SCENES)
def test_pictures_and_bytes(scene, treadle, tmp_path):
    for name, flags in (("plain", ()), ("bytes", ("--tables", "i8", "--explain"))):
        done = treadle("compile", CONTENT / scene, "--render", "--cpu", "host", "-o", tmp_path / f"{name}.tdl", *flags)
        assert done.returncode == 0, done.stderr
        drawn = treadle("render", tmp_path / f"{name}.tdl", "--size", "128x128", "-o", tmp_path / f"{name}.png")
        assert drawn.returncode == 0, drawn.stderr
    assert psnr(pixels(tmp_path / "plain.png"), pixels(tmp_path / "bytes.png")) > NEAR[scene.split("-")[0]]
    said = [line for line in (done.stdout + done.stderr).splitlines() if "encoding: table of " in line]
    assert len(said) == 1 and "f16 as i8" in said[0], said
    before, after = [int(words.split()[-1]) for words in (said[0].split(" bytes become ")[0], said[0].split(",")[1].split(" become ")[1])]
    assert before == 2 * after
    saved = (tmp_path / "plain.tdl").stat().st_size - (tmp_path / "bytes.tdl").stat().st_size
    assert saved > 0.8 * after, "what is saved of the table goes into code"


@pytest.mark.parametrize("scene", ["gia-hash.msgpack", "nerf-low.ingp"])
def test_the_same_on_every_device(scene, treadle, gpu, target, tmp_path):
    flags = ("--size", "48x48", "--tables", "i8")
    for name, where in (("cpu", ()), ("gpu", ("--device", f"{target}:0"))):
        done = treadle("render", CONTENT / scene, "-o", tmp_path / f"{name}.png", *flags, *where)
        assert done.returncode == 0, done.stderr
    assert psnr(pixels(tmp_path / "cpu.png"), pixels(tmp_path / "gpu.png")) > 45


def test_from_python():
    """Half a scale is the most that a feature is off, and the scale of a column is its greatest feature / 127."""
    plain, small = (ng.load(CONTENT / "gia-hash.msgpack", **options) for options in ({}, {"tables": "i8"}))
    x = np.random.default_rng(1).random((500, 2), np.float32)
    difference = np.abs(plain.encoding(x) - small.encoding(x))
    assert 0 < difference.max() < 0.012
    np.testing.assert_allclose(small(x), plain(x), rtol=0, atol=0.05)
    features = plain.encoding(x)
    assert (plain.network(features) == small.network(features)).all()


WRONG = [
    (("--tables", "i4"), {}, "--tables i4: can be i8"),
    (("--tables", "i8"), {"parameters": {"input": "params", "dtype": "f16"}},
     "encoding: its table is the input 'params', and --tables stores what the file has; name parameters.file"),
]


@pytest.mark.parametrize("flags, keys, said", WRONG, ids=range(len(WRONG)))
def test_what_is_wrong(flags, keys, said, treadle, tmp_path):
    scene = {"treadle_scene": 1, "kind": "sdf", "encoding": {"otype": "HashGrid", "n_levels": 2, "log2_hashmap_size": 6},
             "network": {"n_neurons": 16, "n_hidden_layers": 1}, "parameters": {"file": "none.bin", "dtype": "f16"}, **keys}
    (tmp_path / "net.json").write_text(json.dumps(scene))
    done = treadle("compile", tmp_path / "net.json", "-o", tmp_path / "x.tdl", *flags)
    assert done.returncode in (1, 2) and said in done.stderr, done.stderr


def test_only_a_scene_has_tables(treadle, dense, tmp_path):
    done = treadle("compile", dense, "-o", tmp_path / "x.tdl", "--tables", "i8")
    assert done.returncode == 1 and "is no scene, and only a scene has tables of features (--tables)" in done.stderr, done.stderr
