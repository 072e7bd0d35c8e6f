# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""gpu.py - CUDA and Vulkan on a real device: right first, then how fast beside cuBLAS, PyTorch, Triton and FlashAttention.

    python bench/gpu.py prepare DIR [--small] [--only NAME] [--targets LIST]     on any machine: compiles what is measured
    python bench/gpu.py run DIR [--out FILE]       where the device is: needs libtreadle.so, NumPy and PyTorch

What `prepare` makes is all that `run` needs besides this folder and the library (TREADLE_BUILD says where it is).
Small networks have their results from the CPU with them, products and attention are checked against PyTorch in f32.
Times of products and attention are those of the kernels, by the device's own clock, inputs on the device; those of
networks are whole runs with copies of inputs and outputs, of both. A ratio is Treadle's time over the peer's, medians
of runs that take turns. Prints text and writes it to FILE.

--small: sizes that a simulated device gets through, to try the script itself. --only: what has NAME in its name; what was
not prepared is not run.
"""
import argparse
import json
import pathlib
import statistics
import sys
import tempfile
import time

import numpy as np
import runtimes

PRODUCTS = {"full": [(8192, 8192, 8192), (4096, 4096, 4096), (1024, 1024, 1024), (8192, 1024, 4096)],
            "small": [(128, 128, 64)]}  # M, N, K
ATTENTIONS = {"full": [(16, 4096, 128), (8, 4096, 128), (16, 16384, 128)], "small": [(1, 128, 64)]}  # heads, length, width of a head
NETWORKS = {"full": ["resnet50-f32", "resnet50-f16", "encoder-f32", "encoder-f16", "unet-f32", "unet-f16"], "small": ["unet-f32", "unet-f16"]}
TOKENS = {"full": 128, "small": 16}


def seeded(*shape, seed):
    return (np.random.default_rng(seed).standard_normal(shape, np.float32) / 2).astype(np.float16)


def product_inputs(m, n, k):
    return {"a": seeded(m, k, seed=1), "b": seeded(k, n, seed=2)}


def attention_inputs(heads, length, depth):
    return {name: seeded(1, heads, length, depth, seed=seed) for seed, name in enumerate("qkv")}


def network_inputs(name, tokens):
    """name: "encoder-f16"."""
    rng, (network, kind) = np.random.default_rng(3), name.split("-")
    if network == "encoder":
        return {"ids": rng.integers(0, 30000, (1, tokens))}
    shapes = {"unet": {"x": (1, 4, 32, 32), "embedding": (1, 64)}, "resnet50": {"input": (1, 3, 224, 224)}}[network]
    return {key: rng.standard_normal(shape, np.float32).astype({"f32": np.float32, "f16": np.float16}[kind]) for key, shape in shapes.items()}


# ---- prepare -----------------------------------------------------------------------------------------------

def save(folder, name, nodes, inputs, output, constants=()):
    """A model all of whose values are f16; nodes: (type, inputs, output, attributes)."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    infos = [helper.make_tensor_value_info(value, TensorProto.FLOAT16, shape) for value, shape in [*inputs.items(), ("y", output)]]
    made = [helper.make_node(kind, operands, [result], **attributes) for kind, operands, result, attributes in nodes]
    weights = [numpy_helper.from_array(value, key) for key, value in constants]
    graph = helper.make_graph(made, name, infos[:-1], infos[-1:], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / f"{name}.onnx")
    return folder / f"{name}.onnx"


def save_product(folder, m, n, k):
    return save(folder, f"product-{m}x{n}x{k}", [("MatMul", ["a", "b"], "y", {})], {"a": [m, k], "b": [k, n]}, [m, n])


def save_attention(folder, heads, length, depth):
    """As exporters write it."""
    shape = [1, heads, length, depth]
    nodes = [("Transpose", ["k"], "turned", {"perm": [0, 1, 3, 2]}), ("MatMul", ["q", "turned"], "scores", {}),
             ("Mul", ["scores", "scale"], "scaled", {}), ("Softmax", ["scaled"], "weights", {"axis": -1}),
             ("MatMul", ["weights", "v"], "y", {})]
    return save(folder, f"attention-{heads}x{length}x{depth}", nodes, dict.fromkeys("qkv", shape), shape,
                [("scale", np.float16(depth ** -0.5))])


def save_network(folder, name):
    import make_models
    network, kind = name.split("-")
    path = make_models.MODELS[network](folder / f"{name}.onnx")
    return path if kind == "f32" else make_models.narrow(path, kind)


