# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""conftest.py - small ONNX models, and what the importer makes of them."""
import re

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper


class Imported:
    """What `treadle compile --stop-after import` said: `ir` or `error`, one of them empty."""

    def __init__(self, result, text):
        self.status, self.ir = result.returncode, text
        self.error = result.stderr.strip() if result.returncode else ""

    @property
    def body(self):
        """The ops, without names of the model's nodes and values and without numbers of SSA values."""
        text = re.sub(r"graph\.value = \"[^\"]*\",? ?|loc\(.*\)", "", self.ir)
        text = re.sub(r" \{\}", "", text)
        lines = [line.strip() for line in text.splitlines() if "= graph." in line or "graph.require" in line or "return" in line]
        numbers = {}
        return [re.sub(r"%\w+", lambda m: numbers.setdefault(m[0], f"%{len(numbers)}"), line) for line in lines]

    @property
    def ops(self):
        return re.findall(r"= graph\.(\w+)", self.ir)

    def result_type(self, index=0):
        """Of the graph, as MLIR writes it: "2x?xf32" or "2x?xf32, #graph.dims<2, n>"."""
        types = re.findall(r"return [^:]*: (.*)$", self.ir, re.M)[-1]
        return re.findall(r"tensor<((?:[^<>]|<[^<>]*>)*)>", types)[index]


@pytest.fixture(scope="session")
def model_of():
    """model_of(nodes, inputs, outputs, opset=21, constants={}, functions=[]): a model. `nodes` are (op, inputs,
    outputs, attributes); `inputs` are {name: shape} or {name: (shape, dtype)}; constants are arrays."""

    def make(nodes, inputs, outputs=("y",), opset=21, constants=None, functions=(), domains=()):
        if isinstance(nodes, tuple):
            nodes = [nodes]
        made = [n if isinstance(n, onnx.NodeProto) else
                helper.make_node(n[0], list(n[1]), list(n[2]), name=f"the_{n[0].lower()}_{i}", **(n[3] if len(n) > 3 else {}))
                for i, n in enumerate(nodes)]
        values = []
        for name, given in inputs.items():
            shape, kind = given if isinstance(given, tuple) else (given, TensorProto.FLOAT)
            values.append(helper.make_tensor_value_info(name, kind, shape))
        results = [helper.make_value_info(name, helper.make_tensor_type_proto(TensorProto.FLOAT, None)) for name in outputs]
        weights = [numpy_helper.from_array(np.asarray(value), name) for name, value in (constants or {}).items()]
        graph = helper.make_graph(made, "graph", values, results, initializer=weights)
        imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in domains)]
        return helper.make_model(graph, opset_imports=imports, functions=list(functions), ir_version=10)

    return make


@pytest.fixture
def imported(run, tmp_path):
    """imported(model, *flags): what the importer makes of a model, which may be bytes."""

    def call(model, *flags):
        path, out = tmp_path / "model.onnx", tmp_path / "model.mlir"
        path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
        out.unlink(missing_ok=True)
        result = run("treadle", "compile", path, "-o", out, "--stop-after", "import", *flags)
        assert result.returncode in (0, 1), f"exit status {result.returncode}: {result.stderr}"
        return Imported(result, out.read_text() if out.exists() else "")

    return call
