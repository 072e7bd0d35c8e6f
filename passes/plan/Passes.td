//===- Passes.td - from groups to buffers, steps and kernels --*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_PASSES_PLAN_PASSES_TD
#define TREADLE_PASSES_PLAN_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerToProgram : Pass<"treadle-lower-to-program", "::mlir::ModuleOp"> {
  let summary = "Gives every value a buffer and every group a kernel";
  let description = [{
    What: @main becomes a `program.entry`. A group becomes a dispatch of a kernel; groups that differ in
    nothing but names, constants' values and symbols share one. A reshape becomes a view. A result is
    written where the program's output is, or over an operand that is not needed any more where the
    kernel reads and writes the same element at a time, or else into the arena.
    Before: graph.group ops, constants and views (reshapes, slices whose elements lie in a row) in @main.
    After: `program.entry`, and a module @kernels with one module for each kernel, which holds a
    function on tensors whose dimensions are constants or the kernel's own symbols.
    Needs: groups formed.
    Guarantees: a buffer is written before it is read; the arena's buffers live from the first to the
    last step that names them.
    Leaves alone: what is inside groups.
  }];
  let dependentDialects = ["::treadle::program::ProgramDialect"];
}

def BuildExecutables : Pass<"treadle-build-executables", "::mlir::ModuleOp"> {
  let summary = "Copies the kernels once for each target variant that is asked for";
  let description = [{
    What: for each description in the module's `treadle.targets` a `program.executable` with all kernels.
    Before: a module @kernels.
    After: executables; @kernels is gone.
    Needs: `treadle.targets`, an array of target descriptions (codegen/Target.h).
    Guarantees: executables stand in the order of the descriptions.
    Leaves alone: the entry.
  }];
  let dependentDialects = ["::treadle::program::ProgramDialect"];
}

#endif // TREADLE_PASSES_PLAN_PASSES_TD
