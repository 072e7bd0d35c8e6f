# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""models.py - which models are measured, and on what inputs (models.toml)."""
import pathlib
import tomllib
import zlib

import numpy as np
import onnx

TABLE = tomllib.loads((pathlib.Path(__file__).parent / "models.toml").read_text())


def find(paths, folder, named):
    """Paths as given; else, of the folder, those of the named set that are there, or all for "all"."""
    if paths:
        return [pathlib.Path(p) for p in paths]
    if named == "all":
        return sorted(folder.glob("*.onnx"))
    return [folder / f"{name}.onnx" for name in TABLE["set"][named] if (folder / f"{name}.onnx").exists()]


def inputs(model):
    """Arrays by name in the model's order, the same at every call."""
    graph = onnx.load(str(model), load_external_data=False).graph
    weights = {w.name for w in graph.initializer}
    rng, arrays = np.random.default_rng(zlib.crc32(model.stem.encode())), {}
    for value in graph.input:
        if value.name in weights:
            continue
        kind = value.type.tensor_type
        dtype = onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)
        spec = TABLE.get(model.stem, {}).get(value.name, {})
        spec = {"shape": spec} if isinstance(spec, list) else spec
        shape = spec.get("shape", [d.dim_value if d.HasField("dim_value") else -1 for d in kind.shape.dim])
        if any(d < 0 for d in shape):
            raise SystemExit(f'{model}: input "{value.name}" has dynamic dimensions: add a shape for it to {__package__ or "bench"}/models.toml')
        if "value" in spec:
            array = np.full(shape, spec["value"])
        elif dtype.kind in "iub":
            array = rng.integers(*spec.get("ints", [0, 2]), shape)
        else:
            array = rng.random(shape)
        arrays[value.name] = np.ascontiguousarray(array, dtype)
    return arrays
