# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""treadle compile, the cache, and what is said on a terminal."""
import json
import os
import pty
import shutil
import subprocess

import pytest


def test_writes_an_artifact(treadle, dense, tmp_path):
    done = treadle("compile", dense, "-o", tmp_path / "net.tdl")
    assert done.returncode == 0, done.stderr
    assert [f.name for f in tmp_path.iterdir()] == ["net.tdl"]
    assert done.stdout == ""
    assert "net.tdl: " in done.stderr and done.stderr.count("\n") == 1


def test_output_is_named_after_the_model(treadle, dense, tmp_path):
    assert treadle("compile", dense, cwd=tmp_path).returncode == 0
    assert (tmp_path / "dense.tdl").exists()


def test_the_same_model_makes_the_same_artifact(treadle, dense, tmp_path):
    for name in ("a.tdl", "b.tdl"):
        assert treadle("compile", dense, "-o", tmp_path / name, "--cpu", "x86-64-v2").returncode == 0
    assert (tmp_path / "a.tdl").read_bytes() == (tmp_path / "b.tdl").read_bytes()


def test_replaces_what_was_there(treadle, dense, tmp_path):
    (tmp_path / "net.tdl").write_text("old")
    assert treadle("compile", dense, "-o", tmp_path / "net.tdl").returncode == 0
    assert treadle("inspect", tmp_path / "net.tdl").returncode == 0


def test_dimensions_can_be_fixed(treadle, chain, tmp_path):
    artifact = tmp_path / "net.tdl"
    assert treadle("compile", chain, "-o", artifact, "--dim", "batch=2", "--dim", "h=8").returncode == 0
    description = json.loads(treadle("inspect", artifact, "--json").stdout)
    assert description["inputs"][0]["dims"] == [2, 3, 8, "w"]
    assert description["provenance"]["options"] == "--dim=batch=2 --dim=h=8"


def test_stops_after_a_stage(treadle, dense, tmp_path):
    assert treadle("compile", dense, "-o", tmp_path / "g.mlir", "--stop-after", "import").returncode == 0
    assert "graph.matmul" in (tmp_path / "g.mlir").read_text()


def test_dumps_every_stage(treadle, dense, tmp_path):
    assert treadle("compile", dense, "-o", tmp_path / "net.tdl", "--dump-ir", tmp_path / "ir").returncode == 0
    names = sorted(f.name for f in (tmp_path / "ir").iterdir())
    assert names[0] == "0-import.mlir" and len(names) >= 5


def test_explains(treadle, dense, tmp_path):
    shown = treadle("compile", dense, "-o", tmp_path / "net.tdl", "--explain").stdout
    assert "matmul_1 (MatMul)" in shown
    # What each pass did stands below its stage.
    lines = shown.splitlines()
    plan = next(i for i, line in enumerate(lines) if line.startswith("plan: "))
    assert "  treadle-lower-to-program: removed " in lines[plan + 1] and " dispatch" in lines[plan + 1]


def test_help_names_options_and_stages(treadle):
    shown = treadle("compile", "--help").stdout
    for word in ("--cpu", "--dim", "--no-fusion", "--dump-ir", "simplify", "codegen"):
        assert word in shown


# ---- the cache ---------------------------------------------------------------------------------

@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TREADLE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_model_is_compiled_once(treadle, dense, cache):
    assert "compiled in" in treadle("run", dense).stderr
    assert len(list(cache.iterdir())) == 1
    assert "compiled before" in treadle("run", dense).stderr
    assert "compiled in" in treadle("run", dense, "--no-fusion").stderr
    assert len(list(cache.iterdir())) == 2


def test_the_cache_goes_by_contents(treadle, dense, cache, tmp_path):
    shutil.copy(dense, tmp_path / "other.onnx")
    treadle("run", dense)
    assert "compiled before" in treadle("run", tmp_path / "other.onnx").stderr


def test_a_damaged_cache_is_made_anew(treadle, dense, cache):
    treadle("run", dense)
    artifact, = cache.iterdir()
    artifact.write_bytes(artifact.read_bytes()[:1000])
    done = treadle("run", dense)
    assert done.returncode == 0 and "compiled in" in done.stderr
    assert "compiled before" in treadle("run", dense).stderr


@pytest.mark.parametrize("folder", ["/dev/null/cache", "/proc/self"])
def test_a_cache_that_cannot_be_written(folder, treadle, dense, tmp_path, monkeypatch):
    monkeypatch.setenv("TREADLE_CACHE", folder)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    done = treadle("run", dense)
    assert done.returncode == 0 and "compiled in" in done.stderr
    warning, = (line for line in done.stderr.splitlines() if "TREADLE_CACHE" in line)
    assert warning.startswith(f"treadle: {folder}")
    assert not list(tmp_path.glob("treadle-*"))


# ---- terminals ---------------------------------------------------------------------------------

def on_terminal(command):
    """What a command shows on a terminal as its standard error."""
    master, slave = pty.openpty()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=slave)
    os.close(slave)
    shown = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(master)
    assert process.wait() == 0
    return shown.decode()


def test_progress_on_a_terminal_only(treadle, build, dense, tmp_path):
    shown = on_terminal([build / "bin" / "treadle", "compile", dense, "-o", tmp_path / "net.tdl"])
    assert "%] " in shown and "import" in shown
    assert "\r\x1b[K" in shown
    assert shown.rstrip().splitlines()[-1].split("\x1b[K")[-1].startswith(str(tmp_path / "net.tdl"))
    assert "%]" not in treadle("compile", dense, "-o", tmp_path / "net.tdl").stderr
