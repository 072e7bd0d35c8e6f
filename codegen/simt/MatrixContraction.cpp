//===- MatrixContraction.cpp - products on matrix units ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// As in Contraction.cpp a workgroup makes a tile of the result, but its subgroups multiply: each a part of the tile,
// in fragments of the device's unit (codegen/MatrixUnit.h), whose sums stay in registers.
//
//     task: one outer index, one tile of rows x columns
//       for each block of the depth
//         the copies of the block after the next are started, or what is computed for it is loaded
//         sums[i][j] += A[i] * B[j], fragments of this block
//       the sums become results (SumTile.h)
//
// Both operands are staged in shared memory in the same way, B transposed, and several blocks ahead if they are copied
// there asynchronously (Staging.h). Sizes that are only known at run time decide between two loops.
//
// Where tiles are few they are small, and instead of parts of one, subgroups have slices of the depth: a block is as
// many slices deep, and their sums are added up in the end ("sliced k" of CUTLASS, Thakkar et al.).
//
// As long as both operands agree on it, which k is which of the unit does not matter. So without tile.load_matrix a
// thread takes a whole chunk as its k of several products.
//
//===----------------------------------------------------------------------===//

#include "codegen/simt/MatrixContraction.h"
#include "codegen/simt/Staging.h"
#include "codegen/simt/SumTile.h"
#include "dialects/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

// What sizes that are known only at run time are taken to be.
constexpr int64_t usualSize = 256;
// Of a slice of the depth.
constexpr int64_t leastBlocks = 3;

using simt::ContractionElements, simt::SharedRows, simt::Staging, simt::SumTile;
using Side = ContractionElements::Side;

class MatrixContraction {
public:
  MatrixContraction(func::FuncOp source, const Target &target, Operation *op, const MatrixUnit &unit);
  void emit();

private:
  struct Operand {
    int64_t fragments = 1;            // of a subgroup
    int64_t rows = 1;                 // of the workgroup's tile; of B its columns
    std::unique_ptr<Staging> staging; // made when the tile is known
    Value first;                      // the tile's first row
    int64_t offset = 0;               // in a stage
  };

  void chooseTile();
  void chooseSlices(const ContractionShape::Sizes &sizes, int64_t partRows, int64_t partColumns);
  /// Of shared memory that a workgroup may have: more where few of them are.
  int64_t mostBytes(int64_t tiles) const {
    const Target &target = kernel.target;
    return tiles < simt::enoughTiles ? std::max(target.sharedBytes, target.mostSharedBytes) : target.sharedBytes;
  }
  bool loadsMatrices() const;
  simt::FragmentLoads fragmentsOf(const Operand &operand, const FragmentLayout &layout, int64_t unitRows, Value part);

  SmallVector<Value> multiplyBlocks();
  SmallVector<Value> multiplyStage(Value stage, ValueRange sums);

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  const MatrixUnit &unit;
  ContractionElements product;
  const ContractionShape &shape;
  int64_t elementBytes, sliceDepth;         // of a slice of a block
  int64_t down = 1, across = 1, slices = 1; // subgroups
  int64_t stages = 2, tiles = 0, depthBlock, stageElements = 0;
  Operand lhs, rhs;
  Value staged;
  Value slice, subgroup; // in the slice
};

MatrixContraction::MatrixContraction(func::FuncOp source, const Target &target, Operation *op, const MatrixUnit &unit)
    : kernel(source, target), b(kernel.b), unit(unit), product(kernel, op), shape(product.shape),
      elementBytes(storageType(elementOf(shape.lhs)).getIntOrFloatBitWidth() / 8),
      sliceDepth(SharedRows(elementOf(shape.lhs), 0).rowElements()) {
  chooseTile();
  depthBlock = slices * sliceDepth;
  auto stage = [&](Operand &operand, Side side, Value tensor) {
    operand.staging = std::make_unique<Staging>(kernel, elementOf(tensor), operand.rows, depthBlock,
                                                product.sourceOf(side), loadsMatrices() && elementBytes == 2);
    operand.offset = stageElements;
    stageElements += operand.staging->rows.elements();
  };
  stage(lhs, Side::lhs, shape.lhs);
  stage(rhs, Side::rhs, shape.rhs);
}

