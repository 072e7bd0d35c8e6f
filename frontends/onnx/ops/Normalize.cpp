//===- Normalize.cpp - ONNX: normalizations and softmax ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Statistics of 16-bit floats are computed in f32 by the ops themselves, so that nothing is to be said
// of ONNX's stash_type.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {
namespace {

SmallVector<int64_t> axesFrom(int64_t first, int64_t rank) { return llvm::to_vector(llvm::seq<int64_t>(first, rank)); }

bool checkRank(Node &node, int64_t least) {
  return node.rank() >= least || node.fail("takes an input of " + llvm::Twine(least) + " dimensions or more, not of " +
                                           llvm::Twine(node.rank()));
}

/// x * scale + bias; the bias may be null.
Value scaleAndShift(Builder &b, Value x, Value scale, Value bias) {
  x = b.mul(x, scale);
  return bias ? b.add(x, bias) : x;
}

/// The same with one number a channel, dimension 1.
Value scaleChannels(Node &node, Value x, Value scale, Value bias) {
  Builder &b = node.b;
  return scaleAndShift(b, x, b.alongAxis(scale, 1, node.rank()), b.alongAxis(bias, 1, node.rank()));
}

} // namespace

bool importSoftmax(Node &node) {
  Builder &b = node.b;
  bool isLog = node.type() == "LogSoftmax";
  int64_t rank = node.rank(), axis = node.integer("axis", node.version < 13 ? 1 : -1);
  if (!node.axis(axis, rank))
    return false;
  if (node.version >= 13 || axis == rank - 1)
    return node.set(b.softmax(node.input(0), axis, isLog));
  // Before version 13 it is over all dimensions from the axis on.
  Dims dims = node.dims();
  DimExpr outer = product(b.context(), llvm::ArrayRef(dims).take_front(axis));
  DimExpr inner = product(b.context(), llvm::ArrayRef(dims).drop_front(axis));
  return node.set(b.reshape(b.softmax(b.reshape(node.input(0), {outer, inner}), 1, isLog), dims));
}

/// 1 where the first of the greatest elements is, 0 elsewhere.
bool importHardmax(Node &node) {
  Builder &b = node.b;
  int64_t rank = node.rank(), axis = node.integer("axis", node.version < 13 ? 1 : -1);
  if (!node.axis(axis, rank))
    return false;
  // Before version 13 it is over all dimensions from the axis on.
  Dims dims = node.dims();
  Value x = node.input(0);
  if (node.version < 13) {
    x = b.reshape(x, {product(b.context(), llvm::ArrayRef(dims).take_front(axis)),
                      product(b.context(), llvm::ArrayRef(dims).drop_front(axis))});
    rank = 2;
    axis = 1;
  }
  if (!x)
    return false;
  Value most = b.make<ArgReduceOp>(ArgKindAttr::get(b.context(), ArgKind::max), x, b.ops().getI64IntegerAttr(axis),
                                   b.unit(false));
  Dims line(rank, b.dim(1));
  line[axis] = dimOf(x.getType(), axis);
  Value isMost = b.compare(Predicate::eq, most, b.iota(line, axis, b.ops().getI64Type()));
  return node.set(b.reshape(b.cast(isMost, node.element()), dims));
}

bool importBatchNormalization(Node &node) {
  Builder &b = node.b;
  if (node.integer("training_mode", 0))
    return node.fail("training mode is not supported; export the model for inference");
  if (!checkRank(node, 1))
    return false;
  // One number a channel; in old versions also one for each element of an instance.
  auto laidAlong = [&](size_t index) {
    Value x = node.input(index);
    return rankOf(x) > 1 && rankOf(x) == node.rank() - 1 ? x : b.alongAxis(x, 1, node.rank());
  };
  Value x = node.input(0), scale = laidAlong(1), bias = laidAlong(2), mean = laidAlong(3), variance = laidAlong(4);
  if (!scale || !bias || !mean || !variance)
    return false;
  // y = x * factor + offset, in the wider of the element types.
  Type type = elementOf(x), wide = elementOf(mean);
  if (wide.getIntOrFloatBitWidth() < type.getIntOrFloatBitWidth())
    wide = type;
  if (wide.getIntOrFloatBitWidth() < 32)
    wide = b.ops().getF32Type();
  Value deviation = b.sqrt(b.add(b.cast(variance, wide), node.real("epsilon", 1e-5)));
  Value factor = b.div(b.cast(scale, wide), deviation);
  Value offset = b.sub(b.cast(bias, wide), b.mul(b.cast(mean, wide), factor));
  return node.set(b.cast(b.add(b.mul(b.cast(x, wide), factor), offset), type));
}

bool importInstanceNormalization(Node &node) {
  if (!checkRank(node, 3))
    return false;
  Value result = node.b.normalize(NormKind::layer, node.input(0), axesFrom(2, node.rank()), node.real("epsilon", 1e-5));
  return node.set(scaleChannels(node, result, node.input(1), node.input(2)));
}

