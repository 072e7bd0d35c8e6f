//===- hip_driver.cpp - kernels on HIP devices -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "targets/hip/run/HipDevice.h"
#include "test/targets/GpuDriver.h"
#include "test/targets/hip/run/HipTest.h"

using namespace treadle;
using namespace treadle::test;
using testing::HasSubstr;

namespace {

class HipDriver : public HipTest {};
INSTANTIATE_TYPED_TEST_SUITE_P(Hip, GpuDriver, HipTest);

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

TEST_F(HipDriver, PersistentKernelsHaveAsManyWorkgroupsAsRunAtOnce) {
  expectPersistent<HipTest>(hipKernels("#define COUNT"));
}

TEST_F(HipDriver, ALibraryThatDoesNotKnowHowManyRunAtOnce) {
  std::shared_ptr<const hip::Library> library;
  ASSERT_FALSE(hip::Library::open(library).failed());
  auto older = std::make_shared<hip::Library>(*library);
  older->hipModuleOccupancyMaxActiveBlocksPerMultiprocessor = nullptr;
  const std::string code = hipKernels("");
  auto occupancyOn = [&](const std::shared_ptr<const hip::Library> &library) {
    std::shared_ptr<StreamDevice> device;
    EXPECT_FALSE(hip::HipDevice::open(library, 0, device).failed());
    Entered entered(*device);
    void *module = nullptr, *kernel = nullptr;
    EXPECT_FALSE(device->loadCode(code.data(), "kernels", module).failed());
    EXPECT_FALSE(device->findKernel(module, "add", 0, kernel).failed());
    Occupancy most = device->occupancy(kernel, 4, 0);
    device->unloadCode(module);
    return most.multiprocessors * most.workgroupsOfEach;
  };
  EXPECT_GE(occupancyOn(library), 1);
  EXPECT_EQ(occupancyOn(older), 0);
}

TEST_F(HipDriver, KernelThatGoesWrong) {
  TestProgram description = program();
  description.executables[0].entries[0].symbol = "far";
  expectLost<HipTest>(description,
                      "simulator: far, workgroup 0: wave 0, .*_load_dword.*: .*reads 4 bytes at 0x90, outside "
                      "of what is allocated");
}

} // namespace
