# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Parameters of networks, and their activations."""
import numpy as np
import pytest
from reference import encodings, mlp

FUSED = {"otype": "FullyFusedMLP", "n_neurons": 64}


@pytest.mark.parametrize("alignment, count", [(16, 10_240), (8, 9_728)])
def test_counts_of_a_radiance_field(alignment, count):
    density = mlp.make(32, 16, {**FUSED, "n_hidden_layers": 1}, alignment)
    colour = mlp.make(32, 3, {**FUSED, "n_hidden_layers": 2}, alignment)
    assert density.parameters + colour.parameters == count


def test_counts_of_an_image():
    assert mlp.make(32, 3, {**FUSED, "n_hidden_layers": 2}).parameters == 7_168
    assert mlp.make(32, 1, {**FUSED, "n_hidden_layers": 2}).shapes == [(64, 32), (64, 64), (16, 64)]


def test_no_hidden_layer():
    network = mlp.make(3, 2, {"otype": "CutlassMLP", "n_hidden_layers": 0})
    weights = np.arange(256, dtype=np.float32)
    x = np.eye(16, dtype=np.float32)
    assert (network.evaluate(x, weights) == weights.reshape(16, 16).T[:, :2]).all()


@pytest.mark.parametrize("name, x, y", [
    ("None", -2, -2), ("ReLU", -2, 0), ("LeakyReLU", -2, -0.02), ("SiLU", 1, 0.7310586), ("Exponential", 1, 2.7182817),
    ("Sine", 1, 0.84147098), ("Sigmoid", -1, 0.26894143), ("Squareplus", 0, 0.1), ("Softplus", 0, 0.069314718), ("Tanh", 1, 0.76159416)])
def test_activations(name, x, y):
    network = mlp.make(16, 1, {**FUSED, "n_neurons": 16, "n_hidden_layers": 1, "activation": "None", "output_activation": name})
    identity = np.concatenate([np.eye(16, dtype=np.float32)] * 2).ravel()
    value = network.evaluate(np.full((1, 16), x, np.float32), identity)[0, 0]
    assert value == pytest.approx(y, rel=1e-5)


def test_hidden_layers_and_padding(rng):
    network = mlp.make(3, 5, {**FUSED, "n_neurons": 32, "n_hidden_layers": 2, "output_activation": "Sigmoid"})
    matrices = [rng.standard_normal(shape).astype(np.float32) / 4 for shape in network.shapes]
    x = encodings.make(3, {"otype": "Identity"}).padded(rng.random((7, 3)).astype(np.float32), None, network.inputs)
    assert (x[:, 3:] == 1).all()
    hidden = np.maximum(matrices[1] @ np.maximum(matrices[0] @ x.T, 0), 0)
    expected = 1 / (1 + np.exp(-(matrices[2] @ hidden)[:5].T))
    np.testing.assert_allclose(network.evaluate(x, np.concatenate([m.ravel() for m in matrices])), expected, rtol=1e-5)


@pytest.mark.parametrize("config, word", [
    ({"n_neurons": 48}, "n_neurons"), ({"n_hidden_layers": 0}, "n_hidden_layers"), ({"activation": "Swish"}, "swish")])
def test_wrong_keys_are_named(config, word):
    with pytest.raises(ValueError, match=word):
        mlp.make(16, 1, {"otype": "FullyFusedMLP", **config})
