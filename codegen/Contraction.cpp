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

#include "codegen/Contraction.h"
#include "codegen/Elements.h"
#include "codegen/RegisterTile.h"
#include "codegen/Schedule.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

constexpr int64_t panelColumns = UnpackOp::panelColumns;

/// Whether neighbours along dimension `dim` of `value` are neighbours in memory.
bool isContiguous(Value value, int64_t dim) {
  if (auto transpose = value.getDefiningOp<TransposeOp>())
    return isContiguous(transpose.getInput(), transpose.getPermutation()[dim]);
  if (Operation *op = value.getDefiningOp(); op && isElementwise(op)) {
    for (Value operand : op->getOperands()) {
      int64_t inner = dim - (rankOf(value) - rankOf(operand));
      if (inner >= 0 && dimsOf(operand.getType()) == dimsOf(value.getType()))
        return isContiguous(operand, inner);
    }
  }
  return dim == rankOf(value) - 1;
}

class ContractionSchedule {
public:
  ContractionSchedule(func::FuncOp source, const Target &target, Operation *op);
  void emit();

private:
  /// Where a matrix in memory begins and how far its rows are apart.
  struct Matrix {
    Value memory, start;
    DimExpr stride;
  };

  bool lhsIsDirect();
  bool rowsAreAlike();

  Position lhsPosition(Value row, Coord k);
  Position resultPosition(Value row, int64_t offset, Coord column);
  Matrix directLhs(Value firstRow);
  void packMatrix(Value firstRow, Value lastRow);
  void packImage(Value firstRow, Value lastRow);
  void packTaps(ArrayRef<Value> image, Value target, int64_t axis, SmallVector<Value> place, Value inside);
  void copyRun(const Position &from, DimExpr length, Value target);
  void clearRun(Value target, Value length);
  void packPanels(Value firstColumn, Value lastColumn);
  void fillPanels(Value firstColumn, Value lastColumn, llvm::function_ref<Position(Coord, Coord)> positionOf,
                  DimExpr depth, Value kOffset);

  void emitRows(Matrix lhs, Value blockStart, Value firstRow, Value lastRow, Value column, int64_t vectors, Value mask);
  void emitTile(Matrix lhs, Value blockStart, Value row, Value column, int64_t rows, int64_t vectors, Value mask);

  Value extend(Value value, Value tensor);
  Value zero(Type type) { return arith::ConstantOp::create(b, b.getZeroAttr(type)); }

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  Operation *op;
  ContractionShape shape;
  ContractionTiling tiling;
  ConvOp conv;            // or null
  bool direct = false;    // A is read where it is
  bool packed = false;    // B is panels already
  bool alike = false;     // what follows needs no coordinates of rows
  int64_t lanes = 1;      // of vectors that pack
  DimExpr lhsStride;      // between rows of the packed block
  Value lhsBlock;         // the packed block
  Value panels;           // memory of B's panels
  Value panelStart;       // where those of the current outer index begin
  Value panelColumn;      // column of B that they begin with
  SmallVector<Value> outer;
};

ContractionSchedule::ContractionSchedule(func::FuncOp source, const Target &target, Operation *op)
    : kernel(source, target), b(kernel.b), op(op), shape(ContractionShape::of(op)), conv(dyn_cast<ConvOp>(op)) {
  lanes = target.lanes(shape.sumType);
  direct = lhsIsDirect();
  packed = static_cast<bool>(shape.rhs.getDefiningOp<UnpackOp>());
  alike = rowsAreAlike();
  tiling = ContractionTiling::choose(shape, target, !direct, !packed);
}

