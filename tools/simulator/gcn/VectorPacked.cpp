//===- VectorPacked.cpp - several numbers in one register --------------------===//
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

using Flag = Operation::Flag;

bool bit(uint8_t bits, unsigned number) { return bits >> number & 1; }

// ---- two of 16 bits --------------------------------------------------------------------------

/// One half of an operand, as op_sel (op_sel_hi for the upper result) chooses it.
template <typename T> T half(const Instruction &instruction, uint32_t value, unsigned number, bool upper) {
  const Halves &halves = instruction.halves;
  auto bits = static_cast<uint16_t>(bit(upper ? halves.high : halves.low, number) ? value >> 16 : value);
  if (bit(upper ? halves.negateHigh : halves.negateLow, number))
    bits ^= 0x8000;
  return std::bit_cast<T>(bits);
}

template <typename T> uint16_t bitsOf(T value, const Instruction &instruction, const Wave &wave) {
  if constexpr (isFloat<T>)
    value = finish(value, instruction, wave.denormals64.write);
  return std::bit_cast<uint16_t>(value);
}

template <auto function, typename T, typename... Rest>
void packedHalves(Wave &wave, const Instruction &instruction, T (*)(T, Rest...)) {
  constexpr unsigned count = 1 + sizeof...(Rest);
  Lanes rooms[count], result;
  const uint32_t *from[count];
  for (unsigned i = 0; i < count; ++i)
    from[i] = wave.lanes(instruction, instruction.source[i], 0, rooms[i].at);
  bool flush = isFloat<T> && !wave.denormals64.read;
  for (unsigned lane = 0; lane < lanesOfWave; ++lane) {
    uint32_t both = 0;
    for (bool upper : {false, true}) {
      auto value = [&](unsigned i) {
        T one = half<T>(instruction, from[i][lane], i, upper);
        return flush ? flushed(one) : one;
      };
      T one;
      if constexpr (count == 2)
        one = function(value(0), value(1));
      else
        one = function(value(0), value(1), value(2));
      both |= uint32_t(bitsOf(one, instruction, wave)) << (upper ? 16 : 0);
    }
    result.at[lane] = both;
  }
  wave.write(instruction, 0, result.at);
}

template <auto function> void runPacked(Wave &wave, const Instruction &instruction) {
  packedHalves<function>(wave, instruction, +function);
}

template <typename T, typename... Rest> std::vector<Type> packedTypes(T (*)(T, Rest...)) {
  std::vector<Type> types(2 + sizeof...(Rest), isFloat<T> ? Type::f16 : Type::b32);
  types[0] = Type::b32;
  return types;
}

template <auto function> Operation packed(const std::string &name) {
  std::vector<Type> types = packedTypes(+function);
  uint16_t clamp = types[1] == Type::f16 ? Flag::floatResult : 0;
  return {name, runPacked<function>, 1, std::move(types), uint16_t(Flag::packed | Flag::vectorResult | clamp)};
}

/// `saturating`: what it computes with clamp.
template <auto function, auto saturating> Operation packed(const std::string &name) {
  Operation row = packed<function>(name);
  row.flags |= Flag::integerClamp;
  row.run = [](Wave &wave, const Instruction &instruction) {
    if (instruction.clamp)
      runPacked<saturating>(wave, instruction);
    else
      runPacked<function>(wave, instruction);
  };
  return row;
}

// ---- two of 32 bits --------------------------------------------------------------------------

