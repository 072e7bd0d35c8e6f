# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""torch_models.py - networks of make_models.py in PyTorch, as one writes them there: the same sizes, weights of their own."""
import torch
from torch import nn
from torch.nn import functional


def resnet50():
    import torchvision
    return torchvision.models.resnet50()


def encoder(layers=6, size=384, heads=12, inner=1536, words=30522):
    layer = nn.TransformerEncoderLayer(size, heads, inner, activation="gelu", batch_first=True)
    return nn.Sequential(nn.Embedding(words, size), nn.TransformerEncoder(layer, layers))


class Block(nn.Module):
    """A residual block that is told the time step."""

    def __init__(self, before, after, embedding):
        super().__init__()
        self.first, self.second = (nn.Sequential(nn.GroupNorm(8, width), nn.SiLU(), nn.Conv2d(width, after, 3, padding=1))
                                   for width in (before, after))
        self.step = nn.Sequential(nn.SiLU(), nn.Linear(embedding, after))
        self.around = nn.Identity() if before == after else nn.Conv2d(before, after, 1)

    def forward(self, x, embedding):
        return self.around(x) + self.second(self.first(x) + self.step(embedding)[..., None, None])


class Attention(nn.Module):
    """Of one head, over all pixels."""

    def __init__(self, width):
        super().__init__()
        self.norm, self.out = nn.GroupNorm(8, width), nn.Linear(width, width)
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))

    def forward(self, x):
        tokens = self.norm(x).flatten(2).mT[:, None]
        mixed = functional.scaled_dot_product_attention(self.query(tokens), self.key(tokens), self.value(tokens))
        return x + self.out(mixed)[:, 0].mT.reshape(x.shape)


class UNet(nn.Module):
    def __init__(self, channels=64):
        super().__init__()
        wide = 2 * channels
        self.enter, self.upper = nn.Conv2d(4, channels, 3, padding=1), Block(channels, channels, channels)
        self.down, self.lower = nn.Conv2d(channels, channels, 3, stride=2, padding=1), Block(channels, wide, channels)
        self.attention, self.bottom = Attention(wide), Block(wide, wide, channels)
        self.up, self.joined = nn.Conv2d(wide, channels, 3, padding=1), Block(wide, channels, channels)
        self.leave = nn.Sequential(nn.GroupNorm(8, channels), nn.SiLU(), nn.Conv2d(channels, 4, 3, padding=1))

    def forward(self, x, embedding):
        upper = self.upper(self.enter(x), embedding)
        lower = self.bottom(self.attention(self.lower(self.down(upper), embedding)), embedding)
        raised = self.up(functional.interpolate(lower, scale_factor=2.0))
        return self.leave(self.joined(torch.cat([raised, upper], 1), embedding))


MODELS = {"resnet50": resnet50, "encoder": encoder, "unet": UNet}
