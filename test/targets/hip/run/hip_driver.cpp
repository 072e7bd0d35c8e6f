//===- hip_driver.cpp - kernels on HIP devices -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/targets/GpuDriver.h"
#include "test/targets/hip/run/HipTest.h"

using namespace treadle;
using namespace treadle::test;
using testing::HasSubstr;

namespace {

class HipDriver : public HipTest {};
INSTANTIATE_TYPED_TEST_SUITE_P(Hip, GpuDriver, HipTest);

TEST_F(HipDriver, DevicesAreListed) {
  DeviceInfo first = hip::devices()[0];
  EXPECT_EQ(first.name, "hip:0");
  EXPECT_EQ(first.target, "hip");
  EXPECT_THAT(first.description, HasSubstr(", gfx"));
  EXPECT_GT(first.memory, 0u);
}

TEST_F(HipDriver, EachDieIsADevice) {
  if (hip::devices().size() < 2)
    GTEST_SKIP() << "there is only one";
  for (const char *device : {"hip:0", "hip:1", "hip:0"}) {
    treadle_session_options on = {};
    on.device = device;
    OpenProgram open(program(), &on);
    EXPECT_EQ(Rows(5).run(open.session), "");
  }
}

TEST_F(HipDriver, CodeThatIsNone) {
  TestProgram description = program();
  description.executables[0].code[0] = '!';
  EXPECT_THAT(sessionOf(description), HasSubstr("the runtime does not take the code"));
  description = program();
  description.executables[0].entries[0].symbol = "other";
  EXPECT_THAT(sessionOf(description), HasSubstr(": loading other: "));
}

TEST_F(HipDriver, WhatTheDeviceLacks) {
  TestProgram description = program();
  description.executables[0].variant = "gfx1";
  EXPECT_THAT(sessionOf(description), HasSubstr("which lacks the processor gfx1 (it has gfx"));
  EXPECT_EQ(sessionOf(TestProgram()), "artifact in memory: has code for cpu x86-64-v2, not for hip; compile the "
                                      "model with --target hip");
}

TEST_F(HipDriver, DevicesThatAreNotThere) {
  EXPECT_THAT(sessionOf(program(), "hip:77"),
              testing::MatchesRegex("there is no device \"hip:77\", the last is \"hip:[0-9]+\""));
}

/// A kernel's fault ends the process's work on HIP devices, so that this runs in a process of its own.
TEST_F(HipDriver, KernelThatGoesWrong) {
  if (hip::devices()[0].description.find("simulated") == std::string::npos)
    GTEST_SKIP() << "would end this process's work on a real device";
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  TestProgram description = program();
  description.executables[0].entries[0].symbol = "far";
  auto runs = [&] {
    treadle_session_options on = options();
    OpenProgram open(description, &on);
    std::string first = Rows(5).run(open.session), second = Rows(7).run(open.session);
    bool good = first.find("the device was lost (an illegal memory access was encountered); the process must be "
                           "started again") != std::string::npos &&
                second.find("the device was lost") != std::string::npos;
    std::_Exit(good ? 0 : 1);
  };
  EXPECT_EXIT(runs(), testing::ExitedWithCode(0),
              "simulator: far, workgroup 0: wave 0, .*_load_dword.*: .*reads 4 bytes at 0x90, outside of what is "
              "allocated");
}

} // namespace
