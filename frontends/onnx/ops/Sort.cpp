//===- Sort.cpp - ONNX: the first elements in order ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

using namespace treadle::graph;

namespace treadle::onnx {

/// Before version 10 k is an attribute; before version 11 the largest are taken. `sorted` = 0 asks for any
/// order: it is this one.
bool importTopK(Node &node) {
  Sizes counts;
  bool given;
  int64_t axis = node.integer("axis", -1);
  if (!node.knownSizes("k", 1, counts, given) || !node.axis(axis, node.rank()))
    return false;
  DimExpr size = node.dims()[axis];
  if (counts.size() != 1 || counts.front().constantValue().value_or(0) < 0)
    return node.fail("k must be one number, not negative");
  DimExpr count = counts.front();
  if (count.isConstant() && size.isConstant() && *count.constantValue() > *size.constantValue())
    return node.fail("takes " + count.str() + " of " + size.str() + " elements");
  if (!node.b.require(DimExpr::min(count, size), count, "as many elements must be there as are taken"))
    return false;
  auto [values, indices] = node.b.topK(node.input(0), axis, count, node.integer("largest", 1));
  return node.set(0, values) && (!node.wants(1) || node.set(1, indices));
}

} // namespace treadle::onnx
