//===- vulkan_driver.cpp - kernels on Vulkan devices ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Session.h"
#include "targets/vulkan/run/VulkanDriver.h"
#include "test/targets/GpuDriver.h"
#include "test/targets/vulkan/run/VulkanTest.h"
#include <atomic>

using namespace treadle;
using namespace treadle::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

namespace {

class VulkanDriver : public VulkanTest {};
INSTANTIATE_TYPED_TEST_SUITE_P(Vulkan, GpuDriver, VulkanTest);

// ---- what is refused -------------------------------------------------------------------------

TEST_F(VulkanDriver, CodeThatIsNone) {
  TestProgram description = program();
  description.executables[0].code[description.executables[0].entries[1].offset] ^= 1;
  EXPECT_EQ(sessionOf(description), "artifact in memory: damaged: the code of add is no SPIR-V");
  description = program();
  description.executables[0].entries[0].bytes -= 2;
  EXPECT_EQ(sessionOf(description), "artifact in memory: damaged: the code of add_row is no SPIR-V");
  description.executables[0].entries[0].bytes = 0;
  EXPECT_EQ(sessionOf(description), "artifact in memory: damaged: the code of add_row is no SPIR-V");
}

TEST_F(VulkanDriver, WhatTheDeviceLacks) {
  TestProgram description = program();
  description.executables[0].features = {"shaderTeleport"};
  EXPECT_THAT(sessionOf(description),
              StartsWith("artifact in memory: has code for vulkan spirv1.6, not for this device ("));
  EXPECT_THAT(sessionOf(description),
              HasSubstr("which lacks shaderTeleport; compile the model for it, or with --target cpu"));
  description = program();
  description.executables[0].entries[1].threads = 1 << 20;
  EXPECT_THAT(sessionOf(description), HasSubstr("which lacks workgroups of 1048576 threads"));
  EXPECT_EQ(sessionOf(TestProgram()), "artifact in memory: has code for cpu x86-64-v2, not for vulkan; compile the "
                                      "model with --target vulkan");
  EXPECT_EQ(sessionOf(program(), "cpu"), "artifact in memory: has code for vulkan spirv1.6, not for cpu; compile the "
                                         "model with --target cpu");
  description = program();
  description.executables[0].entries[0].exprs[1] = {format::ExprOp::constant, 0, 0, 64}; // scratch
  treadle_session_options on = options();
  OpenProgram open(description, &on);
  EXPECT_EQ(Rows(5).run(open.session), "artifact in memory: damaged: kernels of Vulkan devices have no private memory");
}

TEST_F(VulkanDriver, NoDriverIsInstalled) {
  setenv("VK_DRIVER_FILES", "/nothing/here.json", 1);
  setenv("VK_ICD_FILENAMES", "/nothing/here.json", 1);
  EXPECT_TRUE(vulkan::devices().empty());
  EXPECT_THAT(sessionOf(program()), MatchesRegex("there is no device \"vulkan:0\": .*; install .*"));
  unsetenv("VK_DRIVER_FILES");
  unsetenv("VK_ICD_FILENAMES");
  EXPECT_FALSE(vulkan::devices().empty());
}

// ---- copies and fills ------------------------------------------------------------------------

/// With and without memory that host and device share.
class Staged : public VulkanTest, public testing::WithParamInterface<bool> {
protected:
  void SetUp() override {
    VulkanTest::SetUp();
    if (IsSkipped())
      return;
    EXPECT_EQ(Program::open(file.data(), file.size(), "f", true, nullptr, opened).message, "");
    driver = make();
  }
  std::unique_ptr<Driver> make() const {
    std::unique_ptr<Driver> made;
    EXPECT_EQ(vulkan::createDriver({}, GetParam(), made).message, "");
    EXPECT_EQ(made->load(opened, *opened->tables().executables()->Get(0)).message, "");
    return made;
  }

