//===- SinkReshapes.cpp - elementwise ops before reshapes -------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A reshape is a view of memory, and nothing is fused across it. Where a product is reshaped and then
// goes on elementwise, the elementwise op is moved up:
//
//     e(reshape(x), reshape(y), c)   ->   reshape(e(x, y, c'))
//
// c' is c as it broadcasts to x: dimensions are matched from both ends, and c must be 1 in those between.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "passes/simplify/Passes.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
#define GEN_PASS_DEF_SINKRESHAPES
#include "passes/simplify/Passes.h.inc"

namespace {

constexpr int maxChain = 16;

/// Whether a value is a product's result, or comes from one through elementwise ops that go with it.
bool comesFromProduct(Value value, int depth = 0) {
  Operation *op = value.getDefiningOp();
  if (!op || !op->hasOneUse() || depth > maxChain)
    return false;
  if (isa<MatMulOp, ConvOp, AttentionOp>(op))
    return true;
  return isElementwise(op) && llvm::any_of(op->getOperands(), [&](Value operand) {
           return operand.getType() == op->getResult(0).getType() && comesFromProduct(operand, depth + 1);
         });
}

class Sinking {
public:
  explicit Sinking(Operation *op) : op(op), b(op) {}
  /// The op's value, made before the reshape; null if it stays.
  Value run();

private:
  std::optional<Dims> placeOf(Value operand);

  Operation *op;
  OpBuilder b;
  Dims before, after;                 // of what is reshaped, and of the op's result
  size_t fromLeft = 0, fromRight = 0; // dimensions that are the same on either side
};

/// The dimensions that `operand` must have to broadcast to `before` as it does to `after`.
std::optional<Dims> Sinking::placeOf(Value operand) {
  Dims dims(after.size() - rankOf(operand), DimExpr::constant(b.getContext(), 1));
  llvm::append_range(dims, dimsOf(operand.getType()));
  Dims result(before.size(), DimExpr::constant(b.getContext(), 1));
  for (size_t i = 0; i < after.size(); ++i) {
    if (i < fromLeft)
      result[i] = dims[i];
    else if (after.size() - i <= fromRight)
      result[before.size() - (after.size() - i)] = dims[i];
    else if (dims[i] != 1)
      return std::nullopt;
  }
  return result;
}

Value Sinking::run() {
  if (!isElementwise(op) || op->getNumResults() != 1)
    return {};
  after = dimsOf(op->getResult(0).getType());
  ReshapeOp main;
  for (Value operand : op->getOperands())
    if (auto reshape = operand.getDefiningOp<ReshapeOp>();
        reshape && reshape->hasOneUse() && dimsOf(operand.getType()) == after && comesFromProduct(reshape.getInput()))
      main = reshape;
  if (!main)
    return {};
  before = dimsOf(main.getInput().getType());
  size_t shared = std::min(before.size(), after.size());
  while (fromRight < shared && before[before.size() - 1 - fromRight] == after[after.size() - 1 - fromRight])
    ++fromRight;
  while (fromLeft + fromRight < shared && before[fromLeft] == after[fromLeft])
    ++fromLeft;

  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    auto reshape = operand.getDefiningOp<ReshapeOp>();
    if (reshape && dimsOf(operand.getType()) == after && dimsOf(reshape.getInput().getType()) == before) {
      operands.push_back(reshape.getInput());
    } else if (dimsOf(operand.getType()) == after) {
      operands.push_back(ReshapeOp::create(b, operand.getLoc(), operand, before));
    } else if (std::optional<Dims> dims = placeOf(operand)) {
      bool isScalar = llvm::all_of(*dims, [](DimExpr dim) { return dim == 1; });
      operands.push_back(ReshapeOp::create(b, operand.getLoc(), operand, isScalar ? Dims() : *dims));
    } else {
      return {};
    }
  }
  OperationState state(op->getLoc(), op->getName(), operands, {tensorOf(before, elementOf(op->getResult(0)))},
                       op->getAttrs());
  state.propertiesAttr = op->getPropertiesAsAttribute();
  Value moved = b.create(state)->getResult(0);
  moved.getDefiningOp()->removeAttr("graph.value");
  return ReshapeOp::create(b, op->getLoc(), moved, after);
}

struct SinkReshapes : impl::SinkReshapesBase<SinkReshapes> {
  void runOnOperation() override {
    for (Operation &op : llvm::make_early_inc_range(getOperation().getBody().front()))
      if (Value value = Sinking(&op).run()) {
        op.replaceAllUsesWith(ValueRange(value));
        SmallVector<Value> operands(op.getOperands());
        op.erase();
        for (Value operand : operands) // their inputs have a reader less, which the next op asks for
          if (auto reshape = operand.getDefiningOp<ReshapeOp>(); reshape && reshape->use_empty())
            reshape->erase();
      }
  }
};

} // namespace
} // namespace treadle
