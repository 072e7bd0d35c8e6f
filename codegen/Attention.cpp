//===- Attention.cpp - softmax(scale * Q K^T + bias) V ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// With an online softmax (Milakov and Gimelshein, 2018), in the order of loops of FlashAttention-2 (Dao,
// 2023), transposed: queries lie in lanes, so that the softmax of a query never leaves its lane, and both
// products find their right side as they want it.
//
//     task: one place of the leading dimensions, a block of queries
//       Q^T, scaled, in panels                                  [panel][d][query]
//       for each block of keys
//         P = K Q^T + bias                                      [key][query]
//         for each vector of queries
//           m' = max(m, the greatest of P); c = exp(m - m'); P = exp(P - m'); l = c * l + the sum of P
//           O = c * O
//         O += V^T P                                            [e][query]
//       result = O^T / l
//
// Q, K and V may be transposes of what is in memory: they are read where they lie. The result may be
// transposed on its way out. The bias is computed from positions, element by element.
//
//===----------------------------------------------------------------------===//

#include "codegen/Elements.h"
#include "codegen/RegisterTile.h"
#include "codegen/Schedule.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

constexpr int64_t maxQueryBlock = 64, maxKeyBlock = 192;
// What sizes that are known only at run time are taken to be.
constexpr int64_t usualSize = 256;

class AttentionSchedule {
public:
  AttentionSchedule(func::FuncOp source, const Target &target, AttentionOp op);
  void emit();

private:
  /// A matrix in memory: of one place of the leading dimensions.
  struct Matrix {
    Value memory, start;
    Value rowStride, columnStride;
    Type element;
  };
  /// Where `operand`, seen through transposes, has the matrix of its last two dimensions at `outer`.
  Matrix matrixOf(Value operand, ArrayRef<Value> outer);

  void packQueries(ArrayRef<Value> outer, Value firstQuery);
  void clearSums();
  void scoreKeys(const Matrix &keys, ArrayRef<Value> outer, Value firstQuery, Value firstKey, Value lastKey);
  void raiseKeys(Value firstKey, Value lastKey);
  void addValues(const Matrix &values, Value firstKey, Value lastKey);
  void storeResult(ArrayRef<Value> outer, Value firstQuery);
  void storeTile(ArrayRef<Value> outer, Value query, Value slot, Value e, int64_t height, Value mask);
  Value biasAt(ArrayRef<Value> outer, Value query, Value slot, Value key, int64_t offset);

  VectorType vectorType() { return VectorType::get({lanes}, sumType); }
  Value constant(double value) {
    return arith::ConstantOp::create(b, DenseElementsAttr::get(vectorType(), b.getFloatAttr(sumType, value)));
  }
  Value load(Value memory, Value at) { return vector::LoadOp::create(b, vectorType(), memory, at); }
  void store(Value value, Value memory, Value at) { vector::StoreOp::create(b, value, memory, at); }
  /// Lanes of queries from `query` on that exist; null if all do.
  Value queryMask(Value query);

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  AttentionOp op;
  Type sumType;
  Dims outerDims;
  DimExpr queries, keys, depth, width; // L, S, D, E
  int64_t lanes, queryBlock = 1, keyBlock = 1;
  TileShape keyTile, valueTile; // of K Q^T and of V^T P
  bool blocksAreWhole = false;  // no block of keys has fewer than a tile's rows
  Value slots;                  // of a block's queries, as many as tiles cover
  Value packed;                 // Q^T
  Value scores;                 // P
  Value sums;                   // O
  Value peaks, totals;          // m and l
};

