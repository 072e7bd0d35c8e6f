//===- Matrix.cpp - products of fragments -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/tile/Tile.h"

using namespace mlir;

namespace treadle::tile {

static int64_t countOf(Type fragment) {
  auto vector = dyn_cast<VectorType>(fragment);
  return vector ? vector.getNumElements() : 1;
}

LogicalResult MultiplyOp::verify() {
  ArrayRef<int64_t> shape = getShape();
  if (shape.size() != 3 || llvm::any_of(shape, [](int64_t size) { return size < 1; }))
    return emitOpError() << "needs a shape of three sizes, [M, N, K]";
  Type lhs = getElementTypeOrSelf(getLhs()), rhs = getElementTypeOrSelf(getRhs()),
       sums = getElementTypeOrSelf(getSums());
  if (lhs != rhs)
    return emitOpError() << "multiplies elements of " << lhs << " with elements of " << rhs;
  if (isa<IntegerType>(lhs) != isa<IntegerType>(sums))
    return emitOpError() << "cannot add products of " << lhs << " to sums of " << sums;
  if ((getUnsignedLhs() || getUnsignedRhs()) && !lhs.isInteger(8))
    return emitOpError() << "cannot take elements of " << lhs << " as unsigned";
  // How many threads share a matrix follows from each of the three.
  int64_t threads = shape[0] * shape[1] / countOf(getSums().getType());
  auto isShared = [&](int64_t elements, Value fragment) { return countOf(fragment.getType()) * threads == elements; };
  if (!isShared(shape[0] * shape[1], getSums()) || !isShared(shape[0] * shape[2], getLhs()) ||
      !isShared(shape[2] * shape[1], getRhs()))
    return emitOpError() << "has fragments of " << getLhs().getType() << ", " << getRhs().getType() << " and "
                         << getSums().getType() << ", which are not the same part of the matrices of its shape";
  return success();
}

LogicalResult LoadMatrixOp::verify() {
  auto type = cast<VectorType>(getResult().getType());
  Type element = getMemory().getType().getElementType();
  if (type.getElementType() != element)
    return emitOpError() << "gives elements of " << type.getElementType() << " from memory of " << element;
  int64_t bits = element.getIntOrFloatBitWidth(), words = type.getNumElements() * bits / 32;
  if (type.getNumElements() * bits != words * 32 || (words != 1 && words != 2 && words != 4))
    return emitOpError() << "gives " << type << ", which is not 1, 2 or 4 words of 4 bytes";
  if (getTranspose() && bits != 16)
    return emitOpError() << "cannot transpose elements of " << element << ", only those of 16 bits";
  return success();
}

} // namespace treadle::tile
