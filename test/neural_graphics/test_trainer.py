# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What tools/train trains is what the reference computes: the same sizes, the same values, and gradients that fit them."""
import importlib
import sys

import numpy as np
import pytest
from reference import encodings, fields, snapshot

torch = pytest.importorskip("torch", reason="the trainer's own requirements are not installed")


@pytest.fixture(scope="module")
def trainer(root):
    """trainer(module): a module of tools/train, or the formulas that it shares with the Python package."""
    sys.path[:0] = [str(root / "tools" / "train"), str(root / "frontends" / "python" / "treadle")]
    yield importlib.import_module
    del sys.path[:2]


GRIDS = [
    (2, {"otype": "HashGrid", "n_levels": 5, "n_features_per_level": 2, "log2_hashmap_size": 8, "base_resolution": 5, "per_level_scale": 1.7}),
    (3, {"otype": "HashGrid", "n_levels": 4, "n_features_per_level": 4, "log2_hashmap_size": 9, "base_resolution": 4, "per_level_scale": 2.0}),
    (3, {"otype": "DenseGrid", "n_levels": 3, "n_features_per_level": 2, "base_resolution": 4, "per_level_scale": 1.5}),
    (3, {"otype": "TiledGrid", "n_levels": 3, "n_features_per_level": 8, "base_resolution": 5, "per_level_scale": 1.5}),
    (3, {"otype": "HashGrid", "n_levels": 3, "log2_hashmap_size": 6, "interpolation": "Smoothstep"}),
]
OTHERS = [
    (3, {"otype": "Frequency", "n_frequencies": 4}), (2, {"otype": "TriangleWave", "n_frequencies": 4}), (2, {"otype": "OneBlob", "n_bins": 8}),
    (3, {"otype": "SphericalHarmonics", "degree": 8}), (4, {"otype": "Identity", "scale": 2.0}),
    (7, {"otype": "Composite", "nested": [{"otype": "SphericalHarmonics", "degree": 3, "n_dims_to_encode": 3}, {**GRIDS[1][1], "n_dims_to_encode": 3},
                                          {"otype": "Identity"}]}),
]


@pytest.mark.parametrize("dims, config", GRIDS + OTHERS, ids=lambda value: value["otype"] if isinstance(value, dict) else str(value))
def test_encodings(dims, config, trainer, rng):
    module, expected = trainer("ng_formulas").make_encoding(dims, config), encodings.make(dims, config)
    parameters = list(module.parameters())
    assert module.outputs == expected.outputs and sum(p.numel() for p in parameters) == expected.parameters
    values = rng.standard_normal(expected.parameters).astype(np.float32)
    with torch.no_grad():
        for parameter in parameters:
            parameter.copy_(torch.from_numpy(values).view_as(parameter))
        x = rng.random((200, dims)).astype(np.float32)
        x[0] = 1
        width = -(-module.outputs // 16) * 16
        found = module.padded(torch.from_numpy(x), width).numpy()
    np.testing.assert_allclose(found, expected.padded(x, values, width), atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("dims, config", GRIDS, ids=lambda value: value["otype"] if isinstance(value, dict) else str(value))
def test_gradients_of_grids(dims, config, trainer, rng):
    """The encoding is linear in its table: the gradient of a weighted sum, times the table, is that sum."""
    module = trainer("ng_formulas").Grid(dims, config)
    with torch.no_grad():
        module.table.uniform_(-1, 1)
    values = module(torch.from_numpy(rng.random((50, dims)).astype(np.float32)))
    total = (values * torch.from_numpy(rng.standard_normal(values.shape).astype(np.float32))).sum()
    total.backward()
    assert (module.table.grad * module.table).sum().item() == pytest.approx(total.item(), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("application, mode", [("gia", "image"), ("nsdf", "sdf"), ("nvr", "volume"), ("nerf", "nerf")])
@pytest.mark.parametrize("encoding", ["hash", "dense", "low"])
def test_fields_and_files(application, mode, encoding, trainer, rng, tmp_path):
    """An untrained field of each kind, saved and read, has the trainer's values."""
    network, formulas = trainer("network"), trainer("ng_formulas")
    module = trainer(application)
    if mode == "nerf":
        config = {"encoding": module.ENCODINGS[encoding], **module.NETWORKS}
        field = network.RadianceField(config)
    else:
        config = {"encoding": module.ENCODINGS[encoding], "network": module.NETWORK}
        field = formulas.Field(fields.DIMS[mode], fields.OUTPUTS[mode], config)
    with torch.no_grad():
        for parameter in field.parameters():
            parameter.uniform_(-0.3, 0.3)
    network.round_to_half(field)
    trainer("snapshot").write(tmp_path / "field.ingp", mode, config, field, {"training_step": 0, "loss": 1.0})
    loaded = fields.load(snapshot.read(tmp_path / "field.ingp"))
    assert loaded.alignment == 16
    x, d = rng.random((64, fields.DIMS[mode])).astype(np.float32), rng.standard_normal((64, 3)).astype(np.float32)
    with torch.no_grad():
        if mode == "nerf":
            d /= np.linalg.norm(d, axis=1, keepdims=True)
            found = field(torch.from_numpy(x), torch.from_numpy((d + 1) / 2))
            found = [part.numpy() for part in found]
            expected = loaded.evaluate(x, d)
        else:
            found, expected = [field(torch.from_numpy(x)).numpy()], [loaded.evaluate(x).reshape(64, -1)]
    for a, b in zip(found, expected):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
