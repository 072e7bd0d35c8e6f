//===- AsyncContraction.cpp - products of what a device copies by itself ------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A workgroup makes a tile of the result. One of its subgroups does nothing but start copies, of boxes of both
// operands, into a ring of stages in shared memory; the others multiply from there, units of threads with some rows of
// the tile each, whose sums stay in registers. Nobody waits for everybody: two transaction barriers a stage say that it
// has been filled, and that it is free again.
//
//     copying subgroup, one thread               multiplying units
//       for each block of the depth                for each block of the depth
//         wait until the stage is free               wait until the stage is filled
//         start the copies into it                   start sums += A * B of this block
//                                                    wait for the products before; their stage is free
//                                                  the sums become results (SumTile.h)
//
// (The scheme of CUTLASS's warp-specialized kernels, Thakkar et al.; the order of waits is that of FlashAttention-3's
// producers and consumers, Shah et al. 2024.) It deliberately does without clusters of workgroups, and without giving
// registers from one subgroup to another: the copying one is only 32 threads.
//
//===----------------------------------------------------------------------===//

#include "codegen/simt/MatrixContraction.h"
#include "codegen/simt/SumTile.h"
#include "dialects/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

// What sizes that are known only at run time are taken to be: of small ones any tile is soon done.
constexpr int64_t usualSize = 2048;
constexpr int64_t mostStages = 6;

using simt::BoxSource, simt::BoxTile, simt::ContractionElements, simt::StageRing, simt::SumTile;
using Side = ContractionElements::Side;

class AsyncContraction {
public:
  struct Plan {
    const MatrixUnit *unit;
    int64_t units; // of threads, each with its rows of the tile
  };
  AsyncContraction(func::FuncOp source, const Target &target, Operation *op, Plan plan);
  /// Whether both operands can be copied.
  bool isPossible() { return lhs.source && rhs.source; }
  void emit();

private:
  struct Operand {
    std::optional<BoxSource> source;
    int64_t rows = 1;   // of the tile; of B its columns
    int64_t offset = 0; // in a stage
    std::optional<BoxTile> tile{};
    Value first{}; // the tile's first row
  };

  void copyTile(const Operand &operand, Value k, Value stage);
  Value placeOf(const Operand &operand, Value stage, Value part, int64_t step);
  void copy();
  Value multiplyStage(Value stage, Value sums);
  Value multiply();
  void setUpBarriers();

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  const MatrixUnit &unit;
  int64_t units;
  ContractionElements product;
  const ContractionShape &shape;
  Type element; // as stored
  int64_t elementBytes, depthBlock, stageElements = 0;
  Operand lhs, rhs;
  std::optional<StageRing> ring;
  Value staged, barriers;
};

AsyncContraction::AsyncContraction(func::FuncOp source, const Target &target, Operation *op, Plan plan)
    : kernel(source, target), b(kernel.b), unit(*plan.unit), units(plan.units), product(kernel, op),
      shape(product.shape), element(storageType(elementOf(shape.lhs))),
      elementBytes(element.getIntOrFloatBitWidth() / 8), depthBlock(simt::boxRowBytes / elementBytes) {
  lhs.rows = units * unit.rows;
  rhs.rows = unit.columns;
  rhs.offset = lhs.rows * depthBlock;
  stageElements = (lhs.rows + rhs.rows) * depthBlock;
  for (auto [operand, side] : {std::pair(&lhs, Side::lhs), std::pair(&rhs, Side::rhs)}) {
    operand->source = product.boxesOf(side);
    if (operand->source && !BoxTile::fits(*operand->source, element, operand->rows))
      operand->source.reset();
  }
}

// ---- copies ----------------------------------------------------------------------------------

void AsyncContraction::copyTile(const Operand &operand, Value k, Value stage) {
  Value start = kernel.add(kernel.mul(stage, stageElements), operand.offset);
  operand.tile->copy(operand.first, k, staged, start, barriers, ring->filled(stage));
}

