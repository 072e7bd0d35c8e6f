//===- Attention.cpp - softmax(scale * Q K^T + bias) V on workgroups --------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// With an online softmax (Milakov and Gimelshein, 2018), split over queries as well as heads as in
// FlashAttention-2 (Dao, 2023):
//
//     task: one place of the leading dimensions, a block of queries, a block of V's columns
//       for each block of keys, one key a thread or a few
//         P[query][key] = scale * Q K^T + bias                  each thread the block's queries for its keys
//         m' = max(m, the greatest of P); c = exp(m - m')       each query's by a few threads
//         P = exp(P - m'); l = c * l + the sum of P
//         O = c * O + P V                                       each thread the block's queries for its columns
//       result = O / l
//
// P, m, l and c are in shared memory, O in registers. All threads read the same elements of Q and P at the
// same time, and neighbouring elements of V. Where a load takes much longer than handing a value round, each of a
// subgroup's threads loads one query's, for all of them, and threads have several keys and columns to use it for.
//
//===----------------------------------------------------------------------===//

#include "codegen/AttentionShape.h"
#include "codegen/Schedule.h"
#include "codegen/simt/MatrixAttention.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"
#include <limits>
#include <numeric>

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

constexpr int64_t maxQueryBlock = 16, maxColumns = 4, maxKeys = 4;
// Of the depth, in a turn of the loop where operands are spread.
constexpr int64_t depthSteps = 4;
// What sizes that are known only at run time are taken to be.
constexpr int64_t usualSize = 256;

class AttentionSchedule : AttentionShape {
public:
  AttentionSchedule(func::FuncOp source, const Target &target, AttentionOp op);
  void emit();

private:
  void emitTask();
  SmallVector<Value> ofQueries(llvm::function_ref<Value(Value)> load);
  void scoreKeys(Value firstKey);
  void weighKeys();
  SmallVector<Value> addValues(Value firstKey, ValueRange sums);
  void storeResult(ValueRange sums);

  /// Element (row, column) of an operand at the current place of the leading dimensions.
  Position positionIn(Value operand, Value row, Value column) {
    return AttentionShape::positionIn(kernel, outer, operand, Elements::uniform(row), Elements::uniform(column));
  }
  /// Of this thread.
  Value keyInBlock(int64_t j) { return kernel.add(kernel.thread(), j * kernel.threads()); }
  Value column(int64_t j) {
    Value first = kernel.add(firstColumn, kernel.mul(kernel.thread(), neighbours));
    return kernel.add(first, j / neighbours * neighbours * kernel.threads() + j % neighbours);
  }
  Value query(int64_t i) { return query(kernel.index(i)); }
  Value query(Value i) { return kernel.add(firstQuery, i); }
  /// The last one's number stands for those past it.
  Value within(Value index, DimExpr size) { return kernel.min(index, last(size)); }
  Value last(DimExpr size) { return kernel.sub(kernel.size(size), kernel.index(1)); }

  VectorType vectorType() { return VectorType::get({1}, sumType); }
  Value constant(double value) {
    return arith::ConstantOp::create(b, DenseElementsAttr::get(vectorType(), b.getFloatAttr(sumType, value)));
  }
  Value load(Value memory, Value at) { return vector::LoadOp::create(b, vectorType(), memory, at); }
  void store(Value value, Value memory, Value at) { vector::StoreOp::create(b, value, memory, at); }
  Value max(Value x, Value y) {
    return arith::SelectOp::create(b, arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, y, x), y, x);
  }
  /// Weights below 2^-126 are 0.
  Value exp(Value x) { return math::ExpOp::create(b, x, arith::FastMathFlags::afn); }

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  int64_t queryBlock = 1, keyBlock = 1;
  int64_t threadKeys = 1, columns = 1; // of one thread
  int64_t neighbours = 1;              // columns of a thread that are side by side
  int64_t pitch = 1;      // from query to query of the scores: their threads meet different banks of shared memory
  int64_t rowThreads = 1; // that look for a query's greatest score
  bool isSpread = false;  // one thread loads for its subgroup

  SmallVector<Value> outer; // the current place
  Value firstQuery, firstColumn;
  Value scores, peaks, totals, changes; // P, m, l, c
  Value partial;                        // what each of a query's threads found
};

