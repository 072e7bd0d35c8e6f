# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""onnxruntime_run.py - what ONNX Runtime makes of a model; `treadle compare` carries this text and calls it.

    python onnxruntime_run.py MODEL INPUTS.npz OUTPUTS.npz [everything]

INPUTS.npz has in:NAME for each input. OUTPUTS.npz gets out:NAME for each output, computed without graph
optimizations, and noise:NAME, the greatest difference that optimizations make. With `everything`, it gets
out:NAME for every value of the graph instead, a part of them in each run to bound memory. Exit status 3:
a package is missing here.
"""
import os
import sys
import zipfile

try:
    import numpy as np
    import onnxruntime as ort
    if sys.argv[4:] == ["everything"]:
        import onnx
except ImportError as problem:
    print(problem, file=sys.stderr)
    sys.exit(3)

VALUES_IN_A_RUN = 64


def session(model, level, folder=None):
    options = ort.SessionOptions()
    options.graph_optimization_level, options.log_severity_level = level, 4
    if folder:
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", folder)
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def add(archive, name, value):
    """Appends an array to the archive; what NumPy has no type for is left out."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiubc":
        with archive.open(name + ".npy", "w", force_zip64=True) as member:
            np.lib.format.write_array(member, np.asarray(value, order="C"), allow_pickle=False)


def difference(a, b):
    if a.shape != b.shape or a.dtype.kind not in "fiub" or a.size == 0:
        return np.float64(0)
    distance = np.abs(a.astype(np.float64) - b.astype(np.float64))
    return np.nanmax(distance) if np.isfinite(distance).any() else np.float64(0)


def outputs_of(path, feeds, archive):
    plain = session(path, ort.GraphOptimizationLevel.ORT_DISABLE_ALL)
    names = [output.name for output in plain.get_outputs()]
    values = plain.run(names, feeds)
    optimized = session(path, ort.GraphOptimizationLevel.ORT_ENABLE_ALL).run(names, feeds)
    for name, value, other in zip(names, values, optimized):
        add(archive, f"out:{name}", value)
        if isinstance(value, np.ndarray):
            add(archive, f"noise:{name}", np.asarray(difference(value, other)))


def values_of(path, feeds, archive):
    model = onnx.load(path, load_external_data=False)
    names = [name for node in model.graph.node for name in node.output if name]
    for start in range(0, len(names), VALUES_IN_A_RUN):
        part = names[start:start + VALUES_IN_A_RUN]
        del model.graph.output[:]
        model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in part)
        run = session(model.SerializeToString(), ort.GraphOptimizationLevel.ORT_DISABLE_ALL, os.path.dirname(os.path.abspath(path)))
        wanted = {i.name for i in run.get_inputs()}
        for name, value in zip(part, run.run(part, {n: v for n, v in feeds.items() if n in wanted})):
            add(archive, f"out:{name}", value)


def main(path, inputs, outputs, *everything):
    with np.load(inputs) as arrays:
        feeds = {name.removeprefix("in:"): arrays[name] for name in arrays.files}
    with zipfile.ZipFile(outputs, "w") as archive:
        (values_of if everything else outputs_of)(path, feeds, archive)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as problem:  # whatever it is, the caller shows one line
        print(str(problem).strip().splitlines()[0] if str(problem).strip() else repr(problem), file=sys.stderr)
        sys.exit(1)
