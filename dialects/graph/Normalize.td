//===- Normalize.td - rows scaled by their own statistics -----*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_NORMALIZE_TD
#define TREADLE_DIALECTS_GRAPH_NORMALIZE_TD

include "dialects/graph/Op.td"

def Graph_NormalizeOp : Graph_InferredOp<"normalize", [], ["countFlops"]> {
  let summary = "(x - mean) / sqrt(variance + epsilon) over some dimensions; without mean for rms";
  let description = [{
    `layer`: mean and variance (biased) over `axes`. `rms`: the mean square takes the variance's place and
    nothing is subtracted (Zhang and Sennrich 2019). Scale and bias are elementwise ops after it.
  }];
  let arguments = (ins Graph_NormKindAttr:$kind, Graph_FloatTensor:$input, DenseI64ArrayAttr:$axes,
                       F64Attr:$epsilon);
  let hasVerifier = 1;
}

def Graph_SoftmaxOp : Graph_InferredOp<"softmax", [], ["countFlops"]> {
  let summary = "exp(x - max) / sum(exp(x - max)) along a dimension; its logarithm with `log`";
  let arguments = (ins Graph_FloatTensor:$input, I64Attr:$axis, UnitAttr:$log);
  let hasVerifier = 1;
}

#endif // TREADLE_DIALECTS_GRAPH_NORMALIZE_TD
