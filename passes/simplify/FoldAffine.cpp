//===- FoldAffine.cpp - constants that scale and shift ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Constants are drawn towards the product that made the value, and into its weights:
//
//     product(x * s, w) * t + b - c        ->        product(x, s * w * t) + (b - c)
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Evaluate.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/simplify/Passes.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
#define GEN_PASS_DEF_FOLDAFFINE
#include "passes/simplify/Passes.h.inc"

namespace {

bool isConstant(Value value) { return value.getDefiningOp<ConstantOp>(); }
bool isFloat(Value value) { return isa<FloatType>(elementOf(value)); }

/// For ops that become constants at once: the rewriter is not told of them, as they are gone again.
OpBuilder unseen(PatternRewriter &rewriter) {
  OpBuilder b(rewriter.getContext());
  b.restoreInsertionPoint(rewriter.saveInsertionPoint());
  return b;
}

/// A product whose weights are constants and whose result has one reader.
Operation *weighted(Value value) {
  Operation *op = value.getDefiningOp();
  return isa_and_nonnull<ConvOp, MatMulOp>(op) && op->hasOneUse() && isConstant(op->getOperand(1)) ? op : nullptr;
}

int64_t channelDimOf(Operation *product) {
  if (auto conv = dyn_cast<ConvOp>(product))
    return conv.channelDim();
  return rankOf(product->getResult(0)) - 1;
}

/// `constant`, which broadcasts to a tensor of `rank` dimensions, as one number or one for each element of
/// dimension `dim`, at dimension `place` of a tensor of `newRank`; null where it has others.
Value alongDimension(PatternRewriter &rewriter, Value constant, int64_t rank, int64_t dim, int64_t newRank,
                     int64_t place) {
  OpBuilder b = unseen(rewriter);
  Dims dims = dimsOf(constant.getType());
  Dims result(newRank, DimExpr::constant(b.getContext(), 1));
  for (auto [i, size] : llvm::enumerate(dims)) {
    if (size == 1)
      continue;
    if (static_cast<int64_t>(i) + rank - static_cast<int64_t>(dims.size()) != dim)
      return {};
    result[place] = size;
  }
  return foldToConstant(b, ReshapeOp::create(b, constant.getLoc(), constant, result));
}

template <typename Op> Value combined(PatternRewriter &rewriter, Location loc, Value x, Value y) {
  OpBuilder b = unseen(rewriter);
  return foldToConstant(b, Op::create(b, loc, x, y));
}

/// The product with its weights multiplied by what scales its result; null where that is not one number a
/// channel.
bool scaleWeights(PatternRewriter &b, Operation *product, Value scale) {
  Value weights = product->getOperand(1);
  int64_t rank = rankOf(weights), place = 0;
  if (auto matmul = dyn_cast<MatMulOp>(product))
    place = matmul.getTransposeRhs() ? rank - 2 : rank - 1;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(product);
  Value spread = alongDimension(b, scale, rankOf(product->getResult(0)), channelDimOf(product), rank, place);
  if (!spread)
    return false;
  Value scaled = combined<MulOp>(b, weights.getLoc(), weights, spread);
  b.modifyOpInPlace(product, [&] {
    product->setOperand(1, scaled);
    product->removeAttr("graph.value"); // it is the scaled value now
  });
  return true;
}

/// product * s, product / s: into the weights. (product + b) * s: product * s + b * s.
template <typename Op> struct ScaleResult : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &b) const override {
    Value x = op.getLhs(), scale = op.getRhs();
    if (std::is_same_v<Op, MulOp> && isConstant(x))
      std::swap(x, scale);
    if (!isConstant(scale) || isConstant(x) || !isFloat(x) || x.getType() != op.getType())
      return failure();
    auto factor = [&] {
      if (std::is_same_v<Op, MulOp>)
        return scale;
      Value one = makeScalar(b, op.getLoc(), 1, elementOf(scale));
      return combined<DivOp>(b, op.getLoc(), one, scale);
    };
    if (Operation *product = weighted(x)) {
      if (!scaleWeights(b, product, factor()))
        return failure();
      b.replaceOp(op, x);
      return success();
    }
    auto add = x.getDefiningOp<AddOp>();
    if (!add || !add->hasOneUse() || !isConstant(add.getRhs()) || !weighted(add.getLhs()) ||
        add.getLhs().getType() != add.getType())
      return failure();
    Value amount = factor();
    Value shift = combined<MulOp>(b, add.getLoc(), add.getRhs(), amount);
    auto scaled = MulOp::create(b, op.getLoc(), add.getLhs(), amount);
    b.replaceOpWithNewOp<AddOp>(op, scaled, shift);
    return success();
  }
};

