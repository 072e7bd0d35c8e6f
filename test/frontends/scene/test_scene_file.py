# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_scene_file.py - scene files of our own and tiny-cuda-nn's configurations: the same values as a snapshot's, and what
is said of those that are wrong."""
import json
import struct

import numpy as np
import pytest
from reference import encodings, mlp, snapshot

KEYS = ("encoding", "network", "dir_encoding", "rgb_network")


def safetensors(path, **arrays):
    """As the format's own writer has it."""
    header, data = {}, b""
    for name, array in arrays.items():
        kind = {"float16": "F16", "float32": "F32", "uint8": "U8"}[str(array.dtype)]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps({"__metadata__": {"by": "test"}, **header}).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


@pytest.fixture
def scene(small, tmp_path):
    """scene(mode, store="bin", **keys): writes a scene file like small's snapshot of that mode; gives both."""

    def make(mode, store="bin", params_type="__half", **keys):
        config = small(mode, kind=params_type)
        values = snapshot.parameters(config["snapshot"])
        if store == "bin":
            (tmp_path / "net.bin").write_bytes(b"HEAD" + values.tobytes())
            parameters = {"file": "net.bin", "dtype": "f16" if params_type == "__half" else "f32", "offset": 4}
        else:
            safetensors(tmp_path / "net.safetensors", params=values, other=np.zeros(3, np.uint8))
            parameters = {"file": "net.safetensors", "tensor": "params"}
        root = {"treadle_scene": 1, "kind": mode, "parameters": parameters, **{key: config[key] for key in KEYS if key in config}, **keys}
        path = tmp_path / "net.json"
        path.write_text(json.dumps({key: value for key, value in root.items() if value is not None}))
        return path, config

    return make


def outputs(run, tmp_path, path, name):
    rng = np.random.default_rng(3)
    result = run("treadle", "inspect", path, "--json")
    assert result.returncode == 0, result.stderr
    flags = []
    for tensor in json.loads(result.stdout)["inputs"]:
        np.save(tmp_path / f"{tensor['name']}.npy", rng.random((100, tensor["dims"][1]), np.float32) * 0.9)
        flags += ["--input", f"{tensor['name']}={tmp_path / tensor['name']}.npy"]
    result = run("treadle", "run", path, *flags, "--output", tmp_path / name)
    assert result.returncode == 0, result.stderr
    with np.load(tmp_path / name) as values:
        return dict(values)


@pytest.mark.parametrize("mode", ["image", "sdf", "volume", "nerf"])
@pytest.mark.parametrize("store, kind", [("bin", "__half"), ("safetensors", "float")])
def test_the_same_as_a_snapshot(mode, store, kind, scene, run, tmp_path):
    path, config = scene(mode, store, kind)
    snapshot.write(tmp_path / "net.msgpack", config)
    found, wanted = outputs(run, tmp_path, path, "a.npz"), outputs(run, tmp_path, tmp_path / "net.msgpack", "b.npz")
    assert found.keys() == wanted.keys()
    for name in wanted:
        assert (found[name] == wanted[name]).all(), name


def test_a_configuration_of_tiny_cuda_nn(run, tmp_path):
    """With what its constructor is told besides, and where the parameters are."""
    config = {"loss": {"otype": "L2"}, "optimizer": {"otype": "Adam"},
              "encoding": {"otype": "Frequency", "n_frequencies": 3},
              "network": {"otype": "CutlassMLP", "n_neurons": 24, "n_hidden_layers": 2, "activation": "Tanh"}}
    encoding = encodings.make(5, config["encoding"], np.float32)
    network = mlp.make(encoding.outputs, 7, config["network"], 16)
    values = np.random.default_rng(1).uniform(-0.4, 0.4, network.parameters).astype(np.float32)
    values.tofile(tmp_path / "weights.f32")
    root = {**config, "n_input_dims": 5, "n_output_dims": 7, "parameters": {"file": "weights.f32", "dtype": "f32"}}
    (tmp_path / "net.json").write_text(json.dumps(root))
    found = outputs(run, tmp_path, tmp_path / "net.json", "a.npz")["output"]
    x = np.load(tmp_path / "input.npy")
    np.testing.assert_allclose(found, network.evaluate(encoding.padded(x, values[:0], network.inputs), values, np.float32), atol=2e-5)


