# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""cells.py - the unit cube in cells: what a field reaches in each of them, and their order in a snapshot."""
import numpy as np
import torch
from fit import evaluate


def maxima(function, size):
    """The greatest value at the corners of each cell; [z, y, x] of size^3 cells. function is [n, 3] -> [n]."""
    axis = torch.arange(size + 1) / size
    values = torch.stack([evaluate(function, torch.cartesian_prod(z[None], axis, axis).flip(1)) for z in axis])
    return torch.nn.functional.max_pool3d(values.view(1, *[size + 1] * 3), 2, stride=1)[0]


def in_morton_order(cells):
    """cells [z, y, x] -> one dimension, in Morton order with x in the lowest bit."""
    size = cells.shape[0]
    axis = np.arange(size)
    spread = sum(((axis >> bit) & 1) << (3 * bit) for bit in range(size.bit_length()))
    result = np.empty(cells.size, cells.dtype)
    result[(spread[None, None, :] | spread[None, :, None] << 1 | spread[:, None, None] << 2).ravel()] = cells.ravel()
    return result
