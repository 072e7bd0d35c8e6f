//===- Contraction.cpp - matrix products and convolutions -------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// After Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008), without the
// split of the depth: panels of B come packed (graph.unpack), blocks of A fit the second-level cache.
//
//     task: an outer index, a block of columns, a block of rows
//       copy the block's A, [row][k], unless it lies so in memory
//       for each tile of columns            its panels of B stay in the first-level cache
//         for each tile of rows
//           for each k: rows x vectors multiply-adds, all sums in registers
//           the ops that follow, on the sums; store
//
// A convolution's A is copied tap by tap from the image (im2col of one block). If B is not a constant,
// its panels are made first, by each task for its columns; a task then has all rows.
//
//===----------------------------------------------------------------------===//

#include "codegen/Schedule.h"
#include "codegen/simd/ContractionSchedule.h"
#include "codegen/simd/RegisterTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {

static constexpr int64_t panelColumns = UnpackOp::panelColumns;

ContractionSchedule::ContractionSchedule(func::FuncOp source, const Target &target, Operation *op)
    : kernel(source, target), b(kernel.b), op(op), shape(ContractionShape::of(op)), conv(dyn_cast<ConvOp>(op)) {
  lanes = target.lanes(shape.sumType);
  direct = lhsIsDirect();
  packed = static_cast<bool>(shape.rhs.getDefiningOp<UnpackOp>());
  narrow = packed && UnpackOp::panelWidth(*shape.columns.constantValue()) == 1;
  alike = rowsAreAlike();
  tiling = ContractionTiling::choose(shape, target, !direct, !packed, narrow);
  std::optional<int64_t> depth = shape.depth.constantValue();
  if (direct && depth && target.rowsCollide(*depth * shape.sumType.getIntOrFloatBitWidth() / 8, tiling.tileRows)) {
    direct = false;
    tiling = ContractionTiling::choose(shape, target, /*packsLhs=*/true, !packed, narrow);
  }
}

/// A can be read in place: stored in the type of the sums, rows after rows.
bool ContractionSchedule::lhsIsDirect() {
  auto argument = dyn_cast<BlockArgument>(shape.lhs);
  if (!argument || elementOf(argument) != shape.sumType)
    return false;
  if (auto matmul = dyn_cast<MatMulOp>(op)) {
    Dims lhs = dimsOf(argument.getType()), result = dimsOf(op->getResult(0).getType());
    bool same = shape.outer.empty() ? ArrayRef(lhs).drop_back() == ArrayRef(result).drop_back() : true;
    return !matmul.getTransposeLhs() && same;
  }
  return conv.isPointwise();
}

/// Whether every tensor that the following ops read either has all dimensions of the rows or none.
bool ContractionSchedule::rowsAreAlike() {
  Dims result = dimsOf(op->getResult(0).getType());
  size_t first = result.size() - 1 - shape.rows.size(), last = result.size() - 1;
  DenseSet<Operation *> followers;
  for (Operation &other : kernel.body())
    if (&other == op || llvm::any_of(other.getOperands(), [&](Value operand) {
          return operand.getDefiningOp() && followers.contains(operand.getDefiningOp());
        }))
      followers.insert(&other);
  for (Operation *follower : followers) {
    if (follower == op || follower->hasTrait<OpTrait::IsTerminator>())
      continue;
    for (Value operand : follower->getOperands()) {
      Operation *made = operand.getDefiningOp();
      if (made && !isa<ConstantOp>(made) && !followers.contains(made))
        return false;
      Dims dims(result.size() - rankOf(operand), DimExpr::constant(b.getContext(), 1));
      llvm::append_range(dims, dimsOf(operand.getType()));
      bool all = true, none = true;
      for (size_t i = first; i < last; ++i) {
        all &= dims[i] == result[i];
        none &= dims[i] == 1;
      }
      if (!all && !none)
        return false;
    }
  }
  return true;
}

// ---- positions -------------------------------------------------------------------------------

