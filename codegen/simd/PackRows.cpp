//===- PackRows.cpp - a matrix copied row by row ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/simd/PackRows.h"
#include "codegen/simd/RegisterTile.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {

bool isContiguous(Value value, int64_t dim) {
  if (auto transpose = value.getDefiningOp<TransposeOp>())
    return isContiguous(transpose.getInput(), transpose.getPermutation()[dim]);
  if (Operation *op = value.getDefiningOp(); op && isElementwise(op)) {
    for (Value operand : op->getOperands()) {
      int64_t inner = dim - (rankOf(value) - rankOf(operand));
      if (inner >= 0 && dimsOf(operand.getType()) == dimsOf(value.getType()))
        return isContiguous(operand, inner);
    }
  }
  return dim == rankOf(value) - 1;
}

void packRows(Kernel &kernel, const RowPacking &packing, Value first, Value last) {
  ImplicitLocOpBuilder &b = kernel.b;
  int64_t lanes = packing.lanes;
  bool isUnsigned = elementOf(packing.operand).isUnsignedInteger();
  Value depth = kernel.size(packing.depth);
  // `count` rows from `row`, of which one is done at a time or all as a tile.
  auto copy = [&](Value row, int64_t count) {
    auto emit = [&](Value k, Value mask) {
      Elements elements(kernel, lanes);
      elements.setMask(mask);
      for (int64_t r = 0; r < count; ++r) {
        elements.setTile(count > 1 && !mask ? count : 0, r);
        Position position = packing.positionOf(Coord{row, r, 0, count > 1 ? 1 : 0, {}}, Coord{k, 0, 1, 0, {}});
        Value to = kernel.add(kernel.mul(kernel.add(kernel.sub(row, first), r), packing.stride), k);
        Value value = extendTo(b, elements.at(packing.operand, position), packing.sumType, isUnsigned);
        vector::StoreOp::create(b, value, packing.memory, to);
      }
    };
    Value whole = kernel.mul(kernel.div(depth, lanes), lanes);
    kernel.loop(kernel.index(0), whole, lanes, [&](Value k) { emit(k, {}); });
    if (packing.depth.isMultipleOf(lanes))
      return;
    kernel.when(kernel.less(whole, depth), [&] {
      emit(whole, vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()),
                                               ValueRange(kernel.sub(depth, whole))));
    });
  };
  Value rest = first;
  if (packing.isTransposed) {
    rest = kernel.add(first, kernel.mul(kernel.div(kernel.sub(last, first), lanes), lanes));
    kernel.loop(first, rest, lanes, [&](Value row) { copy(row, lanes); });
  }
  kernel.loop(rest, last, 1, [&](Value row) { copy(row, 1); });
}

} // namespace treadle