def prepare(folder, size, only, targets):
    folder.mkdir(parents=True, exist_ok=True)
    compiler = runtimes.BUILD / "bin" / "treadle"
    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary)
        models = [save_product(temporary, *shape) for shape in PRODUCTS[size]]
        models += [save_attention(temporary, *shape) for shape in ATTENTIONS[size]]
        models += [save_network(temporary, name) for name in NETWORKS[size] if only in name]
        for model in (model for model in models if only in model.stem):
            runtimes.command([compiler, "compile", model, "-o", folder / f"{model.stem}.tdl", "--target", targets])
            print(f"{model.stem}.tdl: {(folder / f'{model.stem}.tdl').stat().st_size / 2**20:.1f} MiB")
            if model.stem in NETWORKS[size]:
                reference, inputs = runtimes.Treadle(), network_inputs(model.stem, TOKENS[size])
                reference.load(reference.convert(model, inputs, temporary), inputs, threads=0)
                reference.run()
                np.savez_compressed(folder / f"{model.stem}.npz", *reference.results())
    (folder / "size").write_text(size)


# ---- run ---------------------------------------------------------------------------------------------------

def load(path, inputs, devices):
    """The program on each of the devices that it has code for, by the device's name."""
    programs = {}
    for device in devices:
        program = runtimes.Treadle()
        try:
            program.load(path, inputs, threads=0, device=device)
        except runtimes.Failed as failed:
            if "compile the model with --target" not in str(failed):
                raise
            continue
        programs[device] = program
    return programs


def kernel_seconds(program):
    """Of all steps of one run, by the device's clock."""
    return sum(event["dur"] for event in json.loads(program.trace())["traceEvents"]) * 1e-6


def whole_seconds(program):
    begin = time.perf_counter()
    program.run()
    return time.perf_counter() - begin


def torch_kernel_seconds(torch, call):
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    call()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) * 1e-3


def measure(timers, rounds=30, warm=5):
    """The median of each, taking turns."""
    times = {name: [] for name in timers}
    for number in range(rounds + warm):
        for name, timer in timers.items():
            seconds = timer()
            if number >= warm:
                times[name].append(seconds)
    return {name: statistics.median(values) for name, values in times.items()}


class Report:
    def __init__(self, path):
        self.lines, self.path, self.wrong = [], path, 0

    def __call__(self, line=""):
        print(line, flush=True)
        self.lines.append(line)
        if self.path:
            self.path.write_text("\n".join(self.lines) + "\n")

    def check(self, name, device, results, expected, allowed):
        """Differences over the scale of what is expected."""
        worst = max(float(np.abs(got.astype(np.float64) - want.astype(np.float64)).max() / max(np.abs(want).max(), 1e-30))
                    for got, want in zip(results, expected, strict=True))
        bad = not worst <= allowed
        self.wrong += bad
        self(f"  {name} on {device}: differs by {worst:.1e} of its scale, {allowed:.0e} allowed{'  WRONG' if bad else ''}")

    def times(self, name, times, flops):
        own = times["treadle"]
        rate = f", {flops / own / 1e12:.1f} TFLOP/s" if flops else ""
        peers = ", ".join(f"{own / seconds:.2f} of {peer}'s {seconds * 1e3:.3f} ms" for peer, seconds in times.items() if peer != "treadle")
        self(f"  {name}: {own * 1e3:.3f} ms{rate}; {peers or 'no peer'}")


def products(report, torch, folder, devices, size):
    report("Products of f16, sums of f32 (cuBLAS is PyTorch's; Triton is what torch.compile's max-autotune finds)")
    for m, n, k in PRODUCTS[size]:
        name, inputs = f"product-{m}x{n}x{k}", product_inputs(m, n, k)
        if not (folder / f"{name}.tdl").exists():
            continue
        if torch.cuda.is_available():
            a, b = (torch.from_numpy(x).cuda() for x in inputs.values())
            expected = (a.float() @ b.float()).cpu().numpy()
        else:
            expected = inputs["a"].astype(np.float32) @ inputs["b"].astype(np.float32)
        for device, program in load(folder / f"{name}.tdl", inputs, devices).items():
            program.run()
            report.check(name, device, program.results(), [expected], 2e-3)
            timers = {"treadle": lambda: kernel_seconds(program)}
            if torch.cuda.is_available():
                tuned = torch.compile(torch.matmul, mode="max-autotune-no-cudagraphs")
                timers["cuBLAS"] = lambda: torch_kernel_seconds(torch, lambda: a @ b)
                timers["Triton"] = lambda: torch_kernel_seconds(torch, lambda: tuned(a, b))
            report.times(f"{name} on {device}", measure(timers, *((30, 5) if size == "full" else (1, 0))), 2.0 * m * n * k)


