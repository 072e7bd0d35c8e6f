# ng_torch.py - tiny-cuda-nn's modules for PyTorch
#
# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tiny-cuda-nn's modules for PyTorch, on any device that Treadle has; see treadle.ng.

A module is one program, compiled once for a configuration, that takes the parameters as an input: they may change
between calls, in whatever way, and nothing is compiled anew. Gradients are PyTorch's own arithmetic: ng_formulas.
"""

import functools
import json
import os
import tempfile

import numpy as np

from . import _native
from .ng import _target

try:
    import torch
except ImportError as problem:
    raise ImportError("treadle.ng.Encoding, Network and NetworkWithInputEncoding are modules of PyTorch, which is not "
                      "installed (pip install torch); treadle.ng.load needs none") from problem

from . import ng_formulas  # noqa: E402 - without PyTorch, the message above

__all__ = ["Encoding", "Network", "NetworkWithInputEncoding"]

_ALIGNMENT = 4 * 128  # numbers of a table are drawn by threads in blocks of 128, 4 by each


class _Pcg32:
    """O'Neill's generator, as tiny-cuda-nn seeds it; draws many numbers at once."""

    _MULTIPLIER, _INCREMENT, _MASK = 0x5851F42D4C957F2D, 3, (1 << 64) - 1

    def __init__(self, seed):
        self._state = self._INCREMENT + seed & self._MASK
        self.advance(1)

    def _jump(self, count):
        """Factor and term that take the state `count` steps on."""
        factor, term, step, more = 1, 0, self._MULTIPLIER, self._INCREMENT
        while count:
            if count & 1:
                factor, term = factor * step & self._MASK, term * step + more & self._MASK
            step, more, count = step * step & self._MASK, (step + 1) * more & self._MASK, count >> 1
        return factor, term

    def advance(self, count):
        factor, term = self._jump(count)
        self._state = self._state * factor + term & self._MASK

    def floats(self, count):
        """The next numbers in [0, 1), float32; the state stays."""
        state = np.full(1, self._state, np.uint64)
        while len(state) < count:
            factor, term = self._jump(len(state))
            state = np.concatenate([state, state * np.uint64(factor) + np.uint64(term)])
        state = state[:count]
        mixed = ((state >> np.uint64(18) ^ state) >> np.uint64(27)).astype(np.uint32)
        turn = (state >> np.uint64(59)).astype(np.uint32)
        bits = mixed >> turn | mixed << (-turn.astype(np.int32) & 31).astype(np.uint32)
        return (bits >> np.uint32(9) | np.uint32(0x3F800000)).view(np.float32) - np.float32(1)


def _initial(layout, activation, seed):
    """Parameters as tiny-cuda-nn initialises them: matrices by Glorot & Bengio 2010, or as Sitzmann et al. 2020 where
    the activation is a sine; tables evenly in [-1e-4, 1e-4]."""
    rng, pieces = _Pcg32(seed), [np.zeros(0, np.float32)]
    for number, part in enumerate(layout):
        rows, columns = part["shape"]
        count = rows * columns
        if part["key"] == "encoding":
            padded = -(-count // _ALIGNMENT) * _ALIGNMENT
            drawn = rng.floats(padded).reshape(-1, 4).T.reshape(-1)[:count]
            scale = np.float32(1e-4)
        else:
            drawn = rng.floats(count)
            if activation != "sine":
                scale = np.sqrt(np.float32(6) / np.float32(rows + columns))
            else:
                scale = np.float32(30) / np.float32(columns) if number == 0 else np.sqrt(np.float32(6) / np.float32(columns))
        rng.advance(count)
        pieces.append(drawn * (2 * scale) - scale)
    return np.concatenate(pieces)


class _Forward(torch.autograd.Function):
    """What a module gives of x and params, by the program."""

    @staticmethod
    def forward(ctx, module, x, params):
        ctx.made_of = type(module).__name__, module.dtype, module._formulas()  # a graph may outlive the interpreter, no program
        ctx.save_for_backward(x, params)
        return module._run(x, params)

    @staticmethod
    def backward(ctx, gradient):
        return None, *_Backward.apply(ctx.made_of, gradient, ctx.needs_input_grad[1:], *ctx.saved_tensors)


class _Backward(torch.autograd.Function):
    """The gradients of x and params by formulas, None of those that are not needed."""

    @staticmethod
    def forward(ctx, made_of, gradient, needed, x, params):
        ctx.name, rounded, make = made_of
        # What x and params are rounded to for the program, they are here.
        at_x, at_params = (tensor.detach().to("cpu", dtype).float().requires_grad_(need)
                           for tensor, dtype, need in zip((x, params), (torch.float32, rounded), needed))
        with torch.device("meta"):  # parameters are given
            formulas = make()
        with torch.enable_grad():
            pieces = at_params.split([own.numel() for own in formulas.parameters()])
            given = {name: piece.view_as(own) for piece, (name, own) in zip(pieces, formulas.named_parameters())}
            result = torch.func.functional_call(formulas, given, at_x)
        if result.requires_grad:
            result.backward(gradient.to("cpu", torch.float32))
        return tuple(None if not need else torch.zeros_like(tensor) if at.grad is None else at.grad.to(tensor.device, tensor.dtype)
                     for tensor, at, need in zip((x, params), (at_x, at_params), needed))

    @staticmethod
    def backward(ctx, *gradients):
        raise NotImplementedError(f"treadle.ng.{ctx.name} computes gradients, but none of gradients: call backward() or "
                                  "torch.autograd.grad() of it without create_graph, or detach() what they give")


class Module(torch.nn.Module):
    """What the three have in common: `params`, float32 [n_params], in tiny-cuda-nn's order, of which `dtype` is what the
    program computes with. Gradients of params are float32 as they are, so that `loss_scale` is 1."""

    loss_scale = 1.0

    def __init__(self, seed, device):
        super().__init__()
        self.seed, self.device = seed, device
        self._program = self._compile()
        initial = _initial(json.loads(self._program.metadata["parameters"]), self._activation(), seed)
        self.params = torch.nn.Parameter(torch.from_numpy(initial))

    def _configuration(self):
        raise NotImplementedError

    def _activation(self):
        return str(getattr(self, "network_config", {}).get("activation", "ReLU")).lower()

    def _compile(self):
        config, part = self._configuration()
        config["n_input_dims"] = self.n_input_dims
        config["parameters"] = {"input": "params", "dtype": "f32" if self.dtype == torch.float32 else "f16"}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "network.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(config, file)
            options = {"cpu": "host"} if self.device == "cpu" else {}
            try:
                return _native.compile(path, target=_target(self.device), device=self.device, part=part, **options)
            except _native.CompileError as problem:
                raise _native.CompileError(str(problem).replace(f"{path}: ", "")) from None

    def _run(self, x, params):
        arrays = [x.detach().to("cpu", torch.float32).contiguous()]
        if params.numel():
            arrays.append(params.detach().to("cpu", self.dtype).contiguous())
        return torch.from_numpy(self._program(*arrays)).to(x.device, self.dtype)

    def _formulas(self):
        """Makes a module of ng_formulas, whose parameters are self.params, one after another."""
        return functools.partial(ng_formulas.Field, self.n_input_dims, self.n_output_dims, self._configuration()[0])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[n, n_input_dims] of any type, used as float32 -> [n, n_output_dims] of the module's dtype."""
        if not isinstance(x, torch.Tensor):
            raise TypeError(f"input: should be a torch.Tensor, is {type(x).__name__}")
        if x.dim() != 2 or x.shape[1] != self.n_input_dims:
            raise ValueError(f"input: should be [n, {self.n_input_dims}], is {list(x.shape)}")
        return _Forward.apply(self, x, self.params)

    def __getstate__(self):
        return {name: value for name, value in self.__dict__.items() if name != "_program"}

    def __setstate__(self, state):
        super().__setstate__(state)
        self._program = self._compile()

    def extra_repr(self):
        return (f"n_input_dims={self.n_input_dims}, n_output_dims={self.n_output_dims}, n_params={self.params.numel()}, "
                f"seed={self.seed}, dtype={self.dtype}, device={self.device}")


