//===- VectorInteger.cpp - arithmetic on integers and bits -------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/gcn/Vector.h"
#include <algorithm>
#include <limits>

namespace treadle::simulator::gcn {
namespace {

using Flag = Operation::Flag;

template <typename T, typename Wide> T saturate(Wide value) {
  return static_cast<T>(std::clamp<Wide>(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}

int32_t signed24(uint32_t value) { return static_cast<int32_t>(value << 8) >> 8; }
uint32_t unsigned24(uint32_t value) { return value & 0xffffff; }

template <typename T> T median(T a, T b, T c) { return std::max(std::min(a, b), std::min(std::max(a, b), c)); }

template <typename T> uint32_t extractBits(T value, uint32_t offset, uint32_t width) {
  offset &= 31, width &= 31;
  if (width == 0)
    return 0;
  if (offset + width >= 32)
    return static_cast<uint32_t>(value >> offset);
  return static_cast<uint32_t>(static_cast<T>(static_cast<uint32_t>(value) << (32 - offset - width)) >> (32 - width));
}

uint32_t reverseBits(uint32_t value) {
  value = (value >> 1 & 0x55555555) | (value & 0x55555555) << 1;
  value = (value >> 2 & 0x33333333) | (value & 0x33333333) << 2;
  value = (value >> 4 & 0x0f0f0f0f) | (value & 0x0f0f0f0f) << 4;
  return __builtin_bswap32(value);
}

/// v_perm_b32: four bytes of eight, or constants.
uint32_t permuteBytes(uint32_t a, uint32_t b, uint32_t select) {
  uint64_t bytes = uint64_t(a) << 32 | b;
  uint32_t result = 0;
  for (unsigned i = 0; i < 4; ++i) {
    uint32_t which = select >> 8 * i & 0xff, byte;
    if (which >= 13)
      byte = 0xff;
    else if (which == 12)
      byte = 0;
    else if (which >= 8) // the sign of a half
      byte = bytes >> (16 * (which - 8) + 15) & 1 ? 0xff : 0;
    else
      byte = bytes >> 8 * which & 0xff;
    result |= byte << 8 * i;
  }
  return result;
}

uint32_t sumOfDifferences(uint32_t a, uint32_t b, uint32_t sum) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    auto x = static_cast<int32_t>(a >> shift & 0xff), y = static_cast<int32_t>(b >> shift & 0xff);
    sum += static_cast<uint32_t>(x < y ? y - x : x - y);
  }
  return sum;
}

// ---- rows ------------------------------------------------------------------------------------

template <typename T> void addOrder(std::vector<Operation> &rows, const std::string &type) {
  auto add = [&](Operation row) { rows.push_back(std::move(row)); };
  uint16_t flags = sizeof(T) == 2 ? Flag::keepsHigh : 0;
  add(vectorOperation<[](T a, T b) -> T { return std::min(a, b); }>("v_min_" + type));
  add(vectorOperation<[](T a, T b) -> T { return std::max(a, b); }>("v_max_" + type));
  add(vectorOperation<[](T a, T b, T c) -> T { return std::min({a, b, c}); }>("v_min3_" + type, flags));
  add(vectorOperation<[](T a, T b, T c) -> T { return std::max({a, b, c}); }>("v_max3_" + type, flags));
  add(vectorOperation<[](T a, T b, T c) -> T { return median(a, b, c); }>("v_med3_" + type, flags));
}

void addSums(std::vector<Operation> &rows) {
  auto add = [&](Operation row) { rows.push_back(std::move(row)); };
  using U = uint32_t;
  add(saturatingOperation<[](U a, U b) -> U { return a + b; },
                          [](U a, U b) -> U { return saturate<U>(int64_t(a) + b); }>("v_add_u32"));
  add(saturatingOperation<[](U a, U b) -> U { return a - b; },
                          [](U a, U b) -> U { return saturate<U>(int64_t(a) - b); }>("v_sub_u32"));
  add(saturatingOperation<[](U a, U b) -> U { return b - a; },
                          [](U a, U b) -> U { return saturate<U>(int64_t(b) - a); }>("v_subrev_u32"));
  add(saturatingOperation<[](U a, U b) -> U { return a + b; },
                          [](int32_t a, int32_t b) -> U { return saturate<int32_t>(int64_t(a) + b); }>("v_add_i32"));
  add(saturatingOperation<[](U a, U b) -> U { return a - b; },
                          [](int32_t a, int32_t b) -> U { return saturate<int32_t>(int64_t(a) - b); }>("v_sub_i32"));
  using Carry = WithMask<U>;
  add(vectorOperation<[](U a, U b) -> Carry { return {a + b, a + b < a}; }>("v_add_co_u32"));
  add(vectorOperation<[](U a, U b) -> Carry { return {a - b, a < b}; }>("v_sub_co_u32"));
  add(vectorOperation<[](U a, U b) -> Carry { return {b - a, b < a}; }>("v_subrev_co_u32"));
  add(vectorOperation<[](U a, U b, bool in) -> Carry {
    uint64_t sum = uint64_t(a) + b + in;
    return {static_cast<U>(sum), sum >> 32 != 0};
  }>("v_addc_co_u32"));
  add(vectorOperation<[](U a, U b, bool in) -> Carry { return {a - b - in, uint64_t(b) + in > a}; }>("v_subb_co_u32"));
  add(vectorOperation<[](U a, U b, bool in) -> Carry { return {b - a - in, uint64_t(a) + in > b}; }>(
      "v_subbrev_co_u32"));
  add(vectorOperation<[](U a, U b, U c) -> U { return a + b + c; }>("v_add3_u32"));
  add(vectorOperation<[](U a, U b, U c) -> U { return (a << (b & 31)) + c; }>("v_lshl_add_u32"));
  add(vectorOperation<[](U a, U b, U c) -> U { return (a + b) << (c & 31); }>("v_add_lshl_u32"));
  add(vectorOperation<[](U a, U b, U c) -> U { return (a ^ b) + c; }>("v_xad_u32"));
  add(vectorOperation<[](U a, U b, U c) -> U { return (a < b ? b - a : a - b) + c; }>("v_sad_u32"));
  add(vectorOperation<[](U a, U b, U c) -> U { return sumOfDifferences(a, b, c); }>("v_sad_u8"));
}

void addProducts(std::vector<Operation> &rows) {
  auto add = [&](Operation row) { rows.push_back(std::move(row)); };
  using U = uint32_t;
  using S = int32_t;
  add(vectorOperation<[](U a, U b) -> U { return a * b; }>("v_mul_lo_u32"));
  add(vectorOperation<[](U a, U b) -> U { return uint64_t(a) * b >> 32; }>("v_mul_hi_u32"));
  add(vectorOperation<[](S a, S b) -> S { return int64_t(a) * b >> 32; }>("v_mul_hi_i32"));
  add(vectorOperation<[](U a, U b) -> U { return unsigned24(a) * unsigned24(b); }>("v_mul_u32_u24"));
  add(vectorOperation<[](U a, U b) -> U { return U(signed24(a)) * U(signed24(b)); }>("v_mul_i32_i24"));
  add(vectorOperation<[](U a, U b) -> U { return uint64_t(unsigned24(a)) * unsigned24(b) >> 32; }>("v_mul_hi_u32_u24"));
  add(vectorOperation<[](U a, U b) -> U { return U(int64_t(signed24(a)) * signed24(b) >> 32); }>("v_mul_hi_i32_i24"));
  add(vectorOperation<[](U a, U b, U c) -> U { return unsigned24(a) * unsigned24(b) + c; }>("v_mad_u32_u24"));
  add(vectorOperation<[](U a, U b, U c) -> U { return U(signed24(a)) * U(signed24(b)) + c; }>("v_mad_i32_i24"));
  add(vectorOperation<[](U a, U b, uint64_t c) -> WithMask<uint64_t> {
    uint64_t sum = uint64_t(a) * b + c;
    return {sum, sum < c};
  }>("v_mad_u64_u32"));
  add(vectorOperation<[](S a, S b, int64_t c) -> WithMask<uint64_t> {
    int64_t sum;
    bool overflow = __builtin_add_overflow(int64_t(a) * b, c, &sum);
    return {static_cast<uint64_t>(sum), overflow};
  }>("v_mad_i64_i32"));
  add(vectorOperation<[](uint16_t a, uint16_t b, U c) -> U { return U(a) * b + c; }>("v_mad_u32_u16"));
  add(vectorOperation<[](int16_t a, int16_t b, U c) -> U { return U(S(a) * b) + c; }>("v_mad_i32_i16"));
}

void addBits(std::vector<Operation> &rows) {
  auto add = [&](Operation row) { rows.push_back(std::move(row)); };
  using U = uint32_t;
  using S = int32_t;
  add(vectorOperation<[](U a) -> U { return a; }>("v_mov_b32"));
  add(vectorOperation<[](U a, U b, bool c) -> U { return c ? b : a; }>("v_cndmask_b32", Flag::bitSigns));
  add(vectorOperation<[](U a) -> U { return ~a; }>("v_not_b32"));
  add(vectorOperation<[](U a, U b) -> U { return a & b; }>("v_and_b32"));
  add(vectorOperation<[](U a, U b) -> U { return a | b; }>("v_or_b32"));
  add(vectorOperation<[](U a, U b) -> U { return a ^ b; }>("v_xor_b32"));
  add(vectorOperation<[](U a, U b) -> U { return ~(a ^ b); }>("v_xnor_b32"));
  add(vectorOperation<[](U a, U b, U c) -> U { return (a & b) | c; }>("v_and_or_b32"));
  add(vectorOperation<[](U a, U b, U c) -> U { return a | b | c; }>("v_or3_b32"));
  add(vectorOperation<[](U a, U b, U c) -> U { return a << (b & 31) | c; }>("v_lshl_or_b32"));
  add(vectorOperation<[](U by, U a) -> U { return a << (by & 31); }>("v_lshlrev_b32"));
  add(vectorOperation<[](U by, U a) -> U { return a >> (by & 31); }>("v_lshrrev_b32"));
  add(vectorOperation<[](U by, S a) -> S { return a >> (by & 31); }>("v_ashrrev_i32"));
  add(vectorOperation<[](U by, uint64_t a) -> uint64_t { return a << (by & 63); }>("v_lshlrev_b64"));
  add(vectorOperation<[](U by, uint64_t a) -> uint64_t { return a >> (by & 63); }>("v_lshrrev_b64"));
  add(vectorOperation<[](U by, int64_t a) -> int64_t { return a >> (by & 63); }>("v_ashrrev_i64"));
  add(vectorOperation<[](U a, U b, U c) -> U { return extractBits(a, b, c); }>("v_bfe_u32"));
  add(vectorOperation<[](S a, U b, U c) -> U { return extractBits(a, b, c); }>("v_bfe_i32"));
  add(vectorOperation<[](U mask, U a, U b) -> U { return (mask & a) | (~mask & b); }>("v_bfi_b32"));
  add(vectorOperation<[](U width, U at) -> U { return ((UINT32_C(1) << (width & 31)) - 1) << (at & 31); }>(
      "v_bfm_b32"));
  add(vectorOperation<[](U a, U b, U c) -> U { return (uint64_t(a) << 32 | b) >> (c & 31); }>("v_alignbit_b32"));
  add(vectorOperation<[](U a, U b, U c) -> U { return (uint64_t(a) << 32 | b) >> 8 * (c & 3); }>("v_alignbyte_b32"));
  add(vectorOperation<[](U a, U b, U c) -> U { return permuteBytes(a, b, c); }>("v_perm_b32"));
  add(vectorOperation<[](U a, U b) -> U { return U(std::popcount(a)) + b; }>("v_bcnt_u32_b32"));
  add(vectorOperation<[](U a) -> U { return reverseBits(a); }>("v_bfrev_b32"));
  add(vectorOperation<[](U a) -> U { return a ? U(std::countl_zero(a)) : ~U(0); }>("v_ffbh_u32"));
  add(vectorOperation<[](S a) -> U { // how far down the first bit is that is not the sign
    return a == 0 || a == -1 ? ~U(0) : U(std::countl_zero(U(a < 0 ? ~a : a)));
  }>("v_ffbh_i32"));
  add(vectorOperation<[](U a) -> U { return a ? U(std::countr_zero(a)) : ~U(0); }>("v_ffbl_b32"));
}

void addShort(std::vector<Operation> &rows) {
  auto add = [&](Operation row) { rows.push_back(std::move(row)); };
  using U = uint16_t;
  using S = int16_t;
  add(saturatingOperation<[](U a, U b) -> U { return U(a + b); },
                          [](U a, U b) -> U { return saturate<U>(int32_t(a) + b); }>("v_add_u16"));
  add(saturatingOperation<[](U a, U b) -> U { return U(a - b); },
                          [](U a, U b) -> U { return saturate<U>(int32_t(a) - b); }>("v_sub_u16"));
  add(saturatingOperation<[](U a, U b) -> U { return U(b - a); },
                          [](U a, U b) -> U { return saturate<U>(int32_t(b) - a); }>("v_subrev_u16"));
  add(saturatingOperation<[](S a, S b) -> S { return S(a + b); },
                          [](S a, S b) -> S { return saturate<S>(int32_t(a) + b); }>("v_add_i16", Flag::keepsHigh));
  add(saturatingOperation<[](S a, S b) -> S { return S(a - b); },
                          [](S a, S b) -> S { return saturate<S>(int32_t(a) - b); }>("v_sub_i16", Flag::keepsHigh));
  add(vectorOperation<[](U a, U b) -> U { return U(uint32_t(a) * b); }>("v_mul_lo_u16"));
  add(vectorOperation<[](U by, U a) -> U { return U(a << (by & 15)); }>("v_lshlrev_b16"));
  add(vectorOperation<[](U by, U a) -> U { return U(a >> (by & 15)); }>("v_lshrrev_b16"));
  add(vectorOperation<[](U by, S a) -> S { return S(a >> (by & 15)); }>("v_ashrrev_i16"));
  for (auto [name, flags] : {std::pair{"v_mad_u16", uint16_t(Flag::keepsHigh)},
                             {"v_mad_legacy_u16", uint16_t(0)},
                             {"v_mad_i16", uint16_t(Flag::keepsHigh)},
                             {"v_mad_legacy_i16", uint16_t(0)}})
    add(vectorOperation<[](U a, U b, U c) -> U { return U(uint32_t(a) * b + c); }>(name, flags));
  add(vectorOperation<[](Half low, Half high) -> uint32_t {
    return std::bit_cast<uint16_t>(low) | uint32_t(std::bit_cast<uint16_t>(high)) << 16;
  }>("v_pack_b32_f16"));
}

std::vector<Operation> makeRows() {
  std::vector<Operation> rows;
  addOrder<int32_t>(rows, "i32");
  addOrder<uint32_t>(rows, "u32");
  addOrder<int16_t>(rows, "i16");
  addOrder<uint16_t>(rows, "u16");
  addSums(rows);
  addProducts(rows);
  addBits(rows);
  addShort(rows);
  return rows;
}

} // namespace

const std::vector<Operation> &integerOperations() {
  static const std::vector<Operation> rows = makeRows();
  return rows;
}

} // namespace treadle::simulator::gcn
