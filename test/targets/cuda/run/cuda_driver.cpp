//===- cuda_driver.cpp - kernels on CUDA devices ------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/targets/GpuDriver.h"
#include "test/targets/cuda/run/CudaTest.h"

using namespace treadle;
using namespace treadle::test;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

class CudaDriver : public CudaTest {};
INSTANTIATE_TYPED_TEST_SUITE_P(Cuda, GpuDriver, CudaTest);

TEST_F(CudaDriver, DevicesAreListed) {
  DeviceInfo first = cuda::devices()[0];
  EXPECT_EQ(first.name, "cuda:0");
  EXPECT_EQ(first.target, "cuda");
  EXPECT_THAT(first.description, HasSubstr(", compute capability "));
  EXPECT_GT(first.memory, 0u);
}

TEST_F(CudaDriver, TheNewestCodeThatTheDeviceKnowsIsTaken) {
  TestProgram description = program();
  description.executables.push_back(description.executables[0]);
  description.executables[1].variant = "sm_999";
  description.executables[1].code[0] = '!';
  treadle_session_options on = options();
  OpenProgram open(description, &on);
  EXPECT_EQ(Rows(5).run(open.session), "");
}

TEST_F(CudaDriver, CodeThatIsNone) {
  TestProgram description = program();
  description.executables[0].code[description.executables[0].entries[1].offset] = '!';
  EXPECT_THAT(sessionOf(description), HasSubstr(": loading add: the driver does not take the code"));
  description = program();
  description.executables[0].entries[0].bytes -= 1;
  EXPECT_EQ(sessionOf(description), "artifact in memory: damaged: the code of add_row has no end");
  description = program();
  description.executables[0].entries[0].symbol = "other";
  EXPECT_THAT(sessionOf(description), HasSubstr(": loading other: "));
}

TEST_F(CudaDriver, WhatTheDeviceLacks) {
  TestProgram description = program();
  description.executables[0].variant = "sm_999";
  EXPECT_THAT(sessionOf(description),
              StartsWith("artifact in memory: has code for cuda sm_999, not for this device ("));
  EXPECT_THAT(sessionOf(description), HasSubstr("which lacks compute capability 99.9; compile the model for it"));
  EXPECT_EQ(sessionOf(TestProgram()), "artifact in memory: has code for cpu x86-64-v2, not for cuda; compile the "
                                      "model with --target cuda");
  description = program();
  description.executables[0].entries[0].exprs[1] = {format::ExprOp::constant, 0, 0, 64}; // scratch
  treadle_session_options on = options();
  OpenProgram open(description, &on);
  EXPECT_EQ(Rows(5).run(open.session), "artifact in memory: damaged: kernels of GPUs have no private memory");
}

TEST_F(CudaDriver, DevicesThatAreNotThere) {
  EXPECT_THAT(sessionOf(program(), "cuda:77"),
              testing::MatchesRegex("there is no device \"cuda:77\", the last is \"cuda:[0-9]+\""));
}

TEST_F(CudaDriver, MoreThanTheDeviceHas) {
  TestProgram description = program();
  description.symbols[0].max = int64_t(1) << 40;
  treadle_session_options on = options();
  OpenProgram open(description, &on);
  auto prepared = [&](int64_t count) {
    int64_t dims[] = {count, 4};
    treadle_tensor inputs[] = {{nullptr, TREADLE_F32, 2, dims, 0}, {nullptr, TREADLE_F32, 2, dims, 0}};
    treadle_error *error = treadle_session_prepare(open.session, inputs, 2);
    return std::make_pair(treadle_error_code(error), messageOf(error));
  };
  EXPECT_THAT(prepared(int64_t(1) << 27).second, HasSubstr("this device's kernels reach 2147483647"));
  if (cuda::devices()[0].memory <= uint64_t(4) << 30) {
    auto [code, message] = prepared((int64_t(1) << 27) - 1); // 2 GiB each
    EXPECT_EQ(code, TREADLE_OUT_OF_MEMORY);
    EXPECT_THAT(message, HasSubstr("the device has no more memory; close what else uses it, or give smaller inputs"));
  }
  EXPECT_EQ(Rows(5).run(open.session), "");
}

/// Last, as it leaves the device's context lost until all sessions are closed.
TEST_F(CudaDriver, KernelThatGoesWrong) {
  if (cuda::devices()[0].description.find("simulated") == std::string::npos)
    GTEST_SKIP() << "would end this process's work on a real device";
  TestProgram description = program();
  std::string &code = description.executables[0].code;
  size_t load = code.find("ld.global.b32 %f1, [%rd1]");
  code.replace(load, 25, "ld.global.b32 %f1, [0x90]");
  treadle_session_options on = options();
  {
    OpenProgram open(description, &on);
    testing::internal::CaptureStderr();
    EXPECT_THAT(Rows(5).run(open.session),
                HasSubstr("running kernels: the device was lost (an illegal memory access was "
                          "encountered); the process must be started again"));
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                StartsWith("simulator: add_row, workgroup 0: warp 0, \"ld.global.b32 %f1, [0x90]\": lane 0: reads 4 "
                           "bytes at 0x90, outside of what is allocated: nothing is allocated before it"));
    EXPECT_THAT(Rows(7).run(open.session), HasSubstr("the device was lost"));
  }
  OpenProgram open(program(), &on);
  EXPECT_EQ(Rows(5).run(open.session), "");
}

} // namespace
