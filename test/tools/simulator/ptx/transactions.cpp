//===- transactions.cpp - copies of boxes, and their barriers -----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/tools/simulator/ptx/PtxTest.h"
#include "tools/simulator/ptx/TensorMap.h"
#include <numeric>

namespace treadle::simulator::ptx {
namespace {

using testing::HasSubstr;

class PtxTransactions : public PtxTest {
protected:
  static constexpr uint32_t rows = 8, rowElements = 64;

  /// One warp. Lane 0 copies a box of 8 x 64 numbers of 16 bits, at row %r3 and column %r4, to shared memory, and
  /// `body` is what follows; %r9 is the barrier, and the bytes are at 1024.
  static std::string kernel(const std::string &body, uint32_t expected = rows * rowElements * 2) {
    return R"(
.version 8.0
.target sm_90a
.address_size 64
.visible .entry k(.param .u64 k_0, .param .u64 k_1, .param .align 64 .b8 k_2[128])
{
.reg .pred %p<9>; .reg .b32 %r<99>; .reg .b64 %rd<33>;
.shared .align 1024 .b8 memory[2048];
ld.param.b64 %rd1, [k_0];
ld.param.b32 %r3, [k_1];
ld.param.b32 %r4, [k_1+4];
mov.b64 %rd2, k_2;
cvta.param.u64 %rd3, %rd2;
mov.u32 %r1, %tid.x;
mov.b32 %r9, 0;
mov.b32 %r8, 1024;
setp.ne.b32 %p1, %r1, 0;
@%p1 bra $started;
mbarrier.init.shared.b64 [%r9], 1;
fence.mbarrier_init.release.cluster;
fence.proxy.async.shared::cta;
mbarrier.arrive.expect_tx.shared.b64 _, [%r9], )" +
           std::to_string(expected) + R"(;
cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%r8], [%rd3, {%r4, %r3}], [%r9];
$started:
bar.warp.sync -1;
)" + body + R"(
ret;
}
)";
  }

  static std::string waitFor(int phase) {
    return "mov.b32 %r10, " + std::to_string(phase) +
           ";\n$wait:\nmbarrier.try_wait.parity.shared.b64 %p2, [%r9], %r10;\n@!%p2 bra $wait;\n";
  }

  /// Each lane stores the four 32-bit words of two of the 64 chunks, in the order of their addresses.
  static std::string storeAll() {
    std::string text = "mad.lo.s32 %r11, %r1, 32, %r8;\nmul.wide.u32 %rd4, %r1, 32;\nadd.s64 %rd5, %rd1, %rd4;\n";
    for (int half : {0, 16})
      text += "ld.shared.v4.b32 {%r20, %r21, %r22, %r23}, [%r11+" + std::to_string(half) +
              "];\nst.global.v4.b32 [%rd5+" + std::to_string(half) + "], {%r20, %r21, %r22, %r23};\n";
    return text;
  }

  std::vector<uint16_t> copy(const std::string &body, int32_t row, int32_t column, uint32_t height, uint32_t width,
                             uint32_t expected = rows * rowElements * 2) {
    std::vector<uint16_t> tensor(height * pitch);
    std::iota(tensor.begin(), tensor.end(), 1);
    uint64_t to = upload(std::vector<uint16_t>(rows * rowElements));
    TensorMap map;
    map.rank = 2;
    map.elementBytes = 2;
    map.box[0] = rowElements;
    map.box[1] = rows;
    map.address = upload(tensor);
    map.strides[0] = pitch * 2;
    map.sizes[0] = width;
    map.sizes[1] = height;
    Launch launch{{1, 1, 1}, {32, 1, 1}, 0, {}};
    launch.arguments.resize(256);
    std::memcpy(launch.arguments.data(), &to, sizeof(to));
    std::memcpy(launch.arguments.data() + 8, &row, sizeof(row));
    std::memcpy(launch.arguments.data() + 12, &column, sizeof(column));
    std::memcpy(launch.arguments.data() + 64, &map, sizeof(map));
    runKernel(load(kernel(body, expected)), launch, memory);
    return download<uint16_t>(to, rows * rowElements);
  }
  std::string faultOf(const std::string &body, uint32_t expected = rows * rowElements * 2) {
    try {
      copy(body, 0, 0, rows, rowElements, expected);
    } catch (const Fault &fault) {
      return fault.what();
    }
    return "";
  }
  static constexpr uint32_t pitch = 72;
};

/// Chunks of 16 bytes trade places within their row, as the row's number says; what is outside is 0.
TEST_F(PtxTransactions, BoxesAreCopied) {
  for (auto [row, column, height, width] :
       {std::array<int32_t, 4>{0, 0, 8, 64}, {1, 3, 12, 72}, {5, 30, 9, 70}, {-2, -5, 8, 64}}) {
    std::vector<uint16_t> got = copy(waitFor(0) + storeAll(), row, column, height, width);
    for (int32_t r = 0; r < int32_t(rows); ++r)
      for (int32_t c = 0; c < int32_t(rowElements); ++c) {
        int32_t y = row + r, x = column + c;
        bool isInside = y >= 0 && y < height && x >= 0 && x < width;
        uint16_t expected = isInside ? static_cast<uint16_t>(y * int32_t(pitch) + x + 1) : 0;
        int32_t chunk = (c / 8) ^ r;
        ASSERT_EQ(got[r * rowElements + chunk * 8 + c % 8], expected) << row << " " << column << ": " << r << ", " << c;
      }
  }
}

TEST_F(PtxTransactions, WhoDoesNotWaitIsTold) {
  EXPECT_THAT(faultOf(storeAll()), HasSubstr("which a copy is under way to"));
}

TEST_F(PtxTransactions, PhasesThatNeverEnd) {
  EXPECT_THAT(faultOf(waitFor(0), 4096), HasSubstr("subgroups wait for one another at transaction barriers"));
  EXPECT_THAT(faultOf(waitFor(0) + "$wait2:\nmbarrier.try_wait.parity.shared.b64 %p3, [%r9], 1;\n@!%p3 bra $wait2;\n"),
              HasSubstr("subgroups wait for one another"));
  EXPECT_EQ(faultOf("$wait2:\nmbarrier.try_wait.parity.shared.b64 %p3, [%r9], 1;\n@!%p3 bra $wait2;\n" + waitFor(0)),
            "");
}

TEST_F(PtxTransactions, BarriersThatAreNone) {
  EXPECT_THAT(faultOf("mbarrier.arrive.shared.b64 _, [%r8];"), HasSubstr("byte 1024 of shared memory is no barrier"));
  EXPECT_THAT(faultOf(waitFor(0) + "@%p1 ret;\nmbarrier.inval.shared.b64 [%r9];\nmbarrier.arrive.shared.b64 _, [%r9];"),
              HasSubstr("is no barrier"));
  EXPECT_THAT(faultOf("@%p1 ret;\nmbarrier.init.shared.b64 [%r9], 1;"), HasSubstr("is a barrier already"));
  EXPECT_THAT(faultOf("@%p1 ret;\nmbarrier.inval.shared.b64 [%r9];"), HasSubstr("bytes are under way"));
}

} // namespace
} // namespace treadle::simulator::ptx
