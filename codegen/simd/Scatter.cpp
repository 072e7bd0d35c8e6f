//===- Scatter.cpp - elements to computed places ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every element of the result belongs to one task, which copies it from the input and then applies the
// updates that it gets, in their order. So nothing is atomic, and results do not depend on the threads.
//
//     scatter_elements   a task has lines along the axis, which no other line's updates reach; lanes are
//                        neighbouring lines
//     scatter_nd         a task has a block of rows (all dimensions but the last) and looks at all tuples,
//                        lanes lie along a row
//
//===----------------------------------------------------------------------===//

#include "codegen/Lines.h"
#include "codegen/Schedule.h"
#include "codegen/simd/Vectors.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

/// A task should be about so many elements.
constexpr int64_t elementsPerTask = 8192;
/// Tasks that look at all tuples of indices, at most.
constexpr int64_t mostBlocks = 64;

class ScatterSchedule {
public:
  template <typename Op>
  ScatterSchedule(func::FuncOp source, Op op, const Target &target)
      : kernel(source, target), b(kernel.b), input(op.getInput()), indices(op.getIndices()), updates(op.getUpdates()),
        kind(op.getKind()), type(op.getType()), dims(dimsOf(type)) {
    lanes = target.lanes(computeType(type.getElementType()));
    if (std::optional<int64_t> known = dims.back().constantValue())
      lanes = std::min<int64_t>(lanes, llvm::PowerOf2Ceil(std::max<int64_t>(*known, 1)));
  }
  void emitElements(int64_t axis);
  void emitTuples();

private:
  void copyRow(Position row);
  void updateLine(Position line, int64_t axis, Value mask, int64_t lanes);
  void apply(Elements &elements, const Position &from, const Position &to);
  void applyTuple(Value number, Value firstRow, Value lastRow);
  Value rowOf(ArrayRef<Value> at, ArrayRef<DimExpr> sizes);

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  Value input, indices, updates;
  std::optional<ReduceKind> kind;
  RankedTensorType type; // of the result
  Dims dims;
  int64_t lanes;
};

/// What is at `from` of the updates is stored at `to` of the result, or combined with what is there.
void ScatterSchedule::apply(Elements &elements, const Position &from, const Position &to) {
  Value memory = kernel.resultBuffer(0), update = elements.at(updates, from);
  if (kind) {
    Value old = fromStorage(b, elements.load(memory, type, to), type.getElementType());
    update = emitCombine(b, *kind, type.getElementType().isUnsignedInteger(), old, update);
  }
  elements.store(update, memory, type, to);
}

void ScatterSchedule::copyRow(Position row) {
  overVectors(kernel, lanes, kernel.index(0), kernel.size(dims.back()), [&](Value i, Value mask) {
    row.back() = Coord{i, 0, 1, 0, {}};
    Elements elements(kernel, lanes);
    elements.setMask(mask);
    elements.store(elements.at(input, row), kernel.resultBuffer(0), type, row);
  });
}

// ---- scatter_elements ------------------------------------------------------------------------

/// All updates of a line, or of a vector of them.
void ScatterSchedule::updateLine(Position line, int64_t axis, Value mask, int64_t lanes) {
  Dims given = dimsOf(indices.getType());
  // There may be fewer lines of updates than lines.
  Value isThere;
  for (auto [i, coord] : llvm::enumerate(line))
    if (static_cast<int64_t>(i) != axis && coord.isUniform() && given[i] != dims[i]) {
      Value here = kernel.less(coord.base, kernel.size(given[i]));
      isThere = isThere ? Value(arith::AndIOp::create(b, isThere, here)) : here;
    }
  kernel.when(isThere, [&] {
    kernel.loop(kernel.index(0), kernel.size(given[axis]), 1, [&](Value number) {
      Position from = line, to = line;
      from[axis] = Elements::uniform(number);
      Elements elements(kernel, lanes);
      elements.setMask(mask);
      to[axis] = elements.coordFrom(indices, from, dims[axis]);
      apply(elements, from, to);
    });
  });
}