/// A can be read in place: stored in the type of the sums, rows after rows, at no power-of-two distance
/// that would make all rows of a tile fall into the same cache sets.
bool ContractionSchedule::lhsIsDirect() {
  auto argument = dyn_cast<BlockArgument>(shape.lhs);
  if (!argument || elementOf(argument) != shape.sumType)
    return false;
  std::optional<int64_t> distance = dimsOf(argument.getType()).back().constantValue();
  if (distance && *distance * shape.sumType.getIntOrFloatBitWidth() / 8 % 4096 == 0)
    return false;
  if (auto matmul = dyn_cast<MatMulOp>(op)) {
    Dims lhs = dimsOf(argument.getType()), result = dimsOf(op->getResult(0).getType());
    bool same = shape.outer.empty() ? ArrayRef(lhs).drop_back() == ArrayRef(result).drop_back() : true;
    return !matmul.getTransposeLhs() && same;
  }
  Dims filter = dimsOf(shape.rhs.getType());
  auto isOne = [](int64_t value) { return value == 1; };
  auto isZero = [](int64_t value) { return value == 0; };
  return conv.getGroups() == 1 && llvm::all_of(ArrayRef(filter).drop_front(2), [](DimExpr dim) { return dim == 1; }) &&
         llvm::all_of(conv.getStrides(), isOne) && llvm::all_of(conv.getPadLow(), isZero) &&
         llvm::all_of(conv.getPadHigh(), isZero);
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
Position ContractionSchedule::lhsPosition(Value row, Coord k) {
  auto matmul = cast<MatMulOp>(op);
  int64_t rank = rankOf(shape.lhs), resultRank = rankOf(op->getResult(0));
  SmallVector<Value> sizes = llvm::map_to_vector(shape.rows, [&](DimExpr dim) { return kernel.size(dim); });
  SmallVector<Value> batch = outer;
  llvm::append_range(batch, kernel.delinearize(row, sizes));
  Position position(rank);
  Dims dims = dimsOf(shape.lhs.getType());
  for (int64_t i = 0; i < rank - 2; ++i)
    position[i] = Elements::uniform(dims[i] == 1 ? kernel.index(0) : batch[resultRank - rank + i]);
  Coord m = Elements::uniform(batch.back());
  position[rank - 2] = matmul.getTransposeLhs() ? k : m;
  position[rank - 1] = matmul.getTransposeLhs() ? m : k;
  return position;
}

/// Element (row + offset, column) of the result.
Position ContractionSchedule::resultPosition(Value row, int64_t offset, Coord column) {
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
      position.push_back(i == carrier ? Coord{row, offset, 0, 0, {}} : Elements::uniform(kernel.index(0)));
  } else {
    SmallVector<Value> sizes = llvm::map_to_vector(shape.rows, [&](DimExpr dim) { return kernel.size(dim); });
    for (Value index : kernel.delinearize(kernel.add(row, offset), sizes))
      position.push_back(Elements::uniform(index));
  }
  position.push_back(column);
  return position;
}

// ---- A ---------------------------------------------------------------------------------------

ContractionSchedule::Matrix ContractionSchedule::directLhs(Value firstRow) {
  DimExpr stride = shape.depth;
  Value start = kernel.mul(firstRow, kernel.size(stride));
  if (!conv && !outer.empty()) {
    SmallVector<DimExpr> strides = kernel.strides(shape.lhs.getType());
    Dims dims = dimsOf(shape.lhs.getType());
    int64_t missing = outer.size() + 2 - dims.size();
    for (size_t i = 0; i + 2 < dims.size(); ++i)
      if (dims[i] != 1)
        start = kernel.add(start, kernel.mul(outer[i + missing], kernel.size(strides[i])));
  }
  return {kernel.bufferOf(cast<BlockArgument>(shape.lhs)), start, stride};
}