bool importGroupNormalization(Node &node) {
  Builder &b = node.b;
  int64_t groups = node.integer("num_groups", 0);
  if (!checkRank(node, 3))
    return false;
  Dims dims = node.dims(), split = dims;
  if (groups < 1 || groups > INT32_MAX || !dims[1].isMultipleOf(groups))
    return node.fail("num_groups is " + llvm::Twine(groups) + ", which does not divide " + dims[1].str() + " channels");
  split[1] = dims[1].floorDiv(groups);
  split.insert(split.begin() + 1, b.dim(groups));
  Value grouped = b.reshape(node.input(0), split);
  Value result = b.normalize(NormKind::layer, grouped, axesFrom(2, node.rank() + 1), node.real("epsilon", 1e-5));
  if (node.version >= 21)
    return node.set(scaleChannels(node, b.reshape(result, dims), node.input(1), node.input(2)));
  // Versions 18 to 20 have one number a group.
  Value scale = b.alongAxis(node.input(1), 1, node.rank() + 1), bias = b.alongAxis(node.input(2), 1, node.rank() + 1);
  return node.set(b.reshape(scaleAndShift(b, result, scale, bias), dims));
}

bool importLayerNormalization(Node &node) {
  Builder &b = node.b;
  int64_t axis = node.integer("axis", -1);
  double epsilon = node.real("epsilon", 1e-5);
  if (!node.axis(axis, node.rank()))
    return false;
  Value x = node.input(0);
  SmallVector<int64_t> axes = axesFrom(axis, node.rank());
  if (node.wants(1) || node.wants(2)) {
    Type stash = llvm::isa<mlir::Float64Type>(elementOf(x)) ? elementOf(x) : b.ops().getF32Type();
    Value wide = b.cast(x, stash), mean = b.reduce(ReduceKind::mean, wide, axes), difference = b.sub(wide, mean);
    Value variance = b.reduce(ReduceKind::mean, b.mul(difference, difference), axes);
    if (!node.set(1, mean) || !node.set(2, b.div(b.scalar(1, stash), b.sqrt(b.add(variance, epsilon)))))
      return false;
  }
  return node.set(scaleAndShift(b, b.normalize(NormKind::layer, x, axes, epsilon), node.input(1), node.input(2)));
}

bool importRmsNormalization(Node &node) {
  int64_t axis = node.integer("axis", -1);
  if (!node.axis(axis, node.rank()))
    return false;
  Value result =
      node.b.normalize(NormKind::rms, node.input(0), axesFrom(axis, node.rank()), node.real("epsilon", 1e-5));
  return node.set(scaleAndShift(node.b, result, node.input(1), {}));
}

/// (x - mean) / (deviation + 1e-9), which sqrt(variance + 1e-18) is as good as.
bool importMeanVarianceNormalization(Node &node) {
  SmallVector<int64_t> axes = node.integers("axes", {0, 2, 3});
  if (!node.axes(axes, node.rank()))
    return false;
  llvm::sort(axes);
  return node.set(node.b.normalize(NormKind::layer, node.input(0), axes, 1e-18));
}

bool importLpNormalization(Node &node) {
  Builder &b = node.b;
  int64_t axis = node.integer("axis", -1), p = node.integer("p", 2);
  if (!node.axis(axis, node.rank()))
    return false;
  if (p != 1 && p != 2)
    return node.fail("p is " + llvm::Twine(p) + ", it must be 1 or 2");
  Value x = node.input(0);
  Value norm = b.reduce(ReduceKind::sum, p == 1 ? b.make<AbsOp>(x) : b.mul(x, x), {axis});
  norm = p == 1 ? norm : b.sqrt(norm);
  // Where all are 0 they stay 0.
  return node.set(b.div(x, b.select(b.compare(Predicate::eq, norm, b.scalarFor(x, 0)), b.scalarFor(x, 1), norm)));
}

bool importLrn(Node &node) {
  Builder &b = node.b;
  Value x = node.input(0);
  int64_t size = node.integer("size", 0);
  if (!checkRank(node, 2))
    return false;
  if (size < 1 || size > INT32_MAX)
    return node.fail("size is " + llvm::Twine(size) + ", it must be 1 or more");
  // Squares summed over a window of channels.
  Value squares = b.make<PoolOp>(PoolKindAttr::get(b.context(), PoolKind::sum), b.mul(x, x), b.array({1}),
                                 b.array({size}), b.array({1}), b.array({1}), b.array({(size - 1) / 2}),
                                 b.array({size / 2}), b.unit(false), b.unit(false), b.unit(false));
  double alpha = node.real("alpha", 1e-4) / static_cast<double>(size);
  Value base = b.add(b.mul(squares, alpha), node.real("bias", 1));
  return node.set(b.div(x, b.make<PowOp>(base, b.scalarFor(x, node.real("beta", 0.75)))));
}

} // namespace treadle::onnx