/// Large tiles where enough workgroups are left to fill a device; no larger than the result in either direction.
void MatrixContraction::chooseTile() {
  const Target &target = kernel.target;
  ContractionShape::Sizes sizes = shape.sizesOr(usualSize);
  int64_t rows = sizes.rows, columns = sizes.columns;
  bool isLarge = rows * columns >= 1024 * 1024;
  int64_t subgroups = isLarge ? target.workgroupThreads / target.subgroupThreads : 4;
  int64_t partRows = isLarge ? 64 : 32, partColumns = isLarge ? 64 * 4 / subgroups : 32;
  int64_t leastRows = std::max(unit.rows, SharedRows::period),
          leastColumns = std::max(unit.columns, SharedRows::period);
  down = 2;
  while (down > 1 && partRows * down / 2 >= rows)
    down /= 2;
  while (partRows > leastRows && partRows / 2 >= rows)
    partRows /= 2;
  across = subgroups / down;
  while (across > 1 && partColumns * across / 2 >= columns)
    across /= 2;
  while (partColumns > leastColumns && partColumns / 2 >= columns)
    partColumns /= 2;
  // Where few columns leave subgroups without work, they take rows.
  while (down * across < subgroups && partRows * down < rows)
    down *= 2;
  chooseSlices(sizes, partRows, partColumns);
  if (tiles < simt::enoughTiles)
    kernel.setAlone();
  kernel.setThreads(slices * down * across * target.subgroupThreads);
  lhs.fragments = partRows / unit.rows;
  rhs.fragments = partColumns / unit.columns;
  lhs.rows = partRows * down;
  rhs.rows = partColumns * across;
}

/// Subgroups have slices, rather than parts of a tile, as long as tiles are few and a slice has several blocks.
void MatrixContraction::chooseSlices(const ContractionShape::Sizes &sizes, int64_t partRows, int64_t partColumns) {
  constexpr int64_t mostSubgroups = 8;
  auto countTiles = [&] { tiles = sizes.tiles(partRows * down, partColumns * across); };
  auto canDouble = [&](int64_t rows, int64_t columns) {
    int64_t stage = (rows + columns) * 2 * slices * sliceDepth * elementBytes;
    return tiles < simt::enoughTiles && 2 * slices * sliceDepth * leastBlocks <= sizes.depth &&
           2 * stage <= mostBytes(tiles);
  };
  for (countTiles(); down * across > 1 && canDouble(partRows * down, partColumns * across); countTiles()) {
    bool isTall = across == 1 || (down > 1 && partRows * down >= partColumns * across);
    (isTall ? down : across) /= 2;
    slices *= 2;
  }
  while (2 * slices * down * across <= mostSubgroups && canDouble(partRows * down, partColumns * across))
    slices *= 2;
}

// ---- sums ------------------------------------------------------------------------------------

/// Whether both operands' fragments are squares of bytes; if not, a thread chooses its own k.
bool MatrixContraction::loadsMatrices() const {
  int64_t bytes = storageType(elementOf(shape.lhs)).getIntOrFloatBitWidth() / 8;
  return kernel.target.loadsMatrices && unit.isLoadedAsMatrices(bytes);
}

simt::FragmentLoads MatrixContraction::fragmentsOf(const Operand &operand, const FragmentLayout &layout,
                                                   int64_t unitRows, Value part) {
  using Kind = simt::FragmentLoads::Kind;
  Kind kind = operand.staging->isTurned() ? Kind::turned : loadsMatrices() ? Kind::matrices : Kind::chunks;
  return simt::FragmentLoads(kernel, operand.staging->rows, {layout, unitRows, unit.depth}, operand.fragments,
                             kernel.mul(part, operand.fragments * unitRows), kind, depthBlock);
}

