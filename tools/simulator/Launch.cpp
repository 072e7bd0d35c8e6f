//===- Launch.cpp - a kernel on a simulated device ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/Launch.h"
#include "tools/simulator/Fault.h"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>

namespace treadle::simulator {
namespace {

void runWorkgroup(KernelCode &kernel, const Launch &launch, const Dim3 &workgroup, GlobalMemory &global) {
  WorkgroupMemory memory(kernel.sharedBytes() + launch.dynamicShared);
  std::vector<std::unique_ptr<Subgroup>> running;
  for (uint32_t first = 0; first < launch.threads(); first += kernel.subgroupThreads())
    running.push_back(kernel.start(launch, workgroup, first, global, memory));
  std::vector<bool> isAtBarrier(running.size());
  size_t atBarrier = 0, ended = 0;
  while (ended < running.size()) {
    uint64_t changes = memory.transactions.changes();
    bool goesOn = false;
    for (size_t i = 0; i < running.size(); ++i) {
      if (!running[i] || isAtBarrier[i])
        continue;
      Subgroup::State state = running[i]->run();
      if (state == Subgroup::State::waits)
        continue;
      goesOn = true;
      if (state == Subgroup::State::ended) {
        running[i] = nullptr;
        ++ended;
      } else {
        isAtBarrier[i] = true;
        ++atBarrier;
      }
    }
    if (atBarrier == running.size()) {
      isAtBarrier.assign(running.size(), false);
      atBarrier = 0;
      memory.shared.barrier();
      ++kernel.counters.barriers;
    } else if (atBarrier != 0 && atBarrier + ended == running.size()) {
      throw Fault("some subgroups wait at a barrier that others, which have ended, never reach");
    } else if (!goesOn && changes == memory.transactions.changes()) {
      throw Fault("subgroups wait for one another at transaction barriers");
    }
  }
}

} // namespace

void runKernel(KernelCode &kernel, const Launch &launch, GlobalMemory &global) {
  ++kernel.counters.launches;
  uint64_t count = uint64_t(launch.grid[0]) * launch.grid[1] * launch.grid[2];
  global.beginLaunch(count);
  for (uint64_t number = 0; number < count; ++number) {
    Dim3 workgroup = {static_cast<uint32_t>(number % launch.grid[0]),
                      static_cast<uint32_t>(number / launch.grid[0] % launch.grid[1]),
                      static_cast<uint32_t>(number / launch.grid[0] / launch.grid[1])};
    global.enterWorkgroup(number);
    try {
      runWorkgroup(kernel, launch, workgroup, global);
    } catch (const Fault &fault) {
      throw Fault(fmt::format("{}, workgroup {}: {}", kernel.name, number, fault.what()));
    }
    ++kernel.counters.workgroups;
  }
}

int workgroupsOfEach(const KernelCode &kernel, uint32_t threads, size_t dynamicShared, size_t mostShared) {
  constexpr uint32_t mostThreads = 2048;
  uint32_t subgroups = (threads + kernel.subgroupThreads() - 1) / kernel.subgroupThreads();
  size_t shared = kernel.sharedBytes() + dynamicShared;
  size_t ofThreads = mostThreads / (subgroups * kernel.subgroupThreads());
  return static_cast<int>(shared ? std::min(ofThreads, mostShared / shared) : ofThreads);
}

void reportCounters(const std::string &device, const KernelCode &kernel) {
  const char *path = std::getenv("TREADLE_SIMULATOR_REPORT");
  if (!path || !kernel.counters.launches)
    return;
  std::string line = fmt::format(R"({{"device": "{}", "kernel": "{}")", device, kernel.name);
#define TREADLE_COUNTER(name) line += fmt::format(R"(, "{}": {})", #name, kernel.counters.name);
  TREADLE_SIMULATOR_COUNTERS(TREADLE_COUNTER)
#undef TREADLE_COUNTER
  line += "}\n";
  if (FILE *file = std::fopen(path, "a")) {
    std::fputs(line.c_str(), file);
    std::fclose(file);
  }
}

} // namespace treadle::simulator