void ContractionSchedule::packMatrix(Value firstRow, Value lastRow) {
  Value depth = kernel.size(shape.depth);
  int64_t kDim = rankOf(shape.lhs) - (cast<MatMulOp>(op).getTransposeLhs() ? 2 : 1);
  bool tiled = shape.rows.size() == 1 && !isContiguous(shape.lhs, kDim);
  // `count` rows from `row`, of which one is done at a time or all as a tile.
  auto packRows = [&](Value row, int64_t count) {
    auto emit = [&](Value k, Value mask) {
      Elements elements(kernel, lanes);
      elements.setMask(mask);
      elements.setTile(count > 1 && !mask ? count : 0);
      for (int64_t r = 0; r < count; ++r) {
        Position position = lhsPosition(row, Coord{k, 0, 1, 0, {}});
        if (count > 1) {
          Coord &m = position[rankOf(shape.lhs) - (cast<MatMulOp>(op).getTransposeLhs() ? 1 : 2)];
          m.offset = r;
          m.row = 1;
        }
        Value to = kernel.add(kernel.mul(kernel.add(kernel.sub(row, firstRow), r), kernel.size(lhsStride)), k);
        vector::StoreOp::create(b, extend(elements.at(shape.lhs, position), shape.lhs), lhsBlock, to);
      }
    };
    Value whole = kernel.mul(kernel.div(depth, lanes), lanes);
    kernel.loop(kernel.index(0), whole, lanes, [&](Value k) { emit(k, {}); });
    if (shape.depth.isMultipleOf(lanes))
      return;
    kernel.when(kernel.less(whole, depth), [&] {
      emit(whole, vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()),
                                               ValueRange(kernel.sub(depth, whole))));
    });
  };
  // Backwards is not needed: what a row writes beyond its end is the next row's, written later.
  Value rest = firstRow;
  if (tiled) {
    rest = kernel.add(firstRow, kernel.mul(kernel.div(kernel.sub(lastRow, firstRow), lanes), lanes));
    kernel.loop(firstRow, rest, lanes, [&](Value row) { packRows(row, lanes); });
  }
  kernel.loop(rest, lastRow, 1, [&](Value row) { packRows(row, 1); });
}

/// Zeros from `target` on, at least `length` of them and less than a vector more.
void ContractionSchedule::clearRun(Value target, Value length) {
  kernel.loop(kernel.index(0), length, lanes, [&](Value i) {
    vector::StoreOp::create(b, zero(VectorType::get({lanes}, shape.sumType)), lhsBlock, kernel.add(target, i));
  });
}

/// `length` elements that follow `from` in memory to `target`; what comes behind is overwritten.
void ContractionSchedule::copyRun(const Position &from, DimExpr length, Value target) {
  auto emit = [&](Value i, Value mask) {
    Elements elements(kernel, lanes);
    elements.setMask(mask);
    Position position = from;
    position.back() = Coord{kernel.add(from.back().base, i), 0, 1, 0, {}};
    vector::StoreOp::create(b, extend(elements.at(shape.lhs, position), shape.lhs), lhsBlock, kernel.add(target, i));
  };
  Value count = kernel.size(length), whole = kernel.mul(kernel.div(count, lanes), lanes);
  kernel.loop(kernel.index(0), whole, lanes, [&](Value i) { emit(i, {}); });
  if (length.isMultipleOf(lanes))
    return;
  auto rest = [&] {
    emit(whole, vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()),
                                             ValueRange(kernel.sub(count, whole))));
  };
  length.isConstant() ? rest() : kernel.when(kernel.less(whole, count), rest);
}

