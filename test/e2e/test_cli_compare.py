# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""treadle compare: verdicts, and the first op where the numbers part."""
import json
import sys

import numpy as np
import pytest


@pytest.fixture
def right():
    """Inputs and all values of the chain, as ONNX defines them."""
    x = np.random.default_rng(0).standard_normal((1, 3, 4, 5), np.float32)
    t = np.tanh(x + 1)
    return {"in:x": x, "out:s": x + 1, "out:t": t, "out:y": t * x}


@pytest.fixture
def python(monkeypatch):
    """A Python that has ONNX Runtime."""
    pytest.importorskip("onnxruntime")
    monkeypatch.setenv("TREADLE_PYTHON", sys.executable)


def test_with_an_archive(treadle, chain, right, tmp_path):
    np.savez(tmp_path / "right.npz", **right)
    done = treadle("compare", chain, "--against", tmp_path / "right.npz")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("y  f32 [1, 3, 4, 5]: the same: differs by at most ")


def test_an_artifact_with_an_archive(treadle, chain, right, tmp_path):
    np.savez(tmp_path / "right.npz", **right)
    treadle("compile", chain, "-o", tmp_path / "net.tdl")
    assert treadle("compare", tmp_path / "net.tdl", "--against", tmp_path / "right.npz").returncode == 0


def test_a_difference_is_exit_status_1(treadle, chain, right, tmp_path):
    right["out:y"][0, 2, 3, 1] += 0.5
    np.savez(tmp_path / "wrong.npz", **right)
    done = treadle("compare", chain, "--against", tmp_path / "wrong.npz")
    assert done.returncode == 1
    assert "DIFFERENT" in done.stdout and "at [0, 2, 3, 1]" in done.stdout


def test_a_wider_tolerance(treadle, chain, right, tmp_path):
    right["out:y"][0, 2, 3, 1] += 0.5
    np.savez(tmp_path / "wrong.npz", **right)
    assert treadle("compare", chain, "--against", tmp_path / "wrong.npz", "--tolerance", "1").returncode == 0


def test_noise_widens_what_is_allowed(treadle, chain, right, tmp_path):
    right["out:y"][0, 2, 3, 1] += 0.5
    np.savez(tmp_path / "noisy.npz", **right, **{"noise:y": np.float64(0.06)})
    assert treadle("compare", chain, "--against", tmp_path / "noisy.npz").returncode == 0


def test_some_elements_of_an_output(treadle, chain, right, tmp_path):
    y = right.pop("out:y")
    at = np.array([0, 7, 59])
    for change, status in ((0, 0), (1, 1)):
        np.savez(tmp_path / "some.npz", **right, **{"out:y": y.ravel()[at] + np.float32(change), "idx:y": at, "shape:y": np.array(y.shape)})
        assert treadle("compare", chain, "--against", tmp_path / "some.npz").returncode == status


def test_another_shape_is_a_difference(treadle, chain, right, tmp_path):
    right["out:y"] = right["out:y"][..., :4]
    np.savez(tmp_path / "wrong.npz", **right)
    done = treadle("compare", chain, "--against", tmp_path / "wrong.npz")
    assert done.returncode == 1 and "has the shape [1, 3, 4, 5], not [1, 3, 4, 4]" in done.stdout


def test_nan_is_like_nan_only(treadle, chain, right, tmp_path):
    right["in:x"][0, 0, 0, 0] = right["out:y"][0, 0, 0, 0] = np.nan
    np.savez(tmp_path / "nan.npz", **right)
    assert treadle("compare", chain, "--against", tmp_path / "nan.npz").returncode == 0
    right["out:y"][0, 0, 0, 0] = 1
    np.savez(tmp_path / "nan.npz", **right)
    assert treadle("compare", chain, "--against", tmp_path / "nan.npz").returncode == 1


def test_bisect_names_the_first_op(treadle, chain, right, tmp_path):
    right["out:t"] = right["out:t"] + np.float32(0.25)
    right["out:y"] = right["out:y"] + np.float32(0.25)
    np.savez(tmp_path / "wrong.npz", **right)
    done = treadle("compare", chain, "--against", tmp_path / "wrong.npz", "--bisect")
    assert done.returncode == 1
    assert "1 values agree, then these part: tanh_1 (Tanh)" in done.stdout
    assert 'value "t" [1, 3, 4, 5]: differs by at most 0.25' in done.stdout


def test_bisect_as_json(treadle, chain, right, tmp_path):
    right["out:t"] = right["out:t"] + np.float32(0.25)
    right["out:y"] = right["out:y"] + np.float32(0.25)
    np.savez(tmp_path / "wrong.npz", **right)
    done = treadle("compare", chain, "--against", tmp_path / "wrong.npz", "--bisect", "--json")
    result = json.loads(done.stdout)
    assert done.returncode == 1 and result["same"] is False
    assert result["outputs"][0]["name"] == "y" and result["outputs"][0]["max_difference"] == pytest.approx(0.25, rel=1e-3)
    assert result["parting"]["op"] == "tanh_1 (Tanh)" and result["parting"]["value"] == "t"


def test_with_onnxruntime(treadle, dense, chain, python):
    for model, more in ((dense, []), (chain, ["--shape", "x=2x3x5x6"])):
        done = treadle("compare", model, *more)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "the same" in done.stdout


def test_onnxruntime_is_the_default_and_bisects(treadle, dense, python, tmp_path, monkeypatch):
    """A Python whose ONNX Runtime gets one value wrong."""
    fake = tmp_path / "python"
    fake.write_text(f"""#!{sys.executable}
import subprocess, sys, numpy as np
status = subprocess.run([sys.executable, *sys.argv[1:]]).returncode
path = sys.argv[5]
if status == 0:
    values = dict(np.load(path))
    for name in ("out:a", "out:y"):
        if name in values:
            values[name] = values[name] + 1
    np.savez(path, **values)
sys.exit(status)
""")
    fake.chmod(0o755)
    monkeypatch.setenv("TREADLE_PYTHON", str(fake))
    done = treadle("compare", dense, "--bisect")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "add_1 (Add)" in done.stdout and 'value "a"' in done.stdout


def test_without_onnxruntime(fails, dense, monkeypatch, tmp_path):
    monkeypatch.setenv("TREADLE_PYTHON", str(tmp_path / "no-python"))
    message = fails("compare", dense)
    assert "no-python" in message and "TREADLE_PYTHON" in message


def test_with_the_reference(treadle, dense, chain):
    for model, more in ((dense, []), (chain, ["--shape", "x=2x3x5x6"])):
        done = treadle("compare", model, "--against", "reference", *more)
        assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_to_bisect(treadle, dense):
    done = treadle("compare", dense, "--against", "reference", "--bisect")
    assert done.returncode == 0 and "nothing to bisect" in done.stdout


def test_an_artifact_has_no_reference(fails, treadle, dense, tmp_path):
    treadle("compile", dense, "-o", tmp_path / "net.tdl")
    assert "give the model" in fails("compare", tmp_path / "net.tdl")


def test_an_archive_without_the_outputs(fails, dense, tmp_path):
    np.savez(tmp_path / "other.npz", z=np.zeros(3, np.float32))
    message = fails("compare", dense, "--against", tmp_path / "other.npz", "--input", "x=zeros")
    assert message == f"{tmp_path}/other.npz: has none of the program's outputs"
