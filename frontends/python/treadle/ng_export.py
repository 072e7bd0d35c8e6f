# ng_export.py - fields that PyTorch trained, as scene files
#
# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Scene files of modules of PyTorch; see treadle.ng.export.

A module is read by its attributes, not by its class, as torch-ngp's encoders need CUDA to be imported. Matrices are
written in the order in which a scene's features come, with zeros for what fills widths up.
"""

import contextlib
import dataclasses
import errno
import json
import math
import os
import pathlib
import secrets
import struct

import numpy as np

from . import ng
from ._native import CompileError

try:
    import torch
    from torch import nn
except ImportError as problem:
    raise ImportError("treadle.ng.export reads modules of PyTorch, which is not installed (pip install torch)") from problem

__all__ = ["export"]

_ALIGNMENT = 16
_ACTIVATIONS = {nn.ReLU: "ReLU", nn.LeakyReLU: "LeakyReLU", nn.SiLU: "SiLU", nn.Sigmoid: "Sigmoid", nn.Tanh: "Tanh"}
_SHAPES = {"image": (2, 3), "sdf": (3, 1), "volume": (3, 4)}  # numbers of a position, and of what there is
# What the activations make of 1: a constant goes from layer to layer as a neuron.
_OF_ONE = {"None": lambda x: x, "ReLU": lambda x: x, "LeakyReLU": lambda x: x, "SiLU": lambda x: x / (1 + math.exp(-x)),
           "Sigmoid": lambda x: 1 / (1 + math.exp(-x)), "Tanh": math.tanh}


def _padded(count):
    return -(-count // _ALIGNMENT) * _ALIGNMENT


def _array(tensor, name):
    array = tensor.detach().to("cpu", torch.float32).numpy()
    if not np.isfinite(array).all():
        raise ValueError(f"{name} has numbers that are not finite; take those from before training failed")
    return array


# ---- encodings ---------------------------------------------------------------------------------

@dataclasses.dataclass
class _Encoding:
    """An encoding of a scene, and of each feature of the module's which column it is; `width` columns in all."""

    config: dict
    dims: int
    columns: np.ndarray
    width: int
    table: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0, np.float32))
    fills_front: bool = False  # what fills it up stands before it
    one: int | None = None  # a column that is 1


def _frequencies(encoder, name):
    """(how many, whether the inputs themselves come first) of sin and cos of 2^k x."""
    if hasattr(encoder, "freq_bands"):
        bands = [float(band) for band in encoder.freq_bands]
        if not np.allclose(bands, [2.0**k for k in range(len(bands))]):
            raise ValueError(f"{name}.freq_bands are {bands}; they can be 1, 2, 4, ..")
        return len(bands), bool(getattr(encoder, "include_input", True))
    return encoder.degree, True


def _affine(scale, offset):
    return {"scale": scale, "offset": offset} if (scale, offset) != (1, 0) else {}


def _frequency(encoder, name, scale, offset):
    dims = encoder.input_dim
    count, with_input = _frequencies(encoder, name)
    waves = {"otype": "Frequency", "n_frequencies": count, **_affine(scale / math.pi, offset / math.pi)}
    k, p, d = np.meshgrid(np.arange(count), np.arange(2), np.arange(dims), indexing="ij")
    columns = (d * 2 * count + 2 * k + p).reshape(-1)
    if not with_input:
        return _Encoding(waves, dims, columns, 2 * count * dims)
    part = {"n_dims_to_encode": dims, "dims_to_encode_begin": 0}
    config = {"otype": "Composite", "nested": [{"otype": "Identity", **part, **_affine(scale, offset)}, {**waves, **part}]}
    return _Encoding(config, dims, np.concatenate([np.arange(dims), dims + columns]), dims + 2 * count * dims)


