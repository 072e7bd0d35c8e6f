# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_errors.py - what cannot be imported is said in a line that names the key, what was found and what it can be."""
import gzip
import json
import zlib

import msgpack
import numpy as np
import pytest
from reference import snapshot

GRID = {"otype": "HashGrid", "n_levels": 2}
MANY = {"otype": "CutlassMLP", "n_neurons": 16, "n_hidden_layers": 1}


@pytest.fixture
def problems(run, tmp_path):
    """problems(bytes or configuration, name="x.ingp", ..flags): the lines that the compiler says, without the path."""

    def call(data, *flags, name="x.ingp"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else msgpack.packb(data))
        result = run("treadle", "compile", path, "-o", tmp_path / "x.tdl", *flags)
        assert result.returncode == 1, result.stderr
        lines = [line for line in result.stderr.strip().splitlines()]
        assert all(len(line) < 500 for line in lines)
        return "\n".join(lines).replace(f"{path}: ", "")

    return call


def nested(*parts, **more):
    return {"otype": "Composite", "nested": list(parts), **more}


# (mode, keys of the configuration, what is said)
WRONG = [
    ("sdf", {"encoding": {"otype": "Hash"}}, "encoding.otype is 'Hash'; it can be Grid, HashGrid, TiledGrid, DenseGrid, Frequency"),
    ("sdf", {"encoding": {"otype": 3}}, "encoding.otype is 3; it should be a word"),
    ("sdf", {"encoding": {**GRID, "n_levels": 129}}, "encoding.n_levels is 129; it should be a whole number from 1 to 128"),
    ("sdf", {"encoding": {**GRID, "n_levels": "8"}}, "encoding.n_levels is '8'; it should be a whole number"),
    ("sdf", {"encoding": {**GRID, "n_features_per_level": 3}}, "encoding.n_features_per_level is 3, it can be 1, 2, 4 or 8"),
    ("sdf", {"encoding": {**GRID, "n_features": 16}}, "encoding.n_features stands beside n_levels"),
    ("sdf", {"encoding": {"otype": "Grid", "n_grid_features": 31}},
     "encoding.n_grid_features is 31; it should be a multiple of n_features_per_level, 2"),
    ("sdf", {"encoding": {**GRID, "log2_hashmap_size": 31}}, "encoding.log2_hashmap_size is 31; it should be a whole number from 0 to 30"),
    ("sdf", {"encoding": {**GRID, "base_resolution": 2.5}}, "encoding.base_resolution is 2.5"),
    ("sdf", {"encoding": {**GRID, "per_level_scale": "b"}}, "encoding.per_level_scale is 'b'; it should be a number"),
    ("sdf", {"encoding": {**GRID, "per_level_scale": -1.0}}, "encoding.per_level_scale is -1.000000, it should be a positive number"),
    ("sdf", {"encoding": {**GRID, "type": "Sparse"}}, "encoding.type is 'Sparse'; it can be Hash, Tiled, Dense"),
    ("sdf", {"encoding": {**GRID, "hash": "Rng"}}, "encoding.hash is 'Rng'; it can be CoherentPrime"),
    ("sdf", {"encoding": {**GRID, "interpolation": "Cubic"}}, "encoding.interpolation is 'Cubic'; it can be Linear, Nearest, Smoothstep"),
    ("sdf", {"encoding": {**GRID, "fixed_point_pos": True}}, "encoding.fixed_point_pos is true, which is not supported"),
    ("sdf", {"encoding": {**GRID, "fixed_point_pos": 1}}, "encoding.fixed_point_pos is 1; it should be true or false"),
    ("sdf", {"encoding": {"otype": "DenseGrid", "n_levels": 2, "base_resolution": 4096}}, "with which the grid has more than"),
    ("sdf", {"encoding": {"otype": "SphericalHarmonics", "degree": 9}}, "encoding.degree is 9; it should be a whole number from 1 to 8"),
    ("image", {"encoding": {"otype": "SphericalHarmonics"}}, "encoding.otype is SphericalHarmonics, which encodes 3 numbers, not 2"),
    ("sdf", {"encoding": {"otype": "NRC"}}, "encoding.otype is nrc, which encodes 8 numbers at least, not 3"),
    ("sdf", {"encoding": nested({}, {})}, "encoding.nested has 2 encodings without n_dims_to_encode"),
    ("sdf", {"encoding": nested({"n_dims_to_encode": 2})}, "encoding.nested has encodings of 2 numbers, there are 3"),
    ("sdf", {"encoding": nested({"n_dims_to_encode": 2}, {"n_dims_to_encode": 2})}, "encoding.nested[1].n_dims_to_encode asks for numbers 2 to 4 of 3"),
    ("sdf", {"encoding": nested({"n_dims_to_encode": 1}, {}, reduction="Sum")}, "encoding.nested has encodings of 16 and 32 features"),
    ("sdf", {"encoding": nested({"n_dims_to_encode": 1}, {}, reduction="Mean")}, "encoding.reduction is 'Mean'; it can be Concatenation, Sum, Product"),
    ("sdf", {"encoding": nested(3)}, "encoding.nested[0] is 3; it should be a map of keys"),
    ("sdf", {"encoding": {"otype": "Composite"}}, "encoding.nested is missing; it should be a list of maps"),
    ("sdf", {"encoding": {"otype": "Empty"}}, "encoding makes no features of a position, and a network needs one"),
    ("sdf", {"encoding": []}, "encoding is an empty list; it should be a map of keys"),
    ("sdf", {"network": None}, "network is missing; it should be a map of keys"),
    ("sdf", {"network": {"otype": "LSTM"}}, "network.otype is 'LSTM'; it can be FullyFusedMLP, MegakernelMLP, CutlassMLP, MLP"),
    ("sdf", {"network": {"n_neurons": 48}}, "network.n_neurons is 48; a FullyFusedMLP has 16, 32, 64 or 128"),
    ("sdf", {"network": {**MANY, "n_neurons": 1 << 20}}, "network.n_neurons is 1048576; it should be a whole number from 1 to 16384"),
    ("sdf", {"network": {"n_hidden_layers": 0}}, "network.n_hidden_layers is 0; it should be a whole number from 1 to 256"),
    ("sdf", {"network": {"activation": "GELU"}}, "network.activation is 'GELU'; it can be None, ReLU, LeakyReLU"),
    ("sdf", {"network": {"output_activation": {}}}, "network.output_activation is a map; it should be a word"),
    ("nerf", {"rgb_network": None}, "rgb_network is missing"),
    ("nerf", {"dir_encoding": None}, "dir_encoding is missing"),
    ("nerf", {"network": {"n_output_dims": 0}}, "network.n_output_dims is 0; it should be a whole number from 1 to 256"),
    ("image", {"encoding": GRID}, "snapshot.image is missing, and encoding.per_level_scale too, which follows from it; add"),
    ("volume", {"encoding": GRID}, "snapshot.volume.world2index_scale is missing, and encoding.per_level_scale too"),
]


