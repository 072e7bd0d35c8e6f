//===- ConvertPointwise.cpp - 1x1 convolutions that stand alone -------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A convolution of one tap is a product of the filter and a matrix [channel][place]:
//
//     conv(x [N, C, X..], f [O, C, 1..])   =   f [O, C] * x [N, C, X...]   as [N, O, X..]
//
// Among other convolutions it is better done with channels last, as they are. Alone, that would need a
// transpose before and one after it, which take longer than the product where channels are few.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "passes/simplify/Passes.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
#define GEN_PASS_DEF_CONVERTPOINTWISE
#include "passes/simplify/Passes.h.inc"

namespace {

/// Along fewer places than this, panels of a product are too short to be worth making.
constexpr int64_t fewestPlaces = 512;

bool isCandidate(ConvOp conv) {
  return conv.isPointwise() && !conv.getChannelsLast() && isa<FloatType>(elementOf(conv));
}

/// Whether an op gains from channels that are last.
bool isSpatial(Operation *op) {
  if (auto conv = dyn_cast<ConvOp>(op))
    return !isCandidate(conv);
  return isa<ConvTransposeOp, PoolOp, ResizeOp>(op);
}

DimExpr placesOf(ConvOp conv) { return product(conv.getContext(), ArrayRef(dimsOf(conv.getType())).drop_front(2)); }

Value asProduct(ConvOp conv) {
  OpBuilder b(conv);
  Location loc = conv.getLoc();
  Dims input = dimsOf(conv.getInput().getType()), filter = dimsOf(conv.getFilter().getType());
  Value x = ReshapeOp::create(b, loc, conv.getInput(), {input[0], input[1], placesOf(conv)});
  Value f = ReshapeOp::create(b, loc, conv.getFilter(), {filter[0], filter[1]});
  Value result = ReshapeOp::create(b, loc, MatMulOp::create(b, loc, f, x, false, false), dimsOf(conv.getType()));
  for (NamedAttribute attr : conv->getDiscardableAttrs())
    result.getDefiningOp()->setAttr(attr.getName(), attr.getValue());
  return result;
}

struct ConvertPointwise : impl::ConvertPointwiseBase<ConvertPointwise> {
  void runOnOperation() override {
    Block &block = getOperation().getBody().front();
    // Ops that are made from a spatial one, or have one made from them.
    DenseSet<Operation *> after, before;
    for (Operation &op : block)
      for (Value operand : op.getOperands())
        if (Operation *made = operand.getDefiningOp(); made && (isSpatial(made) || after.contains(made)))
          after.insert(&op);
    for (Operation &op : llvm::reverse(block))
      for (Operation *user : op.getUsers())
        if (isSpatial(user) || before.contains(user))
          before.insert(&op);
    for (ConvOp conv : llvm::make_early_inc_range(block.getOps<ConvOp>()))
      if (isCandidate(conv) && !after.contains(conv) && !before.contains(conv) &&
          placesOf(conv).constantValue().value_or(fewestPlaces) >= fewestPlaces) {
        conv.replaceAllUsesWith(asProduct(conv));
        conv.erase();
      }
  }
};

} // namespace
} // namespace treadle
