//===- Contraction.cpp - products on workgroups of threads ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A workgroup makes a tile of the result, each thread a smaller one whose sums stay in registers:
//
//     thread (x, y) of `across` x `down`: rows y * threadRows + i, columns x + j * across, or so many neighbouring
//     columns as one load brings
//
//     task: one outer index, one tile of rows x columns
//       for each block of the depth: sums[i][j] += A[row i][k] * B[k][column j] for each of its k
//       what follows the product, and the results
//
// Columns of neighbouring threads are neighbours in memory. Operands are asked for by position, so whatever is
// fused into them, a convolution's image too, costs no memory. They come to the threads in one of two ways:
//
//     staged   a block of both is copied to shared memory, each element once, and read from there
//     spread   where another thread's register is much nearer than shared memory, a workgroup is one thread high
//              or one thread wide; of the operand that all its threads share, each thread of a subgroup loads one
//              row's k (or column's) and hands it round; the other is read where it is
//
//===----------------------------------------------------------------------===//

#include "codegen/Schedule.h"
#include "codegen/simt/ContractionElements.h"
#include "codegen/simt/MatrixContraction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

// What sizes that are known only at run time are taken to be.
constexpr int64_t usualSize = 256;
// Of shared memory, a word wide.
constexpr int64_t sharedBanks = 32;

class ContractionSchedule {
public:
  ContractionSchedule(func::FuncOp source, const Target &target, Operation *op);
  void emit();

private:
  using Row = simt::ContractionElements::Row;
  using Step = simt::ContractionElements::Step;

  void chooseTile();
  Value lhsAt(Elements &elements, const Row &row, const Step &step) {
    return product.loadWide(elements, product.lhsAt(row, step));
  }
  Value rhsAt(Elements &elements, const Step &step, Value column) {
    return product.loadWide(elements, product.rhsAt(step, column));
  }
  Row rowAt(Value number) { return product.rowAt(number); }
  Step stepAt(Value k) { return product.stepAt(k); }
  Value last(DimExpr size) { return product.last(size); }

  SmallVector<Value> multiply(ArrayRef<Value> left, ArrayRef<Value> right, ValueRange sums);
  SmallVector<Value> multiplyBlocks(ArrayRef<Row> rows, ArrayRef<Value> columns, Value firstRow, Value firstColumn);
  void stageLhs(Value firstRow, Value block);
  void stageRhs(Value firstColumn, Value block);
  SmallVector<Value> multiplyStaged(Value block, ValueRange sums);
  SmallVector<Value> multiplySpread(ArrayRef<Row> rows, ArrayRef<Value> columns, Value firstRow, Value firstColumn,
                                    Value block, ValueRange sums);
  void chooseSpread(int64_t shared, int64_t &threadShared, int64_t own, int64_t &threadOwn, int64_t &threads);
  SmallVector<Step> stepsAt(Value block);
  Value withinDepth(Value k) { return shape.depth.isMultipleOf(depthBlock) ? k : kernel.min(k, last(shape.depth)); }
  void overThreads(int64_t count, llvm::function_ref<void(Value)> body);
  Value orZero(Elements &elements, Value value, Value k);
  void storeTile(ArrayRef<Row> rows, ArrayRef<Value> rowNumbers, ArrayRef<Value> columns, ArrayRef<Value> sums);

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  Operation *op;
  simt::ContractionElements product;
  const ContractionShape &shape;
  bool isSpread = false;
  int64_t spreadRows = 1;                    // of what is spread, that a subgroup's threads load together
  int64_t neighbours = 1;                    // columns of a thread that are side by side
  int64_t across = 1, down = 1;              // threads
  int64_t threadRows = 1, threadColumns = 1; // sums of one
  int64_t depthBlock = 1;                    // of what is staged
  /// From k to k of what is staged of A. Neighbouring threads store neighbouring k, then the next row: so much farther
  /// apart, each is in a bank of its own.
  int64_t lhsPitch() const { return down * threadRows + std::max<int64_t>(sharedBanks / depthBlock, 1); }
  Value lhsMemory, rhsMemory; // [k][row], [k][column]
};

ContractionSchedule::ContractionSchedule(func::FuncOp source, const Target &target, Operation *op)
    : kernel(source, target), b(kernel.b), op(op), product(kernel, op), shape(product.shape) {
  chooseTile();
}