/// The filter's taps along spatial dimension `axis` and those after it, at output place `image` (batch,
/// then one index a spatial dimension). `place` has the input's indices so far, `inside` whether they
/// are all within the image.
void ContractionSchedule::packTaps(ArrayRef<Value> image, Value target, int64_t axis, SmallVector<Value> place,
                                   Value inside) {
  Dims filter = dimsOf(shape.rhs.getType()), input = dimsOf(shape.lhs.getType());
  int64_t spatial = conv.spatialRank();
  DimExpr channels = filter[1];
  DimExpr inner = channels * product(b.getContext(), ArrayRef(filter).drop_front(axis + 3)); // of one tap
  Value firstChannel = conv.getGroups() == 1 ? kernel.index(0) : kernel.mul(outer[0], kernel.size(channels));
  Value size = kernel.size(input[axis + 1]);
  Value origin = kernel.sub(kernel.mul(image[axis + 1], conv.getStrides()[axis]), kernel.index(conv.getPadLow()[axis]));
  bool isPadded = conv.getPadLow()[axis] || conv.getPadHigh()[axis];
  bool isLast = axis == spatial - 1;
  Value taps = kernel.size(filter[axis + 2]);

  auto perTap = [&] {
    kernel.loop(kernel.index(0), taps, 1, [&](Value tap) {
      Value at = kernel.add(origin, kernel.mul(tap, conv.getDilations()[axis]));
      Value here = inside;
      if (isPadded) {
        // As unsigned numbers, those below 0 are large.
        Value within = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, at, size);
        here = here ? Value(arith::AndIOp::create(b, here, within)) : within;
      }
      Value to = kernel.add(target, kernel.mul(tap, kernel.size(inner)));
      SmallVector<Value> next = place;
      next.push_back(at);
      if (!isLast)
        return packTaps(image, to, axis + 1, next, here);
      Position from(input.size());
      for (auto [coord, value] : llvm::zip(from, next))
        coord = Elements::uniform(value);
      from.back() = Elements::uniform(firstChannel);
      if (!here)
        return copyRun(from, channels, to);
      auto branch = scf::IfOp::create(b, here, /*withElseRegion=*/true);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(branch.thenBlock());
      copyRun(from, channels, to);
      b.setInsertionPointToStart(branch.elseBlock());
      clearRun(to, kernel.size(channels));
    });
  };
  // All taps of the last dimension are neighbours in memory, if they are all within the image.
  bool isRun = isLast && conv.getGroups() == 1 && conv.getDilations()[axis] == 1 && isa<BlockArgument>(shape.lhs);
  if (!isRun)
    return perTap();
  Position from(input.size());
  for (auto [coord, value] : llvm::zip(from, place))
    coord = Elements::uniform(value);
  from[axis + 1] = Elements::uniform(origin);
  from.back() = Elements::uniform(kernel.index(0));
  Value within = inside;
  if (isPadded) {
    Value low = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, origin, kernel.index(0));
    Value high = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, kernel.add(origin, taps), size);
    Value both = arith::AndIOp::create(b, low, high);
    within = within ? Value(arith::AndIOp::create(b, within, both)) : both;
  }
  DimExpr length = channels * filter[axis + 2];
  if (!within)
    return copyRun(from, length, target);
  auto branch = scf::IfOp::create(b, within, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  copyRun(from, length, target);
  b.setInsertionPointToStart(branch.elseBlock());
  perTap();
}

void ContractionSchedule::packImage(Value firstRow, Value lastRow) {
  SmallVector<Value> sizes = llvm::map_to_vector(shape.rows, [&](DimExpr dim) { return kernel.size(dim); });
  kernel.loop(firstRow, lastRow, 1, [&](Value row) {
    SmallVector<Value> image = kernel.delinearize(row, sizes);
    Value target = kernel.mul(kernel.sub(row, firstRow), kernel.size(lhsStride));
    packTaps(image, target, 0, {image[0]}, {});
  });
}

// ---- B ---------------------------------------------------------------------------------------

/// Elements k in [0, depth) of each column go to row kOffset + k of the panels.
void ContractionSchedule::fillPanels(Value firstColumn, Value lastColumn,
                                     llvm::function_ref<Position(Coord, Coord)> positionOf, DimExpr depth,
                                     Value kOffset) {
  int64_t width = std::min(lanes, panelColumns);
  Value fullDepth = kernel.size(shape.depth), count = kernel.size(depth);
  auto emitColumns = [&](Value column, Value mask) {
    Value relative = kernel.sub(column, firstColumn);
    Value start = kernel.add(kernel.mul(kernel.mul(kernel.div(relative, panelColumns), fullDepth), panelColumns),
                             kernel.rem(relative, panelColumns));
    auto emitSteps = [&](Value k, int64_t steps) {
      Elements elements(kernel, width);
      elements.setMask(mask);
      elements.setTile(steps > 1 ? steps : 0);
      for (int64_t step = 0; step < steps; ++step) {
        Coord kCoord{k, step, 0, steps > 1 ? 1 : 0, {}};
        Value value = elements.at(shape.rhs, positionOf(kCoord, Coord{column, 0, 1, 0, {}}));
        value = extend(value, shape.rhs);
        Value to = kernel.add(start, kernel.mul(kernel.add(kernel.add(k, kOffset), step), panelColumns));
        vector::StoreOp::create(b, value, panels, to);
      }
    };
    Value rest = kernel.index(0);
    if (!mask) {
      rest = kernel.mul(kernel.div(count, width), width);
      kernel.loop(kernel.index(0), rest, width, [&](Value k) { emitSteps(k, width); });
    }
    kernel.loop(rest, count, 1, [&](Value k) { emitSteps(k, 1); });
  };
  Value whole = kernel.add(firstColumn, kernel.mul(kernel.div(kernel.sub(lastColumn, firstColumn), width), width));
  kernel.loop(firstColumn, whole, width, [&](Value column) { emitColumns(column, {}); });
  if (!shape.columns.isMultipleOf(width))
    kernel.when(kernel.less(whole, lastColumn), [&] {
      emitColumns(whole, vector::CreateMaskOp::create(b, VectorType::get({width}, b.getI1Type()),
                                                      ValueRange(kernel.sub(lastColumn, whole))));
    });
}

