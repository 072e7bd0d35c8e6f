//===- ContractionTiling.cpp - how a product is cut into pieces -------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tiles are those that suit the registers (RegisterTile.h). Blocks are as large as a few microseconds of
// work and the second-level cache allow.
//
//===----------------------------------------------------------------------===//

#include "codegen/Contraction.h"
#include "codegen/RegisterTile.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

// What sizes that are known only at run time are taken to be.
constexpr int64_t usualSize = 256;

/// Floating-point operations of a task: some tens of microseconds.
constexpr int64_t taskFlops = 4'000'000;
/// Bytes of B that a task of few rows streams through.
constexpr int64_t taskBytes = 512 << 10;

/// Rows in tiles whose addresses are not constant: each takes a general register.
constexpr int64_t maxDynamicRows = 6;

int64_t sizeOr(DimExpr dim, int64_t usual) { return std::max<int64_t>(dim.constantValue().value_or(usual), 1); }

} // namespace

ContractionShape ContractionShape::of(Operation *op) {
  ContractionShape shape;
  shape.op = op;
  MLIRContext *context = op->getContext();
  Dims result = dimsOf(op->getResult(0).getType());
  shape.sumType = computeType(cast<RankedTensorType>(op->getResult(0).getType()).getElementType());
  if (auto matmul = dyn_cast<MatMulOp>(op)) {
    shape.lhs = matmul.getLhs();
    shape.rhs = matmul.getRhs();
    Dims lhs = dimsOf(shape.lhs.getType()), rhs = dimsOf(shape.rhs.getType());
    shape.depth = lhs[matmul.getTransposeLhs() ? lhs.size() - 2 : lhs.size() - 1];
    shape.columns = result.back();
    bool hasBatch = llvm::any_of(ArrayRef(rhs).drop_back(2), [](DimExpr dim) { return dim != 1; });
    // The rows of a transposed A are contiguous along M alone.
    size_t outer = hasBatch || matmul.getTransposeLhs() ? result.size() - 2 : 0;
    shape.outer.assign(result.begin(), result.begin() + outer);
    shape.rows.assign(result.begin() + outer, result.end() - 1);
    return shape;
  }
  auto conv = cast<ConvOp>(op);
  shape.lhs = conv.getInput();
  shape.rhs = conv.getFilter();
  Dims filter = dimsOf(shape.rhs.getType());
  shape.outer = {DimExpr::constant(context, conv.getGroups())};
  shape.rows.assign(result.begin(), result.end() - 1);
  shape.columns = filter[0].floorDiv(conv.getGroups());
  shape.depth = product(context, ArrayRef(filter).drop_front());
  return shape;
}

ContractionTiling ContractionTiling::choose(const ContractionShape &shape, const Target &target, bool packsLhs,
                                            bool packsRhs) {
  ContractionTiling tiling;
  std::optional<int64_t> knownRows = shape.rowCount().constantValue();
  int64_t rows = sizeOr(shape.rowCount(), usualSize), columns = sizeOr(shape.columns, usualSize);
  int64_t depth = sizeOr(shape.depth, usualSize);

  // Few columns fill a narrower vector better; panels have room for four.
  tiling.lanes = std::min<int64_t>(target.lanes(shape.sumType),
                                   std::max<int64_t>(llvm::PowerOf2Ceil(columns), 4));

  int64_t maxRows = shape.depth.isConstant() ? target.vectorRegisters : maxDynamicRows;
  TileShape tile = TileShape::choose(knownRows ? rows : 1000, columns, tiling.lanes, std::min(maxRows, rows), target);
  tiling.tileRows = tile.rows;
  tiling.tileVectors = tile.vectors;

  // Rows of a task: those that are in the second-level cache while all columns go over them.
  int64_t elementBytes = std::max<int64_t>(shape.sumType.getIntOrFloatBitWidth() / 8, 1);
  int64_t cached = std::max<int64_t>(target.l2Bytes / 2 / (depth * elementBytes), 1);
  int64_t wanted = std::max<int64_t>(taskFlops / (2 * columns * depth), 1);
  tiling.rowBlock = llvm::alignTo(std::min({cached, wanted, knownRows.value_or(wanted)}), tiling.tileRows);
  if (packsRhs) // a task goes over all rows, block by block
    tiling.rowBlock = llvm::alignTo(std::min({cached, knownRows.value_or(cached), int64_t(512)}), tiling.tileRows);
  else if (knownRows) { // equal shares
    int64_t blocks = llvm::divideCeil(rows, tiling.rowBlock);
    tiling.rowBlock = llvm::alignTo(llvm::divideCeil(rows, blocks), tiling.tileRows);
  }

  // Columns of a task: all, unless that is too much work for one.
  int64_t taskRows = packsRhs ? rows : std::min(rows, tiling.rowBlock);
  int64_t parts = std::max(2 * taskRows * columns * depth / (2 * taskFlops), depth * columns * elementBytes / (taskRows < 16 ? taskBytes : taskBytes * 16));
  int64_t least = packsLhs ? 128 : 4 * 16;
  tiling.columnBlock = std::max(llvm::divideCeil(columns, std::max<int64_t>(parts, 1)), uint64_t(least));
  tiling.columnBlock = llvm::alignTo(tiling.columnBlock, std::lcm<int64_t>(tiling.tileColumns(), 16));
  if (columns <= tiling.columnBlock)
    tiling.columnBlock = llvm::alignTo(columns, 16);

  if (knownRows) {
    if (rows % tiling.tileRows)
      tiling.tailRows.push_back(rows % tiling.tileRows);
  } else {
    if (tiling.tileRows > 4)
      tiling.tailRows.push_back(4);
    if (tiling.tileRows > 1)
      tiling.tailRows.push_back(1);
  }
  return tiling;
}

} // namespace treadle
