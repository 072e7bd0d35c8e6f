# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""fields.py - what a snapshot computes at a position: the four applications' fields."""
import dataclasses
import math

import numpy as np

from . import encodings, mlp, snapshot

DIMS = {"image": 2, "sdf": 3, "volume": 3, "nerf": 3}
OUTPUTS = {"image": 3, "sdf": 1, "volume": 4}
RADIANCE_OUTPUTS = 3
BATCH = 1 << 16


@dataclasses.dataclass
class Field:
    """evaluate(positions) -> [n, 3] colour, [n] distance or [n, 4] colour and density; for a radiance field
    evaluate(positions, unit directions) -> density [n] and sRGB colour [n, 3]. Positions are float32 in [0, 1]."""

    mode: str
    evaluate: object
    snapshot: dict
    parameters: int
    alignment: int


def growth(mode, config, settings):
    """per_level_scale where the configuration lacks it: what instant-ngp computes on loading."""
    levels, base = config.get("n_levels", 16), config.get("base_resolution", 16)
    desired = {"nerf": 2048.0, "sdf": 2048.0, "image": max(settings.get("image", {"width": 0}).values()) / 2,
               "volume": settings.get("volume", {}).get("world2index_scale", 0)}[mode]
    if not desired:
        raise ValueError(f"per_level_scale is missing, and what it follows from: {'image' if mode == 'image' else 'volume.world2index_scale'}")
    return math.exp(math.log(desired * aabb_scale(settings) / base) / (levels - 1)) if levels > 1 else 1.0


def aabb_scale(settings):
    return settings.get("nerf", {}).get("aabb_scale", 1)


def position_encoding(mode, config, settings, dtype=np.float32):
    config = dict(config)
    kind = config.get("otype", "OneBlob").lower()
    if kind in ("grid", "hashgrid", "tiledgrid") and "per_level_scale" not in config:
        config["per_level_scale"] = growth(mode, config, settings)
    return encodings.make(DIMS[mode], config, dtype)


def load(config, dtype=np.float32):
    """A Field; dtype float16 keeps encodings, sums of features and activations in half precision as tiny-cuda-nn does."""
    settings = config["snapshot"]
    mode, values = settings["mode"], snapshot.parameters(settings)
    if mode not in DIMS:
        raise ValueError(f"snapshot.mode is {mode}, not one of {', '.join(DIMS)}")
    make, counts = make_radiance if mode == "nerf" else make_plain, []
    for alignment in (16, 8):
        count, evaluate = make(config, alignment, values, dtype)
        counts.append(count)
        if count == len(values):
            return Field(mode, evaluate, settings, count, alignment)
    raise ValueError(f"n_params is {len(values)}; the configuration has {counts[0]}, {counts[1]} with widths padded to 8")


def batched(function):
    """In parts, whose intermediate values fit the cache."""

    def evaluate(*arrays):
        parts = [function(*(a[i : i + BATCH] for a in arrays)) for i in range(0, max(len(arrays[0]), 1), BATCH)]
        return tuple(np.concatenate(p) for p in zip(*parts)) if isinstance(parts[0], tuple) else np.concatenate(parts)

    return evaluate


def make_plain(config, alignment, values, dtype):
    mode = config["snapshot"]["mode"]
    encoding = position_encoding(mode, config["encoding"], config["snapshot"], dtype)
    network = mlp.make(encoding.outputs, OUTPUTS[mode], config["network"], alignment)
    weights, table = values[: network.parameters], values[network.parameters :]

    def evaluate(x):
        result = network.evaluate(encoding.padded(x, table, network.inputs), weights, dtype)
        return result[:, 0] if mode == "sdf" else result

    return network.parameters + encoding.parameters, batched(evaluate)


def make_radiance(config, alignment, values, dtype):
    settings = config["snapshot"]
    encoding = position_encoding("nerf", config["encoding"], settings, dtype)
    density = mlp.make(encoding.outputs, config["network"].get("n_output_dims", 16), config["network"], alignment)
    extra = settings.get("nerf", {}).get("dataset", {}).get("n_extra_learnable_dims", 0)
    around = encodings.make(3 + extra, config["dir_encoding"], dtype)
    colour = mlp.make(density.outputs + around.outputs, RADIANCE_OUTPUTS, config["rgb_network"], alignment)
    sizes = [density.parameters, colour.parameters, encoding.parameters, around.parameters]
    parts = np.split(values, np.cumsum(sizes)[:-1]) if sum(sizes) == len(values) else [None] * 4
    high_range = settings.get("nerf", {}).get("dataset", {}).get("is_hdr", False)

    def evaluate(x, direction):
        features = density.evaluate(encoding.padded(x, parts[2], density.inputs), parts[0], dtype)
        direction = np.concatenate([(direction + 1) / 2, np.zeros((len(x), extra))], 1).astype(np.float32)
        seen = around.padded(direction, parts[3], colour.inputs - density.outputs)
        raw = colour.evaluate(np.concatenate([features, seen], 1), parts[1], dtype)
        return np.exp(features[:, 0]), np.exp(np.clip(raw, -10, 10)) if high_range else 1 / (1 + np.exp(-raw))

    return sum(sizes), batched(evaluate)
