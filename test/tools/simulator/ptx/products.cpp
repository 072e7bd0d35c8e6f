//===- products.cpp - the matrix units ---------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/tools/simulator/ptx/PtxTest.h"
#include <cmath>
#include <random>

namespace treadle::simulator::ptx {
namespace {

using testing::HasSubstr;

const std::string sharedWords = ".shared .align 1024 .b8 words[16384];\n";

/// Quarters from -2 to 2, whose products and sums are exact.
std::vector<_Float16> quarters(size_t count) {
  std::mt19937 random(static_cast<unsigned>(count));
  std::vector<_Float16> values(count);
  for (_Float16 &value : values)
    value = static_cast<_Float16>(static_cast<float>(random() % 17) / 4 - 2);
  return values;
}

/// A (16 x 16) and B (16 x 8, stored by columns), both through ldmatrix; C = 1; by the definition of a product.
TEST_F(PtxTest, MatricesAreMultiplied) {
  std::vector<_Float16> a = quarters(16 * 16), b = quarters(8 * 16);
  std::string body = R"(
    // each thread copies 16 bytes of A, the first 16 threads of B
    mov.b64 %rd8, words;
    mul.wide.u32 %rd9, %r1, 16;
    add.s64 %rd10, %rd1, %rd9;
    add.s64 %rd12, %rd8, %rd9;
    ld.global.v4.b32 {%r10, %r11, %r12, %r13}, [%rd10];
    st.shared.v4.b32 [%rd12], {%r10, %r11, %r12, %r13};
    setp.lt.u32 %p1, %r1, 16;
    add.s64 %rd11, %rd2, %rd9;
    @%p1 ld.global.v4.b32 {%r10, %r11, %r12, %r13}, [%rd11];
    @%p1 st.shared.v4.b32 [%rd12+512], {%r10, %r11, %r12, %r13};
    bar.sync 0;
    // A: matrices in the order of its registers: rows 0-7, rows 8-15 of the left half, then of the right one
    and.b32 %r14, %r1, 15;
    shr.u32 %r15, %r1, 4;
    mul.lo.s32 %r16, %r14, 32;
    mad.lo.s32 %r16, %r15, 16, %r16;
    cvt.u64.u32 %rd13, %r16;
    add.s64 %rd14, %rd8, %rd13;
    ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r20, %r21, %r22, %r23}, [%rd14];
    // B: columns are rows here
    and.b32 %r14, %r1, 7;
    shr.u32 %r15, %r1, 3;
    and.b32 %r15, %r15, 1;
    mul.lo.s32 %r16, %r14, 32;
    mad.lo.s32 %r16, %r15, 16, %r16;
    cvt.u64.u32 %rd13, %r16;
    add.s64 %rd14, %rd8, %rd13;
    ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%r24, %r25}, [%rd14+512];
    mov.b32 %r30, 0f3F800000;
    mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%r40, %r41, %r42, %r43}, {%r20, %r21, %r22, %r23}, {%r24, %r25}, {%r30, %r30, %r30, %r30};
    // row lane / 4, columns 2 * (lane % 4)
    shr.u32 %r50, %r1, 2;
    and.b32 %r51, %r1, 3;
    mul.lo.s32 %r52, %r50, 32;
    mad.lo.s32 %r52, %r51, 8, %r52;
    cvt.u64.u32 %rd15, %r52;
    add.s64 %rd16, %rd3, %rd15;
    st.global.v2.b32 [%rd16], {%r40, %r41};
    st.global.v2.b32 [%rd16+256], {%r42, %r43};)";
  uint64_t c = upload(std::vector<float>(16 * 8));
  Code &code = load(kernel(body, sharedWords));
  run(code, {upload(a), upload(b), c});
  std::vector<float> result = download<float>(c, 16 * 8);
  for (unsigned i = 0; i < 16; ++i)
    for (unsigned j = 0; j < 8; ++j) {
      float sum = 1;
      for (unsigned k = 0; k < 16; ++k)
        sum += static_cast<float>(a[16 * i + k]) * static_cast<float>(b[16 * j + k]);
      EXPECT_EQ(result[8 * i + j], sum) << i << ", " << j;
    }
  EXPECT_EQ(code.counters.matrix, 1u);
  EXPECT_EQ(code.counters.matrixFlops, 2u * 16 * 8 * 16);
}

TEST_F(PtxTest, MatrixUnitWantsTheWholeWarp) {
  EXPECT_THAT(faultOf("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%r40, %r41, %r42, %r43}, {%r20, %r21, %r22, "
                      "%r23}, {%r24, %r25}, {%r40, %r41, %r42, %r43};",
                      {}, 20),
              HasSubstr("not all lanes of the warp take part"));
}

// ---- products of four warps from shared memory ---------------------------------------------------

std::string number(uint64_t value) { return std::to_string(value); }

/// D (64 x n) = A (64 x 64) * B of f16, in four steps of 16. Rows of 64 elements of A and of B, by rows or by columns,
/// are copied to shared memory, pieces of 16 bytes in another order in each of eight rows.
struct AsyncProduct {
  unsigned columns;
  bool isTransposed; // B lies as K x N
  std::string beforeWait{}, wait = "wgmma.wait_group.sync.aligned 0;\n";

