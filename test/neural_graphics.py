# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""neural_graphics.py - encodings and networks in NumPy, written from the formulas, in f64 but for what is f32 by definition.

The truth that tests compare with: nothing here is taken from the compiler. Samples are rows.
"""
import math

import numpy as np

WIDEST = {2: 65535, 3: 1625, 4: 255}  # the finest dense grid that 32 bits can number
PRIMES = np.array([1, 2654435761, 805459861, 3674653429], np.uint32)


# ---- grids -------------------------------------------------------------------------------------

def grid_levels(dims, levels, log2_hashmap_size=19, base_resolution=16, per_level_scale=2.0, kind="hash"):
    """(scale, resolution, offset, entries, index function) of each level; tiny-cuda-nn's arithmetic in f32."""
    result, offset = [], 0
    log2_scale = np.log2(np.float32(per_level_scale), dtype=np.float32)
    for level in range(levels):
        cells = np.exp2(np.float32(level) * log2_scale, dtype=np.float32) * np.float32(base_resolution)
        scale = np.float32(cells - np.float32(1))
        resolution = math.ceil(scale) + 1
        vertices = min(resolution**dims, 2**31 - 1)
        entries = -(-vertices // 8) * 8
        entries = min(entries, {"dense": entries, "tiled": base_resolution**dims, "hash": 2**log2_hashmap_size}[kind])
        numbers = resolution**dims if resolution <= WIDEST[dims] else 2**32 - 1
        hashed = kind == "hash" and entries < numbers
        index = "coherent_prime" if hashed else "dense" if resolution <= WIDEST[dims] else "single"
        result.append((scale, resolution, offset, entries, index))
        offset += entries
    return result


def grid_index(vertices, level):
    """Rows of the table, of vertices [.., D]."""
    _, resolution, offset, entries, index = level
    vertices = vertices.astype(np.uint32)
    if index == "coherent_prime":
        number = np.bitwise_xor.reduce(vertices * PRIMES[:vertices.shape[-1]], axis=-1)
    elif index == "dense":
        strides = np.array([resolution**d % 2**32 for d in range(vertices.shape[-1])], np.uint32)
        number = np.sum(vertices * strides, axis=-1, dtype=np.uint32)
    else:
        number = np.zeros(vertices.shape[:-1], np.uint32)
    return offset + (number % np.uint32(entries)).astype(np.int64)


def grid_encoding(x, table, levels, interpolation="linear"):
    columns = []
    for level in levels:
        position = (np.float64(level[0]) * x.astype(np.float64) + 0.5).astype(np.float32)  # a fused multiply-add
        cell = np.floor(position)
        inside = (position - cell).astype(np.float64)
        cell = cell.astype(np.int64)
        if interpolation == "nearest":
            columns.append(table[grid_index(cell, level)])
            continue
        if interpolation == "smoothstep":
            inside = inside**2 * (3 - 2 * inside)
        total = 0
        for corner in np.ndindex(*[2] * x.shape[1]):
            weight = np.prod(np.where(corner, inside, 1 - inside), axis=1, keepdims=True)
            total = total + weight * table[grid_index(cell + corner, level)]
        columns.append(total)
    return np.concatenate(columns, axis=1)


# ---- encodings without parameters --------------------------------------------------------------

def each(x, functions):
    """Of each coordinate all functions, one dimension after another."""
    columns = [function(x[:, d].astype(np.float64)) for d in range(x.shape[1]) for function in functions]
    return np.stack(columns, axis=1)


def frequency(x, frequencies):
    return each(x, [lambda v, k=k, p=p: np.sin(np.pi * (np.mod(2.0**k * v, 2) + p / 2)) for k in range(frequencies) for p in (0, 1)])


def triangle_wave(x, frequencies):
    def wave(v, k):
        v = v * 2.0**(k - 1) + k / 4
        return 4 * np.abs(v - np.floor(v) - 0.5) - 1
    return each(x, [lambda v, k=k: wave(v, k) for k in range(frequencies)])


def one_blob(x, bins):
    def distribution(t):
        u = np.clip(t * bins, -1, 1)
        return np.clip(15 / 16 * u * (1 - 2 / 3 * u**2 + 1 / 5 * u**4) + 1 / 2, 0, 1)

    def below(edge, v):
        return distribution(edge - v - 1) + distribution(edge - v) + distribution(edge - v + 1)
    return each(x, [lambda v, i=i: below((i + 1) / bins, v) - below(i / bins, v) for i in range(bins)])


def spherical_harmonics(x, degree):
    """Of directions in the unit cube, by Rodrigues' formula and angles."""
    d = 2 * x.astype(np.float64) - 1
    around = np.arctan2(d[:, 1], d[:, 0])
    z, sine = d[:, 2], np.hypot(d[:, 0], d[:, 1])
    columns = []
    for l in range(degree):
        for m in range(-l, l + 1):
            n = abs(m)
            derivative = np.polynomial.Polynomial(np.polynomial.legendre.leg2poly([0] * l + [1])).deriv(n)
            legendre = (-1)**n * sine**n * derivative(z)
            scale = math.sqrt((2 * l + 1) / (4 * math.pi) * math.factorial(l - n) / math.factorial(l + n))
            columns.append(scale * legendre * (1 if m == 0 else math.sqrt(2) * (np.cos(n * around) if m > 0 else np.sin(n * around))))
    return np.stack(columns, axis=1)


# ---- networks ----------------------------------------------------------------------------------

ACTIVATIONS = {
    "none": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "exponential": np.exp,
    "sine": np.sin,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "squareplus": lambda x: 0.5 * (10 * x + np.sqrt(100 * x**2 + 4)) / 10,
    "softplus": lambda x: np.log(np.exp(10 * x) + 1) / 10,
    "tanh": np.tanh,
}


def mlp(x, weights, activation="relu", output_activation="none"):
    """What goes from layer to layer is of the input's format."""
    for i, matrix in enumerate(weights):
        name = output_activation if i + 1 == len(weights) else activation
        y = ACTIVATIONS[name](x.astype(np.float64) @ matrix.astype(np.float64).T)
        x = y.astype(x.dtype) if i + 1 < len(weights) else y
    return y


# ---- rays --------------------------------------------------------------------------------------

def camera_rays(pose, intrinsics, height, width):
    """Origins and directions, row after row of pixels."""
    fx, fy, cx, cy = intrinsics.astype(np.float64)
    y, x = np.mgrid[:height, :width].reshape(2, -1) + 0.5
    directions = np.stack([(x - cx) / fx, (y - cy) / fy, np.ones(height * width)], axis=1) @ pose[:, :3].astype(np.float64).T
    origins = np.repeat(pose[None, :, 3].astype(np.float64), height * width, axis=0)
    return origins, directions / np.linalg.norm(directions, axis=1, keepdims=True)


def within(origin, direction, box):
    """Where one ray enters and leaves a box, or None."""
    low, high = (box[:3] - origin) / direction, (box[3:] - origin) / direction
    start, end = max(np.minimum(low, high).max(), 0), np.maximum(low, high).min()
    return (start, end) if start < end else None


def step_at(t0, n, min_step, max_step, cone_angle):
    """Where step n of a ray that starts at t0 begins: steps that grow with the distance, as a whole number of them."""
    if cone_angle == 0:
        return t0 + n * min_step
    near, far, growth = min_step / cone_angle, max_step / cone_angle, math.log(1 + cone_angle)
    last = math.log(far / near) / growth
    number = (t0 - near) / min_step if t0 <= near else math.log(t0 / near) / growth if t0 <= far else last + (t0 - far) / max_step
    number += n
    return near + number * min_step if number <= 0 else near * math.exp(number * growth) if number <= last else far + (number - last) * max_step


def is_occupied(bits, position):
    """Of occupancy bits [cascades, cells^3 / 8], Morton order."""
    cells = round((8 * bits.shape[1])**(1 / 3))
    distance = np.abs(position - 0.5).max()
    cascade = 0
    while cascade < len(bits) - 1 and distance >= 2.0**(cascade - 1):
        cascade += 1
    cell = np.clip(np.floor(((position - 0.5) / 2.0**cascade + 0.5) * cells), 0, cells - 1).astype(int)
    code = sum(((int(cell[d]) >> bit) & 1) << (3 * bit + d) for bit in range(10) for d in range(3))
    return bool(bits[cascade, code // 8] >> (code % 8) & 1)


def composite(samples, min_transmittance, normalize):
    """Front to back: (opacity, colour, place) of samples in order. Colour, alpha, depth."""
    color, alpha, greatest, depth = np.zeros(3), 0.0, 0.0, 0.0
    for opacity, sample, t in samples:
        if alpha > 1 - min_transmittance:
            break
        weight = opacity * (1 - alpha)
        color, alpha = color + weight * sample, alpha + weight
        if weight > greatest:
            greatest, depth = weight, t
    if normalize and alpha > 1 - min_transmittance:
        return color / alpha, 1.0, depth
    return color, alpha, depth


def march(origins, directions, field, box, steps, max_steps, min_transmittance=0.01, bits=None):
    """`field` of positions and directions gives density and colour; `steps` are min_step, max_step, cone_angle."""
    def samples(origin, direction):
        span = within(origin, direction, box)
        for n in range(max_steps if span else 0):
            begin = step_at(span[0], n, *steps)
            length = np.clip(steps[2] * begin, steps[0], steps[1])
            t = begin + length / 2
            position = origin + t * direction
            if t >= span[1]:
                break
            if bits is None or is_occupied(bits, position):
                density, color = field(position[None], direction[None])
                yield 1 - math.exp(-max(float(density[0, 0]), 0) * length), color[0], t
    rows = [composite(samples(o, d), min_transmittance, True) for o, d in zip(origins.astype(np.float64), directions.astype(np.float64))]
    return np.array([r[0] for r in rows]), np.array([[r[1]] for r in rows]), np.array([[r[2]] for r in rows])


def philox(counter, key):
    """The four words of Philox4x32-10 (Salmon et al. 2011)."""
    counter, key = [int(c) for c in counter], [int(k) for k in key]
    for _ in range(10):
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [second >> 32 ^ counter[1] ^ key[0], second & 0xFFFFFFFF, first >> 32 ^ counter[3] ^ key[1], first & 0xFFFFFFFF]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return counter


def delta_track(origins, directions, field, box, majorant, max_steps, seed, min_transmittance=0.01):
    """`field` of positions gives extinction and colour."""
    def samples(ray, origin, direction):
        span = within(origin, direction, box)
        t = span[0] if span else 0
        for step in range(max_steps if span else 0):
            number = ray * max_steps + step
            u = (philox([number & 0xFFFFFFFF, number >> 32, 0, 0], [seed & 0xFFFFFFFF, seed >> 32])[0] >> 8) * 2.0**-24
            t -= math.log(1 - u) / majorant
            if t >= span[1]:
                break
            extinction, color = field((origin + t * direction)[None])
            yield min(max(float(extinction[0, 0]) / majorant, 0), 1), color[0], t
    rows = [composite(samples(i, o, d), min_transmittance, False)
            for i, (o, d) in enumerate(zip(origins.astype(np.float64), directions.astype(np.float64)))]
    return np.array([r[0] for r in rows]), np.array([[r[1]] for r in rows])


def sphere_trace(origins, directions, field, box, max_steps, step_scale, epsilon, offset=0.0):
    """`field` of positions gives signed distances. Positions, distances along the rays, hits."""
    positions, places, hits = [], [], []
    for origin, direction in zip(origins.astype(np.float64), directions.astype(np.float64)):
        span, hit = within(origin, direction, box), False
        t = span[0] if span else 0
        for _ in range(max_steps if span else 0):
            distance = float(field((origin + t * direction)[None])[0, 0]) - offset
            if distance <= epsilon:
                hit = True
                break
            t += step_scale * distance
            if t >= span[1]:
                break
        positions.append(origin + t * direction)
        places.append([t])
        hits.append([hit])
    return np.array(positions), np.array(places), np.array(hits)
