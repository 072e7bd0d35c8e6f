//===- Passes.td - what is known is computed, what does nothing is gone -*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_PASSES_SIMPLIFY_PASSES_TD
#define TREADLE_PASSES_SIMPLIFY_PASSES_TD

include "mlir/Pass/PassBase.td"

class Simplify<string argument> : Pass<argument, "::mlir::func::FuncOp"> {
  let dependentDialects = ["::treadle::graph::GraphDialect"];
}

def FoldConstants : Simplify<"treadle-fold-constants"> {
  let summary = "Computes what depends on constants alone";
  let description = [{
    What: an op whose operands are all constants becomes its value, by the op's own reference evaluator.
    Before: any graph.
    After: no such op is left, but for those that would make constants much larger than their operands
    (a broadcast, an iota) or take too long to evaluate.
    Needs: nothing.
    Guarantees: intermediate values of a chain are not kept.
    Leaves alone: ops without operands that have a small operation to make them.
  }];
}

def DecomposeConvTranspose : Simplify<"treadle-decompose-conv-transpose"> {
  let summary = "Writes a transposed convolution as a convolution whose channels are places";
  let description = [{
    What: output places that differ by a multiple of the stride see the same part of the filter; each such
    phase is a convolution of the input. All phases are one convolution with stride^n times the channels,
    whose result is interleaved (Shi et al. 2016, "Is the deconvolution layer the same as a convolutional
    layer?").
    Before: graph.conv_transpose with a constant filter or not.
    After: graph.conv with channelsLast, a reshape, a transpose and a slice.
    Needs: nothing.
    Guarantees: no multiplication with an inserted zero but for filters whose size is no multiple of the
    stride.
    Leaves alone: those with dilations that the stride does not divide evenly; they get zeros between the
    taps first.
  }];
}

def FoldPads : Simplify<"treadle-fold-pads"> {
  let summary = "Padding with zeros before a convolution becomes the convolution's own";
  let description = [{
    What: adds the amounts of a graph.pad with constant 0 along spatial dimensions to those of the
    graph.conv that reads it.
    Before: pad, conv.
    After: conv with larger padLow and padHigh.
    Needs: amounts that are constants and not negative.
    Guarantees: the same result.
    Leaves alone: other modes, other values, pads of batch or channels.
  }];
}

def FoldAffine : Simplify<"treadle-fold-affine"> {
  let summary = "Multiplications by a constant a channel go into the weights";
  let description = [{
    What: mul(conv(x, w), s) becomes conv(x, w * s); mul(add(y, b), s) becomes add(mul(y, s), b * s); two
    constants that are added or multiplied one after another become one. The same for matmul. So a batch
    normalization after a convolution is an addition of one constant (Jacob et al. 2018, section 3.2).
    Before: floating-point chains of mul, add, sub with constants.
    After: at most one multiplication and one addition in a row, none of them a multiplication right after
    a product with constant weights.
    Needs: s to have one number, or one an output channel.
    Guarantees: equal up to rounding.
    Leaves alone: values that have another user; integers.
  }];
}

def ConvertPointwise : Simplify<"treadle-convert-pointwise"> {
  let summary = "1x1 convolutions that stand alone become matrix products";
  let description = [{
    What: a convolution of one tap, stride 1 and one group is done as a matmul of the filter with the input
    as a matrix [channel][place] where no other kind of convolution, pooling or resizing is before or after
    it in the graph.
    Before: graph.conv with channels in dimension 1.
    After: reshape, graph.matmul, reshape.
    Needs: scales and biases folded.
    Guarantees: the same sums.
    Leaves alone: images of fewer than 512 places, and numbers that are not floats.
  }];
}

def RecognizeAttention : Simplify<"treadle-recognize-attention"> {
  let summary = "Two products with a softmax between become attention";
  let description = [{
    What: matmul(softmax(s), v), where s is matmul(q, k^T) multiplied by numbers, with masks added to it or
    very small numbers selected into it, becomes graph.attention (Vaswani et al. 2017, section 3.2.1).
    Factors of all queries or keys join the scale. Where NaN in the softmax is replaced by 0, it is so in
    the result.
    Before: matmul, mul, add, select, softmax, matmul.
    After: graph.attention, and the ops that make its bias.
    Needs: each value in between to have one user; leading dimensions of k and v that are those of q, or 1.
    Guarantees: equal up to rounding.
    Leaves alone: masks that replace scores by numbers above -1e9.
  }];
}

def SinkReshapes : Simplify<"treadle-sink-reshapes"> {
  let summary = "Elementwise ops are done before a reshape, next to what made their operand";
  let description = [{
    What: an elementwise op whose operands are reshapes of tensors of the same dimensions, or constants
    that have a place in those dimensions, is done on what is reshaped, and its result reshaped.
    Before: product, reshape, elementwise.
    After: product, elementwise, reshape; group formation can then join the first two.
    Needs: the reshape to have one user.
    Guarantees: the same elements.
    Leaves alone: operands that would have to be reshaped in memory.
  }];
}

def CheckElements : Simplify<"treadle-check-elements"> {
  let summary = "Reports element types that kernels do not compute with";
  let description = [{
    What: an error at each op that reads or makes integers of less than 8 bits or floats of less than 16.
    Before: constants folded, so that packed weights are numbers of a wider type.
    After: the graph as it was.
    Needs: nothing.
    Guarantees: later stages see no such element.
    Leaves alone: constants that nothing reads, and i1.
  }];
}

#endif // TREADLE_PASSES_SIMPLIFY_PASSES_TD
