# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_program.py - a compiled model called from Python: arrays in and out, threads, files, errors."""
import concurrent.futures
import json

import ml_dtypes
import numpy as np
import pytest
import treadle

@pytest.fixture(scope="module")
def program(dense):
    return treadle.compile(dense[0], threads=2)


def ramp(rows):
    return np.arange(rows * 3, dtype=np.float32).reshape(rows, 3) / 10 - 1


def test_says_its_inputs_and_outputs(program):
    (x,), (y,) = program.inputs, program.outputs
    assert (x.name, x.dtype, x.shape) == ("x", "float32", ("batch", 3))
    assert (y.name, y.dtype, y.shape) == ("y", "float32", ("batch", 4))
    assert repr(x) == "<treadle.TensorInfo x: float32[batch, 3]>"
    assert "(x: float32[batch, 3]) -> (y: float32[batch, 4])" in repr(program)
    assert program.threads == 2


@pytest.mark.parametrize("rows", [1, 5, 64])
def test_computes_for_any_size_of_a_dynamic_dimension(program, dense, rows):
    x = ramp(rows)
    y = program(x)
    assert isinstance(y, np.ndarray) and y.dtype == np.float32 and y.shape == (rows, 4)
    np.testing.assert_allclose(y, dense[1](x), rtol=1e-5, atol=1e-6)


def test_takes_arrays_by_name(program, dense):
    np.testing.assert_allclose(program(x=ramp(2)), dense[1](ramp(2)), rtol=1e-5, atol=1e-6)


def test_gives_a_tuple_for_several_outputs(sum_and_difference):
    program = treadle.compile(sum_and_difference)
    a, b = np.float32([5, 7]), np.float32([2, 3])
    for results in (program(a, b), program(a, b=b), program(b=b, a=a)):
        assert isinstance(results, tuple)
        np.testing.assert_array_equal(results, [[7, 10], [3, 4]])


def test_outputs_come_in_the_models_order(passed_through):
    program = treadle.compile(passed_through)
    assert [o.name for o in program.outputs] == ["same", "again", "negative"]
    np.testing.assert_array_equal(program(np.float32([1, 2])), [[1, 2], [-1, -2], [-1, -2]])


def test_programs_are_apart(dense):
    first, second, third = (treadle.compile(dense[0], no_fusion=b) for b in (False, True, False))
    x = np.ones((2, 3), np.float32)
    for program in (second, first, third, second):
        np.testing.assert_allclose(program(x), dense[1](x), rtol=1e-5)


def test_results_stay_when_the_program_runs_again(program):
    first = program(ramp(3))
    kept = first.copy()
    program(ramp(3) * 7)
    np.testing.assert_array_equal(first, kept)
    first[:] = 0  # writable, and nobody else's


def test_arrays_that_are_not_dense_or_read_only(program, dense):
    wide = np.arange(60, dtype=np.float32).reshape(4, 15) / 10
    for x in (wide[:, ::5], wide[:, 2:5], np.asfortranarray(wide[:, :3]), wide[::-1, :3]):
        np.testing.assert_allclose(program(x), dense[1](x), rtol=1e-5, atol=1e-6)
    frozen = ramp(2)
    frozen.flags.writeable = False
    np.testing.assert_allclose(program(frozen), dense[1](frozen), rtol=1e-5, atol=1e-6)


