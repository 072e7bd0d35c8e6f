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
// So many tiles keep a device busy.
constexpr int64_t enoughTiles = 128;
constexpr int64_t rowBytes = 128;      // of shared memory (tile.copy_box)
constexpr int64_t patternBytes = 1024; // after which chunks are in the same order again
constexpr int64_t barrierBytes = 8, mostStages = 6;

using simt::ContractionElements, simt::SumTile;
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
    std::optional<ContractionElements::BoxSource> source;
    int64_t rows = 1;   // of the tile; of B its columns
    int64_t offset = 0; // in a stage
    Value boxes, first; // the tile's first row
  };
  /// A place in the ring, and how often it has gone round, modulo 2.
  struct Turn {
    Value stage, parity;
  };

  void makeBoxes(Operand &operand);
  void copyBoxes(const Operand &operand, Value k, Turn turn);
  Value placeOf(const Operand &operand, Value stage, Value part, int64_t step);
  Turn next(Turn turn);
  void copy();
  Value multiplyStage(Value stage, Value sums);
  Value multiply();
  void setUpBarriers();
  void endBarriers();
  Value isFirstThread() { return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, kernel.thread(), kernel.index(0)); }
  Value isFirstLane() {
    Value lane = kernel.rem(kernel.thread(), kernel.target.subgroupThreads);
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, lane, kernel.index(0));
  }
  Value filled(Value stage) { return stage; }
  Value freed(Value stage) { return kernel.add(stage, stages); }

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  const MatrixUnit &unit;
  int64_t units;
  ContractionElements product;
  const ContractionShape &shape;
  Type element; // as stored
  int64_t elementBytes, depthBlock, stages = 1, stageElements = 0;
  Operand lhs, rhs;
  Value staged, barriers;
};

AsyncContraction::AsyncContraction(func::FuncOp source, const Target &target, Operation *op, Plan plan)
    : kernel(source, target), b(kernel.b), unit(*plan.unit), units(plan.units), product(kernel, op),
      shape(product.shape), element(storageType(elementOf(shape.lhs))),
      elementBytes(element.getIntOrFloatBitWidth() / 8), depthBlock(rowBytes / elementBytes) {
  lhs.rows = units * unit.rows;
  rhs.rows = unit.columns;
  rhs.offset = lhs.rows * depthBlock;
  stageElements = (lhs.rows + rhs.rows) * depthBlock;
  for (auto [operand, side] : {std::pair(&lhs, Side::lhs), std::pair(&rhs, Side::rhs)}) {
    operand->source = product.boxesOf(side);
    // Only elements of 16 bits can lie the other way round.
    if (operand->source && operand->source->isTurned && (elementBytes != 2 || operand->rows % depthBlock != 0))
      operand->source.reset();
  }
}

// ---- copies ----------------------------------------------------------------------------------

void AsyncContraction::makeBoxes(Operand &operand) {
  constexpr int64_t mostRows = 256;
  Kernel::Boxes boxes = operand.source->boxes;
  boxes.shape.assign(boxes.sizes.size() - 2, 1);
  boxes.shape.push_back(operand.source->isTurned ? depthBlock : std::min(operand.rows, mostRows));
  boxes.shape.push_back(depthBlock); // a row of shared memory either way
  operand.boxes = kernel.boxes(operand.source->buffer, boxes);
}

void AsyncContraction::copyBoxes(const Operand &operand, Value k, Turn turn) {
  // Turned, a box has as many of the tile's rows as a row of shared memory holds.
  int64_t boxRows = operand.source->isTurned ? depthBlock : operand.rows;
  Value start = kernel.add(kernel.mul(turn.stage, stageElements), operand.offset);
  for (int64_t row = 0; row < operand.rows; row += boxRows)
    tile::CopyBoxOp::create(b, operand.boxes, operand.source->at(kernel.add(operand.first, row), k), staged,
                            kernel.add(start, row * depthBlock), barriers, filled(turn.stage));
}

