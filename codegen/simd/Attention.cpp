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
//       Q^T, scaled                                             [panel][d][query]
//       for each block of keys
//         K and V, as numbers that are added up in              [key][d], [key][e]
//         P = K Q^T                                             [panel][key][query]
//         for each vector of queries
//           P += bias
//           m' = max(m, the greatest of P); c = exp(m - m'); P = exp(P - m'); l = c * l + the sum of P
//         O = c * O + V^T P                                     [panel][e][query]
//       result = O^T / l
//
// A panel is as many queries as a register tile has columns. A block of V and a panel of P stay in the
// first-level cache. Operands are computed as they are copied, the bias from positions, element by element;
// the result may be transposed on its way out.
//
//===----------------------------------------------------------------------===//

#include "codegen/AttentionShape.h"
#include "codegen/Schedule.h"
#include "codegen/simd/PackRows.h"
#include "codegen/simd/RegisterTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

constexpr int64_t maxQueryBlock = 64, minKeyBlock = 32, maxKeyBlock = 256;
// What sizes that are known only at run time are taken to be.
constexpr int64_t usualSize = 256;

class AttentionSchedule : AttentionShape {
public:
  AttentionSchedule(func::FuncOp source, const Target &target, AttentionOp op);
  void emit();

private:
  void packQueries(Value firstQuery);
  void packBlock(Value operand, DimExpr depth, Value memory, Value firstKey, Value lastKey);
  void clearSums();
  void multiplyKeys(Value count);
  void weighKeys(Value firstQuery, Value firstKey, Value count);
  Value scoresAt(Value slot, Value key, int64_t row, Value query, Value firstKey, Elements &elements);
  void addValues(Value count);
  void storeResult(Value firstQuery);
  void storeTile(Value query, Value sumsAt, Value totalAt, Value e, int64_t height, Value mask);

  /// Element (query, d) or (key, d) of an operand at the current place of the leading dimensions.
  Position positionIn(Value operand, Coord row, Coord column) {
    return AttentionShape::positionIn(kernel, outer, operand, row, column);
  }
  /// Runs `body` for each vector of queries in use, with where it begins: in its block, and in a row of the
  /// panels of `rows` rows.
  void overSlots(DimExpr rows, llvm::function_ref<void(Value, Value)> body);
  /// Where the panel of the queries from `slot` on begins, of panels of `rows` rows.
  Value panelAt(Value slot, DimExpr rows) { return kernel.mul(slot, kernel.size(rows)); }
  DimExpr dim(int64_t value) { return DimExpr::constant(b.getContext(), value); }
  /// What a row takes in a packed block.
  DimExpr strideOf(DimExpr depth) { return depth.ceilDiv(lanes) * lanes; }

  VectorType vectorType() { return VectorType::get({lanes}, sumType); }
  Value constant(double value) {
    return arith::ConstantOp::create(b, DenseElementsAttr::get(vectorType(), b.getFloatAttr(sumType, value)));
  }
  Value load(Value memory, Value at) { return vector::LoadOp::create(b, vectorType(), memory, at); }
  void store(Value value, Value memory, Value at) { vector::StoreOp::create(b, value, memory, at); }
  Value max(Value x, Value y);
  /// Weights below 2^-126 are 0.
  Value exp(Value x) { return math::ExpOp::create(b, x, arith::FastMathFlags::afn); }
  /// The first `count` lanes.
  Value maskOf(Value count) {
    return vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()), ValueRange(count));
  }

  Kernel kernel;
  ImplicitLocOpBuilder &b;
  int64_t lanes, columns = 1; // of a vector, of a panel
  int64_t queryBlock = 1, keyBlock = 1;
  TileShape keyTile, valueTile; // of K Q^T and of V^T P
  bool blocksAreWhole = false;  // no block of keys has fewer than a tile's rows

  SmallVector<Value> outer;                  // the current place
  Value slots;                               // of a block's queries, as many as tiles cover
  Value queryPanels, keyBlocks, valueBlocks; // Q^T, K, V
  Value scores, sums;                        // P, O
  Value peaks, totals, changes;              // m, l, c
};