AttentionSchedule::AttentionSchedule(func::FuncOp source, const Target &target, AttentionOp op)
    : kernel(source, target), b(kernel.b), op(op) {
  Dims query = dimsOf(op.getQuery().getType()), value = dimsOf(op.getValue().getType());
  outerDims.assign(query.begin(), query.end() - 2);
  queries = query[query.size() - 2];
  depth = query.back();
  keys = value[value.size() - 2];
  width = value.back();
  sumType = computeType(elementOf(op.getResult()));

  int64_t known = queries.constantValue().value_or(usualSize);
  lanes = std::min<int64_t>(target.lanes(sumType), std::max<int64_t>(llvm::PowerOf2Ceil(known), 4));
  auto sizeOr = [](DimExpr dim) { return std::max<int64_t>(dim.constantValue().value_or(usualSize), 1); };
  keyBlock = llvm::divideCeil(sizeOr(keys), llvm::divideCeil(sizeOr(keys), maxKeyBlock));
  keyTile = TileShape::choose(keyBlock, std::max(known, lanes), lanes, target.vectorRegisters, target);
  valueTile = TileShape::choose(sizeOr(width), std::max(known, lanes), lanes, target.vectorRegisters, target);
  valueTile.vectors = keyTile.vectors = std::min(keyTile.vectors, valueTile.vectors);
  if (std::optional<int64_t> count = keys.constantValue(); count && !op.getCausal())
    blocksAreWhole = *count % keyBlock == 0 || *count % keyBlock >= keyTile.rows;
  int64_t columns = keyTile.vectors * lanes;
  queryBlock = std::min(llvm::alignTo(maxQueryBlock, columns), llvm::alignTo(known, columns));
}

AttentionSchedule::Matrix AttentionSchedule::matrixOf(Value operand, ArrayRef<Value> outer) {
  SmallVector<int64_t> dims = llvm::to_vector(llvm::seq<int64_t>(rankOf(operand)));
  while (auto transpose = operand.getDefiningOp<TransposeOp>()) {
    for (int64_t &dim : dims)
      dim = transpose.getPermutation()[dim];
    operand = transpose.getInput();
  }
  SmallVector<DimExpr> strides = kernel.strides(operand.getType());
  Matrix matrix;
  matrix.memory = kernel.bufferOf(cast<BlockArgument>(operand));
  matrix.element = elementOf(operand);
  matrix.start = kernel.index(0);
  Dims sizes = dimsOf(operand.getType());
  for (auto [i, index] : llvm::enumerate(outer))
    if (sizes[dims[i]] != 1) // shared by all queries' heads, if there is but one
      matrix.start = kernel.add(matrix.start, kernel.mul(index, kernel.size(strides[dims[i]])));
  matrix.rowStride = kernel.size(strides[dims[outer.size()]]);
  matrix.columnStride = kernel.size(strides[dims[outer.size() + 1]]);
  return matrix;
}

Value AttentionSchedule::queryMask(Value query) {
  if (queries.isMultipleOf(queryBlock) || (queries.isMultipleOf(lanes) && queries.isConstant()))
    return {};
  return vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()),
                                      ValueRange(kernel.sub(kernel.size(queries), query)));
}

/// Queries past the last are zeros.
void AttentionSchedule::packQueries(ArrayRef<Value> outer, Value firstQuery) {
  Value panelSize = kernel.mul(kernel.size(depth), keyTile.vectors * lanes);
  Value scale = constant(op.getScale().convertToDouble());
  Value zero = constant(0);
  kernel.loop(kernel.index(0), slots, lanes, [&](Value slot) {
    Value query = kernel.add(firstQuery, slot), mask = queryMask(query);
    int64_t columns = keyTile.vectors * lanes;
    Value start = kernel.add(kernel.mul(kernel.div(slot, columns), panelSize), kernel.rem(slot, columns));
    auto emit = [&](Value d, int64_t count) {
      Elements elements(kernel, lanes);
      elements.setMask(mask);
      elements.setTile(count > 1 && !mask ? count : 0);
      for (int64_t i = 0; i < count; ++i) {
        Position position = llvm::map_to_vector<4>(outer, [](Value index) { return Elements::uniform(index); });
        position.push_back(Coord{query, 0, 1, 0, {}});
        position.push_back(Coord{d, i, 0, count > 1 ? 1 : 0, {}});
        Value value = arith::MulFOp::create(b, elements.at(op.getQuery(), position), scale);
        if (mask)
          value = arith::SelectOp::create(b, mask, value, zero);
        store(value, packed, kernel.add(start, kernel.mul(kernel.add(d, i), columns)));
      }
    };
    Value size = kernel.size(depth), whole = kernel.mul(kernel.div(size, lanes), lanes);
    kernel.loop(kernel.index(0), whole, lanes, [&](Value d) { emit(d, lanes); });
    if (!depth.isMultipleOf(lanes))
      kernel.loop(whole, size, 1, [&](Value d) { emit(d, 1); });
  });
}

