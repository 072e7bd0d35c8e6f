//===- CudaConvertKernel.cpp - kernels with the device's operations ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/SimtToLlvm.h"
#include "codegen/Target.h"
#include "mlir/Conversion/GPUToNVVM/GPUToNVVMPass.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/DialectConversion.h"
#include "targets/cuda/compile/Passes.h"
#include "targets/cuda/compile/TileToNvvm.h"

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_CUDACONVERTKERNEL
#include "targets/cuda/compile/Passes.h.inc"

namespace {

/// Bytes of shared memory that the module's kernel has. If they are more than code can have by itself, they become
/// what it is launched with.
int64_t placeShared(ModuleOp module, const Target &target) {
  SmallVector<LLVM::GlobalOp> variables;
  uint64_t bytes = 0, alignment = 1;
  DenseMap<StringRef, uint64_t> offsets;
  DataLayout layout(module);
  for (auto variable : module.getOps<LLVM::GlobalOp>()) {
    if (variable.getAddrSpace() != NVVM::NVVMMemorySpace::Shared)
      continue;
    uint64_t own = variable.getAlignment().value_or(1);
    bytes = llvm::alignTo(bytes, own);
    alignment = std::max(alignment, own);
    offsets[variable.getSymName()] = bytes;
    bytes += layout.getTypeSize(variable.getType());
    variables.push_back(variable);
  }
  if (bytes <= static_cast<uint64_t>(target.sharedBytes))
    return bytes;
  OpBuilder b(module.getBodyRegion());
  Type byte = b.getI8Type();
  auto launched = LLVM::GlobalOp::create(b, module.getLoc(), LLVM::LLVMArrayType::get(byte, 0), /*isConstant=*/false,
                                         LLVM::Linkage::External, "launched_shared", Attribute(), alignment,
                                         static_cast<unsigned>(NVVM::NVVMMemorySpace::Shared));
  module.walk([&](LLVM::AddressOfOp address) {
    auto offset = offsets.find(address.getGlobalName());
    if (offset == offsets.end())
      return;
    b.setInsertionPoint(address);
    Value start = LLVM::AddressOfOp::create(b, address.getLoc(), launched);
    Value at = LLVM::GEPOp::create(b, address.getLoc(), start.getType(), byte, start,
                                   ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset->second)});
    address.replaceAllUsesWith(at);
    address.erase();
  });
  for (LLVM::GlobalOp variable : variables)
    variable.erase();
  for (auto kernel : module.getOps<LLVM::LLVMFuncOp>())
    if (kernel->hasAttr("treadle.threads"))
      kernel->setAttr("treadle.shared", b.getI64IntegerAttr(static_cast<int64_t>(bytes)));
  return bytes;
}

/// max(x, 0), where a NaN stays one, rounded to 16 bits: one instruction for both.
struct RoundRectified : OpConversionPattern<arith::TruncFOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(arith::TruncFOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    // x < 0 ? 0 : x
    Type to = getElementTypeOrSelf(op.getType());
    auto select = op.getIn().getDefiningOp<arith::SelectOp>();
    auto less = select ? select.getCondition().getDefiningOp<arith::CmpFOp>() : nullptr;
    if (!less || less.getPredicate() != arith::CmpFPredicate::OLT || less.getLhs() != select.getFalseValue() ||
        !matchPattern(less.getRhs(), m_AnyZeroFloat()) || !matchPattern(select.getTrueValue(), m_PosZeroFloat()) ||
        !getElementTypeOrSelf(op.getIn().getType()).isF32() || !(to.isF16() || to.isBF16()))
      return failure();
    Location loc = op.getLoc();
    Value number = b.getRemappedValue(less.getLhs());
    auto round = [&](StringRef name, Type result, ValueRange numbers) -> Value {
      return LLVM::CallIntrinsicOp::create(b, loc, result, b.getStringAttr(name), numbers).getResult(0);
    };
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type) {
      b.replaceOp(op, round(to.isF16() ? "llvm.nvvm.f2f16.rn.relu" : "llvm.nvvm.f2bf16.rn.relu", to, number));
      return success();
    }
    int64_t count = type.getNumElements();
    if (type.getRank() > 1 || count % 2)
      return failure();
    auto element = [&](int64_t i) { return LLVM::ExtractElementOp::create(b, loc, number, constant(b, loc, i)); };
    Value pairs = LLVM::PoisonOp::create(b, loc, VectorType::get({count / 2}, b.getI32Type()));
    for (int64_t i = 0; i < count; i += 2) { // the upper half first
      Value pair = round(to.isF16() ? "llvm.nvvm.ff2f16x2.rn.relu" : "llvm.nvvm.ff2bf16x2.rn.relu",
                         VectorType::get({2}, to), {element(i + 1), element(i)});
      pair = LLVM::BitcastOp::create(b, loc, b.getI32Type(), pair);
      pairs = LLVM::InsertElementOp::create(b, loc, pairs, pair, constant(b, loc, i / 2));
    }
    b.replaceOpWithNewOp<LLVM::BitcastOp>(op, type, pairs);
    return success();
  }

private:
  static Value constant(OpBuilder &b, Location loc, int64_t i) {
    return LLVM::ConstantOp::create(b, loc, b.getI32IntegerAttr(static_cast<int32_t>(i)));
  }
};

struct CudaConvertKernel : impl::CudaConvertKernelBase<CudaConvertKernel> {
  void runOnOperation() override {
    auto addDevice = [](LLVMTypeConverter &converter, RewritePatternSet &patterns) {
      populateGpuToNVVMConversionPatterns(converter, patterns);
      cuda::populateTileToNvvm(converter, patterns);
      cuda::populateAsyncTileToNvvm(converter, patterns);
      addApproximateExp2(converter, patterns, "llvm.nvvm.ex2.approx.ftz.f32"); // within 2 units in the last place
      patterns.add<RoundRectified>(converter, patterns.getContext(), /*benefit=*/20);
    };
    if (failed(convertSimtToLlvm(getOperation(), NVVM::NVVMDialect::getKernelFuncAttrName(), addDevice)))
      return signalPassFailure();
    Target target = Target::of(getOperation());
    int64_t shared = placeShared(getOperation(), target);
    for (auto kernel : getOperation().getOps<LLVM::LLVMFuncOp>())
      if (auto threads = kernel->getAttrOfType<IntegerAttr>("treadle.threads")) {
        Builder b(&getContext());
        // As many registers as leave room for two workgroups on a multiprocessor, if its memory does.
        bool isAlone = kernel->hasAttr("treadle.alone");
        int32_t workgroups = isAlone || (target.mostSharedBytes && 2 * shared > target.mostSharedBytes) ? 1 : 2;
        kernel->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(), b.getI32IntegerAttr(workgroups));
        kernel->setAttr(NVVM::NVVMDialect::getMaxntidAttrName(),
                        b.getDenseI32ArrayAttr({static_cast<int32_t>(threads.getInt()), 1, 1}));
        for (unsigned i = 0; i < kernel.getNumArguments(); ++i) // nobody writes what is handed over by value
          if (kernel.getArgAttr(i, LLVM::LLVMDialect::getByValAttrName()))
            kernel.setArgAttr(i, NVVM::NVVMDialect::getGridConstantAttrName(), b.getUnitAttr());
      }
  }
};

} // namespace
} // namespace treadle
