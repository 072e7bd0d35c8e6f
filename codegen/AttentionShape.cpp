//===- AttentionShape.cpp - what an attention computes ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/AttentionShape.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {

FailureOr<AttentionOp> AttentionShape::anchorOf(func::FuncOp source) {
  AttentionOp anchor;
  for (Operation &op : source.getBody().front())
    if (auto attention = dyn_cast<AttentionOp>(op)) {
      if (anchor)
        return op.emitOpError("is the second attention of one kernel");
      anchor = attention;
    }
  if (!anchor)
    return source.emitError("needs an attention");
  return anchor;
}

AttentionShape::AttentionShape(AttentionOp op) : op(op), sumType(computeType(elementOf(op.getResult()))) {
  Dims query = dimsOf(op.getQuery().getType()), value = dimsOf(op.getValue().getType());
  outerDims.assign(query.begin(), query.end() - 2);
  queries = query[query.size() - 2];
  depth = query.back();
  keys = value[value.size() - 2];
  width = value.back();
}

Position AttentionShape::positionIn(Kernel &kernel, ArrayRef<Value> outer, Value operand, Coord row,
                                    Coord column) const {
  Position position;
  for (auto [index, size] : llvm::zip(outer, dimsOf(operand.getType())))
    position.push_back(Elements::uniform(size == 1 ? kernel.index(0) : index));
  position.push_back(row);
  position.push_back(column);
  return position;
}

Value AttentionShape::addBias(Elements &elements, ArrayRef<Value> outer, Value score, Coord query, Coord key) const {
  AttentionOp attention = op;
  Value bias = attention.getBias();
  if (!bias)
    return score;
  Kernel &kernel = elements.kernel;
  Position position = positionIn(kernel, outer, attention.getResult(), query, key), inner;
  for (auto [coord, size] : llvm::zip(ArrayRef(position).take_back(rankOf(bias)), dimsOf(bias.getType())))
    inner.push_back(size == 1 ? Elements::uniform(kernel.index(0)) : coord);
  return arith::AddFOp::create(elements.b, score, elements.at(bias, inner));
}

Value AttentionShape::endOfKeys(Kernel &kernel, Value firstQuery, int64_t count) const {
  Value end = kernel.size(keys);
  AttentionOp attention = op;
  if (!attention.getCausal())
    return end;
  // Query i sees the keys j with j <= i + S - L.
  Value shift = kernel.sub(end, kernel.size(queries));
  return kernel.max(kernel.min(end, kernel.add(kernel.add(firstQuery, shift), count)), kernel.index(0));
}

} // namespace treadle
