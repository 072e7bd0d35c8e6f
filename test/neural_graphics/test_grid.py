# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sizes, indices and sums of grids, against numbers that tiny-cuda-nn, instant-ngp and readers of their files state."""
import math

import numpy as np
import pytest
from reference import grid


def growth(desired, levels, base=16):
    return math.exp(math.log(desired / base) / (levels - 1))


NERF = {"otype": "HashGrid", "n_levels": 16, "log2_hashmap_size": 19, "base_resolution": 16}
BASE = {"otype": "HashGrid", "n_levels": 8, "n_features_per_level": 4, "log2_hashmap_size": 19, "base_resolution": 16}
COUNTS = [
    (3, {"otype": "HashGrid", "n_levels": 20, "log2_hashmap_size": 16, "base_resolution": 32, "per_level_scale": 1.5}, 2_555_904),
    (3, {**NERF, "per_level_scale": 128 ** (1 / 15)}, 12_196_240),
    (3, {**NERF, "per_level_scale": growth(2048 * 4, 16)}, 13_074_912),
    *((3, {**BASE, "per_level_scale": growth(2048 * scale, 8)}, count)
      for scale, count in ((1, 11_681_792), (4, 12_855_296), (16, 13_041_664), (128, 13_647_872))),
    (2, {"otype": "DenseGrid", "n_levels": 8, "n_features_per_level": 8, "base_resolution": 2}, 699_072),
    (2, {"otype": "HashGrid", "log2_hashmap_size": 24, "per_level_scale": growth(512, 16)}, 1_423_440),
    (2, {"otype": "HashGrid", "log2_hashmap_size": 24, "per_level_scale": growth(10_000, 16)}, 127_110_960),
    (3, {"otype": "DenseGrid", "n_levels": 8, "n_features_per_level": 4, "per_level_scale": 1.405}, 32_624_096),
    (3, {"otype": "TiledGrid", "n_levels": 2, "n_features_per_level": 8, "base_resolution": 128, "per_level_scale": 1.0}, 33_554_432),
    (2, {"otype": "HashGrid", "log2_hashmap_size": 15, "per_level_scale": 1.5}, 708_368),
]


@pytest.mark.parametrize("dims, config, count", COUNTS, ids=[str(count) for _, _, count in COUNTS])
def test_counts(dims, config, count):
    assert grid.make(dims, config).parameters == count


def test_levels_follow_each_other():
    made = grid.make(*COUNTS[0][:2])
    assert [level.entries for level in made.levels[:3]] == [32768, 65536, 65536]
    assert [level.offset for level in made.levels[:4]] == [0, 32768, 98304, 163840]


def test_resolutions():
    made = grid.make(3, {**NERF, "per_level_scale": 128 ** (1 / 15)})
    assert [level.resolution for level in made.levels] == [16, 23, 31, 43, 59, 81, 112, 154, 213, 295, 407, 562, 777, 1073, 1483, 2048]


def test_entries_are_rounded_before_they_are_limited():
    (level,) = grid.make(3, {"otype": "DenseGrid", "n_levels": 1, "base_resolution": 3, "per_level_scale": 1.0}).levels
    assert level.entries == 32
    (level,) = grid.make(3, {"otype": "TiledGrid", "n_levels": 1, "base_resolution": 3, "per_level_scale": 1.0}).levels
    assert level.entries == 27


def test_otype_only_picks_the_type():
    explicit = grid.make(2, {"otype": "DenseGrid", "type": "Hash", "n_levels": 4, "per_level_scale": 2.0, "log2_hashmap_size": 8})
    assert explicit.kind == "hash" and max(level.entries for level in explicit.levels) == 256


@pytest.mark.parametrize("cell, number, entry", [
    ((1, 1, 1), 2922720805, 339493), ((10, 20, 30), 4229153448, 246440), ((123, 456, 789), 635907338, 470282)])
def test_hashes(cell, number, entry):
    cell = np.array([cell], np.uint32)
    assert grid.coherent_prime(cell)[0] == number
    made = grid.make(3, {**NERF, "per_level_scale": 128 ** (1 / 15)})
    assert grid.index(made, made.levels[-1], cell)[0] == entry


def test_hash_of_two_dimensions():
    cell = np.array([[100, 200]], np.uint32)
    assert grid.coherent_prime(cell)[0] == 2606174764
    made = grid.make(2, COUNTS[-1][1])
    assert grid.index(made, made.levels[-1], cell)[0] == 4652


