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
//       the sums go through shared memory, so that neighbouring threads store neighbours
//
// Both operands are staged in shared memory in the same way, B transposed, so that a row holds neighbouring k: 64 bytes
// a row and block, as four chunks of 16. (SharedRows.h says where each is.) A chunk comes there by an asynchronous
// copy, if the device has them, nothing is fused into the operand, and memory holds its elements in this order and as
// aligned as a copy needs it; else a thread computes its elements one by one, through registers. What is only known at
// run time, alignment and sizes, decides between two loops.
//
// As long as both operands agree on it, which k is which of the unit does not matter. So without tile.load_matrix a
// thread takes a whole chunk as its k of several products.
//
//===----------------------------------------------------------------------===//

#include "codegen/simt/MatrixContraction.h"
#include "codegen/simt/ContractionElements.h"
#include "codegen/simt/SharedRows.h"
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
// Elements behind each row of sums in shared memory, so that rows of a fragment are in different banks.
constexpr int64_t resultPadding = 8;

using simt::ContractionElements, simt::SharedRows, simt::sumOfBits;
using Side = ContractionElements::Side;

class MatrixContraction {
public:
  MatrixContraction(func::FuncOp source, const Target &target, Operation *op, const MatrixUnit &unit);
  void emit();

private:
  struct Operand {
    Side side;
    SharedRows rows;       // those of the workgroup's tile; of B its columns
    int64_t fragments = 1; // of a subgroup
    Value first;           // the tile's first row
    Value offset;          // of the rows in a stage
    /// Where whole chunks come from, if they do.
    std::optional<ContractionElements::Memory> memory;
  };

  void chooseTile();
  Value canMoveChunks();

  int64_t sumBytes() const { return shape.sumType.getIntOrFloatBitWidth() / 8; }
  DimExpr rowCount(const Operand &operand) { return operand.side == Side::lhs ? shape.rowCount() : shape.columns; }
  ContractionElements::Place placeAt(const Operand &operand, Value row, Value k);
  void overChunks(const Operand &operand, llvm::function_ref<void(Value, Value, Value)> body);
  Value isThere(const Operand &operand, const ContractionElements::Place &place, Value row, Value k);
  bool isCopied(const Operand &operand, bool movesChunks) {
    return movesChunks && operand.memory && kernel.target.asyncCopyBytes >= SharedRows::chunkBytes;
  }
  void copy(const Operand &operand, Value block, Value stage);
  SmallVector<Value> fetch(const Operand &operand, Value block, bool movesChunks);
  Value loadChunk(const Operand &operand, Value row, Value k);
  Value computeChunk(const Operand &operand, Value row, Value k);
  void store(const Operand &operand, ArrayRef<Value> chunks, Value stage);

  SmallVector<Value> multiplyBlocks(bool movesChunks);
  SmallVector<Value> multiplyStage(Value stage, ValueRange sums);
  void storeTile(ArrayRef<Value> sums);
  void storeFragments(int64_t fragment, ArrayRef<Value> sums);

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  Operation *op;
  const MatrixUnit &unit;
  ContractionElements product;
  const ContractionShape &shape;
  int64_t down = 1, across = 1; // subgroups
  int64_t stages = 2, depthBlock;
  Operand lhs, rhs;
  Value staged, results; // two views of the same memory
  Value subgroup;
};

MatrixContraction::MatrixContraction(func::FuncOp source, const Target &target, Operation *op, const MatrixUnit &unit)
    : kernel(source, target), b(kernel.b), op(op), unit(unit), product(kernel, op), shape(product.shape),
      lhs{Side::lhs, {elementOf(shape.lhs), 0}, 1, {}, {}, product.memoryOf(Side::lhs)},
      rhs{Side::rhs, {elementOf(shape.rhs), 0}, 1, {}, {}, product.memoryOf(Side::rhs)} {
  depthBlock = lhs.rows.rowElements();
  chooseTile();
}

