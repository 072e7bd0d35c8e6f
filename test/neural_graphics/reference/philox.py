# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""philox.py - Philox4x32-10 (Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, 2011)."""
import numpy as np


def words(counter, key):
    """counter: four uint32 arrays of one shape, key: two numbers -> four uint32 arrays."""
    c = [np.asarray(word, np.uint64) for word in counter]
    k = [int(word) for word in key]
    low = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(b >> np.uint64(32)) ^ c[1] ^ np.uint64(k[0]), b & low, (a >> np.uint64(32)) ^ c[3] ^ np.uint64(k[1]), a & low]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return [word.astype(np.uint32) for word in c]


def uniform(element, draw, seed):
    """Draw number `draw` of element number `element` (arrays of one shape) of `graph.random <uniform> {draws}`: float32 in
    [0, 1), multiples of 2^-24."""
    element, draw = np.asarray(element, np.uint64), np.asarray(draw, np.uint64)
    counter = [element & np.uint64(0xFFFFFFFF), element >> np.uint64(32), draw, np.zeros_like(draw)]
    return (words(counter, [seed & 0xFFFFFFFF, seed >> 32])[0] >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)
