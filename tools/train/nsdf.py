# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""nsdf.py - neural signed distance function: positions in [0, 1]^3 -> distance to a surface."""
import configs
import numpy as np
import scenes
import torch
from fit import evaluate, fit
from network import round_to_half
from ng_formulas import Field

STEPS = 6000
BATCH = 16384
POOL = 1 << 20
ENCODINGS = configs.SOLID_ENCODINGS
NETWORK = configs.network()


def near_surface(rng, count):
    """Points of the surface, moved there along the gradient, and then off it by small normal steps."""
    p = rng.random((count, 3))
    for _ in range(4):
        gradient = np.stack([scenes.shape(p + e) - scenes.shape(p - e) for e in np.eye(3) * 1e-4], -1) / 2e-4
        p = np.clip(p - scenes.shape(p)[:, None] * gradient, 0, 1)
    spread = np.exp(rng.uniform(np.log(5e-4), np.log(5e-2), (count, 1)))
    return np.clip(p + rng.standard_normal((count, 3)) * spread, 0, 1)


def train(encoding, arguments):
    rng = np.random.default_rng(arguments.seed)
    pool = np.concatenate([near_surface(rng, POOL * 7 // 8), rng.random((POOL // 8, 3))])
    positions, distances = torch.from_numpy(pool).float(), torch.from_numpy(scenes.shape(pool)).float()
    config = {"encoding": encoding, "network": NETWORK}
    field = Field(3, 1, config)

    def loss_of(step):
        chosen = torch.randint(POOL, (BATCH,))
        target = distances[chosen]
        return ((field(positions[chosen])[:, 0] - target).abs() / (target.abs() + 0.01)).mean()

    training = fit(field, loss_of, arguments.steps)
    round_to_half(field)
    agreement = np.mean([(hits(camera, lambda p: evaluate(field, torch.from_numpy(p))[:, 0].numpy())
                          == hits(camera, lambda p: scenes.shape(p).astype(np.float32))).mean() for camera in views()])
    return config, field, training, {}, f"silhouettes agree in {100 * agreement:.2f} % of pixels"


def views():
    return [scenes.orbit(turn, height) for turn, height in ((0.1, 0.6), (0.45, 0.2), (0.8, -0.5))]


def hits(camera, distance, size=256, steps=400, near=5e-4):
    """Which pixels show the surface, by sphere tracing; bool [size * size]."""
    origin, directions = scenes.rays(camera, size, size)
    t, end = (a.astype(np.float32) for a in scenes.box_interval(origin, directions))
    hit, alive = np.zeros(len(t), bool), np.flatnonzero(t < end)
    for _ in range(steps):
        d = distance(origin + directions[alive] * t[alive, None])
        hit[alive[d < near]] = True
        t[alive] += 0.95 * d
        alive = alive[(d >= near) & (t[alive] < end[alive])]
    return hit