@pytest.mark.parametrize("mode, keys, said", WRONG, ids=range(len(WRONG)))
def test_configurations(mode, keys, said, small, problems):
    config = small(mode, count=64)
    assert said in problems({**config, **keys})


NO = object()
SNAPSHOTS = [
    ({"version": 2}, "snapshot.version is 2; it should be a whole number from 1 to 1"),
    ({"mode": NO}, "snapshot.mode is missing; it can be nerf, sdf, image, volume"),
    ({"mode": "mesh"}, "snapshot.mode is 'mesh'; it can be nerf, sdf, image, volume"),
    ({"params_type": NO}, "snapshot.params_type is missing; it should be __half or float"),
    ({"params_type": "double"}, "snapshot.params_type is 'double'; it can be __half, float"),
    ({"params_type": "float"}, "snapshot.params_binary has 1536 bytes; n_params and params_type say 768 numbers of 4 bytes"),
    ({"n_params": NO}, "snapshot.n_params is missing; it should be a whole number from 1 to 2147483647"),
    ({"n_params": 2**63}, "snapshot.n_params is 9223372036854775808; it should be"),
    ({"params_binary": NO}, "snapshot.params_binary is missing; it should be binary"),
    ({"params_binary": {"bytes": [256]}}, "snapshot.params_binary has an element in bytes that is not a whole number from 0 to 255"),
    ({"params_binary": np.full(768, np.nan, np.float16).tobytes()}, "snapshot.params_binary has at number 0, of network, one that is not finite"),
    ({"params_binary": bytes(2 * 767) + np.float16(np.inf).tobytes()}, "snapshot.params_binary has at number 767, of encoding, one that is not finite"),
    ({"n_params": 2, "params_binary": bytes(4)}, "snapshot.n_params is 2; the encodings and networks have 768, or 512 in"),
]


