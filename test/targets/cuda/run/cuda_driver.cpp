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
  description.executables[0].variant = "sm_50";
  description.executables[0].features = {"exact"};
  EXPECT_THAT(sessionOf(description),
              HasSubstr("which lacks exactly compute capability 5.0; compile the model for it"));
  EXPECT_EQ(sessionOf(TestProgram()), "artifact in memory: has code for cpu x86-64-v2, not for cuda; compile the "
                                      "model with --target cuda");
  description = program();
  description.executables[0].entries[0].exprs[1] = {format::ExprOp::constant, 0, 0, 64}; // scratch
  treadle_session_options on = options();
  OpenProgram open(description, &on);
  EXPECT_EQ(Rows(5).run(open.session), "artifact in memory: damaged: kernels of GPUs have no private memory");
}

TEST_F(CudaDriver, PersistentKernelsHaveAsManyWorkgroupsAsRunAtOnce) {
  std::string code = header;
  for (std::string name : {"add_row", "add"})
    code += cudaKernel(name, name == "add_row", 1, "  mov.u32 %r5, %nctaid.x;\n  cvt.rn.f32.u32 %f3, %r5;");
  expectPersistent<CudaTest>(code + '\0');
}

TEST_F(CudaDriver, KernelThatGoesWrong) {
  TestProgram description = program();
  std::string &code = description.executables[0].code, load = "ld.global.b32 %f1, [%rd1]";
  code.replace(code.find(load), load.size(), "ld.global.b32 %f1, [0x90]");
  expectLost<CudaTest>(description, "simulator: add_row, workgroup 0: warp 0, \"ld.global.b32 %f1, .0x90.\": lane 0: "
                                    "reads 4 bytes at 0x90, outside of what is allocated");
}

} // namespace
