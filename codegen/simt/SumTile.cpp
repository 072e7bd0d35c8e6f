//===- SumTile.cpp - sums of a workgroup's tile become results ---------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/simt/SumTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <bitset>
#include <numeric>

using namespace mlir;
using treadle::graph::DimExpr;

namespace treadle::simt {

// Rows of tiles that are gone through together.
static constexpr int64_t groupRows = 8;

SumTile::SumTile(Kernel &kernel, ContractionElements &product, const MatrixUnit &unit, Shape shape)
    : kernel(kernel), b(kernel.b), product(product), unit(unit), shape(shape) {
  if (!unit.sums.lanes.empty())
    choosePitch();
  else
    rowPitch = columns() + 4; // 16 bytes of f32, as the device may like it
}

/// Elements of sums that a thread has side by side, and stores together.
int64_t SumTile::neighbours() const {
  constexpr int64_t most = 4; // of 4 bytes: what one instruction stores
  int64_t run = 1;
  while (run < std::min({unit.sums.count(), unit.columns, most}) && unit.sums.offsetOf(run) == run)
    run *= 2;
  return run;
}

/// Rows of sums in shared memory are so far apart that the threads of one pass over its banks meet none of them twice.
void SumTile::choosePitch() {
  constexpr int64_t banks = 32, bankBytes = 4;
  int64_t words = neighbours() * sumBytes() / bankBytes;
  for (rowPitch = columns(); rowPitch < columns() + banks; rowPitch += neighbours()) {
    std::bitset<banks> met;
    for (int64_t lane = 0; lane < banks / words; ++lane) {
      int64_t place = 0;
      for (auto [bit, weight] : llvm::enumerate(unit.sums.lanes))
        place += lane >> bit & 1 ? offsetOf(weight) : 0;
      for (int64_t word = 0; word < words; ++word)
        met.set((place * sumBytes() / bankBytes + word) % banks);
    }
    if (met.all())
      return;
  }
}

// ---- tiles -----------------------------------------------------------------------------------

SmallVector<DimExpr> SumTile::grid() const {
  SmallVector<DimExpr> grid(product.shape.outer);
  grid.push_back(product.shape.rowCount().ceilDiv(rows()));
  grid.push_back(product.shape.columns.ceilDiv(columns()));
  return grid;
}

/// Tiles that are made at the same time share rows and columns, so that what they read is in a cache: some rows of
/// tiles are gone through column by column.
std::pair<Value, Value> SumTile::enter(Value task) {
  SmallVector<DimExpr> sizes = grid();
  SmallVector<Value> at = kernel.delinearize(task, sizes);
  DimExpr across = sizes.pop_back_val(), down = sizes.pop_back_val();
  Value column = at.pop_back_val(), row = at.pop_back_val();
  product.outer.assign(at.begin(), at.end());
  if (down.constantValue().value_or(groupRows) > 1 && across.constantValue().value_or(groupRows) > groupRows) {
    Value inGroup = kernel.add(kernel.mul(kernel.rem(row, groupRows), kernel.size(across)), column);
    Value first = kernel.sub(row, kernel.rem(row, groupRows));
    Value height = kernel.min(kernel.index(groupRows), kernel.sub(kernel.size(down), first));
    row = kernel.add(first, kernel.rem(inGroup, height));
    column = kernel.div(inGroup, height);
  }
  return {kernel.mul(row, rows()), kernel.mul(column, columns())};
}

// ---- results ---------------------------------------------------------------------------------

void SumTile::store(Value memory, Value firstRow, Value firstColumn, llvm::function_ref<void(int64_t)> keep) {
  for (int64_t i = 0; i < shape.fragmentRows; ++i) {
    kernel.barrier();
    keep(i);
    kernel.barrier();
    storeRow(i, memory, firstRow, firstColumn);
  }
  kernel.barrier();
}

void SumTile::store(Value memory, Value firstRow, Value firstColumn, ArrayRef<Value> sums) {
  int64_t having = shape.slices * shape.down * shape.across * unit.threads();
  Value hasSums = having == kernel.threads() ? Value() : kernel.less(kernel.thread(), kernel.index(having));
  store(memory, firstRow, firstColumn, [&](int64_t i) {
    kernel.when(hasSums, [&] { keep(memory, sums.slice(i * shape.fragmentColumns, shape.fragmentColumns)); });
  });
}

Value SumTile::placeOf(Value part, int64_t fragmentColumn) {
  Value down = kernel.mul(kernel.div(part, shape.across), unit.rows * rowPitch);
  Value across = kernel.mul(kernel.rem(part, shape.across), shape.fragmentColumns * unit.columns);
  return kernel.add(kernel.add(down, across), fragmentColumn * unit.columns);
}

void SumTile::keep(Value memory, ArrayRef<Value> sums) {
  const FragmentLayout &layout = unit.sums;
  SmallVector<int64_t> weights;
  for (int64_t weight : layout.lanes)
    weights.push_back(offsetOf(weight));
  Value part = kernel.div(kernel.thread(), unit.threads());
  Value own = sumOfBits(kernel, kernel.rem(kernel.thread(), unit.threads()), weights);
  int64_t run = neighbours();
  for (auto [j, sum] : llvm::enumerate(sums)) {
    Value start = kernel.add(placeOf(part, j), own);
    for (int64_t element = 0; element < layout.count(); element += run) {
      Value at = kernel.add(start, offsetOf(layout.offsetOf(element)));
      if (run == 1) {
        memref::StoreOp::create(b, vector::ExtractOp::create(b, sum, element), memory, at);
        continue;
      }
      auto side = llvm::to_vector(llvm::seq(element, element + run));
      vector::StoreOp::create(b, vector::ShuffleOp::create(b, sum, sum, side), memory, ValueRange(at),
                              /*nontemporal=*/false, llvm::MaybeAlign(run * sumBytes()));
    }
  }
}

/// What all slices found.
Value SumTile::sumAt(Value memory, Value at) {
  auto type = VectorType::get({1}, product.shape.sumType);
  Value sum = vector::LoadOp::create(b, type, memory, at);
  for (int64_t slice = 1; slice < shape.slices; ++slice) {
    Value other = vector::LoadOp::create(b, type, memory, kernel.add(at, slice * sliceElements()));
    sum = isa<FloatType>(type.getElementType()) ? Value(arith::AddFOp::create(b, sum, other))
                                                : Value(arith::AddIOp::create(b, sum, other));
  }
  return sum;
}

/// By so many threads that each has as many elements; it does several in a turn, so that what is read for them comes
/// at the same time.
void SumTile::storeRow(int64_t fragment, Value memory, Value firstRow, Value firstColumn) {
  constexpr int64_t mostInTurn = 4;
  int64_t count = shape.down * unit.rows * columns();
  int64_t threads = llvm::bit_floor<uint64_t>(std::min(kernel.threads(), count));
  while (count % threads)
    threads /= 2;
  int64_t inTurn = std::gcd(count / threads, mostInTurn);
  kernel.when(threads == kernel.threads() ? Value() : kernel.less(kernel.thread(), kernel.index(threads)), [&] {
    kernel.loop(kernel.thread(), kernel.index(count), threads * inTurn, [&](Value number) {
      for (int64_t i = 0; i < inTurn; ++i)
        storeElement(fragment, kernel.add(number, i * threads), memory, firstRow, firstColumn);
    });
  });
}

void SumTile::storeElement(int64_t fragment, Value number, Value memory, Value firstRow, Value firstColumn) {
  Value row = kernel.div(number, columns()), inTile = kernel.rem(number, columns());
  Value at = kernel.add(kernel.mul(row, rowPitch), inTile), column = kernel.add(firstColumn, inTile);
  // Each unit's rows of this fragment.
  Value part = kernel.mul(kernel.div(row, unit.rows), shape.fragmentRows * unit.rows);
  row = kernel.add(kernel.add(firstRow, part), kernel.add(kernel.rem(row, unit.rows), fragment * unit.rows));
  Value exists;
  auto require = [&](Value index, DimExpr size, int64_t tile) {
    if (size.isMultipleOf(tile))
      return;
    Value here = kernel.less(index, kernel.size(size));
    exists = exists ? Value(arith::AndIOp::create(b, exists, here)) : here;
  };
  require(row, product.shape.rowCount(), rows());
  require(column, product.shape.columns, columns());
  kernel.when(exists, [&] {
    Elements elements(kernel, 1);
    elements.bind(product.shape.op->getResult(0), [&](const Position &) { return sumAt(memory, at); });
    elements.storeResults(product.resultPosition(product.rowAt(row), column));
  });
}

} // namespace treadle::simt
