# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_values.py - what ops of ng give, by the evaluator and by compiled code, against formulas in NumPy.

Each case is a graph with its inputs and what it should give, for the conformance suite, which compares the evaluator and
every variant of the target with it, within what formats and sums round to.
"""
import json
import subprocess
import types

import numpy as np
import pytest

from reference import encodings as reference_encodings, grid as reference_grid, mlp as reference_mlp, render, snapshot

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


def grid(name, dims, dtype=np.float32, **config):
    random = np.random.default_rng(len(name))
    made = reference_grid.make(dims, config)
    x = random.random((41, dims), np.float32)
    table = random.uniform(-1, 1, (made.entries, made.features)).astype(dtype)

    def index(level):
        numbered = level.resolution <= reference_grid.GREATEST_BASE[dims - 1]
        if made.kind == "hash" and level.entries < (level.resolution**dims if numbered else 0xFFFFFFFF):
            return "coherent_prime"
        return "dense" if numbered else "single"
    levels = ", ".join(f"#ng.level<scale = 0x{v.scale.view(np.uint32):08X} : f32, resolution = {v.resolution}, offset = {v.offset}, "
                       f"entries = {v.entries}, index = {index(v)}>" for v in made.levels)
    op = f"ng.grid_encoding %x, %table {{levels = [{levels}], interpolation = #ng.interpolation<{made.interpolation}>}}"
    return case(name, op, {"x": x, "table": table}, reference_grid.encode(made, table.astype(np.float32), x), dtype=dtype)


def grids():
    for dims in (2, 3, 4):
        for kind in ("Linear", "Smoothstep", "Nearest"):
            yield grid(f"hash{dims}_{kind}", dims, otype="HashGrid", interpolation=kind, n_levels=5, log2_hashmap_size=9, base_resolution=4, per_level_scale=1.7)
        yield grid(f"dense{dims}", dims, otype="DenseGrid", n_levels=3, base_resolution=2, per_level_scale=1.5)
        yield grid(f"tiled{dims}", dims, otype="TiledGrid", n_levels=3, n_features_per_level=4, base_resolution=3, per_level_scale=2.1)
    for features in (1, 4, 8):
        yield grid(f"features{features}", 3, n_features_per_level=features, n_levels=4, log2_hashmap_size=8, base_resolution=4)
    yield grid("half", 3, dtype=np.float16, n_levels=8, log2_hashmap_size=10, base_resolution=4)
    yield grid("too_fine_to_number", 3, otype="TiledGrid", n_levels=2, base_resolution=10, per_level_scale=200)


def encodings():
    random = np.random.default_rng(1)
    x = random.random((33, 3), np.float32)
    x[0], x[1] = 0, 1
    for n in (1, 4, 12):
        yield case(f"frequency{n}", f"ng.frequency %x {{frequencies = {n} : i64}}", {"x": x}, reference_encodings.frequency(x, n))
        yield case(f"triangle_wave{n}", f"ng.triangle_wave %x {{frequencies = {n} : i64}}", {"x": x}, reference_encodings.triangle_wave(x, n))
    for n in (1, 4, 16, 64):
        yield case(f"one_blob{n}", f"ng.one_blob %x {{bins = {n} : i64}}", {"x": x}, reference_encodings.one_blob(x, n))
    d = random.normal(size=(33, 3))
    d[0], d[1], d[2] = (0, 0, 1), (1, 0, 0), (0, -1, 0)
    d = ((d / np.linalg.norm(d, axis=1, keepdims=True) + 1) / 2).astype(np.float32)
    for n in range(1, 9):
        yield case(f"spherical_harmonics{n}", f"ng.spherical_harmonics %x {{degree = {n} : i64}}", {"x": d}, reference_encodings.spherical_harmonics(d, n))


ACTIVATIONS = ["none", "relu", "leaky_relu", "silu", "exponential", "sine", "sigmoid", "squareplus", "softplus", "tanh"]


def networks():
    random = np.random.default_rng(2)
    for dtype in (np.float32, np.float16):
        x = random.uniform(-1, 1, (21, 32)).astype(dtype)
        weights = [random.uniform(-1, 1, shape).astype(dtype) * dtype(0.25) for shape in ((64, 32), (64, 64), (16, 64))]
        for name in ACTIVATIONS:
            config = {"n_neurons": 64, "n_hidden_layers": 2, "activation": name.replace("_", "")}
            network = reference_mlp.make(32, 16, config)
            expected = network.evaluate(x, np.concatenate([w.ravel() for w in weights]), dtype)
            op = f"ng.mlp %x, %w0, %w1, %w2 {{activation = #ng.activation<{name}>, outputActivation = #ng.activation<none>}}"
            yield case(f"mlp_{WORDS[np.dtype(dtype).name]}_{name}", op, {"x": x, **{f"w{i}": w for i, w in enumerate(weights)}},
                       expected, dtype=dtype)


# ---- rays: pictures of a few pixels, of fields that are one layer --------------------------------

WIDTH, HEIGHT = 6, 5


def samples(count):
    return f"tensor<?x{count}xf32, #graph.dims<samples, {count}>>"


def picture(eye):
    camera = render.look_at(eye)
    origins, directions = render.rays(camera, WIDTH, HEIGHT)
    return camera, {"o": np.ascontiguousarray(origins, np.float32), "d": directions.astype(np.float32)}


def cube(scale):
    return f"box = array<f32: {', '.join([str(0.5 - scale / 2)] * 3 + [str(0.5 + scale / 2)] * 3)}>"


def morton_order(size):
    """The number of each cell [z, y, x]."""
    at = np.arange(size)
    return snapshot.morton(at[None, None, :], at[None, :, None], at[:, None, None]).ravel()


def morton_bits(cells):
    """bool [z, y, x] as bits."""
    flat = np.empty(cells.size, bool)
    flat[morton_order(len(cells))] = cells.ravel()
    return np.packbits(flat, bitorder="little")


def layer(outputs, scale):
    """Weights of positions, and of what they are made into: softplus of a product."""
    weights = np.random.default_rng(5).uniform(-scale, scale, (outputs, 3)).astype(np.float32)
    return weights, lambda x: reference_mlp.ACTIVATIONS["softplus"](x @ weights.T)


def cameras():
    camera, given = picture((1.9, 1.1, -0.7))
    focal = np.float32(render.FOCAL * HEIGHT)
    yield case("camera", f"ng.camera_rays %pose, %k size <{HEIGHT}, {WIDTH}>",
               {"pose": camera, "k": np.float32([focal, focal, WIDTH / 2, HEIGHT / 2])}, given["o"], given["d"])


def marches():
    for name, scale, eye in (("small", 1, (1.6, 0.9, -0.4)), ("inside", 4, (1.1, 0.8, 0.3)), ("outside", 4, (3.0, 2.0, -1.5))):
        camera, given = picture(eye)
        weights, function = layer(4, 3)
        # A ball: of cells here and there, some sample of many would lie on another side of a wall by rounding.
        at = (np.arange(snapshot.CELLS) + 0.5) / snapshot.CELLS - 0.5
        flat = np.empty(snapshot.CELLS**3, "<f2")
        flat[morton_order(snapshot.CELLS)] = (np.sqrt(at[:, None, None]**2 + at[:, None]**2 + at**2) < 0.37).ravel()
        grid_of = np.tile(flat, 1 + round(np.log2(scale)))
        fake = types.SimpleNamespace(
            snapshot={"density_grid_size": snapshot.CELLS, "density_grid_binary": grid_of.tobytes(), "nerf": {"aabb_scale": scale}},
            evaluate=lambda x, _: (function(x)[:, 0], function(x)[:, 1:]))
        image, depth = render.march(fake, camera, WIDTH, HEIGHT)
        bits = np.stack([morton_bits(cells) for cells in snapshot.occupancy(fake.snapshot)])
        op = f"""ng.march %o, %d occupancy(%bits) captures(%w) {{
  ^bb0(%p: {samples(3)}, %r: {samples(3)}, %v: tensor<4x3xf32>):
    %half = graph.constant dense<0.5> : tensor<f32>
    %share = graph.constant dense<{1 / scale}> : tensor<f32>
    %0 = graph.sub %p, %half : ({samples(3)}, tensor<f32>) -> {samples(3)}
    %1 = graph.mul %0, %share : ({samples(3)}, tensor<f32>) -> {samples(3)}
    %2 = graph.add %1, %half : ({samples(3)}, tensor<f32>) -> {samples(3)}
    %3 = ng.mlp %2, %v {{activation = #ng.activation<none>, outputActivation = #ng.activation<softplus>}} : ({samples(3)}, tensor<4x3xf32>) -> {samples(4)}
    %4 = graph.slice %3 starts <0, 0> steps [1, 1] : ({samples(4)}) -> {samples(1)}
    %5 = graph.slice %3 starts <0, 1> steps [1, 1] : ({samples(4)}) -> {samples(3)}
    ng.yield %4, %5 : {samples(1)}, {samples(3)}
  }} {{{cube(scale)}, minStep = {float(render.SMALLEST_STEP)!r} : f32, maxStep = {float(render.LARGEST_STEP)!r} : f32,
     coneAngle = {0.0 if scale == 1 else 1 / 256} : f32, maxSteps = 1100 : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}}"""
        pixels = image.reshape(-1, 4)
        yield case(f"march_{name}", op, {**given, "bits": bits, "w": weights},
                   pixels[:, :3], pixels[:, 3:], depth.reshape(-1, 1))


def clouds():
    camera, given = picture((1.6, 0.9, -0.4))
    weights, function = layer(4, 3)
    cells = np.random.default_rng(6).random((8, 8, 8)) < 0.6
    bits = morton_bits(cells)[None]
    volume = {"bitgrid_size": 8, "bitgrid_binary": bits.tobytes(), "majorant": 2.5, "density_scale": 3.0}
    for seed in (0, 12345678901):
        image = render.delta_track(function, volume, camera, WIDTH, HEIGHT, seed).reshape(-1, 4)
        op = f"""ng.delta_track %o, %d occupancy(%bits) captures(%w) {{
  ^bb0(%p: {samples(3)}, %v: tensor<4x3xf32>):
    %0 = ng.mlp %p, %v {{activation = #ng.activation<none>, outputActivation = #ng.activation<softplus>}} : ({samples(3)}, tensor<4x3xf32>) -> {samples(4)}
    %1 = graph.slice %0 starts <0, 3> steps [1, 1] : ({samples(4)}) -> {samples(1)}
    %2 = graph.slice %0 starts <0, 0> steps [1, 1] : ({samples(4)}) -> {samples(3)}
    ng.yield %1, %2 : {samples(1)}, {samples(3)}
  }} {{{cube(1)}, majorant = 2.5 : f32, densityScale = 3.0 : f32, maxSteps = 40 : i64, seed = {seed} : i64, minTransmittance = 0.01 : f32}}"""
        yield case(f"delta_track_{seed}", op, {**given, "bits": bits, "w": weights}, image[:, :3], image[:, 3:])


def surfaces():
    camera, given = picture((1.6, 0.9, -0.4))
    center = np.float32([0.5, 0.625, 0.375])
    hit, depth, _ = render.sphere_trace(lambda x: np.linalg.norm(x - center, axis=1) - np.float32(0.25), camera, WIDTH, HEIGHT,
                                        near=np.float32(1e-3), most_steps=30, offset=0.0625)
    op = f"""ng.sphere_trace %o, %d captures(%c) {{
  ^bb0(%p: {samples(3)}, %center: tensor<3xf32>):
    %radius = graph.constant dense<0.25> : tensor<f32>
    %0 = graph.sub %p, %center : ({samples(3)}, tensor<3xf32>) -> {samples(3)}
    %1 = graph.mul %0, %0 : ({samples(3)}, {samples(3)}) -> {samples(3)}
    %2 = graph.reduce sum %1 {{axes = array<i64: 1>}} : ({samples(3)}) -> {samples(1)}
    %3 = graph.sqrt %2 : ({samples(1)}) -> {samples(1)}
    %4 = graph.sub %3, %radius : ({samples(1)}, tensor<f32>) -> {samples(1)}
    ng.yield %4 : {samples(1)}
  }} {{{cube(1)}, maxSteps = 30 : i64, stepScale = 0.95 : f32, offset = 0.0625 : f32, epsilon = 0.001 : f32}}"""
    hit, depth = hit.reshape(-1, 1), depth.reshape(-1, 1)
    yield surface_case(op, {**given, "c": center}, depth, hit)


def surface_case(op, given, depth, hit):
    """The reference has no depth where nothing is hit."""
    types_of = ", ".join(type_of(a) for a in given.values())
    arguments = ", ".join(f"%{n}: {type_of(a)} {{test.values = {dense(a)}}}" for n, a in given.items())
    numbers, positions = type_of(depth), type_of(given["o"])
    return f"""// -----
// name sphere_trace
func.func @main({arguments}) -> ({numbers} {{test.expected = {dense(depth)}}}, {type_of(hit)} {{test.expected = {dense(hit)}}}) {{
  %zero = graph.constant dense<0.0> : tensor<f32>
  %result:3 = {op} : ({types_of}) -> ({positions}, {numbers}, {type_of(hit)})
  %depth = graph.select %result#2, %result#1, %zero : ({type_of(hit)}, {numbers}, tensor<f32>) -> {numbers}
  return %depth, %result#2 : {numbers}, {type_of(hit)}
}}
"""


@pytest.mark.parametrize("kind", [grids, encodings, networks, cameras, marches, clouds, surfaces])
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
