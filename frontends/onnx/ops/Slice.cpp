//===- Slice.cpp - ONNX: slices with bounds of every kind ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ONNX counts negative bounds from the end and clamps what is out of range; the graph's slice does
// neither. Bounds and sizes may be expressions, whose sign is not always known: then the clamping
// becomes part of the expression, and holds for whatever sizes the inputs have.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include "llvm/Support/MathExtras.h"

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {
namespace {

/// A number that the expression is never less than, if one is found. Symbols of inputs are at least 1.
std::optional<int64_t> leastOf(DimExpr expr) {
  switch (expr.kind()) {
  case DimKind::Constant:
    return expr.value();
  case DimKind::Symbol:
    return 1;
  case DimKind::Sum:
  case DimKind::Product: {
    bool isSum = expr.kind() == DimKind::Sum;
    int64_t result = expr.value();
    if (!isSum && result < 0)
      return std::nullopt;
    for (unsigned i = 0; i < expr.operandCount(); ++i) {
      std::optional<int64_t> least = leastOf(expr.operand(i));
      if (!least || (!isSum && *least < 0) ||
          (isSum ? llvm::AddOverflow(result, *least, result) : llvm::MulOverflow(result, *least, result)))
        return std::nullopt;
    }
    return result;
  }
  case DimKind::FloorDiv: {
    std::optional<int64_t> least = leastOf(expr.operand(0)), divisor = expr.operand(1).constantValue();
    if (!least || (!divisor && *least < 0) || (divisor && *divisor <= 0))
      return std::nullopt;
    return divisor ? llvm::divideFloorSigned(*least, *divisor) : 0;
  }
  case DimKind::Min:
  case DimKind::Max: {
    bool isMin = expr.kind() == DimKind::Min;
    std::optional<int64_t> result;
    for (unsigned i = 0; i < expr.operandCount(); ++i) {
      std::optional<int64_t> least = leastOf(expr.operand(i));
      if (!least && isMin)
        return std::nullopt;
      if (least)
        result = !result ? *least : isMin ? std::min(*result, *least) : std::max(*result, *least);
    }
    return result;
  }
  }
  return std::nullopt;
}

bool isAtLeast(DimExpr expr, int64_t bound) {
  std::optional<int64_t> least = leastOf(expr);
  return least && *least >= bound;
}
DimExpr least(DimExpr a, DimExpr b) { return isAtLeast(b - a, 0) ? a : DimExpr::min(a, b); }
DimExpr greatest(DimExpr a, DimExpr b) { return isAtLeast(a - b, 0) ? a : DimExpr::max(a, b); }

/// A bound of a dimension of `size`, counted from its start and clamped to [low, high].
DimExpr resolve(Builder &b, DimExpr bound, DimExpr size, DimExpr low, DimExpr high) {
  // Exporters write the greatest and least numbers for "to the end".
  if (std::optional<int64_t> value = bound.constantValue()) {
    if (*value >= INT32_MAX)
      return high;
    if (*value <= -INT32_MAX)
      return low;
  }
  DimExpr zero = b.dim(0), one = b.dim(1);
  if (isAtLeast(bound * -1, 1))
    bound = bound + size;
  else if (!isAtLeast(bound, 0)) // + size where it is negative
    bound = bound + size * DimExpr::min(one, DimExpr::max(bound * -1, zero));
  return greatest(least(bound, high), low);
}

} // namespace

bool importSlice(Node &node) {
  Builder &b = node.b;
  int64_t rank = node.rank();
  Sizes starts, ends;
  SmallVector<int64_t> axes, steps;
  bool given, givenAxes, givenSteps;
  if (!node.knownSizes("starts", 1, starts, given) || !node.knownSizes("ends", 2, ends, given) ||
      !node.knownIntegers("axes", 3, axes, givenAxes) || !node.knownIntegers("steps", 4, steps, givenSteps) ||
      !node.axes(axes, rank))
    return false;
  if (!givenAxes)
    axes = llvm::to_vector(llvm::seq<int64_t>(starts.size()));
  if (!givenSteps)
    steps.assign(axes.size(), 1);
  if (starts.size() != axes.size() || ends.size() != axes.size() || steps.size() != axes.size() ||
      static_cast<int64_t>(axes.size()) > rank)
    return node.fail("starts, ends, axes and steps must be of one length, at most " + llvm::Twine(rank));

  Sizes from(rank, b.dim(0)), counts = node.dims();
  SmallVector<int64_t> strides(rank, 1);
  DimExpr zero = b.dim(0);
  for (auto [i, axis] : llvm::enumerate(axes)) {
    DimExpr size = counts[axis];
    int64_t step = std::clamp<int64_t>(steps[i], -INT32_MAX, INT32_MAX);
    if (step == 0)
      return node.fail("step " + llvm::Twine(i) + " is 0");
    DimExpr start, length;
    if (step > 0) {
      start = resolve(b, starts[i], size, zero, size);
      DimExpr end = resolve(b, ends[i], size, zero, size);
      // With a start of 0 or the size as the end the length is not negative: both are clamped.
      length = start == 0 || end == size ? end - start : greatest(end - start, zero);
    } else {
      start = resolve(b, starts[i], size, zero, size - 1);
      DimExpr end = resolve(b, ends[i], size, b.dim(-1), size - 1);
      length = start == size - 1 || end == -1 ? start - end : greatest(start - end, zero);
      if (!isAtLeast(size, 1)) // of nothing, nothing is taken
        length = least(length, size);
    }
    from[axis] = start;
    strides[axis] = step;
    counts[axis] = length.ceilDiv(std::abs(step));
  }
  return node.set(b.slice(node.input(0), from, counts, strides));
}

} // namespace treadle::onnx
