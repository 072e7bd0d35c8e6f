# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_replay.py - what test-conformance saves is run by replay.py alike, and what goes wrong there is said."""
import os
import subprocess
import sys

import numpy as np
import pytest

CASES = """
// -----
// name doubled
// for N in 1, 2, 3, 4, 5
func.func @main(%a: tensor<$Nxf32>) -> tensor<$Nxf32> {
  %0 = graph.add %a, %a : (tensor<$Nxf32>, tensor<$Nxf32>) -> tensor<$Nxf32>
  return %0 : tensor<$Nxf32>
}
"""


@pytest.fixture
def saved(build, tmp_path):
    """A folder with five programs for the simulated device, and cubins that a stand-in for ptxas makes."""
    (tmp_path / "cases.mlir").write_text(CASES)
    ptxas = tmp_path / "ptxas"
    ptxas.write_text('#!/bin/bash\nwhile [[ $1 != -o ]]; do shift; done; echo a cubin >"$2"\n')
    ptxas.chmod(0o755)
    (tmp_path / "saved").mkdir()
    subprocess.run([build / "test/bin/test-conformance", "--target=cuda:sm_90", "--no-layers", f"--save={tmp_path / 'saved'}",
                    f"--ptxas={ptxas}", tmp_path / "cases.mlir"], check=True, capture_output=True, timeout=300)
    return tmp_path / "saved"


@pytest.fixture
def replay(root, build, saved):
    """Runs replay.py; its exit status and lines without the time."""
    def run():
        environment = {**os.environ, "LD_LIBRARY_PATH": str(build / "simulator"), "TREADLE_BUILD": str(build)}
        done = subprocess.run([sys.executable, root / "test/conformance/replay.py", saved, "cuda:0", "--jobs", "2"],
                              env=environment, capture_output=True, text=True, timeout=300)
        return done.returncode, done.stdout.rpartition(" in ")[0].splitlines()

    return run


def test_passes(saved, replay):
    assert replay() == (0, ["5 passed, 0 failed, 0 skipped, 0 not run"])
    assert all(b"a cubin" in path.read_bytes() for path in saved.glob("*.tdl"))


def test_failures_are_named_and_no_others_fail(saved, replay):
    wrong, damaged = saved / "sm_90-cuda-cases-doubled_2.0.npz", saved / "sm_90-cuda-cases-doubled_4.tdl"
    with np.load(wrong) as file:
        np.savez(wrong, **{**file, "out0": file["out0"] + 1})
    damaged.write_bytes(damaged.read_bytes()[:100])
    status, lines = replay()
    assert status == 1 and lines[-1] == "3 passed, 2 failed, 0 skipped, 0 not run"
    assert lines[0].startswith(f"{wrong.name[:-6]}: {wrong.name}: output 0: 2 of 2 wrong")
    assert lines[1].startswith(f"{damaged.stem}: ") and len(lines) == 3
