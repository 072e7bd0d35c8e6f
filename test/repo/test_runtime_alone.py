# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The runtime builds without LLVM, protobuf and Python, and libtreadle.so stays small and needs little."""
import re
import subprocess

import pytest

KILOBYTES = 400
NEEDED = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libdl.so.2", "libpthread.so.0", "libgcc_s.so.1", "ld-linux-x86-64.so.2"}


@pytest.fixture(scope="module")
def folder(root, tmp_path_factory):
    """A build of the runtime alone, by the preset `runtime`, with everything else forbidden."""
    folder = tmp_path_factory.mktemp("runtime")
    forbidden = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("MLIR", "LLVM", "LLD", "Protobuf", "Python", "Python3", "nanobind")]
    for command in (["cmake", "--preset", "runtime", "-B", folder, *forbidden], ["ninja", "-C", folder]):
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return folder


@pytest.mark.slow
def test_reads_no_header_of_the_compiler(folder):
    read = subprocess.run(["ninja", "-C", folder, "-t", "deps"], capture_output=True, text=True, check=True).stdout
    assert "runtime/treadle.h" in read
    assert not re.findall(r"\S*(?:/mlir/|/llvm/|/lld/|google/protobuf|Python\.h)\S*", read)


@pytest.mark.slow
def test_library_is_small(folder, tmp_path):
    stripped = tmp_path / "libtreadle.so"
    subprocess.run(["strip", "-o", stripped, folder / "lib" / "libtreadle.so"], check=True)
    assert stripped.stat().st_size <= KILOBYTES * 1000, f"{stripped.stat().st_size} bytes"


@pytest.mark.slow
def test_library_needs_little(folder):
    dynamic = subprocess.run(["readelf", "-d", folder / "lib" / "libtreadle.so"], capture_output=True, text=True, check=True).stdout
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
    assert needed and needed <= NEEDED, needed - NEEDED


@pytest.mark.slow
def test_library_exports_only_its_api(folder, root):
    shown = subprocess.run(["nm", "-D", "--defined-only", folder / "lib" / "libtreadle.so"], capture_output=True, text=True, check=True)
    exported = {line.split()[-1].split("@")[0] for line in shown.stdout.splitlines()}
    headers = "".join((root / "runtime" / name).read_text() for name in ("treadle.h", "treadle_vulkan.h"))
    declared = set(re.findall(r"\b(treadle_\w+)\(", headers))
    assert {e for e in exported if e.startswith("treadle_")} == exported
    assert {d for d in declared if d in exported} == exported
