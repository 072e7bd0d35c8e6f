//===- CudaConvertKernel.cpp - kernels with the device's operations ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/SimtToLlvm.h"
#include "mlir/Conversion/GPUToNVVM/GPUToNVVMPass.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "targets/cuda/compile/Passes.h"
#include "targets/cuda/compile/TileToNvvm.h"

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_CUDACONVERTKERNEL
#include "targets/cuda/compile/Passes.h.inc"

namespace {

struct CudaConvertKernel : impl::CudaConvertKernelBase<CudaConvertKernel> {
  void runOnOperation() override {
    auto addDevice = [](LLVMTypeConverter &converter, RewritePatternSet &patterns) {
      populateGpuToNVVMConversionPatterns(converter, patterns);
      cuda::populateTileToNvvm(converter, patterns);
    };
    if (failed(convertSimtToLlvm(getOperation(), NVVM::NVVMDialect::getKernelFuncAttrName(), addDevice)))
      return signalPassFailure();
    for (auto kernel : getOperation().getOps<LLVM::LLVMFuncOp>())
      if (auto threads = kernel->getAttrOfType<IntegerAttr>("treadle.threads")) {
        Builder b(&getContext());
        // As many registers as leave room for two workgroups on a multiprocessor.
        kernel->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(), b.getI32IntegerAttr(2));
        kernel->setAttr(NVVM::NVVMDialect::getMaxntidAttrName(),
                        b.getDenseI32ArrayAttr({static_cast<int32_t>(threads.getInt()), 1, 1}));
      }
  }
};

} // namespace
} // namespace treadle
