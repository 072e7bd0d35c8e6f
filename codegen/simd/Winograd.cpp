//===- Winograd.cpp - convolutions by 3x3 filters of stride 1 ---------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The image is cut into tiles of m x m outputs, each made from t x t inputs (dialects/graph/Winograd.h):
//
//     task: a block of tiles, a part of the output channels
//       for each tile, each vector of channels: V[x][tile][c] = B^T d B         t * t elements x
//       for each block of output channels
//         for each x: M[x][tile][o] = sum over c of V[x][tile][c] * U[x][c][o]  small matrix products
//         for each tile, each vector of o: A^T M A, what follows the conv, stores
//
// V and M of one task stay in the second-level cache, U (the filter, transformed when the model was
// compiled) streams through it. Tiles that stick out of the image are made from zeros there.
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Winograd.h"
#include "codegen/Schedule.h"
#include "codegen/elements/Elements.h"
#include "codegen/simd/RegisterTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

constexpr int64_t panelColumns = WinogradFilterOp::panelColumns;
using Matrix = WinogradMatrices::Matrix;

/// y = matrix * x for a matrix of constants and vectors of elements.
class LinearMap {
public:
  LinearMap(ImplicitLocOpBuilder &b, VectorType type) : b(b), type(type) {}
  SmallVector<Value> apply(Matrix matrix, ArrayRef<Value> x);

private:
  using Row = SmallVector<double>;

  Value constant(double value) {
    return arith::ConstantOp::create(b, DenseElementsAttr::get(type, b.getFloatAttr(type.getElementType(), value)));
  }
  Value add(Value a, Value c) { return arith::AddFOp::create(b, a, c); }
  Value sub(Value a, Value c) { return arith::SubFOp::create(b, a, c); }
  /// sum + factor * x
  Value accumulate(Value sum, double factor, Value x) {
    if (factor == 1)
      return sum ? add(sum, x) : x;
    if (!sum)
      return arith::MulFOp::create(b, constant(factor), x);
    return factor == -1 ? sub(sum, x) : Value(vector::FMAOp::create(b, constant(factor), x, sum));
  }
  Value dot(const Row &row, ArrayRef<Value> x);

  ImplicitLocOpBuilder &b;
  VectorType type;
};

/// Terms with the factor 1 begin, so that they need no multiplication.
Value LinearMap::dot(const Row &row, ArrayRef<Value> x) {
  Value sum;
  for (bool ones : {true, false})
    for (auto [factor, value] : llvm::zip(row, x))
      if (factor != 0 && (factor == 1) == ones)
        sum = accumulate(sum, factor, value);
  return sum ? sum : constant(0);
}

/// Columns that are equal but for signs are added and subtracted once for all rows; rows that are equal
/// but for signs share what they have in common. Both come from pairs of points +p and -p.
SmallVector<Value> LinearMap::apply(Matrix matrix, ArrayRef<Value> x) {
  SmallVector<Value> terms(x);
  auto isPair = [](double a, double c) { return std::abs(a) == std::abs(c); };
  size_t columns = x.size();
  for (size_t j = 0; j + 1 < columns; ++j) {
    bool same = true, opposite = false, equal = false;
    for (const Row &row : matrix) {
      same &= isPair(row[j], row[j + 1]);
      opposite |= row[j] != 0 && row[j] == -row[j + 1];
      equal |= row[j] != 0 && row[j] == row[j + 1];
    }
    if (!same || !opposite || !equal)
      continue;
    Value a = terms[j], c = terms[j + 1];
    terms[j] = add(a, c);
    terms[j + 1] = sub(a, c);
    for (Row &row : matrix) {
      double factor = row[j];
      bool differ = factor != row[j + 1];
      row[j] = differ ? 0 : factor;
      row[j + 1] = differ ? factor : 0;
    }
    ++j;
  }

  SmallVector<Value> result;
  for (size_t i = 0; i < matrix.size(); ++i) {
    Row even(columns, 0), odd(columns, 0);
    bool paired = i + 1 < matrix.size();
    double scale = 0;
    size_t evens = 0;
    for (size_t j = 0; paired && j < columns; ++j) {
      double a = matrix[i][j], c = matrix[i + 1][j];
      paired &= isPair(a, c);
      if (a == 0)
        continue;
      (a == c ? even : odd)[j] = a;
      evens += a == c;
      if (a != c)
        scale = a; // of the last odd term, which then needs no multiplication
    }
    if (!paired || scale == 0 || evens == 0) {
      result.push_back(dot(matrix[i], terms));
      continue;
    }
    for (double &factor : odd)
      factor /= scale;
    Value first = dot(even, terms), second = dot(odd, terms);
    result.push_back(accumulate(first, scale, second));
    result.push_back(accumulate(first, -scale, second));
    ++i;
  }
  return result;
}

