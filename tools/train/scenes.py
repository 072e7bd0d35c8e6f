# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""scenes.py - what is learned: a shape, a cloud and a scene made from formulas, in the unit cube; NumPy only.

Positions are float arrays [n, 3], y is up. A camera is a 3x4 matrix whose columns are right, down, forward and the
eye, and a focal length relative to the image's height.
"""
import numpy as np

FOCAL = 1.4


# --- cameras ---


def look_at(eye, target=(0.5, 0.5, 0.5), up=(0, 1, 0)):
    unit = lambda v: v / np.linalg.norm(v)
    forward = unit(np.subtract(target, eye))
    right = unit(np.cross(forward, up))
    return np.stack([right, np.cross(forward, right), forward, eye], 1).astype(np.float32)


def orbit(turn, height=0.35, radius=1.5):
    """A camera on a circle around the cube's centre; turn is in turns, height above the centre."""
    angle = 2 * np.pi * turn
    across = np.sqrt(radius**2 - height**2)
    return look_at([0.5 + across * np.sin(angle), 0.5 + height, 0.5 + across * np.cos(angle)])


def rays(camera, width, height):
    """Through the centres of all pixels, row by row: origin [3] and unit directions [height * width, 3]."""
    x, y = np.meshgrid(np.arange(width) + 0.5 - width / 2, np.arange(height) + 0.5 - height / 2)
    directions = np.stack([x / (FOCAL * height), y / (FOCAL * height), np.ones_like(x)], -1).reshape(-1, 3) @ camera[:, :3].T
    return camera[:, 3], (directions / np.linalg.norm(directions, axis=-1, keepdims=True)).astype(np.float32)


def box_interval(origin, directions):
    """Where rays enter and leave the unit cube, [n] each; a ray that misses leaves before it enters."""
    with np.errstate(divide="ignore"):
        a, b = (0 - origin) / directions, (1 - origin) / directions
    return np.maximum(np.minimum(a, b).max(-1), 0), np.maximum(a, b).min(-1)


# --- distances ---


def length(v):
    return np.sqrt((v * v).sum(-1))


def torus(p, major, minor):
    """Around the y axis."""
    return np.hypot(np.hypot(p[:, 0], p[:, 2]) - major, p[:, 1]) - minor


def rounded_box(p, half, radius):
    q = np.abs(p) - (np.asarray(half) - radius)
    return length(np.maximum(q, 0)) + np.minimum(q.max(-1), 0) - radius


def smooth_min(a, b, width):
    h = np.clip(0.5 + 0.5 * (b - a) / width, 0, 1)
    return b + (a - b) * h - width * h * (1 - h)


def shape(p):
    """Signed distance to a hollowed cube that holds a ball, with a ring around it; nowhere more than the true one."""
    p = p - 0.5
    cube = -smooth_min(-rounded_box(p, [0.2] * 3, 0.03), length(p) - 0.25, 0.03)
    ring = torus(p @ TILT, 0.34, 0.045)
    return np.minimum(smooth_min(cube, length(p) - 0.13, 0.02), ring)


TILT = np.linalg.qr(np.array([[1.0, 0.3, 0.1], [-0.3, 1.0, 0.25], [0.0, -0.25, 1.0]]))[0]


# --- cloud ---


def lattice_noise(p, seed):
    """Values of a lattice of random numbers, interpolated smoothly (Perlin's fade), in [-1, 1]."""
    table = np.random.default_rng(seed).uniform(-1, 1, (32, 32, 32))
    cell = np.floor(p).astype(int)
    w = p - cell
    w = w * w * w * (w * (6 * w - 15) + 10)
    result = np.zeros(len(p))
    for corner in np.ndindex(2, 2, 2):
        at = tuple(((cell + corner) % 32).T)
        result += table[at] * np.prod(np.where(corner, w, 1 - w), -1)
    return result


PUFFS = np.array([[0.35, 0.42, 0.5, 0.17], [0.55, 0.5, 0.42, 0.2], [0.68, 0.44, 0.58, 0.15], [0.48, 0.4, 0.63, 0.16]])
SUN = np.array([0.5, 0.8, 0.33]) / np.linalg.norm([0.5, 0.8, 0.33])
CLOUD_SCALE = 40.0  # optical thickness of density 1, per unit of length


def cloud_density(p):
    """In [0, 1]: balls that run into each other, their surface disturbed by noise of three octaves."""
    distance = np.full(len(p), 1e3)
    for x, y, z, radius in PUFFS:
        distance = smooth_min(distance, length(p - [x, y, z]) - radius, 0.08)
    near = distance < 0.15
    q = p[near]
    noise = sum(lattice_noise(q * frequency, octave) / 2**octave for octave, frequency in enumerate((7, 14, 28)))
    density = np.zeros(len(p))
    density[near] = np.clip((0.06 * noise - distance[near]) / 0.08, 0, 1)
    return density


