//===- TileToSpirv.cpp - cooperative matrices ----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// SPV_KHR_cooperative_matrix, and what the memory model of "SPIR-V Specification" 1.6, 2.18 asks for.
//
//===----------------------------------------------------------------------===//

#include "targets/vulkan/compile/TileToSpirv.h"
#include "codegen/Target.h"
#include "dialects/tile/Tile.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Transforms/DialectConversion.h"
#include "targets/vulkan/compile/Memory.h"

using namespace mlir;

namespace treadle::vulkan {
namespace {

constexpr auto shared = spirv::MemoryAccess::NonPrivatePointer;

Value constant(OpBuilder &b, Location loc, int32_t value) {
  return spirv::ConstantOp::create(b, loc, b.getI32Type(), b.getI32IntegerAttr(value));
}

/// Of a matrix whose rows begin at multiples of 16 bytes in device memory.
Access accessToRows(OpBuilder &b, Location loc, MemRefType type, Type element, Value memory, Value place) {
  Access at = accessTo(b, loc, type, element, memory, place);
  auto access = at.access ? at.access.getValue() : spirv::MemoryAccess::None;
  at.access = spirv::MemoryAccessAttr::get(b.getContext(), access | shared);
  if (at.alignment)
    at.alignment = b.getI32IntegerAttr(16);
  return at;
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
    Access at =
        accessToRows(b, loc, op.getMemory().getType(), op.getType().getElement(), in.getMemory(), in.getPlace());
    b.replaceOpWithNewOp<spirv::KHRCooperativeMatrixLoadOp>(
        op, getTypeConverter()->convertType(op.getType()), at.pointer,
        spirv::CooperativeMatrixLayoutKHRAttr::get(b.getContext(), layout),
        constant(b, loc, static_cast<int32_t>(op.getPitch())), at.access, at.alignment);
    return success();
  }
};

struct Store : OpConversionPattern<tile::FragmentStoreOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::FragmentStoreOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    Access at = accessToRows(b, loc, op.getMemory().getType(), op.getFragment().getType().getElement(), in.getMemory(),
                             in.getPlace());
    b.replaceOpWithNewOp<spirv::KHRCooperativeMatrixStoreOp>(
        op, at.pointer, in.getFragment(),
        spirv::CooperativeMatrixLayoutKHRAttr::get(b.getContext(), spirv::CooperativeMatrixLayoutKHR::RowMajor),
        constant(b, loc, static_cast<int32_t>(op.getPitch())), at.access, at.alignment);
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

/// A thread's elements are those of an array of its own, of a length that the device knows.
struct Map : OpConversionPattern<tile::FragmentMapOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::FragmentMapOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    Type type = in.getFragment().getType(), element = op.getType().getElement();
    auto ofThread = spirv::StorageClass::Function;
    Value all = spirv::VariableOp::create(b, loc, spirv::PointerType::get(type, ofThread),
                                          spirv::StorageClassAttr::get(b.getContext(), ofThread), Value());
    spirv::StoreOp::create(b, loc, all, in.getFragment());
    Value length = spirv::KHRCooperativeMatrixLengthOp::create(b, loc, b.getI32Type(), TypeAttr::get(type));
    auto loop = scf::ForOp::create(b, loc, constant(b, loc, 0), length, constant(b, loc, 1));
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      Value own =
          spirv::AccessChainOp::create(b, loc, spirv::PointerType::get(element, ofThread), all, loop.getInductionVar());
      Value before = spirv::LoadOp::create(b, loc, own);
      auto yield = cast<tile::YieldOp>(op.getBody().front().getTerminator());
      b.inlineBlockBefore(&op.getBody().front(), loop.getBody()->getTerminator(), before);
      b.setInsertionPoint(yield);
      spirv::StoreOp::create(b, loc, own, yield.getValue());
      b.eraseOp(yield);
    }
    b.replaceOpWithNewOp<spirv::LoadOp>(op, all);
    return success();
  }
};

struct Convert : OpConversionPattern<tile::FragmentConvertOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::FragmentConvertOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    b.replaceOpWithNewOp<spirv::FConvertOp>(op, getTypeConverter()->convertType(op.getType()), in.getFragment());
    return success();
  }
};

struct SubgroupBarrier : OpConversionPattern<tile::SubgroupBarrierOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::SubgroupBarrierOp op, OpAdaptor, ConversionPatternRewriter &b) const override {
    auto semantics = spirv::MemorySemantics::AcquireRelease | spirv::MemorySemantics::WorkgroupMemory;
    if (Target::of(op).inLockstep)
      b.replaceOpWithNewOp<spirv::MemoryBarrierOp>(op, spirv::Scope::Subgroup, semantics);
    else
      b.replaceOpWithNewOp<spirv::ControlBarrierOp>(op, spirv::Scope::Subgroup, spirv::Scope::Subgroup, semantics);
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
  patterns.add<Fill, Load, Store, Multiply, Map, Convert, SubgroupBarrier>(converter, patterns.getContext());
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
    // What was written before a barrier is seen after it.
    auto seen = spirv::MemorySemantics::MakeAvailable | spirv::MemorySemantics::MakeVisible;
    if (auto barrier = dyn_cast<spirv::ControlBarrierOp>(op))
      barrier.setMemorySemantics(barrier.getMemorySemantics() | seen);
    if (auto barrier = dyn_cast<spirv::MemoryBarrierOp>(op))
      barrier.setMemorySemantics(barrier.getMemorySemantics() | seen);
  });
}

} // namespace treadle::vulkan
