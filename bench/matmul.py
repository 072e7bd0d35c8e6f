# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""matmul.py - matrix products, 1x1 convolutions and attention against the FMA peak measured in the same run.

    python bench/matmul.py [--threads 1,2] [--only NAME]

Each is a model of one op with constant weights, or of attention as exporters write it between the products around it,
for Treadle and ONNX Runtime, which take turns with bench-peak. The goal is 80 % of the peak, for attention 60 %: its
exponentials are not counted.
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
ATTENTIONS = [(12, 128, 64), (12, 512, 64), (12, 2048, 64)]  # heads, queries and keys, width of a head
CONVS = [(64, 256, 56), (256, 128, 56), (512, 512, 28), (1024, 256, 14), (512, 2048, 7)]  # channels, filters, size


def matmul(folder, m, n, k):
    net = Network(f"matmul-{m}x{n}x{k}")
    y = net.op("MatMul", net.input("x", [m, k]), net.random(k, n, inputs=k))
    return net.save(folder / f"{net.name}.onnx", (y, [m, n])), 2.0 * m * n * k


def conv(folder, channels, filters, size):
    net = Network(f"conv1x1-{channels}-{filters}-{size}x{size}")
    y = net.conv(net.input("x", [1, channels, size, size]), channels, filters)
    return net.save(folder / f"{net.name}.onnx", (y, [1, filters, size, size])), 2.0 * channels * filters * size * size


def attention(folder, heads, length, depth):
    net, size = Network(f"attention-{heads}x{length}x{depth}"), heads * depth
    shape, merged = (net.constant(np.array(s, np.int64)) for s in ([0, 0, heads, depth], [0, 0, size]))
    split = lambda name, perm: net.op("Transpose", net.op("Reshape", net.input(name, [1, length, size]), shape), perm=perm)
    scores = net.op("MatMul", split("q", [0, 2, 1, 3]), split("k", [0, 2, 3, 1]))
    weights = net.op("Softmax", net.op("Mul", scores, net.constant(np.float32(depth ** -0.5))), axis=-1)
    y = net.op("Transpose", net.op("MatMul", weights, split("v", [0, 2, 1, 3])), perm=[0, 2, 1, 3])
    return net.save(folder / f"{net.name}.onnx", (net.op("Reshape", y, merged), [1, length, size])), 4.0 * length ** 2 * size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", default="1,2", help="numbers of threads, by comma (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--block", type=float, default=0.1, help="seconds of a turn (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="NAME", help="models whose name contains this")
    arguments = parser.parse_args()
    names = [n for n in ("treadle", "onnxruntime") if runtimes.ALL[n].available()]
    print(", ".join(f"{k} {v}" for k, v in machine.describe().items()))
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        cases = [matmul(folder, *c) for c in MATMULS] + [conv(folder, *c) for c in CONVS]
        cases += [attention(folder, *c) for c in ATTENTIONS]
        cases = [c for c in cases if arguments.only in c[0].stem]
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
