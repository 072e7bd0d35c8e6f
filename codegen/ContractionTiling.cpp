//===- ContractionTiling.cpp - how a product is cut into pieces -------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tiles are found by trying all that fit the registers and counting cycles: a step of the depth costs
// as many as its multiply-adds, its loads, or the latency of one multiply-add take, whichever is
// most. Blocks are as large as a few microseconds of work and the second-level cache allow.
//
//===----------------------------------------------------------------------===//

#include "codegen/Contraction.h"
#include "codegen/Kernel.h"
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

struct TileCost {
  const Target &target;

  double perStep(int64_t rows, int64_t vectors) const {
    double products = double(rows * vectors) / target.fmasPerCycle;
    double loads = double(rows + vectors) / target.loadsPerCycle;
    return std::max({products, loads, double(target.fmaLatency)}) + 0.5; // the loop's own
  }

  /// Cycles a step for all rows and columns of a block, what is left over included.
  double total(int64_t rows, int64_t columns, int64_t tileRows, int64_t tileVectors, int64_t lanes) const {
    int64_t vectors = llvm::divideCeil(columns, lanes);
    auto acrossColumns = [&](int64_t height) {
      double cost = vectors / tileVectors * perStep(height, tileVectors);
      return vectors % tileVectors ? cost + perStep(height, vectors % tileVectors) : cost;
    };
    double cost = rows / tileRows * acrossColumns(tileRows);
    return rows % tileRows ? cost + acrossColumns(rows % tileRows) : cost;
  }
};

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

  TileCost cost{target};
  double best = 0;
  int64_t maxRows = shape.depth.isConstant() ? target.vectorRegisters : maxDynamicRows;
  for (int64_t height = 1; height <= std::min(maxRows, rows); ++height)
    for (int64_t vectors = 1; height * vectors + vectors + 1 <= target.vectorRegisters; ++vectors) {
      if (vectors > 1 && (vectors - 1) * tiling.lanes >= columns)
        break;
      double cycles = cost.total(knownRows ? rows : 1000, columns, height, vectors, tiling.lanes);
      // Of equals the one with the fewest loads.
      cycles *= 1 + 0.01 * (1.0 / height + 1.0 / (vectors * 2));
      if (best == 0 || cycles < best) {
        best = cycles;
        tiling.tileRows = height;
        tiling.tileVectors = vectors;
      }
    }

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
