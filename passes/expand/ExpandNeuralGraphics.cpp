//===- ExpandNeuralGraphics.cpp - ops of ng as ops of graph -----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/expand/Expansion.h"
#include "passes/expand/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {
#define GEN_PASS_DEF_EXPANDNEURALGRAPHICS
#include "passes/expand/Passes.h.inc"

Value Expansion::cast(Value value, Type to) {
  return elementOf(value) == to ? value : make<CastOp>(value, TypeAttr::get(to), /*saturate=*/UnitAttr());
}

Value Expansion::column(Value value, int64_t index) {
  Dims dims = dimsOf(value.getType()), starts(dims.size(), number(0));
  dims.back() = number(1);
  starts.back() = number(index);
  auto list = llvm::map_to_vector(starts, [](DimExpr dim) { return dim.attribute(); });
  return make<SliceOp>(tensorOf(dims, elementOf(value)), value, DimsAttr::get(b.getContext(), list),
                       b.getDenseI64ArrayAttr(SmallVector<int64_t>(dims.size(), 1)));
}

namespace {

/// What stands for an op of ng; null for any other.
Value expanded(Operation *op) {
  Expansion expansion(op);
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case<GridEncodingOp>([&](auto grid) { return expansion.gridEncoding(grid); })
      .Case<FrequencyOp>([&](auto frequency) { return expansion.frequency(frequency); })
      .Case<TriangleWaveOp>([&](auto wave) { return expansion.triangleWave(wave); })
      .Case<OneBlobOp>([&](auto blob) { return expansion.oneBlob(blob); })
      .Case<SphericalHarmonicsOp>([&](auto harmonics) { return expansion.sphericalHarmonics(harmonics); })
      .Case<MlpOp>([&](auto mlp) { return expansion.mlp(mlp); })
      .Default([](Operation *) { return Value(); });
}

struct ExpandNeuralGraphics : impl::ExpandNeuralGraphicsBase<ExpandNeuralGraphics> {
  void runOnOperation() override {
    SmallVector<Operation *> all;
    getOperation().walk([&](Operation *op) {
      if (isa_and_nonnull<NgDialect>(op->getDialect()))
        all.push_back(op);
    });
    for (Operation *op : all) {
      Value value = expanded(op);
      if (!value)
        continue;
      if (Operation *made = value.getDefiningOp())
        for (NamedAttribute attr : op->getDiscardableAttrs())
          made->setAttr(attr.getName(), attr.getValue());
      op->getResult(0).replaceAllUsesWith(value);
      op->erase();
    }
  }
};

} // namespace
} // namespace treadle
