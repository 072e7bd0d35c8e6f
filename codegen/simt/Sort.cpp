//===- Sort.cpp - the first elements in order, by workgroups ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A workgroup sorts a line, or a block of it, in shared memory by a bitonic network (K. E. Batcher, 1968):
// what it compares does not depend on the elements, so that all threads have the same work. What is compared
// are keys (codegen/SortKey.h), and indices where those are equal, so that there is one order only.
//
// A line longer than a block is merged by counting: of an element in a sorted block it is found by bisection
// how many come before it in each other block, and so where it belongs. No thread waits for another. What is
// not among the first k of its own block is not among those of the line.
//
//===----------------------------------------------------------------------===//

#include "codegen/Cost.h"
#include "codegen/Lines.h"
#include "codegen/Schedule.h"
#include "codegen/SortKey.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

/// What all of them have.
class SortSchedule : protected Lines {
public:
  SortSchedule(func::FuncOp source, Value input, int64_t axis, bool largest, const Target &target)
      : Lines(input, axis), input(input), key(elementOf(input), largest), kernel(source, target), b(kernel.b) {}

protected:
  struct Ranked {
    Value key, index; // i32
  };
  /// Whether `a` comes before `c`.
  Value isBefore(Ranked a, Ranked c);
  Value keyAt(Position line, Value i, Value inside = {});
  /// The results' elements at place `to` of the line: the element that was at `index`.
  void store(Position line, Value to, Value index, Value values, Value indices);

  Value compare(arith::CmpIPredicate predicate, Value a, Value c) { return arith::CmpIOp::create(b, predicate, a, c); }
  Value word(Value index) { return arith::IndexCastOp::create(b, b.getI32Type(), index); }
  Value index(Value word) { return arith::IndexCastOp::create(b, b.getIndexType(), word); }

  Value input;
  SortKey key;
  Kernel kernel;
  ImplicitLocOpBuilder &b;
};

Value SortSchedule::isBefore(Ranked a, Ranked c) {
  Value less = compare(arith::CmpIPredicate::ult, a.key, c.key),
        equal = compare(arith::CmpIPredicate::eq, a.key, c.key);
  Value first = compare(arith::CmpIPredicate::slt, a.index, c.index);
  return arith::OrIOp::create(b, less, arith::AndIOp::create(b, equal, first));
}

Value SortSchedule::keyAt(Position line, Value i, Value inside) {
  line[axis] = Elements::uniform(i);
  Elements elements(kernel, 1);
  if (inside)
    elements.setMask(elements.splat(inside));
  Value element = vector::ExtractOp::create(b, elements.at(input, line), ArrayRef<int64_t>{0});
  return key.of(b, element);
}

void SortSchedule::store(Position line, Value to, Value index, Value values, Value indices) {
  Elements elements(kernel, 1);
  line[axis] = Elements::uniform(to);
  elements.bind(values, [&](const Position &position) {
    Position from = position;
    from[axis] = Elements::uniform(this->index(index));
    return elements.at(input, from);
  });
  elements.bind(indices,
                [&](const Position &) { return elements.splat(arith::ExtSIOp::create(b, b.getI64Type(), index)); });
  elements.storeResults(line);
}

// ---- blocks ----------------------------------------------------------------------------------

class BlockSchedule : SortSchedule {
public:
  BlockSchedule(func::FuncOp source, Value input, int64_t axis, bool largest, int64_t block, const Target &target)
      : SortSchedule(source, input, axis, largest, target), block(block) {
    kernel.setThreads(std::clamp<int64_t>(block / 2, target.subgroupThreads, target.workgroupThreads));
    keys = kernel.shared(key.type, block);
    indices = kernel.shared(b.getI32Type(), block);
  }
  /// A line that is no longer than a block.
  void emit(TopKOp op);
  void emit(SortBlocksOp op);

private:
  void sort(Position line, Value first);
  void compareAll(Value size, Value distance);
  Ranked load(Value at) { return {memref::LoadOp::create(b, keys, at), memref::LoadOp::create(b, indices, at)}; }
  void store(Ranked element, Value at) {
    memref::StoreOp::create(b, element.key, keys, at);
    memref::StoreOp::create(b, element.index, indices, at);
  }