def cloud(p, light_steps=12):
    """Colour and density in [0, 1], [n, 4]: what light the cloud sends out there, once scattered, and some of the sky's."""
    density, inside = cloud_density(p), cloud_density(p) > 0
    q, depth, step = p[inside], 0.0, 0.03
    for k in range(light_steps):
        depth = depth + cloud_density(q + SUN * (k + 0.5) * step) * step * CLOUD_SCALE
    lit = 0.7 * np.exp(-0.6 * depth) + 0.3 * np.exp(-0.12 * depth)
    colour = np.zeros((len(p), 3))
    colour[inside] = lit[:, None] * [0.95, 0.86, 0.72] + (0.1 + 0.15 * q[:, 1:2]) * [0.55, 0.7, 1.0]
    return np.concatenate([np.clip(colour, 0, 1), density[:, None]], 1)


def render_cloud(camera, size, field=cloud, steps=192):
    """What a field [n, 3] -> [n, 4] looks like, by quadrature: premultiplied colour and alpha, float32 [size, size, 4]."""
    origin, directions = rays(camera, size, size)
    start, end = box_interval(origin, directions)
    step = np.maximum(end - start, 0) / steps
    image, clear = np.zeros((len(step), 4)), np.ones(len(step))
    through = np.flatnonzero(step > 0)
    for k in range(steps):
        value = field(origin + directions[through] * (start + (k + 0.5) * step)[through, None])
        alpha = 1 - np.exp(-value[:, 3] * CLOUD_SCALE * step[through])
        image[through] += (clear[through] * alpha)[:, None] * np.concatenate([value[:, :3], np.ones((len(through), 1))], 1)
        clear[through] *= 1 - alpha
    return image.reshape(size, size, 4).astype(np.float32)


# --- radiance field ---

LIGHT = np.array([0.4, 0.8, 0.45]) / np.linalg.norm([0.4, 0.8, 0.45])
SOLID, SKIN = 160.0, 0.008  # density inside a solid, and how thick its skin is


def solids(p):
    """Distances to the scene's solids: a dish, a ball, a ring and a block."""
    p = np.asarray(p, np.float64)
    return np.stack([
        rounded_box((p - [0.5, 0.22, 0.5]), [0.36, 0.03, 0.36], 0.03),
        length(p - [0.4, 0.42, 0.42]) - 0.14,
        torus((p - [0.62, 0.5, 0.56]) @ TILT.T, 0.13, 0.04),
        rounded_box((p - [0.3, 0.33, 0.7]), [0.07, 0.09, 0.07], 0.02)])


def scene_density(p):
    distance = solids(p).min(0)
    return SOLID / (1 + np.exp(np.clip(distance / SKIN, -30, 30))) * (distance < 5 * SKIN)


def scene_colour(p, direction):
    """What the scene sends against `direction` (unit vectors, [n, 3]), as sRGB values in [0, 1]."""
    p = np.asarray(p, np.float64)
    tones = np.empty((4, len(p), 3))
    tiles = 0.5 + 0.5 * np.tanh(4 * np.sin(24 * p[:, 0]) * np.sin(24 * p[:, 2]))
    tones[0] = tiles[:, None] * [0.85, 0.8, 0.7] + (1 - tiles[:, None]) * [0.25, 0.35, 0.45]
    bands = 0.5 + 0.5 * np.sin(40 * p[:, 1] + 3 * np.sin(9 * p[:, 0]))
    tones[1] = bands[:, None] * [0.9, 0.35, 0.2] + (1 - bands[:, None]) * [0.95, 0.8, 0.35]
    tones[2] = 0.5 + 0.35 * np.sin(8 * p + [0.0, 2.0, 4.0])
    tones[3] = [0.3, 0.65, 0.4]
    nearest = solids(p).argmin(0)
    normal = np.stack([solids(p + offset).min(0) - solids(p - offset).min(0) for offset in np.eye(3) * 1e-3], -1)
    normal /= np.maximum(length(normal), 1e-9)[:, None]
    mirrored = direction - 2 * (direction * normal).sum(-1, keepdims=True) * normal
    shine = np.maximum(mirrored @ LIGHT, 0) ** 12 * (nearest > 0)
    diffuse = 0.35 + 0.65 * np.maximum(normal @ LIGHT, 0)
    return np.clip(tones[nearest, np.arange(len(p))] * diffuse[:, None] + 0.45 * shine[:, None], 0, 1)


def render_scene(camera, width, height, step=1 / 400, opaque=1e-4):
    """The scene as a camera sees it, by quadrature: premultiplied colour and alpha, float32 [height, width, 4]."""
    origin, directions = rays(camera, width, height)
    t, end = box_interval(origin, directions)
    t = t + step / 2
    image, clear = np.zeros((len(directions), 4)), np.ones(len(directions))
    alive = np.flatnonzero(t < end)
    while len(alive):
        p = origin + directions[alive] * t[alive, None]
        density = scene_density(p)
        seen = density > 0
        ray, alpha = alive[seen], 1 - np.exp(-density[seen] * step)
        if len(ray):
            weight = clear[ray] * alpha
            image[ray, :3] += weight[:, None] * scene_colour(p[seen], directions[ray])
            image[ray, 3] += weight
            clear[ray] *= 1 - alpha
        t[alive] += np.where(seen, step, np.maximum(step, solids(p).min(0) - 5 * SKIN))
        alive = alive[(t[alive] < end[alive]) & (clear[alive] > opaque)]
    return image.reshape(height, width, 4).astype(np.float32)
