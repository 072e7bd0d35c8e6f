# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_values.py - what snapshots compute is what the NumPy reference computes of them."""
import json
import pathlib

import numpy as np
import pytest
from reference import fields, snapshot

CONTENT = pathlib.Path(__file__).resolve().parents[3] / "examples" / "neural-graphics"
FILES = sorted(path.name for path in CONTENT.iterdir() if path.suffix in (".msgpack", ".ingp"))
SAMPLES = 500


@pytest.fixture
def values(run, tmp_path):
    """values(path, inputs, *flags): outputs of `treadle run`, by name."""

    def call(path, inputs, *flags):
        given = [word for name, value in inputs.items() for word in ("--input", f"{name}={tmp_path / name}.npy")]
        for name, value in inputs.items():
            np.save(tmp_path / f"{name}.npy", value)
        result = run("treadle", "run", path, *given, "--output", tmp_path / "out.npz", *flags)
        assert result.returncode == 0, result.stderr
        with np.load(tmp_path / "out.npz") as out:
            return dict(out)

    return call


def inputs_of(mode, count=SAMPLES):
    rng = np.random.default_rng(3)
    inputs = {"position": rng.random((count, fields.DIMS[mode]), np.float32)}
    if mode == "nerf":
        direction = rng.standard_normal((count, 3)).astype(np.float32)
        inputs["direction"] = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    return inputs


def wanted(config, inputs):
    """By the names of outputs, all sums in single precision."""
    mode = config["snapshot"]["mode"]
    value = fields.load(config).evaluate(*inputs.values())
    if mode == "nerf":
        return {"density": value[0][:, None], "color": value[1]}
    if mode == "volume":
        return {"color": value[:, :3], "density": value[:, 3:]}
    return {"color": value} if mode == "image" else {"distance": value[:, None]}


def check(found, config, inputs):
    """With parameters in half precision, features and what goes from layer to layer are rounded to that."""
    tolerance = 3e-3 if config["snapshot"]["params_type"] == "__half" else 2e-5
    right = wanted(config, inputs)
    assert sorted(found) == sorted(right)
    for name, value in right.items():
        assert found[name].shape == value.shape and found[name].dtype == np.float32
        got = found[name]
        if name == "density" and config["snapshot"]["mode"] == "nerf":
            got, value = np.log(got), np.log(value)  # what was rounded was raised
        error = np.abs(got - value) / max(np.abs(value).max(initial=0), 1e-3)
        assert error.max(initial=0) < tolerance, f"{name}: {error.max()}"


@pytest.mark.parametrize("file", FILES)
def test_examples(file, values):
    config = snapshot.read(CONTENT / file)
    inputs = inputs_of(config["snapshot"]["mode"])
    check(values(CONTENT / file, inputs), config, inputs)


@pytest.mark.parametrize("file", ["gia-hash.msgpack", "nerf-dense.ingp"])
def test_examples_on_vulkan(file, values, run):
    if "vulkan" not in run("treadle", "devices").stdout:
        pytest.skip("there is no Vulkan device")
    config = snapshot.read(CONTENT / file)
    inputs = inputs_of(config["snapshot"]["mode"])
    check(values(CONTENT / file, inputs, "--device", "vulkan"), config, inputs)


@pytest.mark.parametrize("count", [0, 1])
def test_few_samples(count, values):
    path = CONTENT / "nerf-low.ingp"
    inputs = inputs_of("nerf", count)
    found = values(path, inputs)
    check(found, snapshot.read(path), inputs)


ENCODINGS = {
    "frequency": {"otype": "frequency", "n_frequencies": 4},
    "triangle": {"otype": "TriangleWave", "n_frequencies": 3},
    "blob": {"otype": "OneBlob", "n_bins": 8},
    "the default": {},
    "identity": {"otype": "Identity", "scale": 2, "offset": -1.0},
    "harmonics": {"otype": "SphericalHarmonics", "degree": 3},
    "empty": {"otype": "Composite", "nested": [{"otype": "Identity", "n_dims_to_encode": 2}, {"otype": "Empty"}]},
    "nearest": {"otype": "Grid", "type": "Dense", "n_features": 8, "n_features_per_level": 4, "base_resolution": 5,
                "per_level_scale": 1.5, "interpolation": "Nearest"},
    "smoothstep": {"otype": "TILEDGRID", "n_grid_features": 4, "base_resolution": 5, "per_level_scale": 2, "interpolation": "smoothstep"},
    "dense, its own growth": {"otype": "DenseGrid", "n_levels": 2, "n_features_per_level": 1, "base_resolution": 200},
    "composite": {"otype": "Composite", "nested": [{"otype": "Frequency", "n_dims_to_encode": 1, "n_frequencies": 2}, {
        "otype": "DenseGrid", "n_dims_to_encode": 2, "n_levels": 2, "base_resolution": 4, "n_features_per_level": 8, "per_level_scale": 2}]},
    "harmonics last": {"otype": "Composite", "nested": [{"otype": "Identity", "n_dims_to_encode": 3, "dims_to_encode_begin": 0}, {
        "otype": "SphericalHarmonics", "n_dims_to_encode": 3, "dims_to_encode_begin": 0, "degree": 2}]},
    "sum": {"otype": "Composite", "reduction": "Sum", "nested": [
        {"otype": "OneBlob", "n_bins": 6, "n_dims_to_encode": 1}, {"otype": "TriangleWave", "n_frequencies": 3}]},
    "product": {"otype": "Composite", "reduction": "product", "nested": [
        {"otype": "OneBlob", "n_bins": 6, "n_dims_to_encode": 1}, {"otype": "TriangleWave", "n_frequencies": 3}]},
}


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
def test_encodings(encoding, small, values, tmp_path):
    config = small("sdf", encoding=encoding, kind="float")
    snapshot.write(tmp_path / "x.msgpack", config)
    inputs = inputs_of("sdf", 50)
    check(values(tmp_path / "x.msgpack", inputs), config, inputs)


