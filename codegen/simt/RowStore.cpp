//===- RowStore.cpp - sums of a unit become rows of a result ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/simt/RowStore.h"
#include "codegen/simt/Staging.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle::simt {

static constexpr int64_t wordBits = 32;

void RowStore::store(ArrayRef<const MatrixUnit *> units, ArrayRef<Value> sums, const Place &place) {
  bool isInChunks = llvm::all_of(units, [&](const MatrixUnit *unit) { return setOrder(*unit); });
  int64_t column = 0;
  for (auto [unit, own] : llvm::zip_equal(units, sums)) {
    if (isInChunks)
      storeChunks(*unit, own, place, column);
    else
      storeElements(*unit, own, place, column);
    column += unit->columns;
  }
}

/// Whether what is stored is the product, in some order of dimensions but the last, and threads have pairs of
/// neighbours of which a chunk's are in neighbouring threads.
bool RowStore::setOrder(const MatrixUnit &unit) {
  AttentionOp op = shape.op;
  if (kernel.results().size() != 1)
    return false;
  Value result = kernel.results()[0];
  order = llvm::to_vector(llvm::seq<int64_t>(0, rankOf(result)));
  while (auto transpose = result.getDefiningOp<TransposeOp>()) {
    order = llvm::map_to_vector(order, [&](int64_t dim) { return transpose.getPermutation()[dim]; });
    result = transpose.getInput();
  }
  SharedRows rows(elementOf(result), 0);
  int64_t bits = storageType(elementOf(result)).getIntOrFloatBitWidth();
  if (result != op.getResult() || order.back() != rankOf(result) - 1 || !shape.width.isMultipleOf(rows.chunk))
    return false;
  // Elements of a word, then of a chunk's threads, then of a row's chunks.
  const FragmentLayout &layout = unit.sums;
  int64_t inWord = wordBits / bits, threads = rows.chunk / inWord;
  if (bits != 16 || layout.elements.empty() || layout.elements[0] != 1 || unit.columns % (threads * rows.chunk) != 0)
    return false;
  for (int64_t bit = 0, weight = inWord; weight < rows.chunk; ++bit, weight *= 2)
    if (bit >= static_cast<int64_t>(layout.lanes.size()) || layout.lanes[bit] != weight)
      return false;
  return true;
}

/// Of columns before `end`.
Value RowStore::exists(Value query, Value column, int64_t end) {
  Value exists = kernel.less(query, kernel.size(shape.queries));
  if (shape.width.isAtLeast(end))
    return exists;
  return arith::AndIOp::create(b, exists, kernel.less(column, kernel.size(shape.width)));
}

/// Word i of thread t, a power of two of both, becomes word t of thread i.
void RowStore::exchange(MutableArrayRef<Value> words, Value lane) {
  for (size_t step = 1; step < words.size(); step *= 2) {
    Value bit = kernel.rem(kernel.div(lane, static_cast<int64_t>(step)), 2);
    Value isUpper = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, bit, kernel.index(0));
    for (size_t i = 0; i < words.size(); ++i) {
      if (i & step)
        continue;
      Value &low = words[i], &high = words[i + step];
      Value given = arith::SelectOp::create(b, isUpper, low, high),
            kept = arith::SelectOp::create(b, isUpper, high, low);
      Value one = vector::BroadcastOp::create(b, VectorType::get({1}, given.getType()), given);
      Value got = kernel.exchange(one, static_cast<int64_t>(step));
      got = vector::ExtractOp::create(b, got, ArrayRef<int64_t>{0});
      low = arith::SelectOp::create(b, isUpper, got, kept);
      high = arith::SelectOp::create(b, isUpper, kept, got);
    }
  }
}

