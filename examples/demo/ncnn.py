# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ncnn.py - reads a network in ncnn's format and writes it as ONNX.

The super-resolution network reaches package registries in this format only. It is two files. The .param file is
text: a magic number, the counts of layers and blobs, then a layer a line,

    Convolution  Conv_0  1 1  data 54  0=64 1=3 4=1 5=1 6=1728
    type         name    in out  blobs   parameters by number

The .bin file holds the weights in the order of the layers. (ncnn wiki: "param and model file structure",
"operation param weight table".) Layers that this network does not have are refused by name.
"""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

MAGIC = "7767517"
HALF = 0x01306B47  # the mark of weights stored as float16


class Weights:
    """The .bin file, read from front to back."""

    def __init__(self, data):
        self.rest = memoryview(data)

    def take(self, dtype, count):
        size = np.dtype(dtype).itemsize * count
        if size > len(self.rest):
            raise ValueError("the .bin file is too short for the .param file")
        array = np.frombuffer(self.rest[:size], dtype)
        self.rest = self.rest[(size + 3) // 4 * 4:]
        return array

    def floats(self, count):
        return self.take("<f4", count)

    def marked(self, count):
        """An array that is preceded by how it is stored."""
        mark = int(self.take("<u4", 1)[0])
        if mark not in (0, HALF):
            raise ValueError(f"weights stored in the way {mark:#x} are not read")
        return self.take("<f2", count).astype(np.float32) if mark else self.floats(count)


class Graph:
    """The ONNX graph that grows layer by layer."""

    def __init__(self, weights):
        self.weights, self.nodes, self.initializers = weights, [], []
        self.names = {}  # blob -> ONNX value, where they differ: Split gives a blob further names

    def constant(self, name, array):
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(self, layer, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], name=layer, **attributes))

    # One method a type of layer: (name, input blobs, output blobs, parameters).

    def Split(self, layer, inputs, outputs, p):
        self.names.update(dict.fromkeys(outputs, inputs[0]))

    def Convolution(self, layer, inputs, outputs, p):
        filters, size, pad, stride, dilation = p[0], int(p[1]), int(p.get(4, 0)), int(p.get(3, 1)), int(p.get(2, 1))
        filters, count = int(filters), int(p[6])
        taps = self.weights.marked(count).reshape(filters, count // (filters * size * size), size, size)
        operands = [inputs[0], self.constant(f"{layer}.weight", taps)]
        if p.get(5):
            operands.append(self.constant(f"{layer}.bias", self.weights.floats(filters)))
        self.node(layer, "Conv", operands, outputs[0], kernel_shape=[size, size], pads=[pad] * 4,
                  strides=[stride, stride], dilations=[dilation, dilation])

    def PReLU(self, layer, inputs, outputs, p):
        slope = self.weights.floats(int(p[0])).reshape(-1, 1, 1)
        self.node(layer, "PRelu", [inputs[0], self.constant(f"{layer}.slope", slope)], outputs[0])

    def PixelShuffle(self, layer, inputs, outputs, p):
        self.node(layer, "DepthToSpace", inputs, outputs[0], blocksize=int(p[0]), mode="CRD")

    def Interp(self, layer, inputs, outputs, p):
        if p[0] != 1:
            raise ValueError(f"layer {layer}: only nearest-neighbour interpolation is read")
        scales = self.constant(f"{layer}.scales", np.array([1, 1, p[1], p[2]], np.float32))
        self.node(layer, "Resize", [inputs[0], "", scales], outputs[0], mode="nearest", nearest_mode="floor",
                  coordinate_transformation_mode="asymmetric")

    def BinaryOp(self, layer, inputs, outputs, p):
        if p.get(0, 0) != 0 or len(inputs) != 2:
            raise ValueError(f"layer {layer}: of the BinaryOps only the sum of two blobs is read")
        self.node(layer, "Add", inputs, outputs[0])


def layers(param):
    """(type, name, input blobs, output blobs, parameters) of each line."""
    magic, _, *lines = param.split("\n")
    if magic.strip() != MAGIC:
        raise ValueError("this is no .param file of ncnn's")
    for line in filter(None, map(str.split, lines)):
        kind, name, inputs, outputs, *words = line
        blobs, words = words[:int(inputs) + int(outputs)], words[int(inputs) + int(outputs):]
        parameters = {int(key): float(value) for key, value in (word.split("=") for word in words)}
        yield kind, name, blobs[:int(inputs)], blobs[int(inputs):], parameters


def to_onnx(param, weights):
    """The network as an ONNX model: one picture in, any height and width, values from 0 to 1."""
    graph, image, last = Graph(Weights(weights)), None, None
    for kind, name, inputs, outputs, parameters in layers(param):
        if kind == "Input":
            image = outputs[0]
            continue
        if kind.startswith("_") or not hasattr(Graph, kind):
            raise ValueError(f"layer {name}: the type {kind} is not read")
        getattr(graph, kind)(name, [graph.names.get(i, i) for i in inputs], outputs, parameters)
        last = outputs[0]
    if len(graph.weights.rest):
        raise ValueError(f"{len(graph.weights.rest)} bytes of the .bin file belong to no layer")
    picture = helper.make_tensor_value_info(image, TensorProto.FLOAT, [1, 3, "height", "width"])
    result = helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, 3, None, None])
    return helper.make_model(helper.make_graph(graph.nodes, "super-resolution", [picture], [result], graph.initializers),
                             opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
