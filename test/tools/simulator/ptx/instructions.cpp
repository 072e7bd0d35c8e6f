//===- instructions.cpp - what each instruction computes --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expected values are written down by hand, from "PTX ISA".
//
//===----------------------------------------------------------------------===//

#include "test/tools/simulator/ptx/PtxTest.h"
#include <bit>
#include <cmath>
#include <limits>

namespace treadle::simulator::ptx {
namespace {

uint64_t bits(float value) { return std::bit_cast<uint32_t>(value); }
uint64_t bits(double value) { return std::bit_cast<uint64_t>(value); }
constexpr float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
constexpr uint64_t s(int64_t value) { return static_cast<uint64_t>(value); }

/// One instruction on the operands a, b, c; `widths`: of result and operands, in bits ("d a b c"; p: a predicate).
struct Row {
  const char *instruction, *widths;
  std::vector<uint64_t> operands;
  uint64_t result;
};

class Instruction : public PtxTest {
protected:
  static std::string place(char width, unsigned number) {
    switch (width) {
    case 'p':
      return "%p" + std::to_string(number + 1);
    case 'h':
      return "%rs" + std::to_string(number + 10);
    case 'w':
      return "%r" + std::to_string(number + 10);
    default:
      return "%rd" + std::to_string(number + 10);
    }
  }