void ContractionSchedule::chooseTile() {
  const Target &target = kernel.target;
  ContractionShape::Sizes sizes = shape.sizesOr(usualSize);
  int64_t rows = std::max<int64_t>(sizes.rows, 1), columns = std::max<int64_t>(sizes.columns, 1);
  isSpread = target.spreads();
  if (!isSpread) {
    // Square tiles of threads; larger ones of sums where enough workgroups are left to fill a device.
    bool isLarge = rows * columns >= 1024 * 1024 && target.threadRegisters >= 128;
    across = down = 16;
    threadRows = threadColumns = isLarge ? 8 : 4;
    depthBlock = 16;
    while (threadRows > 1 && down * threadRows / 2 >= rows)
      threadRows /= 2;
    while (threadColumns > 1 && across * threadColumns / 2 >= columns)
      threadColumns /= 2;
  } else if (columns >= target.subgroupThreads || columns >= rows) {
    chooseSpread(rows, threadRows, columns, threadColumns, across);
    int64_t bits = storageType(elementOf(shape.rhs)).getIntOrFloatBitWidth();
    neighbours = std::gcd(threadColumns, target.loadElements(bits));
  } else {
    chooseSpread(columns, threadColumns, rows, threadRows, down);
  }
  kernel.setThreads(across * down);
}

/// Of `shared` rows (or columns) all threads have the same, of `own` columns (or rows) each its own. A value that is
/// spread costs a subgroup one load for as many as it has threads. Sums that find no register are in the nearest cache,
/// still nearer than what is multiplied.
void ContractionSchedule::chooseSpread(int64_t shared, int64_t &threadShared, int64_t own, int64_t &threadOwn,
                                       int64_t &threads) {
  constexpr int64_t mostShared = 32, mostOwn = 4, leastDepth = 4;
  const Target &target = kernel.target;
  int64_t lanes = target.subgroupThreads;
  spreadRows = std::min<int64_t>(lanes, llvm::PowerOf2Ceil(shared));
  depthBlock = std::max(leastDepth, lanes / spreadRows);
  threadShared = llvm::alignTo(llvm::divideCeil(shared, llvm::divideCeil(shared, mostShared)), spreadRows);
  threadOwn = std::clamp<int64_t>(llvm::divideCeil(own, lanes), 1, mostOwn);
  int64_t tiles = llvm::divideCeil(own, target.workgroupThreads * threadOwn);
  threads = llvm::alignTo(llvm::divideCeil(own, tiles * threadOwn), lanes);
}

// ---- sums ------------------------------------------------------------------------------------

SmallVector<Value> ContractionSchedule::multiply(ArrayRef<Value> left, ArrayRef<Value> right, ValueRange sums) {
  SmallVector<Value> next(sums);
  for (auto [i, a] : llvm::enumerate(left))
    for (auto [j, c] : llvm::enumerate(right)) {
      Value &sum = next[i * right.size() + j];
      sum = multiplyAdd(b, a, c, sum);
    }
  return next;
}

/// 0 past the depth.
Value ContractionSchedule::orZero(Elements &elements, Value value, Value k) {
  if (shape.depth.isMultipleOf(depthBlock))
    return value;
  Value isThere = kernel.less(k, kernel.size(shape.depth));
  return arith::SelectOp::create(b, elements.splat(isThere), value, elements.constant(shape.sumType, 0));
}

/// The numbers below `count`, each by one thread, neighbours by neighbours.
void ContractionSchedule::overThreads(int64_t count, llvm::function_ref<void(Value)> body) {
  for (int64_t first = 0; first < count; first += kernel.threads()) {
    Value number = kernel.add(kernel.thread(), first);
    bool isWhole = first + kernel.threads() <= count;
    kernel.when(isWhole ? Value() : kernel.less(number, kernel.index(count)), [&] { body(number); });
  }
}

/// Rows past the last are the last one again.
void ContractionSchedule::stageLhs(Value firstRow, Value block) {
  int64_t tileRows = down * threadRows;
  overThreads(depthBlock * tileRows, [&](Value number) {
    Value inner = kernel.rem(number, depthBlock), row = kernel.div(number, depthBlock), k = kernel.add(block, inner);
    Elements elements(kernel, 1);
    Row at = rowAt(kernel.min(kernel.add(firstRow, row), last(shape.rowCount())));
    Value value = orZero(elements, lhsAt(elements, at, stepAt(kernel.min(k, last(shape.depth)))), k);
    vector::StoreOp::create(b, value, lhsMemory, kernel.add(kernel.mul(inner, lhsPitch()), row));
  });
}

