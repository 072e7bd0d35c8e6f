# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""snapshot.py - instant-ngp's snapshots: MessagePack, whole or in a zlib or gzip stream, and what lies in it."""
import gzip
import pathlib
import zlib

import msgpack
import numpy as np

DTYPES = {"__half": np.dtype("<f2"), "float": np.dtype("<f4")}
CELLS = 128  # along the edge of an occupancy grid


def read(path):
    """The configuration with its key `snapshot`."""
    data = pathlib.Path(path).read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    elif data[:1] == b"\x78" and int.from_bytes(data[:2]) % 31 == 0:  # no map of MessagePack begins so
        data = zlib.decompress(data)
    config = msgpack.unpackb(data)
    if "snapshot" not in config:
        raise ValueError(f"{path}: the key snapshot is missing")
    return config


def write(path, config, stream="plain"):
    """stream is plain, zlib or gzip."""
    pack = {"plain": bytes, "zlib": zlib.compress, "gzip": gzip.compress}[stream]
    pathlib.Path(path).write_bytes(pack(msgpack.packb(config)))


def parameters(snapshot):
    """As they are stored, float16 or float32 [n_params]."""
    name = snapshot["params_type"]
    if name not in DTYPES:
        raise ValueError(f"params_type is {name}, not __half or float")
    values = np.frombuffer(binary(snapshot["params_binary"]), DTYPES[name])
    if len(values) != snapshot["n_params"]:
        raise ValueError(f"n_params is {snapshot['n_params']}, params_binary holds {len(values)} of {name}")
    return values


def binary(value):
    """Bytes, also where the file went through JSON."""
    return bytes(value["bytes"]) if isinstance(value, dict) else bytes(value)


def morton(x, y, z):
    """Interleaved bits of cell coordinates (integer arrays, below 2^10), x in the lowest."""
    code = np.zeros(np.broadcast(x, y, z).shape, np.int64)
    for bit in range(10):
        for place, axis in enumerate((x, y, z)):
            code |= ((np.asarray(axis, np.int64) >> bit) & 1) << (3 * bit + place)
    return code


def occupancy(snapshot):
    """Of a radiance field: bool [cascades, z, y, x], from density_grid_binary.

    A cell is visited when its optical thickness is above min(0.01, the mean over the first cascade); a coarser
    cascade's middle holds whether any of the finer one's 8 cells there is.
    """
    size = snapshot["density_grid_size"]
    values = np.frombuffer(binary(snapshot["density_grid_binary"]), "<f2").astype(np.float32)
    if size != CELLS or len(values) % size**3:
        raise ValueError(f"density_grid_binary holds {len(values)} values, no multiple of {size}^3")
    threshold = min(np.float32(0.01), np.maximum(values[: size**3], 0).mean())
    axis = np.arange(size)
    order = morton(axis[None, None, :], axis[None, :, None], axis[:, None, None])
    cells = (values.reshape(-1, size**3) > threshold)[:, order]
    half, quarter = size // 2, size // 4
    for finer, coarser in zip(cells[:-1], cells[1:]):
        pooled = finer.reshape(half, 2, half, 2, half, 2).any((1, 3, 5))
        coarser[quarter:-quarter, quarter:-quarter, quarter:-quarter] |= pooled
    return cells


def bitgrid(volume):
    """Of a cloud: bool [z, y, x], from bitgrid_binary, the lowest bit of a byte first."""
    size = volume["bitgrid_size"]
    bits = np.unpackbits(np.frombuffer(binary(volume["bitgrid_binary"]), np.uint8), bitorder="little").astype(bool)
    if len(bits) != size**3:
        raise ValueError(f"bitgrid_binary holds {len(bits)} bits, not {size}^3")
    axis = np.arange(size)
    return bits[morton(axis[None, None, :], axis[None, :, None], axis[:, None, None])]
