//===- AsyncMatrix.cpp - products of matrices in shared memory ---------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/tile/Tile.h"

using namespace mlir;

namespace treadle::tile {

static constexpr int64_t threads = 128;

static LogicalResult checkShape(Operation *op, ArrayRef<int64_t> shape, VectorType sums) {
  if (shape.size() != 3 || llvm::any_of(shape, [](int64_t size) { return size < 1; }))
    return op->emitOpError() << "needs a shape of three sizes, [M, N, K]";
  if (sums.getNumElements() * threads != shape[0] * shape[1])
    return op->emitOpError() << "has sums of " << sums << ", which are not a thread's part of " << shape[0] << " x "
                             << shape[1];
  return success();
}

LogicalResult MultiplySharedOp::verify() {
  Type lhs = getLhs().getType().getElementType(), rhs = getRhs().getType().getElementType();
  if (lhs != rhs)
    return emitOpError() << "multiplies elements of " << lhs << " with elements of " << rhs;
  if (!getElement().isIntOrFloat() || getElement().getIntOrFloatBitWidth() != lhs.getIntOrFloatBitWidth())
    return emitOpError() << "cannot take elements of " << lhs << " as " << getElement();
  if ((getUnsignedLhs() || getUnsignedRhs()) && !lhs.isInteger(8))
    return emitOpError() << "cannot take elements of " << lhs << " as unsigned";
  if ((getTurnedLhs() || getTurnedRhs()) && lhs.getIntOrFloatBitWidth() != 16)
    return emitOpError() << "cannot turn matrices of " << lhs << ", only those of 16 bits";
  return checkShape(*this, getShape(), getSums().getType());
}

LogicalResult MultiplyHeldOp::verify() {
  VectorType lhs = getLhs().getType();
  Type rhs = getRhs().getType().getElementType();
  if (!rhs.isIntOrFloat() || rhs.getIntOrFloatBitWidth() != lhs.getElementTypeBitWidth())
    return emitOpError() << "multiplies elements of " << lhs.getElementType() << " with elements of " << rhs;
  if (failed(checkShape(*this, getShape(), getSums().getType())))
    return failure();
  if (lhs.getNumElements() * threads != getShape()[0] * getShape()[2])
    return emitOpError() << "has a matrix of " << lhs << ", which is not a thread's part of " << getShape()[0] << " x "
                         << getShape()[2];
  return success();
}

} // namespace treadle::tile