/// By one thread.
void AsyncContraction::copy() {
  StageRing::Turn first = ring->first();
  kernel.loop(kernel.index(0), kernel.size(shape.depth), depthBlock, {first.stage, first.parity},
              [&](Value k, ValueRange carried) {
                StageRing::Turn turn{carried[0], carried[1]};
                ring->startFilling(turn, stageElements * elementBytes);
                copyTile(lhs, k, turn.stage);
                copyTile(rhs, k, turn.stage);
                StageRing::Turn following = ring->next(turn);
                return SmallVector<Value>{following.stage, following.parity};
              });
}

// ---- products --------------------------------------------------------------------------------

/// Where the unit's rows of an operand begin, for a step of the unit's depth.
Value AsyncContraction::placeOf(const Operand &operand, Value stage, Value part, int64_t step) {
  int64_t rows = &operand == &lhs ? unit.rows : 0;
  Value start = kernel.add(kernel.mul(stage, stageElements), operand.offset);
  start = kernel.add(start, kernel.mul(part, operand.tile->offsetOf(rows, 0)));
  return kernel.add(start, operand.tile->offsetOf(0, step * unit.depth));
}

Value AsyncContraction::multiplyStage(Value stage, Value sums) {
  Value part = kernel.div(kernel.thread(), unit.threads());
  auto isUnsigned = [&](Value operand) { return elementOf(operand).isUnsignedInteger(); };
  Type type = element.isInteger(8) ? element : elementOf(shape.lhs);
  tile::MultiplyBeginOp::create(b);
  for (int64_t step = 0; step < depthBlock / unit.depth; ++step)
    sums = tile::MultiplySharedOp::create(b, sums.getType(), ArrayRef<int64_t>{unit.rows, unit.columns, unit.depth},
                                          type, staged, placeOf(lhs, stage, part, step), staged,
                                          placeOf(rhs, stage, part, step), sums, depthBlock, lhs.tile->isTurned(),
                                          rhs.tile->isTurned(), isUnsigned(shape.lhs), isUnsigned(shape.rhs));
  tile::MultiplyCommitOp::create(b);
  return sums;
}

/// The loop carries the sums, where the ring is, and the stage that is multiplied.
Value AsyncContraction::multiply() {
  auto type = VectorType::get({unit.sums.count()}, shape.sumType);
  Value none = arith::ConstantOp::create(b, b.getZeroAttr(type)), zero = kernel.index(0);
  SmallVector<Value> last = kernel.loop(
      zero, kernel.size(shape.depth), depthBlock, {none, zero, zero, zero}, [&](Value k, ValueRange carried) {
        StageRing::Turn turn{carried[1], carried[2]};
        ring->waitUntilFilled(turn);
        Value sums = multiplyStage(turn.stage, carried[0]);
        sums = tile::MultiplyWaitOp::create(b, sums.getType(), 1, sums);
        Value isLater = kernel.less(zero, k);
        kernel.when(arith::AndIOp::create(b, isLater, simt::isFirstLane(kernel)), [&] { ring->free(carried[3]); });
        StageRing::Turn following = ring->next(turn);
        return SmallVector<Value>{sums, following.stage, following.parity, turn.stage};
      });
  return tile::MultiplyWaitOp::create(b, last[0].getType(), 0, last[0]);
}

// ---- the kernel ------------------------------------------------------------------------------

void AsyncContraction::setUpBarriers() {
  kernel.when(simt::isFirstThread(kernel), [&] { ring->init(); });
  tile::BarrierPublishOp::create(b);
  kernel.barrier();
}

