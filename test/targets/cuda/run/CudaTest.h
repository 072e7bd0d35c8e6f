//===- CudaTest.h - programs on a CUDA device, simulated where there is none --------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_TARGETS_CUDA_RUN_CUDATEST_H
#define TREADLE_TEST_TARGETS_CUDA_RUN_CUDATEST_H

#include "runtime/device/Targets.h"
#include "test/Simulators.h"
#include "test/runtime/TestProgram.h"
#include <gmock/gmock.h>

namespace treadle::test {

/// A kernel for rows of 4: thread j of workgroup g computes %f3 of column j of row g, from where %rd1 and %rd2 (of the
/// element in a and in b) point, b having one row only if `oneRow`. `scalars`: how many it has.
inline std::string cudaKernel(const std::string &name, bool oneRow, unsigned scalars, const std::string &compute) {
  std::string parameters, count = name + "_tasks";
  for (const char *operand : {"a", "b", "result"})
    parameters += "  .param .u64 " + name + "_" + operand + ",\n";
  for (unsigned i = 0; i < scalars; ++i)
    parameters += "  .param .u64 " + name + "_s" + std::to_string(i) + ",\n";
  std::string b = oneRow ? "%rd11" : "%rd10";
  return ".visible .entry " + name + "(\n" + parameters + "  .param .u32 " + count + ",\n  .param .u32 " + name +
         "_groups\n)\n{\n" + R"(  .reg .pred %p<9>;
  .reg .b32 %r<9>;
  .reg .b32 %f<9>;
  .reg .b64 %rd<19>;
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %tid.x;
  ld.param.b32 %r3, [)" +
         count + R"(];
  setp.ge.u32 %p1, %r1, %r3;
  @%p1 ret;
  mad.lo.s32 %r4, %r1, 4, %r2;
  mul.wide.u32 %rd10, %r4, 4;
  mul.wide.u32 %rd11, %r2, 4;
  ld.param.b64 %rd1, [)" +
         name + R"(_a];
  ld.param.b64 %rd2, [)" +
         name + R"(_b];
  ld.param.b64 %rd3, [)" +
         name + R"(_result];
  add.s64 %rd1, %rd1, %rd10;
  add.s64 %rd2, %rd2, )" +
         b + R"(;
  add.s64 %rd3, %rd3, %rd10;
  ld.global.b32 %f1, [%rd1];
  ld.global.b32 %f2, [%rd2];
)" + compute +
         R"(
  st.global.b32 [%rd3], %f3;
  ret;
}
)";
}

class CudaTest : public testing::Test {
public:
  static constexpr const char *targetName = "cuda";
  static constexpr int64_t longRounds = 10000;
  static constexpr const char *header = ".version 7.8\n.target sm_80\n.address_size 64\n";

  /// What TestProgram computes, on a CUDA device.
  static TestProgram program() {
    const std::string add = "  add.rn.f32 %f3, %f1, %f2;";
    TestProgram description;
    description.kernels[0].writes = description.kernels[1].writes = 1;
    TestProgram::Executable &code = description.executables[0];
    code = {"cuda", "sm_80", {}, {TestProgram::entry(0, "add_row", 0), TestProgram::entry(1, "add", 0)}, {}, -1};
    place(code, 0, header + cudaKernel("add_row", true, 1, add));
    place(code, 1, header + cudaKernel("add", false, 1, add));
    return description;
  }

  static std::string longCode() {
    std::string code = header;
    for (std::string name : {"add_row", "add"})
      code += cudaKernel(name, false, 2, "  ld.param.b32 %r5, [" + name + R"(_s1];
  mov.b32 %r6, 0;
AGAIN:
  setp.ge.u32 %p2, %r6, %r5;
  @%p2 bra DONE;
  add.s32 %r6, %r6, 1;
  fma.rn.f32 %f2, %f2, 0f3F7FBE77, 0f3A83126F;
  bra.uni AGAIN;
DONE:
  setp.gt.f32 %p3, %f2, 0f7149F2CA;
  selp.b32 %f3, %f2, %f1, %p3;)");
    return code + '\0';
  }

  static std::vector<DeviceInfo> devices() { return cuda::devices(); }
  static treadle_session_options options() {
    treadle_session_options options = {};
    options.device = "cuda:0";
    return options;
  }

protected:
  static void place(TestProgram::Executable &code, size_t kernel, const std::string &text) {
    code.entries[kernel].threads = 4;
    code.entries[kernel].offset = code.code.size();
    code.entries[kernel].bytes = text.size() + 1;
    code.code += text + '\0';
  }
  /// What making a session says, or "".
  static std::string sessionOf(const TestProgram &description, const char *device = "cuda:0") {
    return sessionMessage(description, device);
  }

  static void SetUpTestSuite() { openSimulators(); }
  void SetUp() override {
    if (cuda::devices().empty())
      GTEST_SKIP() << "there is no CUDA device, and no simulator of one (it is built with the compiler)";
  }
};

} // namespace treadle::test

#endif // TREADLE_TEST_TARGETS_CUDA_RUN_CUDATEST_H
