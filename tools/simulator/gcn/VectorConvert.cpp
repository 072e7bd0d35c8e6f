//===- VectorConvert.cpp - conversions ---------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/gcn/Vector.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace treadle::simulator::gcn {
namespace {

/// Towards zero; what does not fit becomes the nearest that does, NaN zero.
template <typename To> To toInteger(double value) {
  if (value != value)
    return 0;
  constexpr double least = std::numeric_limits<To>::min(), most = std::numeric_limits<To>::max();
  return static_cast<To>(std::clamp(std::trunc(value), least, most));
}

/// Rounded towards zero.
uint16_t halfTowardsZero(float value) {
  auto half = static_cast<Half>(value);
  auto bits = std::bit_cast<uint16_t>(half);
  bool further = std::fabs(static_cast<float>(half)) > std::fabs(value);
  return static_cast<uint16_t>(bits - further);
}

uint32_t pack(uint16_t low, uint16_t high) { return low | uint32_t(high) << 16; }

template <typename T> uint16_t normalized(double value, double scale) {
  return static_cast<uint16_t>(toInteger<T>(std::nearbyint(value * scale)));
}

template <unsigned byte> Operation byteToFloat(const std::string &name) {
  return vectorOperation<[](uint32_t a) -> float { return static_cast<float>(a >> 8 * byte & 0xff); }>(name);
}

std::vector<Operation> makeRows() {
  std::vector<Operation> rows;
  auto add = [&](Operation row) { rows.push_back(std::move(row)); };
  add(vectorOperation<[](int32_t a) -> float { return static_cast<float>(a); }>("v_cvt_f32_i32"));
  add(vectorOperation<[](uint32_t a) -> float { return static_cast<float>(a); }>("v_cvt_f32_u32"));
  add(vectorOperation<[](float a) -> int32_t { return toInteger<int32_t>(a); }>("v_cvt_i32_f32"));
  add(vectorOperation<[](float a) -> uint32_t { return toInteger<uint32_t>(a); }>("v_cvt_u32_f32"));
  add(vectorOperation<[](float a) -> Half { return static_cast<Half>(a); }>("v_cvt_f16_f32"));
  add(vectorOperation<[](Half a) -> float { return static_cast<float>(a); }>("v_cvt_f32_f16"));
  add(vectorOperation<[](float a) -> double { return a; }>("v_cvt_f64_f32"));
  add(vectorOperation<[](double a) -> float { return static_cast<float>(a); }>("v_cvt_f32_f64"));
  add(vectorOperation<[](int32_t a) -> double { return a; }>("v_cvt_f64_i32"));
  add(vectorOperation<[](uint32_t a) -> double { return a; }>("v_cvt_f64_u32"));
  add(vectorOperation<[](double a) -> int32_t { return toInteger<int32_t>(a); }>("v_cvt_i32_f64"));
  add(vectorOperation<[](double a) -> uint32_t { return toInteger<uint32_t>(a); }>("v_cvt_u32_f64"));
  add(vectorOperation<[](uint16_t a) -> Half { return static_cast<Half>(static_cast<float>(a)); }>("v_cvt_f16_u16"));
  add(vectorOperation<[](int16_t a) -> Half { return static_cast<Half>(static_cast<float>(a)); }>("v_cvt_f16_i16"));
  add(vectorOperation<[](Half a) -> uint16_t { return toInteger<uint16_t>(a); }>("v_cvt_u16_f16"));
  add(vectorOperation<[](Half a) -> int16_t { return toInteger<int16_t>(a); }>("v_cvt_i16_f16"));
  add(vectorOperation<[](float a) -> int32_t { return toInteger<int32_t>(std::floor(a + 0.5)); }>("v_cvt_rpi_i32_f32"));
  add(vectorOperation<[](float a) -> int32_t { return toInteger<int32_t>(std::floor(a)); }>("v_cvt_flr_i32_f32"));
  add(byteToFloat<0>("v_cvt_f32_ubyte0"));
  add(byteToFloat<1>("v_cvt_f32_ubyte1"));
  add(byteToFloat<2>("v_cvt_f32_ubyte2"));
  add(byteToFloat<3>("v_cvt_f32_ubyte3"));
  add(vectorOperation<[](float a, float b) -> uint32_t { return pack(halfTowardsZero(a), halfTowardsZero(b)); }>(
      "v_cvt_pkrtz_f16_f32"));
  add(vectorOperation<[](float a, float b) -> uint32_t {
    return pack(normalized<int16_t>(a, 32767), normalized<int16_t>(b, 32767));
  }>("v_cvt_pknorm_i16_f32"));
  add(vectorOperation<[](float a, float b) -> uint32_t {
    return pack(normalized<uint16_t>(a, 65535), normalized<uint16_t>(b, 65535));
  }>("v_cvt_pknorm_u16_f32"));
  add(vectorOperation<[](uint32_t a, uint32_t b) -> uint32_t {
    return pack(static_cast<uint16_t>(std::min<uint32_t>(a, 0xffff)),
                static_cast<uint16_t>(std::min<uint32_t>(b, 0xffff)));
  }>("v_cvt_pk_u16_u32"));
  add(vectorOperation<[](int32_t a, int32_t b) -> uint32_t {
    return pack(static_cast<uint16_t>(std::clamp(a, -32768, 32767)),
                static_cast<uint16_t>(std::clamp(b, -32768, 32767)));
  }>("v_cvt_pk_i16_i32"));
  add(vectorOperation<[](float a, uint32_t byte, uint32_t old) -> uint32_t {
    unsigned shift = 8 * (byte & 3);
    return (old & ~(UINT32_C(0xff) << shift)) | uint32_t(toInteger<uint8_t>(std::nearbyint(a))) << shift;
  }>("v_cvt_pk_u8_f32"));
  return rows;
}

} // namespace

const std::vector<Operation> &convertOperations() {
  static const std::vector<Operation> rows = makeRows();
  return rows;
}

} // namespace treadle::simulator::gcn
