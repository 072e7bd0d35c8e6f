# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_ng_torch.py - tiny-cuda-nn's modules: how many parameters, which at first, what they compute, and gradients."""
import copy
import math
import pickle

import numpy as np
import pytest
import treadle

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install torch==2.13.0)")
from treadle import ng, ng_formulas, ng_torch  # noqa: E402

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
    assert sum(own.numel() for own in ng_formulas.make_encoding(dims, config).parameters()) == count


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


class Float(ng.NetworkWithInputEncoding):
    """With floats where tiny-cuda-nn has halves."""

    dtype = property(lambda self: torch.float32, lambda self, value: None)


TORCH_NGP = {**HASH, "convention": "torch-ngp"}
DIFFERENTIABLE = {
    **ENCODINGS, "2-D": (2, {**HASH, "n_features_per_level": 1}), "dense 4-D": (4, {"otype": "DenseGrid", "n_levels": 2, "base_resolution": 3, "per_level_scale": 2.0}),
    "dense to 256": (2, {"otype": "DenseGrid", "n_levels": 3, "n_features_per_level": 8}),
    "tiled": (3, {"otype": "TiledGrid", "n_levels": 3, "n_features": None, "base_resolution": 5, "per_level_scale": 1.5}),
    "one entry": (4, {"otype": "TiledGrid", "n_levels": 2, "base_resolution": 2, "per_level_scale": 400.0}),
    "nearest": (3, {**HASH, "interpolation": "Nearest"}), "smoothstep 4-D": (4, {**HASH, "interpolation": "Smoothstep"}),
    "finest first": (3, {**HASH, "base_resolution": 20, "per_level_scale": 0.6}), "moved": (2, {**HASH, "scale": 0.5, "offset": -2.0}),
    "torch-ngp": (3, TORCH_NGP), "to the corners": (2, {**TORCH_NGP, "align_corners": True}),
    "torch-ngp, tiled": (3, {**TORCH_NGP, "otype": "TiledGrid"}), "identity": (5, {"otype": "Identity", "scale": 2.0, "offset": -1.0}),
    "harmonics to 8": (3, {"otype": "SphericalHarmonics", "degree": 8}), "nrc": (9, {"otype": "NRC", "n_frequencies": 4}),
    "sum": (6, {"otype": "Composite", "reduction": "Sum", "nested": [{"otype": "OneBlob", "n_bins": 4, "n_dims_to_encode": 2},
                                                                    {"otype": "Frequency", "n_frequencies": 1}]}),
    "product": (4, {"otype": "Composite", "reduction": "Product", "nested": [
        {**HASH, "n_dims_to_encode": 3}, {**HASH, "n_dims_to_encode": 3, "dims_to_encode_begin": 1}]}),
    "nested": (9, {"otype": "Composite", "nested": [
        {"otype": "Composite", "n_dims_to_encode": 4, "nested": [{"otype": "Empty", "n_dims_to_encode": 1}, {"otype": "SphericalHarmonics", "degree": 3}]},
        {**HASH, "n_features_per_level": 8, "n_dims_to_encode": 2}, {"otype": "SphericalHarmonics", "degree": 2}]})}
ACTIVATIONS = ["None", "ReLU", "LeakyReLU", "SiLU", "Exponential", "Sine", "Sigmoid", "Squareplus", "Softplus", "Tanh"]


def check_values(module, formulas, x):
    """Of the formulas, with the module's parameters, beside the program's."""
    torch.nn.utils.vector_to_parameters(module.params.detach().to(module.dtype).float(), formulas.parameters())
    near(module(x), formulas(x).detach().numpy(), 5e-3 if module.dtype == torch.half else 3e-5)


def check_gradients(module, x):
    """Beside differences of the program's values along some directions, of the samples where those to both sides agree,
    which they do not about a kink."""
    params, generator = module.params.data.clone(), torch.Generator().manual_seed(2)
    factors = torch.randn(len(x), module.n_output_dims, generator=generator)

    def differences(x_by, params_by, step):
        """Of each sample's weighted sum of values: per step to both sides, and where they agree."""
        sums = []
        for moved in (-step, 0, step):
            with torch.no_grad():
                module.params.copy_(params + moved * params_by)
                sums.append((module(x + moved * x_by).double() * factors).sum(1) / step)
        module.params.data.copy_(params)
        left, right = sums[1] - sums[0], sums[2] - sums[1]
        agree = (right - left).abs() <= 0.02 * right.abs().max() + 1e-3
        assert agree.float().mean() > 0.7
        return (left + right) / 2, agree

    at = x.clone().requires_grad_()
    (module(at) * factors).sum().backward()
    assert at.grad.dtype == torch.float32
    for d in range(x.shape[1]):
        found, agree = differences(torch.eye(x.shape[1])[d], torch.zeros(()), 2e-4)
        assert (found - at.grad[:, d])[agree].abs().max() <= 0.02 * found.abs().max() + 1e-3
    for _ in range(3 if len(params) else 0):
        direction = torch.randn(params.shape, generator=generator)
        found, agree = differences(0, direction, 1e-4)
        gradient, = torch.autograd.grad((module(x) * factors)[agree].sum(), module.params)
        assert gradient.dtype == torch.float32
        assert found[agree].sum().item() == pytest.approx((gradient * direction).sum().item(), abs=1e-2 * gradient.norm().item())


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients_of_encodings(name):
    """Also outside the unit cube."""
    dims, config = DIFFERENTIABLE[name]
    x = 1.5 * samples(dims) - 0.3
    for dtype in (torch.half, torch.float32):
        module = ng.Encoding(dims, config, dtype=dtype)
        spread(module)
        check_values(module, ng_formulas.make_encoding(dims, config), x)
    check_gradients(module, x)


