//===- Rows.cpp - reductions, by a thread or by a workgroup -----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A row is gone over in passes (RowPasses.h). A workgroup shares a long row, each thread taking every
// `threads`-th element, and puts what the threads found together in shared memory after each pass. Short
// rows, and those that are not along the last dimension, are a thread's: its neighbours then read what lies
// beside.
//
//===----------------------------------------------------------------------===//

#include "codegen/RowPasses.h"
#include "codegen/Schedule.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

/// Up to which length a row is one thread's.
constexpr int64_t shortRow = 32;
/// And up to which it is a single subgroup's, where its threads exchange values much faster than a workgroup's.
constexpr int64_t maxSubgroupRow = 8192;

class RowsSchedule : RowPasses {
public:
  RowsSchedule(func::FuncOp source, const Target &target);
  void emit();

private:
  void emitRow(const Position &row);
  void emitPass(int64_t pass, const Position &row);
  void storeRowResults(const Position &row);
  /// What one thread carries, as all of the workgroup's together.
  SmallVector<Value> combineThreads(Operation *reduction, ArrayRef<Value> carried);
  void bindFinished(Elements &elements) {
    for (auto &[reduction, value] : finished)
      elements.bind(reduction->getResult(0), [value = value](const Position &) { return value; });
  }

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  DimExpr length;
  bool isShared = false; // a workgroup shares a row
  llvm::MapVector<Operation *, Value> finished;
};

/// A value of each thread in shared memory.
class SharedValue {
public:
  SharedValue(Kernel &kernel, Type type, int64_t count) : b(kernel.b), type(type) {
    Type element = getElementTypeOrSelf(type);
    memory = kernel.shared(element.isInteger(1) ? b.getI8Type() : element, count);
  }
  void store(Value value, Value at) const {
    Value bits = type == stored() ? value : Value(arith::ExtUIOp::create(b, stored(), value));
    vector::StoreOp::create(b, bits, memory, at);
  }
  Value load(Value at) const {
    Value bits = vector::LoadOp::create(b, stored(), memory, at);
    return type == stored() ? bits : Value(arith::TruncIOp::create(b, type, bits));
  }

private:
  VectorType stored() const { return VectorType::get({1}, cast<MemRefType>(memory.getType()).getElementType()); }

  ImplicitLocOpBuilder &b;
  Type type;
  Value memory;
};

RowsSchedule::RowsSchedule(func::FuncOp source, const Target &target)
    : RowPasses(source), kernel(source, target), b(kernel.b) {
  length = DimExpr::constant(b.getContext(), 1);
  for (int64_t axis : axes)
    length = length * dims[axis];
  std::optional<int64_t> known = length.constantValue();
  isShared = known ? *known > shortRow : true;
  if (!isAlongRow) { // a workgroup to a row only where there are few rows
    DimExpr rows = DimExpr::constant(b.getContext(), 1);
    for (auto [i, dim] : llvm::enumerate(dims))
      if (!llvm::is_contained(axes, int64_t(i)))
        rows = rows * dim;
    isShared = isShared && rows.constantValue().value_or(INT64_MAX) < target.workgroupThreads;
  }
  if (isShared && known) {
    bool isSubgroups = target.spreads() && *known <= maxSubgroupRow;
    int64_t most = isSubgroups ? target.subgroupThreads : target.workgroupThreads;
    kernel.setThreads(std::clamp<int64_t>(llvm::PowerOf2Ceil(*known), target.subgroupThreads, most));
  }
}

/// What all threads of the workgroup carry, combined: within subgroups by exchanging values, where the device can,
/// and between them through shared memory.
SmallVector<Value> RowsSchedule::combineThreads(Operation *reduction, ArrayRef<Value> carried) {
  int64_t subgroup = kernel.target.subgroupThreads;
  bool exchanges =
      (kernel.target.fixedSubgroups || kernel.target.spreads()) && kernel.threads() % subgroup == 0 &&
      llvm::all_of(carried, [](Value v) { return getElementTypeOrSelf(v.getType()).getIntOrFloatBitWidth() == 32; });
  SmallVector<Value> own(carried);
  if (exchanges)
    for (int64_t mask = subgroup / 2; mask >= 1; mask /= 2) {
      auto others = llvm::map_to_vector(own, [&](Value value) { return kernel.exchange(value, mask); });
      own = combine(b, reduction, own, others);
    }
  int64_t parts = exchanges ? kernel.threads() / subgroup : kernel.threads();
  if (parts == 1)
    return own;
  SmallVector<SharedValue> memories;
  for (Value value : own)
    memories.push_back(SharedValue(kernel, value.getType(), parts));
  auto store = [&](ArrayRef<Value> values, Value at) {
    for (auto [value, memory] : llvm::zip(values, memories))
      memory.store(value, at);
  };
  auto load = [&](Value at) {
    return llvm::map_to_vector(memories, [&](const SharedValue &memory) { return memory.load(at); });
  };
  Value thread = kernel.thread();
  SmallVector<Value> all;
  if (exchanges) { // few parts: each thread combines all of them
    Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, kernel.rem(thread, subgroup), kernel.index(0));
    kernel.when(isFirst, [&] { store(own, kernel.div(thread, subgroup)); });
    kernel.barrier();
    all = load(kernel.index(0));
    for (int64_t part = 1; part < parts; ++part)
      all = combine(b, reduction, all, load(kernel.index(part)));
  } else { // in halves: thread t takes in what thread t + half carries
    store(own, thread);
    kernel.barrier();
    for (int64_t half = parts / 2; half >= 1; half /= 2) {
      kernel.when(kernel.less(thread, kernel.index(half)),
                  [&] { store(combine(b, reduction, load(thread), load(kernel.add(thread, half))), thread); });
      kernel.barrier();
    }
    all = load(kernel.index(0));
  }
  kernel.barrier(); // before the memory is used again
  return all;
}

