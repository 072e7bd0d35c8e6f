# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""vulkan.py - Treadle beside IREE on a Vulkan device: make_models.py's ResNet-50 and encoder of 128 tokens.

    python bench/vulkan.py [--iree FOLDER] [--rounds N] [--limit SECONDS]

--iree is the folder with iree-import-onnx, iree-compile and iree-benchmark-module (`pip install iree-base-compiler[onnx]
iree-base-runtime`, in an environment of its own); by default they are looked for in PATH. Both compile for Vulkan in
general, take turns, and have compiled and run once before they are measured. A run that takes longer than the limit is ended.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

import make_models
import onnx
import runtimes

SIZES = {"batch": 1, "sequence": 128}
NETWORKS = {"resnet50": "1x3x224x224xf32=0.5", "encoder": "1x128xi64=1"}


def fixed(path):
    """The model with sizes for its names: IREE compiles those."""
    model = onnx.load(path)
    for value in [*model.graph.input, *model.graph.output]:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param:
                dim.dim_value = SIZES[dim.dim_param]
    onnx.save(model, path)
    return path


def call(*command, limit):
    """Its output; None if it did not end in time."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        sys.exit(f"{command[0]}: {done.stderr.strip()[-2000:]}")
    return done.stdout + done.stderr


def treadle(path, limit):
    """A function that measures one run, in seconds."""
    program = runtimes.BUILD / "bin" / "treadle"
    artifact = path.with_suffix(".tdl")
    call(program, "compile", path, "-o", artifact, "--target", "vulkan", limit=limit)

    def measure():
        said = call(program, "bench", artifact, "--device", "vulkan:0", "--repeat", "1", "--json", limit=limit)
        return said and json.loads(said.splitlines()[0])["median_ms"] / 1e3
    return measure


def iree(path, argument, folder, limit):
    def tool(name):
        return folder / name if folder else name

    mlir, module = path.with_suffix(".mlir"), path.with_suffix(".vmfb")
    call(tool("iree-import-onnx"), path, "-o", mlir, "--opset-version", "17", limit=limit)
    call(tool("iree-compile"), mlir, "--iree-hal-target-device=vulkan", "-o", module, limit=limit)
    function = re.search(r"func\.func @(\w+)", mlir.read_text()).group(1)

    def measure():
        said = call(tool("iree-benchmark-module"), f"--module={module}", "--device=vulkan", f"--function={function}",
                    f"--input={argument}", "--benchmark_min_time=1x", "--benchmark_format=json", limit=limit)
        return said and json.loads(said[said.index("{"):said.rindex("}") + 1])["benchmarks"][0]["real_time"] / 1e3
    return measure


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--iree", type=pathlib.Path, help="the folder of its programs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=600, help="seconds for one run")
    parser.add_argument("--only", choices=NETWORKS)
    arguments = parser.parse_args()
    print("| network | Treadle s | IREE s | IREE / Treadle |\n| --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for name, argument in NETWORKS.items():
            if arguments.only not in (None, name):
                continue
            path = fixed(make_models.MODELS[name](pathlib.Path(folder) / f"{name}.onnx"))
            both = [treadle(path, arguments.limit), iree(path, argument, arguments.iree, arguments.limit)]
            times = [[measure() for measure in both] for _ in range(arguments.rounds)]
            ours, theirs = zip(*times)
            mine = statistics.median(ours) if None not in ours else None
            other = statistics.median(theirs) if None not in theirs else None
            words = [f"{time:.2f}" if time else f"above {arguments.limit:.0f}" for time in (mine, other)]
            ratio = f"{statistics.median(b / a for a, b in times):.1f}" if mine and other else "-"
            print(f"| {name} | {words[0]} | {words[1]} | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
