# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""grid.py - grids of learned features as tiny-cuda-nn lays them out (Mueller et al., 2022).

Level l has scale s = 2^(l log2 b) N - 1 in float32 and r = ceil(s) + 1 vertices along an edge. A position x lies
in cell floor(s x + 1/2); the sum is over the cell's 2^D corners, weighted by what lies opposite.
"""
import dataclasses
import itertools
import math

import numpy as np

PRIMES = (1, 2654435761, 805459861, 3674653429, 2097192037, 1434869437, 2165219737)
# The greatest r for which r^D is below 2^32, for D = 1, 2, ..
GREATEST_BASE = (0xFFFFFFFF, 65535, 1625, 255, 84, 40, 23)
MOST_LEVELS = 128
MOST_ENTRIES = 2**31 - 1
TYPE_OF = {"grid": "hash", "hashgrid": "hash", "densegrid": "dense", "tiledgrid": "tiled"}


@dataclasses.dataclass(frozen=True)
class Level:
    scale: np.float32
    resolution: int
    entries: int
    offset: int  # in entries


@dataclasses.dataclass(frozen=True)
class Grid:
    dims: int
    features: int
    kind: str  # hash, dense or tiled
    interpolation: str  # linear, nearest or smoothstep
    levels: tuple

    @property
    def entries(self):
        return sum(level.entries for level in self.levels)

    @property
    def parameters(self):
        return self.entries * self.features

    @property
    def outputs(self):
        return len(self.levels) * self.features


def make(dims, config):
    """A Grid from tiny-cuda-nn's keys; ValueError names the key that does not fit."""
    otype = config.get("otype", "Grid")
    kind = config.get("type", TYPE_OF[otype.lower()]).lower()
    features = config.get("n_features_per_level", 2)
    if features not in (1, 2, 4, 8):
        raise ValueError(f"n_features_per_level is {features}, not 1, 2, 4 or 8")
    totals = [key for key in ("n_features", "n_grid_features") if key in config]
    if totals and "n_levels" in config:
        raise ValueError(f"n_levels and {totals[0]} both say how many levels there are")
    count = config[totals[0]] // features if totals else config.get("n_levels", 16)
    if not 1 <= count <= MOST_LEVELS:
        raise ValueError(f"n_levels is {count}, not 1 to {MOST_LEVELS}")
    if dims not in (2, 3, 4):
        raise ValueError(f"a grid has 2 to 4 dimensions, not {dims}")
    if config.get("hash", "CoherentPrime").lower() != "coherentprime":
        raise ValueError(f"hash is {config['hash']}; only CoherentPrime exists")
    base = config.get("base_resolution", 16)
    growth = config.get("per_level_scale", 2.0 if kind != "dense" or count == 1 else math.exp(math.log(256 / base) / (count - 1)))
    octave, levels, offset = np.log2(np.float32(growth)), [], 0
    for l in range(count):
        scale = np.exp2(np.float32(l) * octave) * np.float32(base) - np.float32(1)
        resolution = math.ceil(scale) + 1
        entries = (min(resolution**dims, MOST_ENTRIES) + 7) // 8 * 8
        entries = {"dense": entries, "tiled": min(entries, base**dims),
                   "hash": min(entries, 2 ** config.get("log2_hashmap_size", 19))}[kind]
        levels.append(Level(scale, resolution, entries, offset))
        offset += entries
    return Grid(dims, features, kind, config.get("interpolation", "Linear").lower(), tuple(levels))


def coherent_prime(cell):
    """uint32 [n, D] -> uint32 [n]."""
    result = np.zeros(len(cell), np.uint32)
    for d in range(cell.shape[1]):
        result ^= cell[:, d] * np.uint32(PRIMES[d])
    return result


def index(grid, level, cell):
    """Which of the level's entries a vertex has: uint32 [n, D] -> int64 [n]."""
    dense, stride = np.zeros(len(cell), np.uint32), 0xFFFFFFFF
    if level.resolution <= GREATEST_BASE[grid.dims - 1]:
        stride = 1
        for d in range(grid.dims):
            dense += cell[:, d] * np.uint32(stride)
            stride *= level.resolution
    if grid.kind == "hash" and level.entries < stride:
        dense = coherent_prime(cell)
    return (dense % np.uint32(level.entries)).astype(np.int64)


def split(level, x):
    """The cell of each position, uint32 [n, D], and where in it that is, float32 [n, D]."""
    # The product of two float32 is exact in float64: this is an fma, but for a second rounding.
    moved = (np.float64(level.scale) * x.astype(np.float32) + 0.5).astype(np.float32)
    floor = np.floor(moved)
    return floor.astype(np.int64).astype(np.uint32), moved - floor


def encode(grid, table, x, dtype=np.float32, max_level=1.0):
    """table [entries, features], x [n, D] -> dtype [n, levels * features]; dtype is also what sums are kept in."""
    result = np.zeros((len(x), grid.outputs), dtype)
    for l, level in enumerate(grid.levels):
        if l >= max_level * len(grid.levels) + 1e-3:
            break
        cell, w = split(level, x)
        values = table[level.offset : level.offset + level.entries].astype(dtype)
        out = result[:, l * grid.features : (l + 1) * grid.features]
        if grid.interpolation == "nearest":
            out[:] = values[index(grid, level, cell)]
            continue
        if grid.interpolation == "smoothstep":
            w = w * w * (3 - 2 * w)
        for corner in itertools.product((0, 1), repeat=grid.dims):
            corner = np.array(corner[::-1], np.uint32)  # dimension 0 changes fastest
            weight = np.ones(len(x), np.float32)
            for d in range(grid.dims):
                weight *= w[:, d] if corner[d] else 1 - w[:, d]
            value = values[index(grid, level, cell + corner)]
            wide = np.float64 if dtype == np.float32 else np.float32
            out[:] = (weight.astype(dtype)[:, None].astype(wide) * value + out).astype(dtype)
    return result