/// Before any key: m is the least number rather than -inf, so that keys that are masked out by -inf
/// weigh nothing; where all of them are, 0 / 0 is what a softmax of them is.
void AttentionSchedule::clearSums() {
  Value least = constant(-std::numeric_limits<float>::max()), zero = constant(0);
  kernel.loop(kernel.index(0), slots, lanes, [&](Value slot) {
    store(least, peaks, slot);
    store(zero, totals, slot);
  });
  kernel.loop(kernel.index(0), kernel.mul(kernel.size(width), queryBlock), lanes,
              [&](Value at) { store(zero, sums, at); });
}

/// The bias of one key for a vector of queries; lanes past the last query hold anything.
Value AttentionSchedule::biasAt(ArrayRef<Value> outer, Value query, Value slot, Value key, int64_t offset) {
  Position position = llvm::map_to_vector<4>(outer, [](Value index) { return Elements::uniform(index); });
  position.push_back(Coord{kernel.add(query, slot), 0, 1, 0, {}});
  position.push_back(Coord{key, offset, 0, 0, {}});
  Position inner;
  int64_t rank = rankOf(op.getBias());
  for (auto [i, dim] : llvm::enumerate(kernel.dims(op.getBias())))
    inner.push_back(dim == 1 ? Elements::uniform(kernel.index(0)) : position[position.size() - rank + i]);
  Elements elements(kernel, lanes);
  if (!inner.empty() && rank >= 2 && !inner[rank - 2].isUniform())
    elements.setMask(queryMask(kernel.add(query, slot)));
  return elements.at(op.getBias(), inner);
}

/// P of keys [firstKey, lastKey), at rows from 0 on.
void AttentionSchedule::scoreKeys(const Matrix &matrix, ArrayRef<Value> outer, Value firstQuery, Value firstKey,
                                  Value lastKey) {
  int64_t vectors = keyTile.vectors, columns = vectors * lanes;
  Value panelSize = kernel.mul(kernel.size(depth), columns);
  auto emit = [&](Value slot, Value key, int64_t rows) {
    RegisterTile tile{{rows, vectors}, lanes, sumType};
    tile.lhs = matrix.memory;
    tile.lhsStart = kernel.add(matrix.start, kernel.mul(key, matrix.rowStride));
    tile.lhsStride = matrix.rowStride;
    tile.lhsStep = matrix.columnStride;
    tile.lhsElement = matrix.element;
    tile.rhs = packed;
    tile.rhsStep = columns;
    Value panel = kernel.mul(kernel.div(slot, columns), panelSize);
    for (int64_t v = 0; v < vectors; ++v)
      tile.rhsStarts.push_back(kernel.add(panel, v * lanes));
    SmallVector<Value> products = emitRegisterTile(kernel, tile, kernel.size(depth), tile.zeros(kernel));
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t v = 0; v < vectors; ++v) {
        Value score = products[r * vectors + v], at = kernel.add(slot, v * lanes);
        if (op.getBias())
          score = arith::AddFOp::create(b, score, biasAt(outer, firstQuery, at, key, r));
        if (op.getCausal()) {
          // Key j is seen by queries i with j <= i + S - L.
          Elements elements(kernel, lanes);
          Value shift = kernel.sub(kernel.size(keys), kernel.size(queries));
          Value last = elements.vector(Coord{kernel.add(kernel.add(firstQuery, at), shift), 0, 1, 0, {}});
          Value seen =
              arith::CmpIOp::create(b, arith::CmpIPredicate::sle, elements.vector(Coord{key, r, 0, 0, {}}), last);
          score = arith::SelectOp::create(b, seen, score, constant(-std::numeric_limits<double>::infinity()));
        }
        Value row = kernel.add(kernel.sub(key, firstKey), r);
        store(score, scores, kernel.add(kernel.mul(row, queryBlock), at));
      }
  };
  int64_t height = keyTile.rows;
  kernel.loop(kernel.index(0), slots, columns, [&](Value slot) {
    // The last tile begins early enough to be whole: what it computes again is the same.
    Value latest = kernel.sub(lastKey, kernel.index(height));
    auto tiles = [&] {
      kernel.loop(firstKey, lastKey, height, [&](Value key) { emit(slot, kernel.min(key, latest), height); });
    };
    auto single = [&] { kernel.loop(firstKey, lastKey, 1, [&](Value key) { emit(slot, key, 1); }); };
    if (blocksAreWhole || height == 1)
      return tiles();
    auto branch = scf::IfOp::create(b, kernel.less(latest, firstKey), /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    single();
    b.setInsertionPointToStart(branch.elseBlock());
    tiles();
  });
}

