//===- FieldOps.cpp - what the family field computes -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/FieldOps.h"
#include "codegen/elements/Elements.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {
namespace {

/// Elements of a row, and of what goes from layer to layer: they are in registers, and in memory that threads share.
constexpr int64_t widest = 128;

std::optional<int64_t> widthOf(Value value) {
  int64_t width = 1;
  Dims dims = dimsOf(value.getType());
  for (DimExpr dim : ArrayRef(dims).drop_front()) {
    std::optional<int64_t> size = dim.constantValue();
    if (!size || *size > widest)
      return std::nullopt;
    width *= *size;
  }
  return width > 0 && width <= widest ? std::optional(width) : std::nullopt;
}

/// Without places that are brought together, and of a field that has nothing else.
bool isComputedWhole(FieldOpInterface op) {
  DimExpr samples = dimOf(op.getField().getArgument(0).getType(), 0);
  return !op.gathers() && llvm::all_of(op.getField().front().without_terminator(), [&](Operation &inner) {
    return isa<ConstantOp>(inner) || isFieldOp(&inner) || isRowwise(&inner, samples);
  });
}

} // namespace

bool isFieldOp(Operation *op) {
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case<FrequencyOp, TriangleWaveOp, OneBlobOp, SphericalHarmonicsOp>(
          [](auto encoding) { return widthOf(encoding.getResult()).has_value(); })
      .Case<GridEncodingOp>([](GridEncodingOp grid) { // whose elements have numbers of 32 bits
        int64_t elements = cast<RankedTensorType>(grid.getTable().getType()).getNumElements();
        return widthOf(grid.getResult()) && elements <= std::numeric_limits<uint32_t>::max();
      })
      .Case<MlpOp>([](MlpOp mlp) {
        return llvm::all_of(mlp.getWeights(), [](Value weights) {
          auto type = cast<RankedTensorType>(weights.getType());
          return type.getDimSize(0) <= widest && type.getDimSize(1) <= widest && type.getNumElements() > 0;
        });
      })
      .Case<FieldOpInterface>([](FieldOpInterface field) { return isComputedWhole(field); })
      .Default([](Operation *) { return false; });
}

bool isRowwise(Operation *op, DimExpr rows) {
  if (op->getNumResults() != 1 || rankOf(op->getResult(0)) == 0 || dimOf(op->getResult(0).getType(), 0) != rows ||
      !widthOf(op->getResult(0)))
    return false;
  auto hasRows = [&](Value operand) { return rankOf(operand) > 0 && dimOf(operand.getType(), 0) == rows; };
  auto isKept = [&](Value operand) { return hasRows(operand) && widthOf(operand); };
  if (isElementwise(op))
    return llvm::all_of(op->getOperands(), [&](Value operand) {
      return rankOf(operand) < rankOf(op->getResult(0)) || dimOf(operand.getType(), 0) == 1 || isKept(operand);
    });
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case<SliceOp>([&](SliceOp slice) {
        return isKept(slice.getInput()) && DimExpr(slice.getStarts().getDims()[0]) == 0 && slice.getSteps()[0] == 1 &&
               llvm::all_of(slice.getStarts().getDims(), [](Attribute start) { return DimExpr(start).isConstant(); });
      })
      .Case<ConcatOp>([&](ConcatOp concat) { return concat.getAxis() > 0 && llvm::all_of(concat.getInputs(), isKept); })
      .Case<ReduceOp>([&](ReduceOp reduce) {
        return isKept(reduce.getInput()) && llvm::all_of(reduce.getAxes(), [&](int64_t axis) {
                 return axis > 0 && Elements::isFewElements(dimOf(reduce.getInput().getType(), axis));
               });
      })
      .Case<BroadcastOp>([&](BroadcastOp broadcast) {
        Value input = broadcast.getInput();
        return rankOf(input) < rankOf(broadcast.getResult()) || dimOf(input.getType(), 0) == 1 || isKept(input);
      })
      .Case<ReshapeOp>([&](ReshapeOp reshape) { return isKept(reshape.getInput()); })
      .Default([](Operation *) { return false; });
}

Operation *queuedRays(Block &body) {
  auto isRays = [](Operation &op) { return isa<MarchOp, DeltaTrackOp, SphereTraceOp>(op); };
  auto first = llvm::find_if(body, [](Operation &op) { return isFieldOp(&op); });
  return first != body.end() && isRays(*first) && llvm::count_if(body, isRays) == 1 ? &*first : nullptr;
}

bool isFieldMemory(OpOperand &operand) {
  unsigned number = operand.getOperandNumber();
  return llvm::TypeSwitch<Operation *, bool>(operand.getOwner())
      .Case<GridEncodingOp, MlpOp, GradientOp>([&](auto) { return number > 0; })
      .Case<MarchOp, SphereTraceOp>([&](auto) { return number > 1; })
      .Case<DeltaTrackOp>([&](DeltaTrackOp track) { return number > 1 && operand.get() != track.getNumber(); })
      .Default([](Operation *) { return false; });
}

} // namespace treadle
