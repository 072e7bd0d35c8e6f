# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tiny_cuda_nn.py - networks that draw, on a CUDA device beside tiny-cuda-nn: the same parameters, positions and device.

    python bench/tiny_cuda_nn.py prepare DIR     on any machine: compiles; needs PyTorch and the module treadle
    python bench/tiny_cuda_nn.py run DIR [--peer FOLDER] [--small] [--out FILE]     where the device is: needs libtreadle.so and NumPy

The shapes are those of tiny-cuda-nn's own benchmarks and of the networks of instant-ngp, with values of f16. FOLDER has
what tiny_cuda_nn.cu became, `headers` for NVRTC and `cache`, where its PTX is kept; without it Treadle runs alone.
Parameters are constants of the artifacts, as of a scene's; inputs and outputs are f32, a sample after the other.

Both are checked against f32 on the CPU, and what tiny-cuda-nn draws for a seed against what treadle.ng draws. Times are
those of kernels, by the device's clock, medians; tiny_cuda_nn.cu says what its modes are. A ratio is Treadle's time over
that of the fastest mode with inputs and outputs of floats.

--small: one batch, which a simulated device gets through. --only: what has NAME in its name.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import gpu
import numpy as np
import runtimes

SEED, CHECKED, SAMPLED = 1337, 1024, 1 << 14
HASH = {"otype": "HashGrid", "n_levels": 16, "n_features_per_level": 2, "base_resolution": 16}
IMAGE, FIELD = HASH | {"log2_hashmap_size": 15, "per_level_scale": 1.5}, HASH | {"log2_hashmap_size": 19, "per_level_scale": 1.3819}
COLOR = {"otype": "Composite", "nested": [{"n_dims_to_encode": 3, "otype": "SphericalHarmonics", "degree": 4}, {"otype": "Identity"}]}
# Inputs, outputs, encoding, neurons, hidden layers, binary logarithms of batches
CASES = {"image-hash": (2, 3, IMAGE, 64, 2, (14, 17, 20)),  # data/config_hash.json
         "image-oneblob": (2, 3, {"otype": "OneBlob", "n_bins": 64}, 128, 5, (14, 17, 20)),  # data/config_oneblob.json
         "nerf-density": (3, 16, FIELD, 64, 1, (14, 17, 20)),
         "nerf-color": (19, 3, COLOR, 64, 2, (14, 17, 20)),
         "sdf": (3, 1, FIELD, 64, 2, (14, 17, 20)),
         **{f"mlp-{width}": (width, width, {"otype": "Identity"}, width, 3, (14, 17, last))  # benchmarks/mlp
            for width, last in ((16, 20), (32, 20), (64, 19), (128, 18))}}


def positions(name, samples):
    return np.random.default_rng(list(name.encode())).random((samples, CASES[name][0]), np.float32)


# ---- prepare -----------------------------------------------------------------------------------------------

def parameters_of(module, shapes):
    """Matrices as they are drawn, in f16; tables with 4 values, which pack well."""
    values = module.params.detach().numpy().astype(np.float16)
    entries = sum(rows * columns for key, (rows, columns) in shapes if key == "encoding")
    values[len(values) - entries:] = np.random.default_rng(SEED).integers(0, 4, entries) / 2 - 0.75
    return values


def compile_scene(folder, scene, values, *arguments):
    values.tofile(folder / "parameters.bin")
    scene = scene | {"parameters": {"file": "parameters.bin", "dtype": {"float16": "f16", "float32": "f32"}[str(values.dtype)]}}
    (folder / "scene.json").write_text(json.dumps(scene))
    runtimes.command([runtimes.BUILD / "bin" / "treadle", "compile", folder / "scene.json", *arguments])


