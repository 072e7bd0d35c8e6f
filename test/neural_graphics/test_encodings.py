# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Values and padding of the other encodings."""
import math

import numpy as np
import pytest
from reference import encodings


def evaluate(config, x, width=None):
    made = encodings.make(x.shape[1], config)
    return made.padded(np.asarray(x, np.float32), np.zeros(made.parameters, np.float32), width or made.outputs)


def test_frequency():
    values = evaluate({"otype": "Frequency", "n_frequencies": 3}, np.array([[0.25, 0.5]]))[0]
    expected = [f(2**k * math.pi * x) for x in (0.25, 0.5) for k in range(3) for f in (math.sin, math.cos)]
    np.testing.assert_allclose(values, expected, atol=1e-6)


def test_triangle_wave():
    values = evaluate({"otype": "TriangleWave", "n_frequencies": 3}, np.array([[0.0], [0.5], [1.0]]))
    np.testing.assert_allclose(values, [[1, 0, -1], [0, 0, -1], [-1, 0, -1]], atol=1e-6)


def test_one_blob_spreads_one(rng):
    """All bins together hold the whole bump; the bin of x and its neighbours hold it alone."""
    x = rng.random((50, 1)).astype(np.float32)
    values = evaluate({"otype": "OneBlob", "n_bins": 16}, x)
    np.testing.assert_allclose(values.sum(1), 1, atol=1e-5)
    away = np.abs((np.arange(16) + 0.5 - 16 * x + 8) % 16 - 8)
    assert (values[away > 1.5] == 0).all()


def test_one_blob_in_a_bin_centre():
    """From the bin's middle half a bin to each side: P(|u| < 1/2) of 15/16 (1 - u^2)^2."""
    values = evaluate({"otype": "OneBlob", "n_bins": 4}, np.array([[0.375]]))[0]
    middle = 15 / 8 * (0.5 - 2 / 3 * 0.125 + 1 / 5 * 0.03125)
    np.testing.assert_allclose(values, [(1 - middle) / 2, middle, (1 - middle) / 2, 0], atol=1e-6)


def test_identity():
    np.testing.assert_allclose(evaluate({"otype": "Identity", "scale": 2, "offset": -1}, np.array([[0.25, 1]])), [[-0.5, 1]])


def associated_legendre(l, m, z):
    """P_l^m with the sign (-1)^m, by the recurrence in l from P_m^m."""
    before, current = np.zeros_like(z), (-1) ** m * math.prod(range(1, 2 * m, 2)) * (1 - z * z) ** (m / 2)
    for k in range(m, l):
        before, current = current, ((2 * k + 1) * z * current - (k + m) * before) / (k + 1 - m)
    return current