void ContractionSchedule::packPanels(Value firstColumn, Value lastColumn) {
  panelColumn = firstColumn;
  panelStart = kernel.index(0);
  int64_t rank = rankOf(shape.rhs);
  if (auto matmul = dyn_cast<MatMulOp>(op)) {
    Dims dims = dimsOf(shape.rhs.getType());
    int64_t missing = rankOf(op->getResult(0)) - rank;
    fillPanels(firstColumn, lastColumn, [&](Coord k, Coord column) {
      Position position(rank);
      for (int64_t i = 0; i < rank - 2; ++i)
        position[i] = Elements::uniform(dims[i] == 1 ? kernel.index(0) : outer[i + missing]);
      position[rank - 2] = matmul.getTransposeRhs() ? column : k;
      position[rank - 1] = matmul.getTransposeRhs() ? k : column;
      return position;
    }, shape.depth, kernel.index(0));
    return;
  }
  Dims filter = dimsOf(shape.rhs.getType());
  Value base = kernel.mul(outer[0], kernel.size(shape.columns));
  DimExpr taps = product(b.getContext(), ArrayRef(filter).drop_front(2));
  SmallVector<Value> window = llvm::map_to_vector(ArrayRef(filter).drop_front(2), [&](DimExpr dim) { return kernel.size(dim); });
  kernel.loop(kernel.index(0), kernel.size(taps), 1, [&](Value tap) {
    SmallVector<Value> at = kernel.delinearize(tap, window);
    fillPanels(firstColumn, lastColumn, [&](Coord k, Coord column) {
      Position position(rank);
      column.base = kernel.add(column.base, base);
      position[0] = column;
      position[1] = k;
      for (auto [i, index] : llvm::enumerate(at))
        position[i + 2] = Elements::uniform(index);
      return position;
    }, filter[1], kernel.mul(tap, kernel.size(filter[1])));
  });
}

// ---- tiles -----------------------------------------------------------------------------------

/// Elements of `tensor` as the type that is added up in.
Value ContractionSchedule::extend(Value value, Value tensor) {
  return extendTo(b, value, shape.sumType, elementOf(tensor).isUnsignedInteger());
}

