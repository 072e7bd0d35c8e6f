//===- Reduce.td - dimensions folded into one element ---------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_REDUCE_TD
#define TREADLE_DIALECTS_GRAPH_REDUCE_TD

include "dialects/graph/Op.td"

def Graph_ReduceOp : Graph_InferredOp<"reduce", [], ["evaluateSizes", "countFlops"]> {
  let summary = "All elements along some dimensions combined; the dimensions stay, with size 1";
  let description = [{
    `mean` divides by the number of elements. `any` and `all` take i1. Over no elements: 0 for sum,
    mean and any, 1 for prod and all, the type's extreme for min and max.

    ```mlir
    %0 = graph.reduce sum %x {axes = array<i64: 1>} : (tensor<2x3xf32>) -> tensor<2x1xf32>
    ```
  }];
  let arguments = (ins Graph_ReduceKindAttr:$kind, Graph_Tensor:$input, DenseI64ArrayAttr:$axes);
  let assemblyFormat = [{
    custom<ReduceWord>($kind) $input attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Graph_ArgReduceOp : Graph_InferredOp<"arg_reduce", [], ["countFlops"]> {
  let summary = "The index of the least or greatest element along a dimension, which stays, with size 1";
  let description = [{ Of equal ones the first, or with `selectLast` the last. NaN counts as extreme. }];
  let arguments = (ins Graph_ArgKindAttr:$kind, Graph_Tensor:$input, I64Attr:$axis, UnitAttr:$selectLast);
  let hasVerifier = 1;
}

#endif // TREADLE_DIALECTS_GRAPH_REDUCE_TD
