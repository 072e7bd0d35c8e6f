# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""dispatch.py - what it costs to start a kernel.

    python bench/dispatch.py [--threads 1,2]

Chains of ops on 16 numbers, compiled without fusion so that each is a kernel of its own: the time of a long chain
less that of a short one, over the difference in kernels. Both are the median of many runs, in turns. The goal is
below 1 microsecond.
"""
import argparse
import json
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

SHORT, LONG = 100, 500


def chain(folder, length, shape):
    """x * y + y * y + y ...: nothing that could be computed beforehand or left out."""
    net = Network(f"chain-{length}")
    x, y = net.input("x", shape), net.input("y", shape)
    for i in range(length):
        x = net.op("Add" if i % 2 else "Mul", x, y)
    return net.save(folder / f"chain-{length}.onnx", (x, shape))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", default="1,2", help="numbers of threads, by comma (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    print(", ".join(f"{k} {v}" for k, v in machine.describe().items()))
    rows = [["threads", f"us, {SHORT} ops", f"us, {LONG} ops", "kernels", "us a kernel"]]
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        files = {}
        for length in (SHORT, LONG):
            model = chain(folder, length, [1, 16])
            files[length] = folder / f"{length}.tdl"
            runtimes.command([runtimes.BUILD / "bin" / "treadle", "compile", model, "-o", files[length], "--no-fusion"])
        np.savez(folder / "inputs.npz", **models.inputs(model))
        for threads in map(int, arguments.threads.split(",")):
            workers = {n: Worker("treadle", f, model, folder / "inputs.npz", threads) for n, f in files.items()}
            times = {n: [] for n in workers}
            for _ in range(arguments.rounds):
                for length, worker in workers.items():
                    times[length] += worker.ask(block=0.05)["ms"]
            kernels = {n: len(json.loads(w.ask(trace=True)["trace"])["traceEvents"]) for n, w in workers.items()}
            for worker in workers.values():
                worker.close()
            us = {n: statistics.median(t) * 1e3 for n, t in times.items()}
            rows.append([str(threads), f"{us[SHORT]:.1f}", f"{us[LONG]:.1f}", f"{kernels[SHORT]}, {kernels[LONG]}",
                         f"{(us[LONG] - us[SHORT]) / (kernels[LONG] - kernels[SHORT]):.3f}"])
    print(report.table(rows))


if __name__ == "__main__":
    main()