/// P becomes exp(P - m), with what that does to m, l and O.
void AttentionSchedule::raiseKeys(Value firstKey, Value lastKey) {
  Value count = kernel.sub(lastKey, firstKey);
  auto exp = [&](Value x) -> Value { return math::ExpOp::create(b, x); };
  auto sub = [&](Value x, Value y) -> Value { return arith::SubFOp::create(b, x, y); };
  // Two rows at a time, to hide what an addition and a comparison take.
  auto overRows = [&](Value slot, ValueRange start, llvm::function_ref<Value(Value, Value)> step) {
    Value even = kernel.mul(kernel.div(count, 2), 2);
    SmallVector<Value> both = kernel.loop(kernel.index(0), even, 2, start, [&](Value key, ValueRange carried) {
      SmallVector<Value> next;
      for (int64_t i = 0; i < 2; ++i)
        next.push_back(step(kernel.add(kernel.mul(kernel.add(key, i), queryBlock), slot), carried[i]));
      return next;
    });
    return kernel.loop(even, count, 1, both, [&](Value key, ValueRange carried) {
      return SmallVector<Value>{step(kernel.add(kernel.mul(key, queryBlock), slot), carried[0]), carried[1]};
    });
  };
  kernel.loop(kernel.index(0), slots, lanes, [&](Value slot) {
    Value before = load(peaks, slot);
    SmallVector<Value> highest = overRows(slot, {before, before}, [&](Value at, Value most) -> Value {
      return arith::MaxNumFOp::create(b, most, load(scores, at));
    });
    Value peak = arith::MaxNumFOp::create(b, highest[0], highest[1]);
    SmallVector<Value> total = overRows(slot, {constant(0), constant(0)}, [&](Value at, Value sum) -> Value {
      Value weight = exp(sub(load(scores, at), peak));
      store(weight, scores, at);
      return arith::AddFOp::create(b, sum, weight);
    });
    Value change = exp(sub(before, peak));
    Value sum = arith::AddFOp::create(b, total[0], total[1]);
    store(peak, peaks, slot);
    store(vector::FMAOp::create(b, load(totals, slot), change, sum), totals, slot);
    kernel.loop(kernel.index(0), kernel.size(width), 1, [&](Value e) {
      Value at = kernel.add(kernel.mul(e, queryBlock), slot);
      store(arith::MulFOp::create(b, load(sums, at), change), sums, at);
    });
  });
}