AttentionSchedule::AttentionSchedule(func::FuncOp source, const Target &target, AttentionOp op)
    : AttentionShape(op), kernel(source, target), b(kernel.b) {
  int64_t known = queries.constantValue().value_or(usualSize);
  lanes = std::min<int64_t>(target.lanes(sumType), std::max<int64_t>(llvm::PowerOf2Ceil(known), 4));
  auto sizeOr = [](DimExpr dim) { return std::max<int64_t>(dim.constantValue().value_or(usualSize), 1); };
  keyTile = TileShape::choose(sizeOr(keys), std::max(known, lanes), lanes, target.vectorRegisters, target);
  valueTile = TileShape::choose(sizeOr(width), std::max(known, lanes), lanes, target.vectorRegisters, target);
  valueTile.vectors = keyTile.vectors = std::min(keyTile.vectors, valueTile.vectors);
  columns = keyTile.vectors * lanes;
  queryBlock = std::min(llvm::alignTo(maxQueryBlock, columns), llvm::alignTo(known, columns));

  // A block of V takes half of the first-level cache. Blocks are about equal, and whole tiles.
  int64_t rowBytes = sizeOr(width) * sumType.getIntOrFloatBitWidth() / 8;
  int64_t fitting = std::clamp(target.l1Bytes / 2 / rowBytes, minKeyBlock, maxKeyBlock);
  keyBlock = llvm::divideCeil(sizeOr(keys), llvm::divideCeil(sizeOr(keys), fitting));
  keyBlock = llvm::alignTo(keyBlock, keyTile.rows);
  if (std::optional<int64_t> count = keys.constantValue(); count && !hasWindow())
    blocksAreWhole = *count % keyBlock == 0 || *count % keyBlock >= keyTile.rows;
}

void AttentionSchedule::overSlots(DimExpr rows, llvm::function_ref<void(Value, Value)> body) {
  kernel.loop(kernel.index(0), slots, columns, [&](Value panel) {
    kernel.loop(kernel.index(0), kernel.index(columns), lanes,
                [&](Value lane) { body(kernel.add(panel, lane), kernel.add(panelAt(panel, rows), lane)); });
  });
}

/// As a comparison, which is one instruction: NaN in `y` is left to the exponentials.
Value AttentionSchedule::max(Value x, Value y) {
  return arith::SelectOp::create(b, arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, y, x), y, x);
}

/// Queries past the last are zeros.
void AttentionSchedule::packQueries(Value firstQuery) {
  Value scale = constant(op.getScale().convertToDouble()), zero = constant(0);
  overSlots(depth, [&](Value slot, Value start) {
    Value query = kernel.add(firstQuery, slot);
    auto emit = [&](Value d, int64_t count, Value mask) {
      Elements elements(kernel, lanes);
      elements.setMask(mask);
      for (int64_t i = 0; i < count; ++i) {
        elements.setTile(count > 1 ? count : 0, i);
        Position position = positionIn(op.getQuery(), Coord{query, 0, 1, 0, {}}, Coord{d, i, 0, count > 1 ? 1 : 0, {}});
        Value value = arith::MulFOp::create(b, elements.at(op.getQuery(), position), scale);
        if (mask)
          value = arith::SelectOp::create(b, mask, value, zero);
        store(value, queryPanels, kernel.add(start, kernel.mul(kernel.add(d, i), columns)));
      }
    };
    Value size = kernel.size(depth), whole = kernel.mul(kernel.div(size, lanes), lanes);
    auto full = [&] {
      kernel.loop(kernel.index(0), whole, lanes, [&](Value d) { emit(d, lanes, {}); });
      if (!depth.isMultipleOf(lanes))
        kernel.loop(whole, size, 1, [&](Value d) { emit(d, 1, {}); });
    };
    if (queries.isMultipleOf(queryBlock) || (queries.isMultipleOf(lanes) && queryBlock == lanes))
      return full();
    Value left = kernel.sub(kernel.size(queries), query);
    auto last = [&] { kernel.loop(kernel.index(0), size, 1, [&](Value d) { emit(d, 1, maskOf(left)); }); };
    kernel.when(kernel.less(left, kernel.index(lanes)), last, full);
  });
}

/// Rows [firstKey, lastKey) of K or V.
void AttentionSchedule::packBlock(Value operand, DimExpr size, Value memory, Value firstKey, Value lastKey) {
  auto positionOf = [&](Coord row, Coord k) { return positionIn(operand, row, k); };
  RowPacking packing{operand, size, positionOf};
  packing.isTransposed = !isContiguous(operand, rankOf(operand) - 1);
  packing.lanes = lanes;
  packing.sumType = sumType;
  packing.memory = memory;
  packing.stride = kernel.size(strideOf(size));
  packRows(kernel, packing, firstKey, lastKey);
}