@pytest.mark.parametrize("degree", range(1, 9))
def test_spherical_harmonics_are_associated_legendre_functions(degree, rng):
    direction = rng.standard_normal((50, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    phi = np.arctan2(direction[:, 1], direction[:, 0])
    values = encodings.spherical_harmonics((direction + 1) / 2, degree)
    assert values.shape == (50, degree**2)
    for l in range(degree):
        for m in range(-l, l + 1):
            n = abs(m)
            norm = math.sqrt((2 * l + 1) / (4 * math.pi) * math.factorial(l - n) / math.factorial(l + n) * (2 if m else 1))
            around = np.cos(n * phi) if m >= 0 else np.sin(n * phi)
            np.testing.assert_allclose(values[:, l * l + l + m], norm * associated_legendre(l, n, direction[:, 2]) * around, atol=2e-6)


def test_first_spherical_harmonics():
    """As everyone writes them down."""
    x, y, z = direction = np.array([0.48, -0.6, 0.64])
    expected = [0.28209479, -0.48860251 * y, 0.48860251 * z, -0.48860251 * x, 1.09254843 * x * y, -1.09254843 * y * z,
                0.94617470 * z * z - 0.31539157, -1.09254843 * x * z, 0.54627422 * (x * x - y * y)]
    np.testing.assert_allclose(encodings.spherical_harmonics((direction[None] + 1) / 2, 3)[0], expected, atol=1e-6)


GRID = {"otype": "HashGrid", "n_levels": 3, "n_features_per_level": 2, "log2_hashmap_size": 6}


@pytest.mark.parametrize("config, dims, value, front", [
    ({"otype": "Frequency", "n_frequencies": 1}, 3, 1, False), ({"otype": "TriangleWave", "n_frequencies": 2}, 3, 1, False),
    ({"otype": "OneBlob", "n_bins": 4}, 3, 1, False), ({"otype": "Identity"}, 3, 1, False), (GRID, 3, 0, False),
    ({"otype": "SphericalHarmonics", "degree": 3}, 3, 1, True)], ids=lambda value: value["otype"] if isinstance(value, dict) else "")
def test_padding_alone_and_in_a_composite(config, dims, value, front, rng):
    x = rng.random((4, dims + 2)).astype(np.float32)
    plain = evaluate(config, x[:, 2:])
    padded = evaluate(config, x[:, 2:], 16)
    filler = np.full((4, 16 - plain.shape[1]), value, np.float32)
    assert (padded == np.concatenate([filler, plain] if front else [plain, filler], 1)).all()
    first = {"otype": "Identity", "n_dims_to_encode": 2}
    both = evaluate({"otype": "Composite", "nested": [first, config]}, x, 32)
    shift = (-2) % 2 if config is GRID else 0
    filler = np.full((4, 30 - shift - plain.shape[1]), value, np.float32)
    tail = [filler, plain] if front else [plain, filler]
    assert (both == np.concatenate([x[:, :2], np.ones((4, shift)), *tail], 1)).all()


def test_nested_encodings_are_aligned(rng):
    """A grid of 4 features begins at a multiple of 4: what is before it is padded by its own rule."""
    x = rng.random((3, 9)).astype(np.float32)
    config = {"otype": "Composite", "nested": [
        {"otype": "SphericalHarmonics", "degree": 1, "n_dims_to_encode": 3}, {"otype": "Identity", "n_dims_to_encode": 1},
        {**GRID, "n_features_per_level": 4, "n_dims_to_encode": 3}, {"otype": "Identity"}]}
    made = encodings.make(9, config)
    assert made.outputs == 4 + 12 + 2 and made.alignment == 4
    values = evaluate(config, x, 20)
    np.testing.assert_allclose(values[:, 0], 0.28209479, rtol=1e-6)
    assert (values[:, 1] == x[:, 3]).all() and (values[:, 2:4] == 1).all()
    assert (values[:, 16:18] == x[:, 7:]).all() and (values[:, 18:] == 1).all()


def test_parts_may_be_sliced_and_reduced(rng):
    x = rng.random((3, 2)).astype(np.float32)
    nested = [{"otype": "Identity", "n_dims_to_encode": 2}, {"otype": "Identity", "scale": 3, "n_dims_to_encode": 2, "dims_to_encode_begin": 0}]
    np.testing.assert_allclose(evaluate({"otype": "Composite", "reduction": "Sum", "nested": nested}, x), 4 * x, rtol=1e-6)
    np.testing.assert_allclose(evaluate({"otype": "Composite", "reduction": "Product", "nested": nested}, x), 3 * x * x, rtol=1e-6)


def test_radiance_caching_alias():
    assert encodings.make(14, {"otype": "NRC"}).outputs == 3 * 12 + 5 * 4 + 6


def test_default_is_one_blob():
    assert encodings.make(2, {}).outputs == 32


@pytest.mark.parametrize("widths", [(2, 2), (1, 1), (None, None)])
def test_inputs_that_do_not_fit_are_named(widths):
    nested = [{"otype": "Identity", **({"n_dims_to_encode": width} if width else {})} for width in widths]
    with pytest.raises(ValueError, match="n_dims_to_encode"):
        encodings.make(3, {"otype": "Composite", "nested": nested})
