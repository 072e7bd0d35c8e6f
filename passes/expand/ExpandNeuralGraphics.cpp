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

using Values = SmallVector<Value>;

/// What stands for the results of an op of ng; none for any other.
Values expanded(Operation *op) {
  Expansion expansion(op);
  return llvm::TypeSwitch<Operation *, Values>(op)
      .Case<GridEncodingOp>([&](auto grid) { return Values{expansion.gridEncoding(grid)}; })
      .Case<FrequencyOp>([&](auto frequency) { return Values{expansion.frequency(frequency)}; })
      .Case<TriangleWaveOp>([&](auto wave) { return Values{expansion.triangleWave(wave)}; })
      .Case<OneBlobOp>([&](auto blob) { return Values{expansion.oneBlob(blob)}; })
      .Case<SphericalHarmonicsOp>([&](auto harmonics) { return Values{expansion.sphericalHarmonics(harmonics)}; })
      .Case<MlpOp>([&](auto mlp) { return Values{expansion.mlp(mlp)}; })
      .Case<CameraRaysOp>([&](auto camera) { return expansion.cameraRays(camera); })
      .Case<MarchOp>([&](auto march) { return expansion.march(march); })
      .Case<DeltaTrackOp>([&](auto track) { return expansion.deltaTrack(track); })
      .Case<SphereTraceOp>([&](auto trace) { return expansion.sphereTrace(trace); })
      .Default([](Operation *) { return Values(); });
}

struct ExpandNeuralGraphics : impl::ExpandNeuralGraphicsBase<ExpandNeuralGraphics> {
  void runOnOperation() override {
    SmallVector<Operation *> all;
    getOperation().walk([&](Operation *op) {
      if (isa_and_nonnull<NgDialect>(op->getDialect()))
        all.push_back(op);
    });
    // What is within a region comes before the op that has it.
    for (Operation *op : all) {
      Values values = expanded(op);
      if (values.empty())
        continue;
      if (Operation *made = values.front().getDefiningOp())
        for (NamedAttribute attr : op->getDiscardableAttrs())
          made->setAttr(attr.getName(), attr.getValue());
      op->replaceAllUsesWith(values);
      op->erase();
    }
  }
};

} // namespace
} // namespace treadle
