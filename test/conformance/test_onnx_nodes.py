# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_onnx_nodes.py - ONNX's own test of every operator, compiled and run for every target.

The cases come with the `onnx` package: a model of a node or a few, inputs, and outputs. All of them are run. What is not
passed is in targets/TARGET/conformance.skip with a reason: a case, or as operator:NAME all cases that have an operator
which frontends/onnx/Ops.def does not. What is on the CPU's list is passed by no target; another target's list has what it
does not pass besides. A case listed there that passes is an error too: the lists may only shrink.

On Vulkan the Khronos validation layers watch every call, synchronization too, and check every kernel as spirv-val does:
any word of theirs is a failure.
"""
import functools
import json
import pathlib
import re
import warnings

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

treadle = pytest.importorskip("treadle")
pytestmark = pytest.mark.slow

TARGETS = {"cpu": "cpu", "vulkan": "vulkan:0"}  # with the device that each is run on
# Beyond ONNX's own tolerance: an ulp or two of the format, where the last step is rounded another way.
FORMATS = {"float16": (2e-3, 1e-3), "bfloat16": (2e-2, 4e-3)}


ROOT = pathlib.Path(__file__).resolve().parents[2]


@functools.cache
def supported():
    """Domain and name of every operator in the table."""
    rows = (ROOT / "frontends/onnx/Ops.def").read_text()
    return {("", name) for name in re.findall(r'^ONNX\("(\w+)"', rows, re.M)} | {("", "If")}


def operators_of(model):
    """Domain and name of every operator that the model uses, in functions and branches too."""
    functions = {(f.domain, f.name) for f in model.functions}
    graphs, found = [model.graph.node, *(f.node for f in model.functions)], set()
    while graphs:
        for node in graphs.pop():
            found.add(("" if node.domain == "ai.onnx" else node.domain, node.op_type))
            graphs += [g.node for a in node.attribute for g in ([a.g] if a.HasField("g") else a.graphs)]
    return found - functions


@functools.cache
def cases():
    """By the operator of the first node."""
    from onnx.backend.test.case.node import collect_testcases
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of NumPy, where cases are about infinities
        for case in collect_testcases(None):
            found.setdefault(case.model.graph.node[0].op_type, []).append(case)
    return found


@functools.cache
def skipped(target):
    """Two dictionaries with reasons: by case, by operator."""
    lines = (ROOT / "targets" / target / "conformance.skip").read_text().splitlines()
    entries = dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))
    return ({name: why for name, why in entries.items() if ":" not in name},
            {name.removeprefix("operator:"): why for name, why in entries.items() if ":" in name})


def array_of(value):
    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.asarray(value)


def with_constants(model, inputs):
    """The cases give shapes, axes and scales as inputs; in models they are constants. Inputs of up to one dimension become
    that."""
    changed, kept = onnx.ModelProto(), []
    changed.CopyFrom(model)
    del changed.graph.input[:]
    for info, array in zip(model.graph.input, inputs):
        if array.ndim > 1:
            changed.graph.input.append(info)
            kept.append(array)
        else:
            changed.graph.initializer.append(numpy_helper.from_array(array, info.name))
    return changed, kept


def compiled(model, inputs, target):
    options = {"target": target, "device": TARGETS[target], "cpu": "host", "cache": False}
    try:
        return treadle.compile(model.SerializeToString(), **options), inputs
    except treadle.CompileError as error:
        if "must be constant" not in str(error):
            raise
    model, inputs = with_constants(model, inputs)
    return treadle.compile(model.SerializeToString(), **options), inputs


def problem_of(case, target):
    """What is wrong with the results, or ""."""
    try:
        for inputs, outputs in case.data_sets:
            program, given = compiled(case.model, [array_of(value) for value in inputs], target)
            results = program(*given)
            results = results if isinstance(results, (list, tuple)) else [results]
            for i, (result, expected) in enumerate(zip(results, map(array_of, outputs), strict=True)):
                result = np.asarray(result)
                if (result.shape, result.dtype) != (expected.shape, expected.dtype):
                    return f"output {i} is {result.dtype}{list(result.shape)}, not {expected.dtype}{list(expected.shape)}"
                relative, absolute = FORMATS.get(str(expected.dtype), (0, 0))
                if expected.dtype == np.float32 and np.isfinite(expected).all():  # sums that cancel
                    absolute = 2 ** -22 * np.abs(expected).max(initial=0)
                np.testing.assert_allclose(result.astype(np.float64), expected.astype(np.float64), rtol=max(case.rtol or 1e-3, relative),
                                           atol=max(case.atol or 1e-7, absolute), err_msg=f"output {i}")
    except (treadle.Error, AssertionError, TypeError, ValueError) as error:
        return " ".join(str(error).split())[:300] or type(error).__name__
    return ""


@pytest.fixture(scope="module")
def devices(run):
    """The names of those that are here."""
    return {device["name"] for device in json.loads(run("treadle", "devices", "--json").stdout)}


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    """The file that the validation layers write to."""
    folder = tmp_path_factory.mktemp("layers")
    log, settings = folder / "log", {"debug_action": "VK_DBG_LAYER_ACTION_LOG_MSG", "report_flags": "error,warn,perf",
                                     "enables": "VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT"}
    settings["log_filename"] = log
    (folder / "vk_layer_settings.txt").write_text("".join(f"khronos_validation.{name} = {value}\n" for name, value in settings.items()))
    # The loader and the layers read these when a device is opened.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VK_INSTANCE_LAYERS", "VK_LAYER_KHRONOS_validation")
        patch.setenv("VK_LAYER_SETTINGS_PATH", str(folder / "vk_layer_settings.txt"))
        yield log


@pytest.fixture
def words(request, target):
    """words(): what the layers said since the last time; always "" for targets that have none."""
    if target != "vulkan":
        return lambda: ""
    log = request.getfixturevalue("layers")
    taken = log.stat().st_size if log.exists() else 0

    def new_words():
        nonlocal taken
        assert log.exists(), "the validation layers do not watch: is VK_LAYER_KHRONOS_validation installed?"
        with log.open() as file:
            file.seek(taken)
            text = file.read()
            taken = file.tell()
        return text

    return new_words


@pytest.mark.parametrize("operator", sorted(cases()))
@pytest.mark.parametrize("target", TARGETS)
def test_operator(operator, target, devices, words):
    if TARGETS[target] not in devices:
        pytest.skip(f"there is no device {TARGETS[target]}")
    nowhere, here, wrong = skipped("cpu")[0], skipped(target)[0], []
    for case in cases()[operator]:
        if operators_of(case.model) - supported() or (target != "cpu" and case.name in nowhere):
            continue
        problem = problem_of(case, target) or words()
        if bool(problem) != (case.name in here):
            wrong.append(f"{case.name}  {problem or 'passes, and is to be taken off the list'}")
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("target", TARGETS)
def test_the_list_is_of_what_there_is(target):
    """Each operator that is not supported is on the CPU's list, and nothing else."""
    groups = [case for group in cases().values() for case in group]
    missing = set().union(*(operators_of(case.model) for case in groups)) - supported()
    assert set(skipped("cpu")[1]) == {".".join(filter(None, operator)) for operator in missing}
    names = {case.name for case in groups if not operators_of(case.model) - supported()}
    assert not set(skipped(target)[0]) - names
    if target != "cpu":
        assert not skipped(target)[1] and not set(skipped(target)[0]) & set(skipped("cpu")[0])