def prepare(folder, only):
    sys.path.insert(0, str(runtimes.BUILD / "python"))
    import treadle.ng as ng
    for name, (inputs, outputs, encoding, neurons, layers, _) in CASES.items():
        if only not in name:
            continue
        case = folder / name
        case.mkdir(parents=True, exist_ok=True)
        network = {"otype": "FullyFusedMLP", "activation": "ReLU", "output_activation": "None", "n_neurons": neurons, "n_hidden_layers": layers}
        scene = {"treadle_scene": 1, "kind": "network", "n_input_dims": inputs, "n_output_dims": outputs, "encoding": encoding, "network": network}
        (case / "network.json").write_text(json.dumps(scene))
        module = ng.NetworkWithInputEncoding(inputs, outputs, encoding, network, seed=SEED)
        initial = module.params.detach().numpy()
        np.save(case / "initial.npy", initial[::-(-initial.size // SAMPLED)])
        with tempfile.TemporaryDirectory() as temporary:
            temporary = pathlib.Path(temporary)
            (temporary / "asked.json").write_text(json.dumps(scene | {"parameters": {"input": "params", "dtype": "f16"}}))
            shapes = [(part["key"], part["shape"]) for part in ng.load(temporary / "asked.json").parameters]
            values = parameters_of(module, shapes)
            values.tofile(case / "parameters.f16")
            compile_scene(temporary, scene, values, "--target", "cuda:sm_90", "-o", case / "network.tdl")
            compile_scene(temporary, scene, values.astype(np.float32), "--cpu", "host", "-o", temporary / "reference.tdl")
            reference = runtimes.Treadle()
            reference.load(temporary / "reference.tdl", {"input": positions(name, CHECKED)}, threads=0)
            reference.run()
            np.save(case / "reference.npy", reference.results()[0])
            reference.close()
        print(f"{name}: {(case / 'network.tdl').stat().st_size / 2**20:.1f} MiB, {initial.size} parameters", flush=True)


# ---- run ---------------------------------------------------------------------------------------------------

def median_seconds(program, rounds, limit=0.8):
    """After two that are not counted; fewer rounds where they take long, with their copies."""
    times, end = [], time.perf_counter() + limit
    while len(times) < rounds + 2 and (len(times) < 5 or time.perf_counter() < end):
        times.append(gpu.kernel_seconds(program))
    return statistics.median(times[2:])


def ask_peer(peer, case, folder):
    """Milliseconds by mode and batch, and what it computed and drew; nothing where it is not there."""
    if not peer:
        return {}, {}
    done = subprocess.run([peer / "tiny_cuda_nn", folder / "case.json", folder, "headers", "cache"], cwd=peer, capture_output=True,
                          text=True, timeout=60)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
    times = {}
    for line in filter(lambda line: line.startswith("{"), done.stdout.splitlines()):
        entry = json.loads(line)
        times.setdefault(entry["mode"], {})[entry["batch"]] = entry["ms"]
    return times, {path.stem: np.fromfile(path, np.float32) for path in folder.glob("*.f32") if path.stem != "input"}


def measure(report, case, batches, rounds, device, peer):
    name, scene = case.name, json.loads((case / "network.json").read_text())
    inputs, expected = positions(name, batches[-1]), np.load(case / "reference.npy")
    checked = min(len(expected), batches[0])
    expected = expected[:checked]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if peer:
            inputs.tofile(folder / "input.f32")
            (folder / "parameters.f16").symlink_to((case / "parameters.f16").resolve())
            (folder / "case.json").write_text(json.dumps(scene | {"batches": batches, "rounds": rounds, "seed": SEED}))
        theirs, computed = ask_peer(peer, case, folder)
    program = runtimes.Treadle()
    program.load(case / "network.tdl", {"input": inputs[:batches[0]]}, threads=0, device=device)
    program.run()
    report()
    report.check(name, device, [program.results()[0][:checked]], [expected], 1e-2)
    for mode in theirs:
        report.check(f"{name} of tiny-cuda-nn, {mode},", device, [computed[mode].reshape(batches[0], -1)[:checked]], [expected], 5e-2)
    initial = computed.get("initial")
    if initial is not None:
        drawn, given = np.load(case / "initial.npy"), initial[::-(-initial.size // SAMPLED)]
        assert drawn.shape == given.shape, f"{initial.size} parameters"
        report(f"  parameters drawn for seed {SEED}: of {given.size} {(drawn == given).mean():.2%} are treadle.ng's, "
               f"the greatest difference is {np.abs(drawn - given).max():.1e}")
    report(f"{name:14} samples  treadle ms   10^9/s   ratio" + "".join(f"{mode + ' ms':>22}" for mode in theirs))
    for batch in batches:
        program.bind({"input": inputs[:batch]})
        own = median_seconds(program, rounds) * 1e3
        peers = {mode: times.get(batch, float("nan")) for mode, times in theirs.items()}
        fastest = min((ms for mode, ms in peers.items() if not mode.endswith("-halves")), default=float("nan"))
        report(f"{batch:22} {own:11.4f} {batch / own / 1e6:8.3f} {own / fastest:7.2f}" + "".join(f"{ms:22.4f}" for ms in peers.values()))
    for event in json.loads(program.trace())["traceEvents"]:
        report(f"  {event['dur']:8.1f} us of the last: {event['name']}")
    program.close()


def run(folder, small, only, device, peer, out):
    report = gpu.Report(out)
    for name, description in runtimes.Treadle.devices().items():
        report(f"{name}: {description}")
    report(f"{time.strftime('%Y-%m-%d')}; treadle {runtimes.Treadle.version()}" + (f"; tiny-cuda-nn of {peer}" if peer else ""))
    for name, shape in CASES.items():
        if only not in name or not (folder / name).exists():
            continue
        try:
            measure(report, folder / name, [256] if small else [1 << power for power in shape[-1]], 1 if small else 20, device, peer)
        except (runtimes.Failed, subprocess.TimeoutExpired) as problem:
            report.wrong += 1
            report(f"{name}: {problem}")
    report.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["prepare", "run"])
    parser.add_argument("folder", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--only", default="", metavar="NAME")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--peer", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE")
    arguments = parser.parse_args()
    if arguments.what == "prepare":
        prepare(arguments.folder, arguments.only)
    else:
        run(arguments.folder, arguments.small, arguments.only, arguments.device, arguments.peer and arguments.peer.resolve(), arguments.out)


if __name__ == "__main__":
    main()