void RowsSchedule::emitPass(int64_t pass, const Position &row) {
  SmallVector<Operation *> mine;
  if (pass < static_cast<int64_t>(reductions.size()))
    mine = reductions[pass];
  SmallVector<Value> start;
  for (Operation *reduction : mine) {
    Elements elements(kernel, 1);
    start.append(startOf(elements, reduction));
  }
  Dims sizes = llvm::map_to_vector<4>(axes, [&](int64_t axis) { return dims[axis]; });
  Value from = isShared ? kernel.thread() : kernel.index(0);
  auto carried =
      kernel.loop(from, kernel.size(length), isShared ? kernel.threads() : 1, start, [&](Value i, ValueRange before) {
        Position position = row;
        if (isFlat)
          position.back() = Elements::uniform(i);
        else
          for (auto [axis, index] : llvm::zip(axes, kernel.delinearize(i, sizes)))
            position[axis] = Elements::uniform(index);
        Elements elements(kernel, 1);
        bindFinished(elements);
        SmallVector<Value> next;
        for (Operation *reduction : mine) {
          SmallVector<Value> candidate = {elements.at(reduction->getOperand(0), position)};
          size_t width = isa<ArgReduceOp>(reduction) ? 2 : 1;
          if (width == 2)
            candidate.push_back(elements.vector(Elements::uniform(i)));
          SmallVector<Value> old(before.slice(next.size(), width));
          next.append(combine(b, reduction, old, candidate));
        }
        elements.storeResults(position, [&](Value value) { return isFull(value) && passOf(value) == pass; });
        return next;
      });
  size_t at = 0;
  SmallVector<std::pair<Operation *, Value>> results;
  for (Operation *reduction : mine) {
    size_t width = isa<ArgReduceOp>(reduction) ? 2 : 1;
    SmallVector<Value> total(ArrayRef(carried).slice(at, width));
    if (isShared)
      total = combineThreads(reduction, total);
    Elements elements(kernel, 1);
    results.push_back({reduction, RowPasses::finish(elements, reduction, total)});
    at += width;
  }
  for (auto &[reduction, value] : results)
    finished[reduction] = value;
}

/// Results that have one element a row.
void RowsSchedule::storeRowResults(const Position &row) {
  Elements elements(kernel, 1);
  bindFinished(elements);
  elements.storeResults(row, [&](Value value) { return !isFull(value); });
}

void RowsSchedule::emitRow(const Position &row) {
  finished.clear();
  for (int64_t pass = 0; pass < passCount; ++pass)
    emitPass(pass, row);
  if (!llvm::any_of(kernel.results(), [&](Value value) { return !isFull(value); }))
    return;
  Value isFirst;
  if (isShared)
    isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, kernel.thread(), kernel.index(0));
  kernel.when(isFirst, [&] { storeRowResults(row); });
}

void RowsSchedule::emit() {
  MLIRContext *context = b.getContext();
  SmallVector<int64_t> outer;
  SmallVector<DimExpr> grid;
  for (int64_t i = 0; i < static_cast<int64_t>(dims.size()); ++i)
    if (!llvm::is_contained(axes, i)) {
      outer.push_back(i);
      grid.push_back(dims[i]);
    }
  auto emitAt = [&](Value number) {
    Position row(dims.size(), Elements::uniform(kernel.index(0)));
    for (auto [dim, index] : llvm::zip(outer, kernel.delinearize(number, grid)))
      row[dim] = Elements::uniform(index);
    emitRow(row);
  };
  DimExpr rows = product(context, grid);
  if (isShared) {
    kernel.tasks(emitAt);
    return kernel.finish({rows});
  }
  kernel.tasks([&](Value task) {
    Value number = kernel.add(kernel.mul(task, kernel.threads()), kernel.thread());
    kernel.when(kernel.less(number, kernel.size(rows)), [&] { emitAt(number); });
  });
  kernel.finish({rows.ceilDiv(kernel.threads())});
}

} // namespace

LogicalResult simt::scheduleRows(func::FuncOp source, const Target &target) {
  RowsSchedule(source, target).emit();
  return success();
}

} // namespace treadle
