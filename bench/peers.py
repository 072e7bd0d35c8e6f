# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""peers.py - Treadle beside ONNX Runtime, OpenVINO, MNN and ncnn, in one run.

    python bench/peers.py MODEL.onnx ..              these
    python bench/peers.py --models DIR [--set NAME]  a set of models.toml: public (default), made, or all there are

Each runtime runs each model in a process of its own. They take turns in short blocks, round after round, so that
whatever disturbs the machine disturbs all alike; the first run of a block is not counted. Time is the median over
all blocks, the ratio to ONNX Runtime the median of the rounds' ratios. Results that differ from ONNX Runtime's are
marked, those of runtimes that fail are left out with the reason. Prints a table; --out writes DIR/peers.json and
DIR/peers.svg too.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import machine
import models
import numpy as np
import report
import runtimes
from worker import Worker

DIFFERS = 1e-2  # of the output's scale: another computation, not another order of additions
LEAST_SCALE = 1e-3  # smaller outputs are within what ONNX Runtime's own sigmoid is off, about 1e-7


def compile_cost(model, artifact):
    """Seconds and MiB at most that `treadle compile` takes."""
    start = time.perf_counter()
    process = subprocess.Popen([runtimes.BUILD / "bin" / "treadle", "compile", model, "-o", artifact],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    words = process.stderr.read().strip()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise runtimes.Failed(words.splitlines()[0][:300] if words else "treadle compile failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def convert(model, inputs, names, folder):
    """Files by runtime, and what went wrong with the others."""
    files, problems, cost = {}, {}, None
    for name in names:
        own = folder / name
        own.mkdir(exist_ok=True)
        try:
            if name == "treadle":
                files[name] = own / f"{model.stem}.tdl"
                cost = compile_cost(model, files[name])
            else:
                files[name] = runtimes.ALL[name].convert(model, inputs, own)
        except (runtimes.Failed, OSError, subprocess.SubprocessError) as problem:
            files.pop(name, None)
            problems[name] = str(problem)
    return files, problems, cost


def difference(path, reference):
    """The largest difference of outputs in two files, as a part of each output's scale; None if shapes differ."""
    a, b = np.load(path), np.load(reference)
    if len(a.files) != len(b.files):
        return None
    worst = 0.0
    for key in b.files:
        x, y = a[key].astype(np.float64), b[key].astype(np.float64)
        if x.size != y.size:
            return None
        scale = max(np.abs(y[np.isfinite(y)]).max(initial=0), LEAST_SCALE)
        worst = max(worst, float(np.nan_to_num(np.abs(x.reshape(y.shape) - y), nan=0).max(initial=0) / scale))
    return worst


def work(trace):
    """FLOPs and bytes of one run, and its steps by time."""
    events = json.loads(trace)["traceEvents"]
    total = lambda what: sum(e["args"].get(what, 0) for e in events)
    steps = [{"name": e["name"], "kernel": e["args"].get("kernel", ""), "us": e["dur"], "flops": e["args"].get("flops", 0),
              "bytes": e["args"].get("bytes", 0)} for e in sorted(events, key=lambda e: -e["dur"])]
    return {"flops": total("flops"), "bytes": total("bytes"), "steps": steps}


def measure(model, threads, files, inputs_file, arguments, folder):
    """One model with so many threads: what each runtime takes, and what stands in the way of those that cannot."""
    workers, problems = {}, {}
    for name, file in files.items():
        worker = Worker(name, file, model, inputs_file, threads)
        if "error" in worker.loaded:
            problems[name] = worker.loaded["error"]
            worker.close()
        else:
            workers[name] = worker
    rounds = {name: [] for name in workers}
    for _ in range(arguments.rounds):
        for name, worker in list(workers.items()):
            answer = worker.ask(block=arguments.block)
            if "error" in answer:
                problems[name] = answer["error"]
                worker.close()
                del workers[name]
            else:
                rounds[name].append(answer["ms"])
    results, trace = {}, None
    for name, worker in workers.items():
        times = [t for block in rounds[name] for t in block]
        quartiles = statistics.quantiles(times, n=4) if len(times) > 1 else times * 3
        results[name] = {"ms": statistics.median(times), "quartiles_ms": [quartiles[0], quartiles[2]], "runs": len(times),
                         "load_ms": worker.loaded["load_ms"], "peak_mib": worker.ask(memory=True).get("peak_mib")}
        worker.ask(save=str(folder / f"{name}.npz"))
        if name == "treadle":
            trace = worker.ask(trace=True).get("trace")
        worker.close()
    base = "onnxruntime" if "onnxruntime" in results else None
    for name, result in results.items():
        if base:
            ratios = [statistics.median(a) / statistics.median(b) for a, b in zip(rounds[name], rounds[base])]
            result["ratio"] = statistics.median(ratios)
            result["difference"] = difference(folder / f"{name}.npz", folder / f"{base}.npz")
            result["same"] = result["difference"] is not None and result["difference"] < DIFFERS
    return {"threads": threads, "results": results, "problems": problems, "work": work(trace) if trace else None}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", metavar="MODEL", help="ONNX files")
    parser.add_argument("--models", type=pathlib.Path, default=pathlib.Path("models"), metavar="DIR", help="where the sets' models are")
    parser.add_argument("--set", default="public", choices=[*models.TABLE["set"], "all"])
    parser.add_argument("--runtimes", default=",".join(runtimes.ALL), help="which, by comma (default: %(default)s)")
    parser.add_argument("--threads", default="1,2", help="numbers of threads, by comma (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--block", type=float, default=0.2, help="seconds of a turn (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=0, metavar="N", help="also list Treadle's N longest steps of each model")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR", help="also write peers.json and peers.svg there")
    arguments = parser.parse_args()
    threads = [int(t) for t in arguments.threads.split(",")]
    chosen = models.find(arguments.paths, arguments.models, arguments.set)
    if not chosen:
        parser.error(f"no models: {arguments.models} has none of the set {arguments.set}")

    names, absent = [], []
    for name in arguments.runtimes.split(","):
        if name not in runtimes.ALL:
            parser.error(f"there is no runtime {name}; known: {', '.join(runtimes.ALL)}")
        (names if runtimes.ALL[name].available() else absent).append(name)
    for name in absent:
        print(f"{name} is left out: it is not installed (bench/requirements.txt)", file=sys.stderr)

    peak, all_results = machine.Peak(threads).measure(), []
    with tempfile.TemporaryDirectory() as temporary:
        for number, model in enumerate(chosen):
            if sys.stderr.isatty():
                print(f"\r{number + 1}/{len(chosen)} {model.stem:40}", end="", file=sys.stderr, flush=True)
            folder = pathlib.Path(temporary) / str(number)
            folder.mkdir()
            arrays = models.inputs(model)
            np.savez(folder / "inputs.npz", **arrays)
            files, problems, cost = convert(model, arrays, names, folder)
            for count in threads:
                row = measure(model, count, files, folder / "inputs.npz", arguments, folder)
                row["problems"] = {**problems, **row["problems"]}
                row["model"] = model.stem
                row["compile_s"], row["compile_peak_mib"] = cost or (None, None)
                all_results.append(row)
            peak.measure()
    if sys.stderr.isatty():
        print("\r" + " " * 60 + "\r", end="", file=sys.stderr)

    record = {"machine": machine.describe(), "vector": peak.vector, "peak": {str(t): p for t, p in peak.seen.items()},
              "versions": {n: runtimes.ALL[n].version() for n in names},
              "command": "python bench/peers.py " + " ".join(sys.argv[1:]), "rows": all_results}
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "peers.json").write_text(json.dumps(record, indent=1))
        (arguments.out / "peers.svg").write_text(report.picture(record))
    print(report.text(record, arguments.steps))


if __name__ == "__main__":
    main()
