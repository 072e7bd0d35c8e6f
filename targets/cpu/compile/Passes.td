//===- Passes.td - from kernels to x86 machine code -----------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_CPU_COMPILE_PASSES_TD
#define TREADLE_TARGETS_CPU_COMPILE_PASSES_TD

include "mlir/Pass/PassBase.td"

def CpuWrapKernel : Pass<"treadle-cpu-wrap-kernel", "::mlir::ModuleOp"> {
  let summary = "Puts the function that the runtime calls around a kernel";
  let description = [{
    What: adds a function of the kernel's name with the signature of targets/cpu/KernelAbi.h, which
    loads addresses and scalars from arrays and calls the kernel, now private and to be inlined.
    Before: a kernel in the LLVM dialect, one descriptor of five values for each buffer.
    After: both functions.
    Needs: `treadle.buffers` and `treadle.symbols` on the kernel.
    Guarantees: only the new function is visible.
    Leaves alone: functions without `treadle.buffers`.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def CpuEmitObject : Pass<"treadle-cpu-emit-object", "::treadle::program::ExecutableOp"> {
  let summary = "Compiles an executable's kernels to one ELF shared object";
  let description = [{
    What: translates each kernel to LLVM IR, optimizes it, compiles it to an object (several at once),
    and links all of them with lld.
    Before: modules in the LLVM dialect.
    After: the same, and the shared object's bytes in `object`.
    Needs: `treadle.target` to name a row of Chips.def.
    Guarantees: the object needs nothing but libc's memory functions and libm.
    Leaves alone: the modules.
  }];
}

#endif // TREADLE_TARGETS_CPU_COMPILE_PASSES_TD
