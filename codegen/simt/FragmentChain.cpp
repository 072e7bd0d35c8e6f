//===- FragmentChain.cpp - sums of a product as an operand of the next -------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/simt/FragmentChain.h"
#include "dialects/tile/Tile.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace treadle::simt {

std::optional<FragmentChain> FragmentChain::of(const MatrixUnit &unit, bool inOrder) {
  for (bool isUpright : {true, false}) {
    FragmentChain chain{isUpright, isUpright ? unit.rows : unit.columns, isUpright ? unit.columns : unit.rows,
                        unit.columns};
    const FragmentLayout &operand = chain.operandOf(unit);
    bool fits = operand.lanes.size() == unit.sums.lanes.size();
    int64_t lastOther = 0, lastK = 0; // in the same order
    for (auto [sum, place] : llvm::zip(unit.sums.lanes, operand.lanes)) {
      int64_t query = chain.queryOf(sum), other = chain.otherOf(sum), k = place % unit.depth;
      fits &= query == place / unit.depth && (inOrder ? other == k : !other == !k);
      fits &= !other || (other > lastOther && k > lastK);
      lastOther = std::max(lastOther, other);
      lastK = std::max(lastK, k);
      chain.queryLanes.push_back(query);
      chain.otherLanes.push_back(other);
    }
    if (fits)
      return chain;
  }
  return std::nullopt;
}

Value FragmentChain::multiply(ImplicitLocOpBuilder &b, const MatrixUnit &unit, Value ofQueries, Value ofOthers,
                              Value sum) const {
  return tile::MultiplyOp::create(b, sum.getType(), ArrayRef<int64_t>{unit.rows, unit.columns, unit.depth},
                                  isUpright ? ofQueries : ofOthers, isUpright ? ofOthers : ofQueries, sum,
                                  /*unsignedLhs=*/false, /*unsignedRhs=*/false);
}

Value FragmentChain::operand(ImplicitLocOpBuilder &b, const MatrixUnit &unit, Type element, ArrayRef<Value> values,
                             llvm::function_ref<int64_t(int64_t)> otherAt) const {
  const FragmentLayout &layout = operandOf(unit);
  SmallVector<Value> elements;
  for (int64_t i = 0; i < layout.count(); ++i) {
    int64_t query = layout.offsetOf(i) / unit.depth, other = otherAt(layout.offsetOf(i) % unit.depth);
    for (int64_t j = 0; j < unit.sums.count(); ++j)
      if (int64_t place = unit.sums.offsetOf(j); queryOf(place) == query && otherOf(place) == other % others)
        elements.push_back(values[other / others * unit.sums.count() + j]);
  }
  if (elements.size() == 1)
    return elements[0];
  return vector::FromElementsOp::create(b, VectorType::get({layout.count()}, element), elements);
}

} // namespace treadle::simt
