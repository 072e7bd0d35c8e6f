//===- VectorFloat.cpp - arithmetic on numbers -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the hardware approximates (reciprocal, square root, exponential, logarithm, sine) is rounded correctly
// here, which is within its bounds.
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/gcn/Vector.h"
#include <cmath>
#include <limits>

namespace treadle::simulator::gcn {
namespace {

using Flag = Operation::Flag;

// ---- formats ---------------------------------------------------------------------------------

template <typename T> struct Format;
template <> struct Format<Half> {
  static constexpr int mantissa = 10, exponents = 31, bias = 15;
};
template <> struct Format<float> {
  static constexpr int mantissa = 23, exponents = 255, bias = 127;
};
template <> struct Format<double> {
  static constexpr int mantissa = 52, exponents = 2047, bias = 1023;
};

template <typename T> BitsOf<T> bitsOf(T value) { return std::bit_cast<BitsOf<T>>(value); }
template <typename T> int exponent(T value) {
  return static_cast<int>(bitsOf(value) >> Format<T>::mantissa & Format<T>::exponents);
}
template <typename T> bool isNan(T value) { return value != value; }
template <typename T> bool isInfinite(T value) { return exponent(value) == Format<T>::exponents && !isNan(value); }
template <typename T> bool isDenormal(T value) { return exponent(value) == 0 && value != 0; }
template <typename T> bool isNegative(T value) { return bitsOf(value) >> (8 * sizeof(T) - 1); }
template <typename T> constexpr BitsOf<T> quietBit = BitsOf<T>(BitsOf<T>(1) << (Format<T>::mantissa - 1));
template <typename T> bool isSignaling(T value) { return isNan(value) && !(bitsOf(value) & quietBit<T>); }
template <typename T> T quiet(T value) { return std::bit_cast<T>(BitsOf<T>(bitsOf(value) | quietBit<T>)); }
template <typename T> T infinity() {
  return std::bit_cast<T>(BitsOf<T>(BitsOf<T>(Format<T>::exponents) << Format<T>::mantissa));
}
template <typename T> T withSign(T value, bool negative) {
  BitsOf<T> sign = BitsOf<T>(BitsOf<T>(1) << (8 * sizeof(T) - 1));
  return std::bit_cast<T>(BitsOf<T>((bitsOf(value) & ~sign) | (negative ? sign : 0)));
}

// ---- functions -------------------------------------------------------------------------------

template <typename T> T fma(T a, T b, T c) { return std::fma(a, b, c); }
template <> Half fma(Half a, Half b, Half c) { // exact but for one rounding of double, which cannot be a tie's
  return static_cast<Half>(std::fma(double(a), double(b), double(c)));
}

/// v_mad_f32 rounds the product, too, and knows no denormal numbers, whatever the mode.
float multiplyThenAdd(float a, float b, float c) { return flushed(flushed(flushed(a) * flushed(b)) + flushed(c)); }

template <typename T> T minimum(T a, T b) { // IEEE 754-2008 minNum, with -0 < +0
  if (isSignaling(a) || isSignaling(b))
    return quiet(isSignaling(a) ? a : b);
  if (isNan(a) || isNan(b))
    return isNan(a) ? b : a;
  return a < b || (a == b && isNegative(a)) ? a : b;
}
template <typename T> T maximum(T a, T b) {
  if (isSignaling(a) || isSignaling(b))
    return quiet(isSignaling(a) ? a : b);
  if (isNan(a) || isNan(b))
    return isNan(a) ? b : a;
  return a > b || (a == b && isNegative(b)) ? a : b;
}
template <> float minimum(float a, float b) { // without branches, so that it is vectorized
  float least = a < b || (a == b && std::bit_cast<int32_t>(a) < 0) ? a : b;
  uint32_t bitsA = bitsOf(a), bitsB = bitsOf(b);
  bool nanA = (bitsA & 0x7fffffff) > 0x7f800000, nanB = (bitsB & 0x7fffffff) > 0x7f800000;
  uint32_t result = nanA ? bitsB : nanB ? bitsA : bitsOf(least);
  result = nanB && !(bitsB & 0x400000) ? bitsB | 0x400000 : result;
  result = nanA && !(bitsA & 0x400000) ? bitsA | 0x400000 : result;
  return std::bit_cast<float>(result);
}
template <> float maximum(float a, float b) { return -minimum(-a, -b); }

template <typename T> T median(T a, T b, T c) {
  if (isNan(a) || isNan(b) || isNan(c))
    return minimum(minimum(a, b), c);
  return maximum(minimum(a, b), minimum(maximum(a, b), c));
}

template <typename T> T fract(T a) {
  if (isInfinite(a) || isNan(a))
    return std::numeric_limits<double>::quiet_NaN();
  T below = std::bit_cast<T>(BitsOf<T>((BitsOf<T>(Format<T>::bias) << Format<T>::mantissa) - 1)); // the last before 1
  T fraction = static_cast<T>(static_cast<double>(a) - std::floor(static_cast<double>(a)));
  return fraction < below ? fraction : below;
}

template <typename T> T mantissa(T a) {
  int ignored;
  return isInfinite(a) || isNan(a) ? a : static_cast<T>(std::frexp(static_cast<double>(a), &ignored));
}
template <typename T> int32_t frexpExponent(T a) {
  int result = 0;
  if (!isInfinite(a) && !isNan(a))
    std::frexp(static_cast<double>(a), &result);
  return result;
}
/// Rounded once.
template <typename T> T scale(T a, int32_t by) {
  if constexpr (sizeof(T) == 2)
    return static_cast<Half>(std::ldexp(double(a), std::max(-100, std::min(100, by))));
  else
    return std::ldexp(a, by);
}

/// The sine of so many turns; what is too far gives the value at zero.
template <typename T> T sineOfTurns(T turns, double phase) {
  auto a = static_cast<double>(turns);
  if (isInfinite(turns) || isNan(turns))
    return static_cast<T>(std::numeric_limits<double>::quiet_NaN());
  if (std::fabs(a) > 256)
    a = 0;
  return static_cast<T>(std::sin(6.283185307179586476925 * (a - std::floor(a) + phase)));
}

// ---- division --------------------------------------------------------------------------------
// v_div_scale, v_div_fmas and v_div_fixup, as the ISA's document has them. Where it lets the denominator grow
// although its reciprocal is denormal, which would be infinite, it shrinks.

template <typename T> constexpr int scaleBy = sizeof(T) == 8 ? 128 : 64;

template <typename T> WithMask<T> divScale(T value, T denominator, T numerator) {
  constexpr int far = sizeof(T) == 8 ? 768 : 96, tiny = sizeof(T) == 8 ? 53 : 23;
  auto denormal = [](T a, T b) { return isDenormal<T>(a / b); };
  bool isDenominator = bitsOf(value) == bitsOf(denominator), isNumerator = bitsOf(value) == bitsOf(numerator);
  if (numerator == 0 || denominator == 0)
    return {std::numeric_limits<T>::quiet_NaN(), false};
  if (exponent(numerator) - exponent(denominator) >= far)
    return {isDenominator ? scale(value, scaleBy<T>) : value, true};
  if (isDenormal(denominator))
    return {scale(value, scaleBy<T>), false};
  if (denormal(1, denominator) && denormal(numerator, denominator))
    return {isDenominator ? scale(value, -scaleBy<T>) : value, true};
  if (denormal(1, denominator))
    return {scale(value, -scaleBy<T>), false};
  if (denormal(numerator, denominator))
    return {isNumerator ? scale(value, scaleBy<T>) : value, true};
  if (exponent(numerator) <= tiny)
    return {scale(value, scaleBy<T>), false};
  return {value, false};
}

template <typename T> T divFmas(T a, T b, T c, bool scaled) {
  T result = fma(a, b, c);
  return scaled ? scale(result, exponent(c) > Format<T>::bias ? scaleBy<T> : -scaleBy<T>) : result;
}

template <typename T> T divFixup(T quotient, T denominator, T numerator) {
  bool negative = isNegative(denominator) != isNegative(numerator);
  if (isNan(numerator))
    return quiet(numerator);
  if (isNan(denominator))
    return quiet(denominator);
  if ((denominator == 0 && numerator == 0) || (isInfinite(denominator) && isInfinite(numerator)))
    return withSign(quiet(infinity<T>()), true);
  if (denominator == 0 || isInfinite(numerator))
    return withSign(infinity<T>(), negative);
  if (isInfinite(denominator) || numerator == 0)
    return withSign(T(0), negative);
  if constexpr (sizeof(T) > 2)
    if (exponent(numerator) - exponent(denominator) < (sizeof(T) == 8 ? -1075 : -150))
      return withSign(T(0), negative);
  return withSign(quotient, negative);
}

// ---- rows ------------------------------------------------------------------------------------

template <typename T> void addFormat(std::vector<Operation> &rows, const std::string &type) {
  auto add = [&](Operation row) { rows.push_back(std::move(row)); };
  add(vectorOperation<[](T a, T b) -> T { return a + b; }>("v_add_" + type));
  add(vectorOperation<[](T a, T b) -> T { return a * b; }>("v_mul_" + type));
  add(vectorOperation<[](T a, T b) -> T { return minimum(a, b); }>("v_min_" + type));
  add(vectorOperation<[](T a, T b) -> T { return maximum(a, b); }>("v_max_" + type));
  add(vectorOperation<[](T a, T b, T c) -> T { return fma(a, b, c); }>("v_fma_" + type,
                                                                       sizeof(T) == 2 ? Flag::keepsHigh : 0));
  add(vectorOperation<[](T a, T b, T c) -> T { return fma(a, b, c); }>(
      "v_fmac_" + type, Flag::readsResult | (sizeof(T) == 2 ? Flag::keepsHigh : 0)));
  add(vectorOperation<[](T a) -> T { return 1 / static_cast<double>(a); }>("v_rcp_" + type));
  add(vectorOperation<[](T a) -> T { return static_cast<T>(1 / std::sqrt(static_cast<double>(a))); }>("v_rsq_" + type));
  add(vectorOperation<[](T a) -> T { return static_cast<T>(std::sqrt(static_cast<double>(a))); }>("v_sqrt_" + type));
  add(vectorOperation<[](T a) -> T { return static_cast<T>(std::floor(static_cast<double>(a))); }>("v_floor_" + type));
  add(vectorOperation<[](T a) -> T { return static_cast<T>(std::ceil(static_cast<double>(a))); }>("v_ceil_" + type));
  add(vectorOperation<[](T a) -> T { return static_cast<T>(std::trunc(static_cast<double>(a))); }>("v_trunc_" + type));
  add(vectorOperation<[](T a) -> T { return static_cast<T>(std::nearbyint(static_cast<double>(a))); }>("v_rndne_" +
                                                                                                       type));
  add(vectorOperation<[](T a) -> T { return fract(a); }>("v_fract_" + type));
  add(vectorOperation<[](T a) -> T { return mantissa(a); }>("v_frexp_mant_" + type));
  add(vectorOperation<[](T quotient, T denominator, T numerator) -> T {
    return divFixup(quotient, denominator, numerator);
  }>("v_div_fixup_" + type, sizeof(T) == 2 ? Flag::keepsHigh : 0));
}

/// What numbers of 64 bits do not have.
template <typename T> void addShortFormat(std::vector<Operation> &rows, const std::string &type) {
  auto add = [&](Operation row) { rows.push_back(std::move(row)); };
  add(vectorOperation<[](T a, T b) -> T { return a - b; }>("v_sub_" + type));
  add(vectorOperation<[](T a, T b) -> T { return b - a; }>("v_subrev_" + type));
  add(vectorOperation<[](T a, T b, T c) -> T { return minimum(minimum(a, b), c); }>("v_min3_" + type));
  add(vectorOperation<[](T a, T b, T c) -> T { return maximum(maximum(a, b), c); }>("v_max3_" + type));
  add(vectorOperation<[](T a, T b, T c) -> T { return median(a, b, c); }>("v_med3_" + type));
  add(vectorOperation<[](T a) -> T { return static_cast<T>(std::exp2(static_cast<double>(a))); }>("v_exp_" + type));
  add(vectorOperation<[](T a) -> T { return static_cast<T>(std::log2(static_cast<double>(a))); }>("v_log_" + type));
  add(vectorOperation<[](T a) -> T { return sineOfTurns(a, 0); }>("v_sin_" + type));
  add(vectorOperation<[](T a) -> T { return sineOfTurns(a, 0.25); }>("v_cos_" + type));
}

/// What only numbers of 32 and 64 bits have.
template <typename T> void addLongFormat(std::vector<Operation> &rows, const std::string &type) {
  auto add = [&](Operation row) { rows.push_back(std::move(row)); };
  add(vectorOperation<[](T value, T denominator, T numerator) -> WithMask<T> {
    return divScale(value, denominator, numerator);
  }>("v_div_scale_" + type));
  add(vectorOperation<[](T a, T b, T c, bool scaled) -> T { return divFmas(a, b, c, scaled); }>("v_div_fmas_" + type,
                                                                                                Flag::readsVcc));
  add(vectorOperation<[](T a, int32_t by) -> T { return scale(a, by); }>("v_ldexp_" + type));
  add(vectorOperation<[](T a) -> int32_t { return frexpExponent(a); }>("v_frexp_exp_i32_" + type));
}

std::vector<Operation> makeRows() {
  std::vector<Operation> rows;
  addFormat<float>(rows, "f32");
  addFormat<Half>(rows, "f16");
  addFormat<double>(rows, "f64");
  addShortFormat<float>(rows, "f32");
  addShortFormat<Half>(rows, "f16");
  addLongFormat<float>(rows, "f32");
  addLongFormat<double>(rows, "f64");
  auto add = [&](Operation row) { rows.push_back(std::move(row)); };
  add(vectorOperation<[](float a, float b) -> float { return a == 0 || b == 0 ? 0 : a * b; }>("v_mul_legacy_f32"));
  // In madmk and madak the constant stands where it is multiplied or added.
  for (const char *name : {"v_mad_f32", "v_madmk_f32", "v_madak_f32"})
    add(vectorOperation<[](float a, float b, float c) -> float { return multiplyThenAdd(a, b, c); }>(name));
  add(vectorOperation<[](float a, float b, float c) -> float { return multiplyThenAdd(a, b, c); }>("v_mac_f32",
                                                                                                   Flag::readsResult));
  add(vectorOperation<[](float a) -> float { return 1 / a; }>("v_rcp_iflag_f32"));
  add(vectorOperation<[](Half a, int16_t by) -> Half { return scale(a, by); }>("v_ldexp_f16"));
  add(vectorOperation<[](Half a) -> int16_t { return static_cast<int16_t>(frexpExponent(a)); }>("v_frexp_exp_i16_f16"));
  add(vectorOperation<[](Half a, Half b, Half c) -> Half { return fma(a, b, c); }>("v_fma_legacy_f16"));
  add(vectorOperation<[](Half quotient, Half denominator, Half numerator) -> Half {
    return divFixup(quotient, denominator, numerator);
  }>("v_div_fixup_legacy_f16"));
  return rows;
}

} // namespace

const std::vector<Operation> &floatOperations() {
  static const std::vector<Operation> rows = makeRows();
  return rows;
}

} // namespace treadle::simulator::gcn
