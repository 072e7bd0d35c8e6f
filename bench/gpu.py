# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""gpu.py - CUDA and Vulkan on a real device: right first, then how fast beside cuBLAS, PyTorch, Triton and FlashAttention.

    python bench/gpu.py prepare DIR [--small] [--only LIST] [--targets LIST]     on any machine: compiles what is measured
    python bench/gpu.py run DIR [--only LIST] [--device NAME] [--peers WHICH] [--out FILE]   where the device is: needs libtreadle.so, NumPy, PyTorch

What `prepare` makes is all that `run` needs besides this folder and the library (TREADLE_BUILD says where it is).
Small networks have their results from the CPU with them, products and attention are checked against PyTorch in f32.
Times of products and attention are those of the kernels, by the device's own clock, inputs on the device; those of
networks are whole runs with copies of inputs and outputs, of both. A ratio is Treadle's time over the peer's, medians
of runs that take turns. Prints text and writes it to FILE.

--small: sizes that a simulated device gets through, to try the script itself. --only: what has one of these in its name,
as in product,attention,unet-f16; what was not prepared is not run. --peers: all, quick (not those that look for their best
kernels first, which takes minutes) or none.
"""
import argparse
import functools
import json
import pathlib
import statistics
import sys
import tempfile
import time

import numpy as np
import runtimes

PRODUCTS = {"full": [(8192, 8192, 8192, "bf16"), (8192, 8192, 8192, "f16"), (4096, 4096, 4096, "f16"), (1024, 1024, 1024, "f16"),
                     (8192, 1024, 4096, "f16")],
            "small": [(128, 128, 64, "f16"), (128, 128, 128, "bf16")]}  # M, N, K
ATTENTIONS = {"full": [(16, 4096, 128, False), (16, 4096, 128, True), (8, 4096, 128, False), (16, 16384, 128, False), (16, 16384, 128, True)],
              "small": [(1, 128, 64, False), (1, 128, 64, True)]}  # heads, length, width of a head, causal
NETWORKS = {"full": ["resnet50-f32", "resnet50-f16", "encoder-f32", "encoder-f16", "unet-f32", "unet-f16"], "small": ["unet-f32", "unet-f16"]}
TOKENS = {"full": 128, "small": 16}


def seeded(*shape, seed, kind="f16"):
    values = np.random.default_rng(seed).standard_normal(shape, np.float32) / 2
    if kind == "f16":
        return values.astype(np.float16)
    import ml_dtypes
    return values.astype(ml_dtypes.bfloat16)


def is_wanted(name, only):
    return any(part in name for part in only.split(","))


def product_name(m, n, k, kind):
    return f"product-{m}x{n}x{k}-{kind}"


def attention_name(heads, length, depth, causal):
    return f"attention-{heads}x{length}x{depth}{'-causal' if causal else ''}"


def product_inputs(m, n, k, kind):
    return {"a": seeded(m, k, seed=1, kind=kind), "b": seeded(k, n, seed=2, kind=kind)}


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

def save(folder, name, nodes, inputs, output, kind="f16", opset=17):
    """A model all of whose values are of a kind; nodes: (type, inputs, output, attributes)."""
    import onnx
    from onnx import TensorProto, helper
    element = {"f16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16}[kind]
    infos = [helper.make_tensor_value_info(value, element, shape) for value, shape in [*inputs.items(), ("y", output)]]
    made = [helper.make_node(type, operands, [result], **attributes) for type, operands, result, attributes in nodes]
    graph = helper.make_graph(made, name, infos[:-1], infos[-1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10), folder / f"{name}.onnx")
    return folder / f"{name}.onnx"


def save_product(folder, m, n, k, kind):
    return save(folder, product_name(m, n, k, kind), [("MatMul", ["a", "b"], "y", {})], {"a": [m, k], "b": [k, n]}, [m, n], kind)


def save_attention(folder, heads, length, depth, causal):
    shape = [1, heads, length, depth]
    nodes = [("Attention", ["q", "k", "v"], "y", {"is_causal": int(causal)})]
    return save(folder, attention_name(heads, length, depth, causal), nodes, dict.fromkeys("qkv", shape), shape, opset=23)


def coarse(path):
    """The model with weights of 4 different values each, scattered as before: what has to travel packs well."""
    import onnx
    from onnx import numpy_helper
    model = onnx.load(path)
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype.kind == "f" and values.size > 4096:
            step = np.std(values, dtype=np.float64) or 1.0
            levels = np.clip(np.floor(values.astype(np.float32) / step), -2, 1) + 0.5
            weight.CopyFrom(numpy_helper.from_array((levels * step).astype(values.dtype), weight.name))
    onnx.save(model, path)
    return path


def save_network(folder, name):
    import make_models
    network, kind = name.split("-")
    path = make_models.MODELS[network](folder / f"{name}.onnx")
    return coarse(path if kind == "f32" else make_models.narrow(path, kind))


def prepare(folder, size, only, targets):
    folder.mkdir(parents=True, exist_ok=True)
    compiler = runtimes.BUILD / "bin" / "treadle"
    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary)
        models = [save_product(temporary, *shape) for shape in PRODUCTS[size]]
        models += [save_attention(temporary, *shape) for shape in ATTENTIONS[size]]
        models += [save_network(temporary, name) for name in NETWORKS[size] if is_wanted(name, only)]
        for model in (model for model in models if is_wanted(model.stem, only)):
            sizes = ["--dim", "batch=1", "--dim", f"sequence={TOKENS[size]}"] if model.stem.startswith("encoder") else []
            runtimes.command([compiler, "compile", model, "-o", folder / f"{model.stem}.tdl", "--target", targets, *sizes])
            print(f"{model.stem}.tdl: {(folder / f'{model.stem}.tdl').stat().st_size / 2**20:.1f} MiB")
            if model.stem in NETWORKS[size]:
                reference, inputs = runtimes.Treadle(), network_inputs(model.stem, TOKENS[size])
                reference.load(reference.convert(model, inputs, temporary), inputs, threads=0)
                reference.run()
                np.savez_compressed(folder / f"{model.stem}.npz", *reference.results())
    (folder / "size").write_text(size)


# ---- run ---------------------------------------------------------------------------------------------------

def load(report, path, inputs, devices):
    """The program on each of the devices that it has code for, by the device's name."""
    programs = {}
    for device in devices:
        program = runtimes.Treadle()
        try:
            program.load(path, inputs, threads=0, device=device)
        except runtimes.Failed as failed:
            if "compile the model with --target" not in str(failed):
                raise
            report(f"  {failed}")
            continue
        programs[device] = program
    return programs


