//===- Gather.cpp - ONNX: elements by index ------------------------------------===//
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

} // namespace treadle::onnx
