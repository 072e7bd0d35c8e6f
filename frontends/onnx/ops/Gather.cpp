//===- Gather.cpp - ONNX: elements from and to indices -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

using namespace treadle::graph;
using llvm::SmallVector;

namespace treadle::onnx {

bool importGather(Node &node) {
  int64_t axis = node.integer("axis", 0);
  return node.axis(axis, node.rank()) && node.set(node.b.gather(node.input(0), node.input(1), axis));
}

bool importGatherElements(Node &node) {
  Builder &b = node.b;
  int64_t axis = node.integer("axis", 0);
  return node.axis(axis, node.rank()) &&
         node.set(b.make<GatherElementsOp>(node.input(0), node.input(1), b.ops().getI64IntegerAttr(axis)));
}

bool importGatherNd(Node &node) {
  Builder &b = node.b;
  return node.set(
      b.make<GatherNdOp>(node.input(0), node.input(1), b.ops().getI64IntegerAttr(node.integer("batch_dims", 0))));
}

bool importOneHot(Node &node) {
  Builder &b = node.b;
  Sizes depth;
  bool given;
  int64_t rank = node.rank() + 1, axis = node.integer("axis", -1);
  if (!node.knownSizes("depth", 1, depth, given) || !node.axis(axis, rank))
    return false;
  if (depth.size() != 1 || node.rank(2) != 1 || (node.dims(2)[0].isConstant() && node.dims(2)[0] != 2))
    return node.fail("takes one depth and two values, for off and on");
  Type i64 = b.ops().getI64Type();
  // A negative index counts from the end; one that is out of range is nowhere.
  Value index = b.cast(node.input(0), i64), size = b.sizes(depth, /*isScalar=*/true);
  Value isNegative = b.compare(Predicate::lt, index, b.scalar(0, i64));
  index = b.unsqueeze(b.select(isNegative, b.add(index, size), index), {axis});
  Dims line(rank, b.dim(1));
  line[axis] = depth.front();
  Value isOn = b.compare(Predicate::eq, index, b.iota(line, axis, i64));
  auto choice = [&](int64_t i) { return b.squeeze(b.sliceAxis(node.input(2), 0, b.dim(i), b.dim(1)), {0}); };
  return node.set(b.select(isOn, choice(1), choice(0)));
}

/// The first elements of each sequence in reverse, as many as the second input says.
bool importReverseSequence(Node &node) {
  Builder &b = node.b;
  int64_t time = node.integer("time_axis", 0), batch = node.integer("batch_axis", 1);
  if (!node.axis(time, node.rank()) || !node.axis(batch, node.rank()))
    return false;
  if (time == batch || node.rank(1) != 1)
    return node.fail("takes sequences along one axis, and a length for each element of another");
  Type i64 = b.ops().getI64Type();
  Dims dims = node.dims(), line(node.rank(), b.dim(1));
  line[time] = dims[time];
  Value length = b.cast(b.alongAxis(node.input(1), batch, node.rank()), i64), step = b.iota(line, time, i64);
  Value index = b.select(b.compare(Predicate::lt, step, length), b.sub(b.sub(length, 1), step), step);
  return node.set(b.make<GatherElementsOp>(node.input(0), b.broadcast(index, dims), b.ops().getI64IntegerAttr(time)));
}

namespace {

/// How updates are combined with what is there; null: they take its place. False after an error.
bool reductionOf(Node &node, ReduceKindAttr &kind) {
  std::optional<int> number = node.choice<int>("reduction", "none",
                                               {{"none", -1},
                                                {"add", int(ReduceKind::sum)},
                                                {"mul", int(ReduceKind::prod)},
                                                {"min", int(ReduceKind::min)},
                                                {"max", int(ReduceKind::max)}});
  if (number && *number >= 0)
    kind = ReduceKindAttr::get(node.b.context(), static_cast<ReduceKind>(*number));
  return number.has_value();
}

} // namespace

/// Scatter is the name that version 9 has for it.
bool importScatterElements(Node &node) {
  Builder &b = node.b;
  int64_t axis = node.integer("axis", 0);
  ReduceKindAttr kind;
  if (!node.axis(axis, node.rank()) || !reductionOf(node, kind))
    return false;
  if (node.rank(1) != node.rank() || node.rank(2) != node.rank())
    return node.fail("takes data, indices and updates of as many dimensions");
  Dims dims = node.dims(), given = node.dims(1);
  for (auto [i, size] : llvm::enumerate(given)) {
    if (!b.require(size, node.dims(2)[i], "indices and updates must have equal dimensions"))
      return false;
    if (static_cast<int64_t>(i) != axis && size != dims[i] &&
        !b.require(DimExpr::min(size, dims[i]), size, "indices must have no more lines than the data"))
      return false;
  }
  return node.set(
      b.make<ScatterElementsOp>(node.input(0), node.input(1), node.input(2), b.ops().getI64IntegerAttr(axis), kind));
}

bool importScatterNd(Node &node) {
  Builder &b = node.b;
  ReduceKindAttr kind;
  if (!reductionOf(node, kind))
    return false;
  Dims dims = node.dims(), expected = node.dims(1), updates = node.dims(2);
  std::optional<int64_t> depth = expected.empty() ? std::nullopt : expected.back().constantValue();
  if (!depth || *depth < 1 || *depth > node.rank())
    return node.fail("takes tuples of 1 to " + llvm::Twine(node.rank()) + " indices in the last dimension of indices");
  expected.pop_back();
  expected.append(dims.begin() + *depth, dims.end());
  if (updates.size() != expected.size())
    return node.fail("takes updates of " + llvm::Twine(expected.size()) + " dimensions, they have " +
                     llvm::Twine(updates.size()));
  for (auto [size, given] : llvm::zip(expected, updates))
    if (!b.require(size, given, "updates must fit indices and data"))
      return false;
  return node.set(b.make<ScatterNdOp>(node.input(0), node.input(1), node.input(2), kind));
}

} // namespace treadle::onnx
