# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""gia.py - gigapixel image approximation: pixel coordinates in [0, 1]^2 -> sRGB colour."""
import configs
import numpy as np
import torch
from fit import evaluate, fit, psnr
from network import round_to_half
from ng_formulas import Field
from PIL import Image

STEPS = 5000
BATCH = 16384
ENCODINGS = {
    "hash": {"otype": "HashGrid", "n_levels": 8, "n_features_per_level": 2, "log2_hashmap_size": 14,
             "base_resolution": 16, "per_level_scale": 1.5},
    "dense": {"otype": "DenseGrid", "n_levels": 4, "n_features_per_level": 8, "base_resolution": 16, "per_level_scale": 2.0},
    "low": {"otype": "TiledGrid", "n_levels": 2, "n_features_per_level": 4, "base_resolution": 144, "per_level_scale": 1.0},
}
NETWORK = configs.network()


def load(path, size=None):
    """A picture, scaled to size (width, height): float32 [height, width, 3] in [0, 1]."""
    with Image.open(path) as image:
        scaled = image.convert("RGB").resize(size or image.size, Image.Resampling.BOX)
        return torch.from_numpy(np.asarray(scaled, np.float32) / 255)


def centres(width, height):
    """Of all pixels, row by row: [height * width, 2]."""
    y, x = torch.meshgrid((torch.arange(height) + 0.5) / height, (torch.arange(width) + 0.5) / width, indexing="ij")
    return torch.stack([x, y], -1).reshape(-1, 2)


def train(encoding, arguments):
    picture = load(arguments.image, arguments.size)
    height, width, _ = picture.shape
    picture = picture.reshape(-1, 3)
    config = {"encoding": encoding, "network": NETWORK}
    field, positions = Field(2, 3, config), centres(width, height)

    def loss_of(step):
        chosen = torch.randint(len(positions), (BATCH,))
        return ((field(positions[chosen]) - picture[chosen]) ** 2).mean()

    training = fit(field, loss_of, arguments.steps)
    round_to_half(field)
    seen = evaluate(field, positions).clamp(0, 1)
    return config, field, training, {"image": {"width": width, "height": height}}, f"{psnr(seen, picture):.2f} dB"
