# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""replay.py - runs what `test-conformance --save=FOLDER` kept, where a device is but no compiler.

    python test/conformance/replay.py FOLDER DEVICE [--jobs N] [--limit SECONDS] [--out FILE]

Needs libtreadle.so (TREADLE_BUILD says in which build), bench/runtimes.py, NumPy and ml_dtypes. Results may be as far from
what is expected as the tolerances kept with them say. A device that a kernel has brought down is opened again by a
new process, so that only that case fails. Past the limit no case is begun. The last line is "N passed, N failed, N
skipped, N not run"; the exit status is 1 when one failed or none passed.
"""
import argparse
import concurrent.futures
import pathlib
import subprocess
import sys
import time

import ml_dtypes  # noqa: F401 (NumPy knows bfloat16 by it)
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import runtimes  # noqa: E402

BATCH = 100  # cases that one process runs


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


def replay(artifact, device):
    """"passed", "skipped: .." or what is wrong."""
    program = runtimes.Treadle()
    try:
        program.open(artifact, 1, device)
        for run in sorted(artifact.parent.glob(f"{artifact.stem}.*.npz")):
            with np.load(run) as file:
                program.bind({name: file[name] for name in file.files if name.startswith("in")})
                program.run()
                if text := wrong(program.results(), file):
                    return f"{run.name}: {text}"
    except KeyError as unknown:
        return f"skipped: NumPy has no type {unknown}"
    except runtimes.Failed as failed:
        return str(failed)
    program.close()
    return "passed"


def worker(device):
    """Names come in by lines, results go out by lines; ends after a failure, which may have taken the device with it."""
    for line in sys.stdin:
        result = replay(pathlib.Path(line.strip()), device)
        print(result.replace("\n", " "), flush=True)
        if result != "passed" and not result.startswith("skipped"):
            sys.exit()


def run_batch(artifacts, device, end):
    results = {}
    while len(results) < len(artifacts) and time.monotonic() < end:
        left = [a for a in artifacts if a not in results]
        try:
            limit = max(end - time.monotonic(), 1)
            done = subprocess.run([sys.executable, __file__, "--worker", device], input="\n".join(map(str, left)), text=True,
                                  capture_output=True, timeout=min(limit, 60 + 2 * len(left)))
            lines, words = done.stdout.splitlines(), f"ended with {done.returncode}: {done.stderr.strip()[-300:]}"
        except subprocess.TimeoutExpired as expired:
            lines, words = (expired.stdout or b"").decode().splitlines(), "hangs"
        results.update(zip(left, lines))
        if len(lines) < len(left) and (not lines or lines[-1] == "passed") and time.monotonic() < end:
            results[left[len(lines)]] = words
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("device")
    parser.add_argument("--jobs", type=int, default=12)
    parser.add_argument("--limit", type=float, default=3600, metavar="SECONDS")
    parser.add_argument("--out", type=pathlib.Path)
    arguments = parser.parse_args()
    artifacts = sorted(arguments.folder.glob("*.tdl"))
    # Neighbours, which take about as long, to different processes.
    count = max(arguments.jobs, len(artifacts) // BATCH)
    end, results = time.monotonic() + arguments.limit, {}
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for batch in pool.map(lambda i: run_batch(artifacts[i::count], arguments.device, end), range(count)):
            results.update(batch)
    kinds = [r.split(":")[0] if r.startswith("skipped") else r for r in results.values()]
    passed, skipped = kinds.count("passed"), kinds.count("skipped")
    lines = [f"{artifact.stem}: {result}" for artifact, result in sorted(results.items()) if result != "passed"]
    lines.append(f"{passed} passed, {len(results) - passed - skipped} failed, {skipped} skipped, {len(artifacts) - len(results)} not run")
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n")
    print("\n".join(lines[-40:]))
    sys.exit(0 if passed and passed + skipped == len(results) else 1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(sys.argv[2])
    else:
        main()