@pytest.mark.parametrize("keys, said", SNAPSHOTS, ids=range(len(SNAPSHOTS)))
def test_snapshots(keys, said, small, problems):
    config = small("sdf")
    config["snapshot"] = {key: value for key, value in {**config["snapshot"], **keys}.items() if value is not NO}
    assert said in problems(config)


def test_a_number_of_the_colour_that_is_not_finite(small, problems):
    config = small("nerf", kind="float")
    values = np.frombuffer(config["snapshot"]["params_binary"], np.float32).copy()
    values[600] = np.nan  # the density's matrices are 512
    config["snapshot"]["params_binary"] = values.tobytes()
    assert "snapshot.params_binary has at number 600, of rgb_network, one that is not finite" in problems(config)


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_a_grid_of_densities_that_is_not_finite(value, small, problems):
    grid = np.full(64, 1, np.float16)
    grid[9] = value
    config = small("nerf", settings={"density_grid_size": 4, "density_grid_binary": grid.tobytes()})
    assert "snapshot.density_grid_binary has at number 9 one that is not finite" in problems(config, "--render")


def test_all_at_once(small, problems):
    config = {**small("nerf", count=1), "encoding": {"otype": "A"}, "network": {"otype": "B"}, "rgb_network": {"activation": "C"}}
    assert [line.split()[-2:] and line.split(";")[0] for line in problems(config).splitlines()] == [
        "treadle: encoding.otype is 'A'", "network.otype is 'B'", "rgb_network.activation is 'C'"]


def test_dimensions(small, problems):
    assert "--dim n: no input has a dimension of that name; the dynamic one is samples" in problems(small("sdf"), "--dim", "n=3")
    assert "--dim samples: a dimension cannot have size 0" in problems(small("sdf"), "--dim", "samples=0")


FILES = [
    (b"", "is empty"),
    (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
    (b"\x93\x01\x02\x03", "is no scene: it should be a map of keys"),
    (b"\x81\xa1a", "cannot be read, as MessagePack"),
    (b"\x81\xa1a\x01\x00", "cannot be read, as MessagePack"),
    (b'{"a": 1', "cannot be read, as JSON"),
    (b'{"a": [' + b"[" * 100 + b"]" * 100 + b"]}", "nested deeper than 64"),
    (b"\x81\xa1a" + b"\x91" * 100_000, "nested deeper than 64"),
    (b"\x81\xa1a\xdd\x00\x20\x00\x00" + b"\x90" * (1 << 21), "has more than 1048576 lists, maps and keys"),
    (zlib.compress(b"\x80" * 1000)[:12], "its compressed stream is cut short"),
    (gzip.compress(b"\x80" * 1000)[:-20] + bytes(20), "its compressed stream c"),
    (zlib.compress(b"\x80")[:2] + b"\xff" * 20, "its compressed stream cannot be unpacked"),
    (json.dumps({"encoding": {"otype": "HashGrid"}, "network": {}}).encode(), "n_input_dims is missing, how many numbers the encoding takes, which tiny-cuda-nn is told"),
]


@pytest.mark.parametrize("data, said", FILES, ids=range(len(FILES)))
def test_files(data, said, problems):
    assert said in problems(data)


@pytest.mark.slow
def test_a_stream_that_unpacks_to_too_much(problems):
    packer = zlib.compressobj(9)
    stream = b"".join(packer.compress(bytes(1 << 24)) for _ in range(129)) + packer.flush()
    assert "unpacks to more than 2048 MiB" in problems(stream)


def test_a_file_that_is_not_there(run, tmp_path):
    result = run("treadle", "compile", tmp_path / "x.ingp", "-o", tmp_path / "x.tdl")
    assert result.returncode == 1 and "x.ingp: No such file" in result.stderr


def test_streams_of_other_kinds_are_models(run, tmp_path):
    """What is named .onnx is a model, however it starts."""
    snapshot.write(tmp_path / "x.onnx", {"a": 1})
    result = run("treadle", "compile", tmp_path / "x.onnx", "-o", tmp_path / "x.tdl")
    assert result.returncode == 1 and "is no ONNX model" in result.stderr
