//===- Random.cpp - the meaning of random numbers ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Random.h"
#include "dialects/graph/Graph.h"
#include "mlir/IR/Builders.h"
#include <cmath>
#include <numbers>

using namespace mlir;

namespace treadle::graph {

LogicalResult RandomOp::verify() {
  if (getDraws() && getType().getRank() == 0)
    return emitOpError("counts draws along a dimension, a scalar has none");
  return success();
}
LogicalResult RandomOp::evaluate(ArrayRef<Tensor>, MutableArrayRef<Tensor> results) {
  Tensor &result = results[0];
  bool isWide = result.dtype() == DType::F64, isNormal = getKind() == RandomKind::normal;
  int bits = Philox::leadingBits(isNormal ? 32 : bitWidth(result.dtype()), !isNormal && result.dtype() == DType::BF16);
  auto seed = static_cast<uint64_t>(getSeed());
  int64_t draws = getDraws() ? std::max<int64_t>(result.shape().back(), 1) : 1;
  for (int64_t i = 0; i < result.size(); ++i) {
    auto number = static_cast<uint64_t>(i / draws);
    auto draw = static_cast<uint32_t>(i % draws);
    std::array<uint32_t, 4> words =
        Philox::words({uint32_t(number), uint32_t(number >> 32), draw, 0}, {uint32_t(seed), uint32_t(seed >> 32)});
    auto uniform = [&](int which) {
      if (isWide)
        return ((words[2 * which] >> 5) * 0x1p26 + (words[2 * which + 1] >> 6)) * 0x1p-53;
      return std::ldexp(words[which] >> (32 - bits), -bits);
    };
    double u = uniform(0);
    result.set<double>(i, isNormal ? std::sqrt(-2 * std::log(1 - u)) * std::cos(2 * std::numbers::pi * uniform(1)) : u);
  }
  return success();
}
/// Ten rounds of products, sums and shifts, and of a normal distribution three functions.
DimExpr RandomOp::countFlops() { return elementCount(getType()) * (getKind() == RandomKind::normal ? 100 : 80); }

} // namespace treadle::graph

using namespace treadle::graph;
#define GET_OP_CLASSES
#include "dialects/graph/Random.cpp.inc"