AttentionSchedule::AttentionSchedule(func::FuncOp source, const Target &target, AttentionOp op)
    : AttentionShape(op), kernel(source, target), b(kernel.b) {
  int64_t keyCount = keys.constantValue().value_or(usualSize), columnCount = width.constantValue().value_or(usualSize);
  queryBlock = std::min<int64_t>(maxQueryBlock, llvm::PowerOf2Ceil(queries.constantValue().value_or(usualSize)));
  isSpread = target.spreads();
  int64_t fewest = std::max(target.subgroupThreads, queryBlock);
  int64_t threads = llvm::PowerOf2Ceil(isSpread ? llvm::divideCeil(columnCount, maxColumns) : keyCount);
  threads = std::clamp(threads, fewest, target.workgroupThreads);
  columns = std::min<int64_t>(maxColumns, llvm::divideCeil(columnCount, threads));
  if (isSpread) {
    int64_t bytes = sumType.getIntOrFloatBitWidth() / 8, room = target.sharedBytes / 2 / (queryBlock * threads * bytes);
    threadKeys = std::clamp<int64_t>(std::min<int64_t>(llvm::divideCeil(keyCount, threads), room), 1, maxKeys);
    neighbours = std::gcd(columns, target.loadElements(storageType(elementOf(op.getValue())).getIntOrFloatBitWidth()));
  }
  keyBlock = threads * threadKeys;
  kernel.setThreads(threads);
  rowThreads = threads / queryBlock;
  pitch = keyBlock + (rowThreads < target.subgroupThreads ? rowThreads : 0);
}

/// What `load` gives for each of the block's queries, by its number in the block: the same for all threads.
SmallVector<Value> AttentionSchedule::ofQueries(llvm::function_ref<Value(Value)> load) {
  SmallVector<Value> values;
  if (!isSpread) {
    for (int64_t i = 0; i < queryBlock; ++i)
      values.push_back(load(kernel.index(i)));
    return values;
  }
  int64_t lanes = kernel.target.subgroupThreads;
  for (int64_t i = 0; i < queryBlock; i += lanes) {
    int64_t count = std::min(lanes, queryBlock - i);
    Value mine = load(kernel.add(kernel.min(kernel.lane(), kernel.index(count - 1)), i));
    for (int64_t lane = 0; lane < count; ++lane)
      values.push_back(kernel.broadcast(mine, lane));
  }
  return values;
}

