# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_ng_torch.py - tiny-cuda-nn's modules: how many parameters, which at first, and what they compute."""
import copy
import math
import pickle

import numpy as np
import pytest
import treadle

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install torch==2.13.0)")
from treadle import ng, ng_torch  # noqa: E402

from reference import encodings, mlp  # noqa: E402

HASH = {"otype": "HashGrid", "n_levels": 4, "n_features_per_level": 2, "log2_hashmap_size": 8, "base_resolution": 4, "per_level_scale": 1.5}
FUSED = {"otype": "FullyFusedMLP", "n_neurons": 32, "n_hidden_layers": 2, "activation": "ReLU", "output_activation": "None"}
COMPOSITE = {"otype": "Composite", "nested": [{"n_dims_to_encode": 3, **HASH}, {"n_dims_to_encode": 3, "otype": "SphericalHarmonics", "degree": 3},
                                              {"otype": "Frequency", "n_frequencies": 2}]}
NERF = {"otype": "HashGrid", "n_levels": 16, "n_features_per_level": 2, "log2_hashmap_size": 19, "base_resolution": 16}

# Public counts of tiny-cuda-nn's and instant-ngp's own configurations.
COUNTS = [
    (3, {"otype": "HashGrid", "n_levels": 20, "n_features_per_level": 2, "log2_hashmap_size": 16, "base_resolution": 32, "per_level_scale": 1.5}, 2555904),
    (3, {**NERF, "per_level_scale": math.exp(math.log(128) / 15)}, 12196240),
    (3, {**NERF, "n_levels": 8, "n_features_per_level": 4, "per_level_scale": math.exp(math.log(128) / 7)}, 11681792),
    (2, {"otype": "DenseGrid", "n_levels": 8, "n_features_per_level": 8, "base_resolution": 2}, 699072),
    (2, {"otype": "HashGrid", "log2_hashmap_size": 15, "per_level_scale": 1.5}, 708368),
    (3, {"otype": "SphericalHarmonics"}, 0),
]


@pytest.mark.parametrize("dims, config, count", COUNTS, ids=[str(count) for _, _, count in COUNTS])
def test_how_many_parameters(dims, config, count):
    assert ng.Encoding(dims, config).params.shape == (count,)


def test_how_many_parameters_of_networks():
    """base.json and config_hash.json."""
    network = {"otype": "FullyFusedMLP", "n_neurons": 64, "n_hidden_layers": 2}
    assert ng.NetworkWithInputEncoding(2, 3, COUNTS[4][1], network).params.shape == (708368 + 7168,)
    assert ng.Network(32, 3, network).params.shape == (7168,)
    assert ng.Network(32, 16, {**network, "n_hidden_layers": 1}).params.numel() + ng.Network(32, 3, network).params.numel() == 10240


def spread(module, seed=3):
    """Parameters that differ enough to be told apart."""
    with torch.no_grad():
        module.params.uniform_(-0.5, 0.5, generator=torch.Generator().manual_seed(seed))
    return module.params.detach().to(module.dtype).float().numpy()


def samples(dims, count=300):
    return torch.rand(count, dims, generator=torch.Generator().manual_seed(1))


def near(found, wanted, tolerance):
    np.testing.assert_allclose(found.detach().float().numpy(), wanted, rtol=0, atol=tolerance * np.abs(wanted).max())


ENCODINGS = {"hash": (3, HASH), "4-D": (4, HASH), "dense": (2, {"otype": "DenseGrid", "n_levels": 2, "n_features_per_level": 4}),
             "smoothstep": (2, {**HASH, "interpolation": "Smoothstep"}), "frequency": (2, {"otype": "Frequency", "n_frequencies": 4}),
             "harmonics": (3, {"otype": "SphericalHarmonics", "degree": 4}), "composite": (8, COMPOSITE),
             "blob": (2, {"otype": "OneBlob"}), "waves": (2, {"otype": "TriangleWave", "n_frequencies": 3})}


@pytest.mark.parametrize("dtype", [None, torch.half, torch.float32], ids=["none", "half", "float"])
@pytest.mark.parametrize("name", ENCODINGS)
def test_encodings(name, dtype):
    dims, config = ENCODINGS[name]
    module, reference = ng.Encoding(dims, config, dtype=dtype), encodings.make(dims, config)
    assert module.params.dtype == torch.float32 and module.dtype == (dtype or torch.half)
    values, x = spread(module), samples(dims)
    found = module(x)
    assert found.dtype == module.dtype and found.shape == (300, module.n_output_dims) and module.n_output_dims == reference.outputs
    near(found, reference.evaluate(x.numpy(), values), 2e-5 if dtype == torch.float32 else 3e-3)


@pytest.mark.parametrize("outputs", [1, 3, 17])
@pytest.mark.parametrize("name", ["hash", "harmonics", "composite"])
def test_networks_of_encodings(name, outputs):
    dims, config = ENCODINGS[name]
    module = ng.NetworkWithInputEncoding(dims, outputs, config, FUSED)
    encoding = encodings.make(dims, config)
    network = mlp.make(encoding.outputs, outputs, FUSED)
    assert module.params.numel() == network.parameters + encoding.parameters
    values, x = spread(module), samples(dims)
    found = module(x)
    assert found.dtype == torch.half and found.shape == (300, outputs)
    features = encoding.padded(x.numpy(), values[network.parameters:], network.inputs)
    near(found, network.evaluate(features, values[:network.parameters]), 4e-3)


@pytest.mark.parametrize("config", [FUSED, {"otype": "CutlassMLP", "n_neurons": 24, "n_hidden_layers": 0}, {**FUSED, "activation": "Sine"},
                                    {**FUSED, "output_activation": "Sigmoid"}], ids=range(4))
