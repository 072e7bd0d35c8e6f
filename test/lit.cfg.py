# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""lit.cfg.py - how lit runs the .mlir files of this folder.

One test by hand: build/venv/bin/lit -v test/passes/group/form-groups.mlir
A test says what to run in its first line: // RUN: treadle-opt %s --treadle-form-groups | FileCheck %s
Programs of the build and of LLVM (FileCheck, not, split-file) are found by name. Another build folder:
lit --param build=build-asan.
"""
import os
import pathlib

import lit.formats

root = pathlib.Path(__file__).resolve().parent.parent
build = root / lit_config.params.get("build", "build")


def cached(name):
    """A variable of the build's CMake cache; "" if it is not there."""
    for line in (build / "CMakeCache.txt").read_text().splitlines():
        if line.startswith(name + ":"):
            return line.split("=", 1)[1]
    return ""


config.name = "treadle"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir"]
config.excludes = ["inputs", "conformance"]  # of conformance/ test-conformance reads the files
config.test_source_root = str(root / "test")
config.test_exec_root = str(build / "test" / "lit")
llvm = pathlib.Path(cached("LLVM_DIR") or "/usr/lib/llvm-22/lib/cmake/llvm").parents[2]
config.environment["PATH"] = os.pathsep.join([str(build / "bin"), str(llvm / "bin"), "/usr/bin", "/bin"])
config.environment["FILECHECK_OPTS"] = "--dump-input-context=20"
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "HOME", "TREADLE_CACHE"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
config.substitutions.append(("%inputs", str(root / "test" / "inputs")))
config.substitutions.append(("%python", str(root / "build" / "venv" / "bin" / "python")))
