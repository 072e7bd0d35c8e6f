//===- Fragment.cpp - matrices that only the device knows ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/tile/Tile.h"

using namespace mlir;

namespace treadle::tile {

static LogicalResult holds(Operation *op, FragmentType fragment, Type element) {
  if (fragment.getElement() == element)
    return success();
  return op->emitOpError() << "has elements of " << element << " for a matrix of " << fragment.getElement();
}

LogicalResult FragmentFillOp::verify() { return holds(*this, getResult().getType(), getValue().getType()); }

LogicalResult FragmentLoadOp::verify() {
  return holds(*this, getResult().getType(), getMemory().getType().getElementType());
}

LogicalResult FragmentStoreOp::verify() {
  return holds(*this, getFragment().getType(), getMemory().getType().getElementType());
}

LogicalResult FragmentMultiplyOp::verify() {
  FragmentType lhs = getLhs().getType(), rhs = getRhs().getType(), sums = getSums().getType();
  if (lhs.getRole() != "lhs" || rhs.getRole() != "rhs" || sums.getRole() != "sums")
    return emitOpError() << "multiplies " << lhs.getRole() << " with " << rhs.getRole() << " and adds to "
                         << sums.getRole();
  if (lhs.getRows() != sums.getRows() || lhs.getColumns() != rhs.getRows() || rhs.getColumns() != sums.getColumns())
    return emitOpError() << "cannot multiply " << lhs << " with " << rhs << " to " << sums;
  return success();
}

LogicalResult FragmentMapOp::verifyRegions() {
  Block &body = getBody().front();
  Type element = getFragment().getType().getElement();
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (body.getNumArguments() != 1 || body.getArgument(0).getType() != element || !yield ||
      yield.getValue().getType() != element)
    return emitOpError() << "makes one " << element << " of another";
  return success();
}

LogicalResult FragmentConvertOp::verify() {
  FragmentType from = getFragment().getType(), to = getResult().getType();
  if (!isa<FloatType>(from.getElement()) || !isa<FloatType>(to.getElement()) ||
      FragmentType::get(getContext(), from.getRows(), from.getColumns(), to.getElement(), from.getRole()) != to)
    return emitOpError() << "cannot make " << to << " of " << from;
  return success();
}

LogicalResult FragmentType::verify(function_ref<InFlightDiagnostic()> emitError, int64_t rows, int64_t columns,
                                   Type element, StringRef role) {
  if (rows < 1 || columns < 1)
    return emitError() << "a matrix of " << rows << " x " << columns << " elements";
  if (role != "lhs" && role != "rhs" && role != "sums")
    return emitError() << "a matrix is lhs, rhs or sums of a product, not \"" << role << "\"";
  return success();
}

} // namespace treadle::tile