/// Element (row, k) of a matmul's A.
Position ContractionSchedule::lhsPosition(Coord row, Coord k) {
  auto matmul = cast<MatMulOp>(op);
  int64_t rank = rankOf(shape.lhs), resultRank = rankOf(op->getResult(0));
  SmallVector<Value> batch = outer;
  llvm::append_range(batch, kernel.delinearize(row.base, shape.rows));
  Position position(rank);
  Dims dims = dimsOf(shape.lhs.getType());
  for (int64_t i = 0; i < rank - 2; ++i)
    position[i] = Elements::uniform(dims[i] == 1 ? kernel.index(0) : batch[resultRank - rank + i]);
  Coord m = shape.rows.size() == 1 ? row : Elements::uniform(batch.back());
  position[rank - 2] = matmul.getTransposeLhs() ? k : m;
  position[rank - 1] = matmul.getTransposeLhs() ? m : k;
  return position;
}

/// Element (row, column) of the result; rows may lie in lanes if one number stands for all their indices.
Position ContractionSchedule::resultPosition(Coord row, Coord column) {
  Position position;
  if (conv) {
    if (conv.getGroups() != 1)
      column.base = kernel.add(column.base, kernel.mul(outer[0], kernel.size(shape.columns)));
  } else {
    for (Value index : outer)
      position.push_back(Elements::uniform(index));
  }
  if (alike || shape.rows.size() == 1) {
    // The number of the row stands for all its indices. It takes the place of the innermost that can be
    // more than 0: in a dimension of size 1 it would be taken for one that is not broadcast.
    size_t carrier = shape.rows.size() - 1;
    while (carrier > 0 && shape.rows[carrier] == 1)
      --carrier;
    for (size_t i = 0; i < shape.rows.size(); ++i)
      position.push_back(i == carrier ? row : Elements::uniform(kernel.index(0)));
  } else {
    for (Value index : kernel.delinearize(kernel.add(row.base, row.offset), shape.rows))
      position.push_back(Elements::uniform(index));
  }
  position.push_back(column);
  return position;
}
// ---- tiles -----------------------------------------------------------------------------------

void ContractionSchedule::emitTile(Matrix lhs, Value blockStart, Value row, Value column, int64_t rows, int64_t vectors,
                                   Value mask) {
  int64_t width = tiling.lanes;
  Value depth = kernel.size(shape.depth), stride = kernel.size(lhs.stride);
  Value start = kernel.add(lhs.start, kernel.mul(kernel.sub(row, blockStart), stride));
  // Where each vector's column begins: panels of 16 columns, each [k][16].
  Value relative = kernel.sub(column, panelColumn);
  // What is left of an unknown number of columns is done a vector at a time, from any of them on.
  bool isAligned =
      tiling.tileColumns() % panelColumns == 0 && (shape.columns.isConstant() || vectors == tiling.tileVectors);
  RegisterTile tile{{rows, vectors}, width, shape.sumType};
  tile.lhs = lhs.memory;
  tile.lhsStart = start;
  tile.lhsStride = stride;
  tile.rhs = panels;
  tile.rhsStep = panelColumns;
  if (packed)
    tile.rhsElement = elementOf(shape.rhs);
  for (int64_t v = 0; v < vectors; ++v) {
    Value at = isAligned ? relative : kernel.add(relative, v * width);
    Value panel = kernel.div(at, panelColumns), within = isAligned ? kernel.index(0) : kernel.rem(at, panelColumns);
    if (isAligned) {
      panel = kernel.add(panel, v * width / panelColumns);
      within = kernel.index(v * width % panelColumns);
    }
    tile.rhsStarts.push_back(
        kernel.add(kernel.add(panelStart, kernel.mul(kernel.mul(panel, depth), panelColumns)), within));
  }
  SmallVector<Value> sums = emitRegisterTile(kernel, tile, depth, tile.zeros(kernel));

  Elements elements(kernel, width);
  Value current;
  elements.bind(op->getResult(0), [&](const Position &) { return current; });
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t v = 0; v < vectors; ++v) {
      current = sums[r * vectors + v];
      elements.setMask(v == vectors - 1 ? mask : Value());
      elements.storeResults(resultPosition(Coord{row, r, 0, 0, {}}, Coord{column, v * width, 1, 0, {}}));
    }
}