/// O += V^T P
void AttentionSchedule::addValues(const Matrix &matrix, Value firstKey, Value lastKey) {
  int64_t vectors = valueTile.vectors;
  auto emit = [&](Value slot, Value e, int64_t rows) {
    RegisterTile tile{{rows, vectors}, lanes, sumType};
    tile.lhs = matrix.memory;
    tile.lhsStart = kernel.add(kernel.add(matrix.start, kernel.mul(firstKey, matrix.rowStride)),
                               kernel.mul(e, matrix.columnStride));
    tile.lhsStride = matrix.columnStride;
    tile.lhsStep = matrix.rowStride;
    tile.lhsElement = matrix.element;
    tile.rhs = scores;
    tile.rhsStep = queryBlock;
    SmallVector<Value> start;
    auto at = [&](int64_t r, int64_t v) {
      return kernel.add(kernel.mul(kernel.add(e, r), queryBlock), kernel.add(slot, v * lanes));
    };
    for (int64_t v = 0; v < vectors; ++v)
      tile.rhsStarts.push_back(kernel.add(slot, v * lanes));
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t v = 0; v < vectors; ++v)
        start.push_back(load(sums, at(r, v)));
    SmallVector<Value> next = emitRegisterTile(kernel, tile, kernel.sub(lastKey, firstKey), start);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t v = 0; v < vectors; ++v)
        store(next[r * vectors + v], sums, at(r, v));
  };
  kernel.loop(kernel.index(0), slots, vectors * lanes, [&](Value slot) {
    int64_t height = valueTile.rows;
    Value size = kernel.size(width), whole = kernel.mul(kernel.div(size, height), height);
    kernel.loop(kernel.index(0), whole, height, [&](Value e) { emit(slot, e, height); });
    if (std::optional<int64_t> known = width.constantValue()) {
      if (*known % height)
        emit(slot, whole, *known % height);
    } else {
      kernel.loop(whole, size, 1, [&](Value e) { emit(slot, e, 1); });
    }
  });
}

/// `height` queries from `query` on, a vector of their elements from `e` on: a square of O, transposed.
void AttentionSchedule::storeTile(ArrayRef<Value> outer, Value query, Value slot, Value e, int64_t height, Value mask) {
  SmallVector<Value> rows;
  Value last = kernel.sub(kernel.size(width), kernel.index(1));
  Value one = constant(1), inverse = arith::DivFOp::create(b, one, load(totals, slot));
  for (int64_t i = 0; i < lanes; ++i) {
    // Rows past the last of O are never stored.
    Value row = mask ? kernel.min(kernel.add(e, i), last) : kernel.add(e, i);
    rows.push_back(arith::MulFOp::create(b, load(sums, kernel.add(kernel.mul(row, queryBlock), slot)), inverse));
  }
  transposeSquare(b, rows);
  for (int64_t i = 0; i < height; ++i) {
    Elements elements(kernel, lanes);
    elements.setMask(mask);
    elements.bind(op.getResult(), [&](const Position &) { return rows[i]; });
    Position position = llvm::map_to_vector<4>(outer, [](Value index) { return Elements::uniform(index); });
    position.push_back(Coord{query, i, 0, 0, {}});
    position.push_back(Coord{e, 0, 1, 0, {}});
    for (auto [number, result] : llvm::enumerate(kernel.results())) {
      Value computed = result;
      SmallVector<TransposeOp> transposes;
      while (auto transpose = computed.getDefiningOp<TransposeOp>()) {
        transposes.push_back(transpose);
        computed = transpose.getInput();
      }
      Position at = position;
      for (TransposeOp transpose : llvm::reverse(transposes)) {
        Position from = at;
        for (auto [to, dim] : llvm::enumerate(transpose.getPermutation()))
          at[to] = from[dim];
      }
      elements.store(elements.at(computed, position), kernel.resultBuffer(number),
                     cast<RankedTensorType>(result.getType()), at);
    }
  }
}