class WinogradSchedule {
public:
  WinogradSchedule(func::FuncOp source, const Target &target, ConvOp conv);
  void emit();

private:
  /// A tile by its number: image, first output row and column.
  struct Place {
    Value image, row, column;
  };
  Place placeOf(Value tile);

  void chooseSizes();
  void transformInput(Value tile, Value slot);
  void transformVectors(Value slot, llvm::function_ref<Value(int64_t, int64_t, Value)> offsetOf,
                        ArrayRef<Value> rowMasks, ArrayRef<Value> columnMasks);
  void multiply(Value firstColumn, Value lastColumn, Value rows);
  void transformOutput(Value tile, Value slot, Value firstColumn, Value lastColumn);
  void storeOutputs(const Place &place, Value slot, Value firstColumn, Value column, Value mask, bool whole);

  VectorType vectorType() { return VectorType::get({lanes}, b.getF32Type()); }
  /// Runs `body` for each vector of [from, to); the last may have a mask.
  void forVectors(Value from, Value to, DimExpr count, llvm::function_ref<void(Value, Value)> body);

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  ConvOp conv;
  WinogradFilterOp filter;
  const WinogradMatrices &matrices;
  Dims input, result; // [N, H, W, C], [N, Y, X, O]
  int64_t m, t, lanes, channels, columns;
  DimExpr tiles;

  TileShape tile;               // of the small products
  int64_t tileBlock = 1;        // tiles of a task
  int64_t columnBlock = 1;      // output channels that M has room for
  int64_t columnPart = 1;       // output channels of a task
  int64_t vRow = 1, vPlane = 1; // distances in V and M
  int64_t mRow = 1, mPlane = 1;
  Value v, products; // V and M
};

WinogradSchedule::WinogradSchedule(func::FuncOp source, const Target &target, ConvOp conv)
    : kernel(source, target), b(kernel.b), conv(conv), filter(conv.getFilter().getDefiningOp<WinogradFilterOp>()),
      matrices(WinogradMatrices::of(filter.getOutputTile())), input(dimsOf(conv.getInput().getType())),
      result(dimsOf(conv.getType())), m(matrices.outputTile), t(matrices.tile), lanes(target.lanes(b.getF32Type())) {
  channels = *input[3].constantValue();
  columns = *result[3].constantValue();
  tiles = result[0] * result[1].ceilDiv(m) * result[2].ceilDiv(m);
  chooseSizes();
}

/// An even number of cache lines between planes would put many of them into the same cache sets.
int64_t spreadPlanes(int64_t elements) {
  int64_t lines = llvm::divideCeil(elements, 16);
  return (lines | 1) * 16;
}

void WinogradSchedule::chooseSizes() {
  constexpr int64_t manyTiles = 1000, enoughTasks = 16, elementBytes = 4;
  const Target &target = kernel.target;
  int64_t padded = llvm::alignTo(columns, panelColumns);
  int64_t count = tiles.constantValue().value_or(manyTiles);
  vRow = llvm::alignTo(channels, lanes);
  // V and M share the second-level cache with a plane of U.
  columnBlock = std::min<int64_t>(padded, 64);
  int64_t cached = target.l2Bytes * 3 / 4 / (t * t * elementBytes * (vRow + columnBlock));
  tileBlock = std::min<int64_t>(std::clamp<int64_t>(cached, 12, 64), count);
  int64_t blocks = llvm::divideCeil(count, tileBlock);
  tileBlock = llvm::divideCeil(count, blocks);
  tile = TileShape::choose(tileBlock, padded, lanes, target.vectorRegisters, target);
  tile.vectors = std::min<int64_t>(tile.vectors, columnBlock / lanes);
  tileBlock = llvm::alignTo(tileBlock, tile.rows);
  if (target.rowsCollide(vRow * elementBytes, tile.rows))
    vRow += 16;
  columnBlock = llvm::alignTo(columnBlock, std::lcm<int64_t>(tile.vectors * lanes, panelColumns));

  // Each part transforms the input anew, so there are no more of them than cores need.
  blocks = llvm::divideCeil(count, tileBlock);
  int64_t parts = std::clamp<int64_t>(enoughTasks / blocks, 1, llvm::divideCeil(padded, columnBlock));
  columnPart = llvm::alignTo(llvm::divideCeil(padded, parts), columnBlock);
  vPlane = spreadPlanes(tileBlock * vRow);
  mRow = columnBlock;
  mPlane = spreadPlanes(tileBlock * mRow);
}

