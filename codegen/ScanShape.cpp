//===- ScanShape.cpp - what a scan's kernel goes over -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/ScanShape.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {

ScanShape::ScanShape(func::FuncOp source) : op(*source.getBody().front().getOps<ScanOp>().begin()) {
  dims = dimsOf(op.getInput().getType());
  axis = op.getAxis();
  length = dims[axis];
  int64_t rank = dims.size();
  isAlongRow = axis == rank - 1;
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis) {
      outer.push_back(i);
      grid.push_back(dims[i]);
    }
}

Position ScanShape::line(Kernel &kernel, Value number) const {
  Position position(dims.size());
  for (auto [dim, index] : llvm::zip(outer, kernel.delinearize(number, grid)))
    position[dim] = Elements::uniform(index);
  return position;
}

Value ScanShape::combine(ImplicitLocOpBuilder &b, Value before, Value after) {
  return emitCombine(b, op.getKind(), elementOf(op.getInput()).isUnsignedInteger(), before, after);
}

} // namespace treadle
