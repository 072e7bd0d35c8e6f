//===- Harmonics.cpp - real spherical harmonics as polynomials --------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/ng/Harmonics.h"
#include <cmath>
#include <cstdlib>
#include <numbers>

namespace treadle::ng {
namespace {

using Polynomial = std::vector<double>; // of z, the constant first

/// a * z * p + c * q
Polynomial combine(double a, const Polynomial &p, double c, const Polynomial &q) {
  Polynomial result(std::max(p.size() + 1, q.size()));
  for (size_t i = 0; i < p.size(); ++i)
    result[i + 1] += a * p[i];
  for (size_t i = 0; i < q.size(); ++i)
    result[i] += c * q[i];
  return result;
}

/// P_l^m / sin(theta)^m, with the Condon-Shortley phase.
Polynomial legendre(int64_t l, int64_t m) {
  double diagonal = 1; // P_m^m
  for (int64_t i = 1; i <= m; ++i)
    diagonal *= static_cast<double>(1 - 2 * i);
  Polynomial before, current = {diagonal};
  for (int64_t i = m + 1; i <= l; ++i) {
    auto below = static_cast<double>(i - m);
    Polynomial next =
        combine(static_cast<double>(2 * i - 1) / below, current, -static_cast<double>(i + m - 1) / below, before);
    before = std::exchange(current, next);
  }
  return current;
}

double normalization(int64_t l, int64_t m) {
  double ratio = 1; // (l - m)! / (l + m)!
  for (int64_t i = l - m + 1; i <= l + m; ++i)
    ratio /= static_cast<double>(i);
  return std::sqrt((m ? 2 : 1) * static_cast<double>(2 * l + 1) / (4 * std::numbers::pi) * ratio);
}

} // namespace

std::vector<Harmonic> harmonicsOf(int64_t degree) {
  std::vector<Harmonic> harmonics;
  for (int64_t l = 0; l < degree; ++l)
    for (int64_t m = -l; m <= l; ++m) {
      Harmonic &harmonic = harmonics.emplace_back();
      harmonic.order = m;
      harmonic.coefficients = legendre(l, std::abs(m));
      for (double &coefficient : harmonic.coefficients)
        coefficient *= normalization(l, std::abs(m));
    }
  return harmonics;
}

} // namespace treadle::ng
