//===- Harmonics.h - real spherical harmonics as polynomials ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// P.-P. Sloan: "Stupid spherical harmonics (SH) tricks", GDC 2008, and "Efficient spherical harmonic
// evaluation", JCGT 2013: with the powers of sin(theta) taken out of the associated Legendre functions and put
// to x and y,
//
//     Y_l^m = K_l^m P_l^|m|(z) * Re (x + iy)^m  for m >= 0,  Im (x + iy)^|m|  for m < 0
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_NG_HARMONICS_H
#define TREADLE_DIALECTS_NG_HARMONICS_H

#include <cstdint>
#include <vector>

namespace treadle::ng {

inline constexpr int64_t maxHarmonicsDegree = 8;

struct Harmonic {
  int64_t order = 0;                // m
  std::vector<double> coefficients; // of K_l^m P_l^|m|, that of z^i at i
};

/// Number l * l + l + m for l < degree.
std::vector<Harmonic> harmonicsOf(int64_t degree);

} // namespace treadle::ng

#endif // TREADLE_DIALECTS_NG_HARMONICS_H
