//===- Sort.td - elements in order ----------------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The order is total, so that results are the same everywhere: of equal elements the one with the lower
// index comes first; -0 and 0 are equal; NaN is greater than every number, as in NumPy and torch (ONNX
// leaves it open).
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_SORT_TD
#define TREADLE_DIALECTS_GRAPH_SORT_TD

include "dialects/graph/Op.td"

def Graph_TopKOp : Graph_Op<"top_k", [], ["countFlops"]> {
  let summary = "The first elements in order along a dimension, and where they were";
  let description = [{
    In ascending order, or with `largest` in descending. The results' shape says how many are taken: all
    of them is a sort.

    ```mlir
    %values, %indices = graph.top_k %x {axis = 1 : i64, largest}
        : (tensor<2x9xf32>) -> (tensor<2x3xf32>, tensor<2x3xi64>)
    ```
  }];
  let arguments = (ins Graph_Tensor:$input, I64Attr:$axis, UnitAttr:$largest);
  let results = (outs Graph_Tensor:$values, Graph_IntTensor:$indices);
  let hasVerifier = 1;
}

def Graph_SortBlocksOp : Graph_Op<"sort_blocks", [], ["countFlops"]> {
  let summary = "Blocks of a dimension, each in order by itself: the indices";
  let description = [{
    The first half of a `top_k` for devices on which a workgroup sorts what fits its shared memory: result
    elements b * block to (b + 1) * block - 1 are the indices of these very elements, in order.
  }];
  let arguments = (ins Graph_Tensor:$input, I64Attr:$axis, I64Attr:$block, UnitAttr:$largest);
  let hasVerifier = 1;
}

def Graph_MergeBlocksOp : Graph_Op<"merge_blocks", [], ["countFlops"]> {
  let summary = "The first elements in order along a dimension whose blocks are in order";
  let description = [{
    The second half of a `top_k`: `order` is what `sort_blocks` makes of `input`.
  }];
  let arguments = (ins Graph_Tensor:$input, Graph_IntTensor:$order, I64Attr:$axis, I64Attr:$block,
                       UnitAttr:$largest);
  let results = (outs Graph_Tensor:$values, Graph_IntTensor:$indices);
  let hasVerifier = 1;
}

#endif // TREADLE_DIALECTS_GRAPH_SORT_TD
