//===- Rows.cpp - reductions, and what goes with them -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All reductions of a group are over the same axes of tensors of the same dimensions; what they reduce
// for one place in the other dimensions is a row. Softmax and normalizations are written as the
// reductions that they are made of. A row is gone over in passes:
//
//     pass p: reductions whose operands need p earlier reductions, all at once
//             results of full size that need p of them are stored
//     then results that have one element a row
//
// Where the last dimension is reduced, lanes lie along it and are combined at the end of a pass; else
// they lie along the last dimension, and a vector of rows is done at a time. Exponentials and the like
// that a later pass needs again are kept in private memory.
//
//===----------------------------------------------------------------------===//

#include "codegen/Elements.h"
#include "codegen/Schedule.h"
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

// ---- softmax and normalizations as what they are made of -------------------------------------

void decompose(SoftmaxOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  int64_t axis = op.getAxis();
  Value x = op.getInput();
  Value peak = ReduceOp::create(b, loc, ReduceKind::max, x, ArrayRef(axis));
  Value shifted = SubOp::create(b, loc, x, peak);
  Value raised = ExpOp::create(b, loc, shifted);
  Value sum = ReduceOp::create(b, loc, ReduceKind::sum, raised, ArrayRef(axis));
  Value result;
  if (op.getLog()) {
    result = SubOp::create(b, loc, shifted, LogOp::create(b, loc, sum));
  } else {
    Value one = makeScalar(b, loc, 1, elementOf(x));
    result = MulOp::create(b, loc, raised, DivOp::create(b, loc, one, sum));
  }
  op.replaceAllUsesWith(result);
  op.erase();
}

void decompose(NormalizeOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  ArrayRef<int64_t> axes = op.getAxes();
  Value centred = op.getInput();
  Type element = elementOf(centred);
  if (op.getKind() == NormKind::layer)
    centred = SubOp::create(b, loc, centred, ReduceOp::create(b, loc, ReduceKind::mean, centred, axes));
  Value square = MulOp::create(b, loc, centred, centred);
  Value variance = ReduceOp::create(b, loc, ReduceKind::mean, square, axes);
  Value shifted = AddOp::create(b, loc, variance, makeScalar(b, loc, op.getEpsilon().convertToDouble(), element));
  Value scale = DivOp::create(b, loc, makeScalar(b, loc, 1, element), SqrtOp::create(b, loc, shifted));
  Value result = MulOp::create(b, loc, centred, scale);
  op.replaceAllUsesWith(result);
  op.erase();
}

void decomposeAll(func::FuncOp source) {
  for (Operation &op : llvm::make_early_inc_range(source.getBody().front())) {
    if (auto softmax = dyn_cast<SoftmaxOp>(op))
      decompose(softmax);
    else if (auto normalize = dyn_cast<NormalizeOp>(op))
      decompose(normalize);
  }
}

bool isReduction(Operation *op) { return isa_and_nonnull<ReduceOp, ArgReduceOp>(op); }

SmallVector<int64_t> axesOf(Operation *op) {
  if (auto reduce = dyn_cast<ReduceOp>(op)) {
    SmallVector<int64_t> axes(reduce.getAxes());
    llvm::sort(axes);
    return axes;
  }
  return {static_cast<int64_t>(cast<ArgReduceOp>(op).getAxis())};
}

class RowsSchedule {
public:
  RowsSchedule(func::FuncOp source, const Target &target);
  void emit();

private:
  void findPasses();
  bool reducedAreAlike();
  void chooseLanes();

  int64_t passOf(Value value) { return passes.lookup(value); }
  bool isFull(Value value) { return dimsOf(value.getType()) == dims; }

  void emitRow(const Position &row, Value mask);
  void emitPass(int64_t pass, const Position &row, Value mask);
  void storeRowResults(const Position &row, Value mask);
  SmallVector<Value> step(int64_t pass, const Position &row, Coord inner, ArrayRef<Value> outerIndices, Value mask,
                          ArrayRef<Value> sums, int64_t chain, int64_t chains);
  Value combineLanes(Operation *reduction, ArrayRef<Value> sums);

