//===- TileToNvvm.cpp - the tile dialect on NVIDIA devices --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The device's instructions take and give registers of 32 bits, two or four elements in each.
//
//===----------------------------------------------------------------------===//

#include "targets/cuda/compile/TileToNvvm.h"
#include "codegen/SimtToLlvm.h"
#include "dialects/tile/Tile.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Transforms/DialectConversion.h"

using namespace mlir;

namespace treadle::cuda {
namespace {

Value constant(OpBuilder &b, Location loc, int32_t value) {
  return LLVM::ConstantOp::create(b, loc, b.getI32Type(), b.getI32IntegerAttr(value));
}

/// A vector's elements, `width` bits of them together as a value of `type`.
SmallVector<Value> split(OpBuilder &b, Location loc, Value vector, Type type, unsigned width) {
  auto from = cast<VectorType>(vector.getType());
  int64_t count = from.getNumElements() * from.getElementTypeBitWidth() / width;
  Type part = IntegerType::get(b.getContext(), width);
  if (from.getElementType() != type) {
    Type scalar = from.getElementType() == part || type.isIntOrFloat() ? type : part;
    vector = LLVM::BitcastOp::create(b, loc, VectorType::get({count}, scalar), vector);
  }
  SmallVector<Value> parts;
  for (int64_t i = 0; i < count; ++i) {
    Value value = LLVM::ExtractElementOp::create(b, loc, vector, constant(b, loc, i));
    parts.push_back(value.getType() == type ? value : Value(LLVM::BitcastOp::create(b, loc, type, value)));
  }
  return parts;
}

/// What a struct of values holds, as a vector.
Value join(OpBuilder &b, Location loc, Value parts, VectorType type) {
  SmallVector<Value> values;
  if (auto record = dyn_cast<LLVM::LLVMStructType>(parts.getType()))
    for (int64_t i = 0; i < static_cast<int64_t>(record.getBody().size()); ++i)
      values.push_back(LLVM::ExtractValueOp::create(b, loc, parts, i));
  else
    values.push_back(parts);
  auto whole = VectorType::get({static_cast<int64_t>(values.size())}, values[0].getType());
  Value vector = LLVM::PoisonOp::create(b, loc, whole);
  for (auto [i, value] : llvm::enumerate(values))
    vector = LLVM::InsertElementOp::create(b, loc, vector, value, constant(b, loc, i));
  return whole == type ? vector : Value(LLVM::BitcastOp::create(b, loc, type, vector));
}

struct Multiply : OpConversionPattern<tile::MultiplyOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::MultiplyOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    auto sums = dyn_cast<VectorType>(in.getSums().getType());
    Type element = getElementTypeOrSelf(op.getLhs().getType());
    if (!sums || !isa<VectorType>(in.getLhs().getType()))
      return failure();
    // Which values an instruction takes is told by its types alone, but for bits in integers.
    using NVVM::MMATypes;
    std::optional<std::array<MMATypes, 2>> types;
    Type word = b.getI32Type();
    if (element.isF16())
      word = VectorType::get({2}, element);
    else if (element.isBF16())
      types = {MMATypes::bf16, MMATypes::bf16};
    else if (element.isInteger(8))
      types = {op.getUnsignedLhs() ? MMATypes::u8 : MMATypes::s8, op.getUnsignedRhs() ? MMATypes::u8 : MMATypes::s8};
    else
      return failure();
    std::optional<NVVM::MMAIntOverflow> overflow;
    if (element.isInteger(8))
      overflow = NVVM::MMAIntOverflow::wrapped;
    SmallVector<Value> added;
    for (int64_t i = 0; i < sums.getNumElements(); ++i)
      added.push_back(LLVM::ExtractElementOp::create(b, loc, in.getSums(), constant(b, loc, i)));
    SmallVector<Type> results(sums.getNumElements(), sums.getElementType());
    Type record = LLVM::LLVMStructType::getLiteral(b.getContext(), results);
    Value product = NVVM::MmaOp::create(b, loc, record, split(b, loc, in.getLhs(), word, 32),
                                        split(b, loc, in.getRhs(), word, 32), added, op.getShape(), std::nullopt,
                                        overflow, types, std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
    b.replaceOp(op, join(b, loc, product, sums));
    return success();
  }
};

struct LoadMatrix : OpConversionPattern<tile::LoadMatrixOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::LoadMatrixOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    auto type = cast<VectorType>(op.getResult().getType());
    int64_t words = type.getNumElements() * type.getElementTypeBitWidth() / 32;
    Type word = b.getI32Type(), result = word;
    if (words > 1)
      result = LLVM::LLVMStructType::getLiteral(b.getContext(), SmallVector<Type>(words, word));
    Value at = elementAddress(b, loc, *getTypeConverter(), op.getMemory().getType(), in.getMemory(), in.getPlace());
    MLIRContext *context = b.getContext();
    Value loaded =
        NVVM::LdMatrixOp::create(b, loc, result, at, static_cast<uint32_t>(words),
                                 op.getTranspose() ? NVVM::MMALayout::col : NVVM::MMALayout::row,
                                 NVVM::LdStMatrixShapeAttr::get(context, 8, 8), NVVM::LdStMatrixEltType::B16);
    b.replaceOp(op, join(b, loc, loaded, type));
    return success();
  }
};

