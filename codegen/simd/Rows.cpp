//===- Rows.cpp - reductions, and what goes with them -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A row is gone over in passes (RowPasses.h).
//
// Where the last dimension is reduced, lanes lie along it and are combined at the end of a pass; else
// they lie along the last dimension, and a vector of rows is done at a time. Exponentials and the like
// that a later pass needs again are kept in private memory.
//
//===----------------------------------------------------------------------===//

#include "codegen/RowPasses.h"
#include "codegen/Schedule.h"
#include "codegen/elements/Elements.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

/// A task should be about so many elements.
constexpr int64_t elementsPerTask = 8192;
/// Sums that are added up side by side, to hide what an addition takes.
constexpr int64_t maxChains = 4;

class RowsSchedule : RowPasses {
public:
  RowsSchedule(func::FuncOp source, const Target &target);
  void emit();

private:
  void chooseLanes();

  void emitRow(const Position &row, Value mask);
  void emitPass(int64_t pass, const Position &row, Value mask);
  void storeRowResults(const Position &row, Value mask);
  SmallVector<Value> step(int64_t pass, const Position &row, Coord inner, ArrayRef<Value> outerIndices, Value mask,
                          ArrayRef<Value> sums, int64_t chain, int64_t chains);
  Value combineLanes(Operation *reduction, ArrayRef<Value> sums);

  SmallVector<Value> startOf(Operation *reduction) {
    Elements elements(kernel, lanes);
    return RowPasses::startOf(elements, reduction);
  }

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  int64_t lanes = 1;
  llvm::MapVector<Value, Value> kept;        // values kept for later passes, and where
  llvm::MapVector<Operation *, Value> bound; // finished reductions
};

RowsSchedule::RowsSchedule(func::FuncOp source, const Target &target)
    : RowPasses(source), kernel(source, target), b(kernel.b) {
  chooseLanes();
}

void RowsSchedule::chooseLanes() {
  lanes = kernel.target.lanes(b.getF32Type());
  for (Operation &op : kernel.body().without_terminator())
    if (isReduction(&op))
      lanes = std::min(lanes, kernel.target.lanes(computeType(elementOf(op.getOperand(0)))));
  DimExpr length = dims.back();
  if (isFlat)
    for (int64_t axis : ArrayRef(axes).drop_back())
      length = length * dims[axis];
  if (std::optional<int64_t> known = length.constantValue())
    lanes = std::min<int64_t>(lanes, llvm::PowerOf2Ceil(std::max<int64_t>(*known, 1)));
}

/// What the lanes and the chains of a finished pass come to, in every lane.
Value RowsSchedule::combineLanes(Operation *reduction, ArrayRef<Value> sums) {
  size_t width = startOf(reduction).size(), chains = sums.size() / width;
  SmallVector<Value> total(sums.take_front(width));
  for (size_t chain = 1; chain < chains; ++chain)
    total = combine(b, reduction, total, sums.slice(chain * width, width));
  if (isAlongRow)
    for (int64_t half = lanes / 2; half >= 1; half /= 2) {
      SmallVector<int64_t> swapped;
      for (int64_t i = 0; i < lanes; ++i)
        swapped.push_back(i ^ half);
      SmallVector<Value> other = llvm::map_to_vector(
          total, [&](Value value) -> Value { return vector::ShuffleOp::create(b, value, value, swapped); });
      total = combine(b, reduction, total, other);
    }
  Elements elements(kernel, lanes);
  return finish(elements, reduction, total);
}

// ---- passes ----------------------------------------------------------------------------------

