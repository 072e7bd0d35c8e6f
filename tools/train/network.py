# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""network.py - multi-layer perceptrons without biases, and fields: what is trained, saved and drawn.

Widths are padded to multiples of 16 as tiny-cuda-nn does. A field's `serialized()` are its parameters in the order
of tiny-cuda-nn's and instant-ngp's buffers: networks first, then encodings.
"""
import math

import torch
from encoding import make_encoding, pad, serialized

ALIGNMENT = 16
LIMIT = 15.0  # of the logarithm of density
ACTIVATIONS = {
    "none": lambda x: x,
    "relu": torch.relu,
    "leakyrelu": lambda x: torch.nn.functional.leaky_relu(x, 0.01),
    "silu": torch.nn.functional.silu,
    "exponential": torch.exp,
    "sine": torch.sin,
    "sigmoid": torch.sigmoid,
    "squareplus": lambda x: (10 * x + torch.sqrt(100 * x * x + 4)) / 20,
    "softplus": lambda x: torch.nn.functional.softplus(x, 10),
    "tanh": torch.tanh,
}


def padded(width):
    return -(-width // ALIGNMENT) * ALIGNMENT


class Mlp(torch.nn.Module):
    """[n, padded inputs] -> [n, outputs]; weights are [to, from], row-major, one after another."""

    def __init__(self, inputs, outputs, config):
        super().__init__()
        self.outputs = outputs
        width, hidden = config.get("n_neurons", 128), config.get("n_hidden_layers", 5)
        self.activation = ACTIVATIONS[config.get("activation", "ReLU").lower()]
        self.output_activation = ACTIVATIONS[config.get("output_activation", "None").lower()]
        widths = [padded(inputs), *[width] * hidden, padded(outputs)]
        self.weights = torch.nn.ParameterList(self.xavier(*pair) for pair in zip(widths[1:], widths[:-1]))

    @staticmethod
    def xavier(rows, columns):
        bound = math.sqrt(6 / (rows + columns))
        return torch.nn.Parameter(torch.empty(rows, columns).uniform_(-bound, bound))

    def raw(self, x):
        """Without the output's activation."""
        for weight in self.weights[:-1]:
            x = self.activation(x @ weight.t())
        return x @ self.weights[-1][: self.outputs].t()

    def forward(self, x):
        return self.output_activation(self.raw(x))

    def serialized(self):
        return list(self.weights)


class Field(torch.nn.Module):
    """An encoding and a network: [n, dims] -> [n, outputs]."""

    def __init__(self, dims, outputs, config):
        super().__init__()
        self.encoding = make_encoding(dims, config["encoding"])
        self.network = Mlp(self.encoding.outputs, outputs, config["network"])

    def encoded(self, x):
        return pad(self.encoding, self.encoding(x), padded(self.encoding.outputs))

    def forward(self, x):
        return self.network(self.encoded(x))

    def raw(self, x):
        return self.network.raw(self.encoded(x))

    def serialized(self):
        return [*self.network.serialized(), *serialized(self.encoding)]


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
        self.encoding = make_encoding(3, config["encoding"])
        self.directions = make_encoding(3, config["dir_encoding"])
        self.density = Mlp(self.encoding.outputs, config["network"].get("n_output_dims", 16), config["network"])
        self.directions_width = padded(self.density.outputs + self.directions.outputs) - self.density.outputs
        self.colour = Mlp(self.density.outputs + self.directions_width, 3, config["rgb_network"])

    def features(self, position):
        """[n, 16], of which the first is the logarithm of density."""
        return self.density(pad(self.encoding, self.encoding(position), padded(self.encoding.outputs)))

    def density_at(self, position):
        return Exponential.apply(self.features(position)[:, 0])

    def forward(self, position, direction):
        features = self.features(position)
        around = pad(self.directions, self.directions(direction), self.directions_width)
        return Exponential.apply(features[:, 0]), self.colour(torch.cat([features, around], -1)).sigmoid()

    def serialized(self):
        return [*self.density.serialized(), *self.colour.serialized(), *serialized(self.encoding), *serialized(self.directions)]


def round_to_half(field):
    """Parameters as they are saved."""
    with torch.no_grad():
        for parameter in field.serialized():
            parameter.copy_(parameter.half().float())
