//===- Group.td - ops that become one kernel ------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_GROUP_TD
#define TREADLE_DIALECTS_GRAPH_GROUP_TD

include "dialects/graph/Op.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/IR/OpAsmInterface.td"

def Graph_GroupOp : Op<Graph_Dialect, "group",
    [Pure, IsolatedFromAbove, SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "Ops that are computed together, in one kernel";
  let description = [{
    Made by the group stage; `family` says which schedule computes it (codegen/). The region's arguments
    are the operands; what is inside never reaches memory, but for what is yielded.

    ```mlir
    %1 = graph.group "map" (%x) {
    ^bb0(%a: tensor<8xf32>):
      %0 = graph.exp %a : (tensor<8xf32>) -> tensor<8xf32>
      graph.yield %0 : tensor<8xf32>
    } : (tensor<8xf32>) -> tensor<8xf32>
    ```
  }];
  let arguments = (ins Variadic<Graph_Tensor>:$inputs, StrAttr:$family);
  let results = (outs Variadic<Graph_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$family `(` $inputs `)` $body attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Graph_YieldOp : Op<Graph_Dialect, "yield", [Pure, Terminator, HasParent<"GroupOp">]> {
  let summary = "What a group leaves behind";
  let arguments = (ins Variadic<Graph_Tensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
  let builders = [OpBuilder<(ins)>];
}

#endif // TREADLE_DIALECTS_GRAPH_GROUP_TD
