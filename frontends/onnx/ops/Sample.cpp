//===- Sample.cpp - ONNX: images sampled at given positions ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A sample is a sum over the elements around its position. Their indices are computed like any other
// tensor, so that one gather of channels for each is all that it takes.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {
namespace {

enum class Outside { zeros, border, reflection };

/// One element along one axis: its index (a float), what it weighs, and where it is within the image
/// (null where it always is).
struct Tap {
  Value index, weight, isInside;
};

/// Positions along one axis of the image.
class AxisSampler {
public:
  AxisSampler(Builder &b, DimExpr size, Type type, bool alignsCorners, Outside outside)
      : b(b), outside(outside), alignsCorners(alignsCorners), size(b.cast(b.sizes({size}, /*isScalar=*/true), type)),
        last(b.sub(this->size, 1)) {
    // The edges at which is mirrored: centres of the last elements, or their borders.
    low = b.scalarFor(last, alignsCorners ? 0 : -0.5);
    high = alignsCorners ? last : b.add(last, 0.5);
  }

  /// From [-1, 1] to elements.
  Value position(Value x) {
    return alignsCorners ? b.mul(b.mul(b.add(x, 1), 0.5), last) : b.sub(b.mul(b.mul(b.add(x, 1), size), 0.5), 0.5);
  }

  /// The same position within the image, by the rule for what is outside.
  Value bring(Value x) {
    Value isOut = b.make<OrOp>(b.compare(Predicate::lt, x, low), b.compare(Predicate::gt, x, high));
    switch (outside) {
    case Outside::zeros:
      return x;
    case Outside::border:
      return b.select(isOut, clamp(x), x);
    case Outside::reflection:
      return b.select(isOut, reflect(x), x);
    }
    return {};
  }

  Tap tap(Value index, Value weight) {
    if (outside == Outside::reflection)
      index = bring(index);
    Value isInside;
    if (outside == Outside::zeros)
      isInside =
          b.make<AndOp>(b.compare(Predicate::ge, index, b.scalarFor(last, 0)), b.compare(Predicate::le, index, last));
    return {clamp(index), weight, isInside};
  }

private:
  Value clamp(Value x) { return b.max(b.min(x, last), 0); }

  /// There and back again between the edges. An image of one element has no way; clamping follows.
  Value reflect(Value x) {
    Value range = b.max(b.sub(high, low), 1), way = b.make<AbsOp>(b.sub(x, low));
    Value times = b.make<FloorOp>(b.div(way, range)), rest = b.sub(way, b.mul(times, range));
    Value isBack = b.compare(Predicate::ne, b.mul(b.make<FloorOp>(b.mul(times, 0.5)), 2), times);
    return b.select(isBack, b.sub(high, rest), b.add(low, rest));
  }

  Builder &b;
  Outside outside;
  bool alignsCorners;
  Value size, last, low, high;
};

/// Weights of the four elements around a position that is `t` after the second (Keys 1981).
SmallVector<Value> cubicWeights(Builder &b, Value t) {
  constexpr double a = -0.75;
  auto near = [&](Value x) { return b.add(b.mul(b.mul(b.sub(b.mul(x, a + 2), a + 3), x), x), 1); };
  auto far = [&](Value x) { return b.sub(b.mul(b.add(b.mul(b.sub(b.mul(x, a), 5 * a), x), 8 * a), x), 4 * a); };
  Value rest = b.sub(b.scalarFor(t, 1), t);
  return {far(b.add(t, 1)), near(t), near(rest), far(b.add(rest, 1))};
}

SmallVector<Tap> tapsAround(Builder &b, AxisSampler &axis, Value x, ResizeMode mode) {
  if (mode == ResizeMode::nearest)
    return {axis.tap(axis.bring(b.make<RoundOp>(x)), {})};
  x = axis.bring(x);
  Value base = b.make<FloorOp>(x), t = b.sub(x, base);
  if (mode == ResizeMode::linear)
    return {axis.tap(base, b.sub(b.scalarFor(t, 1), t)), axis.tap(b.add(base, 1), t)};
  SmallVector<Tap> taps;
  for (auto [i, weight] : llvm::enumerate(cubicWeights(b, t)))
    taps.push_back(axis.tap(b.add(base, static_cast<double>(i) - 1), weight));
  return taps;
}

} // namespace