void AsyncContraction::emit() {
  int64_t multiplying = units * unit.threads();
  kernel.setThreads(multiplying + kernel.target.subgroupThreads);
  for (Operand *operand : {&lhs, &rhs})
    operand->tile.emplace(kernel, *operand->source, element, operand->rows, depthBlock);
  SumTile tile(kernel, product, unit, {units, 1, 1, 1});

  // Two workgroups side by side where both find their sums in registers.
  bool isAlone = unit.sums.count() * 2 > kernel.target.threadRegisters;
  int64_t available = kernel.target.mostSharedBytes / (isAlone ? 1 : 2) - simt::boxPatternBytes;
  int64_t stageBytes = stageElements * elementBytes;
  int64_t stages = std::clamp<int64_t>(available / (stageBytes + 2 * StageRing::barrierBytes), 2, mostStages);
  ring.emplace(kernel, stages, /*readers=*/multiplying / kernel.target.subgroupThreads);
  int64_t stagesBytes = std::max(stages * stageBytes, tile.bytes());
  Value memory =
      kernel.shared(b.getI8Type(), stagesBytes + ring->barrierCount() * StageRing::barrierBytes, simt::boxPatternBytes);
  staged = simt::sharedPart(kernel, memory, element, stages * stageElements, 0);
  barriers = simt::sharedPart(kernel, memory, b.getI64Type(), ring->barrierCount(), stagesBytes);
  Value results = simt::sharedPart(kernel, memory, shape.sumType, tile.elements(), 0);
  ring->setBarriers(barriers);

  kernel.tasks([&](Value task) {
    std::tie(lhs.first, rhs.first) = tile.enter(task);
    setUpBarriers();
    auto type = VectorType::get({unit.sums.count()}, shape.sumType);
    Value multiplies = kernel.less(kernel.thread(), kernel.index(multiplying));
    auto branch = scf::IfOp::create(b, TypeRange(type), multiplies, /*withElseRegion=*/true);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(branch.thenBlock());
      scf::YieldOp::create(b, multiply());
      b.setInsertionPointToStart(branch.elseBlock());
      kernel.when(simt::isFirstLane(kernel), [&] { copy(); });
      scf::YieldOp::create(b, ValueRange(arith::ConstantOp::create(b, b.getZeroAttr(type))));
    }
    tile.store(results, lhs.first, rhs.first, branch.getResults()[0]);
    kernel.when(simt::isFirstThread(kernel), [&] { ring->end(); });
  });
  kernel.finish({graph::product(b.getContext(), tile.grid())});
}

/// The largest tile of which there are enough; or the smallest, unless there are so few that smaller ones, which
/// share out the depth, are done sooner.
std::optional<AsyncContraction::Plan> planOf(const Target &target, const ContractionShape &shape) {
  ContractionShape::Sizes sizes = shape.sizesOr(usualSize);
  std::optional<AsyncContraction::Plan> plan;
  int64_t tiles = 0;
  for (int64_t units : {2, 1})
    for (const MatrixUnit &unit : target.sharedUnits) {
      bool fits = unit.multiplies(elementOf(shape.lhs)) && unit.multiplies(elementOf(shape.rhs)) &&
                  unit.rows * units <= sizes.rows && unit.columns <= sizes.columns;
      if (!fits)
        continue;
      plan = {&unit, units};
      tiles = sizes.tiles(unit.rows * units, unit.columns);
      if (tiles >= simt::enoughTiles)
        return plan;
    }
  bool areFew = tiles < simt::enoughTiles / 2;
  return areFew && simt::sharesDepth(target, shape) ? std::nullopt : plan;
}

} // namespace

bool simt::scheduleAsyncContraction(func::FuncOp source, const Target &target, Operation *op) {
  ContractionShape shape = ContractionShape::of(op);
  std::optional<AsyncContraction::Plan> plan = planOf(target, shape);
  int64_t blockDepth = simt::boxRowBytes * 8 / storageType(elementOf(shape.lhs)).getIntOrFloatBitWidth();
  // Of a single block nothing is copied while something is multiplied.
  if (!plan || shape.sizesOr(usualSize).depth < 2 * blockDepth)
    return false;
  AsyncContraction contraction(source, target, op, *plan);
  if (!contraction.isPossible())
    return false;
  contraction.emit();
  return true;
}

} // namespace treadle
