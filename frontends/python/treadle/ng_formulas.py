# ng_formulas.py - tiny-cuda-nn's encodings and networks in PyTorch's own arithmetic
#
# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tiny-cuda-nn's encodings and networks as formulas of PyTorch, in f32, for gradients: of treadle.ng's modules, and of
the trainer (tools/train), which imports this file alone, as it needs nothing of the package.

They are made by tiny-cuda-nn's configuration keys, which are taken to be right: the compiler reports those that are
not. `parameters()` are in the order of tiny-cuda-nn's buffers: networks first, then encodings. dialects/ng says what
each computes.
"""

import dataclasses
import functools
import itertools
import math
import operator

import numpy as np
import torch

PRIMES = (1, 2654435761, 805459861, 3674653429)
KINDS = {"hashgrid": "hash", "densegrid": "dense", "tiledgrid": "tiled", "grid": "hash"}
MAX_ENTRIES = 2**31 - 1
ALIGNMENT = 16  # of the widths of networks
ACTIVATIONS = {
    "none": lambda x: x,
    "relu": torch.relu,
    "leakyrelu": lambda x: torch.nn.functional.leaky_relu(x, 0.01),
    "silu": torch.nn.functional.silu,
    "exponential": torch.exp,
    "sine": torch.sin,
    "sigmoid": torch.sigmoid,
    "squareplus": lambda x: (10 * x + torch.sqrt(100 * x * x + 4)) / 20,
    "softplus": lambda x: torch.nn.functional.softplus(x, 10),
    "tanh": torch.tanh,
}


def read(config, key, otherwise):
    """What the key says, of the type of what stands in for it; words in small letters."""
    value = config.get(key)
    value = otherwise if value is None else type(otherwise)(value)
    return value.lower() if isinstance(value, str) else value


def aligned(number, multiple):
    return -(-number // multiple) * multiple


# ---- grids -------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Level:
    """One level of a grid; dialects/ng/GridLevels.h has the formulas."""

    scale: float
    resolution: int  # vertices along an edge
    offset: int  # in entries
    entries: int
    factors: tuple  # of the coordinates, before they are combined: by exclusive or if hashed, else added up
    hashed: bool


def growth(config, levels):
    """From one level's resolution to the next; what stands in for per_level_scale where it is absent."""
    if levels == 1:
        return 1.0
    if config.get("per_level_scale") is not None:
        return float(config["per_level_scale"])
    if read(config, "type", KINDS[config["otype"].lower()]) != "dense":
        return 2.0
    ratio = np.float32(256) / np.float32(read(config, "base_resolution", 16))
    return float(np.float32(math.exp(np.float32(math.log(ratio)) / np.float32(levels - 1))))


def level_count(config):
    for total in ("n_features", "n_grid_features"):
        if config.get(total) is not None:
            return int(config[total]) // read(config, "n_features_per_level", 2)
    return read(config, "n_levels", 16)


def make_levels(config, dims):
    kind = read(config, "type", KINDS[config["otype"].lower()])
    torch_ngp, align_corners = read(config, "convention", "tiny-cuda-nn") == "torch-ngp", read(config, "align_corners", False)
    base, limit, count = read(config, "base_resolution", 16), 2 ** read(config, "log2_hashmap_size", 19), level_count(config)
    each = growth(config, count)
    octave = np.float32(math.log2(each if torch_ngp else np.float32(each)))
    levels, offset = [], 0
    for number in range(count):
        scale = np.float32(2.0 ** float(np.float32(number) * octave)) * np.float32(base) - np.float32(1)
        resolution = math.ceil(scale) + 1
        if torch_ngp:
            further = not align_corners  # vertices beyond the last cell
            resolution += further
            entries = aligned(min((math.ceil(base * each**number) + further) ** dims, limit), 8)
            factors, factor = [0] * dims, 1
            for d in range(dims):
                if factor > entries:
                    break
                factors[d], factor = factor, factor * resolution % 2**32
            hashed = kind == "hash" and factor > entries
        else:
            entries = aligned(min(resolution**dims, MAX_ENTRIES), 8)
            entries = {"dense": entries, "tiled": min(entries, base**dims), "hash": min(entries, limit)}[kind]
            fits = resolution**dims < 2**32
            factors = [resolution**d if fits else 0 for d in range(dims)]
            hashed = kind == "hash" and entries < (resolution**dims if fits else 2**32 - 1)
        levels.append(Level(float(scale), resolution, offset, entries, PRIMES[:dims] if hashed else tuple(factors), hashed))
        offset += entries
    return levels


