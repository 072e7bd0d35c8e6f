//===- DecomposeTopK.cpp - sorts that a workgroup cannot do alone -----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Cost.h"
#include "mlir/IR/Builders.h"
#include "passes/group/Passes.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
#define GEN_PASS_DEF_DECOMPOSETOPK
#include "passes/group/Passes.h.inc"

namespace {

void decompose(TopKOp op, int64_t block) {
  OpBuilder b(op);
  Value input = op.getInput();
  auto orderType = tensorOf(dimsOf(input.getType()), b.getI32Type());
  auto order = SortBlocksOp::create(b, op.getLoc(), orderType, input, op.getAxis(), block, op.getLargest());
  auto merged =
      MergeBlocksOp::create(b, op.getLoc(), op.getResultTypes(), input, order, op.getAxis(), block, op.getLargest());
  merged->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  op.replaceAllUsesWith(merged);
  op.erase();
}

struct DecomposeTopK : impl::DecomposeTopKBase<DecomposeTopK> {
  void runOnOperation() override {
    Target target = Target::of(getOperation());
    if (!target.isSimt)
      return;
    SmallVector<TopKOp> ops(getOperation().getOps<TopKOp>());
    for (TopKOp op : ops) {
      int64_t block = sortBlock(elementOf(op.getInput()), target);
      if (dimOf(op.getInput().getType(), op.getAxis()).constantValue().value_or(INT64_MAX) > block)
        decompose(op, block);
    }
  }
};

} // namespace
} // namespace treadle
