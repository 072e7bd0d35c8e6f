//===- GatheredElements.cpp - elements at places that are computed ----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/elements/Elements.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {

Coord Elements::coordFrom(Value indices, const Position &position, DimExpr size) {
  bool uniformly = llvm::all_of(position, [](const Coord &coord) { return coord.isUniform(); });
  Value index = at(indices, position);
  Type element = getElementTypeOrSelf(index.getType());
  if (element.getIntOrFloatBitWidth() > 32)
    index = arith::TruncIOp::create(b, vectorOf(b.getI32Type()), index);
  else if (element.getIntOrFloatBitWidth() < 32)
    index = elementOf(indices).isUnsignedInteger() ? Value(arith::ExtUIOp::create(b, vectorOf(b.getI32Type()), index))
                                                   : Value(arith::ExtSIOp::create(b, vectorOf(b.getI32Type()), index));
  Value count = splat(arith::IndexCastOp::create(b, b.getI32Type(), kernel.size(size)));
  Value zero = constant(b.getI32Type(), 0), one = constant(b.getI32Type(), 1);
  Value negative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, index, zero);
  index = arith::SelectOp::create(b, negative, arith::AddIOp::create(b, index, count), index);
  index = arith::MinSIOp::create(b, index, arith::SubIOp::create(b, count, one));
  index = arith::MaxSIOp::create(b, index, zero);
  if (!uniformly)
    return Coord{{}, 0, 0, 0, index};
  Value first = vector::ExtractOp::create(b, index, ArrayRef<int64_t>{0});
  return uniform(arith::IndexCastOp::create(b, b.getIndexType(), first));
}

/// What is read of a tensor where `count` of its elements may be taken: 0 if that is none, and then nothing is read.
Value Elements::ifAny(DimExpr count, Value tensor, const Position &position) {
  if (std::optional<int64_t> known = count.constantValue(); known && *known > 0)
    return at(tensor, position);
  VectorType type = vectorOf(computeType(elementOf(tensor)));
  auto branch = scf::IfOp::create(b, TypeRange(type), kernel.less(kernel.index(0), kernel.size(count)),
                                  /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(b, scoped([&] { return at(tensor, position); }));
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, arith::ConstantOp::create(b, b.getZeroAttr(type)).getResult());
  return branch.getResult(0);
}

Value Elements::gatherAt(GatherOp op, const Position &position) {
  int64_t axis = op.getAxis(), rank = rankOf(op.getIndices());
  Position indices(position.begin() + axis, position.begin() + axis + rank);
  Position inner(position.begin(), position.begin() + axis);
  DimExpr count = dimOf(op.getInput().getType(), axis);
  inner.push_back(coordFrom(op.getIndices(), indices, count));
  inner.append(position.begin() + axis + rank, position.end());
  return ifAny(count, op.getInput(), inner);
}

Value Elements::gatherElementsAt(GatherElementsOp op, const Position &position) {
  Position inner = position;
  DimExpr count = dimOf(op.getInput().getType(), op.getAxis());
  inner[op.getAxis()] = coordFrom(op.getIndices(), position, count);
  return ifAny(count, op.getInput(), inner);
}

Value Elements::gatherNdAt(GatherNdOp op, const Position &position) {
  int64_t batch = op.getBatchDims(), prefix = rankOf(op.getIndices()) - 1;
  int64_t depth = *dimOf(op.getIndices().getType(), prefix).constantValue();
  Position inner(position.begin(), position.begin() + batch);
  DimExpr count = DimExpr::constant(b.getContext(), 1);
  for (int64_t i = 0; i < depth; ++i) {
    Position tuple(position.begin(), position.begin() + prefix);
    tuple.push_back(Coord{{}, i, 0, 0, {}});
    DimExpr size = dimOf(op.getInput().getType(), batch + i);
    inner.push_back(coordFrom(op.getIndices(), tuple, size));
    count = count * size;
  }
  inner.append(position.begin() + prefix, position.end());
  return ifAny(count, op.getInput(), inner);
}

} // namespace treadle