@pytest.mark.parametrize("target", ["cpu", "vulkan", "cuda:sm_90", "hip:gfx90a"])
@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
def test_an_encoding_and_its_network_are_one_kernel(encoding, target, small, run, tmp_path):
    """What goes into the first layer has been in no memory."""
    snapshot.write(tmp_path / "x.msgpack", small("sdf", encoding=encoding))
    compiled = run("treadle", "compile", tmp_path / "x.msgpack", "-o", tmp_path / "x.tdl", "--target", target)
    assert compiled.returncode == 0, compiled.stderr
    steps = json.loads(run("treadle", "inspect", tmp_path / "x.tdl", "--json").stdout)["steps"]
    assert [step["kernel"] for step in steps] == ["field_0"]


@pytest.mark.parametrize("activation", ["None", "ReLU", "LeakyReLU", "SiLU", "Exponential", "Sine", "Sigmoid", "Squareplus", "Softplus", "Tanh"])
def test_activations(activation, small, values, tmp_path):
    network = {"otype": "CutlassMLP", "n_neurons": 24, "n_hidden_layers": 2, "activation": activation, "output_activation": activation}
    config = small("volume", network=network, kind="float")
    snapshot.write(tmp_path / "x.msgpack", config)
    inputs = inputs_of("volume", 50)
    check(values(tmp_path / "x.msgpack", inputs), config, inputs)


@pytest.mark.parametrize("alignment", [16, 8])
@pytest.mark.parametrize("stream", ["plain", "zlib", "gzip", "json"])
def test_streams_and_widths(stream, alignment, small, values, tmp_path):
    """The same by any name, as what it is shows in how it begins."""
    config = small("nerf", alignment, "float", {"nerf": {"dataset": {"is_hdr": True, "n_extra_learnable_dims": 2}}},
                   network={"otype": "MLP", "n_neurons": 20, "n_hidden_layers": 0, "n_output_dims": 16})
    path = tmp_path / "scene"
    if stream == "json":
        text = dict(config, snapshot={**config["snapshot"], "params_binary": {"bytes": list(config["snapshot"]["params_binary"])}})
        path.write_text(json.dumps(text))
    else:
        snapshot.write(path, config, stream)
    inputs = inputs_of("nerf", 50)
    check(values(path, inputs), config, inputs)


# Counts from elsewhere: the notes of tiny-cuda-nn's users, and its tests.
GOLDEN = [
    ("nerf", {"otype": "HashGrid"}, {}, 12_196_240 + 10_240, {"n_neurons": 64, "n_hidden_layers": 2}),
    ("nerf", {"otype": "HashGrid", "n_levels": 8, "n_features_per_level": 4}, {"nerf": {"aabb_scale": 4}}, 12_855_296 + 10_240,
     {"n_neurons": 64, "n_hidden_layers": 2}),
    ("image", {"otype": "HashGrid", "n_levels": 16, "log2_hashmap_size": 15, "per_level_scale": 1.5}, {}, 708_368 + 7_168, None),
    ("image", {"otype": "DenseGrid", "n_levels": 8, "n_features_per_level": 8, "base_resolution": 2}, {}, 699_072 + 9_216, None),
    ("image", {"otype": "HashGrid", "log2_hashmap_size": 24}, {"image": {"width": 1024, "height": 1024}}, 1_423_440 + 7_168, None),
]


@pytest.mark.parametrize("mode, encoding, settings, count, color", GOLDEN)
def test_how_many_parameters(mode, encoding, settings, count, color, small, run, tmp_path):
    """A file with one parameter is told how many it should have."""
    network = {"n_neurons": 64, "n_hidden_layers": 1 if mode == "nerf" else 2}
    config = small(mode, settings=settings, count=1, encoding=encoding, network=network, **({"rgb_network": color} if color else {}))
    snapshot.write(tmp_path / "x.ingp", config, "zlib")
    result = run("treadle", "compile", tmp_path / "x.ingp", "-o", tmp_path / "x.tdl")
    assert f"snapshot.n_params is 1; the encodings and networks have {count}, or " in result.stderr


def test_other_commands(run, tmp_path):
    """A scene is a model as others are, but for what it is compared with."""
    path = CONTENT / "nsdf-low.msgpack"
    shown = run("treadle", "inspect", path)
    assert shown.returncode == 0 and "position" in shown.stdout and "distance" in shown.stdout, shown.stdout + shown.stderr
    compared = run("treadle", "compare", path, "--dim", "samples=64")
    assert compared.returncode == 0, compared.stdout + compared.stderr
    assert "[64, " in compared.stdout
    compared = run("treadle", "compare", path)  # at many positions, each allowed what f16 between layers changes
    assert compared.returncode == 0, compared.stdout + compared.stderr
    assert "[4096, " in compared.stdout
    compiled = run("treadle", "compile", path, "-o", tmp_path / "x.tdl")
    assert compiled.returncode == 0 and run("treadle", "inspect", tmp_path / "x.tdl").returncode == 0
