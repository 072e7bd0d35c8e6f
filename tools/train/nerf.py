# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""nerf.py - neural radiance field: learned from views of a scene only, as in Instant Neural Graphics Primitives.

Rays are sampled at even steps where an occupancy grid, kept from the field's own density, says that there is
something to be seen; the number of rays follows the number of samples. Pixels are composed in sRGB, before random
backgrounds, so that what is empty becomes clear.
"""
import math

import cells
import numpy as np
import scenes
import torch
from fit import evaluate, fit, psnr
from network import RadianceField, round_to_half

STEPS = 2000
SAMPLES = 8192  # a batch's, about
VIEWS, HELD_OUT, SIZE = 48, 3, 128
STEP = math.sqrt(3) / 512  # twice a renderer's
CELLS, SAVED_CELLS = 64, 128
OPAQUE = 1e-3
GOLDEN = (math.sqrt(5) - 1) / 2
ENCODINGS = {
    "hash": {"otype": "HashGrid", "n_levels": 8, "n_features_per_level": 2, "log2_hashmap_size": 13,
             "base_resolution": 16, "per_level_scale": 1.4},
    "dense": {"otype": "DenseGrid", "n_levels": 4, "n_features_per_level": 4, "base_resolution": 8, "per_level_scale": 1.55},
    "low": {"otype": "TiledGrid", "n_levels": 2, "n_features_per_level": 8, "base_resolution": 20, "per_level_scale": 1.0},
}
NETWORKS = {
    "network": {"otype": "FullyFusedMLP", "activation": "ReLU", "output_activation": "None", "n_neurons": 64, "n_hidden_layers": 1},
    "dir_encoding": {"otype": "Composite", "nested": [{"n_dims_to_encode": 3, "otype": "SphericalHarmonics", "degree": 4},
                                                      {"otype": "Identity"}]},
    "rgb_network": {"otype": "FullyFusedMLP", "activation": "ReLU", "output_activation": "None", "n_neurons": 64, "n_hidden_layers": 2},
}


def cameras(count, shift):
    """Spread over the upper half of a sphere by the golden ratio."""
    return [scenes.orbit(k * GOLDEN + shift, -0.1 + 1.3 * (k + 0.5) / count) for k in range(count)]


def views(poses):
    """The scene from each pose: origins, unit directions and pixels, [rays, 3], [rays, 3] and [rays, 4]."""
    rays = [scenes.rays(pose, SIZE, SIZE) for pose in poses]
    origins = np.concatenate([np.broadcast_to(origin, directions.shape) for origin, directions in rays])
    pixels = np.concatenate([scenes.render_scene(pose, SIZE, SIZE).reshape(-1, 4) for pose in poses])
    return [torch.from_numpy(a).float() for a in (origins, np.concatenate([directions for _, directions in rays]), pixels)]


class Occupancy:
    """The field's density, as a decaying maximum in each of CELLS^3 cells."""

    def __init__(self):
        self.density = torch.full([CELLS**3], math.inf)

    def update(self, field, share):
        chosen = torch.randint(CELLS**3, [int(share * CELLS**3)])
        corner = torch.stack([chosen % CELLS, chosen // CELLS % CELLS, chosen // CELLS**2], -1)
        seen = evaluate(field.density_at, (corner + torch.rand(len(chosen), 3)) / CELLS)
        old = self.density[chosen]
        self.density[chosen] = torch.where(old.isinf(), seen, torch.maximum(0.95 * old, seen))

    def at(self, positions):
        x, y, z = (positions * CELLS).long().clamp(0, CELLS - 1).unbind(-1)
        return self.density[x + CELLS * (y + CELLS * z)]


def compose(field, occupancy, origins, directions, jitter):
    """Premultiplied colour and alpha of rays, [n, 4], and how many samples that took."""
    with torch.no_grad():
        a, b = (0 - origins) / directions, (1 - origins) / directions
        near, far = torch.minimum(a, b).amax(-1).clamp(min=0), torch.maximum(a, b).amin(-1)
        t = near[:, None] + (torch.arange(int(math.sqrt(3) / STEP)) + jitter) * STEP
        positions = origins[:, None] + directions[:, None] * t[..., None]
        visible = (t < far[:, None]) & (occupancy.at(positions) * STEP > 0.01)
        thickness = torch.zeros(t.shape).masked_scatter_(visible, evaluate(field.density_at, positions[visible]) * STEP)
        visible &= thickness.cumsum(1) - thickness < -math.log(OPAQUE)
        ray = visible.nonzero()[:, 0]
    density, colour = field(positions[visible], (directions[ray] + 1) / 2)
    depth = torch.zeros(visible.shape).masked_scatter(visible, density * STEP)
    weight = (torch.exp(depth.cumsum(1).neg() + depth) * (1 - torch.exp(-depth)))[visible]
    light = torch.cat([colour, torch.ones(len(ray), 1)], 1)
    return torch.zeros(len(t), 4).index_add(0, ray, weight[:, None] * light), len(ray)


def train(encoding, arguments):
    origins, directions, pixels = views(cameras(VIEWS, 0))
    config = {"encoding": encoding, **NETWORKS}
    field, occupancy, count = RadianceField(config), Occupancy(), 64

    def loss_of(step):
        nonlocal count
        if step >= 64 and step % 16 == 0:
            occupancy.update(field, 1.0 if step % 256 == 64 else 0.125)
        chosen = torch.randint(len(pixels), (count,))
        seen, samples = compose(field, occupancy, origins[chosen], directions[chosen], torch.rand(count, 1))
        count = int(min(8192, max(32, count * SAMPLES / max(samples, 1), count // 2)))
        behind = torch.rand(len(chosen), 3)
        before = lambda image: image[:, :3] + (1 - image[:, 3:]) * behind
        return torch.nn.functional.huber_loss(before(seen), before(pixels[chosen]), delta=0.1)

    training = fit(field, loss_of, arguments.steps)
    round_to_half(field)
    grid = saved_grid(field)
    quality = []
    for pose in cameras(HELD_OUT, 0.31):
        o, d, wanted = views([pose])
        with torch.no_grad():
            seen = torch.cat([compose(field, occupancy, *part, 0.5)[0] for part in zip(o.split(2048), d.split(2048))])
        quality.append(psnr(seen[:, :3], wanted[:, :3]))
    more = {"density_grid_size": SAVED_CELLS, "density_grid_binary": grid, "background_color": [0.0] * 4,
            "nerf": {"aabb_scale": 1, "rgb": {"rays_per_batch": count},
                     "dataset": {"n_images": VIEWS, "aabb_scale": 1, "scale": 1.0, "offset": [0.0] * 3, "is_hdr": False,
                                 "n_extra_learnable_dims": 0}}}
    return config, field, training, more, f"held-out views {np.mean(quality):.2f} dB on average, {min(quality):.2f} dB at least"


def saved_grid(field):
    """Optical thickness of a renderer's step in each cell: half-precision powers of two, which compress, in Morton order."""
    density = cells.maxima(field.density_at, SAVED_CELLS).numpy()
    thickness = density * math.sqrt(3) / 1024
    rounded = np.where(thickness > 0.01, np.exp2(np.ceil(np.log2(np.maximum(thickness, 1e-9)))), 0)
    return cells.in_morton_order(np.minimum(rounded, 2.0**15).astype("<f2")).tobytes()