/// Before any key: m is the least number rather than -inf, so that keys that are masked out by -inf
/// weigh nothing; where all of them are, 0 / 0 is what a softmax of them is.
void AttentionSchedule::clearSums() {
  Value least = constant(-std::numeric_limits<float>::max()), zero = constant(0);
  kernel.loop(kernel.index(0), slots, lanes, [&](Value slot) {
    store(least, peaks, slot);
    store(zero, totals, slot);
  });
  kernel.loop(kernel.index(0), kernel.mul(kernel.size(width), slots), lanes, [&](Value at) { store(zero, sums, at); });
}

/// P = K Q^T for a block of `count` keys.
void AttentionSchedule::multiplyKeys(Value count) {
  Value stride = kernel.size(strideOf(depth));
  auto emit = [&](Value key, int64_t rows) {
    kernel.loop(kernel.index(0), slots, columns, [&](Value slot) {
      RegisterTile tile{{rows, keyTile.vectors}, lanes, sumType};
      tile.lhs = keyBlocks;
      tile.lhsStart = kernel.mul(key, stride);
      tile.lhsStride = stride;
      tile.rhs = queryPanels;
      tile.rhsStep = columns;
      for (int64_t v = 0; v < keyTile.vectors; ++v)
        tile.rhsStarts.push_back(kernel.add(panelAt(slot, depth), v * lanes));
      SmallVector<Value> products = emitRegisterTile(kernel, tile, kernel.size(depth), tile.zeros(kernel));
      Value to = kernel.add(panelAt(slot, dim(keyBlock)), kernel.mul(key, columns));
      for (auto [i, product] : llvm::enumerate(products))
        store(product, scores, kernel.add(to, i * lanes));
    });
  };
  int64_t height = keyTile.rows;
  // The last tile begins early enough to be whole: what it computes again is the same.
  Value latest = kernel.sub(count, kernel.index(height));
  auto tiles = [&] {
    kernel.loop(kernel.index(0), count, height, [&](Value key) { emit(kernel.min(key, latest), height); });
  };
  if (blocksAreWhole || height == 1)
    return tiles();
  auto few = [&] { kernel.loop(kernel.index(0), count, 1, [&](Value key) { emit(key, 1); }); };
  kernel.when(kernel.less(count, kernel.index(height)), few, tiles);
}

/// The scores of key `key` + `row` of the block for a vector of queries, with bias and mask.
Value AttentionSchedule::scoresAt(Value at, Value key, int64_t row, Value query, Value firstKey, Elements &elements) {
  Value score = load(scores, at);
  Coord queryCoord{query, 0, 1, 0, {}}, keyCoord{kernel.add(firstKey, key), row, 0, 1, {}};
  score = addBias(elements, outer, score, queryCoord, keyCoord);
  if (!hasWindow())
    return score;
  auto queryAnd = [&](Value number) { return elements.vector(Coord{kernel.add(query, number), 0, 1, 0, {}}); };
  auto like = [&](Value number) { return elements.vector(Elements::uniform(number)); };
  Value seen = isSeen(kernel, queryAnd, elements.vector(keyCoord), like);
  return arith::SelectOp::create(b, seen, score, constant(-std::numeric_limits<double>::infinity()));
}

