//===- AsyncMatrix.cpp - products of matrices in shared memory ---------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/tile/Tile.h"

using namespace mlir;

namespace treadle::tile {

LogicalResult MultiplySharedOp::verify() {
  constexpr int64_t threads = 128;
  ArrayRef<int64_t> shape = getShape();
  if (shape.size() != 3 || llvm::any_of(shape, [](int64_t size) { return size < 1; }))
    return emitOpError() << "needs a shape of three sizes, [M, N, K]";
  Type lhs = getLhs().getType().getElementType(), rhs = getRhs().getType().getElementType();
  if (lhs != rhs)
    return emitOpError() << "multiplies elements of " << lhs << " with elements of " << rhs;
  if (!getElement().isIntOrFloat() || getElement().getIntOrFloatBitWidth() != lhs.getIntOrFloatBitWidth())
    return emitOpError() << "cannot take elements of " << lhs << " as " << getElement();
  if ((getUnsignedLhs() || getUnsignedRhs()) && !lhs.isInteger(8))
    return emitOpError() << "cannot take elements of " << lhs << " as unsigned";
  if ((getTurnedLhs() || getTurnedRhs()) && lhs.getIntOrFloatBitWidth() != 16)
    return emitOpError() << "cannot turn matrices of " << lhs << ", only those of 16 bits";
  if (getSums().getType().getNumElements() * threads != shape[0] * shape[1])
    return emitOpError() << "has sums of " << getSums().getType() << ", which are not a thread's part of " << shape[0]
                         << " x " << shape[1];
  return success();
}

} // namespace treadle::tile
