# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""grid.py - grids of learned features (Mueller et al., Instant Neural Graphics Primitives, 2022), as a torch module.

Levels, index functions and order in memory are tiny-cuda-nn's, so that its readers can use what is trained here.
All levels are computed at once: positions become [samples, levels, corners] indices and weights.
"""
import dataclasses
import itertools
import math

import numpy as np
import torch

PRIMES = (1, 2654435761, 805459861, 3674653429)
KINDS = {"hashgrid": "hash", "densegrid": "dense", "tiledgrid": "tiled", "grid": "hash"}
MAX_ENTRIES = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class Level:
    scale: float
    resolution: int  # vertices along an edge
    offset: int  # in entries
    entries: int
    strides: tuple  # of the dense index; 0 where the dense index does not fit 32 bits
    hashed: bool


def growth(config):
    """From one level's resolution to the next; what stands in for per_level_scale where it is absent."""
    if "per_level_scale" in config:
        return config["per_level_scale"]
    if KINDS[config["otype"].lower()] == "dense":
        return math.exp(math.log(256 / config.get("base_resolution", 16)) / (config.get("n_levels", 16) - 1))
    return 2.0


def make_levels(config, dims):
    kind = config.get("type", KINDS[config["otype"].lower()]).lower()
    base = config.get("base_resolution", 16)
    octave = np.log2(np.float32(growth(config)))
    levels, offset = [], 0
    for number in range(config.get("n_levels", 16)):
        scale = np.exp2(np.float32(number) * octave) * np.float32(base) - np.float32(1)
        resolution = math.ceil(scale) + 1
        entries = -(-min(resolution**dims, MAX_ENTRIES) // 8) * 8
        if kind == "tiled":
            entries = min(entries, base**dims)
        elif kind == "hash":
            entries = min(entries, 2 ** config.get("log2_hashmap_size", 19))
        fits = resolution**dims < 2**32
        strides = tuple(resolution**d for d in range(dims)) if fits else (0,) * dims
        hashed = kind == "hash" and entries < (resolution**dims if fits else 2**32 - 1)
        levels.append(Level(float(scale), resolution, offset, entries, strides, hashed))
        offset += entries
    return levels


class Gather(torch.autograd.Function):
    """table [entries, F], index and weight [n, corners] -> [n, F], the weighted sums of entries."""

    @staticmethod
    def forward(ctx, table, index, weight):
        ctx.save_for_backward(index, weight)
        ctx.entries = table.shape[0]
        return torch.nn.functional.embedding_bag(index, table, per_sample_weights=weight, mode="sum")

    @staticmethod
    def backward(ctx, gradient):
        index, weight = ctx.saved_tensors
        result = torch.zeros(gradient.shape[1], ctx.entries)
        for feature, row in zip(gradient.unbind(1), result):
            row.index_add_(0, index.reshape(-1), (feature[:, None] * weight).reshape(-1))
        return result.t().contiguous(), None, None


class Grid(torch.nn.Module):
    """[n, dims] in [0, 1] -> [n, levels * features]."""

    gather = staticmethod(Gather.apply)

    def __init__(self, dims, config):
        super().__init__()
        self.levels = make_levels(config, dims)
        self.features = config.get("n_features_per_level", 2)
        self.interpolation = config.get("interpolation", "Linear").lower()
        self.outputs = len(self.levels) * self.features
        entries = sum(level.entries for level in self.levels)
        self.table = torch.nn.Parameter(torch.empty(entries, self.features).uniform_(-1e-4, 1e-4))
        column = lambda get: torch.tensor([get(level) for level in self.levels])
        self.scale = column(lambda level: level.scale)
        self.offset = column(lambda level: level.offset).int()
        self.entries = column(lambda level: level.entries).int()
        self.split = sum(not level.hashed for level in self.levels)  # fine levels are the hashed ones
        as_int32 = lambda number: number - 2**32 if number >= 2**31 else number
        self.factors = torch.tensor([[as_int32(PRIMES[d]) if level.hashed else level.strides[d] for level in self.levels]
                                     for d in range(dims)], dtype=torch.int32)
        self.corners = list(itertools.product((0, 1), repeat=dims))  # the last dimension's bit changes fastest

    def index(self, cell):
        """Entry of each corner: cell int32 [dims][n, levels] -> [n, levels, corners]."""
        below = [c * factor for c, factor in zip(cell, self.factors)]
        terms = [(low, low + factor) for low, factor in zip(below, self.factors)]
        split = self.split
        result = torch.empty(*cell[0].shape, len(self.corners), dtype=torch.int32)
        for number, corner in enumerate(self.corners):
            dense = sum(term[bit][:, :split] for term, bit in zip(terms, corner))
            result[:, :split, number] = torch.remainder(dense, self.entries[:split])
            if split < len(self.levels):
                mixed = terms[0][corner[0]][:, split:]
                for term, bit in zip(terms[1:], corner[1:]):
                    mixed = mixed ^ term[bit][:, split:]
                result[:, split:, number] = mixed & (self.entries[split:] - 1)  # a hashed level has 2^T entries
        return result.add_(self.offset[:, None])

    def forward(self, x):
        n, position = x.shape[0], [x[:, d, None] * self.scale + 0.5 for d in range(x.shape[1])]
        floor = [p.floor() for p in position]
        fraction = [p - f for p, f in zip(position, floor)]
        if self.interpolation == "smoothstep":
            fraction = [w * w * (3 - 2 * w) for w in fraction]
        with torch.no_grad():
            weight = torch.stack([math.prod(w if bit else 1 - w for w, bit in zip(fraction, corner)) for corner in self.corners], -1)
            index = self.index([f.int() for f in floor])
        flat = lambda tensor: tensor.view(n * len(self.levels), len(self.corners))
        return self.gather(self.table, flat(index), flat(weight)).view(n, self.outputs)

    def serialized(self):
        return [self.table]
