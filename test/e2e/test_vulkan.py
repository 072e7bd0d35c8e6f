# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models on a Vulkan device by the command line, under the Khronos validation layer where it is installed."""
import json
import os

import numpy as np
import pytest

LAYERS = {"VK_INSTANCE_LAYERS": "VK_LAYER_KHRONOS_validation",
          "VK_LAYER_ENABLES": "VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT"}


@pytest.fixture
def vulkan(treadle):
    """vulkan(*arguments): runs the command line, and fails on any word of the validation layer."""
    if not any(device["name"] == "vulkan:0" for device in json.loads(treadle("devices", "--json").stdout)):
        pytest.skip("there is no Vulkan device")

    def call(*arguments):
        done = treadle(*arguments, env={**os.environ, **LAYERS})
        assert "VUID" not in done.stdout + done.stderr and "SYNC-HAZARD" not in done.stdout + done.stderr, done.stdout + done.stderr
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    return call


@pytest.mark.parametrize("model, shapes", [("chain", ["--dim", "batch=2", "--dim", "h=5", "--dim", "w=7"]), ("dense", [])])
def test_runs_as_on_the_cpu(vulkan, request, tmp_path, model, shapes):
    path = request.getfixturevalue(model)
    for device in ("cpu", "vulkan:0"):
        vulkan("run", path, "--device", device, *shapes, "--output", f"y={tmp_path / device}.npy")
    on_cpu, on_vulkan = np.load(tmp_path / "cpu.npy"), np.load(tmp_path / "vulkan:0.npy")
    # Sums of up to 8 products of numbers around 1; a software device's fma may round twice.
    np.testing.assert_allclose(on_vulkan, on_cpu, rtol=0, atol=8 * 2 * 2.0**-24 * 4)


def test_one_artifact_for_several_devices(vulkan, fails, dense, tmp_path):
    both, vulkan_only = tmp_path / "both.tdl", tmp_path / "vulkan.tdl"
    vulkan("compile", dense, "-o", both, "--target", "cpu,vulkan")
    vulkan("compile", dense, "-o", vulkan_only, "--target", "vulkan")
    for device in ("cpu", "vulkan", "vulkan:0"):
        vulkan("run", both, "--device", device)
    assert {e["target"] for e in json.loads(vulkan("inspect", both, "--json").stdout)["executables"]} == {"cpu", "vulkan"}
    vulkan("run", vulkan_only, "--device", "vulkan:0")
    assert "not for cpu; compile the model with --target cpu" in fails("run", vulkan_only)


def test_times_and_values(vulkan, chain, tmp_path):
    dims = ["--dim", "batch=2", "--dim", "h=5", "--dim", "w=7"]
    trace = tmp_path / "trace.json"
    vulkan("run", chain, "--device", "vulkan:0", "--no-fusion", *dims, "--profile", trace)
    events = json.loads(trace.read_text())["traceEvents"]
    assert len(events) == 3 and all(event["dur"] >= 0 for event in events)
    assert json.loads(vulkan("bench", chain, "--device", "vulkan:0", *dims, "--repeat", "3", "--json").stdout)["runs"] == 3
    vulkan("compare", chain, "--device", "vulkan:0", *dims)


def test_a_device_that_is_not_there(vulkan, fails, dense):
    assert 'there is no device "vulkan:99", the last is "vulkan:' in fails("run", dense, "--device", "vulkan:99")