/// All rows of a block, for one tile of columns.
void ContractionSchedule::emitRows(Matrix lhs, Value blockStart, Value firstRow, Value lastRow, Value column,
                                   int64_t vectors, Value mask) {
  Value row = firstRow;
  auto emitWhile = [&](int64_t height) {
    Value count = kernel.div(kernel.sub(lastRow, row), height);
    Value end = kernel.add(row, kernel.mul(count, height));
    kernel.loop(row, end, height, [&](Value at) { emitTile(lhs, blockStart, at, column, height, vectors, mask); });
    row = end;
  };
  emitWhile(tiling.tileRows);
  if (shape.rowCount().isConstant()) {
    for (int64_t height : tiling.tailRows)
      kernel.when(kernel.less(row, lastRow), [&] { emitTile(lhs, blockStart, row, column, height, vectors, mask); });
    return;
  }
  for (int64_t height : tiling.tailRows)
    emitWhile(height);
}

/// `rows` rows, one or as many as a vector has lanes, of all of a few columns.
void ContractionSchedule::emitDotRows(Matrix lhs, Value blockStart, Value row, int64_t rows) {
  int64_t width = tiling.lanes;
  Value depth = kernel.size(shape.depth), stride = kernel.size(lhs.stride);
  DotTile tile{rows, width, shape.sumType};
  tile.lhs = lhs.memory;
  tile.lhsStart = kernel.add(lhs.start, kernel.mul(kernel.sub(row, blockStart), stride));
  tile.lhsStride = stride;
  tile.rhs = panels;
  tile.rhsElement = elementOf(shape.rhs);
  bool together = rows > 1 && (alike || shape.rows.size() == 1);
  Elements elements(kernel, together ? width : 1);
  Value current;
  elements.bind(op->getResult(0), [&](const Position &) { return current; });
  for (int64_t column = 0; column < *shape.columns.constantValue(); ++column) {
    tile.rhsStart = kernel.add(panelStart, kernel.mul(depth, column));
    Value sums = emitDotTile(kernel, tile, depth);
    Coord at = Elements::uniform(kernel.index(column));
    if (together) {
      current = sums;
      elements.storeResults(resultPosition(Coord{row, 0, 1, 0, {}}, at));
      continue;
    }
    for (int64_t r = 0; r < rows; ++r) {
      current = vector::ExtractStridedSliceOp::create(b, sums, ArrayRef(r), ArrayRef<int64_t>(1), ArrayRef<int64_t>(1));
      elements.storeResults(resultPosition(Coord{row, r, 0, 0, {}}, at));
    }
  }
}

/// All rows of a block, for all of a few columns.
void ContractionSchedule::emitDots(Matrix lhs, Value firstRow, Value lastRow) {
  int64_t height = tiling.tileRows;
  Value rest = kernel.add(firstRow, kernel.mul(kernel.div(kernel.sub(lastRow, firstRow), height), height));
  kernel.loop(firstRow, rest, height, [&](Value row) { emitDotRows(lhs, firstRow, row, height); });
  kernel.loop(rest, lastRow, 1, [&](Value row) { emitDotRows(lhs, firstRow, row, 1); });
}

