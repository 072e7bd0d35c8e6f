//===- Sort.cpp - the first elements in order ---------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A line goes by a vector at a time. What may be among its first k so far is appended to a buffer; when
// that is full it is sorted, and what is behind the first k is dropped:
//
//     | k so far, in order | candidates, as they come | room for one block |
//
// From then on only what comes before the k-th is a candidate, and most vectors are done with one
// comparison. A buffer takes in at least k candidates before it is sorted, so that all of the sorting
// together is linear in the length of the line, in whatever order that is. A buffer as long as the line is
// a sort of all of it.
//
// The buffer is sorted by its keys (codegen/SortKey.h) a byte at a time from the last to the first,
// which keeps equal ones in order and does not compare (H. H. Seward, 1954); a short one by insertion.
//
//===----------------------------------------------------------------------===//

#include "codegen/Lines.h"
#include "codegen/Schedule.h"
#include "codegen/SortKey.h"
#include "codegen/simd/Vectors.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

/// A task should be about so many elements.
constexpr int64_t elementsPerTask = 4096;
/// After so many elements it is seen whether the buffer is full.
constexpr int64_t blockLength = 64;
/// Candidates for which there is room at least.
constexpr int64_t leastCandidates = 64;
/// Up to so many elements are sorted by insertion.
constexpr int64_t fewElements = 24;
constexpr int64_t digits = 256; // a byte has

class SortSchedule : Lines {
public:
  SortSchedule(func::FuncOp source, TopKOp op, const Target &target)
      : Lines(op.getInput(), op.getAxis()), op(op), key(elementOf(op.getInput()), op.getLargest()),
        kernel(source, target), b(kernel.b), lanes(target.lanes(key.type)) {}
  void emit();

private:
  /// What is carried from block to block.
  struct Buffer {
    Value count;  // elements in it
    Value start;  // where it begins: in one or the other half of the memory
    Value isOpen; // everything is a candidate
    Value limit;  // else: what has a key below
    SmallVector<Value> values() const { return {count, start, isOpen, limit}; }
    static Buffer of(ValueRange values) { return {values[0], values[1], values[2], values[3]}; }
  };

  void emitLine(Position line);
  Value appendAll(Position line, Value from, Value to, const Buffer &buffer);
  Value appendCandidates(Position line, Value from, Value to, const Buffer &buffer);
  Buffer sort(const Buffer &buffer);
  Value sortByInsertion(const Buffer &buffer);
  Value sortByDigits(const Buffer &buffer);
  Value sortByDigit(Value shift, Value count, Value from);
  void storeResults(Position line, Value start);

  Value keysAt(Position &line, Value i, Value mask) {
    Elements elements(kernel, lanes);
    elements.setMask(mask);
    line[axis] = Coord{i, 0, 1, 0, {}};
    return key.of(b, elements.at(op.getInput(), line));
  }
  Value indicesAt(Value i) {
    Elements elements(kernel, lanes);
    return elements.vector(Coord{i, 0, 1, 0, {}});
  }
  /// One of two branches, each of which gives values of the same types.
  SmallVector<Value> either(Value condition, TypeRange types, llvm::function_ref<SmallVector<Value>()> then,
                            llvm::function_ref<SmallVector<Value>()> otherwise);
  Value load(Value memory, Value at) { return memref::LoadOp::create(b, memory, at); }
  void store(Value value, Value memory, Value at) { memref::StoreOp::create(b, value, memory, at); }
  Value constant(Type type, int64_t value) { return arith::ConstantOp::create(b, b.getIntegerAttr(type, value)); }
  Value compare(arith::CmpIPredicate predicate, Value a, Value c) { return arith::CmpIOp::create(b, predicate, a, c); }

  TopKOp op;
  SortKey key;
  Kernel kernel;
  ImplicitLocOpBuilder &b;
  int64_t lanes;
  DimExpr taken, half;         // k; elements of one half of the memory
  Value keys, indices, counts; // private memory
};

SmallVector<Value> SortSchedule::either(Value condition, TypeRange types, llvm::function_ref<SmallVector<Value>()> then,
                                        llvm::function_ref<SmallVector<Value>()> otherwise) {
  auto branch = scf::IfOp::create(b, types, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(b, then());
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, otherwise());
  return SmallVector<Value>(branch.getResults());
}

// ---- the buffer ------------------------------------------------------------------------------

Value SortSchedule::appendAll(Position line, Value from, Value to, const Buffer &buffer) {
  Value end = kernel.add(buffer.start, buffer.count);
  overVectors(kernel, lanes, from, to, [&](Value i, Value mask) {
    // Lanes beyond the line's end are stored too, and are not counted.
    Value at = kernel.add(end, kernel.sub(i, from));
    vector::StoreOp::create(b, keysAt(line, i, mask), keys, at);
    vector::StoreOp::create(b, indicesAt(i), indices, at);
  });
  return kernel.add(buffer.count, kernel.sub(to, from));
}

