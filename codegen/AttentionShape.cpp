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

AttentionShape::AttentionShape(AttentionOp op)
    : op(op), sumType(computeType(elementOf(op.getResult()))), before(op.keysBefore()), after(op.keysAfter()),
      prefix(static_cast<int64_t>(op.getPrefix())) {
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

Value AttentionShape::isSeen(Kernel &kernel, llvm::function_ref<Value(Value)> queryAnd, Value key,
                             llvm::function_ref<Value(Value)> like) const {
  Value seen;
  auto require = [&](arith::CmpIPredicate predicate, int64_t distance) {
    Value limit = queryAnd(kernel.add(kernel.size(shift()), kernel.index(distance)));
    Value holds = arith::CmpIOp::create(kernel.b, predicate, key, limit);
    seen = seen ? Value(arith::AndIOp::create(kernel.b, seen, holds)) : holds;
  };
  if (after)
    require(arith::CmpIPredicate::sle, *after);
  if (before)
    require(arith::CmpIPredicate::sge, -*before);
  if (!seen || !prefix)
    return seen;
  Value isFirst = arith::CmpIOp::create(kernel.b, arith::CmpIPredicate::slt, key, like(kernel.index(prefix)));
  return arith::OrIOp::create(kernel.b, seen, isFirst);
}

Value AttentionShape::isSeen(Kernel &kernel, Value query, Value key) const {
  return isSeen(kernel, [&](Value number) { return kernel.add(query, number); }, key, [](Value x) { return x; });
}

SeenKeys AttentionShape::seenKeys(Kernel &kernel, Value firstQuery, int64_t count, int64_t block) const {
  Value size = kernel.size(keys), zero = kernel.index(0);
  SeenKeys seen{size, zero, {}};
  Value position = kernel.add(firstQuery, kernel.size(shift())),
        first = prefix ? kernel.min(size, kernel.index(prefix)) : zero;
  if (after)
    seen.end = kernel.max(kernel.min(size, kernel.add(position, kernel.index(count + *after))), first);
  if (before) {
    Value start = kernel.div(kernel.max(kernel.sub(position, kernel.index(*before)), zero), block);
    seen.gap = kernel.mul(start, block);
    if (prefix) {
      seen.prefix = kernel.mul(kernel.div(kernel.add(first, block - 1), block), block);
      seen.gap = kernel.max(kernel.sub(seen.gap, seen.prefix), zero);
    }
    seen.end = kernel.sub(seen.end, seen.gap);
  }
  return seen;
}

Value SeenKeys::keyAt(Kernel &kernel, Value place) const {
  Value key = kernel.add(place, gap);
  return prefix ? Value(arith::SelectOp::create(kernel.b, kernel.less(place, prefix), place, key)) : key;
}

} // namespace treadle
