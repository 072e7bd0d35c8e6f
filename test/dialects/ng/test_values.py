# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_values.py - what ops of ng give, by the evaluator and by compiled code, against formulas in NumPy.

Each case is a graph with its inputs and what it should give, for the conformance suite, which compares the evaluator and
every variant of the target with it, within what formats and sums round to.
"""
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
import neural_graphics as ng  # noqa: E402

WORDS = {"float32": "f32", "float16": "f16", "uint8": "ui8", "bool": "i1"}


def type_of(array):
    return "tensor<" + "".join(f"{n}x" for n in array.shape) + WORDS[array.dtype.name] + ">"


def dense(array):
    if array.dtype == np.bool_:
        return f"dense<{str(array.tolist()).lower()}> : {type_of(array)}"
    return f'dense<"0x{np.ascontiguousarray(array).tobytes().hex().upper()}"> : {type_of(array)}'


def case(name, op, inputs, *expected, dtype=np.float32):
    """A graph of one op; `op` has names in % and attributes. Numbers that are expected become those of a type."""
    expected = [e if e.dtype == np.bool_ else e.astype(dtype) for e in expected]
    arguments = ", ".join(f"%{n}: {type_of(a)} {{test.values = {dense(a)}}}" for n, a in inputs.items())
    types = ", ".join(type_of(a) for a in inputs.values())
    results = ", ".join(type_of(e) for e in expected)
    return f"""// -----
