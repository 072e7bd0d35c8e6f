//===- machine.cpp - lanes, memory, barriers and faults ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/tools/simulator/gcn/GcnTest.h"

using testing::HasSubstr;

namespace treadle::simulator::gcn {
namespace {

class GcnMachine : public GcnTest {
protected:
  /// v2 is the lane's number plus 100; v10 before is 7.
  std::vector<Words> permuted(std::vector<std::string> programs) {
    for (std::string &program : programs)
      program = "v_mov_b32 v10, 7\n" + program;
    Words numbers;
    for (unsigned lane = 0; lane < lanes; ++lane)
      numbers.push_back(100 + lane);
    return compute(programs, {numbers});
  }
};

TEST_F(GcnMachine, LanesOfARow) {
  auto results = permuted({"v_mov_b32_dpp v10, v2 quad_perm:[3,2,1,0] row_mask:0xf bank_mask:0xf",
                           "v_mov_b32_dpp v10, v2 row_shl:3 row_mask:0xf bank_mask:0xf",
                           "v_mov_b32_dpp v10, v2 row_shr:3 row_mask:0xf bank_mask:0xf bound_ctrl:0",
                           "v_mov_b32_dpp v10, v2 row_ror:5 row_mask:0xf bank_mask:0xf",
                           "v_mov_b32_dpp v10, v2 row_bcast:15 row_mask:0xa bank_mask:0xf",
                           "v_mov_b32_dpp v10, v2 row_newbcast:6 row_mask:0xf bank_mask:0x1",
                           "v_mov_b32_dpp v10, v2 row_half_mirror row_mask:0xf bank_mask:0xf",
                           "v_mov_b32_dpp v10, v2 wave_shr:1 row_mask:0xf bank_mask:0xf"});
  for (unsigned lane = 0; lane < lanes; ++lane) {
    unsigned row = lane / 16 * 16, at = lane % 16;
    EXPECT_EQ(results[0][lane], 100 + (lane ^ 3));
    EXPECT_EQ(results[1][lane], at + 3 < 16 ? 103 + lane : 7);
    EXPECT_EQ(results[2][lane], at >= 3 ? 97 + lane : 0);
    EXPECT_EQ(results[3][lane], 100 + row + (at + 11) % 16);
    EXPECT_EQ(results[4][lane], lane / 16 % 2 ? 99 + row : 7);
    EXPECT_EQ(results[5][lane], at < 4 ? 106 + row : 7);
    EXPECT_EQ(results[6][lane], 100 + (lane ^ 7));
    EXPECT_EQ(results[7][lane], lane ? 99 + lane : 7);
  }
}

TEST_F(GcnMachine, LanesByAddress) {
  auto results = permuted(
      {"v_mov_b32 v13, 100\nv_sub_u32 v12, v2, v13\n"
       "v_xor_b32 v12, 37, v12\nv_lshlrev_b32 v12, 2, v12\nds_bpermute_b32 v10, v12, v2",
       "ds_swizzle_b32 v10, v2 offset:swizzle(SWAP,16)", "ds_swizzle_b32 v10, v2 offset:swizzle(QUAD_PERM,1,0,3,2)",
       "v_readlane_b32 s30, v2, 9\nv_mov_b32 v10, s30", "s_mov_b32 s30, 5\nv_writelane_b32 v10, s30, 63",
       "s_mov_b64 exec, 0xf0\nv_readfirstlane_b32 s30, v2\ns_mov_b64 exec, -1\nv_mov_b32 v10, s30",
       "s_mov_b64 exec, 0xff00\nv_mov_b32 v10, v2",
       "s_mov_b64 s[30:31], -1\nv_mbcnt_lo_u32_b32 v10, s30, 0\nv_mbcnt_hi_u32_b32 v10, s31, v10",
       "v_accvgpr_write_b32 a3, v2\nv_accvgpr_read_b32 v10, a3"});
  for (unsigned lane = 0; lane < lanes; ++lane) {
    EXPECT_EQ(results[0][lane], 100 + (lane ^ 37));
    EXPECT_EQ(results[1][lane], 100 + (lane ^ 16));
    EXPECT_EQ(results[2][lane], 100 + (lane ^ 1));
    EXPECT_EQ(results[3][lane], 109u);
    EXPECT_EQ(results[4][lane], lane == 63 ? 5u : 7u);
    EXPECT_EQ(results[5][lane], 104u);
    EXPECT_EQ(results[6][lane], lane >= 8 && lane < 16 ? 100 + lane : 7);
    EXPECT_EQ(results[7][lane], lane);
    EXPECT_EQ(results[8][lane], 100 + lane);
  }
}

// ---- memory ----------------------------------------------------------------------------------

constexpr const char *addresses = "s_load_dwordx4 s[4:7], s[0:1], 0x0\ns_waitcnt lgkmcnt(0)\nv_lshlrev_b32 v1, 2, v0\n";

TEST_F(GcnMachine, SharedMemory) {
  std::string body = std::string(addresses) +
                     "v_add_u32 v2, 1000, v0\nds_write_b32 v1, v2\ns_waitcnt lgkmcnt(0)\ns_barrier\n"
                     "v_xor_b32 v3, 0x1fc, v1\nds_read_b32 v4, v3\nds_read2_b32 v[6:7], v1 offset0:0 offset1:1\n"
                     "v_lshlrev_b32 v5, 2, v1\nglobal_store_dword v5, v4, s[4:5]\n"
                     "global_store_dwordx2 v5, v[6:7], s[4:5] offset:4";
  load(kernel(body, 128 * 4 + 4));
  uint64_t to = memory.allocate(128 * 16);
  run({to}, 128);
  auto found = download<uint32_t>(to, 128 * 4);
  for (unsigned thread = 0; thread < 128; ++thread) {
    EXPECT_EQ(found[4 * thread], 1000 + (thread ^ 127));
    EXPECT_EQ(found[4 * thread + 1], 1000 + thread);
  }
  EXPECT_EQ(code->counters.barriers, 1u);
  EXPECT_EQ(code->counters.globalStores, 4u);
  EXPECT_EQ(code->counters.bankConflicts, 0u);
}

TEST_F(GcnMachine, WithoutABarrier) {
  std::string body = "v_lshlrev_b32 v1, 2, v0\nv_xor_b32 v3, 0x1fc, v1\nds_write_b32 v1, v0\nds_read_b32 v4, v3";
  EXPECT_THAT(faultOf(body, {}, 128, 1, 512), HasSubstr("ds_write_b32 v1, v0: lane 0 writes byte 256 of shared memory, "
                                                        "which 0 read since the last barrier"));
}

TEST_F(GcnMachine, BeyondTheEnd) {
  std::string store = std::string(addresses) + "global_store_dword v1, v0, s[4:5]";
  uint64_t small = memory.allocate(63 * 4);
  EXPECT_THAT(faultOf(store, {small}),
              HasSubstr("k, workgroup 0: wave 0, global_store_dword v1, v0, s[4:5]: lane 63 writes 4 bytes at "));
  EXPECT_EQ(faultOf(store, {small}, 63), "");
  EXPECT_THAT(faultOf("v_lshlrev_b32 v1, 2, v0\nds_write_b32 v1, v0", {}, 64, 1, 100),
              HasSubstr("lane 25 writes 4 bytes of shared memory at 100"));
  EXPECT_THAT(faultOf("s_load_dword s4, s[0:1], 0x20"), HasSubstr("reads bytes 32 to 35 of the kernel's arguments"));
}

TEST_F(GcnMachine, WorkgroupsThatMeet) {
  std::string body = std::string(addresses) + "global_store_dword v1, v0, s[4:5]";
  uint64_t place = memory.allocate(64 * 4);
  EXPECT_THAT(faultOf(body, {place}, 64, 2),
              HasSubstr("workgroup 1: wave 0, global_store_dword v1, v0, s[4:5]: lane 0 writes the byte"));
  std::string atomic = std::string(addresses) + "v_mov_b32 v2, 0\nv_mov_b32 v3, 3\nglobal_atomic_add v2, v3, s[4:5]";
  uint64_t sum = upload<uint32_t>({5});
  EXPECT_EQ(faultOf(atomic, {sum}, 64, 2), "");
  EXPECT_EQ(download<uint32_t>(sum, 1)[0], 5 + 2 * 64 * 3u);
}

TEST_F(GcnMachine, BarrierThatNotAllReach) {
  std::string body = "v_readfirstlane_b32 s4, v0\ns_cmp_eq_u32 s4, 0\ns_cbranch_scc1 .Lout\ns_barrier\n.Lout:";
  EXPECT_THAT(faultOf(body, {}, 128), HasSubstr("never reach"));
}

TEST_F(GcnMachine, WhatIsNotKnown) {
  EXPECT_THAT(
      faultOf("v_cubeid_f32 v1, v2, v3, v4"),
      HasSubstr(
          "k, workgroup 0: wave 0, v_cubeid_f32 v1, v2, v3, v4: this instruction, or a form of it, is not simulated"));
  EXPECT_EQ(faultOf("s_branch .Lover\nv_cubeid_f32 v1, v2, v3, v4\n.Lover:"), "");
  EXPECT_THAT(faultOf("v_mfma_f32_4x4x1f32 a[0:3], v0, v1, a[0:3] blgp:3"), HasSubstr("not simulated"));
}

// ---- the matrix unit -------------------------------------------------------------------------

struct Format {
  const char *name;
  unsigned size, depth, blocks, perLane; // K values a lane
  enum Kind { f32, f16, bf16, i8, f64 } kind;
};

/// A product of small integers, which is exact in all formats: lane and register of each element as AMD's matrix
/// instruction calculator gives them.
TEST_F(GcnMachine, Matrices) {
  const Format formats[] = {
      {"f32_32x32x1f32", 32, 1, 2, 1, Format::f32},        {"f32_16x16x1f32", 16, 1, 4, 1, Format::f32},
      {"f32_4x4x1f32", 4, 1, 16, 1, Format::f32},          {"f32_32x32x2f32", 32, 2, 1, 1, Format::f32},
      {"f32_16x16x4f32", 16, 4, 1, 1, Format::f32},        {"f32_32x32x4f16", 32, 4, 2, 4, Format::f16},
      {"f32_32x32x8f16", 32, 8, 1, 4, Format::f16},        {"f32_16x16x16f16", 16, 16, 1, 4, Format::f16},
      {"f32_4x4x4f16", 4, 4, 16, 4, Format::f16},          {"f32_32x32x4bf16", 32, 4, 1, 2, Format::bf16},
      {"f32_16x16x8bf16", 16, 8, 1, 2, Format::bf16},      {"f32_32x32x8bf16_1k", 32, 8, 1, 4, Format::bf16},
      {"f32_16x16x16bf16_1k", 16, 16, 1, 4, Format::bf16}, {"i32_32x32x8i8", 32, 8, 1, 4, Format::i8},
      {"i32_16x16x16i8", 16, 16, 1, 4, Format::i8},        {"f64_16x16x4f64", 16, 4, 1, 1, Format::f64},
      {"f64_4x4x4f64", 4, 4, 4, 1, Format::f64},
  };
  for (const Format &format : formats) {
    unsigned size = format.size, bytes = format.kind == Format::f64   ? 8
                                         : format.kind == Format::f32 ? 4
                                         : format.kind == Format::i8  ? 1
                                                                      : 2;
    unsigned words = std::max(1u, bytes * format.perLane / 4), wide = format.kind == Format::f64 ? 2 : 1;
    unsigned results = size * size * format.blocks / 64 * wide;
    auto element = [](unsigned block, unsigned i, unsigned k) { return int(block * 5 + i * 3 + k * 7) % 11 - 5; };
    std::vector<char> left(64 * 16), right(64 * 16);
    for (unsigned b = 0; b < format.blocks; ++b)
      for (unsigned i = 0; i < size; ++i)
        for (unsigned k = 0; k < format.depth; ++k)
          for (bool isRight : {false, true}) {
            unsigned lane = i + size * (b + format.blocks * (k / format.perLane));
            int value = isRight ? element(b, k, i + 1) : element(b, i, k);
            uint64_t bits = format.kind == Format::f64    ? std::bit_cast<uint64_t>(double(value))
                            : format.kind == Format::f32  ? std::bit_cast<uint32_t>(float(value))
                            : format.kind == Format::f16  ? std::bit_cast<uint16_t>(static_cast<_Float16>(value))
                            : format.kind == Format::bf16 ? std::bit_cast<uint32_t>(float(value)) >> 16
                                                          : uint64_t(value);
            std::memcpy((isRight ? right : left).data() + 16 * lane + bytes * (k % format.perLane), &bits, bytes);
          }
    std::string a = words == 1 ? "v4" : "v[4:5]", b = words == 1 ? "v8" : "v[8:9]";
    std::string range = "a[0:" + std::to_string(results - 1) + "]", d = results == 1 ? "a0" : range;
    std::string body =
        "s_load_dwordx4 s[4:7], s[0:1], 0x0\ns_load_dwordx2 s[8:9], s[0:1], 0x10\nv_lshlrev_b32 v1, 4, v0\n"
        "global_load_dwordx4 v[4:7], v1, s[4:5]\nglobal_load_dwordx4 v[8:11], v1, s[6:7]\nv_lshlrev_b32 v1, 2, v0\n";
    for (unsigned i = 0; i < results; ++i)
      body += "v_accvgpr_write_b32 a" + std::to_string(i) + ", 0\n";
    for (int twice = 0; twice < 2; ++twice)
      body += std::string("v_mfma_") + format.name + " " + d + ", " + a + ", " + b + ", " + d + "\n";
    for (unsigned i = 0; i < results; ++i)
      body += "v_accvgpr_read_b32 v2, a" + std::to_string(i) +
              "\nglobal_store_dword v1, v2, s[8:9]\ns_add_u32 s8, s8, 256\ns_addc_u32 s9, s9, 0\n";
    load(kernel(body));
    uint64_t to = memory.allocate(256 * results);
    run({upload(left), upload(right), to});
    auto found = download<uint32_t>(to, 64 * results);
    auto at = [&](unsigned lane, unsigned number) -> double {
      if (format.kind == Format::f64)
        return std::bit_cast<double>(found[64 * (2 * number) + lane] | uint64_t(found[64 * (2 * number + 1) + lane])
                                                                           << 32);
      return format.kind == Format::i8 ? double(int(found[64 * number + lane]))
                                       : double(std::bit_cast<float>(found[64 * number + lane]));
    };
    for (unsigned block = 0; block < format.blocks; ++block)
      for (unsigned i = 0; i < size; ++i)
        for (unsigned j = 0; j < size; ++j) {
          int sum = 0;
          for (unsigned k = 0; k < format.depth; ++k)
            sum += 2 * element(block, i, k) * element(block, k, j + 1);
          double value = format.kind == Format::f64
                             ? (size == 16 ? at(j + 16 * (i % 4), i / 4) : at(j + 4 * block + 16 * i, 0))
                         : size == 32 ? at(j + 32 * (i / 4 % 2), 16 * block + i / 8 * 4 + i % 4)
                         : size == 16 ? at(j + 16 * (i / 4), 4 * block + i % 4)
                                      : at(j + 4 * block, i);
          EXPECT_EQ(value, sum) << format.name << ", block " << block << ", row " << i << ", column " << j;
        }
    EXPECT_EQ(code->counters.matrix, 2u);
    EXPECT_EQ(code->counters.matrixFlops, UINT64_C(4) * size * size * format.depth * format.blocks);
  }
}

} // namespace
} // namespace treadle::simulator::gcn
