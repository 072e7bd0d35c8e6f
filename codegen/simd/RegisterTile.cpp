//===- RegisterTile.cpp - the innermost loop of every product ---------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/simd/RegisterTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace treadle {
namespace {

struct TileCost {
  const Target &target;

  /// A step costs as many cycles as its multiply-adds, its loads, or the latency of one multiply-add
  /// take, whichever is most.
  double perStep(int64_t rows, int64_t vectors) const {
    double products = double(rows * vectors) / target.fmasPerCycle;
    double loads = double(rows + vectors) / target.loadsPerCycle;
    return std::max({products, loads, double(target.fmaLatency)}) + 0.5; // the loop's own
  }

  /// Cycles a step for all rows and columns, what is left over included.
  double total(int64_t rows, int64_t columns, TileShape tile, int64_t lanes) const {
    int64_t vectors = llvm::divideCeil(columns, lanes);
    auto acrossColumns = [&](int64_t height) {
      double cost = vectors / tile.vectors * perStep(height, tile.vectors);
      return vectors % tile.vectors ? cost + perStep(height, vectors % tile.vectors) : cost;
    };
    double cost = rows / tile.rows * acrossColumns(tile.rows);
    return rows % tile.rows ? cost + acrossColumns(rows % tile.rows) : cost;
  }
};

} // namespace

TileShape TileShape::choose(int64_t rows, int64_t columns, int64_t lanes, int64_t maxRows, const Target &target) {
  TileCost cost{target};
  TileShape result;
  double best = 0;
  for (int64_t height = 1; height <= std::min({maxRows, rows, target.vectorRegisters}); ++height)
    for (int64_t vectors = 1; height * vectors + vectors + 1 <= target.vectorRegisters; ++vectors) {
      if (vectors > 1 && (vectors - 1) * lanes >= columns)
        break;
      double cycles = cost.total(rows, columns, {height, vectors}, lanes);
      // Of equals the one with the fewest loads; those of B come from further away.
      cycles *= 1 + 0.01 * (1.0 / height + 1.0 / (vectors * 4));
      if (best == 0 || cycles < best) {
        best = cycles;
        result = {height, vectors};
      }
    }
  return result;
}

SmallVector<Value> RegisterTile::zeros(Kernel &kernel) const {
  Value zero = arith::ConstantOp::create(kernel.b, kernel.b.getZeroAttr(sumVector()));
  return SmallVector<Value>(shape.rows * shape.vectors, zero);
}

SmallVector<Value> emitRegisterTile(Kernel &kernel, const RegisterTile &tile, Value depth, ValueRange start) {
  ImplicitLocOpBuilder &b = kernel.b;
  auto stored = VectorType::get({tile.lanes}, cast<MemRefType>(tile.rhs.getType()).getElementType());
  auto extend = [&](Value value, Type element) -> Value {
    if (!element)
      return value;
    return extendTo(b, fromStorage(b, value, element), tile.sumType, element.isUnsignedInteger());
  };
  return kernel.loop(kernel.index(0), depth, 1, start, [&](Value k, ValueRange sums) {
    SmallVector<Value> next(sums), right;
    for (Value rhsStart : tile.rhsStarts) {
      Value at = kernel.add(rhsStart, kernel.mul(k, tile.rhsStep));
      right.push_back(extend(vector::LoadOp::create(b, stored, tile.rhs, at), tile.rhsElement));
    }
    for (int64_t r = 0; r < tile.shape.rows; ++r) {
      Value at = kernel.add(kernel.add(tile.lhsStart, kernel.mul(tile.lhsStride, r)),
                            tile.lhsStep ? kernel.mul(k, tile.lhsStep) : k);
      Value element = extend(memref::LoadOp::create(b, tile.lhs, at), tile.lhsElement);
      Value left = vector::BroadcastOp::create(b, tile.sumVector(), element);
      for (int64_t v = 0; v < tile.shape.vectors; ++v) {
        Value &sum = next[r * tile.shape.vectors + v];
        sum = multiplyAdd(b, left, right[v], sum);
      }
    }
    return next;
  });
}

/// Of 2, 4, 8, .. vectors, as many as they have lanes, the sum of each in its lane: neighbours are added,
/// and half as many vectors left, until one is.
static Value sumsOfVectors(ImplicitLocOpBuilder &b, SmallVector<Value> vectors, int64_t lanes) {
  SmallVector<int64_t> even, odd;
  for (int64_t i = 0; i < lanes; ++i) {
    even.push_back(2 * i);
    odd.push_back(2 * i + 1);
  }
  for (; vectors.size() > 1; vectors.resize(vectors.size() / 2))
    for (size_t i = 0; i < vectors.size() / 2; ++i) {
      Value first = vectors[2 * i], second = vectors[2 * i + 1];
      Value left = vector::ShuffleOp::create(b, first, second, even);
      Value right = vector::ShuffleOp::create(b, first, second, odd);
      bool isFloat = isa<FloatType>(getElementTypeOrSelf(left.getType()));
      vectors[i] = isFloat ? Value(arith::AddFOp::create(b, left, right)) : arith::AddIOp::create(b, left, right);
    }
  return vectors[0];
}

Value emitDotTile(Kernel &kernel, const DotTile &tile, Value depth) {
  ImplicitLocOpBuilder &b = kernel.b;
  auto sumVector = VectorType::get({tile.lanes}, tile.sumType);
  auto load = [&](Value memory, Value at, Value mask) -> Value {
    auto type = VectorType::get({tile.lanes}, cast<MemRefType>(memory.getType()).getElementType());
    if (!mask)
      return vector::LoadOp::create(b, type, memory, at);
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
    return vector::MaskedLoadOp::create(b, type, memory, at, mask, zero);
  };
  auto step = [&](Value k, Value mask, ValueRange sums) {
    SmallVector<Value> next(sums);
    Value right = fromStorage(b, load(tile.rhs, kernel.add(tile.rhsStart, k), mask), tile.rhsElement);
    right = extendTo(b, right, tile.sumType, tile.rhsElement.isUnsignedInteger());
    for (int64_t r = 0; r < tile.rows; ++r) {
      Value at = kernel.add(kernel.add(tile.lhsStart, kernel.mul(tile.lhsStride, r)), k);
      next[r] = multiplyAdd(b, load(tile.lhs, at, mask), right, next[r]);
    }
    return next;
  };
  SmallVector<Value> sums(tile.rows, arith::ConstantOp::create(b, b.getZeroAttr(sumVector)));
  Value whole = kernel.mul(kernel.div(depth, tile.lanes), tile.lanes);
  sums = kernel.loop(kernel.index(0), whole, tile.lanes, sums,
                     [&](Value k, ValueRange carried) { return step(k, {}, carried); });
  std::optional<int64_t> known = getConstantIntValue(depth);
  if (!known || *known % tile.lanes)
    sums = step(whole,
                vector::CreateMaskOp::create(b, VectorType::get({tile.lanes}, b.getI1Type()),
                                             ValueRange(kernel.sub(depth, whole))),
                sums);
  sums.resize(tile.lanes, sums[0]);
  return sumsOfVectors(b, sums, tile.lanes);
}

} // namespace treadle