  int64_t block;
  Value keys, indices; // shared memory
};

/// One step of the network: the elements at i and i + distance of each run of twice that many are put in
/// order, ascending in every other run of `size`.
void BlockSchedule::compareAll(Value size, Value distance) {
  Value below = kernel.sub(distance, kernel.index(1));
  kernel.loop(kernel.thread(), kernel.index(block / 2), kernel.threads(), [&](Value pair) {
    Value low = arith::AndIOp::create(b, pair, below);
    Value i = kernel.add(kernel.mul(kernel.sub(pair, low), 2), low), j = kernel.add(i, distance);
    Ranked a = load(i), c = load(j);
    Value isAscending = compare(arith::CmpIPredicate::eq, arith::AndIOp::create(b, i, size), kernel.index(0));
    Value swaps = compare(arith::CmpIPredicate::eq, isBefore(c, a), isAscending);
    kernel.when(swaps, [&] {
      store(c, i);
      store(a, j);
    });
  });
  kernel.barrier();
}

/// The line's elements from `first` on, as many as a block has, in shared memory. Behind the line's end there
/// are such as come after all others.
void BlockSchedule::sort(Position line, Value first) {
  Value last = arith::ConstantOp::create(b, IntegerAttr::get(key.type, -1));
  kernel.loop(kernel.thread(), kernel.index(block), kernel.threads(), [&](Value i) {
    Value at = kernel.add(first, i);
    Value isThere = kernel.less(at, kernel.size(length));
    store({arith::SelectOp::create(b, isThere, keyAt(line, at, isThere), last), word(at)}, i);
  });
  kernel.barrier();
  kernel.loop(kernel.index(1), kernel.index(llvm::Log2_64(block) + 1), 1, [&](Value level) {
    Value size = arith::ShLIOp::create(b, kernel.index(1), level);
    kernel.loop(kernel.index(0), level, 1, [&](Value step) {
      Value shift = kernel.add(step, 1);
      compareAll(size, arith::ShRUIOp::create(b, size, shift));
    });
  });
}

void BlockSchedule::emit(TopKOp op) {
  DimExpr taken = dimOf(op.getValues().getType(), axis);
  kernel.tasks([&](Value number) {
    Position line = this->line(kernel, number);
    sort(line, kernel.index(0));
    kernel.loop(kernel.thread(), kernel.size(taken), kernel.threads(),
                [&](Value i) { SortSchedule::store(line, i, load(i).index, op.getValues(), op.getIndices()); });
    kernel.barrier(); // before the memory is used again
  });
  kernel.finish({count()});
}

void BlockSchedule::emit(SortBlocksOp op) {
  DimExpr blocks = length.ceilDiv(block);
  kernel.tasks([&](Value task) {
    Position line = this->line(kernel, kernel.div(task, kernel.size(blocks)));
    Value first = kernel.mul(kernel.rem(task, kernel.size(blocks)), block);
    sort(line, first);
    kernel.loop(kernel.thread(), kernel.index(block), kernel.threads(), [&](Value i) {
      Value at = kernel.add(first, i);
      kernel.when(kernel.less(at, kernel.size(length)), [&] {
        line[axis] = Elements::uniform(at);
        Elements elements(kernel, 1);
        elements.bind(op.getResult(), [&](const Position &) { return elements.splat(load(i).index); });
        elements.storeResults(line);
      });
    });
    kernel.barrier(); // before the memory is used again
  });
  kernel.finish({count() * blocks});
}

// ---- merging ---------------------------------------------------------------------------------

