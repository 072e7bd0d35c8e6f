# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""encodings.py - tiny-cuda-nn's encodings by their configuration: outputs, padding, parameters and values."""
import dataclasses
import math

import numpy as np

from . import grid


@dataclasses.dataclass
class Encoding:
    """evaluate(x [n, dims], parameters) -> [n, outputs]; pad_value fills it up, in front where pad_front."""

    dims: int
    outputs: int
    evaluate: object
    parameters: int = 0
    alignment: int = 1
    pad_value: float = 1.0
    pad_front: bool = False
    front: int = 0  # outputs that stay before a padding in front

    def padded(self, x, parameters, width):
        """Filled up to `width` outputs."""
        values = self.evaluate(x, parameters)
        filler = np.full((len(values), width - self.outputs), self.pad_value, values.dtype)
        at = self.front if self.pad_front else self.outputs
        return np.concatenate([values[:, :at], filler, values[:, at:]], 1)


def next_multiple(number, of):
    return (number + of - 1) // of * of


def make(dims, config, dtype=np.float32):
    """The encoding of `dims` inputs that a configuration describes; its values have dtype."""
    otype = config.get("otype", "OneBlob").lower()
    if otype in grid.TYPE_OF:
        return make_grid(dims, config, dtype)
    if otype == "composite":
        return make_composite(dims, config, dtype)
    if otype in ("nrc", "oneblobfrequency"):
        return make_composite(dims, {"nested": [
            {"otype": "TriangleWave", "n_dims_to_encode": 3, "n_frequencies": config.get("n_frequencies", 12)},
            {"otype": "OneBlob", "n_dims_to_encode": 5, "n_bins": config.get("n_bins", 4)}, {"otype": "Identity"}]}, dtype)
    if otype == "empty":
        return Encoding(dims, 0, lambda x, parameters: np.zeros((len(x), 0), dtype))
    function, outputs = {
        "identity": lambda: (lambda x: x * np.float32(config.get("scale", 1)) + np.float32(config.get("offset", 0)), dims),
        "frequency": lambda: (lambda x: frequency(x, config.get("n_frequencies", 12)), 2 * dims * config.get("n_frequencies", 12)),
        "trianglewave": lambda: (lambda x: triangle_wave(x, config.get("n_frequencies", 12)), dims * config.get("n_frequencies", 12)),
        "oneblob": lambda: (lambda x: one_blob(x, config.get("n_bins", 16)), dims * config.get("n_bins", 16)),
        "sphericalharmonics": lambda: (lambda x: spherical_harmonics(x, config.get("degree", 4)), config.get("degree", 4) ** 2),
    }[otype]()
    if otype == "sphericalharmonics" and dims != 3:
        raise ValueError(f"SphericalHarmonics encodes 3 dimensions, not {dims}")
    return Encoding(dims, outputs, lambda x, parameters: function(x).astype(dtype), pad_front=otype == "sphericalharmonics")


def make_grid(dims, config, dtype):
    made = grid.make(dims, config)
    return Encoding(dims, made.outputs, lambda x, parameters: grid.encode(made, parameters.reshape(-1, made.features), x, dtype),
                    made.parameters, alignment=made.features, pad_value=0.0)


def make_composite(dims, config, dtype):
    if config.get("reduction", "Concatenation").lower() != "concatenation":
        return make_reduction(dims, config, dtype)
    parts = nested(dims, config, dtype)
    widths, total = [], 0
    for (_, part), (_, following) in zip(parts, [*parts[1:], (0, None)]):
        end = next_multiple(total + part.outputs, following.alignment if following else 1)
        widths.append(end - total)
        total = end

    def evaluate(x, parameters):
        pieces, at = [], 0
        for (begin, part), width in zip(parts, widths):
            pieces.append(part.padded(x[:, begin : begin + part.dims], parameters[at : at + part.parameters], width))
            at += part.parameters
        return np.concatenate(pieces, 1)

    last = parts[-1][1]
    return Encoding(dims, total, evaluate, sum(part.parameters for _, part in parts),
                    math.lcm(*(part.alignment for _, part in parts)), last.pad_value, last.pad_front,
                    total - last.outputs + last.front)


