# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""encoding.py - input encodings by tiny-cuda-nn's configuration keys, with its order of outputs and its padding.

An encoding is a module with `outputs` values a sample. `pad` appends, or for spherical harmonics prepends, what
fills them up: zeros for grids, ones for everything else.
"""
import math

import torch
from grid import KINDS, Grid


class Identity(torch.nn.Module):
    def __init__(self, dims, config):
        super().__init__()
        self.outputs, self.scale, self.offset = dims, config.get("scale", 1.0), config.get("offset", 0.0)

    def forward(self, x):
        return x * self.scale + self.offset


class Frequency(torch.nn.Module):
    """sin and cos of 2^k pi x (Mildenhall et al., NeRF, 2020)."""

    def __init__(self, dims, config):
        super().__init__()
        self.frequencies = config.get("n_frequencies", 12)
        self.outputs = dims * self.frequencies * 2

    def forward(self, x):
        angle = x[:, :, None] * math.pi * 2.0 ** torch.arange(self.frequencies)
        return torch.stack([angle.sin(), angle.cos()], -1).flatten(1)


class TriangleWave(torch.nn.Module):
    def __init__(self, dims, config):
        super().__init__()
        self.frequencies = config.get("n_frequencies", 12)
        self.outputs = dims * self.frequencies

    def forward(self, x):
        k = torch.arange(self.frequencies)
        v = x[:, :, None] * 2.0 ** (k - 1) + k / 4
        return (4 * (v - v.floor() - 0.5).abs() - 1).flatten(1)


class OneBlob(torch.nn.Module):
    """How much of a bump around x lies in each bin (Mueller et al., Neural Importance Sampling, 2019); it wraps around."""

    def __init__(self, dims, config):
        super().__init__()
        self.bins = config.get("n_bins", 16)
        self.outputs = dims * self.bins

    def forward(self, x):
        edges = torch.arange(self.bins + 1) / self.bins

        def below(distance):  # the bump's integral up to there
            u = distance * self.bins
            return (15 / 16 * u * (1 - 2 / 3 * u**2 + 1 / 5 * u**4) + 0.5).where(u.abs() < 1, (u > 0).float())

        integral = sum(below(edges - x[:, :, None] - shift) for shift in (-1, 0, 1))
        return integral.diff(dim=-1).flatten(1)


class SphericalHarmonics(torch.nn.Module):
    """Real spherical harmonics of the direction 2x - 1, (-1)^m included, at l * l + l + m."""

    def __init__(self, dims, config):
        super().__init__()
        assert dims == 3
        self.degree = config.get("degree", 4)
        self.outputs = self.degree**2

    def forward(self, direction):
        x, y, z = (2 * direction - 1).unbind(-1)
        result = [None] * self.outputs
        cosine, sine = torch.ones_like(x), torch.zeros_like(x)  # sin(theta)^m times those of m phi
        double = 1.0  # (-1)^m (2m - 1)!!
        for m in range(self.degree):
            double *= 1 - 2 * m if m else 1
            before, legendre = torch.zeros_like(z), torch.full_like(z, double)
            for l in range(m, self.degree):
                norm = math.sqrt((2 * l + 1) / (4 * math.pi) * math.factorial(l - m) / math.factorial(l + m) * (2 if m else 1))
                result[l * l + l + m] = norm * legendre * cosine
                result[l * l + l - m] = norm * legendre * sine if m else result[l * l + l]
                before, legendre = legendre, ((2 * l + 1) * z * legendre - (l + m) * before) / (l + 1 - m)
            cosine, sine = x * cosine - y * sine, x * sine + y * cosine
        return torch.stack(result, -1)


class Composite(torch.nn.Module):
    """Encodings of the input's parts, side by side; each but the last padded so that the next is aligned."""

    def __init__(self, dims, config):
        super().__init__()
        assert config.get("reduction", "Concatenation").lower() == "concatenation"
        given = [nested.get("n_dims_to_encode") for nested in config["nested"]]
        rest = dims - sum(width or 0 for width in given)
        inputs = [rest if width is None else width for width in given]
        parts = [(width, make_encoding(width, nested)) for width, nested in zip(inputs, config["nested"]) if width]
        self.inputs = [width for width, _ in parts]
        self.parts = torch.nn.ModuleList(part for _, part in parts)
        self.padded, self.outputs = [], 0
        for part, following in zip(self.parts, [*self.parts[1:], None]):
            self.padded.append(part.outputs + -(self.outputs + part.outputs) % alignment(following))
            self.outputs += self.padded[-1]

    def forward(self, x):
        pieces = zip(self.parts, x.split(self.inputs, 1), self.padded)
        return torch.cat([pad(part, part(piece), width) for part, piece, width in pieces], -1)

    def serialized(self):
        return [tensor for part in self.parts for tensor in serialized(part)]


KINDS_BY_NAME = {"identity": Identity, "frequency": Frequency, "trianglewave": TriangleWave, "oneblob": OneBlob,
                 "sphericalharmonics": SphericalHarmonics, "composite": Composite, **dict.fromkeys(KINDS, Grid)}


def make_encoding(dims, config):
    return KINDS_BY_NAME[config.get("otype", "OneBlob").lower()](dims, config)


def serialized(encoding):
    return encoding.serialized() if hasattr(encoding, "serialized") else []


def alignment(encoding):
    """Of its first output, in values: a grid writes a level's features at once."""
    if isinstance(encoding, Composite):
        return math.lcm(*map(alignment, encoding.parts))
    return encoding.features if isinstance(encoding, Grid) else 1


def pad(encoding, values, width):
    """values [n, outputs] -> [n, width]."""
    missing = width - encoding.outputs
    if not missing:
        return values
    last = encoding.parts[-1] if isinstance(encoding, Composite) else encoding
    filler = values.new_full((len(values), missing), 0.0 if isinstance(last, Grid) else 1.0)
    if isinstance(last, SphericalHarmonics):
        split = encoding.outputs - last.outputs
        return torch.cat([values[:, :split], filler, values[:, split:]], -1)
    return torch.cat([values, filler], -1)
