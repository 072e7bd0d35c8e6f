//===- Gather.td - elements from and to computed indices ------*- tablegen -*-===//
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

// ---- the other way -------------------------------------------------------------------------
//
// Updates are applied one after another, in row-major order: without a kind the last one stays, with one
// (sum, prod, min, max) each is combined with what is there. So results do not depend on who computes them.
// A negative index counts from the end; an update whose index is out of range goes to the nearest that is
// not.

def Graph_ScatterElementsOp : Graph_InferredOp<"scatter_elements", [], ["countFlops"]> {
  let summary = "The input with one element for each index replaced: result[indices[i, j], j] = updates[i, j]";
  let description = [{
    ```mlir
    %0 = graph.scatter_elements %x, %i, %u {axis = 0 : i64, kind = #graph.reduce_kind<sum>}
        : (tensor<4x3xf32>, tensor<2x3xi64>, tensor<2x3xf32>) -> tensor<4x3xf32>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input, Graph_IntTensor:$indices, Graph_Tensor:$updates, I64Attr:$axis,
                       OptionalAttr<Graph_ReduceKindAttr>:$kind);
  let hasVerifier = 1;
}

def Graph_ScatterNdOp : Graph_InferredOp<"scatter_nd", [], ["countFlops"]> {
  let summary = "The input with slices replaced by tuples of indices";
  let description = [{
    The last dimension of `indices` holds tuples that index the input's first dimensions:
    result[indices[i.., :].., s..] = updates[i.., s..].
  }];
  let arguments = (ins Graph_Tensor:$input, Graph_IntTensor:$indices, Graph_Tensor:$updates,
                       OptionalAttr<Graph_ReduceKindAttr>:$kind);
  let hasVerifier = 1;
}

#endif // TREADLE_DIALECTS_GRAPH_GATHER_TD
