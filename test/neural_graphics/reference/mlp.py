# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""mlp.py - multi-layer perceptrons without biases, their widths padded to the alignment (16; 8 in old files)."""
import dataclasses

import numpy as np

from .encodings import next_multiple

ACTIVATIONS = {
    "none": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "leakyrelu": lambda x: np.where(x > 0, x, np.float32(0.01) * x),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "exponential": np.exp,
    "sine": np.sin,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "squareplus": lambda x: np.float32(0.5) * (10 * x + np.sqrt(100 * x * x + 4)) / 10,
    "softplus": lambda x: np.logaddexp(10 * x, 0) / 10,
    "tanh": np.tanh,
}


@dataclasses.dataclass
class Mlp:
    inputs: int  # padded
    outputs: int
    widths: list
    activation: str
    output_activation: str

    @property
    def shapes(self):
        """[to, from] of each matrix, in the buffer's order."""
        return list(zip(self.widths[1:], self.widths[:-1]))

    @property
    def parameters(self):
        return sum(rows * columns for rows, columns in self.shapes)

    def evaluate(self, x, parameters, dtype=np.float32):
        """x [n, inputs] -> float32 [n, outputs]. In float16, layers are summed in float32 and rounded after the activation."""
        at, count = 0, len(self.shapes)
        with np.errstate(over="ignore"):
            for number, (rows, columns) in enumerate(self.shapes):
                weights = parameters[at : at + rows * columns].reshape(rows, columns).astype(np.float32)
                at += rows * columns
                name = self.activation if number + 1 < count else self.output_activation
                x = ACTIVATIONS[name](x.astype(np.float32) @ weights.T).astype(dtype)
        return x[:, : self.outputs].astype(np.float32)


def make(inputs, outputs, config, alignment=16):
    """From tiny-cuda-nn's keys; `inputs` are the encoding's, before padding."""
    fused = config.get("otype", "FullyFusedMLP").lower() in ("fullyfusedmlp", "megakernelmlp")
    width, hidden = config.get("n_neurons", 128), config.get("n_hidden_layers", 5)
    if fused and width not in (16, 32, 64, 128):
        raise ValueError(f"n_neurons of a FullyFusedMLP is {width}, not 16, 32, 64 or 128")
    if hidden < (1 if fused else 0):
        raise ValueError(f"n_hidden_layers is {hidden}")
    names = [config.get("activation", "ReLU").lower(), config.get("output_activation", "None").lower()]
    for name in names:
        if name not in ACTIVATIONS:
            raise ValueError(f"activation {name} is none of {', '.join(ACTIVATIONS)}")
    widths = [next_multiple(inputs, alignment), *[width] * hidden, next_multiple(outputs, alignment)]
    return Mlp(widths[0], outputs, widths, *names)
