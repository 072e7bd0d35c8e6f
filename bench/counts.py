# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""counts.py - what kernels do on simulated GPUs: instructions, matrix units, bytes that move, conflicts in shared memory.

    python bench/counts.py [--targets cuda,hip] [--only NAME] [--out FILE]
    python bench/counts.py --against FILE            what has changed by more than 1 % since FILE was written

One row a kernel of a few small networks (one transformer layer, a convolution, attention, a product, in f32 and f16). The
same code gives the same counts on any machine. tools/simulator/Counters.h says what is counted; times are not.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import make_models
import numpy as np
import runtimes

COLUMNS = ["instructions", "matrix", "sectorsLoaded", "sectorsStored", "bytesRead", "bytesWritten", "sharedPasses", "bankConflicts", "barriers"]


def product(path, m=256, n=256, k=256):
    net = make_models.Network("product")
    return net.save(path, (net.op("MatMul", net.input("a", [m, k]), net.input("b", [k, n])), [m, n]))


def convolution(path, channels=64, filters=64, size=28):
    net = make_models.Network("convolution")
    y = net.op("Relu", net.conv(net.input("x", [1, channels, size, size]), channels, filters, 3))
    return net.save(path, (y, [1, filters, size, size]))


def attention(path, heads=2, length=256, depth=64):
    import matmul
    return matmul.attention(path.parent, heads, length, depth)[0].rename(path)


NETWORKS = {"layer": lambda path: make_models.encoder(path, layers=1, words=64), "product": product, "convolution": convolution,
            "attention": attention}


def count(path, target, folder):
    """The counters of each of the model's kernels, by name."""
    report = folder / "report"
    report.unlink(missing_ok=True)
    ids = folder / "ids.npy"
    np.save(ids, np.random.default_rng(1).integers(0, 64, (1, 128)))
    inputs = ["--input", f"ids={ids}"] if path.stem.startswith("layer") else []
    environment = {**os.environ, "LD_LIBRARY_PATH": str(runtimes.BUILD / "simulator"), "TREADLE_SIMULATOR_REPORT": str(report)}
    command = [runtimes.BUILD / "bin" / "treadle", "run", path, "--device", f"{target}:0", *inputs]
    done = subprocess.run([str(word) for word in command], env=environment, capture_output=True, text=True)
    if done.returncode or not report.exists():
        sys.exit(f"{path.name} on {target}: {done.stderr.strip() or 'nothing was counted; build treadle-simulators'}")
    return {kernel["kernel"]: {name: kernel[name] for name in COLUMNS} for kernel in map(json.loads, report.read_text().splitlines())}


def changes(counts, before):
    """One line a number that is not what it was."""
    for key in sorted({*counts, *before}):
        if key not in before or key not in counts:
            yield f"{key}: {'new' if key in counts else 'gone'}"
            continue
        for name in COLUMNS:
            was, now = before[key][name], counts[key][name]
            if abs(now - was) > 0.01 * was:
                yield f"{key}: {name} {was} -> {now}" + (f" ({now / was - 1:+.0%})" if was else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", default="cuda,hip", help="by comma (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="NAME", help="networks whose name contains this")
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--against", type=pathlib.Path, metavar="FILE")
    arguments = parser.parse_args()
    counts = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        for name, make in NETWORKS.items():
            for kind in ("f32", "f16"):
                if arguments.only not in name:
                    continue
                path = make(folder / f"{name}-{kind}.onnx")
                if kind != "f32":
                    make_models.narrow(path, kind)
                for target in arguments.targets.split(","):
                    for kernel, row in count(path, target, folder).items():
                        counts[f"{target} {name} {kind} {kernel}"] = row
    if arguments.out:
        arguments.out.write_text(json.dumps(counts, indent=1) + "\n")
    if arguments.against:
        before = {key: row for key, row in json.loads(arguments.against.read_text()).items() if arguments.only in key}
        found = list(changes(counts, before))
        print("\n".join(found) or "nothing has changed")
        return
    width = max(map(len, counts))
    print(" " * width, *(f"{name:>13}" for name in COLUMNS))
    for key, row in counts.items():
        print(f"{key:{width}}", *(f"{row[name]:13,}" for name in COLUMNS))


if __name__ == "__main__":
    main()