  AlignedBytes file{program().write()};
  std::shared_ptr<const Program> opened;
  std::unique_ptr<Driver> driver;
};
INSTANTIATE_TEST_SUITE_P(VulkanDriver, Staged, testing::Bool());

TEST_P(Staged, Runs) {
  Session session(opened, std::move(driver), nullptr, 0), other(opened, make(), nullptr, 0);
  for (int64_t count : {3, 100, 0, 7, 100000, 5, 5}) {
    Rows rows(count);
    for (Session *each : {&session, &other})
      EXPECT_EQ(
          rows.check([&](treadle_tensor *outputs) { return each->run(rows.inputs.data(), 2, outputs, 3).message; }), "")
          << count;
  }
}

TEST_P(Staged, Observed) {
  Session session(opened, std::move(driver), nullptr, 0);
  Rows rows(30);
  for (bool profiled : {false, true}) {
    Seen seen;
    session.setProfiling(profiled);
    session.setObserver(Seen::observe, &seen);
    EXPECT_EQ(
        rows.check([&](treadle_tensor *outputs) { return session.run(rows.inputs.data(), 2, outputs, 3).message; }),
        "");
    EXPECT_THAT(seen.values, ElementsAre(rows.copy, rows.sum));
  }
}

TEST_P(Staged, LargeWeights) {
  TestProgram description = program();
  const size_t count = 70 << 20; // more than is brought to the device at once
  std::string bytes(count, '\0');
  for (size_t i = 0; i < count; ++i)
    bytes[i] = static_cast<char>(i * 2654435761u >> 24);
  description.constants.push_back({bytes});
  description.exprs.push_back({format::ExprOp::constant, 0, 0, static_cast<int64_t>(count)});
  uint32_t size = description.exprs.size() - 1;
  description.buffers.push_back({format::Space::constant, size, 1});
  description.buffers.push_back({format::Space::output, size, 3});
  description.outputs.push_back({"weights", TREADLE_U8, {size}, 8});
  description.steps.push_back({format::Command::Copy, {{7, 0}, {8, 0}}, size});
  AlignedBytes large(description.write());
  EXPECT_EQ(Program::open(large.data(), large.size(), "f", true, nullptr, opened).message, "");
  Session session(opened, make(), nullptr, 0);
  treadle_tensor outputs[4] = {};
  EXPECT_EQ(session.run(Rows(1).inputs.data(), 2, outputs, 4).message, "");
  EXPECT_TRUE(std::memcmp(outputs[3].data, bytes.data(), count) == 0);
}

TEST_P(Staged, FillsAndCopies) {
  EXPECT_EQ(driver->reserve(128, 0).message, "");
  Recorder &recorder = *driver->recorder();
  char *arena = static_cast<char *>(driver->arena());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(arena) % 64, 0u);
  std::atomic<bool> cancelled{false};
  const std::string before(128, '.');
  // What 128 dots have become.
  auto after = [&](auto &&steps) {
    EXPECT_EQ(recorder.begin(false).message, "");
    void *in = recorder.upload(arena, before.size());
    steps();
    const void *out = recorder.download(arena, before.size());
    Status status = recorder.end();
    if (status.failed())
      return status.message;
    std::memcpy(in, before.data(), before.size());
    EXPECT_EQ(recorder.submit(cancelled).message, "");
    return std::string(static_cast<const char *>(out), before.size());
  };
  for (unsigned width : {1u, 2u, 4u})
    for (size_t start = 0; start < 8; ++start)
      for (size_t bytes : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 64}) {
        std::string expected = before;
        for (size_t i = 0; i < bytes / width * width; ++i)
          expected[start + i] = "abcd"[i % width];
        EXPECT_EQ(after([&] { driver->fill(arena + start, bytes, 0x64636261, width); }), expected)
            << width << " " << start << " " << bytes;
      }
  std::string expected = before;
  expected.replace(5, 3, "aaa").replace(64, 5, "aaa..");
  EXPECT_EQ(after([&] {
              driver->fill(arena + 5, 3, 0x61, 1);
              recorder.barrier();
              driver->copy(arena + 64, arena + 5, 5);
              driver->copy(arena + 100, arena + 100, 5);
              driver->copy(arena + 120, arena + 5, 0);
            }),
            expected);
  EXPECT_EQ(after([&] { driver->copy(arena + 3, arena, 5); }), "f: damaged: a step copies onto what it copies");
  EXPECT_EQ(after([&] { driver->copy(arena + 4096, arena, 5); }),
            "f: damaged: a step reaches beyond the device's memory");
}

} // namespace