template <auto function, unsigned count> void packedFloats(Wave &wave, const Instruction &instruction) {
  const Halves &halves = instruction.halves;
  Lanes rooms[count], results[2];
  for (unsigned upper = 0; upper < 2; ++upper) {
    const uint32_t *from[count];
    uint32_t sign[count];
    for (unsigned i = 0; i < count; ++i) {
      bool second = bit(upper ? halves.high : halves.low, i);
      from[i] = wave.lanes(instruction, instruction.source[i], second, rooms[i].at);
      sign[i] = bit(upper ? halves.negateHigh : halves.negateLow, i) ? 0x80000000 : 0;
    }
    auto value = [&](unsigned i, unsigned lane) {
      auto one = std::bit_cast<float>(from[i][lane] ^ sign[i]);
      return wave.denormals32.read ? one : flushed(one);
    };
    for (unsigned lane = 0; lane < lanesOfWave; ++lane) {
      float one;
      if constexpr (count == 2)
        one = function(value(0, lane), value(1, lane));
      else
        one = function(value(0, lane), value(1, lane), value(2, lane));
      results[upper].at[lane] = std::bit_cast<uint32_t>(finish(one, instruction, wave.denormals32.write));
    }
  }
  for (unsigned upper = 0; upper < 2; ++upper)
    wave.write(instruction, upper, results[upper].at);
}

template <auto function, unsigned count> Operation packedOfFloats(const std::string &name) {
  return {name, packedFloats<function, count>, 1, std::vector<Type>(1 + count, Type::pair),
          Flag::packed | Flag::vectorResult | Flag::floatResult};
}

/// v_pk_mov_b32: the lower result is a register of the first source, the upper one of the second; op_sel chooses both,
/// and a constant is whole.
void packedMove(Wave &wave, const Instruction &instruction) {
  Lanes rooms[2], results[2];
  for (unsigned upper = 0; upper < 2; ++upper) {
    unsigned part = bit(instruction.halves.low, upper);
    std::copy_n(wave.lanes(instruction, instruction.source[upper], part, rooms[upper].at), lanesOfWave,
                results[upper].at);
  }
  for (unsigned upper = 0; upper < 2; ++upper)
    wave.write(instruction, upper, results[upper].at);
}

// ---- numbers of 16 and 32 bits mixed ---------------------------------------------------------

/// Sources are f32, or where op_sel_hi says so the half of an f16 pair that op_sel chooses.
std::array<float, lanesOfWave> mixed(const Wave &wave, const Instruction &instruction) {
  std::array<float, lanesOfWave> values[3];
  for (unsigned i = 0; i < 3; ++i) {
    const Operand &operand = instruction.source[i];
    bool isHalf = bit(instruction.halves.high, i);
    Operand plain = operand;
    if (isHalf) {
      plain.negate = plain.absolute = false;
      plain.plain = !plain.permuted;
    }
    Lanes room;
    const uint32_t *from = wave.lanes(instruction, plain, 0, room.at);
    for (unsigned lane = 0; lane < lanesOfWave; ++lane) {
      if (!isHalf) {
        values[i][lane] = std::bit_cast<float>(from[lane]);
        continue;
      }
      auto value = static_cast<float>(
          std::bit_cast<Half>(static_cast<uint16_t>(bit(instruction.halves.low, i) ? from[lane] >> 16 : from[lane])));
      value = operand.absolute ? std::fabs(value) : value;
      values[i][lane] = operand.negate ? -value : value;
    }
  }
  for (unsigned lane = 0; lane < lanesOfWave; ++lane)
    values[0][lane] = std::fma(values[0][lane], values[1][lane], values[2][lane]);
  return values[0];
}

void fmaMix(Wave &wave, const Instruction &instruction) {
  std::array<float, lanesOfWave> values = mixed(wave, instruction);
  Lanes result;
  for (unsigned lane = 0; lane < lanesOfWave; ++lane)
    result.at[lane] = std::bit_cast<uint32_t>(finish(values[lane], instruction, wave.denormals32.write));
  wave.write(instruction, 0, result.at);
}

template <bool upper> void fmaMixHalf(Wave &wave, const Instruction &instruction) {
  std::array<float, lanesOfWave> values = mixed(wave, instruction);
  const uint32_t *old = wave.vector[instruction.result.index].at;
  Lanes result;
  for (unsigned lane = 0; lane < lanesOfWave; ++lane) {
    uint32_t bits = std::bit_cast<uint16_t>(finish(static_cast<Half>(values[lane]), instruction, true));
    result.at[lane] = upper ? (old[lane] & 0xffff) | bits << 16 : (old[lane] & 0xffff0000) | bits;
  }
  wave.write(instruction, 0, result.at);
}

