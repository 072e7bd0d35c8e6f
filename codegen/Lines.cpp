//===- Lines.cpp - the lines of a tensor along one dimension ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Lines.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {

/// What a length that is known only at run time is taken to be.
constexpr int64_t usualLength = 64;

Lines::Lines(Value tensor, int64_t axis) : dims(dimsOf(tensor.getType())), axis(axis), length(dims[axis]) {
  int64_t rank = dims.size();
  isAlongRow = axis == rank - 1;
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis) {
      outer.push_back(i);
      grid.push_back(dims[i]);
    }
}

Position Lines::line(Kernel &kernel, Value number) const {
  Position position(dims.size());
  for (auto [dim, index] : llvm::zip(outer, kernel.delinearize(number, grid)))
    position[dim] = Elements::uniform(index);
  return position;
}

int64_t Lines::linesOf(int64_t elements) const {
  int64_t each = std::max<int64_t>(length.constantValue().value_or(usualLength), 1);
  return std::clamp<int64_t>(elements / each, 1, 256);
}

} // namespace treadle