  /// The values that a reduction carries: what it adds up, or the best element and where it was.
  SmallVector<Value> startOf(Operation *reduction);
  SmallVector<Value> combine(Operation *reduction, ArrayRef<Value> a, ArrayRef<Value> c);

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  Dims dims;
  SmallVector<int64_t> axes;
  bool lanesAlongRow = false; // else along the last dimension, which is not reduced
  bool isFlat = false;        // reduced dimensions are gone over as if they were one
  int64_t lanes = 1;
  DenseMap<Value, int64_t> passes; // how many passes a value needs to be over
  int64_t passCount = 0;
  SmallVector<SmallVector<Operation *>> reductions; // of each pass
  llvm::MapVector<Value, Value> kept;               // values kept for later passes, and where
  llvm::MapVector<Operation *, Value> bound;        // finished reductions
};

RowsSchedule::RowsSchedule(func::FuncOp source, const Target &target) : kernel(source, target), b(kernel.b) {
  for (Operation &op : kernel.body())
    if (isReduction(&op)) {
      dims = dimsOf(op.getOperand(0).getType());
      axes = axesOf(&op);
      break;
    }
  int64_t rank = dims.size();
  lanesAlongRow = axes.back() == rank - 1;
  isFlat =
      lanesAlongRow && axes.front() == rank - static_cast<int64_t>(axes.size()) && axes.size() > 1 && reducedAreAlike();
  findPasses();
  chooseLanes();
}

void RowsSchedule::findPasses() {
  for (Operation &op : kernel.body().without_terminator()) {
    int64_t pass = 0;
    for (Value operand : op.getOperands())
      pass = std::max(pass, passOf(operand));
    if (isReduction(&op)) {
      reductions.resize(std::max<size_t>(reductions.size(), pass + 1));
      reductions[pass].push_back(&op);
      ++pass;
    }
    for (Value result : op.getResults())
      passes[result] = pass;
  }
  passCount = reductions.size();
  for (Value value : kernel.results())
    if (isFull(value))
      passCount = std::max(passCount, passOf(value) + 1);
}

/// Whether every tensor that is read has all reduced dimensions or none of them, and what is computed
/// from it follows only through elementwise ops.
bool RowsSchedule::reducedAreAlike() {
  for (Operation &op : kernel.body().without_terminator()) {
    if (!isElementwise(&op) && !isReduction(&op) && !isa<ConstantOp>(op))
      return false;
    for (Value operand : op.getOperands()) {
      Dims full(dims.size() - rankOf(operand), DimExpr::constant(b.getContext(), 1));
      llvm::append_range(full, dimsOf(operand.getType()));
      bool all = true, none = true;
      for (int64_t axis : axes) {
        all &= full[axis] == dims[axis];
        none &= full[axis] == 1;
      }
      if (!all && !none)
        return false;
    }
  }
  return true;
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

// ---- reductions ------------------------------------------------------------------------------

SmallVector<Value> RowsSchedule::startOf(Operation *reduction) {
  Elements elements(kernel, lanes);
  Type element = elementOf(reduction->getOperand(0));
  if (auto reduce = dyn_cast<ReduceOp>(reduction))
    return {elements.constant(neutralOf(reduce.getKind(), element))};
  auto arg = cast<ArgReduceOp>(reduction);
  ReduceKind kind = arg.getKind() == ArgKind::max ? ReduceKind::max : ReduceKind::min;
  return {elements.constant(neutralOf(kind, element)), elements.constant(b.getI32Type(), 0)};
}

/// `a` came before `c`.
SmallVector<Value> RowsSchedule::combine(Operation *reduction, ArrayRef<Value> a, ArrayRef<Value> c) {
  bool isUnsigned = elementOf(reduction->getOperand(0)).isUnsignedInteger();
  if (auto reduce = dyn_cast<ReduceOp>(reduction))
    return {emitCombine(b, reduce.getKind(), isUnsigned, a[0], c[0])};
  auto arg = cast<ArgReduceOp>(reduction);
  bool isMax = arg.getKind() == ArgKind::max, last = arg.getSelectLast();
  // Of equals the lower or the higher index.
  auto indexOrder = last ? arith::CmpIPredicate::sgt : arith::CmpIPredicate::slt;
  Value better, equal, index = arith::CmpIOp::create(b, indexOrder, c[1], a[1]);
  if (isa<FloatType>(getElementTypeOrSelf(a[0].getType()))) {
    better = arith::CmpFOp::create(b, isMax ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT, c[0], a[0]);
    equal = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, c[0], a[0]);
    // NaN is further out than any number, and like another NaN.
    Value oldIsNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, a[0], a[0]);
    Value newIsNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, c[0], c[0]);
    Value isNumber = arith::CmpFOp::create(b, arith::CmpFPredicate::ORD, a[0], a[0]);
    better = arith::OrIOp::create(b, better, arith::AndIOp::create(b, newIsNaN, isNumber));
    equal = arith::OrIOp::create(b, equal, arith::AndIOp::create(b, newIsNaN, oldIsNaN));
  } else {
    using P = arith::CmpIPredicate;
    better = arith::CmpIOp::create(b, isUnsigned ? (isMax ? P::ugt : P::ult) : (isMax ? P::sgt : P::slt), c[0], a[0]);
    equal = arith::CmpIOp::create(b, P::eq, c[0], a[0]);
  }
  better = arith::OrIOp::create(b, better, arith::AndIOp::create(b, equal, index));
  return {arith::SelectOp::create(b, better, c[0], a[0]), arith::SelectOp::create(b, better, c[1], a[1])};
}