/// Large tiles where enough workgroups are left to fill a device; no larger than the result in either direction.
void MatrixContraction::chooseTile() {
  const Target &target = kernel.target;
  int64_t rows = shape.rowCount().constantValue().value_or(usualSize);
  int64_t columns = shape.columns.constantValue().value_or(usualSize);
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
  kernel.setThreads(down * across * target.subgroupThreads);
  lhs.fragments = partRows / unit.rows;
  rhs.fragments = partColumns / unit.columns;
  lhs.rows.count = partRows * down;
  rhs.rows.count = partColumns * across;
}

// ---- staging ---------------------------------------------------------------------------------

ContractionElements::Place MatrixContraction::placeAt(const Operand &operand, Value row, Value k) {
  if (operand.side == Side::lhs)
    return product.lhsAt(product.rowAt(row), product.stepAt(k));
  return product.rhsAt(product.stepAt(k), row);
}

/// Null if the operands' memory tells, or tells for some sizes only, that chunks are not neighbours in it; else whether
/// they are.
Value MatrixContraction::canMoveChunks() {
  Value can;
  auto require = [&](Value condition) { can = can ? Value(arith::AndIOp::create(b, can, condition)) : condition; };
  for (Operand *operand : {&lhs, &rhs}) {
    if (!operand->memory)
      continue;
    int64_t chunk = operand->rows.chunk;
    bool isNever = llvm::any_of(operand->memory->divisible,
                                [&](DimExpr size) { return size.isConstant() && !size.isMultipleOf(chunk); });
    if (isNever) {
      operand->memory.reset();
      continue;
    }
    Value zero = kernel.index(0);
    auto isMultiple = [&](Value number, int64_t divisor) {
      require(arith::CmpIOp::create(b, arith::CmpIPredicate::eq, kernel.rem(number, divisor), zero));
    };
    // A slice of a buffer may start anywhere.
    isMultiple(memref::ExtractAlignedPointerAsIndexOp::create(b, operand->memory->buffer), SharedRows::chunkBytes);
    for (DimExpr size : operand->memory->divisible)
      if (!size.isMultipleOf(chunk))
        isMultiple(kernel.size(size), chunk);
  }
  return can;
}

/// Each of an operand's chunks by one thread: its number, row of the tile, and k within the block. Neighbouring threads
/// have neighbours in memory.
void MatrixContraction::overChunks(const Operand &operand, llvm::function_ref<void(Value, Value, Value)> body) {
  int64_t rows = operand.rows.count;
  for (int64_t first = 0; first < rows * SharedRows::rowChunks; first += kernel.threads()) {
    Value number = kernel.add(kernel.thread(), first);
    bool isDepthInner = product.isDepthInner(operand.side);
    Value row = isDepthInner ? kernel.div(number, SharedRows::rowChunks) : kernel.rem(number, rows);
    Value chunk = isDepthInner ? kernel.rem(number, SharedRows::rowChunks) : kernel.div(number, rows);
    body(number, row, chunk);
  }
}

/// Null if a chunk that begins there is always in the operand.
Value MatrixContraction::isThere(const Operand &operand, const ContractionElements::Place &place, Value row, Value k) {
  Value there = kernel.less(k, kernel.size(shape.depth));
  if (!rowCount(operand).isMultipleOf(operand.rows.count))
    there = arith::AndIOp::create(b, there, kernel.less(row, kernel.size(rowCount(operand))));
  if (place.within)
    there = arith::AndIOp::create(b, there, place.within);
  return there;
}

void MatrixContraction::copy(const Operand &operand, Value block, Value stage) {
  int64_t chunks = operand.rows.count * SharedRows::rowChunks;
  overChunks(operand, [&](Value number, Value row, Value chunk) {
    Value isOwn = chunks % kernel.threads() ? kernel.less(number, kernel.index(chunks)) : Value();
    kernel.when(isOwn, [&] {
      Value at = kernel.add(operand.first, row), k = kernel.add(block, kernel.mul(chunk, operand.rows.chunk));
      ContractionElements::Place place = placeAt(operand, at, k);
      Value to = kernel.add(kernel.add(stage, operand.offset), operand.rows.placeOf(kernel, row, chunk));
      tile::CopyAsyncOp::create(b, operand.rows.chunk, operand.memory->buffer, product.indexOf(place), staged, to,
                                isThere(operand, place, at, k));
    });
  });
}