def test_networks(config):
    """What is missing to a multiple of 16 inputs is 1."""
    module, network = ng.Network(5, 2, config), mlp.make(5, 2, config)
    values, x = spread(module), samples(5)
    filled = np.concatenate([x.numpy(), np.ones((300, 11), np.float32)], 1)
    near(module(x), network.evaluate(filled, values), 5e-3)


def test_parameters_may_change():
    """In every way in which PyTorch lets them."""
    module, x = ng.Encoding(3, HASH), samples(3)
    spread(module)
    program, first = module._program, module(x)
    module.params.data *= 2
    near(module(x), 2 * first.detach().float().numpy(), 1e-6)
    other = ng.Encoding(3, HASH, seed=7)
    assert not torch.equal(other(x), first)
    other.load_state_dict(module.state_dict())
    assert torch.equal(other(x), module(x)) and list(module.state_dict()) == ["params"] and module._program is program
    for made in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(made(x), module(x))


def test_the_generator():
    """The numbers of O'Neill's own demonstration: state 42, stream 54."""
    class Demonstration(ng_torch._Pcg32):
        _INCREMENT = 54 << 1 | 1

    drawn = (Demonstration(42).floats(6).astype(np.float64) * 2**23).astype(int).tolist()
    assert drawn == [word >> 9 for word in (0xA15C02B7, 0x7B47F409, 0xBA1D3330, 0x83D2F293, 0xBFA4784B, 0xCBED606E)]
    one, two = ng_torch._Pcg32(1337), ng_torch._Pcg32(1337)
    two.advance(1000)
    np.testing.assert_array_equal(one.floats(1100)[1000:], two.floats(100))


def test_parameters_at_first():
    module = ng.NetworkWithInputEncoding(3, 3, HASH, FUSED)
    assert torch.equal(module.params, ng.NetworkWithInputEncoding(3, 3, HASH, FUSED, seed=1337).params)
    values, at = module.params.detach().numpy(), 0
    for rows, columns in ((32, 16), (32, 32), (16, 32)):
        bound, part = math.sqrt(6 / (rows + columns)), values[at:at + rows * columns]
        assert 0.95 * bound < np.abs(part).max() <= bound and abs(part.mean()) < 0.1 * bound
        at += rows * columns
    assert 0.95e-4 < np.abs(values[at:]).max() <= 1.0001e-4
    sine = ng.Network(16, 16, {**FUSED, "activation": "Sine"}).params.detach().numpy()
    assert 1.8 < np.abs(sine[:512]).max() <= 30 / 16 and 0.4 < np.abs(sine[512:]).max() <= math.sqrt(6 / 32)
    # A table's numbers are drawn by threads, 4 by each: the first of each come first.
    table, rng = ng.Encoding(3, HASH, seed=5).params.detach().numpy(), ng_torch._Pcg32(5)
    threads = -(-len(table) // 512) * 128
    np.testing.assert_allclose(table[[0, 1, threads]], (rng.floats(5)[[0, 4, 1]] * 2 - 1) * 1e-4, rtol=1e-5)


def test_no_gradients():
    module, x = ng.NetworkWithInputEncoding(3, 3, HASH, FUSED), samples(3)
    with torch.no_grad():
        assert not module(x).requires_grad
    with pytest.raises(NotImplementedError, match="treadle.ng.NetworkWithInputEncoding computes no gradients"):
        module(x).sum().backward()
    module.params.requires_grad_(False)
    with pytest.raises(NotImplementedError, match="computes no gradients"):
        module(x.requires_grad_()).sum().backward()


def test_samples_of_any_number_and_type():
    module, x = ng.NetworkWithInputEncoding(3, 3, HASH, FUSED), samples(3)
    whole = module(x)
    assert module(x[:0]).shape == (0, 3)
    assert torch.equal(module(x[5:6]), whole[5:6]) and torch.equal(module(x.double()), whole)
    wide = torch.cat([x, x], 1)
    assert torch.equal(module(wide[:, :3]), whole)
    for wrong in (wide, x[0]):
        with pytest.raises(ValueError, match=r"input: should be \[n, 3\], is"):
            module(wrong)


def test_on_vulkan():
    if not any(device["name"] == "vulkan:0" for device in treadle.devices()):
        pytest.skip("there is no Vulkan device")
    here, there = (ng.NetworkWithInputEncoding(3, 3, HASH, FUSED, device=device) for device in ("cpu", "vulkan:0"))
    spread(here), spread(there)
    near(there(samples(3)), here(samples(3)).detach().float().numpy(), 4e-3)


@pytest.mark.parametrize("make, why", [
    (lambda: ng.Encoding(3, {"otype": "HashGird"}), "^encoding.otype is 'HashGird'"),
    (lambda: ng.Encoding(3, {**HASH, "n_features_per_level": 3}), "encoding.n_features_per_level is 3"),
    (lambda: ng.Encoding(2, {"otype": "SphericalHarmonics"}), "encodes 3 numbers, not 2"),
    (lambda: ng.NetworkWithInputEncoding(3, 3, HASH, {**FUSED, "n_neurons": 48}), "network.n_neurons is 48; a FullyFusedMLP has 16"),
    (lambda: ng.Network(0, 3, FUSED), "n_input_dims is 0"),
], ids=range(5))
def test_what_is_wrong(make, why):
    with pytest.raises(treadle.CompileError, match=why):
        make()


def test_a_type_that_there_is_not():
    with pytest.raises(ValueError, match="dtype: can be torch.half or torch.float32, is torch.float64"):
        ng.Encoding(3, HASH, dtype=torch.float64)