SmallVector<Value> MatrixContraction::multiplyStage(Value stage, ValueRange before) {
  simt::FragmentLoads left = fragmentsOf(lhs, unit.lhs, unit.rows, kernel.div(subgroup, across));
  simt::FragmentLoads right = fragmentsOf(rhs, unit.rhs, unit.columns, kernel.rem(subgroup, across));
  auto isUnsigned = [&](Value operand) { return elementOf(operand).isUnsignedInteger(); };
  SmallVector<Value> sums(before);
  auto startOf = [&](const Operand &operand) {
    return kernel.add(kernel.add(stage, operand.offset), kernel.mul(slice, operand.staging->blockOffset(1)));
  };
  Value leftStart = startOf(lhs), rightStart = startOf(rhs);
  for (int64_t step = 0; step < left.steps(); ++step) {
    auto lefts = left.load(staged, leftStart, step);
    auto rights = right.load(staged, rightStart, step);
    for (auto [leftFragments, rightFragments] : llvm::zip_equal(lefts, rights))
      for (auto [i, a] : llvm::enumerate(leftFragments))
        for (auto [j, c] : llvm::enumerate(rightFragments)) {
          Value &sum = sums[i * rhs.fragments + j];
          sum = tile::MultiplyOp::create(b, sum.getType(), ArrayRef<int64_t>{unit.rows, unit.columns, unit.depth}, a, c,
                                         sum, isUnsigned(shape.lhs), isUnsigned(shape.rhs));
        }
  }
  return sums;
}

/// The loop carries the sums, and where the stage is that is multiplied, and the one that is filled.
SmallVector<Value> MatrixContraction::multiplyBlocks() {
  Operand *operands[] = {&lhs, &rhs};
  bool copies = lhs.staging->isCopied() || rhs.staging->isCopied();
  auto start = [&](Value block, Value stage) {
    SmallVector<SmallVector<Value>> chunks;
    for (Operand *operand : operands)
      chunks.push_back(operand->staging->start(operand->first, block, staged, kernel.add(stage, operand->offset)));
    if (copies)
      tile::CommitOp::create(b);
    return chunks;
  };
  auto finish = [&](ArrayRef<SmallVector<Value>> chunks, Value stage) {
    for (auto [operand, ofOperand] : llvm::zip_equal(operands, chunks))
      operand->staging->finish(ofOperand, staged, kernel.add(stage, operand->offset));
  };
  kernel.when(shape.depth.isAtLeast(1) ? Value() : kernel.less(kernel.index(0), kernel.size(shape.depth)), [&] {
    for (int64_t stage = 0; stage + 1 < stages; ++stage) {
      Value at = kernel.index(stage * stageElements);
      finish(start(kernel.index(stage * depthBlock), at), at);
    }
  });
  SmallVector<Value> carried;
  auto sumType = VectorType::get({unit.sums.count()}, shape.sumType);
  carried.append(lhs.fragments * rhs.fragments, arith::ConstantOp::create(b, b.getZeroAttr(sumType)));
  carried.push_back(kernel.index(0));
  carried.push_back(kernel.index((stages - 1) * stageElements));
  carried =
      kernel.loop(kernel.index(0), kernel.size(shape.depth), depthBlock, carried, [&](Value block, ValueRange carried) {
        Value current = carried[carried.size() - 2], free = carried.back();
        if (copies)
          tile::WaitOp::create(b, stages - 2);
        kernel.barrier();
        auto chunks = start(kernel.add(block, (stages - 1) * depthBlock), free);
        SmallVector<Value> next = multiplyStage(current, carried.drop_back(2));
        finish(chunks, free);
        Value following = kernel.add(current, stageElements), end = kernel.index(stages * stageElements);
        Value isEnd = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, following, end);
        next.push_back(arith::SelectOp::create(b, isEnd, kernel.index(0), following));
        next.push_back(current);
        return next;
      });
  if (copies)
    tile::WaitOp::create(b, 0);
  carried.resize(lhs.fragments * rhs.fragments);
  return carried;
}

