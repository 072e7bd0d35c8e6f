# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Neural graphics in NumPy, written from the formulas: what everything else is compared with.

    from reference import snapshot, fields, render
    field = fields.load(snapshot.read("examples/neural-graphics/nerf-hash.ingp"))
    image = render.march(field, render.look_at(..), 64, 64)

Positions are float32 arrays [n, dims], results float32. Parameters are what the file holds, widened; sums are in
float32 (in float16, as tiny-cuda-nn's, where one asks for it). Nothing here is fast.
"""