/// P becomes exp(P - m), with what that does to m and l; what O is to be multiplied with is kept.
void AttentionSchedule::weighKeys(Value firstQuery, Value firstKey, Value count) {
  bool isChanged = op.getBias() || hasWindow();
  // Several rows at a time, to hide what an addition and a comparison take.
  auto overRows = [&](int64_t rows, ValueRange start,
                      llvm::function_ref<void(Value, int64_t, MutableArrayRef<Value>)> step) {
    Value whole = kernel.mul(kernel.div(count, rows), rows);
    SmallVector<Value> sums = kernel.loop(kernel.index(0), whole, rows, start, [&](Value key, ValueRange carried) {
      SmallVector<Value> next(carried);
      step(key, rows, next);
      return next;
    });
    return kernel.loop(whole, count, 1, sums, [&](Value key, ValueRange carried) {
      SmallVector<Value> next(carried);
      step(key, 1, next);
      return next;
    });
  };
  overSlots(dim(keyBlock), [&](Value slot, Value start) {
    auto at = [&](Value key, int64_t row) { return kernel.add(start, kernel.mul(kernel.add(key, row), columns)); };
    Value query = kernel.add(firstQuery, slot), before = load(peaks, slot);
    auto findPeak = [&](Value mask) {
      return overRows(isChanged ? lanes : 4, {before, before},
                      [&](Value key, int64_t rows, MutableArrayRef<Value> most) {
                        Elements elements(kernel, lanes);
                        elements.setMask(mask);
                        for (int64_t row = 0; row < rows; ++row) {
                          elements.setTile(mask ? 0 : rows, row);
                          Value score = scoresAt(at(key, row), key, row, query, firstKey, elements);
                          if (isChanged)
                            store(score, scores, at(key, row));
                          most[row % 2] = max(most[row % 2], score);
                        }
                      });
    };
    SmallVector<Value> highest;
    if (!op.getBias() || queries.isMultipleOf(queryBlock)) {
      highest = findPeak({});
    } else {
      // The bias of queries past the last is not read.
      Value left = kernel.sub(kernel.size(queries), query);
      auto branch = scf::IfOp::create(b, TypeRange{vectorType(), vectorType()}, kernel.less(left, kernel.index(lanes)),
                                      /*withElseRegion=*/true);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(branch.thenBlock());
      scf::YieldOp::create(b, findPeak(maskOf(left)));
      b.setInsertionPointToStart(branch.elseBlock());
      scf::YieldOp::create(b, findPeak({}));
      highest = branch.getResults();
    }
    Value peak = max(highest[0], highest[1]);
    SmallVector<Value> total =
        overRows(2, {constant(0), constant(0)}, [&](Value key, int64_t rows, MutableArrayRef<Value> sum) {
          SmallVector<Value> weights;
          for (int64_t row = 0; row < rows; ++row)
            weights.push_back(exp(arith::SubFOp::create(b, load(scores, at(key, row)), peak)));
          for (auto [row, weight] : llvm::enumerate(weights)) {
            store(weight, scores, at(key, row));
            sum[row] = arith::AddFOp::create(b, sum[row], weight);
          }
        });
    Value change = exp(arith::SubFOp::create(b, before, peak));
    Value sum = arith::AddFOp::create(b, total[0], total[1]);
    store(peak, peaks, slot);
    store(change, changes, slot);
    store(vector::FMAOp::create(b, load(totals, slot), change, sum), totals, slot);
  });
}

