//===- random.cpp - Philox, and what is made of it ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Random.h"
#include "dialects/graph/Evaluate.h"
#include "mlir/IR/Builders.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace mlir;

namespace treadle::graph {
namespace {

using Words = std::array<uint32_t, 4>;

/// From kat_vectors of Random123, the authors' own code.
TEST(Philox, GivesTheKnownAnswers) {
  EXPECT_EQ(Philox::words({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox::words({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox::words({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

Tensor numbers(RandomKind kind, int64_t count, int64_t seed, bool isWide = false) {
  MLIRContext context;
  context.loadDialect<GraphDialect>();
  OpBuilder b(&context);
  Type element = isWide ? Type(b.getF64Type()) : b.getF32Type();
  OwningOpRef<RandomOp> op =
      RandomOp::create(b, b.getUnknownLoc(), RankedTensorType::get({count}, element), kind, seed);
  FailureOr<SmallVector<Tensor>> results = evaluateOp(*op, {});
  return succeeded(results) ? results->front() : Tensor();
}

TEST(Random, FirstUniformsAreTheWordsOfPhilox) {
  Tensor narrow = numbers(RandomKind::uniform, 1, 0), wide = numbers(RandomKind::uniform, 1, 0, true);
  EXPECT_EQ(narrow.get<double>(0), (0x6627e8d5u >> 8) * 0x1p-24);
  EXPECT_EQ(wide.get<double>(0), ((0x6627e8d5u >> 5) * 0x1p26 + (0xe169c58du >> 6)) * 0x1p-53);
}

/// Moments, and how many fall into each of equal parts: within four standard deviations.
TEST(Random, UniformsAreUniform) {
  constexpr int64_t count = 1 << 16, parts = 64;
  Tensor tensor = numbers(RandomKind::uniform, count, 42);
  std::vector<int64_t> found(parts);
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < count; ++i) {
    auto x = tensor.get<double>(i);
    ASSERT_GE(x, 0);
    ASSERT_LT(x, 1);
    ++found[static_cast<int64_t>(x * parts)];
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / count, 0.5, 4 / std::sqrt(12.0 * count));
  EXPECT_NEAR(squares / count, 1 / 3.0, 4 * std::sqrt(4 / 45.0 / count));
  double expected = double(count) / parts, chiSquare = 0;
  for (int64_t number : found)
    chiSquare += (number - expected) * (number - expected) / expected;
  EXPECT_NEAR(chiSquare, parts - 1, 4 * std::sqrt(2.0 * (parts - 1)));
}

TEST(Random, NormalsHaveTheMomentsOfANormalDistribution) {
  constexpr int64_t count = 1 << 16;
  Tensor tensor = numbers(RandomKind::normal, count, 42);
  double moments[5] = {};
  for (int64_t i = 0; i < count; ++i)
    for (int k = 1; k <= 4; ++k)
      moments[k] += std::pow(tensor.get<double>(i), k) / count;
  EXPECT_NEAR(moments[1], 0, 4 / std::sqrt(count));
  EXPECT_NEAR(moments[2], 1, 4 * std::sqrt(2.0 / count));
  EXPECT_NEAR(moments[3], 0, 4 * std::sqrt(15.0 / count));
  EXPECT_NEAR(moments[4], 3, 4 * std::sqrt(96.0 / count));
}

TEST(Random, SeedsAndElementsDoNotGoTogether) {
  constexpr int64_t count = 1 << 14;
  Tensor one = numbers(RandomKind::normal, count, 1), two = numbers(RandomKind::normal, count, 2);
  double seeds = 0, neighbours = 0;
  for (int64_t i = 0; i + 1 < count; ++i) {
    seeds += one.get<double>(i) * two.get<double>(i) / count;
    neighbours += one.get<double>(i) * one.get<double>(i + 1) / count;
  }
  EXPECT_NEAR(seeds, 0, 4 / std::sqrt(count));
  EXPECT_NEAR(neighbours, 0, 4 / std::sqrt(count));
}

} // namespace
} // namespace treadle::graph