WinogradSchedule::Place WinogradSchedule::placeOf(Value tile) {
  SmallVector<Value> at = kernel.delinearize(tile, {result[0], result[1].ceilDiv(m), result[2].ceilDiv(m)});
  return {at[0], kernel.mul(at[1], m), kernel.mul(at[2], m)};
}

void WinogradSchedule::forVectors(Value from, Value to, DimExpr count, llvm::function_ref<void(Value, Value)> body) {
  Value whole = kernel.add(from, kernel.mul(kernel.div(kernel.sub(to, from), lanes), lanes));
  kernel.loop(from, whole, lanes, [&](Value i) { body(i, {}); });
  if (count.isMultipleOf(lanes))
    return;
  kernel.when(kernel.less(whole, to), [&] {
    body(whole,
         vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()), ValueRange(kernel.sub(to, whole))));
  });
}

// ---- B^T d B ---------------------------------------------------------------------------------

void WinogradSchedule::transformVectors(Value slot, llvm::function_ref<Value(int64_t, int64_t, Value)> offsetOf,
                                        ArrayRef<Value> rowMasks, ArrayRef<Value> columnMasks) {
  Value memory = kernel.bufferOf(cast<BlockArgument>(conv.getInput()));
  Value start = kernel.mul(slot, vRow);
  auto integers = VectorType::get({lanes}, b.getI32Type());
  forVectors(kernel.index(0), kernel.index(channels), input[3], [&](Value c, Value mask) {
    LinearMap map(b, vectorType());
    auto load = [&](int64_t i, int64_t j) -> Value {
      Value at = offsetOf(i, j, c), value;
      if (mask) {
        Value zero = arith::ConstantOp::create(b, b.getZeroAttr(vectorType()));
        value = vector::MaskedLoadOp::create(b, vectorType(), memory, at, mask, zero);
      } else {
        value = vector::LoadOp::create(b, vectorType(), memory, at);
      }
      if (rowMasks.empty())
        return value;
      value = arith::BitcastOp::create(b, integers, value);
      value = arith::AndIOp::create(b, arith::AndIOp::create(b, value, rowMasks[i]), columnMasks[j]);
      return arith::BitcastOp::create(b, vectorType(), value);
    };
    SmallVector<SmallVector<Value>> half(t); // B^T d, column by column
    for (int64_t j = 0; j < t; ++j) {
      SmallVector<Value> column;
      for (int64_t i = 0; i < t; ++i)
        column.push_back(load(i, j));
      half[j] = map.apply(matrices.input, column);
    }
    for (int64_t i = 0; i < t; ++i) {
      SmallVector<Value> row = llvm::map_to_vector(half, [&](ArrayRef<Value> column) { return column[i]; });
      for (auto [j, value] : llvm::enumerate(map.apply(matrices.input, row)))
        vector::StoreOp::create(b, value, v, kernel.add(kernel.add(start, c), (i * t + j) * vPlane));
    }
  });
}

/// Tile number `tile` of the image to place `slot` of V.
void WinogradSchedule::transformInput(Value tile, Value slot) {
  Place place = placeOf(tile);
  SmallVector<DimExpr> strides = kernel.strides(conv.getInput().getType());
  Value height = kernel.size(input[1]), width = kernel.size(input[2]);
  Value y = kernel.sub(place.row, kernel.index(conv.getPadLow()[0])),
        x = kernel.sub(place.column, kernel.index(conv.getPadLow()[1]));
  Value image = kernel.mul(place.image, kernel.size(strides[0]));
  auto within = [&](Value first, Value size) -> Value {
    Value low = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, first, kernel.index(0));
    Value high = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, kernel.add(first, t), size);
    return arith::AndIOp::create(b, low, high);
  };
  Value inside = arith::AndIOp::create(b, within(y, height), within(x, width));
  auto branch = scf::IfOp::create(b, inside, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  {
    Value start = kernel.add(image, kernel.add(kernel.mul(y, kernel.size(strides[1])), kernel.mul(x, channels)));
    transformVectors(slot,
                     [&](int64_t i, int64_t j, Value c) {
                       Value row = kernel.add(start, kernel.mul(kernel.size(strides[1]), i));
                       return kernel.add(kernel.add(row, c), j * channels);
                     },
                     {}, {});
  }
  b.setInsertionPointToStart(branch.elseBlock());
  // What is outside is read at the border and cleared.
  auto clamp = [&](Value first, Value size, SmallVectorImpl<Value> &at, SmallVectorImpl<Value> &masks) {
    for (int64_t i = 0; i < t; ++i) {
      Value index = kernel.add(first, i);
      Value here = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index, size);
      at.push_back(kernel.max(kernel.min(index, kernel.add(size, -1)), kernel.index(0)));
      masks.push_back(vector::BroadcastOp::create(b, VectorType::get({lanes}, b.getI32Type()),
                                                  arith::ExtSIOp::create(b, b.getI32Type(), here)));
    }
  };
  SmallVector<Value> rows, columnsAt, rowMasks, columnMasks;
  clamp(y, height, rows, rowMasks);
  clamp(x, width, columnsAt, columnMasks);
  transformVectors(
      slot,
      [&](int64_t i, int64_t j, Value c) {
        Value row = kernel.add(image, kernel.mul(rows[i], kernel.size(strides[1])));
        return kernel.add(kernel.add(row, kernel.mul(columnsAt[j], channels)), c);
      },
      rowMasks, columnMasks);
}

