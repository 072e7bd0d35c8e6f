//===- Resize.cpp - the meaning of interpolation ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Graph.h"
#include "mlir/IR/Builders.h"
#include <algorithm>
#include <cmath>

using namespace mlir;

namespace treadle::graph {
namespace {

/// The inputs along one dimension that an output index is made of, and their weights.
using Taps = SmallVector<std::pair<int64_t, double>, 4>;

/// `scale` is 0 where it is the quotient of the sizes. codegen/elements/CombinedElements.cpp computes the same,
/// operation by operation, so that positions halfway between elements are rounded alike.
double sourcePosition(CoordinateMode mode, int64_t out, int64_t inSize, int64_t outSize, double scale) {
  auto scaled = [&](double x) { return scale != 0 ? x / scale : x * inSize / outSize; };
  auto halfPixel = [&] { return scaled(out + 0.5) - 0.5; };
  switch (mode) {
  case CoordinateMode::half_pixel:
    return halfPixel();
  case CoordinateMode::half_pixel_symmetric: {
    double adjustment = scaled(outSize) / inSize;
    return inSize * 0.5 * (1 - adjustment) + halfPixel();
  }
  case CoordinateMode::pytorch_half_pixel:
    return outSize > 1 ? halfPixel() : 0;
  case CoordinateMode::align_corners:
    return outSize > 1 ? static_cast<double>(out) * (inSize - 1) / (outSize - 1) : 0;
  case CoordinateMode::asymmetric:
    return scaled(out);
  }
  return 0;
}

int64_t roundPosition(RoundMode mode, double x) {
  switch (mode) {
  case RoundMode::floor:
    return std::floor(x);
  case RoundMode::ceil:
    return std::ceil(x);
  case RoundMode::prefer_floor:
    return std::ceil(x - 0.5);
  case RoundMode::prefer_ceil:
    return std::floor(x + 0.5);
  }
  return 0;
}

/// Keys' cubic kernel with parameter a (Keys 1981).
double cubicWeight(double distance, double a) {
  double x = std::abs(distance);
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2)
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

Taps tapsOf(ResizeOp op, int64_t i, int64_t out, int64_t inSize, int64_t outSize) {
  double x = sourcePosition(op.getCoordinates(), out, inSize, outSize, op.getScales()[i]);
  Taps taps;
  if (op.getMode() == ResizeMode::nearest) {
    taps.push_back({std::clamp<int64_t>(roundPosition(op.getRounding(), x), 0, inSize - 1), 1.0});
    return taps;
  }
  if (op.getMode() == ResizeMode::linear)
    x = std::clamp<double>(x, 0, inSize - 1);
  int64_t base = std::floor(x);
  double fraction = x - base;
  if (op.getMode() == ResizeMode::linear) {
    taps.push_back({base, 1 - fraction});
    taps.push_back({base + 1, fraction});
  } else {
    double a = op.getCubicA().convertToDouble();
    for (int64_t k = -1; k <= 2; ++k)
      taps.push_back({base + k, cubicWeight(k - fraction, a)});
  }
  double total = 0;
  for (auto &[index, weight] : taps) {
    if (op.getExcludeOutside() && (index < 0 || index >= inSize))
      weight = 0;
    total += weight;
    index = std::clamp<int64_t>(index, 0, inSize - 1);
  }
  if (op.getExcludeOutside())
    for (auto &[index, weight] : taps)
      weight /= total;
  return taps;
}

} // namespace

LogicalResult ResizeOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  if (input.getRank() != getType().getRank() || input.getElementType() != getType().getElementType())
    return emitOpError("must keep the number of dimensions and the element type");
  if (getScales().size() != getAxes().size())
    return emitOpError() << "has " << getAxes().size() << " axes and " << getScales().size() << " scales";
  for (int64_t axis : getAxes())
    if (axis < 0 || axis >= input.getRank())
      return emitOpError() << "axis is " << axis << ", the input has " << input.getRank() << " dimensions";
  for (int64_t i = 0; i < input.getRank(); ++i)
    if (!llvm::is_contained(getAxes(), i) && failed(unifyDims(dimOf(input, i), dimOf(getType(), i))))
      return emitOpError() << "changes dimension " << i << ", which is not one of its axes";
  return success();
}

LogicalResult ResizeOp::evaluate(ArrayRef<Tensor> operands, MutableArrayRef<Tensor> results) {
  const Tensor &input = operands[0];
  Tensor &result = results[0];
  SmallVector<int64_t> strides = stridesOf(input.shape());
  int64_t to = 0;
  if (input.size() == 0) // there is nothing to be read: the result is of zeros
    return success();
  forEachIndex(result.shape(), [&](ArrayRef<int64_t> index) {
    // All combinations of taps, dimension by dimension.
    Taps positions = {{0, 1.0}};
    for (size_t dim = 0; dim < index.size(); ++dim) {
      const int64_t *axis = llvm::find(getAxes(), static_cast<int64_t>(dim));
      Taps taps = {{index[dim], 1.0}};
      if (axis != getAxes().end())
        taps = tapsOf(*this, axis - getAxes().begin(), index[dim], input.shape()[dim], result.shape()[dim]);
      Taps next;
      for (auto [position, weight] : positions)
        for (auto [at, share] : taps)
          next.push_back({position + at * strides[dim], weight * share});
      positions = std::move(next);
    }
    double value = 0;
    for (auto [position, weight] : positions)
      value += input.get<double>(position) * weight;
    result.set<double>(to++, value);
  });
  return success();
}

DimExpr ResizeOp::countFlops() {
  int64_t taps = 1;
  for (size_t i = 0; i < getAxes().size(); ++i)
    taps *= getMode() == ResizeMode::nearest ? 0 : getMode() == ResizeMode::linear ? 2 : 4;
  return elementCount(getType()) * (2 * taps);
}

} // namespace treadle::graph

using namespace treadle::graph;
#define GET_OP_CLASSES
#include "dialects/graph/Resize.cpp.inc"