  std::string copies(unsigned rows, const std::string &from, unsigned to) const {
    std::string text;
    for (unsigned i = 0; i < rows * 8 / 128; ++i)
      text += "add.s32 %r10, %r1, " + number(128 * i) + R"(;
        mul.wide.u32 %rd10, %r10, 16;
        add.s64 %rd11, )" +
              from + R"(, %rd10;
        ld.global.v4.b32 {%r20, %r21, %r22, %r23}, [%rd11];
        shr.u32 %r11, %r10, 3;
        and.b32 %r12, %r11, 7;
        and.b32 %r13, %r10, 7;
        xor.b32 %r13, %r13, %r12;
        mul.lo.s32 %r14, %r11, 128;
        mad.lo.s32 %r14, %r13, 16, %r14;
        cvt.u64.u32 %rd12, %r14;
        add.s64 %rd12, %rd8, %rd12;
        st.shared.v4.b32 [%rd12+)" +
              number(to) + "], {%r20, %r21, %r22, %r23};\n";
    return text;
  }
  /// With `leading` and `stride` of 1,024 bytes, which swizzles over 128.
  static uint64_t descriptor(unsigned start) {
    return start / 16 | UINT64_C(64) << 16 | UINT64_C(64) << 32 | UINT64_C(1) << 62;
  }
  std::string text() const {
    constexpr unsigned bAt = 8192;
    std::string sums, body = "mov.b64 %rd8, words;\n" + copies(64, "%rd1", 0) +
                             copies(isTransposed ? 64 : columns, "%rd2", bAt) + "bar.sync 0;\n";
    for (unsigned r = 0; r < columns / 2; ++r) {
      sums += (r ? ", " : "") + std::string("%r") + number(40 + r);
      body += "mov.b32 %r" + number(40 + r) + ", 0f40000000;\n";
    }
    body += "wgmma.fence.sync.aligned;\n";
    for (unsigned step = 0; step < 4; ++step)
      body += "{\n.reg .pred p;\nsetp.ne.b32 p, " + number(step || !beforeWait.empty()) +
              ", 0;\nwgmma.mma_async.sync.aligned.m64n" + number(columns) + "k16.f32.f16.f16 {" + sums + "}, " +
              number(descriptor(32 * step)) + ", " + number(descriptor(bAt + (isTransposed ? 2048 : 32) * step)) +
              ", p, 1, 1, 0, " + number(isTransposed) + ";\n}\n";
    body += "wgmma.commit_group.sync.aligned;\n" + beforeWait + wait + R"(
        shr.u32 %r10, %r1, 2;
        shr.u32 %r11, %r1, 5;
        and.b32 %r10, %r10, 7;
        mad.lo.s32 %r10, %r11, 16, %r10;
        and.b32 %r12, %r1, 3;
        mul.lo.s32 %r13, %r10, )" +
            number(4 * columns) + R"(;
        mad.lo.s32 %r13, %r12, 8, %r13;
        cvt.u64.u32 %rd13, %r13;
        add.s64 %rd14, %rd3, %rd13;)";
    for (unsigned r = 0; r < columns / 2; ++r)
      body += "st.global.b32 [%rd14+" + number(r / 2 % 2 * 8 * 4 * columns + r / 4 * 32 + r % 2 * 4) + "], %r" +
              number(40 + r) + ";\n";
    return body;
  }
};

class AsyncProducts : public PtxTest {
protected:
  std::vector<float> result(const AsyncProduct &product) {
    uint64_t d = upload(std::vector<float>(64 * product.columns));
    run(load(kernel(product.text(), sharedWords)), {upload(a), upload(b), d}, 128);
    return download<float>(d, 64 * product.columns);
  }
  std::vector<float> expected(const AsyncProduct &product, float start) {
    std::vector<float> d(64 * product.columns, start);
    for (unsigned i = 0; i < 64; ++i)
      for (unsigned j = 0; j < product.columns; ++j)
        for (unsigned k = 0; k < 64; ++k)
          d[i * product.columns + j] +=
              static_cast<float>(a[64 * i + k]) * static_cast<float>(b[product.isTransposed ? 64 * k + j : 64 * j + k]);
    return d;
  }
  std::vector<_Float16> a = quarters(64 * 64), b = quarters(64 * 64 + 1);
};

TEST_F(AsyncProducts, RowsAndColumns) {
  EXPECT_EQ(result({16, false, "", "wgmma.wait_group.sync.aligned 0;\n"}), expected({16, false}, 0));
  EXPECT_EQ(result({64, true, "", "wgmma.wait_group.sync.aligned 0;\n"}), expected({64, true}, 0));
  EXPECT_EQ(code->counters.matrix, 4u * 4);
  EXPECT_EQ(code->counters.matrixFlops, 2u * 64 * 64 * 64);
}

TEST_F(AsyncProducts, SumsAreAddedTo) { EXPECT_EQ(result({16, false, " "}), expected({16, false}, 2)); }

TEST_F(AsyncProducts, MustBeWaitedFor) {
  EXPECT_TRUE(std::isnan(result({16, false, "", ""})[0]));
  EXPECT_TRUE(std::isnan(result({16, false, "", "wgmma.wait_group.sync.aligned 1;\n"})[0]));
}

TEST_F(AsyncProducts, WhatTheyReadMayNotChange) {
  AsyncProduct product{16, false, "bar.sync 0;\nst.shared.b32 [%rd8], 77;\n"};
  EXPECT_THAT(faultOf(product.text(), {upload(a), upload(b), upload(std::vector<float>(64 * 16))}, 128, 1, sharedWords),
              HasSubstr("shared memory"));
}

TEST_F(AsyncProducts, FourWarpsTakePart) {
  EXPECT_THAT(faultOf(AsyncProduct{16, false}.text(), {upload(a), upload(b), upload(std::vector<float>(64 * 16))}, 96,
                      1, sharedWords),
              HasSubstr("not all of four neighbouring warps take part"));
}

} // namespace
} // namespace treadle::simulator::ptx
