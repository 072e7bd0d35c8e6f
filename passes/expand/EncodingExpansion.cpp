//===- EncodingExpansion.cpp - encodings without parameters -----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Coordinates are [N, D, 1], what is one number a function is a constant [K]; the result [N, D, K] is elementwise.
//
//===----------------------------------------------------------------------===//

#include "dialects/ng/Harmonics.h"
#include "passes/expand/Expansion.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>
#include <numbers>

using namespace mlir;
using namespace treadle::graph;
using namespace treadle::ng;

namespace treadle {
namespace {

Dims withOne(Value input) {
  Dims dims = dimsOf(input.getType());
  dims.push_back(DimExpr::constant(input.getContext(), 1));
  return dims;
}

} // namespace

/// In turns, from which whole ones are taken: both the powers of two and the difference are exact.
Value Expansion::frequency(FrequencyOp op) {
  int64_t count = 2 * op.getFrequencies();
  Value x = reshape(op.getInput(), withOne(op.getInput()));
  Value turns = mul(x, vector(DType::F32, count, [](int64_t k) { return std::ldexp(0.5, int(k / 2)); }));
  Value part = sub(turns, make<RoundOp>(turns));
  part = add(part, vector(DType::F32, count, [](int64_t k) { return k % 2 ? 0.25 : 0.0; }));
  return reshape(make<SinOp>(mul(part, scalar(2 * std::numbers::pi, part))), dimsOf(op.getType()));
}

Value Expansion::triangleWave(TriangleWaveOp op) {
  int64_t count = op.getFrequencies();
  Value x = reshape(op.getInput(), withOne(op.getInput()));
  Value v = mul(x, vector(DType::F32, count, [](int64_t k) { return std::ldexp(1.0, int(k - 1)); }));
  v = add(v, vector(DType::F32, count, [](int64_t k) { return static_cast<double>(k) / 4; }));
  Value distance = make<AbsOp>(sub(sub(v, make<FloorOp>(v)), scalar(0.5, v)));
  return reshape(sub(mul(distance, scalar(4, v)), scalar(1, v)), dimsOf(op.getType()));
}

Value Expansion::quarticDistribution(Value u) {
  u = make<MinOp>(make<MaxOp>(u, scalar(-1, u)), scalar(1, u));
  Value square = mul(u, u);
  Value inner = sub(mul(square, scalar(1.0 / 5, u)), scalar(2.0 / 3, u));
  Value odd = mul(u, add(mul(square, inner), scalar(1, u)));
  return add(mul(odd, scalar(15.0 / 16, u)), scalar(0.5, u));
}

Value Expansion::oneBlob(OneBlobOp op) {
  int64_t bins = op.getBins();
  Value x = reshape(op.getInput(), withOne(op.getInput())), sum;
  Value scaled = mul(x, scalar(static_cast<double>(bins), x));
  for (int64_t turn = -1; turn <= 1; ++turn) {
    Value start = vector(DType::F32, bins, [&](int64_t k) { return static_cast<double>(k + turn * bins); });
    Value low = sub(start, scaled);
    Value part = sub(quarticDistribution(add(low, scalar(1, x))), quarticDistribution(low));
    sum = sum ? add(sum, part) : part;
  }
  return reshape(sum, dimsOf(op.getType()));
}

/// Powers 0 to degree - 1 of z and of x + iy are products of squares, chosen by the bits of the exponent.
Value Expansion::sphericalHarmonics(SphericalHarmonicsOp op) {
  int64_t degree = op.getDegree();
  auto harmonics = harmonicsOf(degree);
  auto count = static_cast<int64_t>(harmonics.size());
  if (degree == 1)
    return make<BroadcastOp>(scalar(harmonics[0].coefficients[0], op.getInput()), dimsOf(op.getType()));

  Value unit = mul(op.getInput(), scalar(2, op.getInput()));
  unit = sub(unit, scalar(1, unit));
  Value x = column(unit, 0), y = column(unit, 1), z = column(unit, 2), one = scalar(1, z), zero = scalar(0, z);
  Value powers, real, imaginary; // [N, degree]
  for (int64_t bit = 0; bit < int64_t(llvm::Log2_64_Ceil(degree)); ++bit) {
    Value isSet = vector(DType::Bool, degree, [&](int64_t exponent) { return exponent >> bit & 1; });
    Value factor = select(isSet, z, one), a = select(isSet, x, one), c = select(isSet, y, zero);
    if (bit == 0) {
      powers = factor;
      real = a;
      imaginary = c;
    } else {
      powers = mul(powers, factor);
      Value product = sub(mul(real, a), mul(imaginary, c));
      imaginary = add(mul(real, c), mul(imaginary, a));
      real = product;
    }
    Value square = sub(mul(x, x), mul(y, y));
    y = mul(scalar(2, x), mul(x, y));
    x = square;
    z = mul(z, z);
  }
  Value coefficients = constant(DType::F32, {degree, count}, [&](int64_t i) {
    const std::vector<double> &all = harmonics[i % count].coefficients;
    auto exponent = static_cast<size_t>(i / count);
    return exponent < all.size() ? all[exponent] : 0.0;
  });
  Value legendre = make<MatMulOp>(powers, coefficients, /*transposeLhs=*/false, /*transposeRhs=*/false);
  Value order = vector(DType::I32, count, [&](int64_t i) { return std::abs(harmonics[i].order); });
  Value isSine = vector(DType::Bool, count, [&](int64_t i) { return int64_t(harmonics[i].order < 0); });
  Value around = select(isSine, make<GatherOp>(imaginary, order, /*axis=*/1), make<GatherOp>(real, order, /*axis=*/1));
  return mul(legendre, around);
}

} // namespace treadle
