# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is compiled for HIP is a code object of the AMD GPU ABI, and no kernel needs scratch memory."""
import re
import subprocess

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("network", ["resnet50", "encoder", "unet", "attention"])
def test_no_scratch(network, networks, run, tmp_path):
    done = run("treadle", "compile", networks[network], "-o", tmp_path / "x.tdl", "--target", "hip", "--dump-ir", tmp_path)
    assert done.returncode == 0, done.stderr
    notes = subprocess.run(["llvm-readelf-22", "--notes", tmp_path / "hip_gfx90a.hsaco"], capture_output=True, text=True).stdout
    assert "amdgcn-amd-amdhsa--gfx90a" in notes
    numbers = {name: [int(n) for n in re.findall(rf"\.{name}:\s+(\d+)", notes)]
               for name in ("private_segment_fixed_size", "vgpr_spill_count", "sgpr_spill_count")}
    kernels = len(re.findall(r"\.kernarg_segment_size:", notes))
    assert kernels and all(len(n) == kernels and not any(n) for n in numbers.values()), numbers