AsyncContraction::Turn AsyncContraction::next(Turn turn) {
  Value following = kernel.add(turn.stage, 1);
  Value isEnd = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, following, kernel.index(stages));
  Value other = arith::XOrIOp::create(b, turn.parity, kernel.index(1));
  return {arith::SelectOp::create(b, isEnd, kernel.index(0), following),
          arith::SelectOp::create(b, isEnd, other, turn.parity)};
}

/// By one thread. Stages that have never been filled are free: so is who waits for the phase before the first.
void AsyncContraction::copy() {
  kernel.loop(kernel.index(0), kernel.size(shape.depth), depthBlock, {kernel.index(0), kernel.index(0)},
              [&](Value k, ValueRange carried) {
                Turn turn{carried[0], carried[1]};
                tile::BarrierWaitOp::create(b, barriers, freed(turn.stage),
                                            arith::XOrIOp::create(b, turn.parity, kernel.index(1)));
                tile::BarrierExpectOp::create(b, barriers, filled(turn.stage), stageElements * elementBytes);
                copyBoxes(lhs, k, turn);
                copyBoxes(rhs, k, turn);
                Turn following = next(turn);
                return SmallVector<Value>{following.stage, following.parity};
              });
}

// ---- products --------------------------------------------------------------------------------

/// Where the unit's rows of an operand begin, for a step of the unit's depth.
Value AsyncContraction::placeOf(const Operand &operand, Value stage, Value part, int64_t step) {
  int64_t k = step * unit.depth, rows = &operand == &lhs ? unit.rows : 0;
  Value start = kernel.add(kernel.mul(stage, stageElements), operand.offset);
  start = kernel.add(start, kernel.mul(part, rows * depthBlock)); // upright or turned
  return kernel.add(start, operand.source->isTurned ? k * depthBlock : k);
}

Value AsyncContraction::multiplyStage(Value stage, Value sums) {
  Value part = kernel.div(kernel.thread(), unit.threads());
  auto isUnsigned = [&](Value operand) { return elementOf(operand).isUnsignedInteger(); };
  Type type = element.isInteger(8) ? element : elementOf(shape.lhs);
  tile::MultiplyBeginOp::create(b);
  for (int64_t step = 0; step < depthBlock / unit.depth; ++step)
    sums = tile::MultiplySharedOp::create(b, sums.getType(), ArrayRef<int64_t>{unit.rows, unit.columns, unit.depth},
                                          type, staged, placeOf(lhs, stage, part, step), staged,
                                          placeOf(rhs, stage, part, step), sums, depthBlock, lhs.source->isTurned,
                                          rhs.source->isTurned, isUnsigned(shape.lhs), isUnsigned(shape.rhs));
  tile::MultiplyCommitOp::create(b);
  return sums;
}

/// The loop carries the sums, where the ring is, and the stage that is multiplied.
Value AsyncContraction::multiply() {
  auto type = VectorType::get({unit.sums.count()}, shape.sumType);
  Value none = arith::ConstantOp::create(b, b.getZeroAttr(type)), zero = kernel.index(0);
  SmallVector<Value> last = kernel.loop(
      zero, kernel.size(shape.depth), depthBlock, {none, zero, zero, zero}, [&](Value k, ValueRange carried) {
        Turn turn{carried[1], carried[2]};
        tile::BarrierWaitOp::create(b, barriers, filled(turn.stage), turn.parity);
        Value sums = multiplyStage(turn.stage, carried[0]);
        sums = tile::MultiplyWaitOp::create(b, sums.getType(), 1, sums);
        Value isLater = kernel.less(zero, k);
        kernel.when(arith::AndIOp::create(b, isLater, isFirstLane()),
                    [&] { tile::BarrierArriveOp::create(b, barriers, freed(carried[3])); });
        Turn following = next(turn);
        return SmallVector<Value>{sums, following.stage, following.parity, turn.stage};
      });
  return tile::MultiplyWaitOp::create(b, last[0].getType(), 0, last[0]);
}

// ---- the kernel ------------------------------------------------------------------------------