def _grid(encoder, name, scale, offset):
    """torch-ngp's, whose positions in [-bound, bound] are `scale` times what comes in and `offset` already brought into
    the unit cube."""
    dims, levels, features = int(encoder.input_dim), int(encoder.num_levels), int(encoder.level_dim)
    base, growth, log2 = int(encoder.base_resolution), float(encoder.per_level_scale), int(encoder.log2_hashmap_size)
    aligned = bool(getattr(encoder, "align_corners", False))
    kind, interpolation = getattr(encoder, "gridtype", "hash"), getattr(encoder, "interpolation", "linear")
    for attribute, value, known in (("gridtype", kind, ("hash", "tiled")), ("interpolation", interpolation, ("linear", "smoothstep"))):
        if value not in known:
            raise ValueError(f"{name}.{attribute} is {value!r}; it can be {' or '.join(known)}")
    if not 2 <= dims <= 4 or features not in (1, 2, 4, 8):
        raise ValueError(f"{name} has input_dim {dims} and level_dim {features}; they can be 2 to 4, and 1, 2, 4 or 8")
    entries = [min(2**log2, (math.ceil(base * growth**level) + (not aligned)) ** dims) for level in range(levels)]
    wanted = np.cumsum([0] + [-(-count // 8) * 8 for count in entries]).tolist()
    found = [int(offset) for offset in encoder.offsets]
    if found != wanted:
        raise ValueError(f"{name}.offsets are {found}; of its other attributes follow {wanted}, in torch-ngp's present "
                         "version, in which levels are multiples of 8 entries")
    table = _array(encoder.embeddings, f"{name}.embeddings")
    if table.shape != (wanted[-1], features):
        raise ValueError(f"{name}.embeddings are {list(table.shape)}, and offsets and level_dim say {[wanted[-1], features]}")
    config = {"otype": "HashGrid" if kind == "hash" else "TiledGrid", "convention": "torch-ngp", "align_corners": aligned,
              "n_levels": levels, "n_features_per_level": features, "log2_hashmap_size": log2, "base_resolution": base,
              "per_level_scale": growth, "interpolation": interpolation.capitalize(), **_affine(scale, offset)}
    return _Encoding(config, dims, np.arange(levels * features), levels * features, table.reshape(-1))


def _harmonics(encoder, name, scale, offset):
    if (scale, offset) not in ((1, 0), (2, -1)):
        raise ValueError(f"{name} are spherical harmonics, which encode directions only")
    count = int(encoder.degree) ** 2
    return _Encoding({"otype": "SphericalHarmonics", "degree": int(encoder.degree)}, 3, np.arange(count), count, fills_front=True)


def _read_encoding(encoder, name, bound, unit, directions=False):
    """`unit`: what comes in lies in the unit cube instead of [-bound, bound]."""
    if not isinstance(encoder, nn.Module):
        raise ValueError(f"{name} is {type(encoder).__name__}, and should be a module that encodes")
    scale, offset = (2 * bound, -bound) if unit else (1, 0)
    if hasattr(encoder, "embeddings") and hasattr(encoder, "offsets") and hasattr(encoder, "per_level_scale"):
        return _grid(encoder, name, *((1, 0) if unit else (1 / (2 * bound), 0.5)))
    degree, dims = getattr(encoder, "degree", 0), getattr(encoder, "input_dim", 0)
    outputs = getattr(encoder, "output_dim", 0)
    if directions and degree and outputs == degree**2:
        return _harmonics(encoder, name, scale, offset)
    if hasattr(encoder, "freq_bands") or (degree and outputs == dims * (1 + 2 * degree)):
        return _frequency(encoder, name, scale, offset)
    raise ValueError(f"{name} is {type(encoder).__name__}, which is no encoding that a scene has: torch-ngp's GridEncoder, "
                     "FreqEncoder and, of directions, SHEncoder, or modules with their attributes")


def _as_it_is(dims, bound, unit):
    return _Encoding({"otype": "Identity", **(_affine(2 * bound, -bound) if unit else {})}, dims, np.arange(dims), dims)


def _with_one(encoding):
    """The same and a column that is 1."""
    one = {"otype": "Identity", "n_dims_to_encode": 1, "dims_to_encode_begin": 0, "scale": 0, "offset": 1}
    part = {"n_dims_to_encode": encoding.dims, "dims_to_encode_begin": 0}
    nested = encoding.config.get("nested") or [{**encoding.config, **part}]
    return dataclasses.replace(encoding, config={"otype": "Composite", "nested": [*nested, one]}, width=encoding.width + 1,
                               fills_front=False, one=encoding.width)


# ---- networks ----------------------------------------------------------------------------------

@dataclasses.dataclass
class _Network:
    layers: list  # (matrix [to, from], bias [to] or None)
    activation: str = "ReLU"
    output_activation: str = "None"

    @property
    def outputs(self):
        return len(self.layers[-1][0])

    @property
    def has_bias(self):
        return any(bias is not None for _, bias in self.layers)


def _read_network(layers, name, between=None):
    """Of linear layers with activations among them, or with `between` where there is none."""
    result, activations, last = _Network([]), [], None
    for key, layer in layers:
        where = f"{name}.{key}"
        if isinstance(layer, nn.Linear):
            if last is not None:
                activations.append(last if last != "Linear" else between or "None")
            last = "Linear"
            bias = None if layer.bias is None else _array(layer.bias, f"{where}.bias")
            result.layers.append((_array(layer.weight, f"{where}.weight"), bias))
        elif type(layer) in _ACTIVATIONS and last == "Linear":
            last = _ACTIVATIONS[type(layer)]
            if isinstance(layer, nn.LeakyReLU) and layer.negative_slope != 0.01:
                raise ValueError(f"{where} has a negative_slope of {layer.negative_slope}; it can be 0.01")
        elif not isinstance(layer, (nn.Identity, nn.Dropout)):
            raise ValueError(f"{where} is {type(layer).__name__}; layers can be Linear, and after each one of "
                             + ", ".join(sorted(_ACTIVATIONS.values())))
    if not result.layers:
        raise ValueError(f"{name} has no layers; there should be Linear ones")
    if len(set(activations)) > 1:
        raise ValueError(f"{name} has different activations after its layers, {', '.join(activations)}; they should be one")
    if activations:
        result.activation = activations[0]
    result.output_activation = last if last != "Linear" else "None"
    for number, ((before, _), (after, _)) in enumerate(zip(result.layers, result.layers[1:])):
        if len(before) != after.shape[1]:
            raise ValueError(f"{name}: layer {number} makes {len(before)} numbers, and the next takes {after.shape[1]}")
    return result


def _read_layers(module, attribute, between=None):
    layers = getattr(module, attribute)
    if isinstance(layers, nn.ModuleList):
        return _read_network(list(layers.named_children()), attribute, between or "ReLU")
    if isinstance(layers, nn.Sequential):
        return _read_network(list(layers.named_children()), attribute)
    if isinstance(layers, nn.Linear):
        return _read_network([("", layers)], attribute)
    raise ValueError(f"{attribute} is {type(layers).__name__}; it should be a ModuleList or a Sequential of Linear layers")


def _matrices(network, name, columns, width, one):
    """(configuration, numbers) of a network whose inputs stand in these columns of `width`; biases are weights of the
    column `one`, which goes through hidden layers as a neuron more."""
    first = network.layers[0][0]
    if first.shape[1] != len(columns):
        raise ValueError(f"{name} takes {first.shape[1]} numbers, and is given {len(columns)}")
    hidden = [len(matrix) for matrix, _ in network.layers[:-1]]
    extra = 1 if network.has_bias else 0
    neurons = max(hidden, default=0) + extra
    config = {"otype": "CutlassMLP", "n_neurons": max(neurons, 1), "n_hidden_layers": len(hidden), "activation": network.activation,
              "output_activation": network.output_activation}
    pieces, constant = [], 1.0
    for number, (matrix, bias) in enumerate(network.layers):
        is_last = number == len(network.layers) - 1
        written = np.zeros((_padded(len(matrix)) if is_last else neurons, width), np.float32)
        written[: len(matrix), columns] = matrix
        if extra:
            if bias is not None:
                written[: len(matrix), one] = bias / constant
            if not is_last:
                written[neurons - 1, one] = 1
                constant = _OF_ONE[network.activation](constant)
        pieces.append(written.reshape(-1))
        columns, width, one = np.arange(len(matrix)), neurons, neurons - 1
    return config, np.concatenate(pieces)


# ---- scenes ------------------------------------------------------------------------------------

def _occupancy(module, bound):
    """(bits [cascades, cells^3 / 8], cells) of density_bitfield, whose cascades are cubes of edge 2, 4, .. 2 * bound around
    the origin, for cubes of edge 1, 2, ..; None where it says nothing."""
    bits = getattr(module, "density_bitfield", None)
    if bits is None or not bool(bits.any()):
        return None
    cells, cascades = int(getattr(module, "grid_size", 128)), int(getattr(module, "cascade", 1))
    if cells & (cells - 1) or bits.numel() * 8 != cascades * cells**3:
        raise ValueError(f"density_bitfield has {bits.numel()} bytes; cascade and grid_size say {cascades} times {cells}^3 bits, "
                         "and grid_size is a power of two")
    axis = np.arange(cells, dtype=np.int64)
    spread = sum(((axis >> bit) & 1) << 3 * bit for bit in range(cells.bit_length()))
    morton = spread[:, None, None] | spread[None, :, None] << 1 | spread[None, None, :] << 2
    given = np.unpackbits(bits.detach().cpu().numpy().astype(np.uint8).reshape(cascades, -1), axis=1, bitorder="little")
    result = []
    for level in range(cascades + 1):
        half = 2.0**level / 2  # of this cube's edge
        source = min(max(level - 1, 0), cascades - 1)
        reach = min(2.0**source, bound)
        edges = (np.arange(cells + 1) / cells * 2 - 1) * half  # of cells, and in which of the given ones they lie
        places = (edges / reach + 1) / 2 * cells
        low = np.clip(np.floor(places[:-1] + 1e-6), 0, cells - 1).astype(int)
        high = np.clip(np.ceil(places[1:] - 1e-6) - 1, 0, cells - 1).astype(int)
        cube = given[source][morton]
        for d in range(3):
            cube = np.max([cube.take(np.minimum(low + step, high), axis=d) for step in range(int((high - low).max()) + 1)], axis=0)
        line = np.zeros(cells**3, np.uint8)
        line[morton.reshape(-1)] = cube.reshape(-1)
        result.append(np.packbits(line, bitorder="little"))
    return np.stack(result), cells


def _radiance(module, bound):
    for attribute, is_known, what in (
            ("bg_net", getattr(module, "bg_net", None) is None, "a background of its own is not drawn; set bg_radius to 0"),
            ("density_scale", getattr(module, "density_scale", 1) == 1, "it can be 1")):
        if not is_known:
            raise ValueError(f"{attribute} is {getattr(module, attribute)!r}; {what}")
    position = _read_encoding(module.encoder, "encoder", bound, unit=True)
    direction = _read_encoding(module.encoder_dir, "encoder_dir", 1, unit=True, directions=True)
    density, color = _read_layers(module, "sigma_net"), _read_layers(module, "color_net")
    for name, network in (("sigma_net", density), ("color_net", color)):
        if network.output_activation != "None":
            raise ValueError(f"{name} ends with {network.output_activation}; the density's exponential and the colour's "
                             "sigmoid are the scene's, and the last layer should be Linear")
    if color.outputs != 3:
        raise ValueError(f"color_net makes {color.outputs} numbers; it should be 3, red, green and blue")
    if density.has_bias:
        position = _with_one(position)
    if color.has_bias:
        direction = _with_one(direction)
    network, matrices = _matrices(density, "sigma_net", position.columns, _padded(position.width), position.one)
    # The colour's network gets all of the density's outputs, then the direction; torch-ngp's the direction first, and
    # not the density itself.
    width = _padded(density.outputs + direction.width)
    filled = width - density.outputs - direction.width if direction.fills_front else 0
    start = density.outputs + filled
    columns = np.concatenate([start + direction.columns, np.arange(1, density.outputs)])
    rgb, more = _matrices(color, "color_net", columns, width, None if direction.one is None else start + direction.one)
    steps = 2 * math.sqrt(3)
    scene = {"kind": "nerf", "encoding": position.config, "network": {**network, "n_output_dims": density.outputs},
             "dir_encoding": direction.config, "rgb_network": rgb, "edge": 2 * bound,
             "render": {"min_step": steps / 1024, "max_step": steps * max(1, 2 ** math.ceil(math.log2(bound))) / 128,
                        "cone_angle": 0 if bound <= 1 else 1 / 128, "min_transmittance": 1e-4}}
    return scene, np.concatenate([matrices, more, position.table])


def _plain(module, bound, kind):
    """A Sequential of an encoder, or none, and layers; or torch-ngp's SDFNetwork."""
    if isinstance(module, nn.Sequential):
        layers, encoder, name, what = list(module.named_children()), None, "", "module"
        if layers and not isinstance(layers[0][1], (nn.Linear, nn.Identity, nn.Dropout)):
            (key, encoder), *layers = layers
            name = f"module.{key}"
        network = _read_network(layers, what)
    else:
        for attribute, known in (("skips", []), ("clip_sdf", None)):
            if getattr(module, attribute, known) not in (known, ()):
                raise ValueError(f"{attribute} is {getattr(module, attribute)!r}, which a scene's network does not have; it can be {known}")
        encoder, name, what = module.encoder, "encoder", "backbone"
        network = _read_layers(module, what)
    unit = kind != "network"
    encoding = (_read_encoding(encoder, name, bound, unit) if encoder is not None
                else _as_it_is(network.layers[0][0].shape[1], bound, unit))
    shape = (encoding.dims, network.outputs)
    if unit and shape != _SHAPES[kind]:
        raise ValueError(f"a scene of kind {kind} makes {_SHAPES[kind][1]} numbers of {_SHAPES[kind][0]}, and the module makes "
                         f"{shape[1]} of {shape[0]}")
    if network.has_bias:
        encoding = _with_one(encoding)
    config, matrices = _matrices(network, what, encoding.columns, _padded(encoding.width), encoding.one)
    scene = {"kind": kind, "encoding": encoding.config, "network": config}
    if unit:
        scene["edge"] = 2 * bound
    else:
        scene |= {"n_input_dims": encoding.dims, "n_output_dims": network.outputs}
    return scene, np.concatenate([matrices, encoding.table])


def _safetensors(**arrays):
    header, data = {}, b""
    for name, array in arrays.items():
        kind = {"float16": "F16", "float32": "F32"}[str(array.dtype)]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def _write(path, data, scene_of, check):
    """Writes {suffix: bytes} beside `path`, and there what scene_of(stem of these files' names) says, and gives what
    check(scene file) does. All are written under other names, checked and then renamed: if anything fails, what was
    there before stays."""
    stem, suffixes, target = f".{path.stem}-{secrets.token_hex(4)}", [*data, ".json"], path

    def text(stem):
        return (json.dumps(scene_of(stem), indent=2) + "\n").encode()

    try:
        for suffix, content in [*data.items(), (".json", text(stem))]:
            target = path.with_suffix(suffix)
            if target.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            path.with_name(stem + suffix).write_bytes(content)
        try:
            result = check(path.with_name(stem + ".json"))
        except CompileError as problem:
            raise CompileError(str(problem).replace(stem, path.stem)) from None
        except ValueError as problem:
            raise ValueError(f"{path}: {problem}") from None
        path.with_name(stem + ".json").write_bytes(text(path.stem))
        for suffix in suffixes:
            target = path.with_suffix(suffix)
            os.replace(path.with_name(stem + suffix), target)
        return result
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror, str(target)) from None
    finally:
        for suffix in suffixes:
            with contextlib.suppress(OSError):
                path.with_name(stem + suffix).unlink()


def _compare(module, field, bound, dtype):
    """The greatest difference from the module's own values, relative to the greatest of these; None where it cannot be
    called with a position, and a direction, here."""
    rng, unit = np.random.default_rng(1), field.kind != "network"
    given = [rng.uniform(0.01, 0.99, (256, field.inputs[0].shape[1])).astype(np.float32)]
    wanted_inputs = [given[0] * (2 * bound) - bound if unit else (2 * given[0] - 1) * bound]
    if not unit:
        given = list(wanted_inputs)
    if field.kind == "nerf":
        direction = rng.standard_normal((256, 3)).astype(np.float32)
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        given.append(direction)
        wanted_inputs.append(direction)
    device = next(iter([*module.parameters(), *module.buffers()])).device
    try:
        with torch.no_grad():
            wanted = module(*(torch.from_numpy(array).to(device) for array in wanted_inputs))
    except Exception:  # whatever it raises: it needs a device, or other arguments
        return None
    found = field(*given)
    if field.kind == "nerf" and isinstance(wanted, (tuple, list)) and len(wanted) == 2:
        pairs = list(zip(("sigma", "color"), wanted, found[::-1]))
    elif isinstance(wanted, torch.Tensor):
        pairs = [("output", wanted, found if isinstance(found, np.ndarray) else np.concatenate(found, 1))]
    else:
        return None
    worst = 0.0
    for name, tensor, array in pairs:
        values = tensor.detach().to("cpu", torch.float32).numpy().reshape(array.shape)
        difference = float(np.abs(values - array).max() / max(np.abs(values).max(), 1e-6))
        if difference > (5e-2 if dtype == "f16" else 1e-3):
            raise ValueError(f"its {name} would not be the module's own: they differ by {difference:.3g} of the "
                             "greatest value. The density should be the exponential of sigma_net's first number, the colour the "
                             "sigmoid of color_net's, which takes the encoded direction and then the other numbers; other "
                             "networks should be called layer by layer. check=False leaves this out")
        worst = max(worst, difference)
    return worst


def export(module: nn.Module, path: str | os.PathLike, *, kind: str | None = None, bound: float | None = None, dtype: str = "f32",
           check: bool = True, **scene) -> float | None:
    """Writes a module of PyTorch as a scene file: `path`, which ends with .json, and its numbers beside it.

    module  torch-ngp's NeRFNetwork, or what has its attributes: encoder, sigma_net, encoder_dir, color_net; its SDFNetwork
            (encoder, backbone); or a Sequential of an encoder, or none, and Linear layers with activations. Encoders are
            torch-ngp's GridEncoder, FreqEncoder and SHEncoder, or modules with their attributes.
    kind    "nerf" of the first; of others "sdf", "image", "volume", or "network" (None), which takes what the module takes
    bound   positions lie in [-bound, bound]; None: the module's bound, or 1
    dtype   "f32" or "f16", of the numbers that are written and of what goes from layer to layer
    check   compares the scene with what the module itself says, where it can be called with positions, and directions
    scene   more keys of the scene file: camera, size, background, render, ..

    A position p of the module is p + 0.5 in the scene as it is drawn, and (p + bound) / (2 * bound) where its field is
    asked; that of kind network is asked at p. density_bitfield becomes the scene's occupancy.

    Returns the greatest difference that was found, relative to the greatest value; None where nothing was compared.
    Raises ValueError, which names the module's attribute that is not what it should be; treadle.CompileError, which names
    a key of the scene; OSError, which names the file. Files that were there before are then as they were.
    """
    if isinstance(module, torch.export.ExportedProgram):
        raise TypeError("module: is an ExportedProgram, whose ops no longer say what is a grid; give the nn.Module itself")
    if not isinstance(module, nn.Module):
        raise TypeError(f"module: should be a torch.nn.Module, is {type(module).__name__}")
    path = pathlib.Path(path)
    if path.suffix != ".json":
        raise ValueError(f"path: should end with .json, is {path}")
    if dtype not in ("f32", "f16"):
        raise ValueError(f'dtype: can be "f32" or "f16", is {dtype!r}')
    bound = float(getattr(module, "bound", 1) if bound is None else bound)
    if not 0 < bound <= 1 << 14:
        raise ValueError(f"bound is {bound}; it should be a positive number, {1 << 14} at most")

    data, beside = {}, {}
    parts = ("encoder", "sigma_net", "encoder_dir", "color_net")
    missing = [name for name in parts if not hasattr(module, name)]
    if not missing:
        if kind not in (None, "nerf"):
            raise ValueError(f'kind: the module is a radiance field, "nerf", not {kind!r}')
        made, parameters = _radiance(module, bound)
        occupancy = _occupancy(module, bound)
        if occupancy:
            bits, cells = occupancy
            data[".bits"] = bits.tobytes()
            beside["occupancy"] = {"file": ".bits", "cells": cells, "cascades": len(bits)}
        made["camera"] = {"eye": [0.5 + 2 * bound * x for x in (1.1, 0.75, 1.25)], "look_at": [0.5, 0.5, 0.5]}
    elif isinstance(module, nn.Sequential) or (hasattr(module, "encoder") and hasattr(module, "backbone")):
        kind = kind or "network"
        if kind not in (*_SHAPES, "network"):
            raise ValueError(f"kind: can be {', '.join(_SHAPES)} or network, is {kind!r}")
        made, parameters = _plain(module, bound, kind)
    else:
        raise ValueError(f"the module, a {type(module).__name__}, has no {' and no '.join(missing)}; it should be a radiance field, "
                         "which has encoder, sigma_net, encoder_dir and color_net, or a Sequential of layers")
    if dtype == "f16":
        parameters = parameters.astype(np.float16)
        if not np.isfinite(parameters).all():
            raise ValueError("dtype: some of the module's numbers are too large for f16; say f32")
    render = {**made.pop("render", {}), **scene.pop("render", {})}
    made = {"treadle_scene": 1, **made, **({"render": render} if render else {}), **scene}
    data[".safetensors"] = _safetensors(params=parameters)
    beside["parameters"] = {"file": ".safetensors", "tensor": "params"}

    def scene_of(stem):
        return {**{key: {**what, "file": stem + what["file"]} for key, what in beside.items()}, **made}

    def checked(file):
        field = ng.load(file, cache=False)
        if field.kind != "network":
            field.render(size=(1, 1))  # what is said of pictures
        return _compare(module, field, bound, dtype) if check else None

    return _write(path, data, scene_of, checked)