// name {name}
func.func @main({arguments}) -> ({", ".join(f"{type_of(e)} {{test.expected = {dense(e)}}}" for e in expected)}) {{
  %result:{len(expected)} = {op} : ({types}) -> ({results})
  return {", ".join(f"%result#{i}" for i in range(len(expected)))} : {results}
}}
"""


def grid(name, dims, features, interpolation="linear", dtype=np.float32, **config):
    random = np.random.default_rng(len(name))
    levels = ng.grid_levels(dims, **config)
    x = random.random((41, dims), np.float32)
    table = random.uniform(-1, 1, (levels[-1][2] + levels[-1][3], features)).astype(dtype)
    attrs = ", ".join(f"#ng.level<scale = 0x{np.float32(s).view(np.uint32):08X} : f32, resolution = {r}, offset = {o}, entries = {e}, index = {i}>"
                      for s, r, o, e, i in levels)
    op = f"ng.grid_encoding %x, %table {{levels = [{attrs}], interpolation = #ng.interpolation<{interpolation}>}}"
    return case(name, op, {"x": x, "table": table}, ng.grid_encoding(x, table.astype(np.float64), levels, interpolation), dtype=dtype)


def grids():
    for dims in (2, 3, 4):
        for interpolation in ("linear", "smoothstep", "nearest"):
            yield grid(f"hash{dims}_{interpolation}", dims, 2, interpolation, levels=5, log2_hashmap_size=9, base_resolution=4, per_level_scale=1.7)
        yield grid(f"dense{dims}", dims, 2, levels=3, base_resolution=2, per_level_scale=1.5, kind="dense")
        yield grid(f"tiled{dims}", dims, 4, levels=3, base_resolution=3, per_level_scale=2.1, kind="tiled")
    for features in (1, 4, 8):
        yield grid(f"features{features}", 3, features, levels=4, log2_hashmap_size=8, base_resolution=4)
    yield grid("half", 3, 2, dtype=np.float16, levels=8, log2_hashmap_size=10, base_resolution=4)
    yield grid("too_fine_to_number", 3, 2, levels=2, base_resolution=10, per_level_scale=200, kind="tiled")


def encodings():
    random = np.random.default_rng(1)
    x = random.random((33, 3), np.float32)
    x[0], x[1] = 0, 1
    for n in (1, 4, 12):
        yield case(f"frequency{n}", f"ng.frequency %x {{frequencies = {n} : i64}}", {"x": x}, ng.frequency(x, n))
        yield case(f"triangle_wave{n}", f"ng.triangle_wave %x {{frequencies = {n} : i64}}", {"x": x}, ng.triangle_wave(x, n))
    for n in (1, 4, 16, 64):
        yield case(f"one_blob{n}", f"ng.one_blob %x {{bins = {n} : i64}}", {"x": x}, ng.one_blob(x, n))
    d = random.normal(size=(33, 3))
    d[0], d[1], d[2] = (0, 0, 1), (1, 0, 0), (0, -1, 0)
    d = ((d / np.linalg.norm(d, axis=1, keepdims=True) + 1) / 2).astype(np.float32)
    for n in range(1, 9):
        yield case(f"spherical_harmonics{n}", f"ng.spherical_harmonics %x {{degree = {n} : i64}}", {"x": d}, ng.spherical_harmonics(d, n))


def networks():
    random = np.random.default_rng(2)
    for dtype in (np.float32, np.float16):
        x = random.uniform(-1, 1, (21, 32)).astype(dtype)
        weights = [random.uniform(-1, 1, shape).astype(dtype) * dtype(0.25) for shape in ((64, 32), (64, 64), (16, 64))]
        for name in ng.ACTIVATIONS:
            op = f"ng.mlp %x, %w0, %w1, %w2 {{activation = #ng.activation<{name}>, outputActivation = #ng.activation<none>}}"
            yield case(f"mlp_{WORDS[np.dtype(dtype).name]}_{name}", op, {"x": x, **{f"w{i}": w for i, w in enumerate(weights)}},
                       ng.mlp(x, weights, name), dtype=dtype)


def points(count):
    return f"tensor<?x{count}xf32, #graph.dims<samples, {count}>>"


def radiance_field(directions):
    """A region that a network of one layer is the field of, and the same in NumPy: density and colour."""
    arguments = f"%p: {points(3)}, " + (f"%r: {points(3)}, " if directions else "") + "%v: tensor<4x3xf32>"
    region = f"""{{
  ^bb0({arguments}):
    %0 = ng.mlp %p, %v {{activation = #ng.activation<none>, outputActivation = #ng.activation<softplus>}} : ({points(3)}, tensor<4x3xf32>) -> {points(4)}
    %1 = graph.slice %0 starts <0, 0> steps [1, 1] : ({points(4)}) -> {points(1)}
    %2 = graph.slice %0 starts <0, 1> steps [1, 1] : ({points(4)}) -> {points(3)}
    ng.yield %1, %2 : {points(1)}, {points(3)}
  }}"""
    weights = np.random.default_rng(5).uniform(-3, 3, (4, 3)).astype(np.float32)

    def field(positions, *_):
        values = ng.mlp(positions, [weights], output_activation="softplus")
        return values[:, :1], values[:, 1:]
    return region, weights, field


def rays():
    random = np.random.default_rng(3)
    pose, intrinsics = random.uniform(-1, 1, (3, 4)).astype(np.float32), np.float32([5, 6, 2.25, 2.75])
    yield case("camera", "ng.camera_rays %pose, %k size <5, 4>", {"pose": pose, "k": intrinsics}, *ng.camera_rays(pose, intrinsics, 5, 4))

    origins = random.uniform(-1.5, 2.5, (27, 3)).astype(np.float32)
    directions = random.random((27, 3)) - origins
    directions = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32)
    bits = random.integers(0, 256, (2, 64)).astype(np.uint8)
    inputs, box = {"o": origins, "d": directions}, np.array([-0.25, -0.25, -0.25, 1.5, 1.25, 1.0])
    attrs = f"box = array<f32: {', '.join(map(str, box))}>"

    region, weights, field = radiance_field(directions=True)
    for name, steps, count in (("equal", (0.0625, 0.0625, 0.0), 48), ("few", (0.0625, 0.0625, 0.0), 5), ("growing", (0.03125, 0.25, 0.0625), 64)):
        numbers = "minStep = {} : f32, maxStep = {} : f32, coneAngle = {} : f32".format(*steps)
        for occupancy in (None, bits):
            given = {**inputs, **({} if occupancy is None else {"bits": bits}), "w": weights}
            op = (f"ng.march %o, %d {'' if occupancy is None else 'occupancy(%bits) '}captures(%w) {region} "
                  f"{{{attrs}, {numbers}, maxSteps = {count} : i64, minTransmittance = 0.125 : f32}}")
            yield case(f"march_{name}" + ("" if occupancy is None else "_occupancy"), op, given,
                       *ng.march(origins, directions, field, box, steps, count, 0.125, occupancy))

    region, weights, field = radiance_field(directions=False)
    for seed in (0, 12345678901):
        op = f"ng.delta_track %o, %d captures(%w) {region} {{{attrs}, majorant = 4.0 : f32, maxSteps = 20 : i64, seed = {seed} : i64, minTransmittance = 0.01 : f32}}"
        yield case(f"delta_track_{seed}", op, {**inputs, "w": weights}, *ng.delta_track(origins, directions, field, box, 4.0, 20, seed))

    region = f"""{{
  ^bb0(%p: {points(3)}, %center: tensor<3xf32>):
    %radius = graph.constant dense<0.25> : tensor<f32>
    %0 = graph.sub %p, %center : ({points(3)}, tensor<3xf32>) -> {points(3)}
    %1 = graph.mul %0, %0 : ({points(3)}, {points(3)}) -> {points(3)}
    %2 = graph.reduce sum %1 {{axes = array<i64: 1>}} : ({points(3)}) -> {points(1)}
    %3 = graph.sqrt %2 : ({points(1)}) -> {points(1)}
    %4 = graph.sub %3, %radius : ({points(1)}, tensor<f32>) -> {points(1)}
    ng.yield %4 : {points(1)}
  }}"""
    center = np.float32([0.5, 0.625, 0.375])
    for offset in (0.0, 0.125):
        op = f"ng.sphere_trace %o, %d captures(%c) {region} {{{attrs}, maxSteps = 24 : i64, stepScale = 0.9375 : f32, offset = {offset} : f32, epsilon = 0.001 : f32}}"
        yield case(f"sphere_trace_{str(offset).replace('.', '_')}", op, {**inputs, "c": center},
                   *ng.sphere_trace(origins, directions, lambda p: np.linalg.norm(p - center, axis=1, keepdims=True) - 0.25, box, 24, 0.9375, np.float32(0.001), offset))


def test_harmonics_have_the_known_signs():
    """Y_1 = sqrt(3 / 4 pi) (-y, z, -x): of the reference itself."""
    values = ng.spherical_harmonics(np.float32([[1, 0.5, 0.5], [0.5, 1, 0.5], [0.5, 0.5, 1]]), 2)
    np.testing.assert_allclose(values[:, 1:], 0.4886025 * np.array([[0, 0, -1], [-1, 0, 0], [0, 1, 0]]), atol=1e-6)


@pytest.mark.parametrize("kind", [grids, encodings, networks, rays])
@pytest.mark.parametrize("target", ["cpu", pytest.param("vulkan", marks=pytest.mark.slow)])
def test_values(build, tmp_path, kind, target):
    cases = list(kind())
    path, report = tmp_path / f"{kind.__name__}.mlir", tmp_path / "report.json"
    path.write_text("// Written by a test.\n\n" + "\n".join(cases))
    command = [build / "test/bin/test-conformance", f"--target={target}", "--no-layers", f"--gtest_output=json:{report}", "--gtest_brief=1", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    tests = json.loads(report.read_text())["testsuites"][0]["testsuite"]
    assert len(tests) == len(cases)
    wrong = [f"{t['name']}: {f['failure'][:600]}" for t in tests for f in t.get("failures", [])]
    assert not wrong, "\n".join(wrong)
    assert done.returncode == 0, done.stderr[-2000:]
    if skipped := [t["name"] for t in tests if t["result"] == "SKIPPED"]:
        pytest.skip(f"no device: {len(skipped)} cases compiled only")
