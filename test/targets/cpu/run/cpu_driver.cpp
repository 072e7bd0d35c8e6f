//===- cpu_driver.cpp - kernels on the CPU's threads ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/Targets.h"
#include "targets/cpu/KernelAbi.h"
#include "test/runtime/TestProgram.h"
#include <gmock/gmock.h>

using namespace treadle;
using namespace treadle::test;

namespace {

class CpuDriver : public testing::Test {
protected:
  std::unique_ptr<Driver> driver() {
    std::unique_ptr<Driver> driver;
    EXPECT_FALSE(cpu::createDriver({}, driver).failed());
    return driver;
  }
  const format::Executable &executable(const TestProgram &description) {
    file = std::make_unique<AlignedBytes>(description.write());
    EXPECT_EQ(Program::open(file->data(), file->size(), "f", true, nullptr, program).message, "");
    return *program->tables().executables()->Get(0);
  }
  bool supports(const std::string &target, const std::string &variant, const std::vector<std::string> &features) {
    TestProgram description;
    description.executables[0].target = target;
    description.executables[0].variant = variant;
    description.executables[0].features = features;
    return driver()->suits(executable(description), lacking);
  }
  std::string loaded(const TestProgram &description) {
    const format::Executable &code = executable(description);
    return driver()->load(program, code).message;
  }

  std::string lacking;
  std::unique_ptr<AlignedBytes> file;
  std::shared_ptr<const Program> program;
};

TEST_F(CpuDriver, SupportsWhatTheMachineHas) {
  EXPECT_TRUE(supports("cpu", "x86-64-v2", {}));
  EXPECT_TRUE(supports("cpu", "x86-64-v2", {"sse4_1", ""}));
  EXPECT_FALSE(supports("vulkan", "x86-64-v2", {}));
  EXPECT_EQ(lacking, "x86-64-v2"); // not said of other targets
  EXPECT_FALSE(supports("cpu", "x86-64-v2", {"sse4_1", "nothing_like_this"}));
  EXPECT_EQ(lacking, "nothing_like_this");
  EXPECT_FALSE(supports("cpu", "x86-64-v9", {}));
  EXPECT_EQ(lacking, "x86-64-v9");
  // A level is there only if those below are.
  bool lower = true;
  for (const cpu::Level &level : cpu::levels) {
    bool here = supports("cpu", level.variant, {});
    EXPECT_TRUE(lower || !here) << level.variant;
    lower = here;
  }
}

TEST_F(CpuDriver, TheBestVariantThatRunsIsTaken) {
  TestProgram description;
  description.executables.insert(description.executables.begin(), description.executables[0]);
  description.executables[0].variant = "x86-64-v9";
  OpenProgram program(description);
  EXPECT_EQ(Rows(5).run(program.session), "");
}

TEST_F(CpuDriver, CodeThatIsNone) {
  TestProgram description;
  for (const char *code : {"no shared object", ""}) {
    description.executables[0].code = code;
    EXPECT_EQ(loaded(description), "f: damaged: its machine code is no shared object");
  }
}

TEST_F(CpuDriver, CodeThatIsCutShort) {
  TestProgram description;
  std::string whole = TestProgram::code();
  for (size_t part = 1; part < 16; ++part) {
    description.executables[0].code = whole.substr(0, whole.size() * part / 16);
    loaded(description); // may be whole enough, must not crash
  }
}

TEST_F(CpuDriver, CodeWithoutTheKernel) {
  TestProgram description;
  description.executables[0].entries[1].symbol = "subtract";
  EXPECT_EQ(loaded(description), "f: damaged: its machine code lacks subtract");
}

TEST_F(CpuDriver, TwoProgramsKeepApart) {
  OpenProgram one, two;
  treadle_session_close(one.session);
  one.session = nullptr;
  OpenProgram three;
  EXPECT_EQ(Rows(5).run(two.session), "");
  EXPECT_EQ(Rows(5).run(three.session), "");
}

TEST_F(CpuDriver, FillsAndCopies) {
  std::unique_ptr<Driver> cpu = driver();
  auto filled = [&](uint32_t pattern, unsigned width, size_t bytes) {
    std::string memory(8, '.');
    cpu->fill(memory.data(), bytes, pattern, width);
    return memory;
  };
  EXPECT_EQ(filled(0x61, 1, 3), "aaa.....");
  EXPECT_EQ(filled(0x6261, 2, 6), "ababab..");
  EXPECT_EQ(filled(0x64636261, 4, 8), "abcdabcd");
  EXPECT_EQ(filled(0x64636261, 4, 0), "........");
  std::string memory = "abcdefgh";
  cpu->copy(memory.data() + 2, memory.data(), 5); // may overlap
  EXPECT_EQ(memory, "ababcdeh");
  cpu->copy(memory.data(), memory.data() + 2, 0);
  EXPECT_EQ(memory, "ababcdeh");
}

TEST_F(CpuDriver, ScratchIsForEachWorker) {
  std::unique_ptr<Driver> cpu;
  DriverOptions options;
  options.threads = 3;
  EXPECT_FALSE(cpu::createDriver(options, cpu).failed());
  EXPECT_EQ(cpu->memoryBytes(), 0u);
  auto scratchAfter = [&](size_t bytes) {
    EXPECT_EQ(cpu->reserve(0, bytes).message, "");
    return cpu->memoryBytes() - 64; // the smallest arena
  };
  EXPECT_EQ(scratchAfter(0), 0u);
  EXPECT_EQ(scratchAfter(1), 3 * 4096u);
  EXPECT_EQ(scratchAfter(4096), 3 * 4096u);
  EXPECT_EQ(scratchAfter(5000), 3 * 8192u);
  EXPECT_EQ(cpu->bytesFor(0, 0), 64u);
  EXPECT_EQ(cpu->bytesFor(100, 5000), 128 + 3 * 8192u);
  EXPECT_EQ(cpu->bytesFor(100, SIZE_MAX / 2), UINT64_MAX);
  EXPECT_EQ(cpu->bytesFor(SIZE_MAX - 5, 1), UINT64_MAX);
  for (size_t bytes : {SIZE_MAX, SIZE_MAX - 4094, SIZE_MAX / 3, SIZE_MAX / 2})
    EXPECT_EQ(cpu->reserve(0, bytes).code, TREADLE_OUT_OF_MEMORY) << bytes;
  EXPECT_EQ(scratchAfter(100), 3 * 8192u); // what is there is not more than twice as large
}

} // namespace
