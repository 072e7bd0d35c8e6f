# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""replay.py - runs what `test-conformance --save=FOLDER` kept, where a device is but no compiler.

    python test/conformance/replay.py FOLDER DEVICE [--jobs N] [--limit SECONDS] [--out FILE]

Needs libtreadle.so (TREADLE_BUILD says in which build), bench/runtimes.py, NumPy and ml_dtypes. Results may be as far from
what is expected as the tolerances kept with them say. Each of N processes opens the device once. After a failure,
which may have brought it down, and after 60 s without a word another process takes over, so that only that case
fails. Cases come in no order, so that past the limit, when none is begun, some of each kind have been. The last line is
"N passed, N failed, N skipped, N not run in N s"; the exit status is 1 when one failed or none passed.
"""
import argparse
import concurrent.futures
import pathlib
import queue
import random
import select
import subprocess
import sys
import tempfile
import time

import ml_dtypes  # noqa: F401 (NumPy knows bfloat16 by it)
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import runtimes  # noqa: E402

PATIENCE = 60  # seconds for a case


def wrong(results, file):
    """What differs, in words."""
    for i, got in enumerate(results):
        want, tolerance = file[f"out{i}"], file[f"tolerance{i}"]
        if want.dtype.kind == "V":
            want = want.view(got.dtype)
        if got.shape != want.shape:
            return f"output {i} has the shape {got.shape}, not {want.shape}"
        if got.dtype.kind in "iub" and not tolerance.any():
            bad = (got != want).ravel()
        else:
            got, want = (x.astype(np.float64).ravel() for x in (got, want))
            with np.errstate(invalid="ignore"):
                bad = ~((got == want) | (np.isnan(got) & np.isnan(want)) | (np.abs(got - want) <= tolerance))
        if bad.any():
            first = int(bad.argmax())
            return (f"output {i}: {int(bad.sum())} of {bad.size} wrong, [{first}] is {got.ravel()[first]}, should be "
                    f"{want.ravel()[first]} +- {tolerance[first]:.2g}")
    return ""


def replay(artifact, program):
    """"passed", "skipped: .." or what is wrong, by a program that is open."""
    try:
        for run in sorted(artifact.parent.glob(f"{artifact.stem}.*.npz")):
            with np.load(run) as file:
                program.bind({name: file[name] for name in file.files if name.startswith("in")})
                program.run()
                if text := wrong(program.results(), file):
                    return f"{run.name}: {text}"
    except KeyError as unknown:
        return f"skipped: NumPy has no type {unknown}"
    return "passed"


def work(device):
    """Names come in by lines, results go out by lines; ends after a failure. A program is closed after the next is opened,
    so that the device stays open."""
    before = None
    for line in sys.stdin:
        artifact, program = pathlib.Path(line.strip()), runtimes.Treadle()
        try:
            program.open(artifact, 1, device)
            if before:
                before.close()
            before, result = program, replay(artifact, program)
        except runtimes.Failed as failed:
            result = str(failed)
        print(result.replace("\n", " "), flush=True)
        if not result.startswith(("passed", "skipped")):
            sys.exit()


class Worker:
    """A process that runs work()."""

    def __init__(self, device):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([sys.executable, __file__, "--worker", device], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.errors, text=True)

    def replay(self, artifact):
        print(artifact, file=self.process.stdin, flush=True)
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            return "hangs"
        if line := self.process.stdout.readline():
            return line.strip()
        self.errors.seek(0)
        return f"ended with {self.process.wait()}: {self.errors.read().strip()[-300:]}"

    def end(self):
        self.process.kill()
        self.process.communicate()
        self.errors.close()


def run_some(artifacts, device, end, results):
    """Takes cases until there are none or time is over."""
    worker = None
    while time.monotonic() < end:
        try:
            artifact = artifacts.get_nowait()
        except queue.Empty:
            break
        worker = worker or Worker(device)
        results[artifact] = worker.replay(artifact)
        if not results[artifact].startswith(("passed", "skipped")):
            worker.end()
            worker = None
    if worker:
        worker.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("device")
    parser.add_argument("--jobs", type=int, default=12)
    parser.add_argument("--limit", type=float, default=3600, metavar="SECONDS")
    parser.add_argument("--out", type=pathlib.Path)
    arguments = parser.parse_args()
    artifacts = sorted(arguments.folder.glob("*.tdl"))
    random.Random(1).shuffle(artifacts)
    left, begin, results = queue.SimpleQueue(), time.monotonic(), {}
    for artifact in artifacts:
        left.put(artifact)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        jobs = [pool.submit(run_some, left, arguments.device, begin + arguments.limit, results) for _ in range(arguments.jobs)]
    for job in jobs:
        job.result()
    kinds = [r.split(":")[0] if r.startswith("skipped") else r for r in results.values()]
    passed, skipped = kinds.count("passed"), kinds.count("skipped")
    lines = [f"{artifact.stem}: {result}" for artifact, result in sorted(results.items()) if result != "passed"]
    lines.append(f"{passed} passed, {len(results) - passed - skipped} failed, {skipped} skipped, "
                 f"{len(artifacts) - len(results)} not run in {time.monotonic() - begin:.0f} s")
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n")
    print("\n".join(lines[-40:]))
    sys.exit(0 if passed and passed + skipped == len(results) else 1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(sys.argv[2])
    else:
        main()