  uint64_t result(const Row &row) {
    std::string body, list;
    for (unsigned i = 0; row.widths[i]; ++i) {
      char width = row.widths[i];
      std::string name = place(width, i);
      list += (i ? ", " : " ") + name;
      if (i == 0)
        continue;
      std::string from = "[%rd1+" + std::to_string(8 * (i - 1)) + "]";
      if (width == 'p')
        body += "ld.global.b32 %r50, " + from + ";\nsetp.ne.b32 " + name + ", %r50, 0;\n";
      else
        body += std::string("ld.global.b") +
                (width == 'h'   ? "16 "
                 : width == 'w' ? "32 "
                                : "64 ") +
                name + ", " + from + ";\n";
    }
    body += row.instruction + list + ";\n";
    char width = row.widths[0];
    std::string d = place(width, 0);
    if (width == 'p') {
      body += "selp.b64 %rd31, 1, 0, " + d + ";\n";
      d = "%rd31";
      width = 'd';
    }
    body += std::string("st.global.b") + (width == 'h' ? "16" : width == 'w' ? "32" : "64") + " [%rd2], " + d + ";\n";
    uint64_t from = upload(row.operands), to = upload<uint64_t>({0});
    run(load(kernel(body)), {from, to}, 1);
    return download<uint64_t>(to, 1)[0];
  }
};

// w: 32 bits, d: 64, h: 16, p: predicate; the first is the result.
const Row rows[] = {
    // Integers wrap; products have a low, a high and a wide form.
    {"add.s32", "www", {0x7fffffff, 1}, 0x80000000},
    {"add.s64", "ddd", {s(-1), 2}, 1},
    {"add.s16", "hhh", {0x7fff, 1}, 0x8000},
    {"add.sat.s32", "www", {0x7fffffff, 1}, 0x7fffffff},
    {"sub.sat.s32", "www", {0x80000000, 1}, 0x80000000},
    {"sub.s32", "www", {1, 3}, 0xfffffffe},
    {"mul.lo.s32", "www", {0x10001, 0x10001}, 0x20001},
    {"mul.hi.u32", "www", {0xffffffff, 0xffffffff}, 0xfffffffe},
    {"mul.hi.s32", "www", {0xffffffff, 5}, 0xffffffff},
    {"mul.hi.u64", "ddd", {s(-1), s(-1)}, s(-2)},
    {"mul.hi.u16", "hhh", {0xffff, 0xffff}, 0xfffe},
    {"mul.wide.s32", "dww", {0xffffffff, 7}, s(-7)},
    {"mul.wide.u32", "dww", {0xffffffff, 7}, UINT64_C(0x6fffffff9)},
    {"mul.wide.u16", "whh", {0xffff, 2}, 0x1fffe},
    {"mad.lo.s32", "wwww", {3, 5, 0xfffffff0}, 0xffffffff},
    {"mad.wide.s32", "dwwd", {0xffffffff, 7, 8}, 1},
    {"mad.hi.u32", "wwww", {0x80000000, 4, 9}, 11},
    {"div.s32", "www", {s(-7), 2}, 0xfffffffd},
    {"div.s32", "www", {0x80000000, 0xffffffff}, 0x80000000},
    {"div.u32", "www", {7, 0}, 0xffffffff},
    {"rem.s32", "www", {s(-7), 2}, 0xffffffff},
    {"rem.u32", "www", {7, 0}, 7},
    {"abs.s32", "ww", {0x80000000}, 0x80000000},
    {"neg.s64", "dd", {5}, s(-5)},
    {"min.s32", "www", {0xffffffff, 1}, 0xffffffff},
    {"min.u32", "www", {0xffffffff, 1}, 1},
    {"max.relu.s32", "www", {s(-5), s(-3)}, 0},
    {"dp4a.s32.s32", "wwww", {0xff020304, 0x02010101, 10}, 17},
    {"dp4a.u32.u32", "wwww", {0xff000000, 0x02000000, 1}, 511},
    // Bits.
    {"and.b32", "www", {0xff00ff00, 0x0ff00ff0}, 0x0f000f00},
    {"xor.b64", "ddd", {s(-1), 1}, s(-2)},
    {"not.b16", "hh", {0x00ff}, 0xff00},
    {"and.pred", "ppp", {1, 1}, 1},
    {"xor.pred", "ppp", {1, 1}, 0},
    {"not.pred", "pp", {1}, 0},
    {"shl.b32", "www", {1, 31}, 0x80000000},
    {"shl.b32", "www", {1, 32}, 0},
    {"shr.s32", "www", {0x80000000, 40}, 0xffffffff},
    {"shr.u32", "www", {0x80000000, 32}, 0},
    {"shr.u64", "ddw", {s(-1), 60}, 15},
    {"shr.s16", "hhw", {0x8000, 3}, 0xf000},
    {"shf.l.wrap.b32", "wwww", {0x80000001, 0x12345678, 33}, 0x2468acf1},
    {"shf.r.clamp.b32", "wwww", {0x80000001, 0x12345678, 33}, 0x12345678},
    {"bfe.u32", "wwww", {0x12345678, 8, 8}, 0x56},
    {"bfe.s32", "wwww", {0x00008000, 8, 8}, 0xffffff80},
    {"bfe.s32", "wwww", {0x80000000, 24, 16}, 0xffffff80},
    {"bfi.b32", "wwwww", {0xab, 0xffffffff, 8, 8}, 0xffffabff},
    {"clz.b32", "ww", {0x00010000}, 15},
    {"clz.b64", "wd", {1}, 63},
    {"popc.b32", "ww", {0xf0f0f0f0}, 16},
    {"brev.b32", "ww", {1}, 0x80000000},
    {"prmt.b32", "wwww", {0x33221100, 0x77665544, 0x7531}, 0x77553311},
    {"prmt.b32", "wwww", {0x00008000, 0, 0x9990}, 0xffffff00},
    // Floats: rounded to nearest even, denormals kept.
    {"add.rn.f32", "www", {bits(1.0f), bits(0x1p-24f)}, bits(1.0f)},
    {"add.f32", "www", {bits(0x1p-149f), bits(0x1p-149f)}, bits(0x1p-148f)},
    {"add.f64", "ddd", {bits(1.0), bits(0x1p-53)}, bits(1.0)},
    {"sub.f32", "www", {bits(1.0f), bits(3.0f)}, bits(-2.0f)},
    {"mul.rn.f32", "www", {bits(0x1.000002p0f), bits(0x1.000002p0f)}, bits(0x1.000004p0f)},
    {"fma.rn.f32", "wwww", {bits(0x1.000002p0f), bits(0x1.000002p0f), bits(-0x1.000004p0f)}, bits(0x1p-46f)},
    {"fma.rn.f64", "dddd", {bits(3.0), bits(5.0), bits(1.0)}, bits(16.0)},
    {"div.rn.f32", "www", {bits(1.0f), bits(3.0f)}, bits(1.0f / 3.0f)},
    {"div.rn.f32", "www", {bits(1.0f), bits(-0.0f)}, bits(-inf)},
    {"rcp.rn.f32", "ww", {bits(3.0f)}, bits(1.0f / 3.0f)},
    {"sqrt.rn.f32", "ww", {bits(2.0f)}, bits(std::sqrt(2.0f))},
    {"abs.f32", "ww", {bits(-0.0f)}, bits(0.0f)},
    {"neg.f32", "ww", {bits(0.0f)}, bits(-0.0f)},
    {"copysign.f32", "www", {bits(-1.0f), bits(5.0f)}, bits(-5.0f)},
    {"min.f32", "www", {bits(nan), bits(1.0f)}, bits(1.0f)},
    {"min.f32", "www", {bits(0.0f), bits(-0.0f)}, bits(-0.0f)},
    {"max.f32", "www", {bits(-0.0f), bits(0.0f)}, bits(0.0f)},
    {"max.NaN.f32", "www", {bits(nan), bits(1.0f)}, bits(nan)},
    {"add.sat.f32", "www", {bits(0.75f), bits(0.75f)}, bits(1.0f)},
    {"ex2.approx.f32", "ww", {bits(3.0f)}, bits(8.0f)},
    {"rsqrt.approx.f32", "ww", {bits(4.0f)}, bits(0.5f)},
    {"div.approx.f32", "www", {bits(1.0f), bits(4.0f)}, bits(0.25f)},
    {"cvt.rn.relu.f16.f32", "hw", {bits(1.0f)}, 0x3c00},
    {"cvt.rn.relu.f16.f32", "hw", {bits(-1.0f)}, 0},
    {"cvt.rn.relu.bf16.f32", "hw", {bits(-inf)}, 0},
    {"cvt.rn.relu.bf16.f32", "hw", {bits(2.0f)}, 0x4000},
    // Floats of 16 bits: half 1 is 0x3c00, bfloat16 1 is 0x3f80.
    {"add.rn.f16", "hhh", {0x3c00, 0x1000}, 0x3c00},                            // 1 + 2^-11
    {"mul.f16", "hhh", {0x4200, 0xc000}, 0xc600},                               // 3 * -2
    {"fma.rn.f16", "hhhh", {0x3c01, 0x3c01, 0xbc02}, 0x0010},                   // the exact product's last bit stays
    {"fma.rn.bf16", "hhhh", {0x3f81, 0x3f81, 0xbf82}, 0x3880},                  // likewise: 2^-14
    {"fma.rn.f16x2", "wwww", {0x3c004000, 0x40004200, 0x3c003c00}, 0x42004700}, // 1*2+1, 2*3+1
    {"min.f16x2", "www", {0x3c004000, 0x40003c00}, 0x3c003c00},
    {"neg.bf16", "hh", {0x3f80}, 0xbf80},
    // Comparisons; with u they hold of what is not ordered.
    {"setp.lt.s32", "pww", {s(-1), 0}, 1},
    {"setp.lt.u32", "pww", {s(-1), 0}, 0},
    {"setp.hi.u32", "pww", {s(-1), 0}, 1},
    {"setp.eq.f32", "pww", {bits(nan), bits(nan)}, 0},
    {"setp.ne.f32", "pww", {bits(nan), bits(nan)}, 0},
    {"setp.neu.f32", "pww", {bits(nan), bits(nan)}, 1},
    {"setp.geu.f32", "pww", {bits(nan), bits(1.0f)}, 1},
    {"setp.nan.f32", "pww", {bits(1.0f), bits(nan)}, 1},
    {"setp.num.f32", "pww", {bits(1.0f), bits(nan)}, 0},
    {"setp.lt.f64", "pdd", {bits(1.0), bits(2.0)}, 1},
    {"setp.gt.f16", "phh", {0x4000, 0x3c00}, 1},
    {"setp.lt.and.s32", "pwwp", {1, 2, 0}, 0},
    {"setp.lt.or.s32", "pwwp", {2, 1, 1}, 1},
    {"selp.b32", "wwwp", {5, 6, 0}, 6},
    // Conversions: floats clamp on their way to integers, and NaN becomes 0.
    {"cvt.s64.s32", "dw", {s(-3)}, s(-3)},
    {"cvt.u64.u32", "dw", {0xffffffff}, 0xffffffff},
    {"cvt.u32.u64", "wd", {UINT64_C(0x100000005)}, 5},
    {"cvt.s32.s8", "ww", {0x80}, 0xffffff80},
    {"cvt.u16.u32", "hw", {0x12345678}, 0x5678},
    {"cvt.sat.s8.s32", "ww", {300}, 127},
    {"cvt.rzi.s32.f32", "ww", {bits(-2.9f)}, s(-2) & 0xffffffff},
    {"cvt.rni.s32.f32", "ww", {bits(2.5f)}, 2},
    {"cvt.rmi.s32.f32", "ww", {bits(-2.1f)}, s(-3) & 0xffffffff},
    {"cvt.rpi.s32.f32", "ww", {bits(2.1f)}, 3},
    {"cvt.rzi.s32.f32", "ww", {bits(1e20f)}, 0x7fffffff},
    {"cvt.rzi.u32.f32", "ww", {bits(-5.0f)}, 0},
    {"cvt.rzi.s32.f32", "ww", {bits(nan)}, 0},
    {"cvt.rzi.s64.f64", "dd", {bits(-1e300)}, UINT64_C(1) << 63},
    {"cvt.rn.f32.s32", "ww", {0x01000001}, bits(16777216.0f)},
    {"cvt.rn.f32.u64", "wd", {s(-1)}, bits(0x1p64f)},
    {"cvt.rmi.f32.f32", "ww", {bits(-1.5f)}, bits(-2.0f)},
    {"cvt.rni.f64.f64", "dd", {bits(3.5)}, bits(4.0)},
    {"cvt.sat.f32.f32", "ww", {bits(nan)}, 0},
    {"cvt.f64.f32", "dw", {bits(0.1f)}, bits(static_cast<double>(0.1f))},
    {"cvt.rn.f32.f64", "wd", {bits(0.1)}, bits(0.1f)},
    {"cvt.rn.f16.f32", "hw", {bits(65520.0f)}, 0x7c00},
    {"cvt.rn.f16.f32", "hw", {bits(0x1p-25f)}, 0},
    {"cvt.f32.f16", "wh", {0x0001}, bits(0x1p-24f)},
    {"cvt.rn.bf16.f32", "hw", {bits(0x1.01p0f)}, 0x3f80},
    {"cvt.rn.bf16.f32", "hw", {bits(0x1.03p0f)}, 0x3f82},
    {"cvt.f32.bf16", "wh", {0x4040}, bits(3.0f)},
    {"cvt.rn.f16x2.f32", "www", {bits(1.0f), bits(2.0f)}, 0x3c004000},
    {"cvt.rn.bf16x2.f32", "www", {bits(1.0f), bits(2.0f)}, 0x3f804000},
    {"cvt.rn.relu.f16x2.f32", "www", {bits(-1.0f), bits(2.0f)}, 0x00004000},
    {"mov.b64", "dd", {7}, 7},
};

TEST_F(Instruction, ComputesWhatTheManualSays) {
  for (const Row &row : rows) {
    SCOPED_TRACE(row.instruction);
    uint64_t got = result(row);
    if (row.widths[0] == 'w' && row.result == bits(nan))
      EXPECT_TRUE(std::isnan(std::bit_cast<float>(static_cast<uint32_t>(got))));
    else
      EXPECT_EQ(got, row.result) << std::hex << got << " is not " << row.result;
  }
}

TEST_F(Instruction, CarriesGoFromPartToPart) {
  std::string body = "ld.global.b32 %r10, [%rd1];\nadd.cc.u32 %r11, %r10, 1;\naddc.cc.u32 %r12, %r10, 0;\n"
                     "addc.u32 %r13, 5, 0;\nst.global.v2.b32 [%rd2], {%r11, %r12};\nst.global.b32 [%rd2+8], %r13;";
  uint64_t from = upload<uint32_t>({0xffffffff}), to = upload<uint32_t>({9, 9, 9});
  run(load(kernel(body)), {from, to}, 1);
  EXPECT_THAT(download<uint32_t>(to, 3), testing::ElementsAre(0u, 0u, 6u));
}

TEST_F(Instruction, PartsAreMovedTogetherAndApart) {
  std::string body = "mov.b16 %rs1, 0x1234;\nmov.b16 %rs2, 0x5678;\nmov.b32 %r10, {%rs1, %rs2};\n"
                     "mov.b32 {%rs3, %rs4}, 0xabcdef01;\ncvt.u32.u16 %r11, %rs4;\n"
                     "st.global.v2.b32 [%rd1], {%r10, %r11};";
  uint64_t to = upload<uint32_t>({0, 0});
  run(load(kernel(body)), {to}, 1);
  EXPECT_THAT(download<uint32_t>(to, 2), testing::ElementsAre(0x56781234u, 0xabcdu));
}

TEST_F(Instruction, LoadsExtendToTheRegistersWidth) {
  std::string body = "ld.global.s8 %r10, [%rd1];\nld.global.u8 %r11, [%rd1];\nld.global.b8 %rs1, [%rd1+1];\n"
                     "cvt.u32.u16 %r12, %rs1;\nst.global.v2.b32 [%rd2], {%r10, %r11};\nst.global.b32 [%rd2+8], %r12;";
  uint64_t from = upload<uint8_t>({0x80, 0x7f}), to = upload<uint32_t>({0, 0, 0});
  run(load(kernel(body)), {from, to}, 1);
  EXPECT_THAT(download<uint32_t>(to, 3), testing::ElementsAre(0xffffff80u, 0x80u, 0x7fu));
}

TEST_F(Instruction, WhatIsNotKnownIsNamed) {
  auto what = [&](const char *instruction) { return faultOf(instruction, {}, 1); };
  EXPECT_EQ(what("frobnicate.b32 %r1, %r2;"), "k: \"frobnicate.b32 %r1, %r2\": the instruction is not known");
  EXPECT_EQ(what("add.rz.f32 %r1, %r2, %r3;"),
            "k: \"add.rz.f32 %r1, %r2, %r3\": \".rz\" is no type that is known here");
  EXPECT_EQ(what("add.ftz.f32 %r1, %r2, %r3;"),
            "k: \"add.ftz.f32 %r1, %r2, %r3\": \".ftz\" is no type that is known here");
  EXPECT_EQ(what("add.s32.x %r1, %r2, %r3;"), "k: \"add.s32.x %r1, %r2, %r3\": \".x\" is not known here");
  EXPECT_EQ(what("add.s32 %r1, %r2, %r3, %r4;"),
            "k: \"add.s32 %r1, %r2, %r3, %r4\": more operands than are known here");
  EXPECT_EQ(what("add.s32 %r1, %r2;"), "k: \"add.s32 %r1, %r2\": an operand is missing");
  EXPECT_EQ(what("add.s32 %r1, %r2, %rd3;"), "k: \"add.s32 %r1, %r2, %rd3\": %rd3 has 64 bits where 32 are wanted");
  EXPECT_EQ(what("bra nowhere;"), "k: \"bra nowhere\": there is no label nowhere");
  try {
    parse(".version 8.0\n.nonsense\n");
    ADD_FAILURE();
  } catch (const Fault &fault) {
    EXPECT_STREQ(fault.what(), "PTX line 3, at \"\": .nonsense is not known");
  }
}

} // namespace
} // namespace treadle::simulator::ptx
