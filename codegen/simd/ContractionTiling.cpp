//===- ContractionTiling.cpp - how a product is cut into pieces -------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tiles are those that suit the registers (RegisterTile.h). Blocks, which are tasks, are found by trying
// many and counting cycles: what must come from which cache, what is packed again for each block, and how
// long the last task runs alone.
//
//===----------------------------------------------------------------------===//

#include "codegen/simd/ContractionTiling.h"
#include "codegen/simd/RegisterTile.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

// What sizes that are known only at run time are taken to be: places of an image, else tokens.
constexpr int64_t usualPlaces = 4096, usualSize = 256;

/// Rows in tiles whose addresses are not constant: each takes a general register.
constexpr int64_t maxDynamicRows = 6;

int64_t sizeOr(DimExpr dim, int64_t usual) { return std::max<int64_t>(dim.constantValue().value_or(usual), 1); }

/// Cycles that a cut into blocks takes.
struct BlockCost {
  const Target &target;
  int64_t outer, rows, columns, depth, elementBytes;
  int64_t tileRows, tileColumns, lanes;
  bool packsLhs, packsRhs;

  // A machine that is usual: cores that share the tasks; cycles that a task, and that waking others take.
  static constexpr int64_t cores = 4, taskCycles = 200, wakingCycles = 4000;
  static constexpr double packingCyclesPerElement = 0.3;

  double operator()(int64_t rowBlock, int64_t columnBlock) const {
    auto times = [](int64_t size, int64_t block) { return double(llvm::divideCeil(size, block)); };
    double lhsBytes = double(rows) * depth * elementBytes, rhsBytes = double(columns) * depth * elementBytes;
    double rowBytes = double(depth) * elementBytes, tileBytes = tileColumns * rowBytes;

    // Of B a tile's columns stay in the first-level cache for all rows of a block, or come again for each tile.
    bool rhsStays = tileBytes + tileRows * rowBytes <= 0.75 * target.l1Bytes;
    bool lhsStays = tileBytes + rowBlock * rowBytes <= 0.75 * target.l1Bytes;
    double fromL2 = rhsBytes * (rhsStays ? times(rows, rowBlock) : times(rows, tileRows)) +
                    lhsBytes * (lhsStays ? times(columns, columnBlock) : times(columns, tileColumns));
    // A block of B serves all blocks of rows, which follow each other; one of A all tiles of columns.
    bool rhsFits = columnBlock * rowBytes <= 0.5 * target.l2Bytes,
         lhsFits = rowBlock * rowBytes <= 0.5 * target.l2Bytes;
    double fromMemory = rhsBytes * (rhsFits ? 1 : times(rows, rowBlock)) +
                        lhsBytes * (lhsFits ? times(columns, columnBlock) : times(columns, tileColumns));

    double cycles = double(rows) * columns * depth / (lanes * target.fmasPerCycle);
    cycles += 0.5 * fromL2 / target.l2BytesPerCycle + fromMemory / target.memoryBytesPerCycle;
    if (packsLhs)
      cycles += packingCyclesPerElement * rows * depth * times(columns, columnBlock);
    if (packsRhs)
      cycles += packingCyclesPerElement * columns * depth;
    cycles *= outer;

    double tasks = outer * times(columns, columnBlock) * (packsRhs ? 1 : times(rows, rowBlock));
    double shared = (cycles + tasks * taskCycles) / std::min(double(cores), tasks);
    return shared + cycles / tasks / 2 + (tasks > 1 ? wakingCycles : 0);
  }
};

/// 1, 2, 3, 4, 6, 8, 12, 16, 24, .. times `unit` below `size`, then `size` in whole units.
SmallVector<int64_t> blockSizes(int64_t unit, int64_t size) {
  SmallVector<int64_t> sizes;
  int64_t whole = llvm::alignTo(size, unit);
  for (int64_t factor = 1; factor * unit < whole; factor *= 2) {
    sizes.push_back(factor * unit);
    if (factor > 1 && factor * 3 / 2 * unit < whole)
      sizes.push_back(factor * 3 / 2 * unit);
  }
  sizes.push_back(whole);
  return sizes;
}

} // namespace

ContractionTiling ContractionTiling::choose(const ContractionShape &shape, const Target &target, bool packsLhs,
                                            bool packsRhs, bool narrow) {
  ContractionTiling tiling;
  std::optional<int64_t> knownRows = shape.rowCount().constantValue();
  int64_t rows = sizeOr(shape.rowCount(), isa<ConvOp>(shape.op) ? usualPlaces : usualSize);
  int64_t columns = sizeOr(shape.columns, usualSize);
  int64_t depth = sizeOr(shape.depth, usualSize);

  // Few columns fill a narrower vector better; panels have room for four. A vector is of one panel.
  tiling.lanes = std::min<int64_t>(
      {target.lanes(shape.sumType), UnpackOp::panelColumns, std::max<int64_t>(llvm::PowerOf2Ceil(columns), 4)});

  int64_t maxRows = shape.depth.isConstant() ? target.vectorRegisters : maxDynamicRows;
  TileShape tile = TileShape::choose(knownRows ? rows : 1000, columns, tiling.lanes, std::min(maxRows, rows), target);
  tiling.tileRows = tile.rows;
  tiling.tileVectors = tile.vectors;
  if (narrow) {
    tiling.lanes = tiling.tileRows = target.lanes(shape.sumType);
    tiling.tileVectors = 1;
  }

  int64_t elementBytes = std::max<int64_t>(shape.sumType.getIntOrFloatBitWidth() / 8, 1);
  int64_t outer = sizeOr(product(shape.op->getContext(), shape.outer), 1);
  BlockCost cost{target,       outer,    rows,    columns, depth, elementBytes, tiling.tileRows, tiling.tileColumns(),
                 tiling.lanes, packsLhs, packsRhs};
  double best = 0;
  for (int64_t columnBlock : blockSizes(std::lcm<int64_t>(tiling.tileColumns(), 16), columns))
    for (int64_t rowBlock : blockSizes(tiling.tileRows, rows)) {
      double cycles = cost(rowBlock, columnBlock);
      if (best != 0 && cycles >= best)
        continue;
      best = cycles;
      tiling.rowBlock = rowBlock;
      tiling.columnBlock = columnBlock;
    }
  // Equal shares.
  if (knownRows)
    tiling.rowBlock = llvm::alignTo(llvm::divideCeil(rows, llvm::divideCeil(rows, tiling.rowBlock)), tiling.tileRows);
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
