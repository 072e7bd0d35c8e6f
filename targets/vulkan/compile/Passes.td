//===- Passes.td - from kernels to SPIR-V ---------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_VULKAN_COMPILE_PASSES_TD
#define TREADLE_TARGETS_VULKAN_COMPILE_PASSES_TD

include "mlir/Pass/PassBase.td"

def VulkanConvertKernel : Pass<"treadle-vulkan-convert-kernel", "::mlir::ModuleOp"> {
  let summary = "Turns a simt kernel into a SPIR-V module";
  let description = [{
    What: the kernel becomes the entry point `main` of a spirv.module. Buffers are device addresses, which it
    loads from the block of arguments that the push constants name (targets/vulkan/KernelAbi.h); index is 32
    bits wide.
    Before: a module with one kernel in arith, math, memref, scf and gpu, without vectors.
    After: a module with one spirv.module, whose attributes are the kernel's.
    Needs: `treadle.threads`, `treadle.buffers` and `treadle.symbols` on the kernel.
    Guarantees: arithmetic is not contracted; SPIR-V 1.5, physical storage buffer addressing.
    Leaves alone: modules without such a kernel.
  }];
  let dependentDialects = ["::mlir::spirv::SPIRVDialect"];
}

def VulkanEmitModules : Pass<"treadle-vulkan-emit-modules", "::treadle::program::ExecutableOp"> {
  let summary = "Writes an executable's SPIR-V modules, one a kernel";
  let description = [{
    What: serializes each kernel's module, one after another, and says where each lies
    (`treadle.offset`, `treadle.bytes`) and what optional features a device must have (`features`).
    Before: modules in the SPIR-V dialect.
    After: the same, and all words in `object`.
    Needs: `treadle.target` to name Vulkan.
    Guarantees: a module for each kernel.
    Leaves alone: executables of other targets.
  }];
}

#endif // TREADLE_TARGETS_VULKAN_COMPILE_PASSES_TD
