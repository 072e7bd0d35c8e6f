# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""nvr.py - neural volume: positions in [0, 1]^3 -> colour and density of a cloud, both not negative."""
import cells
import configs
import numpy as np
import scenes
import torch
from fit import evaluate, fit, psnr
from network import round_to_half
from ng_formulas import Field

STEPS = 6000
BATCH = 16384
POOL = 1 << 20
CELLS = 128
EMPTY = 1e-3  # density below which a cell is not visited
ENCODINGS = configs.SOLID_ENCODINGS
NETWORK = configs.network("ReLU")


def samples(rng, count):
    """Half of them anywhere, half of them where the cloud is or almost is; [count, 3] and [count, 4]."""
    anywhere = rng.random((count // 2, 3))
    around = rng.random((4 * count, 3))
    around = around[scenes.cloud_density(around) > 0]
    around = around[rng.integers(len(around), size=count - count // 2)] + rng.normal(0, 0.02, (count - count // 2, 3))
    positions = np.concatenate([anywhere, np.clip(around, 0, 1)])
    return torch.from_numpy(positions).float(), torch.from_numpy(scenes.cloud(positions)).float()


def train(encoding, arguments):
    positions, values = samples(np.random.default_rng(arguments.seed), POOL)
    config = {"encoding": encoding, "network": NETWORK}
    field = Field(3, 4, config)

    def loss_of(step):
        chosen = torch.randint(POOL, (BATCH,))
        target = values[chosen]
        seen = torch.nn.functional.leaky_relu(field.raw(positions[chosen]), 0.1)  # what is cut off must find back
        weight = torch.cat([(target[:, 3:] > 0).float().expand(-1, 3), torch.ones(BATCH, 1)], 1)  # nothing has no colour
        return (weight * (seen - target) ** 2).mean()

    training = fit(field, loss_of, arguments.steps)
    round_to_half(field)
    majorant, bits = occupancy(field)
    volume = {"majorant": majorant, "density_scale": scenes.CLOUD_SCALE, "bitgrid_size": CELLS, "bitgrid_binary": bits}
    camera = scenes.orbit(0.1, 0.2)
    seen = scenes.render_cloud(camera, 128, lambda p: evaluate(field, torch.from_numpy(p).float()).numpy())
    wanted = scenes.render_cloud(camera, 128)
    return config, field, training, {"volume": volume}, f"{psnr(torch.from_numpy(seen), torch.from_numpy(wanted)):.2f} dB"


def occupancy(field):
    """The greatest density, and one bit a cell in Morton order: whether it, or a neighbour of it, holds any of the cloud."""
    density = cells.maxima(lambda p: field(p)[:, 3], CELLS)
    filled = torch.nn.functional.max_pool3d(density[None], 3, stride=1, padding=1)[0] > EMPTY
    bits = np.packbits(cells.in_morton_order(filled.numpy()), bitorder="little")
    return float(density.max()) * 1.02, bits.tobytes()