/// O = c * O + V^T P
void AttentionSchedule::addValues(Value count) {
  int64_t vectors = valueTile.vectors, height = valueTile.rows;
  auto emit = [&](Value slot, Value e, int64_t rows) {
    RegisterTile tile{{rows, vectors}, lanes, sumType};
    tile.lhs = valueBlocks;
    tile.lhsStart = e;
    tile.lhsStride = kernel.index(1);
    tile.lhsStep = kernel.size(strideOf(width));
    tile.rhs = scores;
    tile.rhsStep = columns;
    SmallVector<Value> start, change;
    for (int64_t v = 0; v < vectors; ++v) {
      tile.rhsStarts.push_back(kernel.add(panelAt(slot, dim(keyBlock)), v * lanes));
      change.push_back(load(changes, kernel.add(slot, v * lanes)));
    }
    Value at = kernel.add(panelAt(slot, width), kernel.mul(e, columns));
    for (int64_t i = 0; i < rows * vectors; ++i)
      start.push_back(arith::MulFOp::create(b, load(sums, kernel.add(at, i * lanes)), change[i % vectors]));
    for (auto [i, sum] : llvm::enumerate(emitRegisterTile(kernel, tile, count, start)))
      store(sum, sums, kernel.add(at, i * lanes));
  };
  kernel.loop(kernel.index(0), slots, columns, [&](Value slot) {
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
void AttentionSchedule::storeTile(Value query, Value sumsAt, Value totalAt, Value e, int64_t height, Value mask) {
  SmallVector<Value> rows;
  Value last = kernel.sub(kernel.size(width), kernel.index(1));
  Value inverse = arith::DivFOp::create(b, constant(1), load(totals, totalAt));
  for (int64_t i = 0; i < lanes; ++i) {
    // Rows past the last of O are never stored.
    Value row = mask ? kernel.min(kernel.add(e, i), last) : kernel.add(e, i);
    rows.push_back(arith::MulFOp::create(b, load(sums, kernel.add(sumsAt, kernel.mul(row, columns))), inverse));
  }
  transposeSquare(b, rows);
  for (int64_t i = 0; i < height; ++i) {
    Elements elements(kernel, lanes);
    elements.setMask(mask);
    elements.bind(op.getResult(), [&](const Position &) { return rows[i]; });
    Position position = positionIn(op.getResult(), Coord{query, i, 0, 0, {}}, Coord{e, 0, 1, 0, {}});
    elements.storeTransposed(position);
  }
}

void AttentionSchedule::storeResult(Value firstQuery) {
  Value size = kernel.size(width), whole = kernel.mul(kernel.div(size, lanes), lanes);
  auto overWidth = [&](llvm::function_ref<void(Value, Value)> emit) {
    kernel.loop(kernel.index(0), whole, lanes, [&](Value e) { emit(e, {}); });
    if (!width.isMultipleOf(lanes))
      kernel.when(kernel.less(whole, size), [&] { emit(whole, maskOf(kernel.sub(size, whole))); });
  };
  overSlots(width, [&](Value slot, Value at) {
    Value query = kernel.add(firstQuery, slot), left = kernel.sub(kernel.size(queries), query);
    auto full = [&] { overWidth([&](Value e, Value mask) { storeTile(query, at, slot, e, lanes, mask); }); };
    if (queries.isMultipleOf(queryBlock))
      return full();
    // What is left of the last vector of queries, one by one: its square is turned so that it comes first.
    auto last = [&] {
      kernel.loop(kernel.index(0), left, 1, [&](Value i) {
        overWidth([&](Value e, Value mask) {
          storeTile(kernel.add(query, i), kernel.add(at, i), kernel.add(slot, i), e, 1, mask);
        });
      });
    };
    kernel.when(kernel.less(left, kernel.index(lanes)), last, full);
  });
}

void AttentionSchedule::emit() {
  MLIRContext *context = b.getContext();
  DimExpr block = dim(queryBlock), keysAtMost = DimExpr::min(keys, dim(keyBlock));
  // A vector of slack: the last squares of O are read past their queries.
  queryPanels = kernel.scratch(sumType, depth * queryBlock);
  keyBlocks = kernel.scratch(sumType, keysAtMost * strideOf(depth));
  valueBlocks = kernel.scratch(sumType, keysAtMost * strideOf(width));
  scores = kernel.scratch(sumType, dim(keyBlock) * queryBlock);
  sums = kernel.scratch(sumType, width * queryBlock + lanes);
  peaks = kernel.scratch(sumType, block);
  changes = kernel.scratch(sumType, block);
  totals = kernel.scratch(sumType, block + lanes);
  SmallVector<DimExpr> grid(outerDims);
  grid.push_back(queries.ceilDiv(queryBlock));

  kernel.tasks([&](Value task) {
    SmallVector<Value> at = kernel.delinearize(task, grid);
    outer.assign(at.begin(), at.end() - 1);
    Value firstQuery = kernel.mul(at.back(), queryBlock);
    slots = kernel.index(queryBlock);
    if (!queries.isMultipleOf(queryBlock) && queryBlock > columns) {
      Value left = kernel.sub(kernel.size(queries), firstQuery);
      slots = kernel.min(slots, kernel.mul(kernel.div(kernel.add(left, columns - 1), columns), columns));
    }
    packQueries(firstQuery);
    clearSums();
    SeenKeys seen = seenKeys(kernel, firstQuery, queryBlock, keyBlock);
    kernel.loop(kernel.index(0), seen.end, keyBlock, [&](Value place) {
      Value firstKey = seen.keyAt(kernel, place);
      Value count = kernel.min(kernel.index(keyBlock), kernel.sub(seen.end, place));
      Value lastKey = kernel.add(firstKey, count);
      packBlock(op.getKey(), depth, keyBlocks, firstKey, lastKey);
      packBlock(op.getValue(), width, valueBlocks, firstKey, lastKey);
      multiplyKeys(count);
      weighKeys(firstQuery, firstKey, count);
      addValues(count);
    });
    storeResult(firstQuery);
  });
  kernel.finish({product(context, grid)});
}

} // namespace

LogicalResult simd::scheduleAttention(func::FuncOp source, const Target &target) {
  FailureOr<AttentionOp> anchor = AttentionShape::anchorOf(source);
  if (failed(anchor))
    return failure();
  AttentionSchedule(source, target, *anchor).emit();
  return success();
}

} // namespace treadle
