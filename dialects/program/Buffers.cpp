//===- Buffers.cpp - where memory comes from ------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/program/Program.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle::program {

LogicalResult BufferType::verify(function_ref<InFlightDiagnostic()> emitError, RankedTensorType tensor) {
  if (!dtypeOf(tensor.getElementType()))
    return emitError() << "a buffer cannot hold elements of " << tensor.getElementType();
  return success();
}

LogicalResult ConstantOp::verify() {
  RankedTensorType tensor = getBuffer().getType().getTensor();
  if (getValue().getShapedType() != tensor)
    return emitOpError() << "has a value of " << getValue().getShapedType() << " in a buffer of " << tensor;
  return success();
}

LogicalResult ViewOp::verify() {
  if (getOffset().getDims().size() != 1)
    return emitOpError() << "must have one offset, not " << getOffset().getDims().size();
  DimExpr offset(getOffset().getDims()[0]);
  DimExpr all = byteCount(getSource().getType().getTensor()),
          end = offset + byteCount(getBuffer().getType().getTensor());
  if (offset.constantValue().value_or(0) < 0 || (all - end).constantValue().value_or(0) < 0)
    return emitOpError() << "from byte " << offset << " to " << end << " reaches beyond its source, of " << all
                         << " bytes";
  return success();
}

} // namespace treadle::program
