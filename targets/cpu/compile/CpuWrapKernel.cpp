//===- CpuWrapKernel.cpp - the function that the runtime calls ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "targets/cpu/compile/Passes.h"

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_CPUWRAPKERNEL
#include "targets/cpu/compile/Passes.h.inc"

namespace {

void wrap(LLVM::LLVMFuncOp kernel, int64_t buffers, int64_t symbols) {
  MLIRContext *context = kernel.getContext();
  ImplicitLocOpBuilder b(kernel.getLoc(), OpBuilder(kernel));
  Type pointer = LLVM::LLVMPointerType::get(context), i64 = b.getI64Type();
  std::string name = kernel.getName().str();
  kernel.setName(name + ".body");
  kernel.setLinkage(LLVM::Linkage::Internal);
  kernel.setAlwaysInline(true);
  // KernelFunction of targets/cpu/KernelAbi.h
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context), {pointer, pointer, i64, i64, pointer});
  auto entry = LLVM::LLVMFuncOp::create(b, name, type);
  Block *block = entry.addEntryBlock(b);
  b.setInsertionPointToStart(block);

  SmallVector<Value> arguments;
  Value zero = LLVM::ConstantOp::create(b, i64, b.getI64IntegerAttr(0));
  Value one = LLVM::ConstantOp::create(b, i64, b.getI64IntegerAttr(1));
  Value many = LLVM::ConstantOp::create(b, i64, b.getI64IntegerAttr(INT64_MAX));
  // A rank-1 memref descriptor: allocated pointer, aligned pointer, offset, size, stride.
  auto addBuffer = [&](Value address) { arguments.append({address, address, zero, many, one}); };
  auto element = [&](Value array, int64_t index, Type type) -> Value {
    Value at = LLVM::GEPOp::create(b, pointer, type, array, ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
    return LLVM::LoadOp::create(b, type, at);
  };
  for (int64_t i = 0; i < buffers; ++i)
    addBuffer(element(block->getArgument(0), i, pointer));
  for (int64_t i = 0; i < symbols; ++i)
    arguments.push_back(element(block->getArgument(1), i, i64));
  arguments.append({block->getArgument(2), block->getArgument(3)});
  addBuffer(block->getArgument(4));
  LLVM::CallOp::create(b, kernel, arguments);
  LLVM::ReturnOp::create(b, ValueRange());
}

struct CpuWrapKernel : impl::CpuWrapKernelBase<CpuWrapKernel> {
  void runOnOperation() override {
    for (auto kernel : llvm::make_early_inc_range(getOperation().getOps<LLVM::LLVMFuncOp>()))
      if (auto buffers = kernel->getAttrOfType<IntegerAttr>("treadle.buffers"))
        wrap(kernel, buffers.getInt(), kernel->getAttrOfType<ArrayAttr>("treadle.symbols").size());
  }
};

} // namespace
} // namespace treadle
