# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is compiled for HIP is a code object of the AMD GPU ABI, no kernel needs scratch memory, and products are made by
matrix units."""
import re
import subprocess

import pytest


def inner_loops(code):
    """What stands between an instruction and a jump back to it, without another such pair."""
    lines, last = code.splitlines(), -1
    places = [int(at.group(1), 16) if (at := re.search(r"// ([0-9A-F]+):", line)) else -1 for line in lines]
    for number, line in enumerate(lines):
        jump = re.search(r"s_c?branch\w* (\d+)", line)
        if jump and int(jump.group(1)) >= 1 << 15:  # words, in 16 bits
            target = places[number] + 4 + 4 * (int(jump.group(1)) - (1 << 16))
            if target > last:
                last = places[number]
                yield "\n".join(l for l, place in zip(lines[:number], places) if place >= target)


def code_of(folder, family, spills=("vgpr_spill_count", "sgpr_spill_count")):
    """What the code object's kernels of the family are, name and instructions; none of all may need scratch memory, or spill."""
    notes = subprocess.run(["llvm-readelf-22", "--notes", folder / "hip_gfx90a.hsaco"], capture_output=True, text=True).stdout
    assert "amdgcn-amd-amdhsa--gfx90a" in notes
    numbers = {name: [int(n) for n in re.findall(rf"\.{name}:\s+(\d+)", notes)]
               for name in ("private_segment_fixed_size", *spills)}
    kernels = len(re.findall(r"\.kernarg_segment_size:", notes))
    assert kernels and all(len(n) == kernels and not any(n) for n in numbers.values()), numbers
    code = subprocess.run(["llvm-objdump-22", "-d", folder / "hip_gfx90a.hsaco"], capture_output=True, text=True).stdout
    return re.findall(rf"^[0-9a-f]+ <({family}\w*)>:\n(.*?)(?=^[0-9a-f]+ <|\Z)", code, re.M | re.S)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["", "-f16", "-bf16"])
@pytest.mark.parametrize("network", ["resnet50", "encoder", "unet", "attention"])
def test_no_scratch(network, kind, networks, run, tmp_path):
    done = run("treadle", "compile", networks[network + kind], "-o", tmp_path / "x.tdl", "--target", "hip", "--dump-ir", tmp_path)
    assert done.returncode == 0, done.stderr
    functions = code_of(tmp_path, "contraction")
    without = [name for name, body in functions if not any("v_mfma" in loop for loop in inner_loops(body))]
    assert not without, f"no v_mfma in an inner loop of {', '.join(without)}"


@pytest.mark.slow
def test_fields_multiply_on_matrix_units(scene, run, tmp_path):
    done = run("treadle", "compile", "--render", scene, "-o", tmp_path / "x.tdl", "--target", "hip", "--dump-ir", tmp_path)
    assert done.returncode == 0, done.stderr
    # Scalars, of which rays have many, may go to lanes of vector registers: that is no memory.
    functions = code_of(tmp_path, "field", spills=("vgpr_spill_count",))
    assert functions and all(any("v_mfma" in loop for loop in inner_loops(body)) for _, body in functions)
