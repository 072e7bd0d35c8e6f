//===- FieldEncoding.cpp - what encodings without parameters are for a row -----===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/field/FieldRow.h"
#include "dialects/ng/Harmonics.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace treadle::ng;

namespace treadle {

/// In turns, from which whole ones are taken: both the powers of two and the difference are exact. What is left is
/// brought into the quarters around 0, where a polynomial is good to 6e-9 (minimax in the relative error).
Columns FieldRow::encoding(FrequencyOp op) {
  auto sine = [&](Value turns) {
    Value square = v.mul(turns, turns), sum = v.number(39.71092128862183);
    for (double coefficient : {-76.57499266041607, 81.60223126712093, -41.34167747885712, 6.283185273793231})
      sum = v.add(v.mul(sum, square), v.number(coefficient));
    return v.mul(turns, sum);
  };
  Value quarter = v.number(0.25), half = v.number(0.5), minusHalf = v.number(-0.5);
  Columns result;
  for (Value x : columns(op.getInput()))
    for (int k = 0; k < static_cast<int>(op.getFrequencies()); ++k) {
      Value turns = v.mul(x, v.number(std::ldexp(0.5, k)));
      Value part = v.sub(turns, math::RoundEvenOp::create(b, turns));
      result.push_back(sine(v.min(v.max(part, v.sub(minusHalf, part)), v.sub(half, part))));
      result.push_back(sine(v.sub(quarter, math::AbsFOp::create(b, part))));
    }
  return result;
}

Columns FieldRow::encoding(TriangleWaveOp op) {
  Columns result;
  for (Value x : columns(op.getInput()))
    for (int k = 0; k < static_cast<int>(op.getFrequencies()); ++k) {
      Value place = v.add(v.mul(x, v.number(std::ldexp(1, k - 1))), v.number(k / 4.0));
      Value inside = v.sub(place, math::FloorOp::create(b, place));
      Value distance = math::AbsFOp::create(b, v.sub(inside, v.number(0.5)));
      result.push_back(v.sub(v.mul(distance, v.number(4)), v.number(1)));
    }
  return result;
}

/// A blob is two bins wide: it is in the bin of the coordinate and in those beside it, and all others are empty; what
/// is no number is in none.
Columns FieldRow::encoding(OneBlobOp op) {
  auto bins = static_cast<int64_t>(op.getBins());
  Value zero = v.number(0), half = v.number(0.5), one = v.number(1), count = v.number(static_cast<double>(bins));
  // Of the kernel, from 0 to u.
  auto integral = [&](Value u) {
    Value square = v.mul(u, u), inner = v.sub(v.mul(square, v.number(3.0 / 16)), v.number(5.0 / 8));
    return v.mul(u, v.add(v.mul(square, inner), v.number(15.0 / 16)));
  };
  auto wrapped = [&](Value bin) {
    Value below = v.select(v.atMost(count, bin), v.sub(bin, count), bin);
    return v.select(v.less(bin, zero), v.add(bin, count), below);
  };
  Columns result;
  for (Value x : columns(op.getInput())) {
    Value place = v.mul(x, count), bin = math::FloorOp::create(b, place), inside = v.sub(place, bin);
    Value before = integral(inside), after = integral(v.sub(one, inside));
    std::pair<Value, Value> parts[] = {{wrapped(v.sub(bin, one)), v.sub(half, before)},
                                       {wrapped(bin), v.add(before, after)},
                                       {wrapped(v.add(bin, one)), v.sub(half, after)}};
    for (int64_t i = 0; i < bins; ++i) {
      Value sum = zero;
      for (auto [bin, part] : parts) // where there are fewer than three, several are in one
        sum = v.select(v.equal(bin, v.number(static_cast<double>(i))), v.add(sum, part), sum);
      result.push_back(sum);
    }
  }
  return result;
}

/// Polynomials of z by Horner's rule, times the powers of x + iy.
Columns FieldRow::encoding(SphericalHarmonicsOp op) {
  Columns unit = columns(op.getInput());
  for (Value &x : unit)
    x = v.sub(v.mul(x, v.number(2)), v.number(1));
  std::array<SmallVector<Value>, 2> around; // real and imaginary parts
  around[0] = {v.number(1)};
  around[1] = {v.number(0)};
  for (int64_t power = 1; power < static_cast<int64_t>(op.getDegree()); ++power) {
    Value real = around[0].back(), imaginary = around[1].back();
    around[0].push_back(v.sub(v.mul(real, unit[0]), v.mul(imaginary, unit[1])));
    around[1].push_back(v.add(v.mul(real, unit[1]), v.mul(imaginary, unit[0])));
  }
  Columns result;
  for (const Harmonic &harmonic : harmonicsOf(op.getDegree())) {
    Value sum = v.number(harmonic.coefficients.back());
    for (double coefficient : llvm::reverse(ArrayRef(harmonic.coefficients).drop_back())) {
      sum = v.mul(sum, unit[2]);
      if (coefficient != 0)
        sum = v.add(sum, v.number(coefficient));
    }
    if (harmonic.order != 0)
      sum = v.mul(sum, around[harmonic.order < 0][std::abs(harmonic.order)]);
    result.push_back(sum);
  }
  return result;
}

} // namespace treadle