void ContractionSchedule::emit() {
  MLIRContext *context = b.getContext();
  DimExpr rows = shape.rowCount();
  SmallVector<DimExpr> grid(shape.outer);
  grid.push_back(shape.columns.ceilDiv(tiling.columnBlock));
  if (packed)
    grid.push_back(rows.ceilDiv(tiling.rowBlock));

  // Rows of the packed block do not start in the same cache sets; vectors of slack at the end.
  lhsStride = shape.depth.ceilDiv(16) * 16 + 16;
  if (std::optional<int64_t> stride = lhsStride.constantValue())
    lhsStride = DimExpr::constant(context, (*stride / 16 | 1) * 16);
  if (!direct) {
    DimExpr height = DimExpr::min(rows, DimExpr::constant(context, tiling.rowBlock));
    lhsBlock = kernel.scratch(shape.sumType, height * lhsStride + 4 * lanes);
  }
  if (packed) {
    auto unpack = shape.rhs.getDefiningOp<UnpackOp>();
    panels = kernel.bufferOf(cast<BlockArgument>(unpack.getPanels()));
    panelColumn = kernel.index(0);
  } else {
    panels = kernel.scratch(shape.sumType, shape.depth * DimExpr::min(shape.columns.ceilDiv(16) * 16,
                                                                      DimExpr::constant(context, tiling.columnBlock)));
  }

  kernel.tasks([&](Value task) {
    SmallVector<Value> at = kernel.delinearize(task, grid);
    outer.assign(at.begin(), at.begin() + shape.outer.size());
    Value firstColumn = kernel.mul(at[shape.outer.size()], tiling.columnBlock);
    Value lastColumn = kernel.min(kernel.add(firstColumn, tiling.columnBlock), kernel.size(shape.columns));
    if (packed)
      panelStart = kernel.mul(
          conv ? outer[0] : kernel.index(0),
          kernel.size(shape.depth * (narrow ? shape.columns : shape.columns.ceilDiv(panelColumns) * panelColumns)));
    else
      packPanels(firstColumn, lastColumn);

    auto block = [&](Value firstRow) {
      Value lastRow = kernel.min(kernel.add(firstRow, tiling.rowBlock), kernel.size(rows));
      Matrix lhs{lhsBlock, kernel.index(0), lhsStride};
      if (direct)
        lhs = directLhs(firstRow);
      else
        conv ? packImage(firstRow, lastRow) : packMatrix(firstRow, lastRow);

      if (narrow)
        return emitDots(lhs, firstRow, lastRow);
      auto emit = [&](Value column, int64_t vectors, Value mask) {
        emitRows(lhs, firstRow, firstRow, lastRow, column, vectors, mask);
      };
      int64_t width = tiling.lanes, tile = tiling.tileColumns();
      Value whole = kernel.add(firstColumn, kernel.mul(kernel.div(kernel.sub(lastColumn, firstColumn), tile), tile));
      kernel.loop(firstColumn, whole, tile, [&](Value column) { emit(column, tiling.tileVectors, {}); });
      if (std::optional<int64_t> columns = shape.columns.constantValue()) {
        // Blocks are whole tiles, so that only the last has some columns over.
        int64_t rest = *columns % tile;
        if (!rest)
          return;
        Value mask;
        if (rest % width)
          mask = vector::CreateMaskOp::create(b, VectorType::get({width}, b.getI1Type()),
                                              ValueRange(kernel.index(rest % width)));
        auto last = [&] { emit(whole, llvm::divideCeil(rest, width), mask); };
        *columns <= tiling.columnBlock ? last() : kernel.when(kernel.less(whole, lastColumn), last);
        return;
      }
      Value single = whole;
      if (tiling.tileVectors > 1) {
        single = kernel.add(whole, kernel.mul(kernel.div(kernel.sub(lastColumn, whole), width), width));
        kernel.loop(whole, single, width, [&](Value column) { emit(column, 1, {}); });
      }
      kernel.when(kernel.less(single, lastColumn), [&] {
        emit(single, 1,
             vector::CreateMaskOp::create(b, VectorType::get({width}, b.getI1Type()),
                                          ValueRange(kernel.sub(lastColumn, single))));
      });
    };
    if (packed)
      block(kernel.mul(at.back(), tiling.rowBlock));
    else
      kernel.loop(kernel.index(0), kernel.size(rows), tiling.rowBlock, block);
  });
  kernel.finish({product(context, grid)});
}

LogicalResult simd::scheduleContraction(func::FuncOp source, const Target &target) {
  FailureOr<Operation *> anchor = ContractionShape::anchorOf(source);
  if (failed(anchor))
    return failure();
  if (auto conv = dyn_cast<ConvOp>(*anchor); conv && conv.getFilter().getDefiningOp<WinogradFilterOp>())
    return simd::scheduleWinograd(source, target);
  ContractionSchedule(source, target, *anchor).emit();
  return success();
}

} // namespace treadle
