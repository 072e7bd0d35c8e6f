//===- PackOperands.cpp - constants in the order they are read --------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Cost.h"
#include "dialects/graph/Evaluate.h"
#include "mlir/IR/Builders.h"
#include "passes/layout/Passes.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
#define GEN_PASS_DEF_PACKOPERANDS
#include "passes/layout/Passes.h.inc"

namespace {

struct PackOperands : impl::PackOperandsBase<PackOperands> {
  void runOnOperation() override {
    SmallVector<Operation *> products;
    getOperation().walk([&](Operation *op) {
      if (isa<MatMulOp, ConvOp>(op))
        products.push_back(op);
    });
    for (Operation *op : products) {
      Value rhs = op->getOperand(1);
      auto constant = rhs.getDefiningOp<ConstantOp>();
      if (!constant || bitWidth(*dtypeOf(elementOf(rhs))) < 8)
        continue;
      if (auto conv = dyn_cast<ConvOp>(op)) {
        if (!conv.getChannelsLast())
          continue;
        if (conv.isDepthwise())
          packDepthwise(conv, constant);
        else if (int64_t tile = winogradTile(conv))
          packTransformed(conv, constant, tile);
        else
          packPanels(op, constant, true, false, conv.getGroups());
      } else if (rankOf(rhs) == 2) {
        packPanels(op, constant, false, cast<MatMulOp>(op).getTransposeRhs(), 1);
      }
    }
    for (auto &[key, packed] : stored)
      if (Operation *original = std::get<0>(key); original->use_empty())
        dead.insert(original);
    for (Operation *op : dead)
      op->erase();
    stored.clear();
    dead.clear();
  }

private:
  using Key = std::tuple<Operation *, int, int64_t>; // a constant, and how it is packed

  ConstantOp store(Key key, llvm::function_ref<Tensor(const Tensor &)> pack) {
    ConstantOp &packed = stored[key];
    if (!packed) {
      auto original = cast<ConstantOp>(std::get<0>(key));
      OpBuilder builder(original);
      packed = ConstantOp::create(builder, original.getLoc(), pack(*constantOf(original)).toAttr(&getContext()));
    }
    return packed;
  }

  void packPanels(Operation *op, ConstantOp constant, bool filter, bool transposed, int64_t groups) {
    ConstantOp panels = store({constant, filter ? 2 : transposed, groups},
                              [&](const Tensor &tensor) { return UnpackOp::pack(tensor, filter, transposed, groups); });
    OpBuilder builder(op);
    op->setOperand(1, UnpackOp::create(builder, constant.getLoc(), constant.getType(), panels, filter, transposed));
  }

  void packTransformed(ConvOp conv, ConstantOp constant, int64_t tile) {
    ConstantOp transformed =
        store({constant, 4, tile}, [&](const Tensor &tensor) { return WinogradFilterOp::transform(tensor, tile); });
    OpBuilder builder(conv);
    conv->setOperand(1, WinogradFilterOp::create(builder, constant.getLoc(), constant.getType(), transformed, tile));
  }

  /// [C, 1, window..] as [window.., 1, C].
  void packDepthwise(ConvOp conv, ConstantOp constant) {
    SmallVector<int64_t> forth, back;
    int64_t rank = rankOf(constant);
    for (int64_t i = 2; i < rank; ++i)
      forth.push_back(i);
    forth.append({1, 0});
    back.append({rank - 1, rank - 2});
    for (int64_t i = 0; i < rank - 2; ++i)
      back.push_back(i);
    ConstantOp packed = store({constant, 3, 1}, [&](const Tensor &tensor) {
      OpBuilder builder(constant);
      auto transpose = TransposeOp::create(builder, constant.getLoc(), constant, forth);
      Tensor result = (*evaluateOp(transpose, {tensor}))[0];
      transpose.erase();
      return result;
    });
    OpBuilder builder(conv);
    conv->setOperand(1, TransposeOp::create(builder, constant.getLoc(), packed, back));
  }

  std::map<Key, ConstantOp> stored;
  DenseSet<Operation *> dead;
};

} // namespace
} // namespace treadle
