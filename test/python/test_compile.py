# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_compile.py - treadle.compile: what it takes, its options, progress, the cache, errors."""
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import onnx
import pytest
import treadle

X = np.ones((2, 3), np.float32)


def test_takes_a_path_bytes_or_a_model(dense, dense_path):
    expected = dense[1](X)
    for model in (dense_path, str(dense_path), dense_path.read_bytes(), dense[0]):
        np.testing.assert_allclose(treadle.compile(model)(X), expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(TypeError, match="expected a path, bytes or an onnx.ModelProto, found int"):
        treadle.compile(5)


def test_options_are_those_of_the_command_line(dense_path, build, root):
    known = re.findall(r"^TREADLE_OPTION\((\w+)", (root / "tools/compile/Options.def").read_text(), re.M)
    with pytest.raises(TypeError) as caught:
        treadle.compile(dense_path, colour="red")
    assert str(caught.value) == f'compile() has no option "colour"; it has {", ".join(known)}'
    stub = (build / "python/treadle/_native.pyi").read_text()
    for name in known:
        assert (f"{name}: " in stub) == (name != "stop_after"), name  # which gives no program


def test_options_have_their_types(dense_path):
    for options, message in (({"no_fusion": 1}, "option no_fusion: expected bool, found int"),
                             ({"threads": "2"}, "option threads: expected int, found str"),
                             ({"threads": True}, "option threads: expected int, found bool"),
                             ({"cpu": 3}, "option cpu: expected str, found int"),
                             ({"dim": "batch=1"}, "option dim: expected a dict or a list of str, found str")):
        with pytest.raises(TypeError, match=re.escape(message)):
            treadle.compile(dense_path, **options)
    with pytest.raises(ValueError, match="stop_after"):
        treadle.compile(dense_path, stop_after="group")


def test_dimensions_can_be_fixed(dense_path):
    for dim in ({"batch": 2}, ["batch=2"]):
        program = treadle.compile(dense_path, dim=dim, cpu="host")
        assert program.inputs[0].shape == (2, 3)
        assert "--dim=batch=2" in program.provenance["options"] and "--cpu=host" in program.provenance["options"]
        assert program(X).shape == (2, 4)


def test_no_fusion_changes_kernels_not_results(dense, dense_path):
    fused, single = treadle.compile(dense_path), treadle.compile(dense_path, no_fusion=True)
    assert len(single.profile(X)["traceEvents"]) > len(fused.profile(X)["traceEvents"])
    np.testing.assert_allclose(single(X), fused(X), rtol=1e-5, atol=1e-6)


def test_progress_is_told_and_may_stop_it(dense_path):
    seen = []
    treadle.compile(dense_path, cache=False, progress=lambda *what: seen.append(what))
    stages, whats, done = zip(*seen)
    assert stages[0] == "import" and len(set(stages)) > 2
    assert all(0 <= d <= 1 for d in done) and list(done) == sorted(done)

    class Enough(Exception):
        pass

    def stop(stage, what, done):
        raise Enough(stage)

    with pytest.raises(Enough, match="import"):
        treadle.compile(dense_path, cache=False, progress=stop)


def test_explain_prints_and_dump_ir_writes(dense_path, tmp_path, capsys):
    treadle.compile(dense_path)  # in the cache now, which must not hide them
    treadle.compile(dense_path, explain=True, dump_ir=tmp_path / "ir")
    assert "group" in capsys.readouterr().out
    assert any((tmp_path / "ir").glob("*.mlir"))


def test_a_cache_that_cannot_be_written(dense, tmp_path, monkeypatch):
    monkeypatch.setenv("TREADLE_CACHE", "/dev/null/cache")
    onnx.save(dense[0], tmp_path / "dense.onnx")
    with pytest.warns(RuntimeWarning, match="/dev/null/cache.*TREADLE_CACHE"):
        treadle.compile(tmp_path / "dense.onnx").save(tmp_path / "dense.tdl")


def test_the_cache_is_found_by_content(dense, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    monkeypatch.setenv("TREADLE_CACHE", str(cache))
    for name in ("one.onnx", "two.onnx"):
        onnx.save(dense[0], tmp_path / name)
        treadle.compile(tmp_path / name)
    assert len(list(cache.glob("*.tdl"))) == 1
    treadle.compile(tmp_path / "one.onnx", no_fusion=True)
    assert len(list(cache.iterdir())) == 2
    treadle.compile(tmp_path / "one.onnx", cpu="host", cache=False)
    assert len(list(cache.iterdir())) == 2


def test_errors_have_the_models_names(dense, tmp_path):
    model = onnx.ModelProto()
    model.CopyFrom(dense[0])
    model.graph.node[2].op_type = "Frobnicate"
    onnx.save(model, tmp_path / "odd.onnx")
    with pytest.raises(treadle.CompileError, match="Frobnicate.*clip"):
        treadle.compile(tmp_path / "odd.onnx")
    assert issubclass(treadle.CompileError, treadle.Error)
    with pytest.raises(treadle.CompileError, match="absent.onnx"):
        treadle.compile(tmp_path / "absent.onnx")
    (tmp_path / "cut.onnx").write_bytes(dense[0].SerializeToString()[:-7])
    with pytest.raises(treadle.CompileError, match="cut.onnx"):
        treadle.compile(tmp_path / "cut.onnx")
    with pytest.raises(treadle.CompileError, match="--target abacus"):
        treadle.compile(tmp_path / "odd.onnx", target="abacus")


def test_a_compiled_program_is_no_model(dense_path, tmp_path):
    treadle.compile(dense_path).save(tmp_path / "dense.tdl")
    with pytest.raises(ValueError, match="treadle.load"):
        treadle.compile(tmp_path / "dense.tdl")


def test_documented_and_imported_from_the_build_alone(build):
    assert treadle.__version__ and pathlib.Path(treadle.__file__).parent == build / "python" / "treadle"
    for thing in (treadle, treadle.compile, treadle.load, treadle.Program, treadle.Program.__call__,
                  treadle.Program.profile, treadle.Program.inputs, treadle.TensorInfo):
        assert thing.__doc__
    script = "import treadle; print(treadle.CompileError.__module__)"
    environment = {**os.environ, "PYTHONPATH": str(build / "python")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert done.stdout.strip() == "treadle", done.stderr
