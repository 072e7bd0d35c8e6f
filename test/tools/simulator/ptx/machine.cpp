//===- machine.cpp - lanes, memory and what is wrong with kernels -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/tools/simulator/ptx/PtxTest.h"
#include <numeric>

namespace treadle::simulator::ptx {
namespace {

using testing::HasSubstr;

// The address of this thread's element of 4 bytes: in %rd10 of %rd1, in %rd11 of %rd2.
const std::string places = "mul.wide.u32 %rd9, %r1, 4;\nadd.s64 %rd10, %rd1, %rd9;\nadd.s64 %rd11, %rd2, %rd9;\n";
// And in shared memory: %rd12 of this thread.
const std::string sharedWords = ".shared .align 16 .b8 words[4096];\n";
const std::string sharedPlace = "mov.b64 %rd8, words;\nmul.wide.u32 %rd9, %r1, 4;\nadd.s64 %rd12, %rd8, %rd9;\n";

std::vector<uint32_t> iota(size_t count) {
  std::vector<uint32_t> values(count);
  std::iota(values.begin(), values.end(), 0);
  return values;
}

// ---- lanes -------------------------------------------------------------------------------------

TEST_F(PtxTest, BranchesPartAndMeet) {
  // Odd threads add 100, even ones loop as often as their number says; all add 1000 together.
  Code &code = load(kernel(places + R"(
    and.b32 %r10, %r1, 1;
    setp.eq.b32 %p1, %r10, 0;
    mov.b32 %r11, 0;
    @%p1 bra EVEN;
    add.s32 %r11, %r11, 100;
    bra.uni DONE;
EVEN:
    setp.ge.u32 %p2, %r11, %r1;
    @%p2 bra DONE;
    add.s32 %r11, %r11, 1;
    bra.uni EVEN;
DONE:
    add.s32 %r11, %r11, 1000;
    st.global.b32 [%rd10], %r11;)"));
  uint64_t to = upload(std::vector<uint32_t>(40));
  run(code, {to}, 40);
  std::vector<uint32_t> result = download<uint32_t>(to, 40);
  for (uint32_t i = 0; i < 40; ++i)
    EXPECT_EQ(result[i], 1000 + (i % 2 ? 100 : i)) << i;
  EXPECT_EQ(code.counters.globalStores, 2u) << "each warp came together again";
  EXPECT_GT(code.counters.divergent, 0u);
}

TEST_F(PtxTest, LanesThatHaveEndedAreNotWaitedFor) {
  EXPECT_EQ(faultOf("setp.gt.u32 %p1, %r1, 9;\n@%p1 ret;\nbar.sync 0;\n", {}, 32), "");
}

TEST_F(PtxTest, BarrierThatNotAllReachIsFound) {
  EXPECT_THAT(faultOf(R"(
    setp.gt.u32 %p1, %r1, 9;
    @%p1 bra OTHER;
    bar.sync 0;
    bra.uni DONE;
OTHER:
    bar.sync 0;
DONE:)",
                      {}, 32),
              HasSubstr("lanes wait at \"bar.sync 0\", which the others do not reach"));
  EXPECT_THAT(faultOf("setp.gt.u32 %p1, %r1, 31;\n@%p1 bra DONE;\nbar.sync 0;\nDONE:", {}, 64),
              HasSubstr("some subgroups wait at a barrier that others, which have ended, never reach"));
}

TEST_F(PtxTest, ValuesGoFromLaneToLane) {
  auto shuffled = [&](const std::string &mode, unsigned b, unsigned c) {
    uint64_t to = upload(std::vector<uint32_t>(32));
    run(load(kernel(places + "shfl.sync." + mode + ".b32 %r11|%p1, %r1, " + std::to_string(b) + ", " +
                    std::to_string(c) +
                    ", -1;\nselp.b32 %r12, 100, 0, %p1;\nadd.s32 %r11, %r11, %r12;\nst.global.b32 [%rd10], %r11;")),
        {to});
    return download<uint32_t>(to, 32);
  };
  std::vector<uint32_t> rotated = shuffled("bfly", 1, 31);
  EXPECT_EQ(rotated[0], 101u);
  EXPECT_EQ(rotated[31], 130u);
  std::vector<uint32_t> down = shuffled("down", 4, 31);
  EXPECT_EQ(down[3], 107u);
  EXPECT_EQ(down[30], 30u) << "beyond the last: its own, and the predicate is false";
  EXPECT_EQ(shuffled("up", 4, 0)[2], 2u);
  EXPECT_EQ(shuffled("up", 4, 0)[9], 105u);
  EXPECT_EQ(shuffled("idx", 5, 31)[17], 105u);
  EXPECT_EQ(shuffled("idx", 1, 31 | 24 << 8)[19], 117u) << "in segments of 8";
}

TEST_F(PtxTest, LanesVote) {
  uint64_t to = upload(std::vector<uint32_t>(32));
  run(load(kernel(places + "setp.lt.u32 %p1, %r1, 3;\nvote.sync.ballot.b32 %r10, %p1, -1;\n"
                           "vote.sync.any.pred %p2, %p1, -1;\nvote.sync.all.pred %p3, %p1, -1;\n"
                           "selp.b32 %r11, 16, 0, %p2;\nselp.b32 %r12, 32, 0, %p3;\nadd.s32 %r10, %r10, %r11;\n"
                           "add.s32 %r10, %r10, %r12;\nst.global.b32 [%rd10], %r10;")),
      {to});
  EXPECT_EQ(download<uint32_t>(to, 32)[31], 7u + 16u);
}

// ---- memory --------------------------------------------------------------------------------------

TEST_F(PtxTest, WhoLeavesMemoryIsNamed) {
  uint64_t four = upload<uint32_t>({1, 2, 3, 4});
  std::string fault = faultOf(places + "ld.global.b32 %r10, [%rd10];", {four}, 5);
  EXPECT_THAT(fault, HasSubstr("k, workgroup 0: warp 0, \"ld.global.b32 %r10, [%rd10]\": lane 4: reads 4 bytes at"));
  EXPECT_THAT(fault, HasSubstr("the allocation before it has 16 bytes, and this is byte 16"));
  EXPECT_THAT(faultOf("st.global.b32 [%rd1+2], 0;", {four}, 1), HasSubstr("is no multiple of 4"));
  EXPECT_THAT(faultOf("ld.global.v4.b32 {%r10, %r11, %r12, %r13}, [%rd1+4];", {four}, 1),
              HasSubstr("is no multiple of 16"));
  EXPECT_THAT(faultOf("ld.global.b32 %r10, [%rd1];", {1234 * 4}, 1), HasSubstr("nothing is allocated before it"));
  memory.release(four);
  EXPECT_THAT(faultOf("ld.global.b32 %r10, [%rd1];", {four}, 1), HasSubstr("outside of what is allocated"));
}

TEST_F(PtxTest, RacesBetweenWorkgroupsAreFound) {
  uint64_t to = upload(std::vector<uint32_t>(64));
  EXPECT_THAT(faultOf(places + "st.global.b32 [%rd10], %r2;", {to}, 32, 2),
              HasSubstr("and in the same launch workgroup 0 wrote it"));
  EXPECT_THAT(faultOf(places + "setp.eq.b32 %p1, %r2, 0;\n@%p1 ld.global.b32 %r10, [%rd10];\n"
                               "@!%p1 st.global.b32 [%rd10], %r2;",
                      {to}, 32, 2),
              HasSubstr("and in the same launch workgroup 0 read it"));
  EXPECT_THAT(faultOf(places + "setp.lt.u32 %p1, %r2, 2;\n@%p1 ld.global.b32 %r10, [%rd10];\n"
                               "@!%p1 st.global.b32 [%rd10], %r2;",
                      {to}, 32, 3),
              HasSubstr("read it"))
      << "of several readers";
  EXPECT_EQ(faultOf(places + "ld.global.b32 %r10, [%rd10];\nadd.s32 %r10, %r10, 1;\nst.global.b32 [%rd10], %r10;", {to},
                    32, 1),
            "")
      << "what one workgroup does by itself is no race";
}

TEST_F(PtxTest, RacesInSharedMemoryAreFound) {
  std::string exchange = "st.shared.b32 [%rd12], %r1;\nBARRIER\nxor.b32 %r10, %r1, 1;\nmul.wide.u32 %rd9, %r10, 4;\n"
                         "add.s64 %rd13, %rd8, %rd9;\nld.shared.b32 %r11, [%rd13];\n";
  auto with = [&](const std::string &barrier) {
    std::string text = exchange;
    text.replace(text.find("BARRIER"), 7, barrier);
    return faultOf(sharedPlace + text, {}, 64, 1, sharedWords);
  };
  EXPECT_EQ(with("bar.sync 0;"), "");
  EXPECT_THAT(with(""), HasSubstr("wrote since the last barrier"));
  EXPECT_EQ(with("bar.warp.sync -1;"), "") << "of the same warp";
  EXPECT_THAT(with("bar.warp.sync 1;"), HasSubstr("waits for others than those that come"));
  exchange.replace(exchange.find("xor.b32 %r10, %r1, 1"), 20, "xor.b32 %r10, %r1, 32");
  EXPECT_EQ(with("bar.sync 0;"), "");
  EXPECT_THAT(with("bar.warp.sync -1;"), HasSubstr("since the last barrier")) << "of another warp";
  EXPECT_THAT(faultOf(sharedPlace + "st.shared.b32 [%rd8], %r1;", {}, 32, 1, sharedWords), HasSubstr("lane 1: writes"));
  EXPECT_THAT(faultOf(sharedPlace + "ld.shared.b32 %r10, [%rd12+4096];", {}, 1, 1, sharedWords),
              HasSubstr("of shared memory at 4096, of which there are 4096"));
}

TEST_F(PtxTest, WhatMovesIsCounted) {
  uint64_t from = upload(iota(64)), to = upload(std::vector<uint32_t>(64));
  Code &code = load(kernel(places + "ld.global.b32 %r10, [%rd10];\nld.global.b32 %r11, [%rd1];\n"
                                    "st.global.b32 [%rd11], %r10;"));
  run(code, {from, to}, 64);
  EXPECT_EQ(code.counters.globalLoads, 4u);
  EXPECT_EQ(code.counters.sectorsLoaded, 2u * (4 + 1));
  EXPECT_EQ(code.counters.sectorsStored, 8u);
  EXPECT_EQ(code.counters.bytesRead, 256u) << "each byte once";
  EXPECT_EQ(code.counters.bytesWritten, 256u);
  run(code, {from, to}, 64);
  EXPECT_EQ(code.counters.bytesRead, 512u) << "of each launch";
}

TEST_F(PtxTest, BankConflictsAreCounted) {
  auto conflicts = [&](unsigned stride) {
    Code &code = load(kernel("mov.b64 %rd8, words;\nmul.wide.u32 %rd9, %r1, " + std::to_string(4 * stride) +
                                 ";\nadd.s64 %rd12, %rd8, %rd9;\nld.shared.b32 %r10, [%rd12];",
                             sharedWords));
    run(code, {});
    EXPECT_EQ(code.counters.sharedAccesses, 1u);
    EXPECT_EQ(code.counters.sharedPasses, code.counters.bankConflicts + 1);
    return code.counters.bankConflicts;
  };
  EXPECT_EQ(conflicts(0), 0u) << "one word for all";
  EXPECT_EQ(conflicts(1), 0u);
  EXPECT_EQ(conflicts(2), 1u);
  EXPECT_EQ(conflicts(16), 15u);
  EXPECT_EQ(conflicts(17), 0u);
  // 16 bytes a lane: a quarter of the warp at once.
  Code &code = load(kernel("mov.b64 %rd8, words;\nmul.wide.u32 %rd9, %r1, 16;\nadd.s64 %rd12, %rd8, %rd9;\n"
                           "ld.shared.v4.b32 {%r10, %r11, %r12, %r13}, [%rd12];",
                           sharedWords));
  run(code, {});
  EXPECT_EQ(code.counters.sharedPasses, 4u);
  EXPECT_EQ(code.counters.bankConflicts, 0u);
}

TEST_F(PtxTest, LocalMemoryIsEachThreadsOwn) {
  uint64_t to = upload(std::vector<uint32_t>(32));
  run(load(kernel(places + "mov.b64 %rd8, depot;\nst.local.b32 [%rd8+4], %r1;\nld.local.b32 %r10, [%rd8+4];\n"
                           "st.global.b32 [%rd10], %r10;",
                  ".local .align 16 .b8 depot[16];\n")),
      {to});
  EXPECT_EQ(download<uint32_t>(to, 32), iota(32));
}

// ---- copies that take their time -----------------------------------------------------------------

TEST_F(PtxTest, CopiesArriveWhenTheyAreWaitedFor) {
  auto copied = [&](const std::string &wait) {
    uint64_t from = upload(iota(32)), to = upload(std::vector<uint32_t>(32));
    run(load(kernel(places + sharedPlace + "cp.async.ca.shared.global [%rd12], [%rd10], 4;\ncp.async.commit_group;\n" +
                        wait + "ld.shared.b32 %r10, [%rd12];\nst.global.b32 [%rd11], %r10;",
                    sharedWords)),
        {from, to});
    return download<uint32_t>(to, 32);
  };
  EXPECT_EQ(copied("cp.async.wait_group 0;\n"), iota(32));
  EXPECT_EQ(copied("cp.async.wait_all;\n"), iota(32));
  EXPECT_NE(copied("cp.async.wait_group 1;\n"), iota(32)) << "the last group may still be under way";
  EXPECT_NE(copied(""), iota(32));
}

TEST_F(PtxTest, CopiesOfLessAreFilledWithZeros) {
  uint64_t from = upload(iota(4)), to = upload(std::vector<uint32_t>(4, 9));
  run(load(kernel("mov.b64 %rd8, words;\nmov.b32 %r9, 8;\ncp.async.cg.shared.global [%rd8], [%rd1], 16, %r9;\n"
                  "cp.async.wait_all;\nld.shared.v4.b32 {%r10, %r11, %r12, %r13}, [%rd8];\n"
                  "st.global.v4.b32 [%rd2], {%r10, %r11, %r12, %r13};",
                  sharedWords)),
      {from, to}, 1);
  EXPECT_THAT(download<uint32_t>(to, 4), testing::ElementsAre(0u, 1u, 0u, 0u));
}

} // namespace
} // namespace treadle::simulator::ptx
