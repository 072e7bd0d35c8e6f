//===- FoldConstants.cpp - what depends on constants alone ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One walk in order. Values that are known are held as tensors, until their last reader has been seen;
// only those that an op which stays reads become constants of the IR. So a chain of casts and products
// over large weights holds two tensors at a time, not all of them.
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Evaluate.h"
#include "mlir/IR/Builders.h"
#include "passes/simplify/Passes.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "passes/simplify/Passes.h.inc"

namespace {

/// A result may have as many elements as its operands together, or this many.
constexpr int64_t smallCount = 1 << 16;
/// The evaluator does about 50 million operations a second.
constexpr int64_t maxFlops = int64_t(1) << 31;

class Folder {
public:
  explicit Folder(func::FuncOp function) : block(function.getBody().front()) {}
  void run();

private:
  struct Known {
    SmallVector<Tensor> results;
    int64_t readers = 0; // that have not been looked at
    bool stays = false;  // an op that is not folded reads it
  };

  bool isWorthwhile(Operation *op);
  std::optional<SmallVector<Tensor>> operandsOf(Operation *op);
  void release(Operation *op);
  void materialize(Operation *op, Known &known);

  Block &block;
  DenseMap<Operation *, Known> known;
  SmallVector<Operation *> folded;
};

bool Folder::isWorthwhile(Operation *op) {
  auto graphOp = dyn_cast<GraphOpInterface>(op);
  if (!graphOp || isa<ConstantOp, SizesOp, UnpackOp>(op) || op->getNumOperands() == 0)
    return false;
  int64_t from = 0, to = 0;
  for (Value operand : op->getOperands()) {
    if (!cast<RankedTensorType>(operand.getType()).hasStaticShape())
      return false;
    from += cast<RankedTensorType>(operand.getType()).getNumElements();
  }
  for (Value result : op->getResults()) {
    auto type = cast<RankedTensorType>(result.getType());
    if (!type.hasStaticShape() || !dtypeOf(type.getElementType()) || isa<ComplexType>(type.getElementType()))
      return false;
    to += type.getNumElements();
  }
  std::optional<int64_t> flops = graphOp.countFlops().constantValue();
  return to <= std::max(from, smallCount) && flops && *flops <= maxFlops;
}

/// The operands' values, if all are known.
std::optional<SmallVector<Tensor>> Folder::operandsOf(Operation *op) {
  SmallVector<Tensor> operands;
  for (Value operand : op->getOperands()) {
    Operation *made = operand.getDefiningOp();
    if (auto it = known.find(made); made && it != known.end()) {
      operands.push_back(it->second.results[cast<OpResult>(operand).getResultNumber()]);
      continue;
    }
    std::optional<Tensor> constant = constantOf(operand);
    if (!constant || isa<ComplexType>(elementOf(operand)))
      return std::nullopt;
    operands.push_back(*constant);
  }
  return operands;
}

void Folder::materialize(Operation *op, Known &known) {
  OpBuilder builder(op);
  for (auto [result, tensor] : llvm::zip(op->getResults(), known.results)) {
    auto constant = ConstantOp::create(builder, op->getLoc(), tensor.toAttr(op->getContext()));
    result.replaceAllUsesWith(constant.getResult());
  }
}

/// `op` has been looked at: what it reads has a reader less.
void Folder::release(Operation *op) {
  bool stays = !known.contains(op);
  for (Value operand : op->getOperands()) {
    Operation *made = operand.getDefiningOp();
    auto it = known.find(made);
    if (!made || it == known.end())
      continue;
    it->second.stays |= stays;
    if (--it->second.readers > 0)
      continue;
    if (it->second.stays)
      materialize(made, it->second);
    it->second.results.clear();
  }
}

void Folder::run() {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (isWorthwhile(&op))
      if (std::optional<SmallVector<Tensor>> operands = operandsOf(&op)) {
        SmallVector<Tensor> results;
        for (Type type : op.getResultTypes())
          results.emplace_back(*dtypeOf(cast<RankedTensorType>(type).getElementType()),
                               cast<RankedTensorType>(type).getShape());
        if (succeeded(cast<GraphOpInterface>(op).evaluate(*operands, results))) {
          Known &entry = known[&op];
          entry.results = std::move(results);
          for (Value result : op.getResults())
            entry.readers += std::distance(result.use_begin(), result.use_end());
          folded.push_back(&op);
        }
      }
    release(&op);
  }
  for (Operation *op : llvm::reverse(folded))
    if (op->use_empty())
      op->erase();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isa<ConstantOp>(op) && op.use_empty())
      op.erase();
}

struct FoldConstants : impl::FoldConstantsBase<FoldConstants> {
  void runOnOperation() override { Folder(getOperation()).run(); }
};

} // namespace
} // namespace treadle
