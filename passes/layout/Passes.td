//===- Passes.td - how values lie in memory -------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_PASSES_LAYOUT_PASSES_TD
#define TREADLE_PASSES_LAYOUT_PASSES_TD

include "mlir/Pass/PassBase.td"

def ChooseLayout : Pass<"treadle-choose-layout", "::mlir::func::FuncOp"> {
  let summary = "Puts channels last around convolutions, over the whole graph";
  let description = [{
    What: every convolution gets its input with channels last and leaves its result so; the ops after it
    are done on that form as far as they can be, so that values are transposed only where the graph's
    inputs, outputs or an op that depends on the order need it.
    Before: convolutions with channels in dimension 1.
    After: every graph.conv has channelsLast. A value that is stored in another order than the model's
    has `graph.permutation`.
    Needs: shapes inferred; graph.conv_transpose rewritten.
    Guarantees: one transpose for each value at most.
    Leaves alone: graphs without convolutions.
  }];
  let dependentDialects = ["::treadle::graph::GraphDialect"];
}

def PackOperands : Pass<"treadle-pack-operands", "::mlir::func::FuncOp"> {
  let summary = "Stores constant matrices and filters in the order in which kernels read them";
  let description = [{
    What: a constant right side of a matmul, and a constant filter of a convolution, becomes panels with a
    graph.unpack before each use, or, where Winograd's algorithm is faster (codegen/Cost.h), a filter
    becomes its transform with a graph.winograd_filter; the filter of a depthwise convolution is stored with
    channels last.
    Before: layouts chosen, constants folded.
    After: such constants are read through graph.unpack, graph.winograd_filter or graph.transpose.
    Needs: nothing after it merges equal ops, so that each unpack stays with its reader.
    Guarantees: a constant is stored once for each order in which it is read.
    Leaves alone: constants with dimensions of other numbers, and those of types narrower than a byte.
  }];
  let dependentDialects = ["::treadle::graph::GraphDialect"];
}

#endif // TREADLE_PASSES_LAYOUT_PASSES_TD