void ContractionSchedule::stageRhs(Value firstColumn, Value block) {
  int64_t tileColumns = across * threadColumns;
  overThreads(depthBlock * tileColumns, [&](Value number) {
    Value column = kernel.rem(number, tileColumns), k = kernel.add(block, kernel.div(number, tileColumns));
    Elements elements(kernel, 1);
    Value at = kernel.min(kernel.add(firstColumn, column), last(shape.columns));
    Value value = orZero(elements, rhsAt(elements, stepAt(kernel.min(k, last(shape.depth))), at), k);
    vector::StoreOp::create(b, value, rhsMemory, number);
  });
}

SmallVector<Value> ContractionSchedule::multiplyStaged(Value block, ValueRange sums) {
  int64_t lhsStride = lhsPitch(), rhsStride = across * threadColumns;
  auto vectorType = VectorType::get({1}, shape.sumType);
  Value x = kernel.rem(kernel.thread(), across), y = kernel.div(kernel.thread(), across);
  return kernel.loop(kernel.index(0), kernel.index(depthBlock), 1, sums, [&](Value k, ValueRange before) {
    SmallVector<Value> left, right;
    Value row = kernel.add(kernel.mul(k, lhsStride), kernel.mul(y, threadRows));
    Value column = kernel.add(kernel.mul(k, rhsStride), x);
    for (int64_t i = 0; i < threadRows; ++i)
      left.push_back(vector::LoadOp::create(b, vectorType, lhsMemory, kernel.add(row, i)));
    for (int64_t j = 0; j < threadColumns; ++j)
      right.push_back(vector::LoadOp::create(b, vectorType, rhsMemory, kernel.add(column, j * across)));
    return multiply(left, right, before);
  });
}

/// The steps of a block of the depth; those past it are the last one.
SmallVector<ContractionSchedule::Step> ContractionSchedule::stepsAt(Value block) {
  SmallVector<Step> steps = {stepAt(withinDepth(block))};
  for (int64_t i = 1; i < depthBlock; ++i)
    steps.push_back(shape.depth.isMultipleOf(depthBlock) && product.isWithinTap(depthBlock)
                        ? product.stepAfter(steps[0], i)
                        : stepAt(withinDepth(kernel.add(block, i))));
  return steps;
}

/// What is spread is 0 past the depth, so that the other may be anything there.
SmallVector<Value> ContractionSchedule::multiplySpread(ArrayRef<Row> rows, ArrayRef<Value> columns, Value firstRow,
                                                       Value firstColumn, Value block, ValueRange before) {
  bool isLhsSpread = down == 1;
  int64_t sharedCount = isLhsSpread ? threadRows : threadColumns, lanes = kernel.target.subgroupThreads;
  int64_t together = lanes / spreadRows; // k that are loaded at a time
  SmallVector<Step> steps = stepsAt(block);
  // [k div together][row div spreadRows]
  SmallVector<SmallVector<Value>> spread(depthBlock / together);
  {
    Elements elements(kernel, 1);
    Value row = kernel.rem(kernel.lane(), spreadRows), inner = kernel.div(kernel.lane(), spreadRows);
    SmallVector<Row> lhsRows;
    SmallVector<Value> rhsColumns;
    for (int64_t i = 0; i < sharedCount; i += spreadRows) {
      Value number = kernel.add(kernel.add(isLhsSpread ? firstRow : firstColumn, row), i);
      if (isLhsSpread)
        lhsRows.push_back(rowAt(kernel.min(number, last(shape.rowCount()))));
      else
        rhsColumns.push_back(kernel.min(number, last(shape.columns)));
    }
    for (int64_t i = 0; i < sharedCount / spreadRows; ++i)
      for (auto [j, values] : llvm::enumerate(spread)) {
        Value k = kernel.add(kernel.add(block, inner), j * together);
        Step step = together == 1 ? steps[j] : stepAt(withinDepth(k));
        Value value = isLhsSpread ? lhsAt(elements, lhsRows[i], step) : rhsAt(elements, step, rhsColumns[i]);
        values.push_back(orZero(elements, value, k));
      }
  }
  SmallVector<Value> sums(before);
  for (auto [k, step] : llvm::enumerate(steps)) {
    Elements elements(kernel, 1);
    SmallVector<Value> shared, own;
    if (isLhsSpread)
      for (Value column : columns)
        own.push_back(rhsAt(elements, step, column));
    else
      for (const Row &row : rows)
        own.push_back(lhsAt(elements, row, step));
    for (int64_t i = 0; i < sharedCount; ++i)
      shared.push_back(
          kernel.broadcast(spread[k / together][i / spreadRows], i % spreadRows + k % together * spreadRows));
    sums = isLhsSpread ? multiply(shared, own, sums) : multiply(own, shared, sums);
  }
  return sums;
}