// ---- dot products ----------------------------------------------------------------------------

template <unsigned width, bool isSigned> int64_t element(uint32_t value, unsigned number) {
  uint32_t bits = value >> width * number << (32 - width);
  return isSigned ? static_cast<int32_t>(bits) >> (32 - width) : int64_t(bits >> (32 - width));
}

template <unsigned width, bool isSigned> uint32_t dot(uint32_t a, uint32_t b, uint32_t c) {
  int64_t sum = isSigned ? int64_t(static_cast<int32_t>(c)) : int64_t(c);
  for (unsigned i = 0; i < 32 / width; ++i)
    sum += element<width, isSigned>(a, i) * element<width, isSigned>(b, i);
  return static_cast<uint32_t>(sum);
}

template <unsigned width, bool isSigned> uint32_t saturatingDot(uint32_t a, uint32_t b, uint32_t c) {
  int64_t sum = isSigned ? int64_t(static_cast<int32_t>(c)) : int64_t(c);
  for (unsigned i = 0; i < 32 / width; ++i)
    sum += element<width, isSigned>(a, i) * element<width, isSigned>(b, i);
  return isSigned ? static_cast<uint32_t>(std::clamp<int64_t>(sum, INT32_MIN, INT32_MAX))
                  : static_cast<uint32_t>(std::min<int64_t>(sum, UINT32_MAX));
}

/// v_dot2: denormal numbers of 16 bits are zero.
float dotOfHalves(uint32_t a, uint32_t b, float c) {
  for (unsigned shift : {0, 16}) {
    auto x = flushed(std::bit_cast<Half>(static_cast<uint16_t>(a >> shift)));
    auto y = flushed(std::bit_cast<Half>(static_cast<uint16_t>(b >> shift)));
    c = std::fma(static_cast<float>(x), static_cast<float>(y), c);
  }
  return c;
}

template <unsigned width, bool isSigned> Operation dotOperation(const std::string &name, uint16_t flags = 0) {
  return saturatingOperation<[](uint32_t a, uint32_t b, uint32_t c) { return dot<width, isSigned>(a, b, c); },
                             [](uint32_t a, uint32_t b, uint32_t c) {
                               return saturatingDot<width, isSigned>(a, b, c);
                             }>(name, flags);
}

// ---- rows ------------------------------------------------------------------------------------

Half minimum(Half a, Half b) {
  if (a != a || b != b)
    return a != a ? b : a;
  return a < b || (a == b && std::bit_cast<int16_t>(a) < 0) ? a : b;
}
Half maximum(Half a, Half b) {
  if (a != a || b != b)
    return a != a ? b : a;
  return a > b || (a == b && std::bit_cast<int16_t>(b) < 0) ? a : b;
}

