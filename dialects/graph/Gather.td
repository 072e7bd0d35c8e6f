//===- Gather.td - elements by computed indices ---------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_GATHER_TD
#define TREADLE_DIALECTS_GRAPH_GATHER_TD

include "dialects/graph/Op.td"

def Graph_GatherOp : Graph_InferredOp<"gather", [], ["evaluateSizes", "countFlops"]> {
  let summary = "Slices of the input along one dimension, by index";
  let description = [{
    result[a.., i.., b..] = input[a.., indices[i..], b..] where a are the dimensions before `axis` and b
    those after it. A negative index counts from the end; one out of range is undefined but reads no
    memory that is not the input's.
  }];
  let arguments = (ins Graph_Tensor:$input, Graph_IntTensor:$indices, I64Attr:$axis);
  let hasVerifier = 1;
}

def Graph_GatherElementsOp : Graph_InferredOp<"gather_elements", [], ["countFlops"]> {
  let summary = "One element for each index: result[i, j] = input[indices[i, j], j] for axis 0";
  let arguments = (ins Graph_Tensor:$input, Graph_IntTensor:$indices, I64Attr:$axis);
  let hasVerifier = 1;
}

def Graph_GatherNdOp : Graph_InferredOp<"gather_nd", [], ["countFlops"]> {
  let summary = "Slices by tuples of indices";
  let description = [{
    The last dimension of `indices` holds tuples that index the input's dimensions after the first
    `batchDims`, which both share: result[b.., i.., s..] = input[b.., indices[b.., i.., :].., s..].
  }];
  let arguments = (ins Graph_Tensor:$input, Graph_IntTensor:$indices, I64Attr:$batchDims);
  let hasVerifier = 1;
}

#endif // TREADLE_DIALECTS_GRAPH_GATHER_TD