SmallVector<Value> ContractionSchedule::multiplyBlocks(ArrayRef<Row> rows, ArrayRef<Value> columns, Value firstRow,
                                                       Value firstColumn) {
  if (!isSpread) {
    lhsMemory = kernel.shared(shape.sumType, depthBlock * lhsPitch());
    rhsMemory = kernel.shared(shape.sumType, depthBlock * across * threadColumns);
  }
  Elements elements(kernel, 1);
  SmallVector<Value> zeros(threadRows * threadColumns, elements.constant(shape.sumType, 0));
  return kernel.loop(kernel.index(0), kernel.size(shape.depth), depthBlock, zeros, [&](Value block, ValueRange sums) {
    if (isSpread)
      return multiplySpread(rows, columns, firstRow, firstColumn, block, sums);
    stageLhs(firstRow, block);
    stageRhs(firstColumn, block);
    kernel.barrier();
    SmallVector<Value> next = multiplyStaged(block, sums);
    kernel.barrier();
    return next;
  });
}

void ContractionSchedule::storeTile(ArrayRef<Row> rows, ArrayRef<Value> rowNumbers, ArrayRef<Value> columns,
                                    ArrayRef<Value> sums) {
  for (auto [i, row] : llvm::enumerate(rows))
    for (auto [j, column] : llvm::enumerate(columns)) {
      Value sum = sums[i * columns.size() + j], exists;
      if (!shape.rowCount().isMultipleOf(down * threadRows))
        exists = kernel.less(rowNumbers[i], kernel.size(shape.rowCount()));
      if (!shape.columns.isMultipleOf(across * threadColumns)) {
        Value here = kernel.less(column, kernel.size(shape.columns));
        exists = exists ? Value(arith::AndIOp::create(b, exists, here)) : here;
      }
      kernel.when(exists, [&, column = column] {
        Elements elements(kernel, 1);
        elements.bind(op->getResult(0), [&](const Position &) { return sum; });
        elements.storeResults(product.resultPosition(row, column));
      });
    }
}

void ContractionSchedule::emit() {
  MLIRContext *context = b.getContext();
  int64_t tileRows = down * threadRows, tileColumns = across * threadColumns;
  DimExpr rowCount = shape.rowCount();
  SmallVector<DimExpr> grid(shape.outer);
  grid.push_back(rowCount.ceilDiv(tileRows));
  grid.push_back(shape.columns.ceilDiv(tileColumns));

  kernel.tasks([&](Value task) {
    SmallVector<Value> at = kernel.delinearize(task, grid);
    product.outer.assign(at.begin(), at.begin() + shape.outer.size());
    Value firstRow = kernel.mul(at[shape.outer.size()], tileRows), firstColumn = kernel.mul(at.back(), tileColumns);
    Value x = down == 1 ? kernel.thread() : kernel.rem(kernel.thread(), across);
    Value y = down == 1 ? kernel.index(0) : kernel.div(kernel.thread(), across);
    SmallVector<Value> rowNumbers, columns;
    for (int64_t i = 0; i < threadRows; ++i)
      rowNumbers.push_back(kernel.add(kernel.add(firstRow, kernel.mul(y, threadRows)), i));
    for (int64_t j = 0; j < threadColumns; ++j)
      columns.push_back(kernel.add(kernel.add(firstColumn, kernel.mul(x, neighbours)),
                                   j / neighbours * neighbours * across + j % neighbours));
    // Rows and columns past the last read what those of the last read.
    SmallVector<Row> rows;
    for (Value number : rowNumbers)
      rows.push_back(rowAt(rowCount.isMultipleOf(tileRows) ? number : kernel.min(number, last(rowCount))));
    SmallVector<Value> safe;
    for (Value column : columns)
      safe.push_back(shape.columns.isMultipleOf(tileColumns) ? column : kernel.min(column, last(shape.columns)));
    storeTile(rows, rowNumbers, columns, multiplyBlocks(rows, safe, firstRow, firstColumn));
  });
  kernel.finish({graph::product(context, grid)});
}

} // namespace

LogicalResult simt::scheduleContraction(func::FuncOp source, const Target &target) {
  FailureOr<Operation *> anchor = ContractionShape::anchorOf(source);
  if (failed(anchor))
    return failure();
  if (!simt::scheduleAsyncContraction(source, target, *anchor) &&
      !simt::scheduleMatrixContraction(source, target, *anchor) &&
      !simt::scheduleFragmentContraction(source, target, *anchor))
    ContractionSchedule(source, target, *anchor).emit();
  return success();
}

} // namespace treadle