/// product(x * s, w): into the weights, where s has one number or one an input channel. Padding with zeros
/// does not mind.
template <typename Op> struct ScaleInput : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &b) const override {
    Value weights = op->getOperand(1);
    auto mul = op->getOperand(0).template getDefiningOp<MulOp>();
    if (!mul || !mul->hasOneUse() || !isConstant(weights) || !isFloat(weights))
      return failure();
    Value x = mul.getLhs(), scale = mul.getRhs();
    if (isConstant(x))
      std::swap(x, scale);
    if (!isConstant(scale) || x.getType() != mul.getType() || rankOf(scale) > rankOf(x))
      return failure();
    int64_t rank = rankOf(x), weightsRank = rankOf(weights), dim, place;
    if constexpr (std::is_same_v<Op, ConvOp>) {
      dim = op.channelDim();
      place = 1;
      if (op.getGroups() != 1 && !splatOf(scale))
        return failure();
    } else {
      dim = op.getTransposeLhs() ? rank - 2 : rank - 1;
      place = op.getTransposeRhs() ? weightsRank - 1 : weightsRank - 2;
    }
    Value spread = alongDimension(b, scale, rank, dim, weightsRank, place);
    if (!spread)
      return failure();
    Value scaled = combined<MulOp>(b, weights.getLoc(), weights, spread);
    b.modifyOpInPlace(op, [&] {
      op->setOperand(0, x);
      op->setOperand(1, scaled);
    });
    return success();
  }
};

/// (x + a) + b is x + (a + b), (x * a) * b is x * (a * b).
template <typename Op> struct MergeConstants : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &b) const override {
    auto inner = op.getLhs().template getDefiningOp<Op>();
    if (!inner || !inner->hasOneUse() || !isFloat(op) || !isConstant(op.getRhs()) || !isConstant(inner.getRhs()) ||
        isConstant(inner.getLhs()) || inner.getLhs().getType() != op.getType())
      return failure();
    // No constant larger than both.
    auto broadcast = broadcastDims(dimsOf(inner.getRhs().getType()), dimsOf(op.getRhs().getType()));
    if (failed(broadcast))
      return failure();
    auto count = [](ArrayRef<DimExpr> dims) {
      int64_t result = 1;
      for (DimExpr dim : dims)
        result *= *dim.constantValue();
      return result;
    };
    if (count(*broadcast) > std::max(count(dimsOf(inner.getRhs().getType())), count(dimsOf(op.getRhs().getType()))))
      return failure();
    Value both = combined<Op>(b, op.getLoc(), inner.getRhs(), op.getRhs());
    b.replaceOpWithNewOp<Op>(op, inner.getLhs(), both);
    return success();
  }
};

/// c + x is x + c; x - c is x + -c.
template <typename Op> struct ConstantLast : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &b) const override {
    if (!isFloat(op))
      return failure();
    if constexpr (std::is_same_v<Op, SubOp>) {
      if (!isConstant(op.getRhs()) || isConstant(op.getLhs()))
        return failure();
      OpBuilder builder = unseen(b);
      Value negative = foldToConstant(builder, NegOp::create(builder, op.getLoc(), op.getRhs()));
      b.replaceOpWithNewOp<AddOp>(op, op.getLhs(), negative);
      return success();
    } else {
      if (!isConstant(op.getLhs()) || isConstant(op.getRhs()))
        return failure();
      b.replaceOpWithNewOp<Op>(op, op.getRhs(), op.getLhs());
      return success();
    }
  }
};

/// Keeps the model's name of the value on whatever makes it now.
class KeepNames : public RewriterBase::Listener {
public:
  void notifyOperationReplaced(Operation *op, ValueRange replacement) override {
    Attribute name = op->getAttr("graph.value");
    Operation *made = replacement.size() == 1 ? replacement[0].getDefiningOp() : nullptr;
    if (name && made && !isa<ConstantOp>(made))
      made->setAttr("graph.value", name);
  }
};

struct FoldAffine : impl::FoldAffineBase<FoldAffine> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns
        .add<ScaleResult<MulOp>, ScaleResult<DivOp>, ScaleInput<ConvOp>, ScaleInput<MatMulOp>, MergeConstants<AddOp>,
             MergeConstants<MulOp>, ConstantLast<AddOp>, ConstantLast<MulOp>, ConstantLast<SubOp>>(&getContext());
    KeepNames names;
    GreedyRewriteConfig config;
    config.setListener(&names);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      signalPassFailure();
  }
};

} // namespace
} // namespace treadle