class NetworkWithInputEncoding(Module):
    """An encoding, and a network of its features: [n, n_input_dims] -> float16 [n, n_output_dims].

    encoding_config, network_config   tiny-cuda-nn's keys and defaults; treadle.CompileError names one that is wrong
    seed     of the initial parameters, which are tiny-cuda-nn's for that seed
    device   of Treadle, on which it runs: "cpu", "vulkan:0". Tensors may be on any of PyTorch's; those that are not in
             the CPU's memory are copied there and back.

    params are the network's matrices and then the encoding's tables, as in a checkpoint of tiny-cuda-nn.

    Gradients of params (float32) and of the input (of its type) are PyTorch's own arithmetic, in time too: formulas in
    float32, on the CPU, of what the program was called with (ng_formulas). They have no loss scale, as nothing in them
    is a half but the gradient of a half output. A gradient of a gradient raises NotImplementedError.
    """

    def __init__(self, n_input_dims: int, n_output_dims: int, encoding_config: dict, network_config: dict, seed: int = 1337, *,
                 device: str = "cpu"):
        self.n_input_dims, self.n_output_dims = n_input_dims, n_output_dims
        self.encoding_config, self.network_config = encoding_config, network_config
        self.dtype = torch.half
        super().__init__(seed, device)

    def _configuration(self):
        return {"encoding": self.encoding_config, "network": self.network_config, "n_output_dims": self.n_output_dims}, ""


class Network(Module):
    """A network without an encoding: [n, n_input_dims] -> float16 [n, n_output_dims].

    Its inputs are filled up with 1 to a multiple of 16, as tiny-cuda-nn's are. Arguments: see
    NetworkWithInputEncoding.
    """

    def __init__(self, n_input_dims: int, n_output_dims: int, network_config: dict, seed: int = 1337, *, device: str = "cpu"):
        self.n_input_dims, self.n_output_dims, self.network_config = n_input_dims, n_output_dims, network_config
        self.dtype = torch.half
        super().__init__(seed, device)

    def _configuration(self):
        encoding = {"otype": "Identity"}
        return {"encoding": encoding, "network": self.network_config, "n_output_dims": self.n_output_dims}, ""


class Encoding(Module):
    """An encoding alone: [n, n_input_dims] -> dtype [n, n_output_dims], where n_output_dims follows from its
    configuration.

    dtype    torch.half (None), or torch.float32: of what comes out, and of the parameters that it is computed with

    Other arguments: see NetworkWithInputEncoding. params are the tables, one after another.
    """

    def __init__(self, n_input_dims: int, encoding_config: dict, seed: int = 1337, dtype: torch.dtype | None = None, *,
                 device: str = "cpu"):
        if dtype not in (None, torch.half, torch.float32):
            raise ValueError(f"dtype: can be torch.half or torch.float32, is {dtype}")
        self.n_input_dims, self.encoding_config, self.dtype = n_input_dims, encoding_config, dtype or torch.half
        super().__init__(seed, device)
        self.n_output_dims = self._program.outputs[0].shape[1]

    def _configuration(self):
        return {"encoding": self.encoding_config}, "encoding"

    def _formulas(self):
        return functools.partial(ng_formulas.make_encoding, self.n_input_dims, self.encoding_config)