@pytest.mark.parametrize("mode", ["sdf", "nerf"])
def test_parameters_as_an_input(mode, scene, run, tmp_path):
    """The last one; the same numbers give the same values."""
    path, _ = scene(mode, "bin", "float")
    wanted = outputs(run, tmp_path, path, "a.npz")
    np.save(tmp_path / "params.npy", np.fromfile(tmp_path / "net.bin", np.float32, offset=4))
    path.write_text(json.dumps({**json.loads(path.read_text()), "parameters": {"input": "params", "dtype": "f32"}}))
    names = ("position", "direction") if mode == "nerf" else ("position",)
    flags = [word for name in (*names, "params") for word in ("--input", f"{name}={tmp_path / name}.npy")]
    done = run("treadle", "run", path, *flags, "--output", tmp_path / "b.npz")
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "b.npz") as found:
        for name, value in wanted.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("flags, said", [
    (("--part", "head"), "--part head is no part of it; there are encoding, network"),
    (("--part", "encoding", "--render"), "--part encoding: stands beside --render"),
])
def test_a_part_that_there_is_not(flags, said, scene, run, tmp_path):
    path, _ = scene("sdf")
    done = run("treadle", "compile", path, "-o", tmp_path / "x.tdl", *flags)
    assert done.returncode in (1, 2) and said in done.stderr, done.stderr


def test_parameters_as_an_input_are_not_drawn(scene, run, tmp_path):
    path, _ = scene("sdf", parameters={"input": "p", "dtype": "f16"})
    done = run("treadle", "compile", path, "-o", tmp_path / "x.tdl", "--render")
    assert done.returncode == 1 and "parameters.input is said, and a program that draws has its parameters in it" in done.stderr, done.stderr


def test_parameters_are_part_of_the_cache_key(scene, run, tmp_path):
    path, _ = scene("sdf")
    before = outputs(run, tmp_path, path, "a.npz")["distance"]
    data = bytearray((tmp_path / "net.bin").read_bytes())
    data[4:1004] = bytes(1000)
    (tmp_path / "net.bin").write_bytes(data)
    assert (outputs(run, tmp_path, path, "b.npz")["distance"] != before).any()


