//===- FieldGradient.cpp - a field, asked at positions, and how it changes -------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/FieldRow.h"

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {

SmallVector<Columns> FieldRow::evaluate(Region &field, ArrayRef<Columns> inputs) {
  Elements inner(kernel, elements.lanes);
  FieldRow fieldRow(inner, networks, {Elements::uniform(kernel.index(0)), {}});
  Block &block = field.front();
  for (auto [argument, columns] : llvm::zip(block.getArguments(), inputs))
    fieldRow.bind(argument, columns);
  // What is captured is in memory, of which an element may be read like any other.
  for (BlockArgument capture : block.getArguments().drop_front(inputs.size()))
    inner.bind(capture, [this, &inner, memory = kernelArgument(capture)](const Position &position) {
      auto type = cast<RankedTensorType>(memory.getType());
      return fromStorage(b, inner.load(kernel.bufferOf(memory), type, position), type.getElementType());
    });
  FieldRow::emit(fieldRow, block);
  return llvm::map_to_vector(block.getTerminator()->getOperands(),
                             [&](Value value) { return fieldRow.columns(value); });
}

// ---- gradients ---------------------------------------------------------------------------------

/// One turn for each of the six places around a position, so that the field's code is there once.
Columns FieldRow::gradient(GradientOp op) {
  double width = op.getWidth().convertToFloat();
  Columns position = columns(op.getPosition());
  Value two = kernel.index(2), zero = v.number(0), ahead = v.number(width), behind = v.number(-width);
  auto where = [&](Value condition, Value a, Value c) { return v.select(elements.splat(condition), a, c); };
  auto is = [&](Value a, int64_t c) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, a, kernel.index(c));
  };
  Columns sums(3, zero);
  sums = kernel.loop(kernel.index(0), kernel.index(6), 1, sums, [&](Value turn, ValueRange before) {
    Value axis = kernel.div(turn, two), isBehind = is(kernel.rem(turn, two), 1);
    Value shift = where(isBehind, behind, ahead);
    Columns shifted;
    for (int64_t d = 0; d < 3; ++d)
      shifted.push_back(v.add(position[d], where(is(axis, d), shift, zero)));
    Value slope =
        v.mul(evaluate(op.getField(), {shifted})[0][0], where(isBehind, v.number(-0.5 / width), v.number(0.5 / width)));
    Columns next;
    for (int64_t d = 0; d < 3; ++d)
      next.push_back(v.add(before[d], where(is(axis, d), slope, zero)));
    return next;
  });
  return sums;
}

} // namespace treadle