class Gather(torch.autograd.Function):
    """table [entries, F], index and weight [n, corners] -> [n, F], the weighted sums of entries."""

    @staticmethod
    def forward(ctx, table, index, weight):
        ctx.save_for_backward(table, index, weight)
        return torch.nn.functional.embedding_bag(index, table, per_sample_weights=weight, mode="sum")

    @staticmethod
    def backward(ctx, gradient):
        table, index, weight = ctx.saved_tensors
        of_table = of_weight = None
        if ctx.needs_input_grad[0]:
            of_table = gradient.new_zeros(gradient.shape[1], table.shape[0])
            for feature, row in zip(gradient.unbind(1), of_table):
                row.index_add_(0, index.reshape(-1), (feature[:, None] * weight).reshape(-1))
            of_table = of_table.t().contiguous()
        if ctx.needs_input_grad[2]:
            of_weight = sum(feature[:, None] * column[index.long()] for feature, column in zip(gradient.unbind(1), table.unbind(1)))
        return of_table, None, of_weight


class Encoding(torch.nn.Module):
    """[n, dims] -> [n, outputs]. Filled up with `fill` from output `fill_at` on; its first output's number is a multiple
    of `alignment`."""

    alignment, fill = 1, 1.0

    def __init__(self, outputs, config):
        super().__init__()
        self.outputs = self.fill_at = outputs
        self.affine = read(config, "scale", 1.0), read(config, "offset", 0.0)

    def scaled(self, x):
        scale, offset = self.affine
        return x * scale + offset

    def padded(self, x, width):
        """[n, dims] -> [n, width]."""
        values = self(x)
        if width == self.outputs:
            return values
        filler = values.new_full((len(values), width - self.outputs), self.fill)
        return torch.cat([values[:, :self.fill_at], filler, values[:, self.fill_at:]], 1)


class Grid(Encoding):
    """Grids of learned features (Mueller et al., Instant Neural Graphics Primitives, 2022).

    All levels are computed at once: positions become [n, levels, corners] indices and weights.
    """

    fill = 0.0
    gather = staticmethod(Gather.apply)

    def __init__(self, dims, config):
        self.levels = make_levels(config, dims)
        self.features = self.alignment = read(config, "n_features_per_level", 2)
        super().__init__(len(self.levels) * self.features, config)
        self.interpolation = read(config, "interpolation", "linear")
        self.shift = 0.0 if read(config, "align_corners", False) else 0.5
        entries = sum(level.entries for level in self.levels)
        self.table = torch.nn.Parameter(torch.empty(entries, self.features).uniform_(-1e-4, 1e-4))
        column = lambda get, dtype: torch.tensor([get(level) for level in self.levels], dtype=dtype, device="cpu")
        as_int32 = lambda number: number - 2**32 if number >= 2**31 else number
        self.scale = column(lambda level: level.scale, torch.float32)
        self.offset = column(lambda level: level.offset, torch.int32)
        self.entries = column(lambda level: level.entries, torch.int32)
        self.factors = [column(lambda level: as_int32(level.factors[d]), torch.int32) for d in range(dims)]
        # The last dimension's bit changes fastest.
        self.corners = [(0,) * dims] if self.interpolation == "nearest" else list(itertools.product((0, 1), repeat=dims))
        # Levels that follow each other and have one index function: (first, last + 1), whether they are hashed, and
        # whether their entries are powers of 2.
        self.runs, kind_of = [], lambda level: (level.hashed, level.hashed and level.entries & (level.entries - 1) == 0)
        for kind, run in itertools.groupby(self.levels, kind_of):
            first = self.runs[-1][0].stop if self.runs else 0
            self.runs.append((slice(first, first + len(list(run))), *kind))

    def index(self, cell):
        """Entry of each corner: cell int32 [dims][n, levels] -> [n, levels, corners]; coordinates are numbers of 32 bits
        without sign, which wrap around."""
        below = [c * factor for c, factor in zip(cell, self.factors)]
        terms = [(low, low + factor) for low, factor in zip(below, self.factors)]
        result = torch.empty(*cell[0].shape, len(self.corners), dtype=torch.int32)
        for number, corner in enumerate(self.corners):
            for levels, hashed, masked in self.runs:
                parts, entries = [term[bit][:, levels] for term, bit in zip(terms, corner)], self.entries[levels]
                mixed = functools.reduce(operator.xor if hashed else operator.add, parts)
                result[:, levels, number] = mixed & (entries - 1) if masked else (mixed.long() & 0xFFFFFFFF) % entries
        return result.add_(self.offset[:, None])

    def forward(self, x):
        n, x = x.shape[0], self.scaled(x)
        position = [x[:, d, None] * self.scale + self.shift for d in range(x.shape[1])]
        floor = [p.floor() for p in position]
        fraction = [p - f for p, f in zip(position, floor)]
        if self.interpolation == "smoothstep":
            fraction = [w * w * (3 - 2 * w) for w in fraction]
        elif self.interpolation == "nearest":
            fraction = [torch.zeros_like(w) for w in fraction]
        weight = torch.stack([math.prod(w if bit else 1 - w for w, bit in zip(fraction, corner)) for corner in self.corners], -1)
        index = self.index([f.int() for f in floor])
        flat = lambda tensor: tensor.view(n * len(self.levels), len(self.corners))
        return self.gather(self.table, flat(index), flat(weight)).view(n, self.outputs)


