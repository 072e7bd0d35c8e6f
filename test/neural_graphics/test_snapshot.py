# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Snapshots come back as they were written, in every form that instant-ngp writes; occupancy grids too."""
import numpy as np
import pytest
from reference import encodings, fields, grid, snapshot

GRID = {"otype": "HashGrid", "n_levels": 4, "n_features_per_level": 4, "log2_hashmap_size": 6, "base_resolution": 4, "per_level_scale": 1.5}
NETWORK = {"otype": "FullyFusedMLP", "n_neurons": 16, "n_hidden_layers": 1}
RADIANCE = {"encoding": GRID, "network": NETWORK, "rgb_network": {**NETWORK, "n_hidden_layers": 2},
            "dir_encoding": {"otype": "Composite", "nested": [
                {"otype": "SphericalHarmonics", "degree": 4, "n_dims_to_encode": 3}, {"otype": "Identity"}]}}


def made(mode, rng, params_type="__half", alignment=16, **more):
    """A snapshot of random parameters."""
    config = dict(RADIANCE) if mode == "nerf" else {"encoding": GRID, "network": NETWORK}
    config["snapshot"] = {"version": 1, "mode": mode, **more}
    config["snapshot"] |= {"n_params": 0, "params_type": params_type, "params_binary": b""}
    make = fields.make_radiance if mode == "nerf" else fields.make_plain
    count, _ = make(config, alignment, np.zeros(0, np.float16), np.float32)
    values = rng.standard_normal(count).astype(snapshot.DTYPES[params_type]) / 4
    config["snapshot"] |= {"n_params": count, "params_binary": values.tobytes()}
    return config, values


@pytest.mark.parametrize("alignment", [16, 8])
@pytest.mark.parametrize("params_type", ["__half", "float"])
@pytest.mark.parametrize("stream", ["plain", "zlib", "gzip"])
@pytest.mark.parametrize("mode", ["image", "sdf", "volume", "nerf"])
def test_round_trip(mode, stream, params_type, alignment, rng, tmp_path):
    config, values = made(mode, rng, params_type, alignment)
    snapshot.write(tmp_path / "field", config, stream)
    read = snapshot.read(tmp_path / "field")
    assert read == config
    assert (snapshot.parameters(read["snapshot"]) == values).all()
    field = fields.load(read)
    assert (field.parameters, field.alignment) == (len(values), alignment)
    x = rng.random((5, fields.DIMS[mode])).astype(np.float32)
    result = field.evaluate(x, x * 2 - 1) if mode == "nerf" else field.evaluate(x)
    assert all(np.isfinite(part).all() for part in result)


def test_alignment_changes_only_the_padding(rng):
    """The same matrices, the last one padded to 8 and to 16 rows."""
    narrow, values = made("image", rng, "float", 8)
    hidden, last = 16 * 16, 8 * 16
    wide = [values[: hidden + last], np.ones(last, np.float32), values[hidden + last :]]
    settings = {**narrow["snapshot"], "n_params": len(values) + last, "params_binary": np.concatenate(wide).tobytes()}
    x = rng.random((9, 2)).astype(np.float32)
    assert (fields.load(narrow).evaluate(x) == fields.load({**narrow, "snapshot": settings}).evaluate(x)).all()


def test_order_of_a_radiance_field(rng):
    """Density network, colour network, grid; output 0 of the first is the logarithm of density, the others precede the direction."""
    config, values = made("nerf", rng, "float")
    field = fields.load(config)
    x, d = rng.random((6, 3)).astype(np.float32), np.tile(np.float32([0, 0.6, 0.8]), (6, 1))
    first = values[: 2 * 256].reshape(2, 16, 16)
    second = values[512 : 512 + 3 * 256 + 256]
    table = values[512 + 1024 :].reshape(-1, 4)
    features = grid.encode(grid.make(3, GRID), table, x)
    latent = np.maximum(features @ first[0].T, 0) @ first[1].T
    inputs = np.concatenate([latent, encodings.spherical_harmonics((d + 1) / 2, 4)], 1)
    hidden = np.maximum(inputs @ second[:512].reshape(16, 32).T, 0)
    hidden = np.maximum(hidden @ second[512:768].reshape(16, 16).T, 0)
    raw = (hidden @ second[768:].reshape(16, 16).T)[:, :3]
    density, colour = field.evaluate(x, d)
    np.testing.assert_allclose(density, np.exp(latent[:, 0]), rtol=1e-4)
    np.testing.assert_allclose(colour, 1 / (1 + np.exp(-raw)), rtol=1e-4)


