# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""run.py - runs lit's, GoogleTest's and pytest's tests and adds them up.

    build/venv/bin/python test/run.py [full | quick | FILE or FOLDER ..] [--build FOLDER]

The last line is "N passed, N failed" (", N skipped" where some were); the exit status is 1 when one failed or
none ran. `quick` leaves out pytest's tests marked slow. A file or folder of test/ runs what is in it.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

TEST = pathlib.Path(__file__).resolve().parent
ROOT = TEST.parent


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped, self.failures = 0, 0, 0, []

    def add(self, kind, passed, failures, skipped, seconds):
        self.passed += passed
        self.failed += len(failures)
        self.skipped += skipped
        self.failures += failures
        print(f"{kind}: {passed} passed, {len(failures)} failed, {skipped} skipped in {seconds:.1f} s", flush=True)


def has(places, pattern):
    return any(p.match(pattern) if p.is_file() else any(p.rglob(pattern)) for p in places)


def run_lit(places, build, results, tally):
    """The .mlir files. `places` are files and folders."""
    start, report = time.time(), results / "lit.json"
    report.unlink(missing_ok=True)
    command = [pathlib.Path(sys.executable).with_name("lit"), "-sv", "--param", f"build={build}", "-o", report, *places]
    status = subprocess.run(command).returncode
    if not report.exists():
        tally.add("lit", 0, [f"lit itself ended with {status}: {' '.join(map(str, command))}"], 0, time.time() - start)
        return
    passed, failures, skipped = 0, [], 0
    for test in json.loads(report.read_text())["tests"]:
        name = "test/" + test["name"].split(" :: ", 1)[1]
        if test["code"] in ("PASS", "FLAKYPASS", "XFAIL"):
            passed += 1
        elif test["code"] in ("UNSUPPORTED", "SKIPPED", "EXCLUDED"):
            skipped += 1
        else:
            failures.append(f"build/venv/bin/lit -v {name}")
    tally.add("lit", passed, failures, skipped, time.time() - start)


def run_googletest(places, build, results, tally):
    """Every executable that the folders with .cpp files were built to, in as many parts as there are cores."""
    start, passed, failures, skipped = time.time(), 0, [], 0
    files = {f for p in places for f in ([p] if p.is_file() else p.rglob("*.cpp")) if f.suffix == ".cpp"}
    names = sorted({"test-" + "-".join(f.parent.relative_to(TEST).parts) for f in files})
    without_compiler = "TREADLE_BUILD_COMPILER:BOOL=OFF" in (build / "CMakeCache.txt").read_text()
    parts = len(os.sched_getaffinity(0))

    def run(name, part):
        executable, report = build / "test" / "bin" / name, results / f"{name}.{part}.json"
        report.unlink(missing_ok=True)
        command = [executable, f"--gtest_output=json:{report}", "--gtest_brief=1"]
        environment = {**os.environ, "GTEST_TOTAL_SHARDS": str(parts), "GTEST_SHARD_INDEX": str(part)}
        return executable, report, subprocess.run(command, cwd=results, env=environment).returncode

    with concurrent.futures.ThreadPoolExecutor(parts) as pool:
        running = []
        for name in names:
            if not (build / "test" / "bin" / name).exists() and without_compiler:
                skipped += 1
            else:
                running += [pool.submit(run, name, part) for part in range(parts)]
        for executable, report, status in (future.result() for future in running):
            if not report.exists():
                failures.append(f"{executable} (ended with {status}, before its last test)")
                continue
            for suite in json.loads(report.read_text())["testsuites"]:
                for test in suite["testsuite"]:
                    if test.get("failures"):
                        failures.append(f"{executable} --gtest_filter={suite['name']}.{test['name']}")
                    elif test["result"] == "SKIPPED":
                        skipped += 1
                    elif test["status"] != "NOTRUN":  # else it is another part's
                        passed += 1
    tally.add("GoogleTest", passed, failures, skipped, time.time() - start)


def run_pytest(places, build, results, tally, quick):
    start, report = time.time(), results / "pytest.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-c", TEST / "pytest.ini", "--rootdir", TEST,
               f"--junitxml={report}", "-o", "junit_family=xunit1", *(["-m", "not slow"] if quick else []), *places]
    status = subprocess.run(command, env={**os.environ, "TREADLE_BUILD": str(build)}).returncode
    if not report.exists():
        tally.add("pytest", 0, [f"pytest itself ended with {status}"], 0, time.time() - start)
        return
    passed, failures, skipped = 0, [], 0
    for case in ET.parse(report).getroot().iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            where = "/".join(filter(None, ["test", case.get("file")])) + "::" + case.get("name")
            failures.append(f"build/venv/bin/python -m pytest -c test/pytest.ini '{where}'")
        elif "skipped" in kinds:
            skipped += 1
        else:
            passed += 1
    tally.add("pytest", passed, failures, skipped, time.time() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["full"])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    arguments = parser.parse_args()
    quick = arguments.what == ["quick"]
    if arguments.what in (["quick"], ["full"]):
        places = [TEST]
    else:
        places = [pathlib.Path(p).resolve() for p in arguments.what]
        for place in places:
            if not place.exists() or TEST not in [place, *place.parents]:
                parser.error(f"{place} is not in {TEST}")
    build = arguments.build.resolve()
    if subprocess.run(["ninja", "-C", build, "--quiet", "all", "check-build"]).returncode:
        print("0 passed, 1 failed")
        return 1

    results, tally = build / "test" / "results", Tally()
    results.mkdir(parents=True, exist_ok=True)
    if has(places, "*.mlir") and (build / "bin" / "treadle-opt").exists():
        run_lit(places, build, results, tally)
    if has(places, "*.cpp"):
        run_googletest(places, build, results, tally)
    if has(places, "test_*.py"):
        run_pytest(places, build, results, tally, quick)
    for failure in tally.failures:
        print(f"failed: {failure}")
    print(f"{tally.passed} passed, {tally.failed} failed" + (f", {tally.skipped} skipped" if tally.skipped else ""))
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