# ---- other encodings ---------------------------------------------------------------------------


class Identity(Encoding):
    def __init__(self, dims, config):
        super().__init__(dims, config)

    def forward(self, x):
        return self.scaled(x)


class Empty(Encoding):
    def __init__(self, dims, config):
        super().__init__(0, config)

    def forward(self, x):
        return x[:, :0]


class Frequency(Encoding):
    """sin and cos of 2^k pi x (Mildenhall et al., NeRF, 2020); whole turns are taken off first, which is exact."""

    def __init__(self, dims, config):
        self.frequencies = read(config, "n_frequencies", 12)
        super().__init__(dims * self.frequencies * 2, config)

    def forward(self, x):
        turns = self.scaled(x)[:, :, None] * 2.0 ** torch.arange(self.frequencies, dtype=x.dtype)
        angle = (turns - 2 * (turns / 2).floor()) * math.pi
        return torch.stack([angle.sin(), angle.cos()], -1).flatten(1)


class TriangleWave(Encoding):
    """Of Mueller et al., Real-time Neural Radiance Caching, 2021."""

    def __init__(self, dims, config):
        self.frequencies = read(config, "n_frequencies", 12)
        super().__init__(dims * self.frequencies, config)

    def forward(self, x):
        k = torch.arange(self.frequencies, dtype=x.dtype)
        v = x[:, :, None] * 2.0 ** (k - 1) + k / 4
        return (4 * (v - v.floor() - 0.5).abs() - 1).flatten(1)


class OneBlob(Encoding):
    """How much of a bump around x lies in each bin (Mueller et al., Neural Importance Sampling, 2019); it wraps around."""

    def __init__(self, dims, config, bins=16):
        self.bins = read(config, "n_bins", bins)
        super().__init__(dims * self.bins, config)

    def forward(self, x):
        edges = torch.arange(self.bins + 1, dtype=x.dtype) / self.bins

        def below(distance):  # the bump's integral up to there
            u = distance * self.bins
            return (15 / 16 * u * (1 - 2 / 3 * u**2 + 1 / 5 * u**4) + 0.5).where(u.abs() < 1, (u > 0).to(u.dtype))

        integral = sum(below(edges - x[:, :, None] - shift) for shift in (-1, 0, 1))
        return integral.diff(dim=-1).flatten(1)


class SphericalHarmonics(Encoding):
    """Real spherical harmonics of the direction 2x - 1, (-1)^m included, at l * l + l + m."""

    def __init__(self, dims, config):
        self.degree = read(config, "degree", 4)
        super().__init__(self.degree**2, config)
        self.fill_at = 0

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


# ---- joined encodings --------------------------------------------------------------------------