def test_half_precision_is_near(rng):
    """Sums of features and activations in float16, as tiny-cuda-nn's: a few of its units in the last place away."""
    config, _ = made("image", rng)
    x = rng.random((200, 2)).astype(np.float32)
    wide, narrow = fields.load(config).evaluate(x), fields.load(config, np.float16).evaluate(x)
    assert 0 < np.abs(wide - narrow).max() < 8 * np.abs(wide).max() * 2.0**-11


def test_parameters_from_json(rng):
    config, values = made("sdf", rng)
    config["snapshot"]["params_binary"] = {"bytes": list(config["snapshot"]["params_binary"])}
    assert (snapshot.parameters(config["snapshot"]) == values).all()


@pytest.mark.parametrize("mode, config, more, expected", [
    ("image", {"n_levels": 16}, {"image": {"width": 1024, "height": 1024}}, 1.25992),
    ("sdf", {"n_levels": 16}, {}, 128 ** (1 / 15)), ("nerf", {"n_levels": 8}, {"nerf": {"aabb_scale": 4}}, 512 ** (1 / 7)),
    ("volume", {"n_levels": 3}, {"volume": {"world2index_scale": 64}}, 2)])
def test_growth_that_is_not_saved(mode, config, more, expected):
    assert fields.growth(mode, config, more) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("change, word", [
    ({"n_params": 7}, "n_params"), ({"params_type": "double"}, "params_type"), ({"mode": "mesh"}, "mode")])
def test_what_does_not_fit_is_named(change, word, rng):
    config, _ = made("sdf", rng)
    config["snapshot"] |= change
    with pytest.raises(ValueError, match=word):
        fields.load(config)


def test_another_count_names_both_that_would_fit(rng):
    config, values = made("image", rng)
    config["snapshot"] |= {"n_params": len(values) - 1, "params_binary": values[1:].tobytes()}
    with pytest.raises(ValueError, match=f"{len(values) - 1}.*{len(values)}, {len(values) - 128}"):
        fields.load(config)


def test_morton_order():
    assert [int(snapshot.morton(*cell)) for cell in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (3, 0, 5), (127, 127, 127))] == [1, 2, 4, 269, 2**21 - 1]


def sphere(radius, scale, size):
    """Cells of the cube of edge `scale` around 1/2 whose centres lie in a sphere: float16 in Morton order."""
    axis = ((np.arange(size) + 0.5) / size - 0.5) * scale
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    at = np.arange(size)
    order = snapshot.morton(at[None, None, :], at[None, :, None], at[:, None, None])
    values = np.empty(size**3, np.float16)
    values[order.ravel()] = np.where(x * x + y * y + z * z < radius**2, 1.0, 0.0).ravel()
    return values


def test_occupancy_of_a_sphere():
    """Two cascades; the coarser says nothing of its own, and gets a pooled sphere from the finer."""
    size = snapshot.CELLS
    values = np.concatenate([sphere(0.3, 1, size), np.zeros(size**3, np.float16)])
    cells = snapshot.occupancy({"density_grid_size": size, "density_grid_binary": values.tobytes()})
    axis = (np.arange(size) + 0.5) / size - 0.5
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    assert (cells[0] == (x * x + y * y + z * z < 0.09)).all()
    volume = cells[1].sum() * (2 / size) ** 3
    assert volume == pytest.approx(4 / 3 * np.pi * 0.3**3, rel=0.1)
    assert not cells[1][: size // 4].any() and cells[1][size // 2, size // 2, size // 2]


def test_occupancy_threshold():
    """Above the mean where that is below 0.01; negative values, which mark cells that no camera sees, count as 0."""
    size = snapshot.CELLS
    values = np.full(size**3, -1, np.float16)
    values[:2] = 0.004, 0.0
    cells = snapshot.occupancy({"density_grid_size": size, "density_grid_binary": values.tobytes()})
    assert cells.sum() == 1 and cells[0, 0, 0, 0]
    values[:] = 0.5
    values[5] = 0.009
    assert snapshot.occupancy({"density_grid_size": size, "density_grid_binary": values.tobytes()}).sum() == size**3 - 1


def test_bitgrid(rng):
    cells = rng.random((8, 8, 8)) < 0.3
    at = np.arange(8)
    order = snapshot.morton(at[None, None, :], at[None, :, None], at[:, None, None])
    flat = np.empty(512, bool)
    flat[order.ravel()] = cells.ravel()
    packed = np.packbits(flat, bitorder="little").tobytes()
    assert (snapshot.bitgrid({"bitgrid_size": 8, "bitgrid_binary": packed}) == cells).all()
