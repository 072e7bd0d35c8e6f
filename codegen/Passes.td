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
    After: a function on buffers (codegen/Kernel.h) in scf, arith, math, memref and vector; for a simt target
    with gpu's thread and workgroup numbers, tile's matrix products, and vectors of one lane.
    Needs: the target's description in `treadle.target` around it.
    Guarantees: the same results, up to rounding; tasks are independent.
    Leaves alone: functions without a family.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect", "::treadle::graph::GraphDialect",
    "::treadle::tile::TileDialect"
  ];
}

def ExpandMath : Pass<"treadle-expand-math"> {
  let summary = "Writes transcendental functions as polynomials on vectors";
  let description = [{
    What: powers and exponential, logarithmic, trigonometric and hyperbolic functions, their inverses and erf on f32
    become arithmetic.
    Before: math ops on vectors or numbers.
    After: arith ops, and math ops that are one instruction.
    Needs: nothing.
    Guarantees: results within the units in the last place that test/conformance/Math.cpp names; exp with
    the flag `afn` gives 0 below 2^-126 and infinity above 2^127.5.
    Leaves alone: f64, and ops that are one instruction (sqrt, floor, ceil, round, abs, fma).
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def ExpandWideMath : Pass<"treadle-expand-wide-math"> {
  let summary = "Writes functions of f64, and remainders, as arithmetic on numbers";
  let description = [{
    What: the functions that treadle-expand-math writes for f32 become arithmetic on f64, and arith.remf exact
    arithmetic on integers.
    Before: math ops on numbers, of a target without a library of them.
    After: arith and scf ops, and math ops that are one instruction.
    Needs: nothing.
    Guarantees: functions within a few units in the last place; remainders exact. No fused multiplication
    is needed.
    Leaves alone: vectors; functions of f32.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect"];
}

def Scalarize : Pass<"treadle-scalarize", "::mlir::func::FuncOp"> {
  let summary = "Takes vectors of one lane away";
  let description = [{
    What: every operation on vector<1xT> becomes the same on T; loads and stores of vectors become those of
    elements, under a mask too.
    Before: a simt kernel as its schedule wrote it.
    After: no vectors of one lane.
    Needs: nothing.
    Guarantees: memory is read and written where it was before, and nothing where the mask does not hold.
    Leaves alone: vectors of more lanes.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
}

def UnrollLoops : Pass<"treadle-unroll-loops", "::mlir::func::FuncOp"> {
  let summary = "Has loops do several steps a turn where a device limits turns";
  let description = [{
    What: innermost loops do up to 16 steps a turn, and what is left in a loop after.
    Before: a kernel in scf, of a target whose description limits the turns of a thread's loops (`loop_turns`).
    After: the same, with fewer turns. One that is known to need more than the limit is an error.
    Needs: the target's description in `treadle.target` around it.
    Guarantees: the same steps in the same order.
    Leaves alone: the loop over tasks, and loops with barriers; kernels of other targets.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def PairLoads : Pass<"treadle-pair-loads", "::mlir::func::FuncOp"> {
  let summary = "Has threads load two neighbours at once where that takes no longer than one";
  let description = [{
    What: of loads of a block between which nothing is stored, two of neighbouring elements become one of a vector.
    Before: a kernel in scf, of a target whose threads load more bytes than an element has as fast as those (`load_bytes`).
    After: the same, with fewer loads.
    Needs: the target's description in `treadle.target` around it; buffers that begin at multiples of 16 bytes.
    Guarantees: pairs begin at multiples of their size.
    Leaves alone: shared memory; elements that are not half as wide; kernels of other targets.
  }];
  let dependentDialects = ["::mlir::vector::VectorDialect"];
}

def CompileExecutables : Pass<"treadle-compile-executables", "::mlir::ModuleOp"> {
  let summary = "Runs on each executable the pipeline of its target";
  let description = [{
    What: looks up the backend that `treadle.target` names (codegen/Backend.h) and runs its passes.
    Before: executables whose kernels are functions on tensors.
    After: executables with machine code.
    Needs: the backend to be registered.
    Guarantees: what the backend's pipeline does.
    Leaves alone: everything but executables.
  }];
}

#endif // TREADLE_CODEGEN_PASSES_TD