class MergeSchedule : SortSchedule {
public:
  MergeSchedule(func::FuncOp source, MergeBlocksOp op, const Target &target)
      : SortSchedule(source, op.getInput(), op.getAxis(), op.getLargest(), target), op(op), block(op.getBlock()) {}
  void emit();

private:
  /// The element of the line that block order has at `at`.
  Ranked elementAt(Position line, Value at);
  Value countBefore(Position line, Ranked element, Value first);

  MergeBlocksOp op;
  int64_t block;
};

SortSchedule::Ranked MergeSchedule::elementAt(Position line, Value at) {
  line[axis] = Elements::uniform(at);
  Elements elements(kernel, 1);
  Value index = vector::ExtractOp::create(b, elements.at(op.getOrder(), line), ArrayRef<int64_t>{0});
  return {keyAt(line, this->index(index)), index};
}

/// How many elements of the block that begins at `first` come before `element`: by bisection from its whole
/// length down.
Value MergeSchedule::countBefore(Position line, Ranked element, Value first) {
  Value size = kernel.min(kernel.sub(kernel.size(length), first), kernel.index(block));
  Value steps = kernel.index(llvm::Log2_64(block) + 1);
  return kernel.loop(
      kernel.index(0), steps, 1, kernel.index(0), [&](Value step, ValueRange before) -> SmallVector<Value> {
        Value next = kernel.add(before[0], arith::ShRUIOp::create(b, kernel.index(block), step));
        Value isThere = compare(arith::CmpIPredicate::sle, next, size);
        Value last = kernel.sub(kernel.min(next, size), kernel.index(1));
        Value precedes = isBefore(elementAt(line, kernel.add(first, last)), element);
        return {arith::SelectOp::create(b, arith::AndIOp::create(b, isThere, precedes), next, before[0])};
      })[0];
}

void MergeSchedule::emit() {
  Value taken = kernel.size(dimOf(op.getValues().getType(), axis));
  DimExpr elements = count() * length;
  kernel.tasks([&](Value task) {
    Value number = kernel.add(kernel.mul(task, kernel.threads()), kernel.thread());
    kernel.when(kernel.less(number, kernel.size(elements)), [&] {
      // Neighbours are in the same block.
      Value at = kernel.rem(number, kernel.size(length));
      Position line = this->line(kernel, kernel.div(number, kernel.size(length)));
      kernel.when(kernel.less(kernel.rem(at, block), taken), [&] {
        Ranked element = elementAt(line, at);
        Value place = kernel.loop(kernel.index(0), kernel.size(length), block, kernel.index(0),
                                  [&](Value first, ValueRange before) -> SmallVector<Value> {
                                    return {kernel.add(before[0], countBefore(line, element, first))};
                                  })[0];
        kernel.when(kernel.less(place, taken),
                    [&] { store(line, place, element.index, op.getValues(), op.getIndices()); });
      });
    });
  });
  kernel.finish({elements.ceilDiv(kernel.threads())});
}

} // namespace

LogicalResult simt::scheduleSort(func::FuncOp source, const Target &target) {
  for (Operation &operation : source.getBody().front()) {
    if (auto op = dyn_cast<TopKOp>(operation)) {
      int64_t length = dimOf(op.getInput().getType(), op.getAxis()).constantValue().value_or(INT64_MAX);
      int64_t block = sortBlock(elementOf(op.getInput()), target);
      if (length > block)
        return op.emitError() << "sorts more than a workgroup's " << block << " elements";
      block = llvm::PowerOf2Ceil(std::max<int64_t>(length, 2));
      BlockSchedule(source, op.getInput(), op.getAxis(), op.getLargest(), block, target).emit(op);
      return success();
    }
    if (auto op = dyn_cast<SortBlocksOp>(operation)) {
      BlockSchedule(source, op.getInput(), op.getAxis(), op.getLargest(), op.getBlock(), target).emit(op);
      return success();
    }
    if (auto op = dyn_cast<MergeBlocksOp>(operation)) {
      MergeSchedule(source, op, target).emit();
      return success();
    }
  }
  return source.emitError() << "has nothing to sort";
}

} // namespace treadle