/// A stage is free when each multiplying subgroup has said so.
void AsyncContraction::setUpBarriers() {
  int64_t subgroups = units * unit.threads() / kernel.target.subgroupThreads;
  kernel.when(isFirstThread(), [&] {
    for (int64_t i = 0; i < stages; ++i) {
      Value stage = kernel.index(i);
      tile::BarrierInitOp::create(b, barriers, filled(stage), 1);
      tile::BarrierInitOp::create(b, barriers, freed(stage), subgroups);
    }
  });
  tile::BarrierPublishOp::create(b);
  kernel.barrier();
}

void AsyncContraction::endBarriers() {
  kernel.when(isFirstThread(), [&] {
    for (int64_t i = 0; i < 2 * stages; ++i)
      tile::BarrierEndOp::create(b, barriers, kernel.index(i));
  });
}

void AsyncContraction::emit() {
  int64_t multiplying = units * unit.threads();
  kernel.setThreads(multiplying + kernel.target.subgroupThreads);
  makeBoxes(lhs);
  makeBoxes(rhs);
  SumTile tile(kernel, product, unit, {units, 1, 1, 1});

  // Two workgroups side by side where both find their sums in registers.
  bool isAlone = unit.sums.count() * 2 > kernel.target.threadRegisters;
  int64_t available = kernel.target.mostSharedBytes / (isAlone ? 1 : 2) - patternBytes;
  int64_t stageBytes = stageElements * elementBytes;
  stages = std::clamp<int64_t>(available / (stageBytes + 2 * barrierBytes), 2, mostStages);
  int64_t stagesBytes = std::max(stages * stageBytes, tile.bytes());
  Value memory = kernel.shared(b.getI8Type(), stagesBytes + 2 * stages * barrierBytes, patternBytes);
  auto space = cast<MemRefType>(memory.getType()).getMemorySpace();
  auto view = [&](Type type, int64_t count, int64_t offset) -> Value {
    auto part = MemRefType::get({count}, type, MemRefLayoutAttrInterface(), space);
    return memref::ViewOp::create(b, part, memory, kernel.index(offset), ValueRange());
  };
  staged = view(element, stages * stageElements, 0);
  barriers = view(b.getI64Type(), 2 * stages, stagesBytes);
  Value results = view(shape.sumType, tile.elements(), 0);

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
      kernel.when(isFirstLane(), [&] { copy(); });
      scf::YieldOp::create(b, ValueRange(arith::ConstantOp::create(b, b.getZeroAttr(type))));
    }
    tile.store(results, lhs.first, rhs.first, branch.getResults()[0]);
    endBarriers();
  });
  kernel.finish({graph::product(b.getContext(), tile.grid())});
}

/// The largest tile of which there are enough; or the smallest.
std::optional<AsyncContraction::Plan> planOf(const Target &target, const ContractionShape &shape) {
  ContractionShape::Sizes sizes = shape.sizesOr(usualSize);
  int64_t outer = 1;
  for (DimExpr size : shape.outer)
    outer *= size.constantValue().value_or(1);
  std::optional<AsyncContraction::Plan> plan;
  for (int64_t units : {2, 1})
    for (const MatrixUnit &unit : target.sharedUnits) {
      bool fits = unit.multiplies(elementOf(shape.lhs)) && unit.multiplies(elementOf(shape.rhs)) &&
                  unit.rows * units <= sizes.rows && unit.columns <= sizes.columns;
      if (!fits)
        continue;
      plan = {&unit, units};
      int64_t down = llvm::divideCeil(sizes.rows, unit.rows * units);
      if (outer * down * static_cast<int64_t>(llvm::divideCeil(sizes.columns, unit.columns)) >= enoughTiles)
        return plan;
    }
  return plan;
}

} // namespace

bool simt::scheduleAsyncContraction(func::FuncOp source, const Target &target, Operation *op) {
  ContractionShape shape = ContractionShape::of(op);
  std::optional<AsyncContraction::Plan> plan = planOf(target, shape);
  int64_t blockDepth = rowBytes * 8 / storageType(elementOf(shape.lhs)).getIntOrFloatBitWidth();
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