def kernel_seconds(program):
    """Of all steps of one run, by the device's clock."""
    return sum(event["dur"] for event in json.loads(program.trace())["traceEvents"]) * 1e-6


def steps(program):
    """Steps of a run by name, those that take longest first: (name and count, seconds)."""
    times = {}
    for event in json.loads(program.trace())["traceEvents"]:
        times.setdefault(event["name"], []).append(event["dur"] * 1e-6)
    named = [(f"{name} ({len(each)})", sum(each)) for name, each in times.items()]
    return sorted(named, key=lambda entry: -entry[1])


def whole_seconds(program):
    begin = time.perf_counter()
    program.run()
    return time.perf_counter() - begin


def torch_kernel_seconds(torch, call):
    """The device sleeps until all has been handed to it, so that it waits for nothing in between."""
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    torch.cuda._sleep(400_000)  # cycles
    begin.record()
    call()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) * 1e-3


def torch_whole_seconds(torch, network, host):
    begin = time.perf_counter()
    with torch.inference_mode():
        network(*(x.cuda() for x in host)).cpu()
    return time.perf_counter() - begin


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

    def end(self):
        self(f"{self.wrong} results were wrong or missing")
        sys.exit(1 if self.wrong else 0)

    def times(self, name, times, flops):
        own = times["treadle"]
        rate = f", {flops / own / 1e12:.1f} TFLOP/s" if flops else ""
        peers = ", ".join(f"{own / seconds:.2f} of {peer}'s {seconds * 1e3:.3f} ms" for peer, seconds in times.items() if peer != "treadle")
        self(f"  {name}: {own * 1e3:.3f} ms{rate}; {peers or 'no peer'}")


def to_torch(torch, array):
    """Where PyTorch computes."""
    tensor = torch.from_numpy(array.view(np.uint16)).view(torch.bfloat16) if str(array.dtype) == "bfloat16" else torch.from_numpy(array)
    return tensor.to("cuda" if torch.cuda.is_available() else "cpu")


def products(report, torch, folder, names, devices, size, peers):
    report("Products, sums of f32 (cuBLAS is PyTorch's; Triton is what torch.compile's max-autotune finds)")
    for shape in PRODUCTS[size]:
        name, (m, n, k, kind) = product_name(*shape), shape
        if name not in names:
            continue
        inputs = product_inputs(*shape)
        a, b = (to_torch(torch, x) for x in inputs.values())
        expected = (a.float() @ b.float()).cpu().numpy()
        for device, program in load(report, folder / f"{name}.tdl", inputs, devices).items():
            program.run()
            report.check(name, device, program.results(), [expected], 2e-3 if kind == "f16" else 1e-2)
            timers = {"treadle": lambda: kernel_seconds(program)}
            if torch.cuda.is_available() and peers != "none":
                timers["cuBLAS"] = lambda: torch_kernel_seconds(torch, lambda: a @ b)
                if peers == "all":
                    tuned = torch.compile(torch.matmul, mode="max-autotune-no-cudagraphs")
                    timers["Triton"] = lambda: torch_kernel_seconds(torch, lambda: tuned(a, b))
            report.times(f"{name} on {device}", measure(timers, *((20, 5) if size == "full" else (1, 0))), 2.0 * m * n * k)
            program.close()


