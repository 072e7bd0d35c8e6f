//===- VulkanTest.h - programs on a Vulkan device, watched by its validation layers -===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels are compiled from kernels.comp by glslangValidator. Where there is no device the tests are
// skipped; where the Khronos validation layer is installed, any word of it fails the test.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_TARGETS_VULKAN_RUN_VULKANTEST_H
#define TREADLE_TEST_TARGETS_VULKAN_RUN_VULKANTEST_H

#include "runtime/device/Targets.h"
#include "test/TemporaryFolder.h"
#include "test/runtime/TestProgram.h"
#include <gmock/gmock.h>

namespace treadle::test {

/// Kernel `number` of kernels.comp, as SPIR-V.
inline std::string vulkanKernel(int number) {
  TemporaryFolder folder;
  std::string command =
      concat("glslangValidator -V --target-env vulkan1.3 -DKERNEL=", number, " -o ", folder.path("kernel.spv"), " ",
             TREADLE_SOURCE_DIR, "/test/targets/vulkan/run/kernels.comp > ", folder.path("log"), " 2>&1");
  EXPECT_EQ(std::system(command.c_str()), 0) << folder.contents("log");
  return folder.contents("kernel.spv");
}

class VulkanTest : public testing::Test {
public:
  static constexpr const char *targetName = "vulkan";
  static constexpr int64_t longRounds = 2000000;

  /// What TestProgram computes, on a Vulkan device.
  static TestProgram program() {
    static const std::string add = vulkanKernel(1), addRow = vulkanKernel(0);
    TestProgram description;
    description.kernels[0].writes = description.kernels[1].writes = 1;
    TestProgram::Executable &code = description.executables[0];
    code = {"vulkan", "spirv1.6", {}, {TestProgram::entry(0, "add_row", 0), TestProgram::entry(1, "add", 0)}, {}, -1};
    place(code, 0, addRow);
    place(code, 1, add);
    return description;
  }
  static const std::string &longCode() {
    static const std::string code = vulkanKernel(2);
    return code;
  }
  static void place(TestProgram::Executable &code, size_t kernel, const std::string &spirv) {
    code.entries[kernel].threads = 4;
    code.entries[kernel].offset = code.code.size();
    code.entries[kernel].bytes = spirv.size();
    code.code += spirv;
  }

  static std::vector<DeviceInfo> devices() { return vulkan::devices(); }
  static treadle_session_options options() {
    treadle_session_options options = {};
    options.device = "vulkan:0";
    return options;
  }

protected:
  /// What making a session says, or "".
  static std::string sessionOf(const TestProgram &description, const char *device = "vulkan:0") {
    return sessionMessage(description, device);
  }

  static void SetUpTestSuite() {
    // The loader and the layer read these when they are first needed.
    setenv("VK_INSTANCE_LAYERS", "VK_LAYER_KHRONOS_validation", 1);
    std::string settings = "khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG\n"
                           "khronos_validation.report_flags = error,warn,perf\n"
                           "khronos_validation.enables = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT\n"
                           "khronos_validation.log_filename = ";
    folder().put("vk_layer_settings.txt", settings + folder().path("validation.log") + "\n");
    setenv("VK_LAYER_SETTINGS_PATH", folder().path("vk_layer_settings.txt").c_str(), 1);
  }
  void SetUp() override {
    if (vulkan::devices().empty())
      GTEST_SKIP() << "there is no Vulkan device";
  }
  void TearDown() override {
    std::string log = folder().contents("validation.log");
    EXPECT_EQ(log.substr(logged), "");
    logged = log.size();
  }
  static const TemporaryFolder &folder() {
    static const TemporaryFolder folder;
    return folder;
  }

  std::string deviceName() const { return vulkan::devices()[0].description; }

private:
  static inline size_t logged = 0; // of the validation layer's words, by earlier tests
};

} // namespace treadle::test

#endif // TREADLE_TEST_TARGETS_VULKAN_RUN_VULKANTEST_H
