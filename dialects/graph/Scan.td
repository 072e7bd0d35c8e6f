//===- Scan.td - running sums and the like --------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_SCAN_TD
#define TREADLE_DIALECTS_GRAPH_SCAN_TD

include "dialects/graph/Op.td"

def Graph_ScanOp : Graph_InferredOp<"scan"> {
  let summary = "For each element, all elements up to it along a dimension combined";
  let description = [{
    The kind is `sum`, `prod`, `min` or `max`. With `exclusive` the element itself is left out: the first
    result is what a reduction over no elements gives. With `reverse` "up to it" is counted from the end.

    ```mlir
    %0 = graph.scan <sum> %x {axis = 1 : i64, exclusive} : (tensor<2x3xf32>) -> tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Graph_ReduceKindAttr:$kind, Graph_Tensor:$input, I64Attr:$axis, UnitAttr:$exclusive,
                       UnitAttr:$reverse);
  let assemblyFormat = "$kind $input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif // TREADLE_DIALECTS_GRAPH_SCAN_TD
