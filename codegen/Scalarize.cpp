//===- Scalarize.cpp - vectors of one lane are numbers ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/DialectConversion.h"

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_SCALARIZE
#include "codegen/Passes.h.inc"

namespace {

bool isLane(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  return vector && !vector.isScalable() && vector.getRank() == 1 && vector.getDimSize(0) == 1;
}

bool hasLane(Operation *op) {
  return llvm::any_of(op->getOperandTypes(), isLane) || llvm::any_of(op->getResultTypes(), isLane);
}

/// base + the lane's own index.
Value placeOf(OpBuilder &b, Location loc, Value base, Value lane) {
  Value index = arith::IndexCastOp::create(b, loc, b.getIndexType(), lane);
  return arith::AddIOp::create(b, loc, base, index);
}

/// Nothing is read where `mask` does not hold: memory may be of no elements.
Value loadWhere(OpBuilder &b, Location loc, Value mask, Value rest, Value memory, Value index) {
  if (matchPattern(mask, m_One()))
    return memref::LoadOp::create(b, loc, memory, index);
  auto branch = scf::IfOp::create(b, loc, rest.getType(), mask, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(b, loc, memref::LoadOp::create(b, loc, memory, index).getResult());
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, loc, rest);
  return branch.getResult(0);
}

void storeWhere(OpBuilder &b, Location loc, Value mask, Value value, Value memory, Value index) {
  if (matchPattern(mask, m_One())) {
    memref::StoreOp::create(b, loc, value, memory, index);
    return;
  }
  auto branch = scf::IfOp::create(b, loc, mask, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  memref::StoreOp::create(b, loc, value, memory, index);
}

template <typename Op> struct Lane : OpConversionPattern<Op> {
  using OpConversionPattern<Op>::OpConversionPattern;
  using Adaptor = typename Op::Adaptor;

  LogicalResult matchAndRewrite(Op op, Adaptor operands, ConversionPatternRewriter &rewriter) const override {
    if (!hasLane(op))
      return failure();
    Value result = emit(op, operands, rewriter, op.getLoc());
    if (op->getNumResults() == 0)
      rewriter.eraseOp(op);
    else
      rewriter.replaceOp(op, result);
    return success();
  }

  Value emit(Op op, Adaptor operands, ConversionPatternRewriter &b, Location loc) const;
};

template <>
Value Lane<vector::LoadOp>::emit(vector::LoadOp op, Adaptor in, ConversionPatternRewriter &b, Location loc) const {
  return memref::LoadOp::create(b, loc, in.getBase(), in.getIndices());
}
template <>
Value Lane<vector::StoreOp>::emit(vector::StoreOp op, Adaptor in, ConversionPatternRewriter &b, Location loc) const {
  memref::StoreOp::create(b, loc, in.getValueToStore(), in.getBase(), in.getIndices());
  return {};
}
template <>
Value Lane<vector::MaskedLoadOp>::emit(vector::MaskedLoadOp op, Adaptor in, ConversionPatternRewriter &b,
                                       Location loc) const {
  return loadWhere(b, loc, in.getMask(), in.getPassThru(), in.getBase(), in.getIndices()[0]);
}
template <>
Value Lane<vector::MaskedStoreOp>::emit(vector::MaskedStoreOp op, Adaptor in, ConversionPatternRewriter &b,
                                        Location loc) const {
  storeWhere(b, loc, in.getMask(), in.getValueToStore(), in.getBase(), in.getIndices()[0]);
  return {};
}
template <>
Value Lane<vector::GatherOp>::emit(vector::GatherOp op, Adaptor in, ConversionPatternRewriter &b, Location loc) const {
  return loadWhere(b, loc, in.getMask(), in.getPassThru(), in.getBase(),
                   placeOf(b, loc, in.getOffsets()[0], in.getIndices()));
}
template <>
Value Lane<vector::ScatterOp>::emit(vector::ScatterOp op, Adaptor in, ConversionPatternRewriter &b,
                                    Location loc) const {
  storeWhere(b, loc, in.getMask(), in.getValueToStore(), in.getBase(),
             placeOf(b, loc, in.getOffsets()[0], in.getIndices()));
  return {};
}
template <>
Value Lane<vector::BroadcastOp>::emit(vector::BroadcastOp op, Adaptor in, ConversionPatternRewriter &b,
                                      Location loc) const {
  return in.getSource();
}
template <>
Value Lane<vector::ExtractOp>::emit(vector::ExtractOp op, Adaptor in, ConversionPatternRewriter &b,
                                    Location loc) const {
  return in.getSource();
}
template <>
Value Lane<vector::ExtractStridedSliceOp>::emit(vector::ExtractStridedSliceOp op, Adaptor in,
                                                ConversionPatternRewriter &b, Location loc) const {
  return in.getSource();
}
template <>
Value Lane<vector::CreateMaskOp>::emit(vector::CreateMaskOp op, Adaptor in, ConversionPatternRewriter &b,
                                       Location loc) const {
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, in.getOperands()[0], zero);
}
template <>
Value Lane<vector::FMAOp>::emit(vector::FMAOp op, Adaptor in, ConversionPatternRewriter &b, Location loc) const {
  return math::FmaOp::create(b, loc, in.getLhs(), in.getRhs(), in.getAcc());
}
template <>
Value Lane<arith::ConstantOp>::emit(arith::ConstantOp op, Adaptor, ConversionPatternRewriter &b, Location loc) const {
  return arith::ConstantOp::create(b, loc, *cast<DenseElementsAttr>(op.getValue()).value_begin<TypedAttr>());
}

/// Whatever is done lane by lane.
struct Elementwise : ConversionPattern {
  Elementwise(TypeConverter &converter, MLIRContext *context)
      : ConversionPattern(converter, MatchAnyOpTypeTag(), 1, context) {}
  LogicalResult matchAndRewrite(Operation *op, ArrayRef<Value> operands,
                                ConversionPatternRewriter &rewriter) const override {
    if (!hasLane(op) || !OpTrait::hasElementwiseMappableTraits(op))
      return failure();
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertTypes(op->getResultTypes(), types)))
      return failure();
    OperationState state(op->getLoc(), op->getName(), operands, types, op->getAttrs());
    rewriter.replaceOp(op, rewriter.create(state));
    return success();
  }
};

struct Scalarize : impl::ScalarizeBase<Scalarize> {
  void runOnOperation() override {
    TypeConverter converter;
    converter.addConversion([](Type type) { return isLane(type) ? cast<VectorType>(type).getElementType() : type; });
    ConversionTarget target(getContext());
    target.markUnknownOpDynamicallyLegal([](Operation *op) { return !hasLane(op); });
    RewritePatternSet patterns(&getContext());
    patterns.add<Lane<vector::LoadOp>, Lane<vector::StoreOp>, Lane<vector::MaskedLoadOp>, Lane<vector::MaskedStoreOp>,
                 Lane<vector::GatherOp>, Lane<vector::ScatterOp>, Lane<vector::BroadcastOp>, Lane<vector::ExtractOp>,
                 Lane<vector::ExtractStridedSliceOp>, Lane<vector::CreateMaskOp>, Lane<vector::FMAOp>,
                 Lane<arith::ConstantOp>, Elementwise>(converter, &getContext());
    scf::populateSCFStructuralTypeConversionsAndLegality(converter, patterns, target);
    if (failed(applyPartialConversion(getOperation(), target, std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace treadle
