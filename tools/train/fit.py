# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""fit.py - the loop around every application's loss: Adam with a rate that falls along a cosine."""
import math
import sys
import time

import torch

BETAS, EPSILON = (0.9, 0.99), 1e-15  # the papers'; grid entries that are seldom seen take full steps
NETWORK_DECAY = 1e-6


def fit(field, loss_of, steps, rate=1e-2, last=1e-2):
    """Minimizes loss_of(step) over the field's parameters, ending at rate * last; returns the mean of the last losses."""
    matrices = [p for name, p in field.named_parameters() if not name.endswith("table")]
    tables = [p for name, p in field.named_parameters() if name.endswith("table")]
    optimizer = torch.optim.Adam([{"params": matrices, "weight_decay": NETWORK_DECAY}, {"params": tables}],
                                 lr=rate, betas=BETAS, eps=EPSILON)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: last + (1 - last) * (1 + math.cos(math.pi * step / steps)) / 2)
    start, smooth = time.time(), None
    for step in range(steps):
        loss = loss_of(step)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        smooth = loss.item() if smooth is None else 0.98 * smooth + 0.02 * loss.item()
        if (step + 1) % max(1, steps // 20) == 0:
            print(f"step {step + 1} of {steps}, loss {smooth:.3e}, {time.time() - start:.0f} s", file=sys.stderr, flush=True)
    return {"training_step": steps, "loss": smooth}


def evaluate(function, positions, batch=65536):
    """function over positions [n, d], batch by batch, without gradients."""
    with torch.no_grad():
        return torch.cat([function(part) for part in positions.split(batch)])


def psnr(a, b):
    return float(-10 * torch.log10(((a - b) ** 2).mean()))
