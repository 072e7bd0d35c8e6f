//===- PackOperands.cpp - constants in the order they are read --------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Cost.h"
#include "codegen/Target.h"
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
    target = Target::of(getOperation());
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
        if (!conv.isDepthwise() && isForMatrixUnit(constant))
          packChannelsLast(conv, constant);
        else if (conv.isDepthwise() || target.isSimt)
          packOutputsLast(conv, constant);
        else if (int64_t tile = winogradTile(conv))
          packTransformed(conv, constant, tile);
        else
          packPanels(op, constant, true, false, conv.getGroups());
      } else if (target.isSimt) {
        // A matrix unit takes neighbouring k of a column, single threads neighbouring columns.
        if (cast<MatMulOp>(op).getTransposeRhs() != isForMatrixUnit(constant))
          packTransposed(op, constant);
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

  bool isForMatrixUnit(Value operand) {
    return llvm::any_of(target.matrixUnits,
                        [&](const MatrixUnit &unit) { return unit.multiplies(elementOf(operand)); });
  }

  /// A filter [O, C, window..] as [O, window.., C].
  void packChannelsLast(ConvOp conv, ConstantOp constant) {
    SmallVector<int64_t> order = {0};
    for (int64_t i = 2; i < rankOf(constant); ++i)
      order.push_back(i);
    order.push_back(1);
    if (rankOf(constant) > 2)
      packPermuted(conv, constant, order);
  }

  /// A filter [O, C, window..] as [window.., C, O].
  void packOutputsLast(ConvOp conv, ConstantOp constant) {
    SmallVector<int64_t> order;
    for (int64_t i = 2; i < rankOf(constant); ++i)
      order.push_back(i);
    order.append({1, 0});
    packPermuted(conv, constant, order);
  }

  /// Matrices [.., N, K] as [.., K, N], or the other way round.
  void packTransposed(Operation *op, ConstantOp constant) {
    auto order = llvm::to_vector(llvm::seq<int64_t>(rankOf(constant)));
    std::swap(order[order.size() - 2], order.back());
    packPermuted(op, constant, order);
  }

  void packPermuted(Operation *op, ConstantOp constant, ArrayRef<int64_t> order) {
    SmallVector<int64_t> back(order.size());
    for (auto [to, from] : llvm::enumerate(order))
      back[from] = to;
    ConstantOp packed = store({constant, 3, order[0]}, [&](const Tensor &tensor) {
      OpBuilder builder(constant);
      auto transpose = TransposeOp::create(builder, constant.getLoc(), constant, order);
      Tensor result = (*evaluateOp(transpose, {tensor}))[0];
      transpose.erase();
      return result;
    });
    OpBuilder builder(op);
    op->setOperand(1, TransposeOp::create(builder, constant.getLoc(), packed, back));
  }

  Target target;
  std::map<Key, ConstantOp> stored;
  DenseSet<Operation *> dead;
};

} // namespace
} // namespace treadle
