//===- Passes.td - from kernels to HIP code -----------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_HIP_COMPILE_PASSES_TD
#define TREADLE_TARGETS_HIP_COMPILE_PASSES_TD

include "mlir/Pass/PassBase.td"

def HipConvertKernel : Pass<"treadle-hip-convert-kernel", "::mlir::ModuleOp"> {
  let summary = "Turns a simt kernel into a function that the device launches";
  let description = [{
    What: the kernel becomes a function of the LLVM dialect (codegen/SimtToLlvm.h), with the device's own
    operations for threads, workgroups and barriers.
    Before: a module with one kernel in arith, math, memref, scf and gpu, without vectors.
    After: the same in the LLVM dialect.
    Needs: `treadle.threads` on the kernel.
    Guarantees: index is 32 bits wide; no workgroup is larger than the kernel says.
    Leaves alone: modules without such a kernel.
  }];
  let dependentDialects = ["::mlir::amdgpu::AMDGPUDialect", "::mlir::LLVM::LLVMDialect", "::mlir::ROCDL::ROCDLDialect"];
}

def HipEmitCodeObject : Pass<"treadle-hip-emit-code-object", "::treadle::program::ExecutableOp"> {
  let summary = "Compiles an executable's kernels to one code object (HSACO)";
  let description = [{
    What: translates each kernel to LLVM IR, optimizes it, compiles it to an object (several at once), and
    links all of them with lld.
    Before: modules in the LLVM dialect.
    After: the same, and the code object's bytes in `object`.
    Needs: `treadle.target` to name a row of Chips.def.
    Guarantees: code object version 6, for any setting of xnack and sramecc.
    Leaves alone: executables of other targets.
  }];
}

#endif // TREADLE_TARGETS_HIP_COMPILE_PASSES_TD
