//===- HipTest.h - programs on a HIP device, simulated where there is none ---===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_TARGETS_HIP_RUN_HIPTEST_H
#define TREADLE_TEST_TARGETS_HIP_RUN_HIPTEST_H

#include "runtime/device/Targets.h"
#include "test/CodeObject.h"
#include "test/Simulators.h"
#include "test/runtime/TestProgram.h"
#include <gmock/gmock.h>

namespace treadle::test {

/// kernels.cl, compiled.
inline std::string hipKernels(const std::string &definitions) {
  std::ifstream file(TREADLE_SOURCE_DIR "/test/targets/hip/run/kernels.cl");
  return codeObject("cl", definitions + "\n" + std::string(std::istreambuf_iterator<char>(file), {}));
}

class HipTest : public testing::Test {
public:
  static constexpr const char *targetName = "hip";
  static constexpr int64_t longRounds = 10000;

  /// What TestProgram computes, on a HIP device.
  static TestProgram program() {
    static const std::string kernels = hipKernels("");
    TestProgram description;
    description.kernels[0].writes = description.kernels[1].writes = 1;
    TestProgram::Executable &code = description.executables[0];
    code = {"hip", "gfx90a", {}, {TestProgram::entry(0, "add_row", 0), TestProgram::entry(1, "add", 0)}, kernels, -1};
    for (TestProgram::Entry &entry : code.entries)
      entry.threads = 4;
    return description;
  }

  static std::string longCode() { return hipKernels("#define LONG"); }

  static std::vector<DeviceInfo> devices() { return hip::devices(); }
  static treadle_session_options options() {
    treadle_session_options options = {};
    options.device = "hip:0";
    return options;
  }

protected:
  /// What making a session says, or "".
  static std::string sessionOf(const TestProgram &description, const char *device = "hip:0") {
    return sessionMessage(description, device);
  }

  static void SetUpTestSuite() { openSimulators(); }
  void SetUp() override {
    if (hip::devices().empty())
      GTEST_SKIP() << "there is no HIP device, and no simulator of one (it is built with the compiler)";
  }
};

} // namespace treadle::test

#endif // TREADLE_TEST_TARGETS_HIP_RUN_HIPTEST_H