void AttentionSchedule::storeResult(ArrayRef<Value> outer, Value firstQuery) {
  Value count = kernel.min(kernel.sub(kernel.size(queries), firstQuery), kernel.index(queryBlock));
  Value size = kernel.size(width), whole = kernel.mul(kernel.div(size, lanes), lanes);
  auto overWidth = [&](Value slot, llvm::function_ref<void(Value, Value)> emit) {
    kernel.loop(kernel.index(0), whole, lanes, [&](Value e) { emit(e, {}); });
    if (width.isMultipleOf(lanes))
      return;
    kernel.when(kernel.less(whole, size), [&] {
      emit(whole, vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()),
                                               ValueRange(kernel.sub(size, whole))));
    });
  };
  Value full = kernel.mul(kernel.div(count, lanes), lanes);
  kernel.loop(kernel.index(0), full, lanes, [&](Value slot) {
    overWidth(slot, [&](Value e, Value mask) { storeTile(outer, kernel.add(firstQuery, slot), slot, e, lanes, mask); });
  });
  if (queries.isMultipleOf(lanes))
    return;
  // What is left of the last vector of queries, one by one: its square is turned so that it comes first.
  kernel.loop(full, count, 1, [&](Value slot) {
    overWidth(slot, [&](Value e, Value mask) { storeTile(outer, kernel.add(firstQuery, slot), slot, e, 1, mask); });
  });
}

void AttentionSchedule::emit() {
  MLIRContext *context = b.getContext();
  DimExpr block = DimExpr::constant(context, queryBlock);
  // A vector of slack: the last squares of O are read past their queries.
  packed = kernel.scratch(sumType, depth * queryBlock);
  scores = kernel.scratch(sumType, DimExpr::min(keys, DimExpr::constant(context, keyBlock)) * queryBlock);
  sums = kernel.scratch(sumType, width * queryBlock + lanes);
  peaks = kernel.scratch(sumType, block);
  totals = kernel.scratch(sumType, block + lanes);
  SmallVector<DimExpr> grid(outerDims);
  grid.push_back(queries.ceilDiv(queryBlock));

  kernel.loop(kernel.begin(), kernel.end(), 1, [&](Value task) {
    SmallVector<Value> sizes = llvm::map_to_vector(grid, [&](DimExpr size) { return kernel.size(size); });
    SmallVector<Value> at = kernel.delinearize(task, sizes);
    ArrayRef<Value> outer = ArrayRef(at).drop_back();
    Value firstQuery = kernel.mul(at.back(), queryBlock);
    Matrix keyMatrix = matrixOf(op.getKey(), outer), valueMatrix = matrixOf(op.getValue(), outer);
    slots = kernel.index(queryBlock);
    if (int64_t columns = keyTile.vectors * lanes; !queries.isMultipleOf(queryBlock) && queryBlock > columns) {
      Value left = kernel.sub(kernel.size(queries), firstQuery);
      slots = kernel.min(slots, kernel.mul(kernel.div(kernel.add(left, columns - 1), columns), columns));
    }
    packQueries(outer, firstQuery);
    clearSums();
    Value end = kernel.size(keys);
    if (op.getCausal()) // keys that the last query of the block does not see
      end = kernel.max(
          kernel.min(end, kernel.add(kernel.add(firstQuery, kernel.sub(end, kernel.size(queries))), queryBlock)),
          kernel.index(0));
    kernel.loop(kernel.index(0), end, keyBlock, [&](Value firstKey) {
      Value lastKey = kernel.min(kernel.add(firstKey, keyBlock), end);
      scoreKeys(keyMatrix, outer, firstQuery, firstKey, lastKey);
      raiseKeys(firstKey, lastKey);
      addValues(valueMatrix, firstKey, lastKey);
    });
    storeResult(outer, firstQuery);
  });
  kernel.finish({product(context, grid)});
}

} // namespace

LogicalResult scheduleAttention(func::FuncOp source, const Target &target) {
  AttentionOp anchor;
  for (Operation &op : source.getBody().front())
    if (auto attention = dyn_cast<AttentionOp>(op)) {
      if (anchor)
        return op.emitOpError("is the second attention of one kernel");
      anchor = attention;
    }
  if (!anchor)
    return source.emitError("needs an attention");
  for (Value operand : {anchor.getQuery(), anchor.getKey(), anchor.getValue()}) {
    while (auto transpose = operand.getDefiningOp<TransposeOp>())
      operand = transpose.getInput();
    if (!isa<BlockArgument>(operand))
      return anchor.emitOpError("needs query, key and value in memory, or transposes of them");
  }
  AttentionSchedule(source, target, anchor).emit();
  return success();
}

} // namespace treadle
