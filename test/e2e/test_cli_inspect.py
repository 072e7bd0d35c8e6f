# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""treadle inspect, bench, devices, --version and --help."""
import hashlib
import json
import re

import pytest


@pytest.fixture
def artifact(treadle, chain, tmp_path):
    assert treadle("compile", chain, "-o", tmp_path / "net.tdl").returncode == 0
    return tmp_path / "net.tdl"


def test_inspect_as_json(treadle, artifact, chain):
    description = json.loads(treadle("inspect", artifact, "--json").stdout)
    assert description["inputs"] == [{"name": "x", "dtype": "f32", "dims": ["batch", 3, "h", "w"]}]
    assert description["outputs"][0]["name"] == "y"
    assert [s["name"] for s in description["symbols"]] == ["batch", "h", "w"]
    sources = [source for step in description["steps"] for source in step.get("source", [])]
    assert sources == ["add_1 (Add)", "tanh_1 (Tanh)", "mul_1 (Mul)"]
    assert description["provenance"]["model"] == "chain.onnx"
    assert description["provenance"]["model_sha256"] == hashlib.sha256(chain.read_bytes()).hexdigest()
    assert description["metadata"] == {"labels": "cat\ndog"}
    assert {e["target"] for e in description["executables"]} == {"cpu"} and len(description["executables"]) > 1
    assert description["kernels"] and description["weight_bytes"] >= 0
    assert {b["space"] for b in description["buffers"]} >= {"input", "output"}


def test_inspect_as_text(treadle, artifact):
    shown = treadle("inspect", artifact).stdout
    for part in ("x  f32 [batch, 3, h, w]", "tanh_1 (Tanh)", "memory plan", "weights", "x86-64-v3", "chain.onnx", "labels: cat dog",
                 "batch: 0 to "):
        assert part in shown


def test_inspect_a_model(treadle, chain):
    assert "tanh_1 (Tanh)" in treadle("inspect", chain).stdout


def test_bench_as_json(treadle, dense):
    done = treadle("bench", dense, "--json", "--repeat", 7, "--threads", 1)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["runs"] == 7 and result["threads"] == 1
    assert 0 < result["min_ms"] <= result["median_ms"] <= result["p90_ms"]
    assert result["flops"] >= 2 * 4 * 8 * 5 and result["gflops_per_second"] > 0
    assert 0 < result["load_ms"] <= result["first_result_ms"]
    assert result["peak_memory_bytes"] >= 0 and result["weight_bytes"] >= 4 * 8 * 5


def test_bench_as_text(treadle, chain):
    shown = treadle("bench", chain, "--shape", "x=1x3x8x8", "--repeat", 3).stdout
    for part in ("median", "min", "p90", "3 runs", "FLOP/s", "first result", "peak memory"):
        assert part in shown


def test_devices(treadle):
    assert re.match(r"cpu +.*threads?, x86-64-v\d, .*GiB", treadle("devices").stdout)
    assert json.loads(treadle("devices", "--json").stdout)[0]["name"] == "cpu"


def test_version_and_help(treadle):
    assert re.fullmatch(r"treadle \d+\.\d+\.\d+\n", treadle("--version").stdout)
    shown = treadle("--help")
    assert shown.returncode == 0
    for command in ("compile", "run", "bench", "compare", "inspect", "devices"):
        assert command in shown.stdout
        assert treadle(command, "--help").returncode == 0