/// The scores of this thread's keys for all queries of the block.
void AttentionSchedule::scoreKeys(Value firstKey) {
  SmallVector<Value> own, safe;
  for (int64_t j = 0; j < threadKeys; ++j) {
    own.push_back(kernel.add(firstKey, keyInBlock(j)));
    safe.push_back(within(own[j], keys));
  }
  int64_t steps = isSpread && depth.isMultipleOf(depthSteps) ? depthSteps : 1;
  SmallVector<Value> sums(queryBlock * threadKeys, constant(0));
  sums = kernel.loop(kernel.index(0), kernel.size(depth), steps, sums, [&](Value first, ValueRange carried) {
    SmallVector<Value> next(carried);
    for (int64_t step = 0; step < steps; ++step) {
      Value d = kernel.add(first, step);
      Elements elements(kernel, 1);
      SmallVector<Value> right;
      for (Value key : safe)
        right.push_back(elements.at(op.getKey(), positionIn(op.getKey(), key, d)));
      SmallVector<Value> left = ofQueries(
          [&](Value i) { return elements.at(op.getQuery(), positionIn(op.getQuery(), within(query(i), queries), d)); });
      for (int64_t i = 0; i < queryBlock; ++i)
        for (int64_t j = 0; j < threadKeys; ++j)
          next[i * threadKeys + j] = multiplyAdd(b, left[i], right[j], next[i * threadKeys + j]);
    }
    return next;
  });
  Value scale = constant(op.getScale().convertToDouble()), nothing = constant(-std::numeric_limits<double>::infinity());
  for (int64_t i = 0; i < queryBlock; ++i)
    for (int64_t j = 0; j < threadKeys; ++j) {
      Elements elements(kernel, 1);
      Value score = arith::MulFOp::create(b, sums[i * threadKeys + j], scale), row = within(query(i), queries);
      score = addBias(elements, outer, score, Elements::uniform(row), Elements::uniform(safe[j]));
      Value seen = kernel.less(own[j], kernel.size(keys));
      if (hasWindow())
        seen = arith::AndIOp::create(b, seen, isSeen(kernel, row, own[j]));
      score = arith::SelectOp::create(b, elements.splat(seen), score, nothing);
      store(score, scores, kernel.add(keyInBlock(j), i * pitch));
    }
}

/// P becomes exp(P - m), with what that does to m and l; what O is to be multiplied with is kept.
void AttentionSchedule::weighKeys() {
  Value thread = kernel.thread(), row = kernel.div(thread, rowThreads), part = kernel.rem(thread, rowThreads);
  Value start = kernel.add(kernel.mul(row, pitch), part), mine = kernel.mul(row, rowThreads);
  // Neighbouring threads look at neighbouring keys.
  auto overKeys = [&](Value first, llvm::function_ref<Value(Value, Value)> step) {
    return kernel.loop(kernel.index(0), kernel.index(keyBlock), rowThreads, first,
                       [&](Value key, ValueRange carried) -> SmallVector<Value> {
                         return {step(kernel.add(start, key), carried[0])};
                       })[0];
  };
  auto gather = [&](Value found, llvm::function_ref<Value(Value, Value)> combine) {
    store(found, partial, thread);
    kernel.barrier();
    Value all = load(partial, mine);
    for (int64_t i = 1; i < rowThreads; ++i)
      all = combine(all, load(partial, kernel.add(mine, i)));
    kernel.barrier();
    return all;
  };
  Value before = load(peaks, row);
  Value found = overKeys(before, [&](Value at, Value most) { return max(most, load(scores, at)); });
  Value peak = gather(found, [&](Value x, Value y) { return max(x, y); });
  Value sum = overKeys(constant(0), [&](Value at, Value sum) -> Value {
    Value weight = exp(arith::SubFOp::create(b, load(scores, at), peak));
    store(weight, scores, at);
    return arith::AddFOp::create(b, sum, weight);
  });
  Value total = gather(sum, [&](Value x, Value y) -> Value { return arith::AddFOp::create(b, x, y); });
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, part, kernel.index(0));
  kernel.when(isFirst, [&] {
    Value change = exp(arith::SubFOp::create(b, before, peak));
    store(peak, peaks, row);
    store(change, changes, row);
    store(multiplyAdd(b, load(totals, row), change, total), totals, row);
  });
  kernel.barrier();
}

