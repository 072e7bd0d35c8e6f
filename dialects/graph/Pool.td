//===- Pool.td - reductions over moving windows ---------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_POOL_TD
#define TREADLE_DIALECTS_GRAPH_POOL_TD

include "dialects/graph/Op.td"

def Graph_PoolOp : Graph_InferredOp<"pool", [], ["countFlops"]> {
  let summary = "The maximum, average or sum over a window that moves along some dimensions";
  let description = [{
    `axes` lists the windowed dimensions; the other arrays have one number for each of them. The window
    at output o covers inputs o * stride - padLow + k * dilation for k in [0, kernel); what lies outside
    the input is left out, except that `average` with `countPad` divides by the part of the window that
    lies within the padded input. With `ceilMode` a last window that sticks out beyond the padding is
    kept, if it starts inside the input or its low padding. With `truncMode` the number of places is rounded
    towards zero: a window that is longer than the padded input, by less than its stride, has one.
  }];
  let arguments = (ins Graph_PoolKindAttr:$kind, Graph_Tensor:$input, DenseI64ArrayAttr:$axes,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$padLow, DenseI64ArrayAttr:$padHigh, UnitAttr:$ceilMode,
                       UnitAttr:$truncMode, UnitAttr:$countPad);
  let assemblyFormat = [{
    custom<PoolWord>($kind) $input attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

#endif // TREADLE_DIALECTS_GRAPH_POOL_TD