template <typename T> T saturate(int32_t value) {
  return static_cast<T>(std::clamp<int32_t>(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}

std::vector<Operation> makeRows() {
  using U = uint16_t;
  using S = int16_t;
  std::vector<Operation> rows = {
      packed<[](Half a, Half b) -> Half { return a + b; }>("v_pk_add_f16"),
      packed<[](Half a, Half b) -> Half { return a * b; }>("v_pk_mul_f16"),
      packed<[](Half a, Half b, Half c) -> Half { return std::fma(double(a), double(b), double(c)); }>("v_pk_fma_f16"),
      packed<[](Half a, Half b) -> Half { return minimum(a, b); }>("v_pk_min_f16"),
      packed<[](Half a, Half b) -> Half { return maximum(a, b); }>("v_pk_max_f16"),
      packed<[](U a, U b) -> U { return U(a + b); }, [](U a, U b) -> U { return saturate<U>(a + b); }>("v_pk_add_u16"),
      packed<[](U a, U b) -> U { return U(a - b); }, [](U a, U b) -> U { return saturate<U>(a - b); }>("v_pk_sub_u16"),
      packed<[](S a, S b) -> S { return S(a + b); }, [](S a, S b) -> S { return saturate<S>(a + b); }>("v_pk_add_i16"),
      packed<[](S a, S b) -> S { return S(a - b); }, [](S a, S b) -> S { return saturate<S>(a - b); }>("v_pk_sub_i16"),
      packed<[](U a, U b) -> U { return U(uint32_t(a) * b); }>("v_pk_mul_lo_u16"),
      packed<[](U a, U b, U c) -> U { return U(uint32_t(a) * b + c); }>("v_pk_mad_u16"),
      packed<[](U a, U b, U c) -> U { return U(uint32_t(a) * b + c); }>("v_pk_mad_i16"),
      packed<[](U a, U b) -> U { return std::min(a, b); }>("v_pk_min_u16"),
      packed<[](U a, U b) -> U { return std::max(a, b); }>("v_pk_max_u16"),
      packed<[](S a, S b) -> S { return std::min(a, b); }>("v_pk_min_i16"),
      packed<[](S a, S b) -> S { return std::max(a, b); }>("v_pk_max_i16"),
      packed<[](U by, U a) -> U { return U(a << (by & 15)); }>("v_pk_lshlrev_b16"),
      packed<[](U by, U a) -> U { return U(a >> (by & 15)); }>("v_pk_lshrrev_b16"),
      packed<[](S by, S a) -> S { return S(a >> (by & 15)); }>("v_pk_ashrrev_i16"),
      packedOfFloats<[](float a, float b) { return a + b; }, 2>("v_pk_add_f32"),
      packedOfFloats<[](float a, float b) { return a * b; }, 2>("v_pk_mul_f32"),
      packedOfFloats<[](float a, float b, float c) { return std::fma(a, b, c); }, 3>("v_pk_fma_f32"),
      {"v_pk_mov_b32", packedMove, 1, {Type::b64, Type::pair, Type::pair}, Flag::packed | Flag::vectorResult},
  };
  const std::vector<Type> mix(4, Type::f32);
  constexpr uint16_t mixFlags = Flag::packed | Flag::mixed | Flag::vectorResult | Flag::floatResult;
  rows.push_back({"v_fma_mix_f32", fmaMix, 1, mix, mixFlags});
  rows.push_back({"v_fma_mixlo_f16", fmaMixHalf<false>, 1, mix, mixFlags});
  rows.push_back({"v_fma_mixhi_f16", fmaMixHalf<true>, 1, mix, mixFlags});
  rows.push_back(vectorOperation<dotOfHalves>("v_dot2_f32_f16"));
  rows.push_back(vectorOperation<dotOfHalves>("v_dot2c_f32_f16", Flag::readsResult));
  rows.push_back(dotOperation<16, true>("v_dot2_i32_i16"));
  rows.push_back(dotOperation<16, false>("v_dot2_u32_u16"));
  rows.push_back(dotOperation<16, true>("v_dot2c_i32_i16", Flag::readsResult));
  rows.push_back(dotOperation<8, true>("v_dot4_i32_i8"));
  rows.push_back(dotOperation<8, false>("v_dot4_u32_u8"));
  rows.push_back(dotOperation<8, true>("v_dot4c_i32_i8", Flag::readsResult));
  rows.push_back(dotOperation<4, true>("v_dot8_i32_i4"));
  rows.push_back(dotOperation<4, false>("v_dot8_u32_u4"));
  rows.push_back(dotOperation<4, true>("v_dot8c_i32_i4", Flag::readsResult));
  return rows;
}

} // namespace

const std::vector<Operation> &packedOperations() {
  static const std::vector<Operation> rows = makeRows();
  return rows;
}

} // namespace treadle::simulator::gcn
