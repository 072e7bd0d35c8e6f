# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""network.py - fields: what is trained, saved and drawn.

Their `parameters()` are in the order of tiny-cuda-nn's and instant-ngp's buffers: networks first, then encodings.
"""
import torch
from ng_formulas import ALIGNMENT, Mlp, aligned, make_encoding

LIMIT = 15.0  # of the logarithm of density


class Exponential(torch.autograd.Function):
    """exp, but finite and never without a gradient."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x.clamp(-LIMIT, LIMIT).exp())
        return x.clamp(max=LIMIT).exp()

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.saved_tensors[0]


class RadianceField(torch.nn.Module):
    """Positions and directions in [0, 1]^3 -> density [n], and colour in [0, 1] [n, 3]."""

    def __init__(self, config):
        super().__init__()
        encoding, directions = make_encoding(3, config["encoding"]), make_encoding(3, config["dir_encoding"])
        self.density = Mlp(encoding.outputs, config["network"].get("n_output_dims", 16), config["network"])
        self.directions_width = aligned(self.density.outputs + directions.outputs, ALIGNMENT) - self.density.outputs
        self.colour = Mlp(self.density.outputs + self.directions_width, 3, config["rgb_network"])
        self.encoding, self.directions = encoding, directions

    def features(self, position):
        """[n, 16], of which the first is the logarithm of density."""
        return self.density(self.encoding.padded(position, self.density.inputs))

    def density_at(self, position):
        return Exponential.apply(self.features(position)[:, 0])

    def forward(self, position, direction):
        features = self.features(position)
        around = self.directions.padded(direction, self.directions_width)
        return Exponential.apply(features[:, 0]), self.colour(torch.cat([features, around], -1)).sigmoid()


def round_to_half(field):
    """Parameters as they are saved."""
    with torch.no_grad():
        for parameter in field.parameters():
            parameter.copy_(parameter.half().float())
