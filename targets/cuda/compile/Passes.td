//===- Passes.td - from kernels to CUDA code ----------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_CUDA_COMPILE_PASSES_TD
#define TREADLE_TARGETS_CUDA_COMPILE_PASSES_TD

include "mlir/Pass/PassBase.td"

def CudaConvertKernel : Pass<"treadle-cuda-convert-kernel", "::mlir::ModuleOp"> {
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
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect"];
}

def CudaEmitPtx : Pass<"treadle-cuda-emit-ptx", "::treadle::program::ExecutableOp"> {
  let summary = "Compiles an executable's kernels to PTX, one module a kernel";
  let description = [{
    What: translates each kernel to LLVM IR, optimizes it and writes it as PTX text, several at once.
    Before: modules in the LLVM dialect.
    After: the same, and all texts in `object`, each ending with a zero byte as the driver wants it; where each lies
    stands on its kernel. If the module's `treadle.ptxas` names that program, it assembles them, and the cubins
    stand behind the texts.
    Needs: `treadle.target` to name a row of Chips.def.
    Guarantees: a module for each kernel.
    Leaves alone: executables of other targets.
  }];
}

#endif // TREADLE_TARGETS_CUDA_COMPILE_PASSES_TD
