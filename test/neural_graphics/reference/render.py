# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""render.py - pictures of fields, float32 [height, width, channels], as instant-ngp draws them.

A camera is a 3x4 matrix whose columns are right, down, forward and the eye, and a focal length relative to the
image's height; pixel (x, y) is seen along ((x + 1/2 - width / 2) / f, (y + 1/2 - height / 2) / f, 1), f = focal * height.
What happens along rays is what the ops of the `ng` dialect say (dialects/ng/Field.td).
Fields live in the unit cube; a radiance field's positions beyond it count from the cube of edge aabb_scale around it.
"""
import math

import numpy as np

from . import philox, snapshot

FOCAL = np.float32(1.4)
SMALLEST_STEP = np.float32(math.sqrt(3) / 1024)
LARGEST_STEP = SMALLEST_STEP * 128 * 8
AT_ONCE = 32


def look_at(eye, target=(0.5, 0.5, 0.5), up=(0, 1, 0)):
    unit = lambda v: v / np.linalg.norm(v)
    forward = unit(np.subtract(target, eye))
    right = unit(np.cross(forward, up))
    return np.stack([right, np.cross(forward, right), forward, eye], 1).astype(np.float32)


def rays(camera, width, height, focal=FOCAL):
    """Row by row: origins and unit directions, float32 [height * width, 3]."""
    f = np.float32(focal) * np.float32(height)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    half = np.float32(0.5)
    local = np.stack([(x + half - width * half) / f, (y + half - height * half) / f, np.ones_like(x)], -1).reshape(-1, 3)
    directions = local @ camera[:, :3].T
    directions /= np.sqrt((directions * directions).sum(-1, keepdims=True))
    return np.broadcast_to(camera[:, 3], directions.shape), directions


def box_interval(origins, directions, scale=1):
    """Where rays enter (never behind the eye) and leave the cube of edge `scale` around (1/2, 1/2, 1/2)."""
    low, high = np.float32(0.5 - scale / 2), np.float32(0.5 + scale / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = (low - origins) / directions, (high - origins) / directions
    return np.maximum(np.minimum(a, b).max(-1), np.float32(0)), np.maximum(a, b).min(-1)


def cell_of(positions, size):
    return np.clip((positions * np.float32(size)).astype(np.int64), 0, size - 1)


def image(field, width, height):
    """An image field at the centres of pixels: sRGB [height, width, 3]."""
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    return field.evaluate(np.stack([x, y], -1).reshape(-1, 2).astype(np.float32)).reshape(height, width, -1)


def sphere_trace(distance, camera, width, height, focal=FOCAL, near=5e-5, share=0.95, most_steps=1000, offset=0.0):
    """Hit (bool [height, width]), depth along the ray (0 where nothing is hit) and normal [height, width, 3].

    distance is positions [n, 3] -> [n]. A step is `share` of distance - offset; a ray ends where that is at most
    `near`, outside of the cube, or after most_steps. Normals are central differences over 1/512.
    """
    origins, directions = rays(camera, width, height, focal)
    t, end = box_interval(origins, directions)
    hit, alive = np.zeros(len(t), bool), np.flatnonzero(t < end)
    for _ in range(most_steps):
        d = distance(origins[alive] + directions[alive] * t[alive, None]) - np.float32(offset)
        hit[alive] = d <= near
        t[alive] += np.where(d <= near, np.float32(0), np.float32(share) * d)
        alive = alive[(d > near) & (t[alive] < end[alive])]
        if not len(alive):
            break
    depth, normal = np.where(hit, t, np.float32(0)), np.zeros((len(t), 3), np.float32)
    at = origins[hit] + directions[hit] * t[hit, None]
    shifts = np.eye(3, dtype=np.float32) / 512
    normal[hit] = np.stack([distance(at + shift) - distance(at - shift) for shift in shifts], -1)
    normal[hit] /= np.maximum(np.sqrt((normal[hit] ** 2).sum(-1, keepdims=True)), np.float32(1e-20))
    return hit.reshape(height, width), depth.reshape(height, width), normal.reshape(height, width, 3)


def shade(hit, normal, light=(0.4, 0.8, 0.45), ambient=0.2):
    """A surface in grey: ambient and diffuse light, linear; premultiplied colour and alpha [height, width, 4]."""
    light = np.asarray(light, np.float32) / np.float32(np.linalg.norm(light))
    value = np.where(hit, np.float32(ambient) + np.float32(1 - ambient) * np.maximum(normal @ light, 0), 0)
    return np.concatenate([np.repeat(value[..., None], 3, -1), hit[..., None]], -1).astype(np.float32)


def delta_track(evaluate, volume, camera, width, height, seed=0, focal=FOCAL, most_steps=256):
    """Premultiplied colour and alpha [height, width, 4] of a cloud, one path a pixel (Woodcock tracking).

    Step k of pixel i (row-major) is -log(1 - u) / (majorant * density_scale) long, u = philox.uniform(i, k, seed).
    alpha = density / majorant, at most 1 and 0 in cells that are not occupied, is composed over what is behind.
    A ray ends above 0.99.
    """
    occupied, majorant = snapshot.bitgrid(volume), np.float32(volume["majorant"])
    scale = 1 / (majorant * np.float32(volume["density_scale"]))
    origins, directions = rays(camera, width, height, focal)
    t, end = box_interval(origins, directions)
    result = np.zeros((len(t), 4), np.float32)
    alive = np.flatnonzero(t < end)
    for step in range(most_steps):
        t[alive] -= np.log1p(-philox.uniform(alive, np.full(len(alive), step), seed)) * scale
        alive = alive[t[alive] < end[alive]]
        if not len(alive):
            break
        p = origins[alive] + directions[alive] * t[alive, None]
        x, y, z = cell_of(p, len(occupied)).T
        inside = occupied[z, y, x]
        ray, value = alive[inside], evaluate(p[inside])
        weight = np.minimum(value[:, 3] / majorant, np.float32(1)) * (1 - result[ray, 3])
        result[ray, :3] += weight[:, None] * value[:, :3]
        result[ray, 3] += weight
        alive = alive[result[alive, 3] <= 0.99]
    return result.reshape(height, width, 4)


def step_at(t, cone):
    """How long a step is: cone * t, at least SMALLEST_STEP and at most LARGEST_STEP."""
    return np.clip(t * np.float32(cone), SMALLEST_STEP, LARGEST_STEP)


def march(field, camera, width, height, focal=FOCAL, start=0.5):
    """Of a radiance field: premultiplied sRGB colour and alpha [height, width, 4], and depth [height, width].

    The field is asked at t_0 = entry + start * length(entry), t_k+1 = t_k + length(t_k), where the cell is occupied. A step
    is sqrt(3) / 1024 long, or where aabb_scale is above 1, t / 256, between that and 1024 times as much.
    alpha = 1 - exp(-density * length), weight = alpha * (1 - A). A ray above A = 0.99 ends, and is divided by A. Depth is
    where the weight is greatest.
    """
    cells, scale = snapshot.occupancy(field.snapshot), field.snapshot.get("nerf", {}).get("aabb_scale", 1)
    cone = 1 / 256 if scale > 1 else 0
    origins, directions = rays(camera, width, height, focal)
    t, end = box_interval(origins, directions, scale)
    t = t + np.float32(start) * step_at(t, cone)
    result, depth, greatest = np.zeros((len(t), 4), np.float32), np.zeros(len(t), np.float32), np.zeros(len(t), np.float32)
    alive = np.flatnonzero(t < end)
    while len(alive):
        times = [t[alive]]  # of the next samples, which are evaluated together
        for _ in range(AT_ONCE):
            times.append(times[-1] + step_at(times[-1], cone))
        t[alive], times = times[-1], np.stack(times[:-1], 1)
        lengths = step_at(times, cone)
        p = origins[alive, None] + directions[alive, None] * times[..., None]
        seen = (times < end[alive, None]) & visited(cells, p)
        density, colour = np.zeros(seen.shape, np.float32), np.zeros((*seen.shape, 3), np.float32)
        unit = (p[seen] - np.float32(0.5)) / np.float32(scale) + np.float32(0.5)
        density[seen], colour[seen] = field.evaluate(unit, directions[alive[np.nonzero(seen)[0]]])
        for k in range(AT_ONCE):
            going = result[alive, 3] <= 0.99
            ray = alive[going]
            weight = -np.expm1(-density[going, k] * lengths[going, k]) * (1 - result[ray, 3])
            result[ray, :3] += weight[:, None] * colour[going, k]
            result[ray, 3] += weight
            deeper = weight > greatest[ray]
            depth[ray[deeper]], greatest[ray[deeper]] = times[going, k][deeper], weight[deeper]
        alive = alive[(result[alive, 3] <= 0.99) & (t[alive] < end[alive])]
    ended = result[:, 3] > 0.99
    result[ended] /= result[ended, 3:]
    return result.reshape(height, width, 4), depth.reshape(height, width)


def visited(cells, positions):
    """Whether positions lie in occupied cells of the cascade that holds them."""
    size = cells.shape[1]
    reach = np.abs(positions - np.float32(0.5)).max(-1)
    cascade = np.clip(np.frexp(reach)[1] + 1, 0, len(cells) - 1)
    inside = (positions - np.float32(0.5)) / np.exp2(cascade, dtype=np.float32)[..., None] + np.float32(0.5)
    x, y, z = np.moveaxis(cell_of(inside, size), -1, 0)
    return cells[cascade, z, y, x]


def over(image, background):
    """Premultiplied [.., 4] before a colour -> [.., 3]."""
    return image[..., :3] + (1 - image[..., 3:]) * np.asarray(background, np.float32)


def to_linear(srgb):
    return np.where(srgb <= 0.04045, srgb / 12.92, ((np.maximum(srgb, 0) + 0.055) / 1.055) ** 2.4).astype(np.float32)


def psnr(a, b):
    """In dB, of values in [0, 1]; infinite where they are the same."""
    error = np.mean((np.float64(a) - b) ** 2)
    return float(-10 * np.log10(error)) if error else math.inf
