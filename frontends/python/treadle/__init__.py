# treadle - compile models and run them
#
# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles ONNX models and runs them.

    import numpy as np, treadle
    f = treadle.compile("net.onnx")
    print(f.inputs, f.outputs)
    y = f(np.zeros((1, 3, 224, 224), np.float32))
    f.save("net.tdl")                # treadle.load("net.tdl") opens it at once

Scenes of neural graphics, and modules of PyTorch for their encodings and networks: treadle.ng.
"""

from . import ng
from ._native import CompileError, Error, Program, TensorInfo, __version__, compile, devices, load

# Where users find them, for messages and pickles.
for _public in (CompileError, Error, Program, TensorInfo, compile, devices, load):
    try:
        _public.__module__ = "treadle"
    except (AttributeError, TypeError):  # functions of an extension are read-only
        pass
del _public

__all__ = ["CompileError", "Error", "Program", "TensorInfo", "__version__", "compile", "devices", "load", "ng"]
