//===- GridExpansion.cpp - grids of features as gathers ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All levels at once, as tensors [N, L, 1] of positions, vertices, indices and weights; what differs from level
// to level is a constant [L, 1]. With the features' numbers [F] an index is [N, L, F], into the table as one line.
// Each vertex of a cell is a gather; those numbers that vertices share are computed once.
//
//===----------------------------------------------------------------------===//

#include "passes/expand/Expansion.h"

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {

/// 2^32 / divisor, rounded down; of 1 one less.
static uint32_t reciprocalOf(uint32_t divisor) {
  return static_cast<uint32_t>(std::min<uint64_t>((uint64_t(1) << 32) / divisor, UINT32_MAX));
}

/// Of numbers u32, without a division, which vectors do not have: the upper half of the product with the reciprocal is
/// the quotient or one less, so that the remainder may have the divisor once too often (Granlund and Montgomery 1994).
Value Expansion::remainder(Value number, Value divisor, Value reciprocal) {
  auto word = [&](uint32_t value) { return makeScalar(b, loc, value, elementOf(number)); };
  auto upper = [&](Value value) -> Value { return make<ShrOp>(value, word(16)); };
  auto lower = [&](Value value) -> Value { return make<AndOp>(value, word(0xffff)); };
  Value low = lower(number), high = upper(number), factorLow = lower(reciprocal), factorHigh = upper(reciprocal);
  Value first = add(mul(low, factorHigh), upper(mul(low, factorLow)));
  Value second = add(mul(high, factorLow), lower(first));
  Value quotient = add(mul(high, factorHigh), add(upper(first), upper(second)));
  Value rest = sub(number, mul(quotient, divisor));
  return make<MinOp>(rest, sub(rest, divisor));
}

Value Expansion::gridEncoding(GridEncodingOp op) {
  auto levels = llvm::map_to_vector(op.getLevels().getAsRange<LevelAttr>(), levelOf);
  auto count = static_cast<int64_t>(levels.size());
  auto table = llvm::cast<RankedTensorType>(op.getTable().getType());
  int64_t features = table.getDimSize(1), dims = *dimOf(op.getInput().getType(), 1).constantValue();
  DimExpr samples = dimOf(op.getInput().getType(), 0);
  Type word = b.getIntegerType(32), natural = b.getIntegerType(32, /*isSigned=*/false);
  auto perLevel = [&](auto function) {
    return constant(DType::U32, {count, 1}, [&](int64_t i) { return int64_t(function(levels[i])); });
  };
  auto isAny = [&](IndexFunction index) {
    return llvm::any_of(levels, [&](const GridLevel &level) { return level.index == index; });
  };
  bool anyHashed = isAny(IndexFunction::coherent_prime);
  bool anyNumbered = !llvm::all_of(levels, [](auto &level) { return level.index == IndexFunction::coherent_prime; });

  // Of each dimension, for the lower and the upper vertices: the weight, and what it adds to either index.
  struct Side {
    Value weight, hashed, numbered;
  };
  SmallVector<std::array<Side, 2>> sides(dims);
  Value positions = reshape(op.getInput(), {samples, number(1), number(dims)});
  Value scale = constant(DType::F32, {count, 1}, [&](int64_t i) { return double(levels[i].scale); });
  bool isNearest = op.getInterpolation() == Interpolation::nearest;
  for (int64_t d = 0; d < dims; ++d) {
    Value position = mul(column(positions, d), scale);
    if (!op.getAlignCorners())
      position = add(position, scalar(0.5, position));
    Value below = make<FloorOp>(position), cell = cast(cast(below, word), natural);
    Value inside = sub(position, below);
    if (op.getInterpolation() == Interpolation::smoothstep)
      inside = mul(mul(inside, inside), sub(scalar(3, inside), mul(scalar(2, inside), inside)));
    for (int64_t side = 0; side < (isNearest ? 1 : 2); ++side) {
      Value vertex = side ? add(cell, scalar(1, cell)) : cell;
      sides[d][side].weight = side ? inside : sub(scalar(1, inside), inside);
      if (anyHashed)
        sides[d][side].hashed = mul(vertex, scalar(hashPrimes[d], vertex));
      if (anyNumbered)
        sides[d][side].numbered = mul(vertex, perLevel([&](const GridLevel &level) {
                                        return level.index == IndexFunction::coherent_prime ? 0 : factorOf(level, d);
                                      }));
    }
  }

  Value entries = perLevel([](const GridLevel &level) { return level.entries; });
  Value reciprocals =
      perLevel([](const GridLevel &level) { return reciprocalOf(static_cast<uint32_t>(level.entries)); });
  Value offsets = perLevel([&](const GridLevel &level) { return level.offset * features; });
  Value feature = vector(DType::U32, features, [](int64_t i) { return i; });
  Value isHashed = constant(DType::Bool, {count, 1},
                            [&](int64_t i) { return int64_t(levels[i].index == IndexFunction::coherent_prime); });
  Value line = reshape(op.getTable(), {number(table.getNumElements())}), sum;
  for (int64_t corner = 0; corner < (isNearest ? 1 : 1 << dims); ++corner) {
    Value weight, hashed, numbered;
    auto join = [&](auto combine, Value &all, Value one) { all = all ? combine(all, one) : one; };
    for (int64_t d = 0; d < dims; ++d) {
      Side &side = sides[d][corner >> d & 1];
      join([&](Value a, Value c) { return mul(a, c); }, weight, side.weight);
      if (anyHashed)
        join([&](Value a, Value c) { return make<XorOp>(a, c); }, hashed, side.hashed);
      if (anyNumbered)
        join([&](Value a, Value c) { return add(a, c); }, numbered, side.numbered);
    }
    Value index = !anyHashed ? numbered : !anyNumbered ? hashed : select(isHashed, hashed, numbered);
    index = remainder(index, entries, reciprocals);
    index = add(add(mul(index, scalar(static_cast<double>(features), index)), offsets), feature);
    Value value = cast(make<GatherOp>(line, cast(index, word), /*axis=*/0), b.getF32Type());
    join([&](Value a, Value c) { return add(a, c); }, sum, isNearest ? value : mul(weight, value));
  }
  if (op.getScales())
    sum = mul(sum, constant(DType::F32, {count, features}, [&](int64_t i) { return double(op.scaleOf(i)); }));
  return reshape(cast(sum, elementOf(op.getResult())), {samples, number(count * features)});
}

} // namespace treadle
