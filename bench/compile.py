# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""compile.py - time and memory that compiling takes: against the number of ops, and for ResNet-50.

    python bench/compile.py [--ops 50,100,200,400] [MODEL.onnx ..]

Two families of growing models: `alike`, whose blocks (3x3 convolution, ReLU, sum) have the same shapes and thus share
kernels, and `distinct`, where each block has its own number of channels and needs its own. The exponent is that of
time against ops from the second smallest model to the largest: 1 is linear. Memory is compared with the model's bytes
+ 1 GiB. ResNet-50 (make_models.py) also shows its first result after opening against a warm run: the goal is 10 s on
two cores, and 1.2 warm runs + 20 ms.
"""
import argparse
import math
import pathlib
import statistics
import tempfile

import machine
import models
import numpy as np
import report
from make_models import Network, resnet50
from peers import compile_cost
from worker import Worker


def blocks(folder, ops, distinct):
    net = Network(f"{'distinct' if distinct else 'alike'}-{ops}")
    x, channels = net.input("x", [1, 8, 32, 32]), 8
    for block in range(ops // 3):
        filters = 8 + block * 53 % 139 if distinct else 8  # up to 139 distinct ones, as wide on average whatever their number
        y = net.op("Relu", net.conv(x, channels, filters, 3))
        x = y if distinct else net.op("Add", x, y)
        if distinct:
            x = net.op("Sigmoid", x)
        channels = filters
    return net.save(folder / f"{net.name}.onnx", (x, [1, channels, 32, 32]))


def cost(model, folder):
    seconds, peak = compile_cost(model, folder / "out.tdl")
    limit = model.stat().st_size / 2**20 + 1024
    return seconds, [f"{model.stat().st_size / 2**20:.1f}", f"{seconds:.2f}", f"{peak:.0f}", f"{limit:.0f}",
                     f"{(folder / 'out.tdl').stat().st_size / 2**20:.1f}"]


def first_result(model, artifact, folder):
    """Open to first result, and the median of warm runs, in ms."""
    np.savez(folder / "inputs.npz", **models.inputs(model))
    loads, runs = [], []
    for _ in range(5):
        worker = Worker("treadle", artifact, model, folder / "inputs.npz", 2)
        loads.append(worker.loaded["load_ms"])
        runs += worker.ask(block=0.5)["ms"]
        worker.close()
    return statistics.median(loads), statistics.median(runs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=pathlib.Path, metavar="MODEL", help="ONNX files to compile too")
    parser.add_argument("--ops", default="50,100,200,400", help="sizes of the families, by comma (default: %(default)s)")
    arguments = parser.parse_args()
    sizes = sorted(map(int, arguments.ops.split(",")))
    print(", ".join(f"{k} {v}" for k, v in machine.describe().items()))
    rows = [["model", "its MiB", "s", "peak MiB", "allowed", "artifact MiB"]]
    with tempfile.TemporaryDirectory() as temporary:
        folder, exponents = pathlib.Path(temporary), []
        for distinct in (False, True):
            seconds = []
            for ops in sizes:
                model = blocks(folder, ops, distinct)
                taken, cells = cost(model, folder)
                seconds.append(taken)
                rows.append([model.stem, *cells])
            if len(sizes) > 2:
                exponents.append(("distinct" if distinct else "alike", math.log(seconds[-1] / seconds[1]) / math.log(sizes[-1] / sizes[1])))
        for model in [*arguments.models, resnet50(folder / "resnet50.onnx")]:
            rows.append([model.stem, *cost(model, folder)[1]])
        print(report.table(rows))
        for name, exponent in exponents:
            print(f"{name}: time grows as ops ^ {exponent:.2f}")
        load, run = first_result(folder / "resnet50.onnx", folder / "out.tdl", folder)
        print(f"resnet50: first result {load:.1f} ms after opening, a warm run {run:.1f} ms, allowed {1.2 * run + 20:.1f} ms")


if __name__ == "__main__":
    main()
