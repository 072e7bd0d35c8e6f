# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""make_models.py - networks to measure, with random weights from a seed: the same files everywhere, no download.

    python bench/make_models.py [--type f16|bf16] DIR [NAME ..]

    resnet50   ResNet-50 (He et al. 2015), batch normalisation as exported before it is folded: 1x3x224x224
    encoder    six transformer layers (Vaswani et al. 2017) as in MiniLM: d 384, 12 heads, feed-forward 1536,
               token ids of [batch, sequence]
    superres   4x super-resolution as in Real-ESRGAN's SRVGG: 16 3x3 convolutions of 48 channels, PReLU, pixel
               shuffle: 1x3x180x320 -> 1x3x720x1280
    unet       a small denoising U-Net as diffusion models have (Ho et al. 2020): residual blocks with group
               normalisation and the time step, attention at the bottom, 1x4x32x32 and a step to 1x4x32x32
"""
import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Network:
    """A graph under construction: ops by name, weights from the seed, scaled so that values neither grow nor fade."""

    def __init__(self, name, seed=1):
        self.name, self.rng, self.nodes, self.weights, self.inputs, self.count = name, np.random.default_rng(seed), [], [], [], 0

    def input(self, name, shape, kind=TensorProto.FLOAT):
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def constant(self, array):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def random(self, *shape, inputs=1):
        """Normal, of variance 1 / inputs."""
        return self.constant((self.rng.standard_normal(shape, np.float32) / np.float32(inputs) ** 0.5).astype(np.float32))

    def op(self, kind, *operands, results=1, **attributes):
        self.count += 1
        names = [f"{kind.lower()}_{self.count}" + (f"_{r}" if results > 1 else "") for r in range(results)]
        self.nodes.append(helper.make_node(kind, operands, names, f"/{self.name}/{kind}_{self.count}", **attributes))
        return names[0] if results == 1 else names

    def conv(self, x, channels, filters, size=1, stride=1, bias=True):
        """Padded so that only the stride changes the size."""
        operands = [x, self.random(filters, channels, size, size, inputs=channels * size * size / 2)]
        if bias:
            operands.append(self.constant(np.zeros(filters, np.float32)))
        return self.op("Conv", *operands, kernel_shape=[size] * 2, strides=[stride] * 2, pads=[size // 2] * 4)

    def normalize(self, x, channels):
        """Batch normalisation."""
        near = lambda center: self.constant((center + 0.1 * self.rng.random(channels, np.float32)).astype(np.float32))
        return self.op("BatchNormalization", x, near(0.9), near(0), near(0), near(0.9), epsilon=1e-5)

    def linear(self, x, inputs, outputs):
        product = self.op("MatMul", x, self.random(inputs, outputs, inputs=inputs))
        return self.op("Add", product, self.random(outputs, inputs=1e4))

    def layer_norm(self, x, size):
        return self.op("LayerNormalization", x, self.constant(np.ones(size, np.float32)), self.constant(np.zeros(size, np.float32)), axis=-1)

    def save(self, path, *outputs):
        """outputs: (value, shape)."""
        infos = [helper.make_tensor_value_info(v, TensorProto.FLOAT, shape) for v, shape in outputs]
        graph = helper.make_graph(self.nodes, self.name, self.inputs, infos, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="treadle-bench")
        onnx.checker.check_model(model)
        onnx.save(model, path)
        return path


def resnet50(path):
    net = Network("resnet50")

    def unit(x, channels, filters, size, stride=1, relu=True):
        y = net.normalize(net.conv(x, channels, filters, size, stride, bias=False), filters)
        return net.op("Relu", y) if relu else y

    x = unit(net.input("input", [1, 3, 224, 224]), 3, 64, 7, 2)
    x, channels = net.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), 64
    for stage, (width, blocks) in enumerate([(64, 3), (128, 4), (256, 6), (512, 3)]):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            y = unit(unit(x, channels, width, 1), width, width, 3, stride)
            y = unit(y, width, 4 * width, 1, relu=False)
            if not block:
                x = unit(x, channels, 4 * width, 1, stride, relu=False)
            # A small step on the sum, as in a trained network, or random weights would grow it with every block.
            y = net.op("Mul", y, net.constant(np.float32(0.3)))
            x, channels = net.op("Relu", net.op("Add", x, y)), 4 * width
    x = net.op("Flatten", net.op("GlobalAveragePool", x))
    x = net.op("Gemm", x, net.random(1000, 2048, inputs=2048), net.random(1000), transB=1)
    return net.save(path, (x, [1, 1000]))


def encoder(path, layers=6, size=384, heads=12, inner=1536, words=30522):
    net = Network("encoder")
    ids = net.input("ids", ["batch", "sequence"], TensorProto.INT64)
    shape = net.constant(np.array([0, 0, heads, size // heads], np.int64))
    merged = net.constant(np.array([0, 0, size], np.int64))
    scale = net.constant(np.float32((size // heads) ** -0.5))
    half, one, root = (net.constant(np.float32(v)) for v in (0.5, 1, 2 ** 0.5))
    x = net.layer_norm(net.op("Gather", net.random(words, size), ids), size)
    for _ in range(layers):
        split = lambda perm: net.op("Transpose", net.op("Reshape", net.linear(x, size, size), shape), perm=perm)
        q, k, v = split([0, 2, 1, 3]), split([0, 2, 3, 1]), split([0, 2, 1, 3])
        weights = net.op("Softmax", net.op("Mul", net.op("MatMul", q, k), scale), axis=-1)
        y = net.op("Reshape", net.op("Transpose", net.op("MatMul", weights, v), perm=[0, 2, 1, 3]), merged)
        x = net.layer_norm(net.op("Add", x, net.linear(y, size, size)), size)
        y = net.linear(x, size, inner)
        erf = net.op("Add", net.op("Erf", net.op("Div", y, root)), one)  # GELU as exporters write it
        y = net.op("Mul", net.op("Mul", y, erf), half)
        x = net.layer_norm(net.op("Add", x, net.linear(y, inner, size)), size)
    return net.save(path, (x, ["batch", "sequence", size]))


def superres(path, channels=48, layers=16):
    net = Network("superres")
    image = net.input("image", [1, 3, 180, 320])
    prelu = lambda x: net.op("PRelu", x, net.constant(np.full((channels, 1, 1), 0.2, np.float32)))
    x = prelu(net.conv(image, 3, channels, 3))
    for _ in range(layers):
        x = prelu(net.conv(x, channels, channels, 3))
    x = net.op("DepthToSpace", net.conv(x, channels, 48, 3), blocksize=4, mode="CRD")
    base = net.op("Resize", image, "", net.constant(np.array([1, 1, 4, 4], np.float32)), mode="nearest",
                  coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    return net.save(path, (net.op("Add", x, base), [1, 3, 720, 1280]))


def unet(path, channels=64, size=32):
    net = Network("unet")
    embedding = net.input("embedding", [1, channels])

    def norm(x, width, height):
        """Group normalisation of 8 groups, as it is exported."""
        shape = net.constant(np.array([1, 8, -1], np.int64))
        ones = net.constant(np.ones(8, np.float32)), net.constant(np.zeros(8, np.float32))
        flat = net.op("InstanceNormalization", net.op("Reshape", x, shape), *ones, epsilon=1e-5)
        back = net.op("Reshape", flat, net.constant(np.array([1, width, height, height], np.int64)))
        scaled = net.op("Mul", back, net.constant(np.ones((width, 1, 1), np.float32)))
        return net.op("Add", scaled, net.random(width, 1, 1, inputs=1e4))

    def silu(x):
        return net.op("Mul", x, net.op("Sigmoid", x))

    def block(x, before, after, height):
        inner = net.conv(silu(norm(x, before, height)), before, after, 3)
        step = net.linear(silu(embedding), channels, after)
        inner = net.op("Add", inner, net.op("Reshape", step, net.constant(np.array([1, after, 1, 1], np.int64))))
        inner = net.conv(silu(norm(inner, after, height)), after, after, 3)
        return net.op("Add", inner, x if before == after else net.conv(x, before, after))

    def attend(x, width, height):
        rows = net.constant(np.array([1, width, -1], np.int64))
        tokens = net.op("Transpose", net.op("Reshape", norm(x, width, height), rows), perm=[0, 2, 1])
        q, k, v = (net.linear(tokens, width, width) for _ in range(3))
        scores = net.op("Mul", net.op("MatMul", q, net.op("Transpose", k, perm=[0, 2, 1])), net.constant(np.float32(width ** -0.5)))
        mixed = net.linear(net.op("MatMul", net.op("Softmax", scores, axis=-1), v), width, width)
        back = net.op("Reshape", net.op("Transpose", mixed, perm=[0, 2, 1]), net.constant(np.array([1, width, height, height], np.int64)))
        return net.op("Add", x, back)

    first = net.conv(net.input("x", [1, 4, size, size]), 4, channels, 3)
    upper = block(first, channels, channels, size)
    lower = block(net.conv(upper, channels, channels, 3, stride=2), channels, 2 * channels, size // 2)
    lower = block(attend(lower, 2 * channels, size // 2), 2 * channels, 2 * channels, size // 2)
    scales = net.constant(np.array([1, 1, 2, 2], np.float32))
    raised = net.conv(net.op("Resize", lower, "", scales, mode="nearest"), 2 * channels, channels, 3)
    joined = block(net.op("Concat", raised, upper, axis=1), 2 * channels, channels, size)
    y = net.conv(silu(norm(joined, channels, size)), channels, 4, 3)
    return net.save(path, (y, [1, 4, size, size]))


def narrow(path, kind):
    """The model with values and weights of another type: "f16" or "bf16"."""
    model, element = onnx.load(path), {"f16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16}[kind]
    graph, bits = model.graph, helper.tensor_dtype_to_np_dtype(element)
    scales = {node.input[2] for node in graph.node if node.op_type == "Resize"}  # always f32
    for weight in graph.initializer:
        if weight.data_type == TensorProto.FLOAT and weight.name not in scales:
            weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight).astype(bits), weight.name))
    for value in [*graph.input, *graph.output]:
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            value.type.tensor_type.elem_type = element
    onnx.save(model, path)
    return path


MODELS = {"resnet50": resnet50, "encoder": encoder, "superres": superres, "unet": unet}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, metavar="DIR")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MODELS)}; default: all")
    parser.add_argument("--type", choices=["f32", "f16", "bf16"], default="f32", help="of values and weights")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or MODELS:
        if name not in MODELS:
            parser.error(f"there is no model {name}; known: {', '.join(MODELS)}")
        path = MODELS[name](arguments.folder / f"{name}.onnx")
        print(path if arguments.type == "f32" else narrow(path, arguments.type))


if __name__ == "__main__":
    main()