# (mode, keys of the file, what is said)
WRONG = [
    ("sdf", {"treadle_scene": 2}, "treadle_scene is 2; it should be a whole number from 1 to 1"),
    ("sdf", {"treadle_scene": None}, "treadle_scene is missing, the version of the file's format; it should be 1"),
    ("sdf", {"kind": "mesh"}, "kind is 'mesh'; it can be image, sdf, volume, nerf, network"),
    ("sdf", {"kind": "network"}, "n_input_dims is missing, how many numbers the encoding takes"),
    ("sdf", {"kind": "network", "n_input_dims": 3}, "n_output_dims is missing; it should be a whole number from 1 to 1024"),
    ("sdf", {"colour": 3}, "colour is no key of a scene file; docs/neural-graphics.md has those that there are"),
    ("sdf", {"camera": {"eyes": [1, 1, 1]}}, "camera.eyes is no key of a camera; is eye meant?"),
    ("sdf", {"encoding": {"otype": "HashGrid", "n_levles": 3}}, "encoding.n_levles is no key of an encoding; is n_levels meant?"),
    ("sdf", {"encoding": {"otype": "Composite", "nested": [{"otype": "OneBlob", "bins": 3}]}}, "encoding.nested[0].bins is no key of an encoding; is n_bins meant?"),
    ("sdf", {"network": {"n_neuron": 3}}, "network.n_neuron is no key of a network; is n_neurons meant?"),
    ("sdf", {"encoding": None}, "encoding is missing; it should be a map of keys"),
    ("sdf", {"encoding": {"otype": "HashGrid", "convention": "nerfstudio"}}, "encoding.convention is 'nerfstudio'; it can be tiny-cuda-nn, torch-ngp"),
    ("sdf", {"encoding": {"otype": "HashGrid", "align_corners": True}}, "encoding.align_corners is true, which only grids of convention torch-ngp can be"),
    ("sdf", {"encoding": {"otype": "DenseGrid", "convention": "torch-ngp"}}, "encoding.type is Dense, which grids of convention torch-ngp cannot be"),
    ("sdf", {"encoding": {"otype": "Frequency", "scale": "2"}}, "encoding.scale is '2'; it should be a number"),
    ("sdf", {"network": {"activation": "GELU"}}, "network.activation is 'GELU'"),
    ("sdf", {"parameters": None}, 'parameters is missing; it says where they are: {"file": "net.bin", "dtype": "f16"}'),
    ("sdf", {"parameters": "net.bin"}, "parameters is 'net.bin'; it should be a map of keys"),
    ("sdf", {"parameters": {"file": "net.bin"}}, "parameters.dtype is missing; it can be f16, f32"),
    ("sdf", {"parameters": {"input": "p"}}, "parameters.dtype is missing; it can be f16, f32"),
    ("sdf", {"parameters": {"input": "p", "file": "net.bin", "dtype": "f16"}}, "parameters.input stands beside file"),
    ("sdf", {"parameters": {"input": "position", "dtype": "f16"}}, "parameters.input is 'position', which another input is called"),
    ("sdf", {"parameters": {"file": "net.bin", "dtype": "f64"}}, "parameters.dtype is 'f64'; it can be f16, f32"),
    ("sdf", {"parameters": {"file": "../net.bin", "dtype": "f16"}}, "parameters.file is '../net.bin'; it should be the name of a file in the scene's folder"),
    ("sdf", {"parameters": {"file": "/net.bin", "dtype": "f16"}}, "parameters.file is '/net.bin'; it should be the name of a file in the scene's folder"),
    ("sdf", {"parameters": {"file": ".", "dtype": "f16"}}, "parameters.file is '.', which is no file"),
    ("sdf", {"parameters": {"file": "none.bin", "dtype": "f16"}}, "parameters.file is 'none.bin', which cannot be read: No such file or directory"),
    ("sdf", {"parameters": {"file": "net.bin", "dtype": "f16", "offset": 5}}, "parameters.file is 'net.bin', of 1535 bytes, which are no numbers of 2 bytes"),
    ("sdf", {"parameters": {"file": "net.bin", "dtype": "f16", "offset": 5000}}, "parameters.offset is 5000; the file has 1540 bytes"),
    ("sdf", {"parameters": {"file": "net.bin", "dtype": "f32", "offset": 4}},
     "parameters is 384; the encodings and networks have 768, or 512 in the format of old snapshots; see to their keys: "
     "network [16, 16] + [16, 16] = 512, encoding 128 x 2 = 256"),
]


@pytest.mark.parametrize("mode, keys, said", WRONG, ids=range(len(WRONG)))
def test_what_is_wrong(mode, keys, said, scene, run, tmp_path):
    path, _ = scene(mode, **keys)
    result = run("treadle", "compile", path, "-o", tmp_path / "x.tdl")
    assert result.returncode == 1 and said in result.stderr.replace(f"{path}: ", "").replace(f"{tmp_path}/", ""), result.stderr


@pytest.mark.parametrize("store, kind", [("bin", np.float16), ("safetensors", np.float16), ("bin", np.float32)])
def test_parameters_that_are_not_finite(store, kind, scene, run, tmp_path):
    path, config = scene("sdf", store, "__half" if kind == np.float16 else "float")
    values = snapshot.parameters(config["snapshot"]).copy()
    values[700] = np.nan
    if store == "bin":
        (tmp_path / "net.bin").write_bytes(b"HEAD" + values.tobytes())
    else:
        safetensors(tmp_path / "net.safetensors", params=values)
    result = run("treadle", "compile", path, "-o", tmp_path / "x.tdl")
    assert result.returncode == 1 and "parameters has at number 700, of encoding, one that is not finite" in result.stderr, result.stderr


