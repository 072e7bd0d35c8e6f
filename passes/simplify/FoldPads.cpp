//===- FoldPads.cpp - zeros around an image are the convolution's own -------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/simplify/Passes.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
#define GEN_PASS_DEF_FOLDPADS
#include "passes/simplify/Passes.h.inc"

namespace {

/// The amounts of a padding, if they are constants, not negative, and along the spatial dimensions of a
/// convolution alone.
std::optional<SmallVector<int64_t>> spatialAmounts(DimsAttr list, ConvOp conv) {
  SmallVector<int64_t> amounts(conv.spatialRank());
  for (auto [dim, attr] : llvm::enumerate(list.getDims())) {
    std::optional<int64_t> amount = DimExpr(attr).constantValue();
    int64_t axis = static_cast<int64_t>(dim) - conv.spatialDim(0);
    bool isSpatial = axis >= 0 && axis < conv.spatialRank();
    if (!amount || *amount < 0 || (!isSpatial && *amount != 0))
      return std::nullopt;
    if (isSpatial)
      amounts[axis] = *amount;
  }
  return amounts;
}

struct FoldPads : impl::FoldPadsBase<FoldPads> {
  void runOnOperation() override {
    llvm::SetVector<Operation *> dead;
    getOperation().walk([&](ConvOp conv) {
      auto pad = conv.getInput().getDefiningOp<PadOp>();
      if (!pad || pad.getMode() != PadMode::constant || splatOf(pad.getValue()) != 0)
        return;
      auto low = spatialAmounts(pad.getLow(), conv), high = spatialAmounts(pad.getHigh(), conv);
      if (!low || !high)
        return;
      auto sum = [](ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
        return llvm::map_to_vector(llvm::zip(a, b), [](auto pair) { return std::get<0>(pair) + std::get<1>(pair); });
      };
      conv.setPadLow(sum(conv.getPadLow(), *low));
      conv.setPadHigh(sum(conv.getPadHigh(), *high));
      conv.getInputMutable().assign(pad.getInput());
      dead.insert(pad);
    });
    for (Operation *pad : dead)
      if (pad->use_empty())
        pad->erase();
  }
};

} // namespace
} // namespace treadle
