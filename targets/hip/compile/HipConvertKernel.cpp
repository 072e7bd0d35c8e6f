//===- HipConvertKernel.cpp - kernels with the device's operations -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/SimtToLlvm.h"
#include "mlir/Conversion/AMDGPUToROCDL/AMDGPUToROCDL.h"
#include "mlir/Conversion/GPUToROCDL/GPUToROCDLPass.h"
#include "mlir/Dialect/AMDGPU/Utils/Chipset.h"
#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"
#include "targets/hip/compile/Passes.h"

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_HIPCONVERTKERNEL
#include "targets/hip/compile/Passes.h.inc"

namespace {

struct HipConvertKernel : impl::HipConvertKernelBase<HipConvertKernel> {
  void runOnOperation() override {
    auto addDevice = [](LLVMTypeConverter &converter, RewritePatternSet &patterns) {
      // Which chip matters only to ops that kernels do not use.
      amdgpu::Chipset chip = *amdgpu::Chipset::parse("gfx90a");
      populateGpuToROCDLConversionPatterns(converter, patterns, gpu::amd::Runtime::HIP, chip);
    };
    if (failed(convertSimtToLlvm(getOperation(), ROCDL::ROCDLDialect::getKernelFuncAttrName(), addDevice)))
      return signalPassFailure();
    for (auto kernel : getOperation().getOps<LLVM::LLVMFuncOp>())
      if (auto threads = kernel->getAttrOfType<IntegerAttr>("treadle.threads")) {
        Builder b(&getContext());
        // The least and the most.
        kernel->setAttr("rocdl.flat_work_group_size",
                        b.getStringAttr(Twine(threads.getInt()) + "," + Twine(threads.getInt())));
      }
  }
};

} // namespace
} // namespace treadle
