# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Rays, sphere tracing, tracking and marching, on fields whose pictures are known."""
import math
import types

import numpy as np
import pytest
from reference import philox, render, snapshot

FRONT = render.look_at((0.5, 0.5, 2.5))


def all_cells():
    bits = np.packbits(np.ones(8**3, bool))
    return {"bitgrid_size": 8, "bitgrid_binary": bits.tobytes(), "majorant": 1.0, "density_scale": 4.0}


def ball(p):
    return np.sqrt(((p - np.float32(0.5)) ** 2).sum(-1)) - np.float32(0.3)


def chord(radius, size):
    """Distance along each ray of FRONT to a ball around the centre, and the length within; nan where it is missed."""
    origins, directions = render.rays(FRONT, size, size)
    across = ((np.float64(0.5) - origins) * directions).sum(-1)
    square = ((origins - 0.5) ** 2).sum(-1) - across**2
    half = np.sqrt(np.where(square < radius**2, radius**2 - square, np.nan))
    return (across - half).reshape(size, size), (2 * half).reshape(size, size)


def test_random_numbers():
    """Known answers of the paper's own library."""
    words = lambda *counter, key: [int(w[0]) for w in philox.words([np.array([c], np.uint64) for c in counter], key)]
    assert words(0, 0, 0, 0, key=(0, 0)) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    ones = 0xFFFFFFFF
    assert words(ones, ones, ones, ones, key=(ones, ones)) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
    assert words(0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, key=(0xA4093822, 0x299F31D0)) == [
        0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]


def test_uniform_numbers():
    u = philox.uniform(np.arange(10000), np.zeros(10000), 3)
    assert 0 <= u.min() and u.max() < 1 and abs(u.mean() - 0.5) < 0.01 and (u * 2**24 % 1 == 0).all()


def test_rays():
    origins, directions = render.rays(FRONT, 6, 4)
    assert directions.shape == (24, 3) and (origins == [0.5, 0.5, 2.5]).all()
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, rtol=1e-6)
    grid = directions.reshape(4, 6, 3)
    assert (grid[:, 3:, 0] > 0).all() and (grid[:2, :, 1] > 0).all() and (grid[..., 2] < 0).all()  # right, up, away
    np.testing.assert_allclose(grid[0, 0] / -grid[0, 0, 2], [-2.5 / (1.4 * 4), 1.5 / (1.4 * 4), -1], rtol=1e-5)


def test_box():
    origins = np.array([[0.5, 0.5, 2], [0.5, 0.5, 0.5], [0.5, 2, 2]], np.float32)
    directions = np.array([[0, 0, -1], [1, 0, 0], [0, 0, -1]], np.float32)
    enter, leave = render.box_interval(origins, directions)
    assert enter[:2].tolist() == [1, 0] and leave[:2].tolist() == [2, 0.5] and not enter[2] < leave[2]


def test_sphere_trace():
    hit, depth, normal = render.sphere_trace(ball, FRONT, 64, 64)
    expected, _ = chord(0.3, 64)
    assert (hit == ~np.isnan(expected)).mean() > 0.998
    both = hit & ~np.isnan(expected)
    inner = both & (chord(0.3, 64)[1] > 0.1)
    np.testing.assert_allclose(depth[inner], expected[inner], atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(normal[hit], axis=-1), 1, rtol=1e-5)
    assert normal[32, 32, 2] > 0.99 and (depth[~hit] == 0).all()


def test_shade_faces_the_light():
    hit, _, normal = render.sphere_trace(ball, FRONT, 32, 32)
    image = render.shade(hit, normal)
    assert image.shape == (32, 32, 4) and (image[~hit] == 0).all()
    assert image[12, 18, 0] > image[19, 13, 0] > 0


def test_delta_tracking_has_the_right_mean():
    """A homogeneous ball: alpha is 1 - exp(-thickness) on average over seeds, and colour times that."""
    def evaluate(p):
        inside = ball(p) < 0
        return np.concatenate([np.broadcast_to(np.float32([0.5, 0.25, 1]), p.shape), 0.5 * inside[:, None]], 1).astype(np.float32)

    images = [render.delta_track(evaluate, all_cells(), FRONT, 16, 16, seed) for seed in range(200)]
    mean = np.mean(images, 0)
    expected = 1 - np.exp(-2.0 * np.nan_to_num(chord(0.3, 16)[1]))
    error = 4 * np.std(images, 0)[..., 3].max() / math.sqrt(len(images))
    np.testing.assert_allclose(mean[..., 3], expected, atol=error)
    np.testing.assert_allclose(mean[..., :3], mean[..., 3:] * [0.5, 0.25, 1], atol=1e-5)