/// What the lanes and the chains of a finished pass come to, in every lane.
Value RowsSchedule::combineLanes(Operation *reduction, ArrayRef<Value> sums) {
  size_t width = startOf(reduction).size(), chains = sums.size() / width;
  SmallVector<Value> total(sums.take_front(width));
  for (size_t chain = 1; chain < chains; ++chain)
    total = combine(reduction, total, sums.slice(chain * width, width));
  if (lanesAlongRow)
    for (int64_t half = lanes / 2; half >= 1; half /= 2) {
      SmallVector<int64_t> swapped;
      for (int64_t i = 0; i < lanes; ++i)
        swapped.push_back(i ^ half);
      SmallVector<Value> other = llvm::map_to_vector(
          total, [&](Value value) -> Value { return vector::ShuffleOp::create(b, value, value, swapped); });
      total = combine(reduction, total, other);
    }
  Elements elements(kernel, lanes);
  if (isa<ArgReduceOp>(reduction))
    return arith::ExtSIOp::create(b, elements.vectorOf(b.getI64Type()), total[1]);
  auto reduce = cast<ReduceOp>(reduction);
  return reduce.getKind() == ReduceKind::mean ? elements.finishMean(reduce, total[0]) : total[0];
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
    if (!lanesAlongRow)
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
    SmallVector<Value> combined = combine(reduction, mine, candidate);
    for (auto [to, from] : llvm::zip(mine, combined))
      to = mask && lanesAlongRow ? Value(arith::SelectOp::create(b, mask, from, to)) : from;
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
  int64_t stride = lanesAlongRow ? lanes : 1;
  int64_t chains = length.isConstant() && *length.constantValue() < maxChains * stride ? 1 : maxChains;

  SmallVector<Value> sums;
  for (Operation *reduction : mine)
    for (int64_t chain = 0; chain < chains; ++chain)
      sums.append(startOf(reduction));
  auto coord = [&](Value base, int64_t offset) {
    return lanesAlongRow ? Coord{base, offset, 1, 0, {}} : Coord{base, offset, 0, 0, {}};
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
    if (!lanesAlongRow || length.isMultipleOf(lanes))
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
  int64_t width = lanesAlongRow ? 1 : lanes;
  Elements elements(kernel, width);
  elements.setMask(mask);
  for (auto &[reduction, value] : bound) {
    Value element = value;
    if (lanesAlongRow)
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
  DimExpr length = DimExpr::constant(context, lanesAlongRow ? 1 : lanes);
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

  if (!lanesAlongRow) {
    grid.back() = dims.back().ceilDiv(lanes);
    kernel.loop(kernel.begin(), kernel.end(), 1, [&](Value task) {
      SmallVector<Value> sizes = llvm::map_to_vector(grid, [&](DimExpr size) { return kernel.size(size); });
      SmallVector<Value> at = kernel.delinearize(task, sizes);
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
  kernel.loop(kernel.begin(), kernel.end(), 1, [&](Value task) {
    Value first = kernel.mul(task, block);
    Value last = kernel.min(kernel.add(first, block), kernel.size(rows));
    kernel.loop(first, last, 1, [&](Value index) {
      SmallVector<Value> sizes = llvm::map_to_vector(grid, [&](DimExpr size) { return kernel.size(size); });
      SmallVector<Value> at = kernel.delinearize(index, sizes);
      Position row(rank);
      for (auto [dim, value] : llvm::zip(outer, at))
        row[dim] = Elements::uniform(value);
      emitRow(row, {});
    });
  });
  kernel.finish({rows.ceilDiv(block)});
}

} // namespace

LogicalResult scheduleRows(func::FuncOp source, const Target &target) {
  decomposeAll(source);
  RowsSchedule(source, target).emit();
  return success();
}

} // namespace treadle