def test_whatever_has_a_buffer_and_plain_lists(program, dense):
    x = ramp(2)
    expected = dense[1](x)
    for form in (memoryview(x), x.tolist(), tuple(map(tuple, x.tolist()))):
        np.testing.assert_allclose(program(form), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(program(x.astype(">f4")), expected, rtol=1e-5, atol=1e-6)  # the other byte order


def test_element_types_numpy_has(cast, types):
    x = np.array([0, 1, 2.5, -3], np.float32)
    half = treadle.compile(cast(types.FLOAT, types.FLOAT16))(x)
    assert half.dtype == np.float16 and half.tolist() == x.tolist()
    flags = treadle.compile(cast(types.FLOAT, types.BOOL))(x)
    assert flags.dtype == np.bool_ and flags.tolist() == [False, True, True, True]
    back = treadle.compile(cast(types.BOOL, types.FLOAT))(flags)
    assert back.tolist() == [0, 1, 1, 1]
    assert treadle.compile(cast(types.FLOAT16, types.FLOAT))(half).tolist() == x.tolist()
    assert treadle.compile(cast(types.INT64, types.INT32))(np.arange(3)).tolist() == [0, 1, 2]


def test_bfloat16_is_that_of_ml_dtypes(cast, types):
    to, back = treadle.compile(cast(types.FLOAT, types.BFLOAT16)), treadle.compile(cast(types.BFLOAT16, types.FLOAT))
    assert to.outputs[0].dtype == "bfloat16"
    x = np.array([0, 1, 2.5, -3], np.float32)
    y = to(x)
    assert y.dtype == ml_dtypes.bfloat16
    assert back(y).tolist() == x.tolist()
    with pytest.raises(TypeError, match='input "x": expected an array of bfloat16, found float32'):
        back(x)


def test_another_element_type_is_refused_not_converted(program):
    for x, found in ((ramp(2).astype(np.float64), "float64"), (np.zeros((2, 3), np.int64), "int64"),
                     (np.zeros((2, 3), np.bool_), "bool"), (np.zeros((2, 3), "M8[s]"), r"datetime64\[s\]"),
                     (np.zeros((2, 3), ml_dtypes.bfloat16), "bfloat16"), ("text", "str"), (None, "NoneType")):
        with pytest.raises(TypeError, match=f'input "x": expected an array of float32, found {found}'):
            program(x)


def test_wrong_calls_name_what_is_wrong(program):
    with pytest.raises(TypeError, match='input "x" is missing'):
        program()
    with pytest.raises(TypeError, match='2 arrays were given, the program has 1 inputs: "x"'):
        program(ramp(1), ramp(1))
    with pytest.raises(TypeError, match='no input "z"; its inputs: "x"'):
        program(ramp(1), z=ramp(1))
    with pytest.raises(TypeError, match='input "x" was given twice'):
        program(ramp(1), x=ramp(1))
    with pytest.raises(ValueError, match=r'"x".*\[2, 3\].*\[2, 4\]'):
        program(np.zeros((2, 4), np.float32))
    with pytest.raises(ValueError, match='"x" has 2 dimensions, 1'):
        program(np.zeros(3, np.float32))


def test_called_from_several_threads_at_once(program, dense):
    sizes = [1 + i % 7 for i in range(200)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for rows, y in zip(sizes, pool.map(lambda rows: program(ramp(rows)), sizes)):
            np.testing.assert_allclose(y, dense[1](ramp(rows)), rtol=1e-5, atol=1e-6)
    assert 1 <= program.memory["sessions"] <= 9


def test_saved_and_loaded_again(program, dense, tmp_path):
    path = tmp_path / "dense.tdl"
    program.save(path)
    assert [f.name for f in tmp_path.iterdir()] == ["dense.tdl"]
    again = treadle.load(path, threads=1, check_weights=True)
    path.unlink()  # stays open
    assert again.inputs == program.inputs and again.outputs == program.outputs
    np.testing.assert_array_equal(again(ramp(4)), program(ramp(4)))
    again.save(str(path))
    np.testing.assert_array_equal(treadle.load(str(path))(ramp(4)), program(ramp(4)))


def test_what_cannot_be_saved_or_loaded(program, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        program.save(tmp_path / "nowhere" / "dense.tdl")
    with pytest.raises(OSError, match="No space"):
        program.save("/dev/full")
    with pytest.raises(FileNotFoundError, match="absent.tdl"):
        treadle.load(tmp_path / "absent.tdl")
    path = tmp_path / "dense.tdl"
    program.save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(treadle.Error, match="dense.tdl"):
        treadle.load(path)


def test_device(program, dense, tmp_path):
    program.save(tmp_path / "dense.tdl")
    x = np.ones((2, 3), np.float32)
    assert program.device == "cpu"
    loaded = treadle.load(tmp_path / "dense.tdl", device="cpu:0")
    assert loaded.device == "cpu:0"
    np.testing.assert_array_equal(loaded(x), program(x))
    with pytest.raises(FileNotFoundError, match='no device "abacus"'):
        treadle.load(tmp_path / "dense.tdl", device="abacus")(x)
    assert treadle.compile(dense[0], device="cpu:0").device == "cpu:0"


def test_memory_has_a_limit(dense_path, tmp_path):
    path = tmp_path / "dense.tdl"
    treadle.compile(dense_path, no_fusion=True).save(path)  # values between kernels need an arena
    tight = treadle.load(path, memory_limit=1)
    with pytest.raises(MemoryError, match="limit"):
        tight(ramp(4))


def test_metadata_provenance_memory(program):
    assert program.metadata == {"labels": "a,b,c,d"}
    assert set(program.provenance) >= {"compiler", "model", "model_sha256", "options"}
    memory = program.memory
    assert memory["code"] > 0 and memory["weights"] >= (3 * 4 + 4) * 4 and memory["arena"] >= 0
    assert program.description()["inputs"][0]["name"] == "x"


def test_profile_is_a_chrome_trace_with_the_models_names(program):
    trace = program.profile(ramp(4))
    assert json.loads(json.dumps(trace)) == trace
    events = trace["traceEvents"]
    assert any("project" in event["name"] for event in events)
    for event in events:
        assert event["ph"] == "X" and event["dur"] >= 0 and event["args"]["bytes"] > 0
    assert len(program.profile(ramp(4))["traceEvents"]) == len(events)  # of one run, not of all so far