def test_empty_cells_are_not_asked():
    """Where there is nothing anyway: the same picture, to the bit."""
    asked = []

    def evaluate(p):
        asked.append(p)
        return np.concatenate([np.ones_like(p), (p[:, :1] > 0.5) * np.float32(0.5)], 1)

    at = np.arange(8)
    flat = np.empty(512, bool)
    order = snapshot.morton(at[None, None, :], at[None, :, None], at[:, None, None])
    flat[order.ravel()] = np.broadcast_to(at >= 4, (8, 8, 8)).ravel()
    half = {**all_cells(), "bitgrid_binary": np.packbits(flat, bitorder="little").tobytes()}
    camera = render.look_at((2.3, 0.8, 1.2))
    whole = render.delta_track(evaluate, all_cells(), camera, 16, 16, 5)
    assert np.concatenate(asked)[:, 0].min() < 0.4
    asked.clear()
    assert (render.delta_track(evaluate, half, camera, 16, 16, 5) == whole).all()
    assert np.concatenate(asked)[:, 0].min() >= 0.5


def test_growing_steps():
    """As long as the distance asks for, within bounds."""
    t = np.float32([0, 0.1, 1, 10, 1000])
    assert (render.step_at(t, 0) == render.SMALLEST_STEP).all()
    np.testing.assert_allclose(render.step_at(t, 1 / 256), np.clip(t / 256, render.SMALLEST_STEP, render.LARGEST_STEP))


def radiance(evaluate, cells, scale=1):
    """A stand-in for a loaded field; cells is bool [cascades, z, y, x]."""
    size = snapshot.CELLS
    at = np.arange(size)
    order = snapshot.morton(at[None, None, :], at[None, :, None], at[:, None, None]).ravel()
    values = np.zeros((len(cells), size**3), np.float16)
    for row, cascade in zip(values, cells):
        row[order] = cascade.ravel()
    settings = {"density_grid_size": size, "density_grid_binary": values.tobytes(), "nerf": {"aabb_scale": scale}}
    return types.SimpleNamespace(evaluate=evaluate, snapshot=settings)


def ball_cells(radius=0.3):
    axis = (np.arange(snapshot.CELLS) + 0.5) / snapshot.CELLS - 0.5
    return (axis[:, None, None] ** 2 + axis[None, :, None] ** 2 + axis[None, None, :] ** 2 < (radius + 0.02) ** 2)[None]


def test_march_through_fog():
    """A homogeneous ball, thin enough that no ray ends early."""
    evaluate = lambda p, d: (np.where(ball(p) < 0, np.float32(3), np.float32(0)), np.broadcast_to(np.float32([1, 0.5, 0]), p.shape))
    image, depth = render.march(radiance(evaluate, ball_cells()), FRONT, 32, 32)
    near, inside = chord(0.3, 32)
    expected = 1 - np.exp(-3 * np.nan_to_num(inside))
    np.testing.assert_allclose(image[..., 3], expected, atol=3 * float(render.SMALLEST_STEP))
    np.testing.assert_allclose(image[..., 1], image[..., 3] / 2, atol=1e-6)
    seen = expected > 0.1
    np.testing.assert_allclose(depth[seen], near[seen], atol=float(render.SMALLEST_STEP))


def test_march_ends_in_a_solid():
    """Above 0.99 a ray ends and is made opaque; nothing behind is asked for."""
    asked = []

    def evaluate(p, d):
        asked.append(p)
        return np.where(ball(p) < 0, np.float32(1e4), np.float32(0)), np.abs(d)

    image, depth = render.march(radiance(evaluate, ball_cells()), FRONT, 16, 16)
    centre = image[8, 8]
    assert centre[3] == 1 and depth[8, 8] == pytest.approx(1.7, abs=0.01)
    np.testing.assert_allclose(centre[:3], np.abs(render.rays(FRONT, 16, 16)[1].reshape(16, 16, 3)[8, 8]), rtol=1e-5)
    assert np.concatenate(asked)[:, 2].min() > 0.5 - 0.3


def test_march_skips_empty_cells():
    evaluate = lambda p, d: (np.full(len(p), 5, np.float32), np.ones_like(p))
    image, _ = render.march(radiance(evaluate, np.zeros((1, 128, 128, 128), bool)), FRONT, 8, 8)
    assert not image.any()


def test_cascades():
    """A large scene: steps grow with the distance, positions reach the field scaled into the unit cube."""
    seen = []

    def evaluate(p, d):
        seen.append(p)
        return np.full(len(p), 0.5, np.float32), np.ones_like(p)

    field = radiance(evaluate, np.ones((3, 128, 128, 128), bool), 4)
    image, _ = render.march(field, render.look_at((0.5, 0.5, 6.0)), 4, 4)
    positions = np.concatenate(seen)
    assert positions.min() < 0.02 and positions.max() > 0.98 and 0 <= positions.min() and positions.max() <= 1
    inner = image[1:3, 1:3, 3]
    np.testing.assert_allclose(inner, 1 - math.exp(-0.5 * 4), atol=0.02)


def test_cascade_of_a_point():
    cells = np.zeros((3, 128, 128, 128), bool)
    cells[1] = True
    points = np.array([[0.5, 0.5, 0.99], [0.5, 0.5, 1.01], [0.5, 0.5, 1.49], [0.5, 1.51, 0.5]], np.float32)
    assert render.visited(cells, points).tolist() == [False, True, True, False]


def test_linear_light():
    np.testing.assert_allclose(render.to_linear(np.float32([0, 0.04, 0.5, 1])), [0, 0.0030960, 0.2140411, 1], rtol=1e-4)
