# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""snapshot.py - writes a trained field as a snapshot with instant-ngp's keys.

The file is MessagePack: the configuration of the networks with the key `snapshot` beside it, whole (.msgpack) or in
a zlib stream (.ingp). What instant-ngp leaves out of its snapshots and a renderer needs stands in `snapshot` too:
`image` (width, height) for an image, `volume` (majorant, density_scale, bitgrid_size, bitgrid_binary) for a cloud.
"""
import pathlib
import zlib

import msgpack
import numpy as np


def write(path, mode, config, field, training, **more):
    """training is a dict of training_step and loss, more what goes into `snapshot` besides."""
    parameters = np.concatenate([p.detach().numpy().ravel() for p in field.parameters()]).astype("<f2")
    assert np.isfinite(parameters).all()
    snapshot = {"version": 1, "mode": mode, "n_params": parameters.size, "params_type": "__half",
                "params_binary": parameters.tobytes(), "aabb": {"min": [0.0] * 3, "max": [1.0] * 3},
                "render_aabb": {"min": [0.0] * 3, "max": [1.0] * 3}, "up_dir": [0.0, 1.0, 0.0], **training, **more}
    data = msgpack.packb({**config, "snapshot": snapshot})
    pathlib.Path(path).write_bytes(zlib.compress(data, 9) if pathlib.Path(path).suffix == ".ingp" else data)