/// One vector of each row that is under way, at reduced indices `outerIndices` and `inner`.
SmallVector<Value> RowsSchedule::step(int64_t pass, const Position &row, Coord inner, ArrayRef<Value> outerIndices,
                                      Value mask, ArrayRef<Value> sums, int64_t chain, int64_t chains) {
  Position position = row;
  if (isFlat) {
    for (int64_t axis : axes)
      position[axis] = Elements::uniform(kernel.index(0));
    position.back() = inner;
  } else {
    for (auto [axis, index] : llvm::zip(axes, outerIndices))
      position[axis] = Elements::uniform(index);
    position[axes.back()] = inner;
  }
  // Where in the row this is.
  Value linear = kernel.index(0);
  if (!isFlat)
    for (auto [i, index] : llvm::enumerate(outerIndices))
      linear = kernel.mul(kernel.add(linear, index), kernel.size(dims[axes[i + 1]]));
  Coord place = inner;
  place.base = inner.base ? kernel.add(linear, inner.base) : linear;
  auto keptPosition = [&] {
    Coord at = place;
    if (!isAlongRow)
      at = Coord{kernel.mul(kernel.add(place.base, place.offset), lanes), 0, 1, 0, {}};
    return kernel.add(at.base, at.offset);
  };

  Elements elements(kernel, lanes);
  elements.setMask(mask);
  for (auto &[reduction, value] : bound)
    elements.bind(reduction->getResult(0), [value = value](const Position &) { return value; });
  for (auto &[value, memory] : kept)
    if (passOf(value) < pass)
      elements.bind(value, [&, memory = memory](const Position &) -> Value {
        return vector::LoadOp::create(b, elements.vectorOf(cast<MemRefType>(memory.getType()).getElementType()), memory,
                                      keptPosition());
      });
  for (auto &[value, memory] : kept)
    if (passOf(value) == pass)
      vector::StoreOp::create(b, elements.at(value, position), memory, keptPosition());

  SmallVector<Value> next(sums);
  size_t at = 0;
  for (Operation *reduction :
       pass < static_cast<int64_t>(reductions.size()) ? reductions[pass] : SmallVector<Operation *>()) {
    size_t width = startOf(reduction).size();
    auto mine = MutableArrayRef<Value>(next).slice(at + chain * width, width);
    SmallVector<Value> candidate = {elements.at(reduction->getOperand(0), position)};
    if (width == 2)
      candidate.push_back(elements.vector(inner));
    SmallVector<Value> combined = combine(b, reduction, mine, candidate);
    for (auto [to, from] : llvm::zip(mine, combined))
      to = mask && isAlongRow ? Value(arith::SelectOp::create(b, mask, from, to)) : from;
    at += width * chains;
  }
  elements.storeResults(position, [&](Value value) { return isFull(value) && passOf(value) == pass; });
  return next;
}

void RowsSchedule::emitPass(int64_t pass, const Position &row, Value mask) {
  ArrayRef<Operation *> mine;
  if (pass < static_cast<int64_t>(reductions.size()))
    mine = reductions[pass];
  DimExpr length = dims[axes.back()];
  if (isFlat)
    for (int64_t axis : ArrayRef(axes).drop_back())
      length = length * dims[axis];
  Value count = kernel.size(length);
  int64_t stride = isAlongRow ? lanes : 1;
  int64_t chains = length.isConstant() && *length.constantValue() < maxChains * stride ? 1 : maxChains;

  SmallVector<Value> sums;
  for (Operation *reduction : mine)
    for (int64_t chain = 0; chain < chains; ++chain)
      sums.append(startOf(reduction));
  auto coord = [&](Value base, int64_t offset) {
    return isAlongRow ? Coord{base, offset, 1, 0, {}} : Coord{base, offset, 0, 0, {}};
  };
  auto emitInner = [&](ArrayRef<Value> outerIndices, ValueRange start) {
    SmallVector<Value> sums(start);
    Value zero = kernel.index(0);
    Value whole = kernel.mul(kernel.div(count, stride * chains), stride * chains);
    sums = kernel.loop(zero, whole, stride * chains, sums, [&](Value i, ValueRange carried) {
      SmallVector<Value> next(carried);
      for (int64_t chain = 0; chain < chains; ++chain)
        next = step(pass, row, coord(i, chain * stride), outerIndices, mask, next, chain, chains);
      return next;
    });
    Value rest = whole;
    if (chains > 1) {
      rest = kernel.mul(kernel.div(count, stride), stride);
      sums = kernel.loop(whole, rest, stride, sums, [&](Value i, ValueRange carried) {
        return step(pass, row, coord(i, 0), outerIndices, mask, SmallVector<Value>(carried), 0, chains);
      });
    }
    if (!isAlongRow || length.isMultipleOf(lanes))
      return sums;
    // At most one more, of which some lanes are beyond the end.
    Value inside =
        vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()), ValueRange(kernel.sub(count, rest)));
    Value end = kernel.add(rest, kernel.min(kernel.sub(count, rest), kernel.index(1)));
    return kernel.loop(rest, end, 1, sums, [&](Value i, ValueRange carried) {
      return step(pass, row, coord(i, 0), outerIndices, inside, SmallVector<Value>(carried), 0, chains);
    });
  };
  std::function<SmallVector<Value>(SmallVector<Value>, ValueRange)> nest = [&](SmallVector<Value> indices,
                                                                               ValueRange start) {
    if (isFlat || indices.size() + 1 == axes.size())
      return emitInner(indices, start);
    Value size = kernel.size(dims[axes[indices.size()]]);
    return kernel.loop(kernel.index(0), size, 1, start, [&](Value i, ValueRange carried) {
      SmallVector<Value> next = indices;
      next.push_back(i);
      return nest(next, carried);
    });
  };
  sums = nest({}, sums);

  size_t at = 0;
  SmallVector<std::pair<Operation *, Value>> finished;
  for (Operation *reduction : mine) {
    size_t width = startOf(reduction).size() * chains;
    finished.push_back({reduction, combineLanes(reduction, ArrayRef(sums).slice(at, width))});
    at += width;
  }
  for (auto [reduction, value] : finished)
    bound[reduction] = value;
}