def attentions(report, torch, folder, devices, size):
    report("Attention of f16 (FlashAttention is PyTorch's flash backend)")
    for heads, length, depth in ATTENTIONS[size]:
        name = f"attention-{heads}x{length}x{depth}"
        if not (folder / f"{name}.tdl").exists():
            continue
        inputs = attention_inputs(heads, length, depth)
        q, k, v = (torch.from_numpy(x).to("cuda" if torch.cuda.is_available() else "cpu") for x in inputs.values())
        attend = torch.nn.functional.scaled_dot_product_attention
        # Few heads at a time: the plain backend holds all scores.
        expected = np.concatenate([attend(*(x[:, h:h + 1].float() for x in (q, k, v))).cpu().numpy() for h in range(heads)], 1)
        for device, program in load(folder / f"{name}.tdl", inputs, devices).items():
            program.run()
            report.check(name, device, program.results(), [expected], 2e-3)
            timers = {"treadle": lambda: kernel_seconds(program)}
            if torch.cuda.is_available():
                def flash():
                    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.FLASH_ATTENTION):
                        attend(q, k, v)
                timers["FlashAttention"] = lambda: torch_kernel_seconds(torch, flash)
            flops = 4.0 * heads * length ** 2 * depth
            report.times(f"{name} on {device}", measure(timers, *((20, 3) if size == "full" else (1, 0))), flops)


def torch_network(torch, name):
    """The same sizes in PyTorch, weights of its own."""
    if name == "resnet50":
        import torchvision
        return torchvision.models.resnet50()
    if name == "encoder":
        layer = torch.nn.TransformerEncoderLayer(384, 12, 1536, activation="gelu", batch_first=True)
        return torch.nn.Sequential(torch.nn.Embedding(30522, 384), torch.nn.TransformerEncoder(layer, 6))
    return None


def networks(report, torch, folder, devices, size):
    report("Networks, whole runs (torch.compile: max-autotune, f32 as it comes)")
    for name in NETWORKS[size]:
        if not (folder / f"{name}.tdl").exists():
            continue
        inputs = network_inputs(name, TOKENS[size])
        with np.load(folder / f"{name}.npz") as file:
            expected = [file[key] for key in file.files]
        for device, program in load(folder / f"{name}.tdl", inputs, devices).items():
            program.run()
            report.check(name, device, program.results(), expected, 1e-4 if name.endswith("f32") else 2e-2)
            timers = {"treadle": lambda: whole_seconds(program)}
            if torch.cuda.is_available() and (network := torch_network(torch, name.split("-")[0])):
                network = network.eval().cuda().to(torch.float32 if name.endswith("f32") else torch.float16)
                compiled = torch.compile(network, mode="max-autotune")
                host = [torch.from_numpy(x) for x in inputs.values()]
                def whole():
                    begin = time.perf_counter()
                    with torch.inference_mode():
                        compiled(*(x.cuda() for x in host)).cpu()
                    return time.perf_counter() - begin
                timers["torch.compile"] = whole
            report.times(f"{name} on {device}", measure(timers, *((50, 10) if size == "full" else (1, 0))), None)


def run(folder, out):
    import torch
    report, size = Report(out), (folder / "size").read_text()
    present = runtimes.Treadle.devices()
    devices = [name for name in ("cuda:0", "vulkan:0") if name in present]
    report(f"{time.strftime('%Y-%m-%d')}; treadle {runtimes.Treadle.version()}, PyTorch {torch.__version__}")
    for name, description in present.items():
        report(f"  {name}: {description}")
    if not devices:
        sys.exit("there is no device of CUDA or Vulkan")
    for part in (products, attentions, networks):
        report()
        part(report, torch, folder, devices, size)
    report()
    report(f"{report.wrong} results were wrong")
    sys.exit(1 if report.wrong else 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["prepare", "run"])
    parser.add_argument("folder", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--only", default="", metavar="NAME")
    parser.add_argument("--targets", default="cuda,vulkan:gpu", metavar="LIST", help="fewer make smaller files (default: %(default)s)")
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE")
    arguments = parser.parse_args()
    if arguments.what == "prepare":
        prepare(arguments.folder, "small" if arguments.small else "full", arguments.only, arguments.targets)
    else:
        run(arguments.folder, arguments.out)


if __name__ == "__main__":
    main()