struct CopyAsync : OpConversionPattern<tile::CopyAsyncOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::CopyAsyncOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    const TypeConverter &converter = *getTypeConverter();
    Value from = elementAddress(b, loc, converter, op.getFrom().getType(), in.getFrom(), in.getAt());
    Value to = elementAddress(b, loc, converter, op.getTo().getType(), in.getTo(), in.getPlace());
    int32_t bytes = op.getCount() * op.getFrom().getType().getElementTypeBitWidth() / 8;
    Value count;
    if (in.getExists())
      count = LLVM::SelectOp::create(b, loc, in.getExists(), constant(b, loc, bytes), constant(b, loc, 0));
    // Past the first-level cache, which only whole copies may do.
    auto cache = bytes == 16 ? NVVM::LoadCacheModifierKind::CG : NVVM::LoadCacheModifierKind::CA;
    NVVM::CpAsyncOp::create(b, loc, to, from, bytes, cache, count);
    b.eraseOp(op);
    return success();
  }
};

struct Commit : OpConversionPattern<tile::CommitOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::CommitOp op, OpAdaptor, ConversionPatternRewriter &b) const override {
    b.replaceOpWithNewOp<NVVM::CpAsyncCommitGroupOp>(op);
    return success();
  }
};

struct Wait : OpConversionPattern<tile::WaitOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::WaitOp op, OpAdaptor, ConversionPatternRewriter &b) const override {
    b.replaceOpWithNewOp<NVVM::CpAsyncWaitGroupOp>(op, static_cast<uint32_t>(op.getLeft()));
    return success();
  }
};

struct SubgroupBarrier : OpConversionPattern<tile::SubgroupBarrierOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::SubgroupBarrierOp op, OpAdaptor, ConversionPatternRewriter &b) const override {
    b.replaceOpWithNewOp<NVVM::SyncWarpOp>(op, constant(b, op.getLoc(), -1));
    return success();
  }
};

struct Ballot : OpConversionPattern<tile::BallotOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::BallotOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    if (!op.getType().isInteger(32))
      return failure();
    b.replaceOpWithNewOp<NVVM::VoteSyncOp>(op, op.getType(), constant(b, op.getLoc(), -1), in.getTruth(),
                                           NVVM::VoteSyncKind::ballot);
    return success();
  }
};

} // namespace

void populateTileToNvvm(LLVMTypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<Multiply, LoadMatrix, CopyAsync, Commit, Wait, SubgroupBarrier, Ballot>(converter,
                                                                                       patterns.getContext());
}

} // namespace treadle::cuda
