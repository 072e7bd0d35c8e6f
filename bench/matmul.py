# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""matmul.py - large matrix products and 1x1 convolutions against the FMA peak measured in the same run.

    python bench/matmul.py [--threads 1,2]

Each is a model of one op with constant weights, for Treadle and ONNX Runtime, which take turns with bench-peak. The
goal is 80 % of the peak.
"""
import argparse
import pathlib
import statistics
import tempfile

import machine
import models
import numpy as np
import report
import runtimes
from make_models import Network
from worker import Worker

MATMULS = [(512, 512, 512), (1024, 1024, 1024), (384, 1536, 384), (128, 4096, 1024), (2048, 2048, 2048)]  # M, N, K
CONVS = [(64, 256, 56), (256, 128, 56), (512, 512, 28), (1024, 256, 14), (512, 2048, 7)]  # channels, filters, size


def matmul(folder, m, n, k):
    net = Network(f"matmul-{m}x{n}x{k}")
    y = net.op("MatMul", net.input("x", [m, k]), net.random(k, n, inputs=k))
    return net.save(folder / f"{net.name}.onnx", (y, [m, n])), 2.0 * m * n * k


def conv(folder, channels, filters, size):
    net = Network(f"conv1x1-{channels}-{filters}-{size}x{size}")
    y = net.conv(net.input("x", [1, channels, size, size]), channels, filters)
    return net.save(folder / f"{net.name}.onnx", (y, [1, filters, size, size])), 2.0 * channels * filters * size * size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", default="1,2", help="numbers of threads, by comma (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--block", type=float, default=0.1, help="seconds of a turn (default: %(default)s)")
    arguments = parser.parse_args()
    names = [n for n in ("treadle", "onnxruntime") if runtimes.ALL[n].available()]
    print(", ".join(f"{k} {v}" for k, v in machine.describe().items()))
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        cases = [matmul(folder, *c) for c in MATMULS] + [conv(folder, *c) for c in CONVS]
        for threads in map(int, arguments.threads.split(",")):
            rows = [["", *[f"{n} GFLOP/s" for n in names], "peak", *[f"{n} %" for n in names]]]
            for model, flops in cases:
                arrays = models.inputs(model)
                np.savez(folder / "inputs.npz", **arrays)
                files = {n: runtimes.ALL[n].convert(model, arrays, folder) for n in names}
                workers = {n: Worker(n, files[n], model, folder / "inputs.npz", threads) for n in names}
                peak, times = machine.Peak([threads]), {n: [] for n in names}
                for _ in range(arguments.rounds):
                    peak.measure(0.02)
                    for name, worker in workers.items():
                        times[name] += worker.ask(block=arguments.block)["ms"]
                for worker in workers.values():
                    worker.close()
                most = peak.seen[threads]["gflops"]
                rates = [flops / statistics.median(times[n]) * 1e-6 for n in names]
                rows.append([model.stem, *[f"{r:.1f}" for r in rates], f"{most:.1f}", *[f"{100 * r / most:.0f}" for r in rates]])
            print(f"\n{threads} thread{'s' if threads > 1 else ''}\n{report.table(rows)}")


if __name__ == "__main__":
    main()