void ScatterSchedule::emitElements(int64_t axis) {
  Lines lines(input, axis);
  if (lines.isAlongRow) {
    int64_t block = lines.linesOf(elementsPerTask);
    kernel.tasks([&](Value task) {
      Value first = kernel.mul(task, block);
      Value last = kernel.min(kernel.add(first, block), kernel.size(lines.count()));
      kernel.loop(first, last, 1, [&](Value number) {
        Position line = lines.line(kernel, number);
        copyRow(line);
        updateLine(line, axis, {}, 1);
      });
    });
    return kernel.finish({lines.count().ceilDiv(block)});
  }
  DimExpr columns = dims.back(), given = dimOf(indices.getType(), dims.size() - 1);
  lines.grid.back() = columns.ceilDiv(lanes);
  kernel.tasks([&](Value task) {
    Position line = lines.line(kernel, task);
    Value from = kernel.mul(line.back().base, lanes);
    line.back() = Coord{from, 0, 1, 0, {}};
    auto maskOf = [&](DimExpr count) {
      return count.isMultipleOf(lanes) ? Value() : firstLanes(kernel, lanes, kernel.sub(kernel.size(count), from));
    };
    kernel.loop(kernel.index(0), kernel.size(dims[axis]), 1, [&](Value i) {
      line[axis] = Elements::uniform(i);
      Elements elements(kernel, lanes);
      elements.setMask(maskOf(columns));
      elements.store(elements.at(input, line), kernel.resultBuffer(0), type, line);
    });
    // Vectors may be beyond the last of the lines that have updates.
    auto update = [&] { updateLine(line, axis, maskOf(given), lanes); };
    given == columns ? update() : kernel.when(kernel.less(from, kernel.size(given)), update);
  });
  kernel.finish({lines.count()});
}

// ---- scatter_nd ------------------------------------------------------------------------------

Value ScatterSchedule::rowOf(ArrayRef<Value> at, ArrayRef<DimExpr> sizes) {
  Value row = kernel.index(0);
  for (auto [index, size] : llvm::zip(at, sizes))
    row = kernel.add(kernel.mul(row, kernel.size(size)), index);
  return row;
}

/// Those rows of the update with this number that are from `firstRow` on and before `lastRow`.
void ScatterSchedule::applyTuple(Value number, Value firstRow, Value lastRow) {
  Dims given = dimsOf(indices.getType());
  int64_t depth = *given.back().constantValue(), rank = dims.size();
  Position tuple, from, to;
  for (Value index : kernel.delinearize(number, ArrayRef(given).drop_back()))
    tuple.push_back(Elements::uniform(index));
  from = tuple;
  tuple.push_back({});
  Elements scalars(kernel, 1);
  SmallVector<Value> at;
  for (int64_t i = 0; i < depth; ++i) {
    tuple.back() = Elements::uniform(kernel.index(i));
    to.push_back(scalars.coordFrom(indices, tuple, dims[i]));
    at.push_back(to.back().base);
  }
  if (depth == rank) {
    Value row = rowOf(ArrayRef(at).drop_back(), dims);
    Value isHere = arith::AndIOp::create(b, arith::CmpIOp::create(b, arith::CmpIPredicate::sge, row, firstRow),
                                         kernel.less(row, lastRow));
    return kernel.when(isHere, [&] {
      Elements elements(kernel, 1);
      apply(elements, from, to);
    });
  }
  ArrayRef<DimExpr> inner = ArrayRef(dims).slice(depth, rank - 1 - depth);
  Value rows = kernel.size(product(b.getContext(), inner)), begin = kernel.mul(rowOf(at, dims), rows);
  Value first = kernel.max(firstRow, begin), last = kernel.min(lastRow, kernel.add(begin, rows));
  kernel.loop(first, last, 1, [&](Value row) {
    Position source = from, target = to;
    for (Value index : kernel.delinearize(kernel.sub(row, begin), inner)) {
      source.push_back(Elements::uniform(index));
      target.push_back(Elements::uniform(index));
    }
    source.push_back({});
    target.push_back({});
    overVectors(kernel, lanes, kernel.index(0), kernel.size(dims.back()), [&](Value i, Value mask) {
      source.back() = target.back() = Coord{i, 0, 1, 0, {}};
      Elements elements(kernel, lanes);
      elements.setMask(mask);
      apply(elements, source, target);
    });
  });
}

void ScatterSchedule::emitTuples() {
  Lines lines(input, dims.size() - 1);
  DimExpr rows = lines.count(), tuples = product(b.getContext(), ArrayRef(dimsOf(indices.getType())).drop_back());
  DimExpr block =
      DimExpr::max(rows.ceilDiv(mostBlocks), DimExpr::constant(b.getContext(), lines.linesOf(elementsPerTask)));
  kernel.tasks([&](Value task) {
    Value first = kernel.mul(task, kernel.size(block));
    Value last = kernel.min(kernel.add(first, kernel.size(block)), kernel.size(rows));
    kernel.loop(first, last, 1, [&](Value row) { copyRow(lines.line(kernel, row)); });
    kernel.loop(kernel.index(0), kernel.size(tuples), 1, [&](Value number) { applyTuple(number, first, last); });
  });
  kernel.finish({rows.ceilDiv(block)});
}

} // namespace

LogicalResult simd::scheduleScatter(func::FuncOp source, const Target &target) {
  Block &body = source.getBody().front();
  for (auto op : body.getOps<ScatterElementsOp>()) {
    ScatterSchedule(source, op, target).emitElements(op.getAxis());
    return success();
  }
  for (auto op : body.getOps<ScatterNdOp>()) {
    ScatterSchedule(source, op, target).emitTuples();
    return success();
  }
  return source.emitError() << "has nothing to scatter";
}

} // namespace treadle