def test_coarse_levels_of_a_hash_grid_are_dense():
    made = grid.make(3, {**NERF, "per_level_scale": 2.0})
    assert grid.index(made, made.levels[0], np.array([[1, 2, 3]], np.uint32))[0] == 1 + 2 * 16 + 3 * 256


def test_one_past_the_end_wraps():
    """The half cell's shift lets x = 1 reach vertex r; what is beyond the entries begins at 0 again."""
    made = grid.make(2, {"otype": "DenseGrid", "n_levels": 1, "base_resolution": 4, "per_level_scale": 1.0})
    cell, w = grid.split(made.levels[0], np.array([[1, 1]], np.float32))
    assert cell.tolist() == [[3, 3]] and w.tolist() == [[0.5, 0.5]]
    assert grid.index(made, made.levels[0], cell + np.uint32(1))[0] == (4 + 4 * 4) % 16


def test_negative_positions_wrap():
    made = grid.make(2, {"otype": "HashGrid", "n_levels": 1, "base_resolution": 64, "log2_hashmap_size": 8, "per_level_scale": 1.0})
    cell, w = grid.split(made.levels[0], np.array([[-0.02, 0.5]], np.float32))
    assert cell[0, 0] == 2**32 - 1 and 0 <= w[0, 0] < 1
    assert grid.index(made, made.levels[0], cell)[0] == (0xFFFFFFFF ^ (32 * 2654435761 & 0xFFFFFFFF)) % 256


def test_levels_beyond_32_bits_have_no_dense_index():
    made = grid.make(4, {"otype": "TiledGrid", "n_levels": 2, "base_resolution": 200, "per_level_scale": 2.0})
    assert grid.index(made, made.levels[1], np.array([[5, 6, 7, 8]], np.uint32))[0] == 0


@pytest.mark.parametrize("interpolation", ["Linear", "Smoothstep", "Nearest"])
@pytest.mark.parametrize("otype", ["HashGrid", "DenseGrid", "TiledGrid"])
@pytest.mark.parametrize("dims", [2, 3, 4])
def test_weights_add_up(dims, otype, interpolation, rng):
    made = grid.make(dims, {"otype": otype, "n_levels": 3, "n_features_per_level": 4, "base_resolution": 5, "per_level_scale": 1.5,
                            "log2_hashmap_size": 7, "interpolation": interpolation})
    table = np.ones((made.entries, 4), np.float32)
    np.testing.assert_allclose(grid.encode(made, table, rng.random((100, dims), np.float32)), 1, rtol=1e-6)


def test_linear_functions_are_reproduced(rng):
    """A dense level whose entries are a linear function of the vertex is that function, within the first and last vertex."""
    made = grid.make(3, {"otype": "DenseGrid", "n_levels": 1, "base_resolution": 9, "per_level_scale": 1.0, "n_features_per_level": 1})
    z, y, x = np.meshgrid(*[np.arange(9)] * 3, indexing="ij")
    table = np.zeros((made.entries, 1), np.float32)
    table[: 9**3, 0] = (x + 10 * y + 100 * z).ravel()
    p = rng.random((100, 3)).astype(np.float32) * 0.9
    expected = (p * 8 + 0.5) @ [1, 10, 100]
    np.testing.assert_allclose(grid.encode(made, table, p)[:, 0], expected, rtol=1e-5)


def test_max_level_leaves_zeros(rng):
    made = grid.make(2, {"otype": "HashGrid", "n_levels": 4})
    values = grid.encode(made, np.ones((made.entries, 2), np.float32), rng.random((5, 2)), max_level=0.5)
    assert values.tolist() == [[1, 1, 1, 1, 1, 1, 0, 0]] * 5 or values[:, :4].all() and not values[:, 6:].any()


@pytest.mark.parametrize("config, word", [
    ({"n_features_per_level": 3}, "n_features_per_level"), ({"n_levels": 4, "n_features": 8}, "n_features"),
    ({"n_levels": 129}, "n_levels"), ({"hash": "Rng"}, "hash")])
def test_wrong_keys_are_named(config, word):
    with pytest.raises(ValueError, match=word):
        grid.make(3, {"otype": "HashGrid", **config})