/// O = c * O + P V, of this thread's columns; `sums` has `columns` for each query.
SmallVector<Value> AttentionSchedule::addValues(Value firstKey, ValueRange sums) {
  SmallVector<Value> next;
  for (int64_t i = 0; i < queryBlock; ++i) {
    Value change = load(changes, kernel.index(i));
    for (int64_t j = 0; j < columns; ++j)
      next.push_back(arith::MulFOp::create(b, sums[i * columns + j], change));
  }
  Value count = kernel.min(kernel.index(keyBlock), kernel.sub(kernel.size(keys), firstKey));
  return kernel.loop(kernel.index(0), count, 1, next, [&](Value key, ValueRange carried) {
    SmallVector<Value> sums(carried), right;
    Elements elements(kernel, 1);
    for (int64_t j = 0; j < columns; ++j) {
      Value at = width.isMultipleOf(columns * kernel.threads()) ? column(j) : within(column(j), width);
      right.push_back(elements.at(op.getValue(), positionIn(op.getValue(), kernel.add(firstKey, key), at)));
    }
    SmallVector<Value> left = ofQueries([&](Value i) { return load(scores, kernel.add(key, kernel.mul(i, pitch))); });
    for (int64_t i = 0; i < queryBlock; ++i)
      for (int64_t j = 0; j < columns; ++j)
        sums[i * columns + j] = multiplyAdd(b, left[i], right[j], sums[i * columns + j]);
    return sums;
  });
}

void AttentionSchedule::storeResult(ValueRange sums) {
  for (int64_t i = 0; i < queryBlock; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      Value exists = arith::AndIOp::create(b, kernel.less(query(i), kernel.size(queries)),
                                           kernel.less(column(j), kernel.size(width)));
      kernel.when(exists, [&] {
        Value result = arith::DivFOp::create(b, sums[i * columns + j], load(totals, kernel.index(i)));
        Elements elements(kernel, 1);
        elements.bind(op.getResult(), [&](const Position &) { return result; });
        Position position = positionIn(op.getResult(), query(i), column(j));
        elements.storeTransposed(position);
      });
    }
}

void AttentionSchedule::emitTask() {
  // Before any key: m is the least number rather than -inf, so that keys that are masked out by -inf weigh
  // nothing; where all of them are, 0 / 0 is what a softmax of them is.
  kernel.when(kernel.less(kernel.thread(), kernel.index(queryBlock)), [&] {
    store(constant(-std::numeric_limits<float>::max()), peaks, kernel.thread());
    store(constant(0), totals, kernel.thread());
  });
  SeenKeys seen = seenKeys(kernel, firstQuery, queryBlock, keyBlock);
  SmallVector<Value> sums(queryBlock * columns, constant(0));
  kernel.barrier();
  sums = kernel.loop(kernel.index(0), seen.end, keyBlock, sums, [&](Value place, ValueRange carried) {
    Value firstKey = seen.keyAt(kernel, place);
    scoreKeys(firstKey);
    kernel.barrier();
    weighKeys();
    SmallVector<Value> next = addValues(firstKey, carried);
    kernel.barrier();
    return next;
  });
  storeResult(sums);
  kernel.barrier();
}

void AttentionSchedule::emit() {
  scores = kernel.shared(sumType, queryBlock * pitch);
  partial = kernel.shared(sumType, kernel.threads());
  peaks = kernel.shared(sumType, queryBlock);
  totals = kernel.shared(sumType, queryBlock);
  changes = kernel.shared(sumType, queryBlock);
  SmallVector<DimExpr> grid(outerDims);
  grid.push_back(queries.ceilDiv(queryBlock));
  grid.push_back(width.ceilDiv(columns * kernel.threads()));
  kernel.tasks([&](Value task) {
    SmallVector<Value> at = kernel.delinearize(task, grid);
    outer.assign(at.begin(), at.end() - 2);
    firstQuery = kernel.mul(at[at.size() - 2], queryBlock);
    firstColumn = kernel.mul(at.back(), columns * kernel.threads());
    emitTask();
  });
  kernel.finish({product(b.getContext(), grid)});
}

} // namespace

LogicalResult simt::scheduleAttention(func::FuncOp source, const Target &target) {
  FailureOr<AttentionOp> anchor = AttentionShape::anchorOf(source);
  if (failed(anchor))
    return failure();
  if (!simt::scheduleAsyncAttention(source, target, *anchor) && !simt::scheduleMatrixAttention(source, target, *anchor))
    AttentionSchedule(source, target, *anchor).emit();
  return success();
}

} // namespace treadle