TENSORS = [
    (b"", "is no safetensors file, or is cut short"),
    (struct.pack("<Q", 2**60) + b"{}", "is no safetensors file, or is cut short"),
    (struct.pack("<Q", 2) + b"[]", "has a header that is damaged"),
    (struct.pack("<Q", 3) + b"{a}", "has a header that is damaged"),
    ({"a": {"dtype": "F16", "data_offsets": [0, 4]}, "b": {}}, "parameters.tensor is missing; the file has a, b"),
    ({"a": {"dtype": "BF16", "data_offsets": [0, 4]}}, "has tensor 'a' of type BF16; it can be f16, f32"),
    ({"a": {"dtype": "F16", "data_offsets": [0, 999]}}, "is damaged: tensor 'a' does not lie in the file"),
    ({"a": {"dtype": "F16", "data_offsets": [3, 2]}}, "is damaged: tensor 'a' does not lie in the file"),
]


@pytest.mark.parametrize("data, said", TENSORS, ids=range(len(TENSORS)))
def test_safetensors_that_are_wrong(data, said, scene, run, tmp_path):
    path, _ = scene("sdf", parameters={"file": "x.safetensors"})
    if isinstance(data, dict):
        text = json.dumps(data).encode()
        data = struct.pack("<Q", len(text)) + text + bytes(16)
    (tmp_path / "x.safetensors").write_bytes(data)
    result = run("treadle", "compile", path, "-o", tmp_path / "x.tdl")
    assert result.returncode == 1 and said in result.stderr, result.stderr


# Of the program that draws.
DRAWN = [
    ("image", {"size": [0, 3]}, "size should be two whole numbers of pixels"),
    ("image", {"background": [1, 1]}, "background is a list of 2; it should be a list of 3 or 4 numbers"),
    ("image", {"background": [1, 2, 0]}, "background should be numbers from 0 to 1, in sRGB"),
    ("image", {"exposure": 1e9}, "it should be a number of stops from -64 to 64"),
    ("sdf", {"render": {"max_steps": 1.5}}, "render.max_steps is 1.5; it can be a whole number from 1 to 65536"),
    ("sdf", {"edge": -1}, "edge is -1; it should be a positive number"),
    ("sdf", {"box": {"min": [2, 2, 2], "max": [3, 3, 3]}}, "box has nothing in common with the cube of edge 1"),
    ("sdf", {"camera": {"fov": 180}}, "camera.fov is 180; it should be an angle of more than 0 and less than 180 degrees"),
    ("sdf", {"camera": {"pose": [[1, 2], [3, 4]]}}, "camera.pose should be a matrix of 3 rows of 4 numbers"),
    ("sdf", {"render": {"majorant": 3}}, "render.majorant is no number by which such a scene is drawn; there are max_steps"),
    ("sdf", {"render": {"step_scale": 2}}, "render.step_scale is 2; it can be 0.001 to 1"),
    ("volume", {}, "a cloud is not drawn without majorant, the greatest density"),
    ("nerf", {"occupancy": {"file": "net.bin"}}, "occupancy.cells is missing"),
    ("nerf", {"occupancy": {"file": "net.bin", "cells": 16, "offset": 4}}, "occupancy.cells and cascades say 1 times 16^3 bits"),
]


@pytest.mark.parametrize("mode, keys, said", DRAWN, ids=range(len(DRAWN)))
def test_what_cannot_be_drawn(mode, keys, said, scene, run, tmp_path):
    path, _ = scene(mode, **keys)
    result = run("treadle", "render", path, "-o", tmp_path / "x.png")
    assert result.returncode == 1 and said in result.stderr, result.stderr


def test_a_network_is_no_picture(run, tmp_path):
    (tmp_path / "net.bin").write_bytes(bytes(2 * 512))
    (tmp_path / "net.json").write_text(json.dumps({
        "encoding": {"otype": "Identity"}, "network": {"n_neurons": 16, "n_hidden_layers": 1}, "n_input_dims": 3, "n_output_dims": 3,
        "parameters": {"file": "net.bin", "dtype": "f16"}}))
    result = run("treadle", "render", tmp_path / "net.json", "-o", tmp_path / "x.png")
    assert result.returncode == 1 and "kind is missing, and a network is not drawn" in result.stderr