Value SortSchedule::appendCandidates(Position line, Value from, Value to, const Buffer &buffer) {
  Value limit = vector::BroadcastOp::create(b, VectorType::get({lanes}, key.type), buffer.limit);
  return overVectors(kernel, lanes, from, to, buffer.count, [&](Value i, Value mask, Value count) -> Value {
    Value found = keysAt(line, i, mask), isBefore = compare(arith::CmpIPredicate::ult, found, limit);
    if (mask)
      isBefore = arith::AndIOp::create(b, isBefore, mask);
    Value any = vector::ReductionOp::create(b, vector::CombiningKind::OR, isBefore);
    auto append = [&]() -> SmallVector<Value> {
      Value next = count, indices = indicesAt(i);
      for (int64_t lane = 0; lane < lanes; ++lane) {
        auto laneOf = [&](Value vector) -> Value { return vector::ExtractOp::create(b, vector, ArrayRef(lane)); };
        Value at = kernel.add(buffer.start, next);
        store(laneOf(found), keys, at);
        store(laneOf(indices), this->indices, at);
        Value one = arith::ExtUIOp::create(b, b.getI64Type(), laneOf(isBefore));
        next = kernel.add(next, arith::IndexCastOp::create(b, b.getIndexType(), one));
      }
      return {next};
    };
    return either(any, b.getIndexType(), append, [&]() -> SmallVector<Value> { return {count}; })[0];
  });
}

SortSchedule::Buffer SortSchedule::sort(const Buffer &buffer) {
  Value isShort = compare(arith::CmpIPredicate::ule, buffer.count, kernel.index(fewElements));
  Value start = either(
      isShort, b.getIndexType(), [&]() -> SmallVector<Value> { return {sortByInsertion(buffer)}; },
      [&]() -> SmallVector<Value> { return {sortByDigits(buffer)}; })[0];
  Value size = kernel.size(taken), count = kernel.min(buffer.count, size);
  // Those that come later and are equal to the last do not come before it.
  Value isOpen = kernel.less(count, size);
  Value last = kernel.max(kernel.sub(count, kernel.index(1)), kernel.index(0));
  return {count, start, isOpen, load(keys, kernel.add(start, last))};
}

Value SortSchedule::sortByInsertion(const Buffer &buffer) {
  kernel.loop(kernel.index(1), buffer.count, 1, [&](Value i) {
    Value at = kernel.add(buffer.start, i), mine = load(keys, at), index = load(indices, at);
    auto loop = scf::WhileOp::create(b, TypeRange(b.getIndexType()), ValueRange(at));
    {
      OpBuilder::InsertionGuard guard(b);
      Value to = b.createBlock(&loop.getBefore(), {}, b.getIndexType(), b.getLoc())->getArgument(0);
      Value isFirst = compare(arith::CmpIPredicate::ule, to, buffer.start);
      Value before = kernel.max(kernel.sub(to, kernel.index(1)), kernel.index(0));
      Value isGreater = compare(arith::CmpIPredicate::ugt, load(keys, before), mine);
      Value falsehood = arith::ConstantOp::create(b, b.getBoolAttr(false));
      scf::ConditionOp::create(b, arith::SelectOp::create(b, isFirst, falsehood, isGreater), ValueRange(to));
      to = b.createBlock(&loop.getAfter(), {}, b.getIndexType(), b.getLoc())->getArgument(0);
      before = kernel.sub(to, kernel.index(1));
      store(load(keys, before), keys, to);
      store(load(indices, before), indices, to);
      scf::YieldOp::create(b, ValueRange(before));
    }
    store(mine, keys, loop.getResult(0));
    store(index, indices, loop.getResult(0));
  });
  return buffer.start;
}

