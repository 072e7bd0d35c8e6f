# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models on GPUs by the command line."""
import json

import numpy as np
import pytest

@pytest.mark.parametrize("model, shapes", [("chain", ["--dim", "batch=2", "--dim", "h=5", "--dim", "w=7"]), ("dense", [])])
def test_runs_as_on_the_cpu(gpu, target, request, tmp_path, model, shapes):
    path = request.getfixturevalue(model)
    for name, device in (("cpu", "cpu"), ("gpu", f"{target}:0")):
        gpu("run", path, "--device", device, *shapes, "--output", f"y={tmp_path / name}.npy")
    on_cpu, on_gpu = np.load(tmp_path / "cpu.npy"), np.load(tmp_path / "gpu.npy")
    # Sums of up to 8 products of numbers around 1; a software device's fma may round twice.
    np.testing.assert_allclose(on_gpu, on_cpu, rtol=0, atol=8 * 2 * 2.0**-24 * 4)


def test_one_artifact_for_several_devices(gpu, target, fails, dense, tmp_path):
    both, gpu_only = tmp_path / "both.tdl", tmp_path / "gpu.tdl"
    gpu("compile", dense, "-o", both, "--target", f"cpu,{target}")
    gpu("compile", dense, "-o", gpu_only, "--target", target)
    for device in ("cpu", target, f"{target}:0"):
        gpu("run", both, "--device", device)
    assert {e["target"] for e in json.loads(gpu("inspect", both, "--json").stdout)["executables"]} == {"cpu", target}
    gpu("run", gpu_only, "--device", f"{target}:0")
    assert "not for cpu; compile the model with --target cpu" in fails("run", gpu_only)


def test_times_and_values(gpu, target, chain, tmp_path):
    dims = ["--dim", "batch=2", "--dim", "h=5", "--dim", "w=7"]
    trace = tmp_path / "trace.json"
    gpu("run", chain, "--device", f"{target}:0", "--no-fusion", *dims, "--profile", trace)
    events = json.loads(trace.read_text())["traceEvents"]
    assert len(events) == 3 and all(event["dur"] >= 0 for event in events)
    assert json.loads(gpu("bench", chain, "--device", f"{target}:0", *dims, "--repeat", "3", "--json").stdout)["runs"] == 3
    gpu("compare", chain, "--device", f"{target}:0", *dims)


def test_a_device_that_is_not_there(gpu, target, fails, dense):
    assert f'there is no device "{target}:99", the last is "{target}:' in fails("run", dense, "--device", f"{target}:99")
