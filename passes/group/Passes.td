//===- Passes.td - which ops are computed together ------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_PASSES_GROUP_PASSES_TD
#define TREADLE_PASSES_GROUP_PASSES_TD

include "mlir/Pass/PassBase.td"

def DecomposeTopK : Pass<"treadle-decompose-top-k", "::mlir::func::FuncOp"> {
  let summary = "Sorts lines that are too long for a workgroup in two steps";
  let description = [{
    What: graph.top_k of a dimension that may be longer than what a workgroup sorts in shared memory
    becomes graph.sort_blocks and graph.merge_blocks, each a kernel of many workgroups.
    Before: a function of graph ops.
    After: the same; what graph.top_k is left fits a workgroup.
    Needs: the target's description.
    Guarantees: the same results.
    Leaves alone: everything where the target is a CPU.
  }];
  let dependentDialects = ["::treadle::graph::GraphDialect"];
}

def FormGroups : Pass<"treadle-form-groups", "::mlir::func::FuncOp"> {
  let summary = "Puts ops that one kernel can compute into groups";
  let description = [{
    What: first every op stands alone; then elementwise ops join the group that makes their operand
    (what follows a product, a window or a row's sums is done while its result is in registers), and
    last, ops that only one group reads join that group, where its schedule computes operands as it
    reads them. Nothing heavy is ever computed twice.
    Before: a function of graph ops.
    After: graph.group ops, with constants, reshapes and slices between them. Scalar constants are copied into
    the groups that use them.
    Needs: shapes inferred; layouts chosen.
    Guarantees: the groups have no cycle; every op but constants, views and requirements is in one.
    Leaves alone: reshapes, and slices that no group reads through and whose elements lie in a row: views of memory.
  }];
  let options = [Option<"fuse", "fuse", "bool", "true", "Whether groups may have more than one op that computes">];
  let dependentDialects = ["::treadle::graph::GraphDialect"];
}

#endif // TREADLE_PASSES_GROUP_PASSES_TD