// ---- products --------------------------------------------------------------------------------

/// M of columns [firstColumn, lastColumn) for the first `rows` tiles of V, whole register tiles of them.
void WinogradSchedule::multiply(Value firstColumn, Value lastColumn, Value rows) {
  Value depth = kernel.index(channels), vStride = kernel.index(vRow);
  int64_t panel = channels * panelColumns, plane = llvm::divideCeil(columns, panelColumns) * panel;
  Value memory = kernel.bufferOf(cast<BlockArgument>(filter.getTransformed()));
  kernel.loop(kernel.index(0), kernel.index(t * t), 1, [&](Value x) {
    auto emitColumns = [&](Value column, int64_t vectors) {
      kernel.loop(kernel.index(0), rows, tile.rows, [&](Value row) {
        RegisterTile registers{{tile.rows, vectors}, lanes, b.getF32Type()};
        registers.lhs = v;
        registers.lhsStride = vStride;
        registers.rhs = memory;
        registers.rhsElement = elementOf(filter.getTransformed());
        registers.rhsStep = panelColumns;
        registers.lhsStart = kernel.add(kernel.mul(x, vPlane), kernel.mul(row, vRow));
        for (int64_t vector = 0; vector < vectors; ++vector) {
          Value at = kernel.add(column, vector * lanes);
          registers.rhsStarts.push_back(
              kernel.add(kernel.add(kernel.mul(x, plane), kernel.mul(kernel.div(at, panelColumns), panel)),
                         kernel.rem(at, panelColumns)));
        }
        SmallVector<Value> sums = emitRegisterTile(kernel, registers, depth, registers.zeros(kernel));
        Value to =
            kernel.add(kernel.add(kernel.mul(x, mPlane), kernel.mul(row, mRow)), kernel.sub(column, firstColumn));
        for (int64_t r = 0; r < tile.rows; ++r)
          for (int64_t vector = 0; vector < vectors; ++vector)
            vector::StoreOp::create(b, sums[r * vectors + vector], products, kernel.add(to, r * mRow + vector * lanes));
      });
    };
    int64_t step = tile.vectors * lanes;
    Value whole = kernel.add(firstColumn, kernel.mul(kernel.div(kernel.sub(lastColumn, firstColumn), step), step));
    kernel.loop(firstColumn, whole, step, [&](Value column) { emitColumns(column, tile.vectors); });
    int64_t rest = llvm::alignTo(columns, panelColumns) % step;
    if (rest)
      kernel.when(kernel.less(whole, lastColumn), [&] { emitColumns(whole, rest / lanes); });
  });
}

// ---- A^T M A ---------------------------------------------------------------------------------

