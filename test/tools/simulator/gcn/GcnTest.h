//===- GcnTest.h - small programs on the simulated device --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_TOOLS_SIMULATOR_GCN_GCNTEST_H
#define TREADLE_TEST_TOOLS_SIMULATOR_GCN_GCNTEST_H

#include "test/CodeObject.h"
#include "tools/simulator/Fault.h"
#include "tools/simulator/gcn/Module.h"
#include <bit>
#include <cmath>
#include <cstring>
#include <gmock/gmock.h>
#include <limits>

namespace treadle::simulator::gcn {

class GcnTest : public testing::Test {
protected:
  static constexpr unsigned lanes = 64;
  using Words = std::vector<uint64_t>; // one a lane

  /// Kernel "k", the kernel's arguments at s[0:1], workgroup s2, thread v0; VGPRs to v127, AGPRs to a127.
  static std::string kernel(const std::string &body, unsigned sharedBytes = 0) {
    return ".amdgcn_target \"amdgcn-amd-amdhsa--gfx90a\"\n.text\n.globl k\n.p2align 8\n.type k,@function\nk:\n" + body +
           "\ns_endpgm\n.Lend:\n.size k, .Lend-k\n.rodata\n.p2align 6\n.amdhsa_kernel k\n"
           ".amdhsa_user_sgpr_kernarg_segment_ptr 1\n.amdhsa_kernarg_size 32\n.amdhsa_next_free_vgpr 256\n"
           ".amdhsa_next_free_sgpr 96\n.amdhsa_float_denorm_mode_32 3\n.amdhsa_accum_offset "
           "128\n.amdhsa_group_segment_fixed_size " +
           std::to_string(sharedBytes) + "\n.end_amdhsa_kernel\n";
  }

  void load(const std::string &text) {
    std::string file = test::codeObject("assembler", text);
    module = std::make_unique<Module>(std::span<const char>(file.data(), file.size()), memory);
    code = module->find("k");
    ASSERT_NE(code, nullptr);
  }
  void run(const std::vector<uint64_t> &arguments, uint32_t threads = lanes, uint32_t workgroups = 1) {
    Launch launch{{workgroups, 1, 1}, {threads, 1, 1}, 0, {}};
    launch.arguments.resize(32);
    if (!arguments.empty())
      std::memcpy(launch.arguments.data(), arguments.data(), arguments.size() * sizeof(uint64_t));
    runKernel(*code, launch, memory);
  }
  /// What is wrong with the program, or "".
  std::string faultOf(const std::string &body, const std::vector<uint64_t> &arguments = {}, uint32_t threads = lanes,
                      uint32_t workgroups = 1, unsigned sharedBytes = 0) {
    load(kernel(body, sharedBytes));
    try {
      run(arguments, threads, workgroups);
      return "";
    } catch (const Fault &fault) {
      return fault.what();
    }
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

  /// Runs each program on all lanes' operands in v[2:3], v[4:5], v[6:7]; what is then in v[10:11], which was 0.
  std::vector<Words> compute(const std::vector<std::string> &programs, const std::vector<Words> &operands) {
    std::vector<uint64_t> inputs(4 * lanes);
    for (size_t i = 0; i < operands.size(); ++i)
      for (unsigned lane = 0; lane < lanes; ++lane)
        inputs[4 * lane + i] = operands[i][lane];
    std::string body = "s_load_dwordx4 s[4:7], s[0:1], 0x0\ns_mov_b32 s20, s2\n";
    for (size_t i = 0; i < programs.size(); ++i)
      body += "s_mov_b64 exec, -1\nv_lshlrev_b32 v20, 5, v0\nglobal_load_dwordx4 v[2:5], v20, s[4:5]\n"
              "global_load_dwordx4 v[6:9], v20, s[4:5] offset:16\nv_mov_b32 v10, 0\nv_mov_b32 v11, 0\n"
              "s_mov_b64 vcc, 0\n" +
              programs[i] +
              "\ns_mov_b64 exec, -1\nv_lshlrev_b32 v20, 3, v0\nglobal_store_dwordx2 v20, v[10:11], s[6:7]\n"
              "s_add_u32 s6, s6, 512\ns_addc_u32 s7, s7, 0\n";
    load(kernel(body));
    uint64_t from = upload(inputs), to = memory.allocate(8 * lanes * programs.size());
    run({from, to});
    auto all = download<uint64_t>(to, lanes * programs.size());
    std::vector<Words> results;
    for (size_t i = 0; i < programs.size(); ++i)
      results.emplace_back(all.begin() + static_cast<ptrdiff_t>(lanes * i),
                           all.begin() + static_cast<ptrdiff_t>(lanes * (i + 1)));
    return results;
  }

  GlobalMemory memory{size_t(64) << 20};
  std::unique_ptr<Module> module;
  Kernel *code = nullptr;
};

/// 64 numbers, the awkward ones first; `seed` turns them.
inline std::vector<float> awkwardFloats(unsigned seed) {
  constexpr float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> values = {0.0f,    -0.0f,   1.0f,  -1.0f,  inf,          -inf,         nan,           1e-45f,
                               -1e-40f, 1e38f,   3e38f, -3e38f, 1.17e-38f,    0.5f,         1.5f,          2.5f,
                               -2.5f,   65504.f, 7e4f,  6e-8f,  2147483648.f, 4294967296.f, -2147483904.f, 0.1f};
  while (values.size() < 64)
    values.push_back(std::ldexp(static_cast<float>(static_cast<int>(values.size() * 2654435761u) >> 8), -20));
  std::vector<float> turned;
  for (unsigned i = 0; i < 64; ++i)
    turned.push_back(values[(i * (2 * seed + 1) + 11 * seed) % 64]);
  return turned;
}

inline std::vector<uint32_t> awkwardIntegers(unsigned seed) {
  std::vector<uint32_t> values = {0,       1,          2,          31,         32,       33,        63,
                                  64,      0x7fffffff, 0x80000000, 0xffffffff, 0xffff,   0x8000,    0x7fff,
                                  0x10000, 0xff,       0x80,       0xffffff,   0x800000, 0xaaaaaaaa};
  while (values.size() < 64)
    values.push_back(static_cast<uint32_t>(values.size() * 2654435761u));
  std::vector<uint32_t> turned;
  for (unsigned i = 0; i < 64; ++i)
    turned.push_back(values[(i * (2 * seed + 1) + 17 * seed) % 64]);
  return turned;
}

} // namespace treadle::simulator::gcn

#endif // TREADLE_TEST_TOOLS_SIMULATOR_GCN_GCNTEST_H
