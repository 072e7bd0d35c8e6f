//===- ContractionShape.cpp - products as one kind of work ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/ContractionShape.h"
#include "codegen/Kernel.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {

FailureOr<Operation *> ContractionShape::anchorOf(func::FuncOp source) {
  Operation *anchor = nullptr;
  for (Operation &op : source.getBody().front())
    if (isa<MatMulOp, ConvOp>(op)) {
      if (anchor)
        return op.emitOpError("is the second product of one kernel");
      anchor = &op;
    }
  if (auto conv = dyn_cast_or_null<ConvOp>(anchor); !anchor || (conv && !conv.getChannelsLast()))
    return source.emitError("needs a matmul, or a conv whose channels are last");
  return anchor;
}

ContractionShape ContractionShape::of(Operation *op) {
  ContractionShape shape;
  shape.op = op;
  MLIRContext *context = op->getContext();
  Dims result = dimsOf(op->getResult(0).getType());
  shape.sumType = computeType(cast<RankedTensorType>(op->getResult(0).getType()).getElementType());
  if (auto matmul = dyn_cast<MatMulOp>(op)) {
    shape.lhs = matmul.getLhs();
    shape.rhs = matmul.getRhs();
    Dims lhs = dimsOf(shape.lhs.getType()), rhs = dimsOf(shape.rhs.getType());
    shape.depth = lhs[matmul.getTransposeLhs() ? lhs.size() - 2 : lhs.size() - 1];
    shape.columns = result.back();
    bool hasBatch = llvm::any_of(ArrayRef(rhs).drop_back(2), [](DimExpr dim) { return dim != 1; });
    // The rows of a transposed A are contiguous along M alone.
    size_t outer = hasBatch || matmul.getTransposeLhs() ? result.size() - 2 : 0;
    shape.outer.assign(result.begin(), result.begin() + outer);
    shape.rows.assign(result.begin() + outer, result.end() - 1);
    return shape;
  }
  auto conv = cast<ConvOp>(op);
  shape.lhs = conv.getInput();
  shape.rhs = conv.getFilter();
  Dims filter = dimsOf(shape.rhs.getType());
  shape.outer = {DimExpr::constant(context, conv.getGroups())};
  shape.rows.assign(result.begin(), result.end() - 1);
  shape.columns = filter[0].floorDiv(conv.getGroups());
  shape.depth = product(context, ArrayRef(filter).drop_front());
  return shape;
}

ContractionShape::Sizes ContractionShape::sizesOr(int64_t unknown) const {
  auto size = [&](DimExpr dim) { return dim.constantValue().value_or(unknown); };
  Sizes sizes{size(rowCount()), size(columns), size(depth)};
  for (DimExpr dim : outer)
    sizes.outer *= dim.constantValue().value_or(1);
  return sizes;
}

int64_t ContractionShape::Sizes::tiles(int64_t tileRows, int64_t tileColumns) const {
  return outer * llvm::divideCeilSigned(rows, tileRows) * llvm::divideCeilSigned(columns, tileColumns);
}

} // namespace treadle