/// The outputs of one tile for the vector of channels at `column`; `whole`: none of them is outside.
void WinogradSchedule::storeOutputs(const Place &place, Value slot, Value firstColumn, Value column, Value mask,
                                    bool whole) {
  LinearMap map(b, vectorType());
  Value start = kernel.add(kernel.mul(slot, mRow), kernel.sub(column, firstColumn));
  SmallVector<SmallVector<Value>> half(t); // A^T M, column by column
  for (int64_t j = 0; j < t; ++j) {
    SmallVector<Value> elements;
    for (int64_t i = 0; i < t; ++i)
      elements.push_back(vector::LoadOp::create(b, vectorType(), products, kernel.add(start, (i * t + j) * mPlane)));
    half[j] = map.apply(matrices.output, elements);
  }
  Elements elements(kernel, lanes);
  elements.setMask(mask);
  Value current;
  elements.bind(conv.getResult(), [&](const Position &) { return current; });
  for (int64_t i = 0; i < m; ++i) {
    SmallVector<Value> row = llvm::map_to_vector(half, [&](ArrayRef<Value> values) { return values[i]; });
    for (auto [j, value] : llvm::enumerate(map.apply(matrices.output, row))) {
      current = value;
      Position position = {Elements::uniform(place.image), Coord{place.row, i, 0, 0, {}},
                           Coord{place.column, static_cast<int64_t>(j), 0, 0, {}}, Coord{column, 0, 1, 0, {}}};
      auto store = [&] { elements.storeResults(position); };
      if (whole) {
        store();
        continue;
      }
      Value inside = arith::AndIOp::create(b, kernel.less(kernel.add(place.row, i), kernel.size(result[1])),
                                           kernel.less(kernel.add(place.column, j), kernel.size(result[2])));
      kernel.when(inside, [&] { elements.scoped(store); });
    }
  }
}

void WinogradSchedule::transformOutput(Value tile, Value slot, Value firstColumn, Value lastColumn) {
  Place place = placeOf(tile);
  auto emit = [&](bool whole) {
    forVectors(firstColumn, lastColumn, result[3],
               [&](Value column, Value mask) { storeOutputs(place, slot, firstColumn, column, mask, whole); });
  };
  if (result[1].isMultipleOf(m) && result[2].isMultipleOf(m))
    return emit(true);
  auto fits = [&](Value first, DimExpr size) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::sle, kernel.add(first, m), kernel.size(size));
  };
  Value whole = arith::AndIOp::create(b, fits(place.row, result[1]), fits(place.column, result[2]));
  kernel.when(whole, [&] { emit(true); }, [&] { emit(false); });
}

void WinogradSchedule::emit() {
  MLIRContext *context = b.getContext();
  auto elements = [&](int64_t count) { return DimExpr::constant(context, count + lanes); };
  v = kernel.scratch(b.getF32Type(), elements(t * t * vPlane));
  products = kernel.scratch(b.getF32Type(), elements(t * t * mPlane));
  int64_t padded = llvm::alignTo(columns, panelColumns);
  DimExpr blocks = tiles.ceilDiv(tileBlock), parts = DimExpr::constant(context, llvm::divideCeil(padded, columnPart));

  kernel.tasks([&](Value task) {
    SmallVector<Value> at = kernel.delinearize(task, {blocks, parts});
    Value first = kernel.mul(at[0], tileBlock);
    Value count = kernel.min(kernel.sub(kernel.size(tiles), first), kernel.index(tileBlock));
    kernel.loop(kernel.index(0), count, 1, [&](Value slot) { transformInput(kernel.add(first, slot), slot); });
    // Rows past the last tile hold what an earlier task left; nobody reads their products.
    Value rows = kernel.mul(kernel.div(kernel.add(count, tile.rows - 1), tile.rows), tile.rows);
    Value firstColumn = kernel.mul(at[1], columnPart);
    Value lastColumn = kernel.min(kernel.add(firstColumn, columnPart), kernel.index(padded));
    kernel.loop(firstColumn, lastColumn, columnBlock, [&](Value column) {
      Value end = kernel.min(kernel.add(column, columnBlock), lastColumn);
      multiply(column, end, rows);
      Value stored = kernel.min(end, kernel.index(columns));
      kernel.loop(kernel.index(0), count, 1,
                  [&](Value slot) { transformOutput(kernel.add(first, slot), slot, column, stored); });
    });
  });
  kernel.finish({blocks * parts});
}

} // namespace

LogicalResult simd::scheduleWinograd(func::FuncOp source, const Target &target) {
  ConvOp conv;
  for (Operation &op : source.getBody().front())
    if (auto found = dyn_cast<ConvOp>(op))
      conv = found;
  if (!conv || !conv.getFilter().getDefiningOp<WinogradFilterOp>() || !conv.getChannelsLast() ||
      conv.getGroups() != 1 || !isa<BlockArgument>(conv.getInput()) || !elementOf(conv.getInput()).isF32() ||
      !conv.hasUnitSteps())
    return source.emitError("needs a conv of stride 1 by a 3x3 filter that is stored transformed");
  WinogradSchedule(source, target, conv).emit();
  return success();
}

} // namespace treadle
