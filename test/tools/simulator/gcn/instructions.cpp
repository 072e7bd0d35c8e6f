//===- instructions.cpp - each instruction against the host's arithmetic -----===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/tools/simulator/gcn/GcnTest.h"

namespace treadle::simulator::gcn {
namespace {

using U = uint32_t;
using S = int32_t;

float number(U bits) { return std::bit_cast<float>(bits); }
U bits(float value) { return std::bit_cast<U>(value); }
_Float16 half(U bits) { return std::bit_cast<_Float16>(static_cast<uint16_t>(bits)); }
U bits(_Float16 value) { return std::bit_cast<uint16_t>(value); }
U high(uint64_t value) { return static_cast<U>(value >> 32); }

struct Row {
  const char *text;
  uint64_t (*expected)(U a, U b, U c);
  bool isFloat = false; // then all NaNs are equal
};

class GcnInstructions : public GcnTest {
protected:
  void check(const std::vector<Row> &rows, bool floats) {
    std::vector<std::string> programs;
    for (const Row &row : rows)
      programs.push_back(row.text);
    for (unsigned seed = 0; seed < 3; ++seed) {
      std::vector<Words> operands;
      for (unsigned i = 0; i < 3; ++i) {
        Words words;
        if (floats)
          for (float value : awkwardFloats(seed + 5 * i))
            words.push_back(bits(value));
        else
          for (U value : awkwardIntegers(seed + 5 * i))
            words.push_back(value);
        operands.push_back(words);
      }
      std::vector<Words> results = compute(programs, operands);
      for (size_t i = 0; i < rows.size(); ++i)
        for (unsigned lane = 0; lane < lanes; ++lane) {
          U a = static_cast<U>(operands[0][lane]), b = static_cast<U>(operands[1][lane]);
          U c = static_cast<U>(operands[2][lane]);
          uint64_t expected = rows[i].expected(a, b, c), found = results[i][lane];
          if (rows[i].isFloat && std::isnan(number(static_cast<U>(expected))))
            EXPECT_TRUE(std::isnan(number(static_cast<U>(found))))
                << rows[i].text << " of " << a << " " << b << " " << c;
          else
            EXPECT_EQ(found, expected) << rows[i].text << " of " << a << " " << b << " " << c;
        }
    }
  }
};

/// From here on each row: what is computed of v2, v4, v6 in v10.
TEST_F(GcnInstructions, Floats) {
  auto op = [](const char *text, uint64_t (*expected)(U, U, U)) { return Row{text, expected, true}; };
  check(
      {op("v_add_f32 v10, v2, v4", [](U a, U b, U) -> uint64_t { return bits(number(a) + number(b)); }),
       op("v_sub_f32 v10, v2, v4", [](U a, U b, U) -> uint64_t { return bits(number(a) - number(b)); }),
       op("v_subrev_f32 v10, v2, v4", [](U a, U b, U) -> uint64_t { return bits(number(b) - number(a)); }),
       op("v_mul_f32 v10, v2, v4", [](U a, U b, U) -> uint64_t { return bits(number(a) * number(b)); }),
       op("v_add_f32 v10, -v2, |v4|", [](U a, U b, U) -> uint64_t { return bits(-number(a) + std::fabs(number(b))); }),
       op("v_mul_f32 v10, v2, -|v4| mul:2",
          [](U a, U b, U) -> uint64_t { return bits(number(a) * -std::fabs(number(b)) * 2.0f); }),
       op("v_add_f32 v10, v2, 0.5 div:2", [](U a, U, U) -> uint64_t { return bits((number(a) + 0.5f) * 0.5f); }),
       op("v_add_f32 v10, 0x40490fdb, v2", [](U a, U, U) -> uint64_t { return bits(number(0x40490fdb) + number(a)); }),
       op("v_mul_f32 v10, 0.15915494, v2", [](U a, U, U) -> uint64_t { return bits(number(0x3e22f983) * number(a)); }),
       op("v_fma_f32 v10, v2, v4, v6",
          [](U a, U b, U c) -> uint64_t { return bits(std::fma(number(a), number(b), number(c))); }),
       op("v_mov_b32 v10, v6\nv_fmac_f32 v10, v2, v4",
          [](U a, U b, U c) -> uint64_t { return bits(std::fma(number(a), number(b), number(c))); }),
       op("v_rcp_f32 v10, v2", [](U a, U, U) -> uint64_t { return bits(1.0f / number(a)); }),
       op("v_sqrt_f32 v10, v2", [](U a, U, U) -> uint64_t { return bits(std::sqrt(number(a))); }),
       op("v_floor_f32 v10, v2", [](U a, U, U) -> uint64_t { return bits(std::floor(number(a))); }),
       op("v_rndne_f32 v10, v2", [](U a, U, U) -> uint64_t { return bits(std::nearbyint(number(a))); }),
       op("v_trunc_f32 v10, v2", [](U a, U, U) -> uint64_t { return bits(std::trunc(number(a))); }),
       op("v_ldexp_f32 v10, v2, -3", [](U a, U, U) -> uint64_t { return bits(std::ldexp(number(a), -3)); }),
       op("v_cvt_f16_f32 v10, v2", [](U a, U, U) -> uint64_t { return bits(static_cast<_Float16>(number(a))); }),
       op("v_cvt_f64_f32 v[10:11], v2\nv_cvt_f32_f64 v10, v[10:11]\nv_mov_b32 v11, 0",
          [](U a, U, U) -> uint64_t { return a; })},
      true);
}

TEST_F(GcnInstructions, FloatsToOther) {
  check({{"v_cvt_i32_f32 v10, v2",
          [](U a, U, U) -> uint64_t {
            float x = number(a);
            return U(std::isnan(x) ? 0 : x >= 2147483648.f ? INT32_MAX : x <= -2147483648.f ? INT32_MIN : S(x));
          }},
         {"v_cvt_u32_f32 v10, v2",
          [](U a, U, U) -> uint64_t {
            float x = number(a);
            return std::isnan(x) || x <= 0 ? 0 : x >= 4294967296.f ? UINT32_MAX : U(x);
          }},
         {"v_cmp_lt_f32 vcc, v2, v4\nv_cndmask_b32 v10, 3, 5, vcc",
          [](U a, U b, U) -> uint64_t { return number(a) < number(b) ? 5 : 3; }},
         {"v_cmp_nge_f32 s[30:31], |v2|, v4\nv_cndmask_b32 v10, 3, 5, s[30:31]",
          [](U a, U b, U) -> uint64_t { return !(std::fabs(number(a)) >= number(b)) ? 5 : 3; }},
         {"v_cmp_u_f32 vcc, v2, v4\nv_cndmask_b32 v10, 0, 1, vcc",
          [](U a, U b, U) -> uint64_t { return std::isnan(number(a)) || std::isnan(number(b)); }},
         {"v_mov_b32 v12, 0x90\nv_cmp_class_f32 vcc, v2, v12\nv_cndmask_b32 v10, 0, 1, vcc", // denormal
          [](U a, U, U) -> uint64_t { return std::fpclassify(number(a)) == FP_SUBNORMAL; }},
         {"v_cndmask_b32 v10, -v2, |v4|, vcc", [](U a, U, U) -> uint64_t { return a ^ 0x80000000; }},
         {"v_frexp_exp_i32_f32 v10, v2",
          [](U a, U, U) -> uint64_t {
            int exponent = 0;
            if (std::isfinite(number(a)))
              std::frexp(number(a), &exponent);
            return U(exponent);
          }}},
        true);
}

TEST_F(GcnInstructions, LeastAndGreatest) {
  // -0 is less than +0; of a NaN and a number the number.
  std::vector<Words> results = compute(
      {"v_min_f32 v10, v2, v4", "v_max_f32 v10, v2, v4", "v_med3_f32 v10, v2, v4, v6", "v_max_f32 v10, v2, v2 clamp"},
      {Words(lanes, bits(-0.0f)), Words(lanes, bits(0.0f)), Words(lanes, bits(1.0f))});
  EXPECT_EQ(results[0][0], bits(-0.0f));
  EXPECT_EQ(results[1][0], bits(0.0f));
  EXPECT_EQ(results[2][0], bits(0.0f));
  float nan = std::numeric_limits<float>::quiet_NaN();
  results = compute(
      {"v_min_f32 v10, v2, v4", "v_max_f32 v10, v4, v2", "v_max_f32 v10, v2, v2 clamp", "v_max_f32 v10, v6, v6 clamp"},
      {Words(lanes, bits(nan)), Words(lanes, bits(-3.0f)), Words(lanes, bits(7.0f))});
  EXPECT_EQ(results[0][5], bits(-3.0f));
  EXPECT_EQ(results[1][5], bits(-3.0f));
  EXPECT_EQ(results[2][5], bits(0.0f));
  EXPECT_EQ(results[3][5], bits(1.0f));
}

TEST_F(GcnInstructions, DivisionIsRoundedCorrectly) {
  // What LLVM emits for an f32 division.
  check({{"v_div_scale_f32 v12, s[30:31], v4, v4, v2\nv_rcp_f32 v13, v12\nv_fma_f32 v14, -v12, v13, 1.0\n"
          "v_fmac_f32 v13, v14, v13\nv_div_scale_f32 v14, vcc, v2, v4, v2\nv_mul_f32 v15, v14, v13\n"
          "v_fma_f32 v16, -v12, v15, v14\nv_fmac_f32 v15, v16, v13\nv_fma_f32 v12, -v12, v15, v14\n"
          "v_div_fmas_f32 v12, v12, v13, v15\nv_div_fixup_f32 v10, v12, v4, v2",
          [](U a, U b, U) -> uint64_t { return bits(number(a) / number(b)); }, true}},
        true);
}

TEST_F(GcnInstructions, Integers) {
  check(
      {{"v_add_u32 v10, v2, v4", [](U a, U b, U) -> uint64_t { return a + b; }},
       {"v_add_u32 v10, v2, v4 clamp", [](U a, U b, U) -> uint64_t { return a + b < a ? ~U(0) : a + b; }},
       {"v_sub_u32 v10, v2, v4 clamp", [](U a, U b, U) -> uint64_t { return a < b ? 0 : a - b; }},
       {"v_subrev_u32 v10, v2, v4", [](U a, U b, U) -> uint64_t { return b - a; }},
       {"v_add_co_u32 v10, vcc, v2, v4\nv_addc_co_u32 v11, vcc, 0, 0, vcc",
        [](U a, U b, U) -> uint64_t { return uint64_t(a) + b; }},
       {"v_sub_co_u32 v10, vcc, v2, v4\nv_subb_co_u32 v11, vcc, v6, v6, vcc",
        [](U a, U b, U) -> uint64_t { return uint64_t(a) - b; }},
       {"v_mul_lo_u32 v10, v2, v4\nv_mul_hi_u32 v11, v2, v4", [](U a, U b, U) -> uint64_t { return uint64_t(a) * b; }},
       {"v_mul_hi_i32 v10, v2, v4", [](U a, U b, U) -> uint64_t { return high(uint64_t(int64_t(S(a)) * S(b))); }},
       {"v_mad_u64_u32 v[10:11], s[30:31], v2, v4, 7", [](U a, U b, U) -> uint64_t { return uint64_t(a) * b + 7; }},
       {"v_mul_u32_u24 v10, v2, v4", [](U a, U b, U) -> uint64_t { return (a & 0xffffff) * (b & 0xffffff); }},
       {"v_mad_i32_i24 v10, v2, v4, v6",
        [](U a, U b, U c) -> uint64_t { return U(S(a << 8) >> 8) * U(S(b << 8) >> 8) + c; }},
       {"v_lshlrev_b32 v10, v2, v4", [](U a, U b, U) -> uint64_t { return b << (a & 31); }},
       {"v_ashrrev_i32 v10, v2, v4", [](U a, U b, U) -> uint64_t { return U(S(b) >> (a & 31)); }},
       {"v_mov_b32 v5, v6\nv_lshlrev_b64 v[10:11], v2, v[4:5]",
        [](U a, U b, U c) -> uint64_t { return (b | uint64_t(c) << 32) << (a & 63); }},
       {"v_lshl_add_u32 v10, v2, v4, v6", [](U a, U b, U c) -> uint64_t { return (a << (b & 31)) + c; }},
       {"v_and_or_b32 v10, v2, v4, v6", [](U a, U b, U c) -> uint64_t { return (a & b) | c; }},
       {"v_bfi_b32 v10, v2, v4, v6", [](U a, U b, U c) -> uint64_t { return (a & b) | (~a & c); }},
       {"v_bfe_u32 v10, v2, 5, 7", [](U a, U, U) -> uint64_t { return a >> 5 & 0x7f; }},
       {"v_bfe_i32 v10, v2, 5, 7", [](U a, U, U) -> uint64_t { return U(S(a << 20) >> 25); }},
       {"v_alignbit_b32 v10, v2, v4, 9", [](U a, U b, U) -> uint64_t { return b >> 9 | a << 23; }},
       {"v_mov_b32 v12, 0x00020406\nv_perm_b32 v10, v2, v4, v12",
        [](U a, U b, U) -> uint64_t {
          return (a >> 16 & 0xff) | (a & 0xff) << 8 | (b >> 16 & 0xff) << 16 | (b & 0xff) << 24;
        }},
       {"v_ffbh_u32 v10, v2", [](U a, U, U) -> uint64_t { return a ? U(std::countl_zero(a)) : ~U(0); }},
       {"v_bcnt_u32_b32 v10, v2, v4", [](U a, U b, U) -> uint64_t { return U(std::popcount(a)) + b; }},
       {"v_med3_i32 v10, v2, v4, v6",
        [](U a, U b, U c) -> uint64_t {
          return U(std::max(std::min(S(a), S(b)), std::min(std::max(S(a), S(b)), S(c))));
        }},
       {"v_cmp_lt_i32 vcc, v2, v4\nv_cndmask_b32 v10, 0, 1, vcc", [](U a, U b, U) -> uint64_t { return S(a) < S(b); }},
       {"v_mov_b32 v10, -1\nv_mul_lo_u16 v10, v2, v4", [](U a, U b, U) -> uint64_t { return (a * b) & 0xffff; }},
       {"v_mov_b32 v10, -1\nv_mad_u16 v10, v2, v4, v6",
        [](U a, U b, U c) -> uint64_t { return 0xffff0000 | ((a * b + c) & 0xffff); }},
       {"v_cvt_f32_u32 v10, v2", [](U a, U, U) -> uint64_t { return bits(static_cast<float>(a)); }},
       {"v_cvt_f32_ubyte2 v10, v2", [](U a, U, U) -> uint64_t { return bits(static_cast<float>(a >> 16 & 0xff)); }},
       {"v_dot4_i32_i8 v10, v2, v4, v6",
        [](U a, U b, U c) -> uint64_t {
          for (unsigned i = 0; i < 32; i += 8)
            c += U(S(int8_t(a >> i)) * int8_t(b >> i));
          return c;
        }}},
      false);
}

TEST_F(GcnInstructions, PartsOfRegisters) {
  check({{"v_add_u32_sdwa v10, v2, sext(v4) dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_1 src1_sel:WORD_1",
          [](U a, U b, U) -> uint64_t { return (a >> 8 & 0xff) + U(S(b) >> 16); }},
         {"v_mov_b32 v10, v6\nv_add_u16_sdwa v10, v2, v4 dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE src0_sel:WORD_0 "
          "src1_sel:WORD_1",
          [](U a, U b, U c) -> uint64_t { return (c & 0xffff) | (a + (b >> 16)) << 16; }},
         {"v_mov_b32_sdwa v10, v2 dst_sel:BYTE_0 dst_unused:UNUSED_SEXT src0_sel:BYTE_3",
          [](U a, U, U) -> uint64_t { return U(S(a) >> 24); }},
         {"v_pk_add_u16 v10, v2, v4",
          [](U a, U b, U) -> uint64_t { return ((a + b) & 0xffff) | ((a >> 16) + (b >> 16)) << 16; }},
         {"v_pk_sub_i16 v10, v2, v4 op_sel:[1,0] op_sel_hi:[0,1]",
          [](U a, U b, U) -> uint64_t { return (((a >> 16) - b) & 0xffff) | (a - (b >> 16)) << 16; }},
         {"v_pk_lshlrev_b16 v10, 3, v2 op_sel_hi:[0,1]",
          [](U a, U, U) -> uint64_t { return (a << 3 & 0xffff) | a >> 16 << 19; }}},
        false);
}

TEST_F(GcnInstructions, Halves) {
  std::vector<Words> operands;
  for (unsigned i = 0; i < 3; ++i) {
    Words words;
    for (unsigned lane = 0; lane < lanes; ++lane)
      words.push_back(bits(static_cast<_Float16>(awkwardFloats(i)[lane])) |
                      bits(static_cast<_Float16>(awkwardFloats(i + 9)[lane])) << 16);
    operands.push_back(words);
  }
  auto results =
      compute({"v_add_f16 v10, v2, v4", "v_pk_fma_f16 v10, v2, v4, v6 neg_lo:[1,0,0] neg_hi:[0,1,0]",
               "v_fma_mix_f32 v10, v2, v4, v6 op_sel:[1,0,0] op_sel_hi:[1,1,1]", "v_cvt_pkrtz_f16_f32 v10, v2, v2",
               "v_mov_b32 v10, v6\nv_fma_f16 v10, v2, v4, v6 op_sel:[0,1,0,1]",
               "v_mov_b32 v10, -1\nv_fma_mixlo_f16 v10, v2, v4, v6 op_sel:[0,1,0] op_sel_hi:[0,1,0]"},
              operands);
  auto same = [](_Float16 found, _Float16 expected) {
    return bits(found) == bits(expected) || (found != found && expected != expected);
  };
  auto fma = [](_Float16 a, _Float16 b, _Float16 c) {
    return static_cast<_Float16>(std::fma(double(a), double(b), double(c)));
  };
  for (unsigned lane = 0; lane < lanes; ++lane) {
    U a = U(operands[0][lane]), b = U(operands[1][lane]), c = U(operands[2][lane]);
    EXPECT_TRUE(same(half(U(results[0][lane])), static_cast<_Float16>(half(a) + half(b)))) << a << " " << b;
    EXPECT_EQ(results[0][lane] >> 16, 0u);
    EXPECT_TRUE(same(half(U(results[1][lane])), fma(-half(a), half(b), half(c))));
    EXPECT_TRUE(same(half(U(results[1][lane] >> 16)), fma(half(a >> 16), -half(b >> 16), half(c >> 16))));
    float mixed = std::fma(float(half(a >> 16)), float(half(b)), float(half(c))), found = number(U(results[2][lane]));
    EXPECT_TRUE(bits(mixed) == bits(found) || (std::isnan(mixed) && std::isnan(found)));
    float exact = number(a), rounded = float(half(U(results[3][lane])));
    EXPECT_TRUE(std::isnan(exact) || std::fabs(rounded) <= std::fabs(exact)) << exact;
    EXPECT_TRUE(same(half(U(results[4][lane] >> 16)), fma(half(a), half(b >> 16), half(c))));
    EXPECT_EQ(results[4][lane] & 0xffff, c & 0xffff);
    auto low = static_cast<_Float16>(std::fma(number(a), float(half(b >> 16)), number(c)));
    EXPECT_TRUE(same(half(U(results[5][lane])), low));
    EXPECT_EQ(results[5][lane] >> 16, 0xffffu);
  }
}

TEST_F(GcnInstructions, PairsOfFloats) {
  Words a, b;
  for (unsigned lane = 0; lane < lanes; ++lane) {
    a.push_back(bits(0.5f * float(lane)) | uint64_t(bits(3.0f - float(lane))) << 32);
    b.push_back(bits(float(lane) + 7) | uint64_t(bits(1.5f)) << 32);
  }
  auto results = compute({"v_pk_fma_f32 v[10:11], v[2:3], v[4:5], 1.0 op_sel_hi:[1,1,0]",
                          "v_pk_mul_f32 v[10:11], v[2:3], v[4:5] op_sel:[1,0] op_sel_hi:[0,1] neg_hi:[1,0]",
                          "v_pk_mov_b32 v[10:11], v[2:3], v[4:5] op_sel:[1,0]", "v_add_f64 v[10:11], v[2:3], -v[4:5]",
                          "v_pk_mov_b32 v[10:11], v[2:3], v[4:5] op_sel:[0,1]", "v_pk_mov_b32 v[10:11], -1, -1"},
                         {a, b});
  for (unsigned lane = 0; lane < lanes; ++lane) {
    float a0 = number(U(a[lane])), a1 = number(high(a[lane])), b0 = number(U(b[lane])), b1 = number(high(b[lane]));
    EXPECT_EQ(results[0][lane], bits(std::fma(a0, b0, 1.0f)) | uint64_t(bits(std::fma(a1, b1, 1.0f))) << 32);
    EXPECT_EQ(results[1][lane], bits(a1 * b0) | uint64_t(bits(-a0 * b1)) << 32);
    EXPECT_EQ(results[2][lane], bits(a1) | uint64_t(bits(b0)) << 32);
    EXPECT_EQ(results[4][lane], bits(a0) | uint64_t(bits(b1)) << 32);
    EXPECT_EQ(results[5][lane], ~UINT64_C(0));
    EXPECT_EQ(std::bit_cast<double>(results[3][lane]), std::bit_cast<double>(a[lane]) - std::bit_cast<double>(b[lane]));
  }
}

TEST_F(GcnInstructions, Scalars) {
  struct {
    const char *text;
    uint64_t expected;
  } rows[] = {
      {"s_mov_b32 s30, -1\ns_add_u32 s30, s30, 2\ns_addc_u32 s31, 0, 0", 1 | UINT64_C(1) << 32},
      {"s_mov_b32 s30, 0\ns_sub_u32 s30, s30, 1\ns_subb_u32 s31, 0, 0", ~UINT64_C(0)},
      {"s_movk_i32 s30, 0x8000\ns_mulk_i32 s30, -2\ns_addk_i32 s30, 0x7fff\ns_mov_b32 s31, 0", 0x10000 + 0x7fff},
      {"s_mov_b64 s[30:31], 0xffff\ns_lshl_b64 s[30:31], s[30:31], 40", UINT64_C(0xffff) << 40},
      {"s_mov_b32 s32, 0xf0f0\ns_bfe_u32 s30, s32, 0x80004\ns_bfe_i32 s31, s32, 0x80008", 0x0f | UINT64_C(0xfffffff0)
                                                                                                     << 32},
      {"s_mov_b32 s30, 0x80000000\ns_ashr_i32 s30, s30, 33\ns_mov_b32 s31, 0", 0xc0000000},
      {"s_mul_hi_u32 s30, -1, -1\ns_mul_hi_i32 s31, -1, -1", 0xfffffffe},
      {"s_cmp_lt_i32 -1, 0\ns_cselect_b64 s[30:31], 5, 7", 5},
      {"s_cmp_lt_u32 -1, 0\ns_cselect_b64 s[30:31], 5, 7", 7},
      {"s_mov_b32 s30, 0x100\ns_cmpk_eq_u32 s30, 0x100\ns_cselect_b32 s31, 1, 0", 0x100 | UINT64_C(1) << 32},
      {"s_mov_b64 s[32:33], 3\ns_and_saveexec_b64 s[30:31], s[32:33]", ~UINT64_C(0)},
      {"s_bcnt1_i32_b64 s30, -1\ns_ff1_i32_b32 s31, 8", 64 | UINT64_C(3) << 32},
      {"s_brev_b32 s30, 1\ns_flbit_i32_b32 s31, 1", 0x80000000 | UINT64_C(31) << 32},
      {"s_lshl3_add_u32 s30, 5, 2\ns_cselect_b32 s31, 1, 0", 42},
      {"s_getreg_b32 s30, hwreg(HW_REG_MODE, 4, 4)\ns_mov_b32 s31, 0", 15},
  };
  std::vector<std::string> programs;
  for (auto &row : rows)
    programs.push_back(std::string(row.text) + "\ns_mov_b64 exec, -1\nv_mov_b32 v10, s30\nv_mov_b32 v11, s31");
  auto results = compute(programs, {});
  for (size_t i = 0; i < programs.size(); ++i)
    EXPECT_EQ(results[i], Words(lanes, rows[i].expected)) << programs[i];
}

TEST_F(GcnInstructions, DenormalNumbersWhereTheModeFlushesThem) {
  Words tiny(lanes, bits(1e-40f));
  auto results =
      compute({"v_add_f32 v10, v2, v2", "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 4, 2), 0\nv_add_f32 v10, v2, v2",
               "v_mul_f32 v10, 0.5, v4", "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 4, 2), 3\nv_mul_f32 v10, 0.5, v4"},
              {tiny, Words(lanes, bits(1.2e-38f))});
  EXPECT_EQ(results[0][0], bits(1e-40f + 1e-40f));
  EXPECT_EQ(results[1][0], bits(0.0f));
  EXPECT_EQ(results[2][0], bits(0.0f));
  EXPECT_EQ(results[3][0], bits(0.6e-38f));
}

} // namespace
} // namespace treadle::simulator::gcn
