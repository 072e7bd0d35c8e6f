//===- PtxTest.h - small kernels on the simulated device --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_TOOLS_SIMULATOR_PTX_PTXTEST_H
#define TREADLE_TEST_TOOLS_SIMULATOR_PTX_PTXTEST_H

#include "tools/simulator/Fault.h"
#include "tools/simulator/ptx/Warp.h"
#include <cstring>
#include <gmock/gmock.h>

namespace treadle::simulator::ptx {

class PtxTest : public testing::Test {
protected:
  /// A kernel whose parameters are four addresses, in %rd1 to %rd4; %r1 is the thread, %r2 its workgroup.
  static std::string kernel(const std::string &body, const std::string &variables = "") {
    return ".version 8.0\n.target sm_90\n.address_size 64\n"
           ".visible .entry k(.param .u64 k_0, .param .u64 k_1, .param .u64 k_2, .param .u64 k_3)\n{\n"
           ".reg .pred %p<9>; .reg .b16 %rs<33>; .reg .b32 %r<99>; .reg .b64 %rd<33>;\n" +
           variables +
           "ld.param.b64 %rd1, [k_0];\nld.param.b64 %rd2, [k_1];\nld.param.b64 %rd3, [k_2];\nld.param.b64 %rd4, "
           "[k_3];\n"
           "mov.u32 %r1, %tid.x;\nmov.u32 %r2, %ctaid.x;\n" +
           body + "\nret;\n}\n";
  }

  Code &load(const std::string &text) {
    Module module = parse(text);
    code = std::make_unique<Code>(module.entries.at(0), std::map<std::string, uint64_t>());
    return *code;
  }

  template <typename T> uint64_t upload(const std::vector<T> &values) {
    uint64_t place = memory.allocate(values.size() * sizeof(T));
    std::memcpy(memory.host(place, values.size() * sizeof(T)), values.data(), values.size() * sizeof(T));
    return place;
  }
  template <typename T> std::vector<T> download(uint64_t place, size_t count) {
    std::vector<T> values(count);
    std::memcpy(values.data(), memory.host(place, count * sizeof(T)), count * sizeof(T));
    return values;
  }

  void run(Code &kernel, const std::vector<uint64_t> &arguments, uint32_t threads = 32, uint32_t workgroups = 1) {
    Launch launch{{workgroups, 1, 1}, {threads, 1, 1}, 0, {}};
    launch.arguments.resize(4 * sizeof(uint64_t));
    if (!arguments.empty())
      std::memcpy(launch.arguments.data(), arguments.data(), arguments.size() * sizeof(uint64_t));
    runKernel(kernel, launch, memory);
  }

  /// What is wrong with the kernel, or "".
  std::string faultOf(const std::string &body, const std::vector<uint64_t> &arguments, uint32_t threads = 32,
                      uint32_t workgroups = 1, const std::string &variables = "") {
    try {
      run(load(kernel(body, variables)), arguments, threads, workgroups);
      return "";
    } catch (const Fault &fault) {
      return fault.what();
    }
  }

  GlobalMemory memory{size_t(64) << 20};
  std::unique_ptr<Code> code;
};

} // namespace treadle::simulator::ptx

#endif // TREADLE_TEST_TOOLS_SIMULATOR_PTX_PTXTEST_H
