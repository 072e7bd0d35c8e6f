//===- ExpandNeuralGraphics.cpp - ops of ng as ops of graph -----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/FieldOps.h"
#include "dialects/graph/Evaluate.h"
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

Value Expansion::sliced(Value value, size_t axis, int64_t index) {
  Dims dims = dimsOf(value.getType()), starts(dims.size(), number(0));
  dims[axis] = number(1);
  starts[axis] = number(index);
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
      .Case<GradientOp>([&](auto gradient) { return Values{expansion.gradient(gradient)}; })
      .Default([](Operation *) { return Values(); });
}

/// Constants that are more than a number, or tables and weights, become operands: a kernel has them in memory.
void captureConstants(FieldOpInterface op) {
  Block &field = op.getField().front();
  for (ConstantOp constant : llvm::make_early_inc_range(field.getOps<ConstantOp>())) {
    if (splatOf(constant) && llvm::none_of(constant->getUses(), isFieldMemory))
      continue;
    constant->moveBefore(op);
    BlockArgument argument = field.addArgument(constant.getType(), constant.getLoc());
    constant.getResult().replaceAllUsesWith(argument);
    op.getCapturesMutable().append(constant.getResult());
  }
}

struct ExpandNeuralGraphics : impl::ExpandNeuralGraphicsBase<ExpandNeuralGraphics> {
  using ExpandNeuralGraphicsBase::ExpandNeuralGraphicsBase;

  void runOnOperation() override {
    // What is within a region comes before the op that has it, and stays if that does.
    SmallVector<Operation *> all;
    DenseSet<Operation *> kept;
    getOperation().walk([&](Operation *op) {
      if (isa_and_nonnull<NgDialect>(op->getDialect()))
        all.push_back(op);
    });
    // With nothing else of a field these are elementwise ops, whose vectors are stored along rows: on a CPU one-blobs
    // of 2 x 64 bins take a quarter of the time that way.
    bool keeps = fuse && llvm::any_of(all, [](Operation *op) {
                   return isFieldOp(op) && !isa<FrequencyOp, TriangleWaveOp, OneBlobOp>(op);
                 });
    for (Operation *op : llvm::reverse(all)) {
      Operation *around = op->getParentOp();
      bool isInField = isa_and_nonnull<NgDialect>(around->getDialect());
      if (keeps && isFieldOp(op) && (!isInField || kept.contains(around)))
        kept.insert(op);
    }
    for (Operation *op : all) {
      if (kept.contains(op))
        continue;
      Values values = expanded(op);
      if (values.empty())
        continue;
      if (Operation *made = values.front().getDefiningOp())
        for (NamedAttribute attr : op->getDiscardableAttrs())
          made->setAttr(attr.getName(), attr.getValue());
      op->replaceAllUsesWith(values);
      op->erase();
    }
    for (Operation *op : all)
      if (kept.contains(op))
        if (auto field = dyn_cast<FieldOpInterface>(op))
          captureConstants(field);
  }
};

} // namespace
} // namespace treadle
