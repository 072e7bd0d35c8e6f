//===- OnlineSoftmax.cpp - weights of scores, block after block ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/simt/OnlineSoftmax.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>
#include <limits>

using namespace mlir;

namespace treadle::simt {

OnlineSoftmax::OnlineSoftmax(Kernel &kernel, const MatrixUnit &unit, double scale)
    : kernel(kernel), b(kernel.b), unit(unit), factor(scale * llvm::numbers::log2e) {
  for (int64_t i = 0; i < unit.sums.count(); ++i)
    if (int64_t row = unit.sums.offsetOf(i) / unit.columns; !llvm::is_contained(offsets, row))
      offsets.push_back(row);
}

Value OnlineSoftmax::number(double value) {
  return arith::ConstantOp::create(b, b.getF32FloatAttr(static_cast<float>(value)));
}
Value OnlineSoftmax::exp2(Value x) { return math::Exp2Op::create(b, x, arith::FastMathFlags::afn); }
Value OnlineSoftmax::add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
Value OnlineSoftmax::max(Value x, Value y) { return arith::MaxNumFOp::create(b, x, y); }

/// m is the least number of which m' is one, rather than -infinity, so that keys that are masked out by that weigh
/// nothing; where all of them are, 0 / 0 is what a softmax of them is.
SmallVector<OnlineSoftmax::Row> OnlineSoftmax::start() {
  double least = -std::numeric_limits<float>::max() / std::max(factor, 1.0);
  SmallVector<Row> rows;
  for (size_t i = 0; i < offsets.size(); ++i)
    rows.push_back({number(least), number(0), number(1)});
  return rows;
}

/// A value of each thread put together for those that have the same rows.
Value OnlineSoftmax::overColumns(Value value, Combine combine) {
  for (auto [bit, weight] : llvm::enumerate(unit.sums.lanes))
    if (weight % unit.columns) {
      Value own = vector::BroadcastOp::create(b, VectorType::get({1}, value.getType()), value);
      Value other = kernel.exchange(own, int64_t(1) << bit);
      value = combine(value, vector::ExtractOp::create(b, other, ArrayRef<int64_t>{0}));
    }
  return value;
}

/// Elements of a row put together, neighbours of which do not wait for each other.
Value OnlineSoftmax::ofRow(ArrayRef<Value> elements, int64_t row, Combine combine) {
  constexpr size_t chains = 4;
  SmallVector<Value> found;
  size_t count = 0;
  for (auto [i, value] : llvm::enumerate(elements)) {
    if (rowOf(unit, i) != row)
      continue;
    if (found.size() < chains)
      found.push_back(value);
    else
      found[count % chains] = combine(found[count % chains], value);
    ++count;
  }
  for (size_t left = found.size(); left > 1; left = (left + 1) / 2)
    for (size_t i = (left + 1) / 2; i < left; ++i)
      found[i - (left + 1) / 2] = combine(found[i - (left + 1) / 2], found[i]);
  return found[0];
}

void OnlineSoftmax::weigh(MutableArrayRef<Value> scores, MutableArrayRef<Row> rows) {
  // m' is rounded, by the same for all weights. That is no matter until it is so large that rounding alone would let
  // weights overflow; there scores that are not the same differ so much that a factor with which m' is exact, not less
  // than half of the right one, leaves the greatest of them alone, too.
  Value usual = number(factor), tooLarge = number(0x1p30), exact = number(std::exp2(std::floor(std::log2(factor))));
  SmallVector<Value> factors, lower;
  for (auto [i, row] : llvm::enumerate(rows)) {
    auto greater = [&](Value x, Value y) { return max(x, y); };
    Value peak = max(row.peak, overColumns(ofRow(scores, i, greater), greater));
    row.change = exp2(arith::MulFOp::create(b, arith::SubFOp::create(b, row.peak, peak), usual));
    row.peak = peak;
    Value size = math::AbsFOp::create(b, arith::MulFOp::create(b, peak, usual));
    Value isTooLarge = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, size, tooLarge);
    factors.push_back(arith::SelectOp::create(b, isTooLarge, exact, usual));
    lower.push_back(arith::NegFOp::create(b, arith::MulFOp::create(b, peak, factors.back())));
  }
  for (auto [i, score] : llvm::enumerate(scores)) {
    int64_t row = rowOf(unit, i);
    score = exp2(math::FmaOp::create(b, score, factors[row], lower[row]));
  }
  for (auto [i, row] : llvm::enumerate(rows)) {
    Value sum = ofRow(scores, i, [&](Value x, Value y) { return add(x, y); });
    row.total = math::FmaOp::create(b, row.total, row.change, sum);
  }
}

Value OnlineSoftmax::totalOf(const Row &row) {
  return overColumns(row.total, [&](Value x, Value y) { return add(x, y); });
}

} // namespace treadle::simt