/// Results that have one element a row.
void RowsSchedule::storeRowResults(const Position &row, Value mask) {
  int64_t width = isAlongRow ? 1 : lanes;
  Elements elements(kernel, width);
  elements.setMask(mask);
  for (auto &[reduction, value] : bound) {
    Value element = value;
    if (isAlongRow)
      element = vector::ExtractStridedSliceOp::create(b, value, ArrayRef<int64_t>{0}, ArrayRef<int64_t>{1},
                                                      ArrayRef<int64_t>{1});
    elements.bind(reduction->getResult(0), [element](const Position &) { return element; });
  }
  Position position = row;
  for (int64_t axis : axes)
    position[axis] = Elements::uniform(kernel.index(0));
  // Rows of one element leave as many as they have: a pass has stored those, perhaps over what it read.
  elements.storeResults(position, [&](Value value) { return !isFull(value); });
}

void RowsSchedule::emitRow(const Position &row, Value mask) {
  bound.clear();
  for (int64_t pass = 0; pass < passCount; ++pass)
    emitPass(pass, row, mask);
  storeRowResults(row, mask);
}

void RowsSchedule::emit() {
  MLIRContext *context = b.getContext();
  int64_t rank = dims.size();
  // What is too dear to be computed in every pass.
  DimExpr length = DimExpr::constant(context, isAlongRow ? 1 : lanes);
  for (int64_t axis : axes)
    length = length * dims[axis];
  for (Operation &op : kernel.body().without_terminator()) {
    if (!isElementwise(&op) || !isFull(op.getResult(0)))
      continue;
    Value value = op.getResult(0);
    bool isDear = cast<GraphOpInterface>(op).countFlops() != elementCount(value.getType());
    Type element = computeType(elementOf(value));
    bool isLater = llvm::any_of(op.getUsers(), [&](Operation *user) {
      return user->getNumResults() && passOf(user->getResult(0)) - isReduction(user) > passOf(value);
    });
    if (isDear && isLater && element.getIntOrFloatBitWidth() >= 8)
      kept[value] = kernel.scratch(element, length + lanes * 2);
  }

  SmallVector<int64_t> outer;
  for (int64_t i = 0; i < rank; ++i)
    if (!llvm::is_contained(axes, i))
      outer.push_back(i);
  SmallVector<DimExpr> grid;
  for (int64_t i : outer)
    grid.push_back(dims[i]);

  if (!isAlongRow) {
    grid.back() = dims.back().ceilDiv(lanes);
    kernel.tasks([&](Value task) {
      SmallVector<Value> at = kernel.delinearize(task, grid);
      Position row(rank);
      for (auto [dim, index] : llvm::zip(outer, at))
        row[dim] = Elements::uniform(index);
      Value from = kernel.mul(at.back(), lanes), size = kernel.size(dims.back());
      row.back() = Coord{from, 0, 1, 0, {}};
      if (dims.back().isMultipleOf(lanes))
        return emitRow(row, {});
      Value mask =
          vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()), ValueRange(kernel.sub(size, from)));
      emitRow(row, mask);
    });
    return kernel.finish({product(context, grid)});
  }

  DimExpr rows = product(context, grid);
  int64_t perRow = 1;
  for (int64_t axis : axes)
    perRow *= dims[axis].constantValue().value_or(64);
  int64_t block = std::clamp<int64_t>(elementsPerTask / std::max<int64_t>(perRow, 1), 1, 256);
  kernel.tasks([&](Value task) {
    Value first = kernel.mul(task, block);
    Value last = kernel.min(kernel.add(first, block), kernel.size(rows));
    kernel.loop(first, last, 1, [&](Value index) {
      SmallVector<Value> at = kernel.delinearize(index, grid);
      Position row(rank);
      for (auto [dim, value] : llvm::zip(outer, at))
        row[dim] = Elements::uniform(value);
      emitRow(row, {});
    });
  });
  kernel.finish({rows.ceilDiv(block)});
}

} // namespace

LogicalResult simd::scheduleRows(func::FuncOp source, const Target &target) {
  RowsSchedule(source, target).emit();
  return success();
}

} // namespace treadle