def make_reduction(dims, config, dtype):
    """Sum or product of nested encodings with equally many outputs."""
    reduce = {"sum": np.add, "product": np.multiply}[config["reduction"].lower()].reduce
    parts = nested(dims, config, dtype)
    if len({part.outputs for _, part in parts}) != 1:
        raise ValueError(f"reduction {config['reduction']} of {[part.outputs for _, part in parts]} outputs")

    def evaluate(x, parameters):
        ends = np.cumsum([0] + [part.parameters for _, part in parts])
        return reduce([part.evaluate(x[:, begin : begin + part.dims], parameters[ends[i] : ends[i + 1]])
                       for i, (begin, part) in enumerate(parts)])

    return Encoding(dims, parts[0][1].outputs, evaluate, sum(part.parameters for _, part in parts),
                    math.lcm(*(part.alignment for _, part in parts)), parts[-1][1].pad_value, parts[-1][1].pad_front)


def nested(dims, config, dtype):
    """(first input, encoding) of each nested encoding that has inputs."""
    given = [part.get("n_dims_to_encode") for part in config["nested"]]
    if given.count(None) > 1:
        raise ValueError("n_dims_to_encode is missing from more than one nested encoding")
    rest, parts, begin, sliced = dims - sum(width or 0 for width in given), [], 0, False
    for part, width in zip(config["nested"], given):
        sliced = sliced or "dims_to_encode_begin" in part
        width, begin = rest if width is None else width, part.get("dims_to_encode_begin", begin)
        if width < 0 or begin + width > dims:
            raise ValueError(f"n_dims_to_encode: {part['otype']} takes inputs {begin} to {begin + width} of {dims}")
        if width:
            parts.append((begin, make(width, part, dtype)))
        begin += width
    if begin < dims and not sliced:
        raise ValueError(f"n_dims_to_encode: the nested encodings take {begin} of {dims} inputs")
    return parts


def frequency(x, count):
    """sin(2^k pi x) and sin(2^k pi x + pi / 2), at dim * 2 count + 2 k; angles are reduced before they are rounded."""
    turns = np.mod(x.astype(np.float64)[:, :, None] * np.exp2(np.arange(count)), 2)
    return np.stack([np.sin(np.pi * turns), np.cos(np.pi * turns)], -1).reshape(len(x), -1).astype(np.float32)


def triangle_wave(x, count):
    k = np.arange(count, dtype=np.float32)
    v = x[:, :, None] * np.exp2(k - 1) + k / 4
    return (4 * np.abs(v - np.floor(v) - np.float32(0.5)) - 1).reshape(len(x), -1)


def quartic_cdf(x, bins):
    u = x * np.float32(bins)
    return np.clip(np.float32(15 / 16) * u * (1 - np.float32(2 / 3) * u**2 + np.float32(1 / 5) * u**4) + np.float32(0.5), 0, 1)


def one_blob(x, bins):
    """How much of a bump of radius 1 / bins around x lies in each bin; the line is closed to a circle."""
    edges = np.arange(bins + 1, dtype=np.float32) / np.float32(bins)
    total = sum(quartic_cdf(edges - (x[:, :, None] + np.float32(copy)), bins) for copy in (-1, 0, 1))
    return np.diff(total, axis=-1).reshape(len(x), -1)


def spherical_harmonics(x, degree):
    """Real ones of the direction 2x - 1 at l * l + l + m, by derivatives of Legendre's polynomials:

    Y(l, +-m) = (-1)^m n(l, m) P_l^(m)(z) * Re or Im of (x + iy)^m.
    """
    if not 1 <= degree <= 8:
        raise ValueError(f"degree is {degree}, not 1 to 8")
    direction = 2 * x.astype(np.float64) - 1
    turn, z = direction[:, 0] + 1j * direction[:, 1], direction[:, 2]
    result = np.empty((len(x), degree * degree))
    for l in range(degree):
        for m in range(l + 1):
            derivative = np.polynomial.Legendre.basis(l).deriv(m)(z) if m else np.polynomial.Legendre.basis(l)(z)
            norm = (-1) ** m * math.sqrt((2 * l + 1) / (4 * math.pi) * math.factorial(l - m) / math.factorial(l + m) * (2 if m else 1))
            around = turn**m
            result[:, l * l + l + m] = norm * derivative * around.real
            if m:
                result[:, l * l + l - m] = norm * derivative * around.imag
    return result.astype(np.float32)
