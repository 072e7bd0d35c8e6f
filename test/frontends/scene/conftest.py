# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""conftest.py - the reference of neural graphics as the package `reference`, and small snapshots."""
import copy

import numpy as np
import pytest

from reference import fields, snapshot

FUSED = {"otype": "FullyFusedMLP", "n_neurons": 16, "n_hidden_layers": 1}
GRID = {"otype": "HashGrid", "n_levels": 2, "n_features_per_level": 2, "log2_hashmap_size": 6, "base_resolution": 4, "per_level_scale": 2.0}
DIRECTION = {"otype": "Composite", "nested": [{"n_dims_to_encode": 3, "otype": "SphericalHarmonics", "degree": 4}, {"otype": "Identity"}]}


@pytest.fixture
def small():
    """small(mode, encoding=.., .., count=None): a snapshot with random parameters, as many as the reference counts."""

    def make(mode, alignment=16, kind="__half", settings=None, count=None, **config):
        config = copy.deepcopy({"encoding": GRID, "network": FUSED, **config})
        if mode == "nerf":
            config = {"dir_encoding": copy.deepcopy(DIRECTION), "rgb_network": dict(FUSED), **config}
        config["snapshot"] = {"version": 1, "mode": mode, "params_type": kind, **(settings or {})}
        if count is None:
            build = fields.make_radiance if mode == "nerf" else fields.make_plain
            count = build(config, alignment, np.zeros(0, np.float32), np.float32)[0]
        values = np.random.default_rng(5).uniform(-0.5, 0.5, count).astype(snapshot.DTYPES[kind])
        config["snapshot"] |= {"n_params": count, "params_binary": values.tobytes()}
        return config

    return make