@pytest.mark.parametrize("hidden", [0, 1])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_of_networks(activation, hidden):
    network = {"otype": "CutlassMLP", "n_neurons": 24, "n_hidden_layers": hidden, "activation": activation, "output_activation": activation}
    for make in (ng.NetworkWithInputEncoding, Float):
        module = make(4, 3, {"otype": "Frequency", "n_frequencies": 2}, network)
        spread(module)
        check_values(module, ng_formulas.Field(4, 3, {"encoding": module.encoding_config, "network": network}), samples(4))
    check_gradients(module, samples(4))


@pytest.mark.parametrize("name", ["hash", "harmonics", "composite"])
def test_gradients_of_networks_of_encodings(name):
    dims, config = DIFFERENTIABLE[name]
    module = Float(dims, 17, config, {**FUSED, "activation": "Softplus"})
    spread(module)
    check_gradients(module, samples(dims))


def test_gradients_of_halves():
    """Of a network alone, whose inputs are filled up with 1, are those of the same with floats."""
    module, x = ng.Network(5, 2, FUSED), samples(5)
    exact = Float(5, 2, {"otype": "Identity"}, FUSED)
    exact.params.data = torch.from_numpy(spread(module))
    found, wanted = (torch.autograd.grad(made(at).float().sum(), (at, made.params)) for made in (module, exact) for at in [x.clone().requires_grad_()])
    for one, other in zip(found, wanted):
        assert one.dtype == torch.float32
        near(one, other.numpy(), 1e-6)


def test_gradients_that_are_asked_for():
    module, x = ng.NetworkWithInputEncoding(3, 3, HASH, FUSED), samples(3)
    spread(module)
    with torch.no_grad():
        assert not module(x).requires_grad
    both = torch.autograd.grad(module(at := x.clone().requires_grad_()).sum(), (at, module.params))
    module(x).sum().backward()
    assert torch.equal(module.params.grad, both[1])
    module.params.requires_grad_(False)
    assert not module(x).requires_grad
    module(at).sum().backward()
    assert torch.equal(at.grad, both[0])
    module(wide := x.double().requires_grad_()).sum().backward()
    assert wide.grad.dtype == torch.float64 and torch.equal(wide.grad.float(), both[0])
    module(none := x[:0].clone().requires_grad_()).sum().backward()
    assert none.grad.shape == (0, 3)


def test_no_gradients_of_gradients():
    module, x = ng.NetworkWithInputEncoding(3, 3, HASH, FUSED), samples(3).requires_grad_()
    slope, = torch.autograd.grad(module(x).sum(), x, create_graph=True)
    with pytest.raises(NotImplementedError, match="treadle.ng.NetworkWithInputEncoding computes gradients, but none of gradients"):
        slope.square().sum().backward()


def test_training():
    """An image of waves; the random numbers of others stay what they are."""
    module, x = ng.NetworkWithInputEncoding(2, 3, {**HASH, "base_resolution": 8}, FUSED), samples(2, 1024)
    wanted = torch.stack([(6 * x[:, 0]).sin(), (5 * x[:, 1]).cos(), (4 * x.sum(1)).sin()], 1)
    state, optimizer, losses = torch.get_rng_state(), torch.optim.Adam([module.params], 1e-2), []
    for _ in range(200):
        loss = (module(x).float() - wanted).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.02 * losses[0] and torch.equal(torch.get_rng_state(), state)


def test_samples_of_any_number_and_type():
    module, x = ng.NetworkWithInputEncoding(3, 3, HASH, FUSED), samples(3)
    whole = module(x)
    assert module(x[:0]).shape == (0, 3)
    assert torch.equal(module(x[5:6]), whole[5:6]) and torch.equal(module(x.double()), whole)
    wide = torch.cat([x, x], 1)
    assert torch.equal(module(wide[:, :3]), whole)
    with pytest.raises(TypeError, match="input: should be a torch.Tensor, is ndarray"):
        module(x.numpy())
    for wrong in (wide, x[0]):
        with pytest.raises(ValueError, match=r"input: should be \[n, 3\], is"):
            module(wrong)


def test_what_programs_for_tiny_cuda_nn_say_besides():
    assert ng.Encoding(3, HASH).loss_scale == 1 and ng.free_temporary_memory() is None


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
