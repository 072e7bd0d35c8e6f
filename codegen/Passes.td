//===- Passes.td - from a group's ops to a kernel -------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_PASSES_TD
#define TREADLE_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

def ScheduleKernel : Pass<"treadle-schedule-kernel", "::mlir::func::FuncOp"> {
  let summary = "Turns a function on tensors into the loops that compute it";
  let description = [{
    What: calls the schedule of the family that the function's `treadle.family` names.
    Before: a function on tensors, graph ops inside, over the kernel's own symbols (`treadle.symbols`).
    After: a function on buffers (codegen/Kernel.h) in scf, arith, math, memref and vector.
    Needs: the target's description in `treadle.target` around it.
    Guarantees: the same results, up to rounding; tasks are independent.
    Leaves alone: functions without a family.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect", "::treadle::graph::GraphDialect"
  ];
}

#endif // TREADLE_CODEGEN_PASSES_TD
