//===- HipConvertKernel.cpp - kernels with the device's operations -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/SimtToLlvm.h"
#include "dialects/tile/Tile.h"
#include "mlir/Conversion/AMDGPUToROCDL/AMDGPUToROCDL.h"
#include "mlir/Conversion/GPUToROCDL/GPUToROCDLPass.h"
#include "mlir/Dialect/AMDGPU/IR/AMDGPUDialect.h"
#include "mlir/Dialect/AMDGPU/Utils/Chipset.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"
#include "mlir/Transforms/DialectConversion.h"
#include "targets/hip/compile/Passes.h"

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_HIPCONVERTKERNEL
#include "targets/hip/compile/Passes.h.inc"

namespace {

struct Multiply : OpConversionPattern<tile::MultiplyOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::MultiplyOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    if (op.getUnsignedLhs() || op.getUnsignedRhs())
      return failure();
    ArrayRef<int64_t> shape = op.getShape();
    b.replaceOpWithNewOp<amdgpu::MFMAOp>(op, in.getSums().getType(), shape[0], shape[1], shape[2], /*blocks=*/1,
                                         in.getLhs(), in.getRhs(), in.getSums());
    return success();
  }
};

/// A subgroup's threads run in step and its accesses to shared memory are done in order, which only the compiler could
/// change.
struct SubgroupBarrier : OpConversionPattern<tile::SubgroupBarrierOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::SubgroupBarrierOp op, OpAdaptor, ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    LLVM::FenceOp::create(b, loc, LLVM::AtomicOrdering::release, "wavefront");
    LLVM::CallIntrinsicOp::create(b, loc, b.getStringAttr("llvm.amdgcn.wave.barrier"), ValueRange());
    LLVM::FenceOp::create(b, loc, LLVM::AtomicOrdering::acquire, "wavefront");
    b.eraseOp(op);
    return success();
  }
};

struct Ballot : OpConversionPattern<tile::BallotOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::BallotOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    b.replaceOpWithNewOp<ROCDL::BallotOp>(op, op.getType(), in.getTruth());
    return success();
  }
};

struct HipConvertKernel : impl::HipConvertKernelBase<HipConvertKernel> {
  void runOnOperation() override {
    auto addDevice = [](LLVMTypeConverter &converter, RewritePatternSet &patterns) {
      amdgpu::Chipset chip = *amdgpu::Chipset::parse("gfx90a");
      populateGpuToROCDLConversionPatterns(converter, patterns, gpu::amd::Runtime::HIP, chip);
      populateAMDGPUToROCDLConversionPatterns(converter, patterns, chip);
      patterns.add<Multiply, SubgroupBarrier, Ballot>(converter, &converter.getContext());
      addApproximateExp2(converter, patterns, "llvm.amdgcn.exp2.f32"); // within a unit in the last place
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
