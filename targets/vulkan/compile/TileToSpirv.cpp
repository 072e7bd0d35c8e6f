//===- TileToSpirv.cpp - cooperative matrices ----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// SPV_KHR_cooperative_matrix, and what the memory model of "SPIR-V Specification" 1.6, 2.18 asks for.
//
//===----------------------------------------------------------------------===//

#include "targets/vulkan/compile/TileToSpirv.h"
#include "dialects/tile/Tile.h"
#include "mlir/Transforms/DialectConversion.h"

using namespace mlir;

namespace treadle::vulkan {
namespace {

constexpr auto shared = spirv::MemoryAccess::NonPrivatePointer;

Value constant(OpBuilder &b, Location loc, int32_t value) {
  return spirv::ConstantOp::create(b, loc, b.getI32Type(), b.getI32IntegerAttr(value));
}

/// An element of shared memory.
Value pointerTo(OpBuilder &b, Location loc, Value memory, Value index) {
  auto array = cast<spirv::ArrayType>(cast<spirv::PointerType>(memory.getType()).getPointeeType());
  auto pointer = spirv::PointerType::get(array.getElementType(), spirv::StorageClass::Workgroup);
  return spirv::AccessChainOp::create(b, loc, pointer, memory, index);
}

struct Fill : OpConversionPattern<tile::FragmentFillOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::FragmentFillOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    b.replaceOpWithNewOp<spirv::CompositeConstructOp>(op, getTypeConverter()->convertType(op.getType()),
                                                      ValueRange(in.getValue()));
    return success();
  }
};

struct Load : OpConversionPattern<tile::FragmentLoadOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::FragmentLoadOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    auto layout =
        op.getTurned() ? spirv::CooperativeMatrixLayoutKHR::ColumnMajor : spirv::CooperativeMatrixLayoutKHR::RowMajor;
    Location loc = op.getLoc();
    Value pointer = pointerTo(b, loc, in.getMemory(), in.getPlace());
    b.replaceOpWithNewOp<spirv::KHRCooperativeMatrixLoadOp>(
        op, getTypeConverter()->convertType(op.getType()), pointer,
        spirv::CooperativeMatrixLayoutKHRAttr::get(b.getContext(), layout),
        constant(b, loc, static_cast<int32_t>(op.getPitch())), spirv::MemoryAccessAttr::get(b.getContext(), shared),
        IntegerAttr());
    return success();
  }
};

struct Store : OpConversionPattern<tile::FragmentStoreOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::FragmentStoreOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    Value pointer = pointerTo(b, loc, in.getMemory(), in.getPlace());
    b.replaceOpWithNewOp<spirv::KHRCooperativeMatrixStoreOp>(
        op, pointer, in.getFragment(),
        spirv::CooperativeMatrixLayoutKHRAttr::get(b.getContext(), spirv::CooperativeMatrixLayoutKHR::RowMajor),
        constant(b, loc, static_cast<int32_t>(op.getPitch())), spirv::MemoryAccessAttr::get(b.getContext(), shared),
        IntegerAttr());
    return success();
  }
};

struct Multiply : OpConversionPattern<tile::FragmentMultiplyOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::FragmentMultiplyOp op, OpAdaptor in,
                                ConversionPatternRewriter &b) const override {
    b.replaceOpWithNewOp<spirv::KHRCooperativeMatrixMulAddOp>(op, in.getSums().getType(), in.getLhs(), in.getRhs(),
                                                              in.getSums(), spirv::CooperativeMatrixOperandsKHRAttr());
    return success();
  }
};

/// Memory that several threads reach.
bool isShared(Type pointer) {
  spirv::StorageClass where = cast<spirv::PointerType>(pointer).getStorageClass();
  return where == spirv::StorageClass::Workgroup || where == spirv::StorageClass::PhysicalStorageBuffer;
}

template <typename Op> void share(Op op) {
  spirv::MemoryAccess access = op.getMemoryAccess().value_or(spirv::MemoryAccess::None);
  op.setMemoryAccess(access | shared);
}

} // namespace

void populateTileToSpirv(SPIRVTypeConverter &converter, RewritePatternSet &patterns) {
  converter.addConversion([&converter](tile::FragmentType type) -> Type {
    auto use = type.getRole() == "lhs"   ? spirv::CooperativeMatrixUseKHR::MatrixA
               : type.getRole() == "rhs" ? spirv::CooperativeMatrixUseKHR::MatrixB
                                         : spirv::CooperativeMatrixUseKHR::MatrixAcc;
    return spirv::CooperativeMatrixType::get(converter.convertType(type.getElement()),
                                             static_cast<uint32_t>(type.getRows()),
                                             static_cast<uint32_t>(type.getColumns()), spirv::Scope::Subgroup, use);
  });
  patterns.add<Fill, Load, Store, Multiply>(converter, patterns.getContext());
}

bool hasMatrices(spirv::ModuleOp module) {
  return module.walk([](spirv::KHRCooperativeMatrixMulAddOp) { return WalkResult::interrupt(); }).wasInterrupted();
}

void useVulkanMemoryModel(spirv::ModuleOp module) {
  module.setMemoryModel(spirv::MemoryModel::Vulkan);
  module.walk([](Operation *op) {
    if (auto load = dyn_cast<spirv::LoadOp>(op); load && isShared(load.getPtr().getType()))
      share(load);
    if (auto store = dyn_cast<spirv::StoreOp>(op); store && isShared(store.getPtr().getType()))
      share(store);
    if (auto barrier = dyn_cast<spirv::ControlBarrierOp>(op)) // what was written before is seen after it
      barrier.setMemorySemantics(barrier.getMemorySemantics() | spirv::MemorySemantics::MakeAvailable |
                                 spirv::MemorySemantics::MakeVisible);
  });
}

} // namespace treadle::vulkan