void RowStore::storeChunks(const MatrixUnit &unit, Value sums, const Place &place, int64_t firstColumn) {
  AttentionOp op = shape.op;
  auto type = cast<RankedTensorType>(kernel.results()[0].getType());
  Type element = elementOf(op.getResult()), stored = storageType(element), word = b.getI32Type();
  int64_t chunk = SharedRows(element, 0).chunk, inWord = wordBits / stored.getIntOrFloatBitWidth(),
          threads = chunk / inWord;
  // Which of a thread's elements is at a place beside its first.
  llvm::DenseMap<int64_t, int64_t> elementAt;
  SmallVector<int64_t> rows;
  for (int64_t i = 0; i < unit.sums.count(); ++i) {
    int64_t offset = unit.sums.offsetOf(i), row = offset / unit.columns;
    elementAt[offset] = i;
    if (!llvm::is_contained(rows, row))
      rows.push_back(row);
  }
  Value inChunks = kernel.rem(place.lane, threads);
  for (int64_t row : rows)
    for (int64_t column = 0; column < unit.columns; column += threads * chunk) {
      SmallVector<Value> words;
      for (int64_t i = 0; i < threads; ++i) {
        SmallVector<int64_t> own;
        for (int64_t j = 0; j < inWord; ++j)
          own.push_back(elementAt.lookup(row * unit.columns + column + i * chunk + j));
        words.push_back(vector::ShuffleOp::create(b, sums, sums, own));
      }
      SmallVector<Value> all;
      for (Value two : words)
        for (int64_t j = 0; j < inWord; ++j)
          all.push_back(vector::ExtractOp::create(b, two, j));
      Value narrow = vector::FromElementsOp::create(b, VectorType::get({chunk}, shape.sumType), all);
      narrow = arith::TruncFOp::create(b, VectorType::get({chunk}, element), narrow);
      Value asWords = vector::BitCastOp::create(b, VectorType::get({threads}, word), narrow);
      for (auto [i, value] : llvm::enumerate(words))
        value = vector::ExtractOp::create(b, asWords, static_cast<int64_t>(i));
      exchange(words, place.lane);
      asWords = vector::FromElementsOp::create(b, VectorType::get({threads}, word), words);
      Value values = vector::BitCastOp::create(b, VectorType::get({chunk}, stored), asWords);
      Value query = kernel.add(place.query, row);
      Value at = kernel.add(kernel.mul(inChunks, chunk), firstColumn + column);
      kernel.when(exists(query, at, firstColumn + column + threads * chunk), [&] {
        SmallVector<Value> inner(place.outer);
        inner.append({query, at});
        Position position;
        for (int64_t dim : order)
          position.push_back(Elements::uniform(inner[dim]));
        vector::StoreOp::create(b, values, kernel.resultBuffer(0), ValueRange(indexOf(kernel, type, position)),
                                /*nontemporal=*/false, llvm::MaybeAlign(SharedRows::chunkBytes));
      });
    }
}

void RowStore::storeElements(const MatrixUnit &unit, Value sums, const Place &place, int64_t firstColumn) {
  AttentionOp op = shape.op;
  SmallVector<int64_t> columns;
  for (int64_t weight : unit.sums.lanes)
    columns.push_back(weight % unit.columns);
  Value ownColumn = kernel.add(sumOfBits(kernel, place.lane, columns), firstColumn);
  for (int64_t i = 0; i < unit.sums.count(); ++i) {
    int64_t offset = unit.sums.offsetOf(i);
    Value query = kernel.add(place.query, offset / unit.columns);
    Value column = kernel.add(ownColumn, offset % unit.columns);
    kernel.when(exists(query, column, firstColumn + unit.columns), [&] {
      Elements elements(kernel, 1);
      elements.bind(op.getResult(), [&](const Position &) -> Value {
        return vector::BroadcastOp::create(b, elements.vectorOf(shape.sumType), vector::ExtractOp::create(b, sums, i));
      });
      elements.storeTransposed(
          shape.positionIn(kernel, place.outer, op.getResult(), Elements::uniform(query), Elements::uniform(column)));
    });
  }
}

} // namespace treadle::simt
