# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""configs.py - what several applications have in their configurations, by tiny-cuda-nn's keys."""

# Of shapes and clouds in the unit cube.
SOLID_ENCODINGS = {
    "hash": {"otype": "HashGrid", "n_levels": 8, "n_features_per_level": 2, "log2_hashmap_size": 13,
             "base_resolution": 8, "per_level_scale": 1.45},
    "dense": {"otype": "DenseGrid", "n_levels": 4, "n_features_per_level": 4, "base_resolution": 8, "per_level_scale": 1.55},
    "low": {"otype": "TiledGrid", "n_levels": 1, "n_features_per_level": 4, "base_resolution": 34, "per_level_scale": 1.0},
}


def network(output_activation="None"):
    return {"otype": "FullyFusedMLP", "activation": "ReLU", "output_activation": output_activation, "n_neurons": 64, "n_hidden_layers": 2}
