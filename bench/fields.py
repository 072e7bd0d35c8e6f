# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""fields.py - fields of learned features on the CPU, beside PyTorch's Inductor and the machine's limits of the same run.

    python bench/fields.py [--threads 1,2] [--samples 65536] [FILE.msgpack ..]

The fields of examples/neural-graphics, with parameters and values of f32, at random positions. Inductor compiles the
trainer's modules (tools/train) twice: with a grid's sums as embedding_bag, and as plain gathers that it fuses; the
faster one counts. The runtimes take turns. The roofline is the least time of a field: its networks' multiply-adds at
the FMA peak, or its grids' loads, 8 bytes each, at the rate of random loads from a table as large, whichever is
longer. Needs torch beside bench/requirements.txt.
"""
import argparse
import json
import pathlib
import statistics
import sys
import tempfile
import time
import zlib

import machine
import msgpack
import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools/train"), str(ROOT / "frontends/python/treadle"), str(machine.BUILD / "python")]
import network
from ng_formulas import Field, Grid, Mlp

import treadle.ng

NAMES = ["gia-hash.msgpack", "nsdf-hash.msgpack", "nvr-hash.ingp", "nerf-hash.ingp"]
OUTPUTS = {"image": 3, "sdf": 1, "volume": 4}


def fused_gather(table, index, weight):
    """As ng_formulas.Gather: an expression of elementwise ops, indexing and a sum, which Inductor fuses."""
    return (table[index.long()] * weight[:, :, None]).sum(1)


def read(path):
    data = path.read_bytes()
    return msgpack.unpackb(zlib.decompress(data) if path.suffix == ".ingp" else data)


def torch_field(config, parameters, gather=Grid.gather):
    kind = config["snapshot"]["mode"]
    field = network.RadianceField(config) if kind == "nerf" else Field(2 if kind == "image" else 3, OUTPUTS[kind], config)
    place = 0
    with torch.no_grad():
        for parameter in field.parameters():
            parameter.copy_(torch.from_numpy(parameters[place:place + parameter.numel()]).view(parameter.shape))
            place += parameter.numel()
    assert place == parameters.size, f"{place} of {parameters.size} parameters"
    for module in field.modules():
        if isinstance(module, Grid):
            module.gather = gather
    return field.eval()


def treadle_field(folder, config, parameters, threads):
    keys = {key: config[key] for key in ("encoding", "network", "dir_encoding", "rgb_network") if key in config}
    scene = {"treadle_scene": 1, "kind": config["snapshot"]["mode"], **keys, "parameters": {"file": "params.bin", "dtype": "f32"}}
    if scene["kind"] == "volume":
        scene["render"] = {"majorant": 1.0, "density_scale": 1.0}
    (folder / "params.bin").write_bytes(parameters.tobytes())
    (folder / "scene.json").write_text(json.dumps(scene))
    return treadle.ng.load(folder / "scene.json", threads=threads)


def flops_of(field):
    """Of the networks' products, a sample; of a last layer those outputs that there are."""
    networks = [module for module in field.modules() if isinstance(module, Mlp)]
    return sum(2 * (sum(w.numel() for w in net.weights[:-1]) + net.outputs * net.weights[-1].shape[1]) for net in networks)


def gathers_of(field):
    """Loads of 8 bytes, a sample: an entry's features lie side by side, as f32."""
    grids = [module for module in field.modules() if isinstance(module, Grid)]
    return sum(len(g.levels) * len(g.corners) * -(-4 * g.features // 8) for g in grids)


def turns(functions, rounds, seconds=0.2):
    """Medians in seconds: each function some times in its turn, the first of them not counted."""
    times = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            function()
            end = time.perf_counter() + seconds
            while time.perf_counter() < end:
                start = time.perf_counter()
                function()
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", default="1,2", help="numbers of threads, by comma (default: %(default)s)")
    parser.add_argument("--samples", type=int, default=65536)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    threads = [int(number) for number in arguments.threads.split(",")]
    print(", ".join(f"{k} {v}" for k, v in machine.describe().items()) + f", torch {torch.__version__}")
    print(f"{'field':12} threads  treadle ms  Inductor ms  eager ms  times Inductor  GFLOP/s  of peak  Gloads/s  of peak  % roofline")
    generator = np.random.default_rng(1)
    for path in arguments.files or [ROOT / "examples/neural-graphics" / name for name in NAMES]:
        config = read(path)
        parameters = np.frombuffer(config["snapshot"]["params_binary"], np.float16).astype(np.float32)
        kind = config["snapshot"]["mode"]
        inputs = [generator.random((arguments.samples, 2 if kind == "image" else 3), np.float32)]
        if kind == "nerf":
            direction = generator.normal(size=(arguments.samples, 3)).astype(np.float32)
            inputs.append(direction / np.linalg.norm(direction, axis=1, keepdims=True))
        field = torch_field(config, parameters)
        peak = machine.Peak(threads, table=4 * max(m.table.numel() for m in field.modules() if isinstance(m, Grid))).measure()
        tensors = [torch.from_numpy(values) for values in inputs]
        if kind == "nerf":
            tensors[1] = (tensors[1] + 1) / 2
        for count in threads:
            torch.set_num_threads(count)
            functions = {"eager": lambda: field(*tensors)}
            with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
                scene = treadle_field(pathlib.Path(folder), config, parameters, count)
                functions["treadle"] = lambda: scene(*inputs)
                torch._dynamo.reset()
                for name, module in (("bag", field), ("gather", torch_field(config, parameters, fused_gather))):
                    compiled = torch.compile(module, dynamic=False)
                    compiled(*tensors)
                    functions[name] = lambda compiled=compiled: compiled(*tensors)
                ours, theirs = scene(*inputs), field(*tensors)
                ours, theirs = (ours[0], theirs[1]) if kind == "nerf" else ((ours if kind != "volume" else ours[0]), theirs)
                if kind != "volume":  # whose colours have an activation of their own
                    worst = np.abs(ours - theirs.reshape(ours.shape).numpy()).max()
                    assert worst < 1e-3, f"{path.name}: results differ by {worst}"
                medians = turns(functions, arguments.rounds)
            peak.measure()
            inductor = min(medians["bag"], medians["gather"])
            seen, ours = peak.seen[count], medians["treadle"]
            flops, gathers = (of(field) * arguments.samples / 1e9 for of in (flops_of, gathers_of))
            roof = max(flops / seen["gflops"], gathers / seen["ggathers"])
            print(f"{path.stem:12} {count:7} {ours * 1e3:11.2f} {inductor * 1e3:12.2f} {medians['eager'] * 1e3:9.2f} {inductor / ours:15.2f} "
                  f"{flops / ours:8.1f} {seen['gflops']:8.1f} {gathers / ours:9.3f} {seen['ggathers']:8.3f} {roof / ours * 100:11.0f}", flush=True)


if __name__ == "__main__":
    main()