/// x [N, C, D..] at grid [N, O.., r], whose coordinates stand with the last axis first: [N, C, O..].
bool importGridSample(Node &node) {
  Builder &b = node.b;
  auto mode = node.choice<ResizeMode>("mode", "linear",
                                      {{"linear", ResizeMode::linear},
                                       {"nearest", ResizeMode::nearest},
                                       {"cubic", ResizeMode::cubic},
                                       {"bilinear", ResizeMode::linear}, // up to version 19
                                       {"bicubic", ResizeMode::cubic}});
  auto outside = node.choice<Outside>(
      "padding_mode", "zeros",
      {{"zeros", Outside::zeros}, {"border", Outside::border}, {"reflection", Outside::reflection}});
  int64_t axes = node.rank() - 2;
  if (!mode || !outside)
    return false;
  if (axes < 1 || axes > 3 || node.rank(1) != node.rank() || node.dims(1).back() != axes)
    return node.fail(
        "takes an image [N, C, D..] and positions [N, O.., r], one number for each of 1 to 3 spatial axes");
  Dims dims = node.dims();
  if (!b.require(dims[0], node.dims(1)[0], "must have a grid for each image"))
    return false;
  // Channels last, pixels in one dimension.
  Value x = node.input(0), grid = node.input(1);
  SmallVector<int64_t> order = {0};
  llvm::append_range(order, llvm::seq<int64_t>(2, axes + 2));
  order.push_back(1);
  Dims pixels = {dims[0], product(b.context(), llvm::ArrayRef(dims).drop_front(2)), dims[1]};
  x = b.reshape(b.transpose(x, order), pixels);
  Type f32 = b.ops().getF32Type(), wide = llvm::isa<mlir::Float64Type>(node.element(1)) ? node.element(1) : f32;
  Type i64 = b.ops().getI64Type();

  SmallVector<Tap> taps = {{}}; // of all axes so far; indices of pixels
  for (int64_t i = 0; i < axes; ++i) {
    Value coordinate = b.squeeze(b.sliceAxis(grid, axes + 1, b.dim(axes - 1 - i), b.dim(1)), {axes + 1});
    AxisSampler axis(b, dims[i + 2], wide, node.integer("align_corners", 0), *outside);
    SmallVector<Tap> along = tapsAround(b, axis, axis.position(b.cast(coordinate, wide)), *mode), all;
    Value size = b.sizes({dims[i + 2]}, /*isScalar=*/true);
    for (const Tap &before : taps)
      for (const Tap &tap : along) {
        Value index = b.cast(tap.index, i64);
        if (i == 0) {
          all.push_back({index, tap.weight, tap.isInside});
          continue;
        }
        all.push_back({b.add(b.mul(before.index, size), index),
                       tap.weight ? b.mul(before.weight, tap.weight) : tap.weight,
                       tap.isInside ? b.make<AndOp>(before.isInside, tap.isInside) : tap.isInside});
      }
    taps = std::move(all);
  }
  Value result;
  Type narrow = node.element(), sum = narrow.isIntOrFloat() && narrow.getIntOrFloatBitWidth() < 32 ? f32 : narrow;
  for (const Tap &tap : taps) {
    Value part = b.make<GatherNdOp>(x, b.unsqueeze(tap.index, {axes + 1}), b.ops().getI64IntegerAttr(1));
    if (tap.weight)
      part = b.mul(b.cast(part, sum), b.cast(b.unsqueeze(tap.weight, {axes + 1}), sum));
    if (tap.isInside)
      part = b.select(b.unsqueeze(tap.isInside, {axes + 1}), part, part ? b.scalarFor(part, 0) : part);
    result = result ? b.add(result, part) : part;
  }
  SmallVector<int64_t> back = {0, axes + 1};
  llvm::append_range(back, llvm::seq<int64_t>(1, axes + 1));
  return node.set(b.transpose(b.cast(result, narrow), back));
}

/// theta [N, r, r + 1] applied to positions from -1 to 1 along each axis: [N, O.., r].
bool importAffineGrid(Node &node) {
  Builder &b = node.b;
  Sizes size;
  bool given;
  if (!node.knownSizes("size", 1, size, given))
    return false;
  int64_t axes = static_cast<int64_t>(size.size()) - 2;
  if ((axes != 2 && axes != 3) || node.rank() != 3 || node.dims()[1] != axes || node.dims()[2] != axes + 1)
    return node.fail("takes matrices [N, 2, 3] and a size of 4 numbers, or [N, 3, 4] and 5");
  if (!b.require(node.dims()[0], size[0], "must have a matrix for each image"))
    return false;
  Type type = node.element(), f32 = b.ops().getF32Type(), wide = llvm::isa<mlir::Float64Type>(type) ? type : f32;
  Value theta = b.cast(node.input(0), wide);
  // Column j of the matrices, as [N, 1.., r].
  auto column = [&](int64_t j) {
    Dims dims(axes + 2, b.dim(1));
    dims.front() = size[0];
    dims.back() = b.dim(axes);
    return b.reshape(b.sliceAxis(theta, 2, b.dim(j), b.dim(1)), dims);
  };
  bool alignsCorners = node.integer("align_corners", 0);
  Value result = column(axes);
  for (int64_t j = 0; j < axes; ++j) {
    int64_t axis = axes - j; // of the result; the first coordinate is of the last axis
    DimExpr count = size[axis + 1];
    Dims line(axes + 2, b.dim(1));
    line[axis] = count;
    Value i = b.iota(line, axis, wide);
    DimExpr steps = alignsCorners ? DimExpr::max(count - 1, b.dim(1)) : count;
    Value scale = b.cast(b.sizes({steps}, /*isScalar=*/true), wide);
    Value position = b.sub(b.div(b.add(b.mul(i, 2), alignsCorners ? 0 : 1), scale), 1);
    result = b.add(result, b.mul(column(j), position));
  }
  return node.set(b.cast(result, type));
}

} // namespace treadle::onnx