/// A chunk as memory has it.
Value MatrixContraction::loadChunk(const Operand &operand, Value row, Value k) {
  ContractionElements::Place place = placeAt(operand, row, k);
  Value there = isThere(operand, place, row, k);
  Value at = arith::SelectOp::create(b, there, product.indexOf(place), kernel.index(0));
  VectorType type = operand.rows.chunkType();
  Value loaded = vector::LoadOp::create(b, type, operand.memory->buffer, ValueRange(at), /*nontemporal=*/false,
                                        llvm::MaybeAlign(SharedRows::chunkBytes));
  return arith::SelectOp::create(b, there, loaded, arith::ConstantOp::create(b, b.getZeroAttr(type)));
}

/// A chunk of elements, each asked for by its position. Rows past the last are the last one again.
Value MatrixContraction::computeChunk(const Operand &operand, Value row, Value k) {
  Type element = operand.rows.element;
  Elements elements(kernel, 1);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(elements.vectorOf(storageType(element))));
  if (!rowCount(operand).isMultipleOf(operand.rows.count))
    row = kernel.min(row, product.last(rowCount(operand)));
  SmallVector<Value> values;
  for (int64_t i = 0; i < operand.rows.chunk; ++i) {
    Value own = kernel.add(k, i), there = kernel.less(own, kernel.size(shape.depth));
    ContractionElements::Place place = placeAt(operand, row, kernel.min(own, product.last(shape.depth)));
    if (place.within)
      there = arith::AndIOp::create(b, there, place.within);
    Value value = toStorage(b, product.load(elements, place), element);
    value = arith::SelectOp::create(b, elements.splat(there), value, zero);
    values.push_back(vector::ExtractOp::create(b, value, ArrayRef<int64_t>{0}));
  }
  return vector::FromElementsOp::create(b, operand.rows.chunkType(), values);
}

/// This thread's chunks of a block.
SmallVector<Value> MatrixContraction::fetch(const Operand &operand, Value block, bool movesChunks) {
  SmallVector<Value> chunks;
  overChunks(operand, [&](Value, Value row, Value chunk) {
    Value at = kernel.add(operand.first, row), k = kernel.add(block, kernel.mul(chunk, operand.rows.chunk));
    chunks.push_back(movesChunks && operand.memory ? loadChunk(operand, at, k) : computeChunk(operand, at, k));
  });
  return chunks;
}

void MatrixContraction::store(const Operand &operand, ArrayRef<Value> chunks, Value stage) {
  int64_t count = operand.rows.count * SharedRows::rowChunks;
  const Value *next = chunks.begin();
  overChunks(operand, [&](Value number, Value row, Value chunk) {
    Value value = *next++, isOwn = count % kernel.threads() ? kernel.less(number, kernel.index(count)) : Value();
    kernel.when(isOwn, [&] {
      Value to = kernel.add(kernel.add(stage, operand.offset), operand.rows.placeOf(kernel, row, chunk));
      vector::StoreOp::create(b, value, staged, ValueRange(to), /*nontemporal=*/false,
                              llvm::MaybeAlign(SharedRows::chunkBytes));
    });
  });
}

// ---- sums ------------------------------------------------------------------------------------

