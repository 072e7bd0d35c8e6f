# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is compiled for CUDA is assembled by NVIDIA's own assembler, no kernel runs out of registers, and products of narrow
types are made by matrix units."""
import importlib.util
import pathlib
import re
import subprocess

import pytest


@pytest.fixture(scope="module")
def ptxas():
    package = importlib.util.find_spec("nvidia.cuda_nvcc")
    assert package, "nvidia-cuda-nvcc-cu12 of requirements.txt is not installed"
    return pathlib.Path(package.submodule_search_locations[0]) / "bin" / "ptxas"


def inner_loops(text):
    """What stands between a label and a jump back to it, without another such pair."""
    labels, lines, last = {}, text.splitlines(), -1
    for number, line in enumerate(lines):
        if label := re.match(r"(\$\w+):", line):
            labels[label.group(1)] = number
        jump = re.search(r"\bbra(?:\.uni)?\s+(\$\w+);", line)
        if jump and labels.get(jump.group(1), -1) > last:
            last = number
            yield "\n".join(lines[labels[jump.group(1)]:number])


def registers(ptxas, kernel):
    """(chip, code, what the assembler has to say against it)."""
    text = kernel.read_bytes()
    assert text.endswith(b"\0")
    kernel.write_bytes(text[:-1])  # the driver wants the zero, the assembler does not
    chip = re.search(rb"\.target (\w+)", text).group(1).decode()
    made = subprocess.run([ptxas, "-v", f"-arch={chip}", kernel, "-o", "/dev/null"], capture_output=True, text=True)
    used = re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", made.stderr)
    bad = made.returncode or not used or used.groups() != ("0", "0", "0") or "serialized" in made.stderr
    return chip, text.decode(), f"{kernel.name}: {made.stderr}" if bad else None


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["", "-f16", "-bf16"])
@pytest.mark.parametrize("network", ["resnet50", "encoder", "unet", "attention", "causal"])
def test_assembles_without_spills(network, kind, networks, run, ptxas, tmp_path):
    done = run("treadle", "compile", networks[network + kind], "-o", tmp_path / "x.tdl", "--target", "cuda", "--ptxas", "none", "--dump-ir", tmp_path)
    assert done.returncode == 0, done.stderr
    kernels = sorted(tmp_path.glob("*.ptx"))
    chips = {re.search(r"\.target (\w+)", kernel.read_text()).group(1) for kernel in kernels}
    assert chips == {"sm_80", "sm_90a"}
    wrong = []
    for kernel in kernels:
        chip, text, bad = registers(ptxas, kernel)
        wrong += [bad] if bad else []
        if kind and "contraction" in kernel.name and not any(re.search("mma.sync|wgmma.mma_async", loop) for loop in inner_loops(text)):
            wrong.append(f"{kernel.name}: neither mma.sync nor wgmma in an inner loop")
        if kind and network in ("attention", "causal") and "attention" in kernel.name and chip == "sm_90a" and "wgmma" not in text:
            wrong.append(f"{kernel.name}: no wgmma")
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
def test_fields_multiply_on_matrix_units(scene, run, ptxas, tmp_path):
    done = run("treadle", "compile", "--render", scene, "-o", tmp_path / "x.tdl", "--target", "cuda", "--ptxas", "none", "--dump-ir", tmp_path)
    assert done.returncode == 0, done.stderr
    kernels = sorted(tmp_path.glob("*.ptx"))
    assert len(kernels) == 2
    for kernel in kernels:
        _, text, bad = registers(ptxas, kernel)
        assert not bad
        assert any("mma.sync" in loop for loop in inner_loops(text))
