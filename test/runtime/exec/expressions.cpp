//===- expressions.cpp - integers that depend on shapes -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Expressions.h"
#include <gtest/gtest.h>

using namespace treadle;
using Op = format::ExprOp;

namespace {

/// The last node's value, or the error's text.
std::string evaluated(const std::vector<format::ExprNode> &nodes, std::vector<int64_t> symbols = {},
                      std::vector<int64_t> arguments = {}) {
  flatbuffers::FlatBufferBuilder b;
  b.Finish(b.CreateVectorOfStructs(nodes));
  const auto *pool = flatbuffers::GetRoot<ExprPool>(b.GetBufferPointer());
  std::vector<int64_t> values;
  Status status = evaluate(pool, symbols.data(), arguments.data(), values);
  if (status.failed())
    return status.message;
  EXPECT_EQ(values.size(), nodes.size());
  return std::to_string(values.back());
}

std::string binary(Op op, int64_t lhs, int64_t rhs) {
  return evaluated({{Op::symbol, 0, 0, 0}, {Op::argument, 0, 0, 0}, {op, 0, 1, 0}}, {lhs}, {rhs});
}

const char *tooLarge = "these shapes are too large, or make a size that is not positive";

TEST(Expressions, Leaves) {
  EXPECT_EQ(evaluated({{Op::constant, 0, 0, -5}}), "-5");
  EXPECT_EQ(evaluated({{Op::symbol, 0, 0, 1}}, {3, 4}), "4");
  EXPECT_EQ(evaluated({{Op::argument, 0, 0, 1}}, {}, {5, 6}), "6");
  std::vector<int64_t> values = {1, 2};
  EXPECT_FALSE(evaluate(nullptr, nullptr, nullptr, values).failed());
  EXPECT_TRUE(values.empty());
}

TEST(Expressions, Arithmetic) {
  EXPECT_EQ(binary(Op::add, 3, -5), "-2");
  EXPECT_EQ(binary(Op::mul, 3, -5), "-15");
  EXPECT_EQ(binary(Op::min, 3, -5), "-5");
  EXPECT_EQ(binary(Op::max, 3, -5), "3");
  EXPECT_EQ(binary(Op::floordiv, 7, 2), "3");
  EXPECT_EQ(binary(Op::floordiv, -7, 2), "-4");
  EXPECT_EQ(binary(Op::floordiv, -8, 2), "-4");
  EXPECT_EQ(binary(Op::mod, 7, 2), "1");
  EXPECT_EQ(binary(Op::mod, -7, 2), "1");
  EXPECT_EQ(binary(Op::mod, -8, 2), "0");
  EXPECT_EQ(evaluated({{Op::symbol, 0, 0, 0}, {Op::mul, 0, 0, 0}, {Op::add, 1, 0, 0}, {Op::mul, 2, 1, 0}}, {3}), "108");
}

TEST(Expressions, OverflowIsAnError) {
  EXPECT_EQ(binary(Op::add, INT64_MAX, 0), "9223372036854775807");
  EXPECT_EQ(binary(Op::add, INT64_MAX, 1), tooLarge);
  EXPECT_EQ(binary(Op::add, INT64_MIN, -1), tooLarge);
  EXPECT_EQ(binary(Op::mul, INT64_MAX, 2), tooLarge);
  EXPECT_EQ(binary(Op::mul, INT64_MIN, -1), tooLarge);
  EXPECT_EQ(binary(Op::mul, int64_t(1) << 32, int64_t(1) << 31), tooLarge);
}

TEST(Expressions, DivisorsArePositive) {
  for (Op op : {Op::floordiv, Op::mod})
    for (int64_t divisor : {int64_t(0), int64_t(-1), INT64_MIN}) {
      EXPECT_EQ(binary(op, 5, divisor), tooLarge);
      EXPECT_EQ(binary(op, INT64_MIN, divisor), tooLarge);
    }
}

} // namespace