/// By one byte of the keys, into the other half of the memory. Returns where the buffer is then.
Value SortSchedule::sortByDigit(Value shift, Value count, Value from) {
  auto digitAt = [&](Value at) -> Value {
    Value digit = arith::ShRUIOp::create(b, load(keys, at), shift);
    digit = arith::AndIOp::create(b, digit, constant(key.type, digits - 1));
    return arith::IndexCastUIOp::create(b, b.getIndexType(), digit);
  };
  auto word = [&](Value index) -> Value { return arith::IndexCastOp::create(b, b.getI32Type(), index); };
  Value zero = constant(b.getI32Type(), 0), one = constant(b.getI32Type(), 1), end = kernel.add(from, count);
  int64_t width = kernel.target.lanes(b.getI32Type());
  Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(VectorType::get({width}, b.getI32Type())));
  kernel.loop(kernel.index(0), kernel.index(digits), width,
              [&](Value i) { vector::StoreOp::create(b, zeros, counts, i); });
  kernel.loop(from, end, 1, [&](Value at) {
    Value digit = digitAt(at);
    store(arith::AddIOp::create(b, load(counts, digit), one), counts, digit);
  });
  // Where all have the same byte there is nothing to do.
  Value isSame = compare(arith::CmpIPredicate::eq, load(counts, digitAt(from)), word(count));
  auto distribute = [&]() -> SmallVector<Value> {
    Value to = kernel.sub(kernel.size(half), from);
    kernel.loop(kernel.index(0), kernel.index(digits), 1, zero, [&](Value i, ValueRange sum) -> SmallVector<Value> {
      Value here = load(counts, i);
      store(sum[0], counts, i);
      return {arith::AddIOp::create(b, sum[0], here)};
    });
    kernel.loop(from, end, 1, [&](Value at) {
      Value digit = digitAt(at), place = load(counts, digit);
      store(arith::AddIOp::create(b, place, one), counts, digit);
      Value target = kernel.add(to, arith::IndexCastOp::create(b, b.getIndexType(), place));
      store(load(keys, at), keys, target);
      store(load(indices, at), indices, target);
    });
    return {to};
  };
  return either(isSame, b.getIndexType(), [&]() -> SmallVector<Value> { return {from}; }, distribute)[0];
}

Value SortSchedule::sortByDigits(const Buffer &buffer) {
  Value bits = kernel.index(key.significantBits);
  return kernel.loop(kernel.index(0), bits, 8, buffer.start, [&](Value shift, ValueRange start) -> SmallVector<Value> {
    return {sortByDigit(arith::IndexCastOp::create(b, key.type, shift), buffer.count, start[0])};
  })[0];
}

// ---- lines -----------------------------------------------------------------------------------

void SortSchedule::storeResults(Position line, Value start) {
  overVectors(kernel, lanes, kernel.index(0), kernel.size(taken), [&](Value i, Value mask) {
    Elements elements(kernel, lanes);
    elements.setMask(mask);
    Value found = vector::LoadOp::create(b, elements.vectorOf(b.getI32Type()), indices, kernel.add(start, i));
    elements.bind(op.getValues(), [&](const Position &position) {
      Position from = position;
      from[axis] = Coord{{}, 0, 0, 0, found};
      return elements.at(op.getInput(), from);
    });
    elements.bind(op.getIndices(), [&](const Position &) -> Value {
      return arith::ExtSIOp::create(b, elements.vectorOf(b.getI64Type()), found);
    });
    line[axis] = Coord{i, 0, 1, 0, {}};
    elements.storeResults(line);
  });
}

void SortSchedule::emitLine(Position line) {
  Value size = kernel.size(length), zero = kernel.index(0);
  DimExpr room = taken + DimExpr::max(taken, DimExpr::constant(b.getContext(), leastCandidates));
  Buffer empty = {zero, zero, arith::ConstantOp::create(b, b.getBoolAttr(true)), constant(key.type, 0)};
  auto last = kernel.loop(zero, size, blockLength, empty.values(), [&](Value from, ValueRange carried) {
    Buffer buffer = Buffer::of(carried);
    Value next = kernel.add(from, blockLength), to = kernel.min(next, size);
    buffer.count = either(
        buffer.isOpen, b.getIndexType(), [&]() -> SmallVector<Value> { return {appendAll(line, from, to, buffer)}; },
        [&]() -> SmallVector<Value> { return {appendCandidates(line, from, to, buffer)}; })[0];
    Value isLast = compare(arith::CmpIPredicate::sge, next, size);
    Value isFull = compare(arith::CmpIPredicate::sgt, buffer.count, kernel.size(room));
    return either(
        arith::OrIOp::create(b, isLast, isFull), ValueRange(buffer.values()).getTypes(),
        [&] { return sort(buffer).values(); }, [&] { return buffer.values(); });
  });
  storeResults(line, Buffer::of(last).start);
}

void SortSchedule::emit() {
  taken = dimOf(op.getValues().getType(), axis);
  DimExpr room = taken + DimExpr::max(taken, DimExpr::constant(b.getContext(), leastCandidates)) + blockLength;
  half = DimExpr::min(room, length) + lanes;
  keys = kernel.scratch(key.type, half * 2);
  indices = kernel.scratch(b.getI32Type(), half * 2);
  counts = kernel.scratch(b.getI32Type(), DimExpr::constant(b.getContext(), digits));
  int64_t block = linesOf(elementsPerTask);
  kernel.tasks([&](Value task) {
    Value first = kernel.mul(task, block);
    Value last = kernel.min(kernel.add(first, block), kernel.size(count()));
    kernel.loop(first, last, 1, [&](Value number) { emitLine(line(kernel, number)); });
  });
  kernel.finish({count().ceilDiv(block)});
}

} // namespace

LogicalResult simd::scheduleSort(func::FuncOp source, const Target &target) {
  SortSchedule(source, *source.getBody().front().getOps<TopKOp>().begin(), target).emit();
  return success();
}

} // namespace treadle
