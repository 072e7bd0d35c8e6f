//===- RandomElements.cpp - random numbers at a position ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What dialects/graph/Random.td says, operation by operation.
//
//===----------------------------------------------------------------------===//

#include "codegen/elements/Elements.h"
#include "dialects/graph/Random.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>
#include <numbers>

using namespace mlir;
using namespace treadle::graph;

namespace treadle {
namespace {

/// Arithmetic on vectors of words.
struct Words {
  Elements &elements;
  ImplicitLocOpBuilder &b;

  Value word(uint32_t value) const { return elements.constant(b.getI32IntegerAttr(static_cast<int32_t>(value))); }
  Value exclusiveOr(Value a, Value c) const { return arith::XOrIOp::create(b, a, c); }
  Value shifted(Value a, int by) const { return arith::ShRUIOp::create(b, a, word(by)); }
  /// The upper and the lower half of a product with a constant.
  std::pair<Value, Value> product(Value a, uint32_t multiplier) const {
    Type wide = elements.vectorOf(b.getI64Type()), narrow = elements.vectorOf(b.getI32Type());
    Value factor = elements.constant(b.getI64IntegerAttr(multiplier));
    Value whole = arith::MulIOp::create(b, arith::ExtUIOp::create(b, wide, a), factor);
    Value high = arith::ShRUIOp::create(b, whole, elements.constant(b.getI64IntegerAttr(32)));
    return {arith::TruncIOp::create(b, narrow, high), arith::TruncIOp::create(b, narrow, whole)};
  }
};

/// Philox::words of counters (number, 0, draw, 0).
std::array<Value, 4> wordsOf(const Words &w, Value number, Value draw, uint64_t seed) {
  std::array<Value, 4> counter = {number, w.word(0), draw, w.word(0)};
  std::array<uint32_t, 2> key = {uint32_t(seed), uint32_t(seed >> 32)};
  for (int round = 0; round < Philox::rounds; ++round) {
    auto first = w.product(counter[0], Philox::multipliers[0]);
    auto second = w.product(counter[2], Philox::multipliers[1]);
    counter = {w.exclusiveOr(w.exclusiveOr(second.first, counter[1]), w.word(key[0])), second.second,
               w.exclusiveOr(w.exclusiveOr(first.first, counter[3]), w.word(key[1])), first.second};
    key = {key[0] + Philox::keySteps[0], key[1] + Philox::keySteps[1]};
  }
  return counter;
}

} // namespace

Value Elements::uniformOf(Value number, Value draw, uint64_t seed) {
  Words w{*this, b};
  constexpr int bits = Philox::leadingBits(32, /*isBFloat=*/false);
  Value leading = w.shifted(wordsOf(w, number, draw, seed)[0], 32 - bits);
  Value real = arith::SIToFPOp::create(b, vectorOf(b.getF32Type()), leading);
  return arith::MulFOp::create(b, real, constant(b.getF32Type(), std::ldexp(1.0, -bits)));
}

Value Elements::randomAt(RandomOp op, const Position &position) {
  Value number = constant(b.getI32Type(), 0), draw = number;
  ArrayRef<Coord> counted = position;
  if (op.getDraws()) {
    draw = vector(position.back());
    counted = counted.drop_back();
  }
  for (auto [coord, size] : llvm::zip(counted, kernel.dims(op.getResult()))) {
    Value scale = splat(arith::IndexCastOp::create(b, b.getI32Type(), kernel.size(size)));
    number = arith::AddIOp::create(b, arith::MulIOp::create(b, number, scale), vector(coord));
  }
  Words w{*this, b};
  std::array<Value, 4> words = wordsOf(w, number, draw, static_cast<uint64_t>(op.getSeed()));

  Type stored = elementOf(op.getResult()), element = computeType(stored);
  bool isNormal = op.getKind() == RandomKind::normal;
  int bits = Philox::leadingBits(isNormal ? 32 : stored.getIntOrFloatBitWidth(), !isNormal && stored.isBF16());
  auto real = [&](Value word) -> Value { return arith::SIToFPOp::create(b, vectorOf(element), word); };
  auto times = [&](Value a, double factor) -> Value { return arith::MulFOp::create(b, a, constant(element, factor)); };
  auto uniform = [&](int which) -> Value {
    if (!element.isF64())
      return times(real(w.shifted(words[which], 32 - bits)), std::ldexp(1.0, -bits));
    Value high = times(real(w.shifted(words[2 * which], 5)), 0x1p26);
    return times(arith::AddFOp::create(b, high, real(w.shifted(words[2 * which + 1], 6))), 0x1p-53);
  };
  if (!isNormal)
    return uniform(0);
  Value rest = arith::SubFOp::create(b, constant(element, 1), uniform(0));
  Value radius = math::SqrtOp::create(b, times(math::LogOp::create(b, rest), -2));
  // cos(2 pi v) = sin(2 pi (|v - 1/2| - 1/4)): the angle is exact up to the product, and small where its sine is.
  Value half = math::AbsFOp::create(b, arith::SubFOp::create(b, uniform(1), constant(element, 0.5)));
  Value angle = times(arith::SubFOp::create(b, half, constant(element, 0.25)), 2 * std::numbers::pi);
  return arith::MulFOp::create(b, radius, math::SinOp::create(b, angle));
}

} // namespace treadle