void MatrixContraction::emit() {
  SumTile tile(kernel, product, unit, {down, across, lhs.fragments, rhs.fragments, slices});
  stages = !kernel.target.asyncCopyBytes ? 2 : tiles < simt::enoughTiles ? 4 : 3;
  while (stages > 2 && stages * stageElements * elementBytes > mostBytes(tiles))
    --stages;
  int64_t bytes = std::max(stages * stageElements * elementBytes, tile.bytes());
  Value memory = kernel.shared(b.getI8Type(), bytes), zero = kernel.index(0);
  auto space = cast<MemRefType>(memory.getType()).getMemorySpace();
  auto view = [&](Type element, int64_t count) -> Value {
    auto type = MemRefType::get({count}, element, MemRefLayoutAttrInterface(), space);
    return memref::ViewOp::create(b, type, memory, zero, ValueRange());
  };
  staged = view(storageType(elementOf(shape.lhs)), stages * stageElements);
  Value results = view(shape.sumType, tile.elements());
  subgroup = kernel.div(kernel.thread(), kernel.target.subgroupThreads);
  slice = kernel.div(subgroup, down * across);
  subgroup = kernel.rem(subgroup, down * across);
  Value canMove;
  for (Operand *operand : {&lhs, &rhs})
    if (Value can = operand->staging->canMoveChunks())
      canMove = canMove ? Value(arith::AndIOp::create(b, canMove, can)) : can;

  kernel.tasks([&](Value task) {
    std::tie(lhs.first, rhs.first) = tile.enter(task);
    auto setMoving = [&](bool moves) {
      lhs.staging->setMoving(moves);
      rhs.staging->setMoving(moves);
    };
    setMoving(true);
    if (!canMove)
      return tile.store(results, lhs.first, rhs.first, multiplyBlocks());
    auto sumType = VectorType::get({unit.sums.count()}, shape.sumType);
    SmallVector<Type> types(lhs.fragments * rhs.fragments, sumType);
    auto branch = scf::IfOp::create(b, types, canMove, /*withElseRegion=*/true);
    for (bool moves : {true, false}) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(moves ? branch.thenBlock() : branch.elseBlock());
      setMoving(moves);
      scf::YieldOp::create(b, multiplyBlocks());
    }
    tile.store(results, lhs.first, rhs.first, SmallVector<Value>(branch.getResults()));
  });
  kernel.finish({graph::product(b.getContext(), tile.grid())});
}

} // namespace

bool simt::sharesDepth(const Target &target, const ContractionShape &shape) {
  constexpr int64_t slices = 2; // at least
  ContractionShape::Sizes sizes = shape.sizesOr(usualSize);
  Type lhs = elementOf(shape.lhs), rhs = elementOf(shape.rhs);
  return target.matrixUnit(lhs, rhs, sizes.rows, sizes.columns) &&
         sizes.depth >= slices * leastBlocks * SharedRows(lhs, 0).rowElements();
}

bool simt::scheduleMatrixContraction(func::FuncOp source, const Target &target, Operation *op) {
  ContractionShape shape = ContractionShape::of(op);
  ContractionShape::Sizes sizes = shape.sizesOr(usualSize);
  const MatrixUnit *unit = target.matrixUnit(elementOf(shape.lhs), elementOf(shape.rhs), sizes.rows, sizes.columns);
  // Of very small products most of a unit would multiply nothing.
  if (!unit || sizes.depth < unit->depth || sizes.rows * sizes.columns < unit->rows)
    return false;
  MatrixContraction(source, target, op, *unit).emit();
  return true;
}

} // namespace treadle