SmallVector<Value> MatrixContraction::multiplyStage(Value stage, ValueRange before) {
  int64_t bytes = SharedRows::chunkBytes / lhs.rows.chunk;
  bool asMatrices = kernel.target.loadsMatrices && unit.lhs.isLoadedAsMatrix(unit.depth, bytes) &&
                    unit.rhs.isLoadedAsMatrix(unit.depth, bytes);
  Value rowPart = kernel.mul(kernel.div(subgroup, across), lhs.fragments * unit.rows);
  Value columnPart = kernel.mul(kernel.rem(subgroup, across), rhs.fragments * unit.columns);
  simt::FragmentLoads left(kernel, lhs.rows, unit.lhs, unit.rows, unit.depth, lhs.fragments, rowPart, asMatrices);
  simt::FragmentLoads right(kernel, rhs.rows, unit.rhs, unit.columns, unit.depth, rhs.fragments, columnPart,
                            asMatrices);
  auto isUnsigned = [&](Value operand) { return elementOf(operand).isUnsignedInteger(); };
  SmallVector<Value> sums(before);
  for (int64_t step = 0; step < left.steps(); ++step) {
    auto lefts = left.load(staged, kernel.add(stage, lhs.offset), step);
    auto rights = right.load(staged, kernel.add(stage, rhs.offset), step);
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
SmallVector<Value> MatrixContraction::multiplyBlocks(bool movesChunks) {
  int64_t stageElements = lhs.rows.elements() + rhs.rows.elements();
  bool copies = isCopied(lhs, movesChunks) || isCopied(rhs, movesChunks);
  // Starts to bring a block there; gives what store() does with what comes through registers.
  auto start = [&](Value block, Value stage) {
    SmallVector<std::pair<Operand *, SmallVector<Value>>> fetched;
    for (Operand *operand : {&lhs, &rhs})
      if (isCopied(*operand, movesChunks))
        copy(*operand, block, stage);
      else
        fetched.push_back({operand, fetch(*operand, block, movesChunks)});
    if (copies)
      tile::CommitOp::create(b);
    return fetched;
  };
  auto finish = [&](auto &fetched, Value stage) {
    for (auto &[operand, chunks] : fetched)
      store(*operand, chunks, stage);
  };
  for (int64_t stage = 0; stage + 1 < stages; ++stage) {
    auto fetched = start(kernel.index(stage * depthBlock), kernel.index(stage * stageElements));
    finish(fetched, kernel.index(stage * stageElements));
  }
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
        auto fetched = start(kernel.add(block, (stages - 1) * depthBlock), free);
        SmallVector<Value> next = multiplyStage(current, carried.drop_back(2));
        finish(fetched, free);
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

/// One row of a subgroup's fragments after the other, so that little memory is needed.
void MatrixContraction::storeTile(ArrayRef<Value> sums) {
  for (int64_t i = 0; i < lhs.fragments; ++i) {
    kernel.barrier();
    storeFragments(i, sums.slice(i * rhs.fragments, rhs.fragments));
  }
  kernel.barrier();
}

void MatrixContraction::storeFragments(int64_t fragment, ArrayRef<Value> sums) {
  const FragmentLayout &layout = unit.sums;
  int64_t tileColumns = rhs.rows.count, pitch = tileColumns + resultPadding;
  auto place = [&](int64_t weight) { return weight / unit.columns * pitch + weight % unit.columns; };
  SmallVector<int64_t> weights;
  for (int64_t weight : layout.lanes)
    weights.push_back(place(weight));
  Value lane = kernel.rem(kernel.thread(), kernel.target.subgroupThreads);
  Value start = kernel.mul(kernel.div(subgroup, across), unit.rows * pitch);
  start = kernel.add(start, kernel.mul(kernel.rem(subgroup, across), rhs.fragments * unit.columns));
  start = kernel.add(start, sumOfBits(kernel, lane, weights));
  // Elements that lie side by side are stored together.
  int64_t run = 1;
  while (run < layout.count() && layout.offsetOf(run) == run && run < unit.columns)
    run *= 2;
  for (auto [j, sum] : llvm::enumerate(sums))
    for (int64_t element = 0; element < layout.count(); element += run) {
      Value at = kernel.add(start, place(layout.offsetOf(element)) + j * unit.columns);
      if (run == 1) {
        memref::StoreOp::create(b, vector::ExtractOp::create(b, sum, element), results, at);
        continue;
      }
      auto own = llvm::to_vector(llvm::seq(element, element + run));
      vector::StoreOp::create(b, vector::ShuffleOp::create(b, sum, sum, own), results, ValueRange(at),
                              /*nontemporal=*/false, llvm::MaybeAlign(run * sumBytes()));
    }
  kernel.barrier();
  Value count = kernel.index(down * unit.rows * tileColumns);
  kernel.loop(kernel.thread(), count, kernel.threads(), [&](Value number) {
    Value row = kernel.div(number, tileColumns), inTile = kernel.rem(number, tileColumns);
    Value at = kernel.add(kernel.mul(row, pitch), inTile), column = kernel.add(rhs.first, inTile);
    // Each subgroup's rows of this fragment.
    Value part = kernel.mul(kernel.div(row, unit.rows), lhs.fragments * unit.rows);
    row = kernel.add(kernel.add(lhs.first, part), kernel.add(kernel.rem(row, unit.rows), fragment * unit.rows));
    Value exists;
    for (auto [operand, index] : {std::pair(&lhs, row), std::pair(&rhs, column)})
      if (DimExpr size = rowCount(*operand); !size.isMultipleOf(operand->rows.count)) {
        Value here = kernel.less(index, kernel.size(size));
        exists = exists ? Value(arith::AndIOp::create(b, exists, here)) : here;
      }
    kernel.when(exists, [&] {
      Elements elements(kernel, 1);
      elements.bind(op->getResult(0), [&](const Position &) -> Value {
        return vector::LoadOp::create(b, elements.vectorOf(shape.sumType), results, at);
      });
      elements.storeResults(product.resultPosition(product.rowAt(row), column));
    });
  });
}

void MatrixContraction::emit() {
  int64_t stageElements = lhs.rows.elements() + rhs.rows.elements();
  int64_t elementBytes = SharedRows::chunkBytes / lhs.rows.chunk;
  int64_t resultElements = down * unit.rows * (rhs.rows.count + resultPadding);
  stages = kernel.target.asyncCopyBytes ? 3 : 2;
  while (stages > 2 && stages * stageElements * elementBytes > kernel.target.sharedBytes)
    --stages;
  int64_t bytes = std::max(stages * stageElements * elementBytes, resultElements * sumBytes());
  Value memory = kernel.shared(b.getI8Type(), bytes), zero = kernel.index(0);
  auto space = cast<MemRefType>(memory.getType()).getMemorySpace();
  auto view = [&](Type element, int64_t count) -> Value {
    auto type = MemRefType::get({count}, element, MemRefLayoutAttrInterface(), space);
    return memref::ViewOp::create(b, type, memory, zero, ValueRange());
  };
  staged = view(storageType(lhs.rows.element), stages * stageElements);
  results = view(shape.sumType, resultElements);
  lhs.offset = zero;
  rhs.offset = kernel.index(lhs.rows.elements());
  subgroup = kernel.div(kernel.thread(), kernel.target.subgroupThreads);
  Value canMove = canMoveChunks();

  SmallVector<DimExpr> grid(shape.outer);
  grid.push_back(shape.rowCount().ceilDiv(lhs.rows.count));
  grid.push_back(shape.columns.ceilDiv(rhs.rows.count));
  kernel.tasks([&](Value task) {
    SmallVector<Value> at = kernel.delinearize(task, grid);
    product.outer.assign(at.begin(), at.begin() + shape.outer.size());
    lhs.first = kernel.mul(at[shape.outer.size()], lhs.rows.count);
    rhs.first = kernel.mul(at.back(), rhs.rows.count);
    if (!canMove)
      return storeTile(multiplyBlocks(/*movesChunks=*/false));
    auto sumType = VectorType::get({unit.sums.count()}, shape.sumType);
    SmallVector<Type> types(lhs.fragments * rhs.fragments, sumType);
    auto branch = scf::IfOp::create(b, types, canMove, /*withElseRegion=*/true);
    for (bool movesChunks : {true, false}) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(movesChunks ? branch.thenBlock() : branch.elseBlock());
      scf::YieldOp::create(b, multiplyBlocks(movesChunks));
    }
    storeTile(SmallVector<Value>(branch.getResults()));
  });
  kernel.finish({graph::product(b.getContext(), grid)});
}

} // namespace

bool simt::scheduleMatrixContraction(func::FuncOp source, const Target &target, Operation *op) {
  ContractionShape shape = ContractionShape::of(op);
  int64_t rows = shape.rowCount().constantValue().value_or(usualSize);
  int64_t columns = shape.columns.constantValue().value_or(usualSize);
  const MatrixUnit *unit = target.matrixUnit(elementOf(shape.lhs), elementOf(shape.rhs), rows, columns);
  // Of very small products most of a unit would multiply nothing.
  if (!unit || shape.depth.constantValue().value_or(usualSize) < unit->depth || rows * columns < unit->rows)
    return false;
  MatrixContraction(source, target, op, *unit).emit();
  return true;
}

} // namespace treadle
