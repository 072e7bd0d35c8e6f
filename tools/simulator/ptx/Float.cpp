//===- Float.cpp - floats -------------------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything is rounded to nearest even. What a device only approximates is the nearest float here, which is within
// the bounds that "PTX ISA" gives. Products and sums are never contracted.
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/ptx/FloatOps.h"

namespace treadle::simulator::ptx {
namespace {

/// Two floats of 16 bits in a word.
template <typename T> struct Two {
  T low, high;
};

/// What T is computed with.
template <typename T> using Computed = std::conditional_t<std::is_same_v<T, double>, double, float>;

/// F on one T, or on both of two.
template <typename T, typename F> struct Each {
  static T call(auto... a) { return static_cast<T>(F{}(static_cast<Computed<T>>(a)...)); }
};
template <typename T, typename F> struct Each<Two<T>, F> {
  static Two<T> call(auto... a) { return {Each<T, F>::call(a.low...), Each<T, F>::call(a.high...)}; }
};

template <typename F> Handler byFloat(Decoder &decoder, Type type, F make) {
  switch (type) {
  case Type::f16:
    return make(Half());
  case Type::bf16:
    return make(Brain());
  case Type::f16x2:
    return make(Two<Half>());
  case Type::bf16x2:
    return make(Two<Brain>());
  case Type::f32:
    return make(float());
  case Type::f64:
    return make(double());
  default:
    decoder.unknown("the type is not known here");
  }
}

template <typename F> Handler unaryFloat(Decoder &decoder, F) {
  Type type = decoder.type();
  decoder.operands(type, 2);
  return byFloat(decoder, type, [](auto tag) {
    using T = decltype(tag);
    return unary<T, T>([](T a) { return Each<T, F>::call(a); });
  });
}
template <typename F> Handler binaryFloat(Decoder &decoder, F) {
  Type type = decoder.type();
  decoder.operands(type, 3);
  return byFloat(decoder, type, [](auto tag) {
    using T = decltype(tag);
    return binary<T, T, T>([](T a, T b) { return Each<T, F>::call(a, b); });
  });
}

/// f32 only, through f64.
template <typename F> Handler approximate(Decoder &decoder, F) {
  Type type = decoder.type();
  if (type != Type::f32)
    decoder.unknown("it is known of f32 only");
  decoder.operands(type, 2);
  return unary<float, float>([](float a) { return static_cast<float>(F{}(static_cast<double>(a))); });
}

float clip(float value) { return value > 0 ? std::min(value, 1.0f) : 0.0f; } // NaN: 0

// ---- a * b + c of 16 bits ----------------------------------------------------------------------

/// The sum of exact product and summand as f64, rounded to odd.
double fmaToOdd(double a, double b, double c) {
  double product = a * b, sum = product + c; // the product is exact
  if (!std::isfinite(sum))
    return sum;
  double back = sum - product, error = (product - (sum - back)) + (c - back);
  uint64_t bits = std::bit_cast<uint64_t>(sum);
  if (error == 0 || bits & 1)
    return sum;
  bool away = (error > 0) == (sum > 0); // from zero
  return std::bit_cast<double>(away ? bits + 1 : bits - 1);
}

template <typename T> struct FusedMultiplyAdd {
  static T call(T a, T b, T c) {
    if constexpr (sizeof(T) == 2)
      return static_cast<T>(fmaToOdd(static_cast<float>(a), static_cast<float>(b), static_cast<float>(c)));
    else
      return std::fma(a, b, c);
  }
};
template <typename T> struct FusedMultiplyAdd<Two<T>> {
  static Two<T> call(Two<T> a, Two<T> b, Two<T> c) {
    return {FusedMultiplyAdd<T>::call(a.low, b.low, c.low), FusedMultiplyAdd<T>::call(a.high, b.high, c.high)};
  }
};

// ---- minimum and maximum ---------------------------------------------------------------------

template <bool isMin, bool keepsNan> struct Extreme {
  template <typename T> T operator()(T a, T b) const {
    if (a != a || b != b)
      return keepsNan ? std::numeric_limits<T>::quiet_NaN() : a != a ? b : a;
    if (a == b) // of zeros the negative one is less
      return isMin == std::signbit(a) ? a : b;
    return (a < b) == isMin ? a : b;
  }
};

// ---- rows --------------------------------------------------------------------------------------

Handler rcp(Decoder &decoder) {
  if (decoder.accept("approx"))
    return approximate(decoder, [](double a) { return 1 / a; });
  if (!decoder.accept("rn"))
    decoder.unknown("the rounding is not known");
  return unaryFloat(decoder, [](auto a) { return 1 / a; });
}
Handler sqrt(Decoder &decoder) {
  if (decoder.accept("approx"))
    return approximate(decoder, [](double a) { return std::sqrt(a); });
  if (!decoder.accept("rn"))
    decoder.unknown("the rounding is not known");
  return unaryFloat(decoder, [](auto a) { return std::sqrt(a); });
}
Handler rsqrt(Decoder &decoder) {
  decoder.accept("approx");
  return approximate(decoder, [](double a) { return 1 / std::sqrt(a); });
}
Handler ex2(Decoder &decoder) {
  decoder.accept("approx");
  if (decoder.accept("ftz")) // what is less than a normal number is 0
    return approximate(decoder, [](double a) { return a < -126 ? 0 : std::exp2(a); });
  return approximate(decoder, [](double a) { return std::exp2(a); });
}
Handler lg2(Decoder &decoder) {
  decoder.accept("approx");
  return approximate(decoder, [](double a) { return std::log2(a); });
}
Handler tanh(Decoder &decoder) {
  decoder.accept("approx");
  return approximate(decoder, [](double a) { return std::tanh(a); });
}

/// The sign of `a`, the rest of `b`.
Handler copysign(Decoder &decoder) {
  Type type = decoder.type();
  decoder.operands(type, 3);
  if (type == Type::f32)
    return binary<float, float, float>([](float a, float b) { return std::copysign(b, a); });
  if (type == Type::f64)
    return binary<double, double, double>([](double a, double b) { return std::copysign(b, a); });
  decoder.unknown("the type is not known here");
}

} // namespace

bool isFloatInstruction(const Decoder &decoder) {
  std::string_view last = decoder.instruction->words.back();
  return last == "f32" || last == "f64" || last == "f16" || last == "bf16" || last == "f16x2" || last == "bf16x2";
}

Handler floatAdd(Decoder &decoder) {
  decoder.accept("rn");
  if (decoder.accept("sat")) {
    decoder.op.number = 1;
    Type type = decoder.type();
    decoder.operands(type, 3);
    if (type == Type::f32)
      return binary<float, float, float>([](float a, float b) { return clip(a + b); });
    decoder.unknown("saturation is known of f32 only");
  }
  return binaryFloat(decoder, [](auto a, auto b) { return a + b; });
}
Handler floatSub(Decoder &decoder) {
  decoder.accept("rn");
  return binaryFloat(decoder, [](auto a, auto b) { return a - b; });
}
Handler floatMul(Decoder &decoder) {
  decoder.accept("rn");
  return binaryFloat(decoder, [](auto a, auto b) { return a * b; });
}
Handler floatDiv(Decoder &decoder) {
  if (!decoder.accept("rn") && !decoder.accept("full") && !decoder.accept("approx"))
    decoder.unknown("the rounding is not known");
  return binaryFloat(decoder, [](auto a, auto b) { return a / b; });
}

Handler floatFma(Decoder &decoder) {
  if (!decoder.accept("rn"))
    decoder.unknown("the rounding is not known");
  Type type = decoder.type();
  decoder.operands(type, 4);
  return byFloat(decoder, type, [](auto tag) {
    using T = decltype(tag);
    return ternary<T, T, T>([](T a, T b, T c) { return FusedMultiplyAdd<T>::call(a, b, c); });
  });
}

Handler floatAbs(Decoder &decoder) {
  return unaryFloat(decoder, [](auto a) { return std::fabs(a); });
}
Handler floatNeg(Decoder &decoder) {
  return unaryFloat(decoder, [](auto a) { return -a; });
}

Handler floatMinMax(Decoder &decoder, bool isMin) {
  bool keepsNan = decoder.accept("NaN");
  if (isMin)
    return keepsNan ? binaryFloat(decoder, Extreme<true, true>()) : binaryFloat(decoder, Extreme<true, false>());
  return keepsNan ? binaryFloat(decoder, Extreme<false, true>()) : binaryFloat(decoder, Extreme<false, false>());
}

std::span<const Row> floatRows() {
  static constexpr Row rows[] = {
      {"fma", floatFma}, {"rcp", rcp}, {"sqrt", sqrt}, {"rsqrt", rsqrt},
      {"ex2", ex2},      {"lg2", lg2}, {"tanh", tanh}, {"copysign", copysign},
  };
  return rows;
}

} // namespace treadle::simulator::ptx
