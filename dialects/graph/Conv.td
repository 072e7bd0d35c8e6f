//===- Conv.td - convolutions ---------------------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_CONV_TD
#define TREADLE_DIALECTS_GRAPH_CONV_TD

include "dialects/graph/Op.td"

def Graph_ConvOp : Graph_InferredOp<"conv", [], ["countFlops"]> {
  let summary = "A convolution (cross-correlation) over one or more spatial dimensions";
  let description = [{
    input [N, C, X..] or with `channelsLast` [N, X.., C]; filter [O, C / groups, K..] whatever the layout
    of the input; result [N, O, Y..] or [N, Y.., O]. The arrays have one number a spatial dimension.
    Output y covers inputs y * stride - padLow + k * dilation; outside the input there are zeros.
  }];
  let arguments = (ins Graph_Tensor:$input, Graph_Tensor:$filter, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$padLow, DenseI64ArrayAttr:$padHigh,
                       I64Attr:$groups, UnitAttr:$channelsLast);
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The dimension of the input and result that holds channels.
    int64_t channelDim() { return getChannelsLast() ? spatialRank() + 1 : 1; }
    int64_t spatialDim(int64_t i) { return getChannelsLast() ? i + 1 : i + 2; }
    int64_t spatialRank() { return getStrides().size(); }
    /// Channels are last, and each of several output channels is made of its own input channel.
    bool isDepthwise();
    /// Neighbouring places read neighbouring inputs, and so do neighbouring taps.
    bool hasUnitSteps();
    /// Each place of the result is made of one place of the input, the same, and of all its channels.
    bool isPointwise();
  }];
}

def Graph_ConvTransposeOp : Graph_InferredOp<"conv_transpose", [], ["countFlops"]> {
  let summary = "The transpose of a convolution: each input element spreads the filter over the output";
  let description = [{
    input [N, C, X..]; filter [C, O / groups, K..]; result [N, O, Y..] with
    Y = (X - 1) * stride - padLow - padHigh + (K - 1) * dilation + outputPad + 1.
  }];
  let arguments = (ins Graph_Tensor:$input, Graph_Tensor:$filter, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$padLow, DenseI64ArrayAttr:$padHigh,
                       DenseI64ArrayAttr:$outputPad, I64Attr:$groups);
  let hasVerifier = 1;
}

#endif // TREADLE_DIALECTS_GRAPH_CONV_TD