def attentions(report, torch, folder, names, devices, size, peers):
    report("Attention of f16 (FlashAttention is PyTorch's flash backend; causal: half of the FLOPs)")
    for shape in ATTENTIONS[size]:
        name, (heads, length, depth, causal) = attention_name(*shape), shape
        if name not in names:
            continue
        inputs = attention_inputs(heads, length, depth)
        q, k, v = (to_torch(torch, x) for x in inputs.values())
        def attend(q, k, v):
            return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
        # Few heads at a time: the plain backend holds all scores.
        expected = np.concatenate([attend(*(x[:, h:h + 1].float() for x in (q, k, v))).cpu().numpy() for h in range(heads)], 1)
        for device, program in load(report, folder / f"{name}.tdl", inputs, devices).items():
            program.run()
            report.check(name, device, program.results(), [expected], 2e-3)
            timers = {"treadle": lambda: kernel_seconds(program)}
            if torch.cuda.is_available() and peers != "none":
                def flash():
                    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.FLASH_ATTENTION):
                        attend(q, k, v)
                timers["FlashAttention"] = lambda: torch_kernel_seconds(torch, flash)
            flops = 4.0 * heads * length ** 2 * depth / (2 if causal else 1)
            report.times(f"{name} on {device}", measure(timers, *((20, 3) if size == "full" else (1, 0))), flops)
            program.close()


def networks(report, torch, folder, names, devices, size, peers):
    report("Networks, whole runs (torch.compile with CUDA graphs, f32 as it comes; tuned: max-autotune)")
    for name in NETWORKS[size]:
        if name not in names:
            continue
        inputs = network_inputs(name, TOKENS[size])
        with np.load(folder / f"{name}.npz") as file:
            expected = [file[key] for key in file.files]
        for device, program in load(report, folder / f"{name}.tdl", inputs, devices).items():
            program.run()
            report.check(name, device, program.results(), expected, 1e-4 if name.endswith("f32") else 2e-2)
            timers = {"treadle": lambda: whole_seconds(program)}
            if torch.cuda.is_available() and peers != "none":
                import torch_models
                network = torch_models.MODELS[name.split("-")[0]]().eval().cuda()
                network = network.to(torch.float32 if name.endswith("f32") else torch.float16)
                host = [torch.from_numpy(x) for x in inputs.values()]
                modes = {"torch.compile": "reduce-overhead"} | ({"tuned torch.compile": "max-autotune"} if peers == "all" else {})
                for peer, mode in modes.items():
                    timers[peer] = functools.partial(torch_whole_seconds, torch, torch.compile(network, mode=mode), host)
            report.times(f"{name} on {device}", measure(timers, *((50, 10) if size == "full" else (1, 0))), None)
            for step, seconds in steps(program)[:12]:
                report(f"    {seconds * 1e6:8.1f} us  {step}")
            program.close()


def run(folder, out, only, device, peers):
    import torch
    report, size = Report(out), (folder / "size").read_text()
    present = runtimes.Treadle.devices()
    devices = [name for name in ("cuda:0", "vulkan:0") if name in present and device in name]
    report(f"{time.strftime('%Y-%m-%d')}; treadle {runtimes.Treadle.version()}, PyTorch {torch.__version__}")
    for name, description in present.items():
        report(f"  {name}: {description}")
    if not devices:
        sys.exit("there is no device of CUDA or Vulkan")
    names = {path.stem for path in folder.glob("*.tdl") if is_wanted(path.stem, only)}
    for part in (products, attentions, networks):
        report()
        part(report, torch, folder, names, devices, size, peers)
    report()
    report.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["prepare", "run"])
    parser.add_argument("folder", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--only", default="", metavar="LIST")
    parser.add_argument("--targets", default="cuda,vulkan:gpu,vulkan:gpu-matrix", metavar="LIST", help="fewer make smaller files (default: %(default)s)")
    parser.add_argument("--device", default="", metavar="NAME", help="run: only on devices with this in their name")
    parser.add_argument("--peers", choices=["all", "quick", "none"], default="all")
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE")
    arguments = parser.parse_args()
    if arguments.what == "prepare":
        prepare(arguments.folder, "small" if arguments.small else "full", arguments.only, arguments.targets)
    else:
        run(arguments.folder, arguments.out, arguments.only, arguments.device, arguments.peers)


if __name__ == "__main__":
    main()
