//===- Boxes.cpp - what a device copies to shared memory by itself ------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/simt/Boxes.h"
#include "codegen/simt/SharedRows.h"
#include "dialects/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using treadle::graph::DimExpr;

namespace treadle::simt {

// ---- operands --------------------------------------------------------------------------------

std::optional<BoxSource> BoxSource::of(Type element, Memory memory) {
  constexpr size_t mostDims = 5;
  bool isTurned = memory.depthStride != 1;
  if (isTurned && memory.rowStride != 1)
    return std::nullopt;
  Kernel::Boxes boxes{memory.outerSizes, memory.outerStrides, {}};
  boxes.strides.push_back(isTurned ? memory.depthStride : memory.rowStride);
  boxes.sizes.push_back(isTurned ? memory.depth : memory.rows);
  boxes.sizes.push_back(isTurned ? memory.rows : memory.depth);
  int64_t chunk = SharedRows(element, 0).chunk;
  if (boxes.sizes.size() > mostDims ||
      llvm::any_of(boxes.strides, [&](DimExpr stride) { return !stride.isMultipleOf(chunk); }))
    return std::nullopt;
  auto at = [outer = memory.outer, isTurned](Value row, Value k) {
    SmallVector<Value> place = outer();
    place.append({isTurned ? k : row, isTurned ? row : k});
    return place;
  };
  return BoxSource{memory.buffer, isTurned, boxes, at};
}

// ---- tiles -----------------------------------------------------------------------------------

static constexpr int64_t mostBoxRows = 256;

BoxTile::BoxTile(Kernel &kernel, BoxSource from, Type stored, int64_t rows, int64_t depth)
    : kernel(kernel), source(std::move(from)), elementBytes(stored.getIntOrFloatBitWidth() / 8),
      rowElements(boxRowBytes / elementBytes), rows(rows), depth(depth) {
  Kernel::Boxes shaped = source.boxes;
  shaped.shape.assign(shaped.sizes.size() - 2, 1);
  shaped.shape.push_back(std::min(source.isTurned ? depth : rows, mostBoxRows));
  shaped.shape.push_back(rowElements); // a row of shared memory either way
  boxes = kernel.boxes(source.buffer, shaped);
}

bool BoxTile::fits(const BoxSource &source, Type stored, int64_t rows) {
  int64_t bytes = stored.getIntOrFloatBitWidth() / 8;
  return !source.isTurned || (bytes == 2 && rows % (boxRowBytes / bytes) == 0);
}

int64_t BoxTile::offsetOf(int64_t row, int64_t k) const {
  if (source.isTurned)
    return (row / rowElements * depth + k) * rowElements;
  return (k / rowElements * rows + row) * rowElements + k % rowElements;
}

void BoxTile::copy(Value row, Value k, Value memory, Value place, Value barriers, Value barrier) const {
  int64_t across = source.isTurned ? rows : depth, along = source.isTurned ? depth : rows;
  for (int64_t i = 0; i < across; i += rowElements)
    for (int64_t j = 0; j < along; j += mostBoxRows) {
      Value boxRow = kernel.add(row, source.isTurned ? i : j), boxK = kernel.add(k, source.isTurned ? j : i);
      Value to = kernel.add(place, (i / rowElements * along + j) * rowElements);
      tile::CopyBoxOp::create(kernel.b, boxes, source.at(boxRow, boxK), memory, to, barriers, barrier);
    }
}

// ---- stages ----------------------------------------------------------------------------------

StageRing::Turn StageRing::first() { return {kernel.index(0), kernel.index(0)}; }

StageRing::Turn StageRing::next(Turn turn) {
  Value following = kernel.add(turn.stage, 1);
  Value isEnd = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, following, kernel.index(stages));
  Value other = arith::XOrIOp::create(b, turn.parity, kernel.index(1));
  return {arith::SelectOp::create(b, isEnd, kernel.index(0), following),
          arith::SelectOp::create(b, isEnd, other, turn.parity)};
}

void StageRing::init() {
  for (int64_t i = 0; i < stages; ++i) {
    Value stage = kernel.index(i);
    tile::BarrierInitOp::create(b, barriers, filled(stage), 1);
    tile::BarrierInitOp::create(b, barriers, freed(stage), readers);
  }
}

void StageRing::end() {
  for (int64_t i = 0; i < barrierCount(); ++i)
    tile::BarrierEndOp::create(b, barriers, kernel.index(i));
}

/// Stages that have never been filled are free: so is who waits for the phase before the first.
void StageRing::startFilling(Turn turn, int64_t bytes) {
  tile::BarrierWaitOp::create(b, barriers, freed(turn.stage), arith::XOrIOp::create(b, turn.parity, kernel.index(1)));
  tile::BarrierExpectOp::create(b, barriers, filled(turn.stage), bytes);
}

void StageRing::waitUntilFilled(Turn turn) {
  tile::BarrierWaitOp::create(b, barriers, filled(turn.stage), turn.parity);
}

void StageRing::free(Value stage) { tile::BarrierArriveOp::create(b, barriers, freed(stage)); }

// ---- threads and memory ----------------------------------------------------------------------

Value isFirstThread(Kernel &kernel) {
  return arith::CmpIOp::create(kernel.b, arith::CmpIPredicate::eq, kernel.thread(), kernel.index(0));
}

Value isFirstLane(Kernel &kernel) {
  Value lane = kernel.rem(kernel.thread(), kernel.target.subgroupThreads);
  return arith::CmpIOp::create(kernel.b, arith::CmpIPredicate::eq, lane, kernel.index(0));
}

Value sharedPart(Kernel &kernel, Value memory, Type type, int64_t count, int64_t byteOffset) {
  auto space = cast<MemRefType>(memory.getType()).getMemorySpace();
  auto part = MemRefType::get({count}, type, MemRefLayoutAttrInterface(), space);
  return memref::ViewOp::create(kernel.b, part, memory, kernel.index(byteOffset), ValueRange());
}

} // namespace treadle::simt