class Joined(Encoding):
    """Encodings of parts of the input, (first number, how many, encoding): side by side, each padded so that the next is
    aligned, or their sum or product."""

    def __init__(self, parts, reduction):
        super().__init__(0, {})
        self.reduction = {"sum": operator.add, "product": operator.mul}.get(reduction)
        self.inputs = [slice(begin, begin + width) for begin, width, _ in parts]
        self.parts = torch.nn.ModuleList(part for _, _, part in parts)
        self.alignment, self.widths = math.lcm(*(part.alignment for part in self.parts)), []
        for part, following in zip(self.parts, [*self.parts[1:], Encoding]):
            begin = 0 if self.reduction else self.outputs
            self.outputs = begin + part.outputs if self.reduction else aligned(begin + part.outputs, following.alignment)
            self.widths.append(self.outputs - begin)
            self.fill = part.fill
            self.fill_at = begin + (self.widths[-1] if part.fill_at == part.outputs else part.fill_at)

    def forward(self, x):
        pieces = [part.padded(x[:, inputs], width) for part, inputs, width in zip(self.parts, self.inputs, self.widths)]
        return functools.reduce(self.reduction, pieces) if self.reduction else torch.cat(pieces, -1)


def make_composite(dims, config):
    given = [nested.get("n_dims_to_encode") for nested in config["nested"]]
    rest, parts, begin = dims - sum(int(width or 0) for width in given), [], 0
    for nested, width in zip(config["nested"], given):
        width, begin = rest if width is None else int(width), read(nested, "dims_to_encode_begin", begin)
        if width:
            parts.append((begin, width, make_encoding(width, nested)))
        begin += width
    return Joined(parts, read(config, "reduction", "concatenation"))


def make_one_blob_frequency(dims, config):
    """Of Mueller et al., Real-time Neural Radiance Caching, 2021."""
    parts = [(0, 3, TriangleWave(3, config)), (3, 5, OneBlob(5, config, bins=4)), (8, dims - 8, Identity(dims - 8, {}))]
    return Joined(parts[:3 if dims > 8 else 2], "concatenation")


MAKERS = {"identity": Identity, "empty": Empty, "frequency": Frequency, "trianglewave": TriangleWave, "oneblob": OneBlob,
          "sphericalharmonics": SphericalHarmonics, "composite": make_composite, "nrc": make_one_blob_frequency,
          "oneblobfrequency": make_one_blob_frequency, **dict.fromkeys(KINDS, Grid)}


def make_encoding(dims, config):
    return MAKERS[read(config, "otype", "oneblob")](dims, config)


# ---- networks ----------------------------------------------------------------------------------


class Mlp(torch.nn.Module):
    """[n, padded inputs] -> [n, outputs], without biases; weights are [to, from], row-major, one after another. Widths
    are padded to multiples of 16."""

    def __init__(self, inputs, outputs, config):
        super().__init__()
        self.inputs, self.outputs = aligned(inputs, ALIGNMENT), outputs
        width, hidden = read(config, "n_neurons", 128), read(config, "n_hidden_layers", 5)
        self.activation = ACTIVATIONS[read(config, "activation", "relu")]
        self.output_activation = ACTIVATIONS[read(config, "output_activation", "none")]
        widths = [self.inputs, *[width] * hidden, aligned(outputs, ALIGNMENT)]
        self.weights = torch.nn.ParameterList(self.xavier(*pair) for pair in zip(widths[1:], widths[:-1]))

    @staticmethod
    def xavier(rows, columns):
        bound = math.sqrt(6 / (rows + columns))
        return torch.nn.Parameter(torch.empty(rows, columns).uniform_(-bound, bound))

    def raw(self, x):
        """Without the output's activation."""
        *hidden, last = self.weights
        for weight in hidden:
            x = self.activation(x @ weight.t())
        return x @ last[: self.outputs].t()

    def forward(self, x):
        return self.output_activation(self.raw(x))


class Field(torch.nn.Module):
    """An encoding and a network: [n, dims] -> [n, outputs]."""

    def __init__(self, dims, outputs, config):
        super().__init__()
        encoding = make_encoding(dims, config["encoding"])
        self.network = Mlp(encoding.outputs, outputs, config["network"])
        self.encoding = encoding

    def encoded(self, x):
        return self.encoding.padded(x, self.network.inputs)

    def forward(self, x):
        return self.network(self.encoded(x))

    def raw(self, x):
        return self.network.raw(self.encoded(x))