void ContractionSchedule::emitTile(Matrix lhs, Value blockStart, Value row, Value column, int64_t rows,
                                   int64_t vectors, Value mask) {
  int64_t width = tiling.lanes;
  Value depth = kernel.size(shape.depth), stride = kernel.size(lhs.stride);
  Value start = kernel.add(lhs.start, kernel.mul(kernel.sub(row, blockStart), stride));
  // Where each vector's column begins: panels of 16 columns, each [k][16].
  Value relative = kernel.sub(column, panelColumn);
  // What is left of an unknown number of columns is done a vector at a time, from any of them on.
  bool isAligned = tiling.tileColumns() % panelColumns == 0 &&
                   (shape.columns.isConstant() || vectors == tiling.tileVectors);
  RegisterTile tile{{rows, vectors}, width, shape.sumType, lhs.memory, start, stride, panels, {}, panelColumns,
                    elementOf(shape.rhs).isUnsignedInteger()};
  for (int64_t v = 0; v < vectors; ++v) {
    Value at = isAligned ? relative : kernel.add(relative, v * width);
    Value panel = kernel.div(at, panelColumns), within = isAligned ? kernel.index(0) : kernel.rem(at, panelColumns);
    if (isAligned) {
      panel = kernel.add(panel, v * width / panelColumns);
      within = kernel.index(v * width % panelColumns);
    }
    tile.rhsStarts.push_back(kernel.add(
        kernel.add(panelStart, kernel.mul(kernel.mul(panel, depth), panelColumns)), within));
  }
  SmallVector<Value> sums = emitRegisterTile(kernel, tile, depth, tile.zeros(kernel));

  Elements elements(kernel, width);
  Value current;
  elements.bind(op->getResult(0), [&](const Position &) { return current; });
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t v = 0; v < vectors; ++v) {
      current = sums[r * vectors + v];
      elements.setMask(v == vectors - 1 ? mask : Value());
      Position position = resultPosition(row, r, Coord{column, v * width, 1, 0, {}});
      elements.storeResults(position);
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

void ContractionSchedule::emit() {
  MLIRContext *context = b.getContext();
  DimExpr rows = shape.rowCount();
  SmallVector<DimExpr> grid(shape.outer);
  grid.push_back(shape.columns.ceilDiv(tiling.columnBlock));
  if (packed)
    grid.push_back(rows.ceilDiv(tiling.rowBlock));

  // Rows of the packed block do not start in the same cache set; one vector of slack at the end.
  lhsStride = shape.depth.ceilDiv(16) * 16 + 16;
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

  kernel.loop(kernel.begin(), kernel.end(), 1, [&](Value task) {
    SmallVector<Value> sizes = llvm::map_to_vector(grid, [&](DimExpr size) { return kernel.size(size); });
    SmallVector<Value> at = kernel.delinearize(task, sizes);
    outer.assign(at.begin(), at.begin() + shape.outer.size());
    Value firstColumn = kernel.mul(at[shape.outer.size()], tiling.columnBlock);
    Value lastColumn = kernel.min(kernel.add(firstColumn, tiling.columnBlock), kernel.size(shape.columns));
    if (packed)
      panelStart = kernel.mul(conv ? outer[0] : kernel.index(0),
                              kernel.size(shape.columns.ceilDiv(panelColumns) * shape.depth * panelColumns));
    else
      packPanels(firstColumn, lastColumn);

    auto block = [&](Value firstRow) {
      Value lastRow = kernel.min(kernel.add(firstRow, tiling.rowBlock), kernel.size(rows));
      Matrix lhs{lhsBlock, kernel.index(0), lhsStride};
      if (direct)
        lhs = directLhs(firstRow);
      else
        conv ? packImage(firstRow, lastRow) : packMatrix(firstRow, lastRow);

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
          mask = vector::CreateMaskOp::create(b, VectorType::get({width}, b.getI1Type()), ValueRange(kernel.index(rest % width)));
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
        emit(single, 1, vector::CreateMaskOp::create(b, VectorType::get({width}, b.getI1Type()),
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

} // namespace

LogicalResult scheduleContraction(func::FuncOp source, const Target &target) {
  Operation *anchor = nullptr;
  for (Operation &op : source.getBody().front())
    if (isa<MatMulOp, ConvOp>(op)) {
      if (anchor)
        return op.emitOpError("is the second product of one kernel");
      anchor = &op;
    }
  if (auto conv = dyn_cast_or_null<ConvOp>(anchor); !anchor || (conv && !conv.getChannelsLast()))
    return source.emitError("needs a matmul, or a conv whose channels are last");
  if (auto conv = dyn_cast<ConvOp>(anchor); conv && conv.getFilter().getDefiningOp<WinogradFilterOp>())
    return scheduleWinograd(source, target);
  ContractionSchedule(source, target, anchor).emit();
  return success();
}

} // namespace treadle
