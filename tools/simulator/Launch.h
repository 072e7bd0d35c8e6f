//===- Launch.h - a kernel on a simulated device ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_LAUNCH_H
#define TREADLE_TOOLS_SIMULATOR_LAUNCH_H

#include "tools/simulator/Memory.h"
#include "tools/simulator/Transactions.h"
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace treadle::simulator {

using Dim3 = std::array<uint32_t, 3>; // x, y, z

struct Launch {
  Dim3 grid = {1, 1, 1};  // workgroups
  Dim3 block = {1, 1, 1}; // threads of one
  size_t dynamicShared = 0;
  std::vector<char> arguments; // as they lie in the kernel's argument memory

  uint32_t threads() const { return block[0] * block[1] * block[2]; }
};

/// What a workgroup's threads share.
struct WorkgroupMemory {
  explicit WorkgroupMemory(size_t bytes) : shared(bytes), transactions(shared) {}
  SharedMemory shared;
  Transactions transactions;
};

/// Some threads that run in lockstep, as a decoder's interpreter has them.
class Subgroup {
public:
  enum class State { atBarrier, waits, ended };
  virtual ~Subgroup() = default;
  /// Goes on from where it stands to the next barrier, to where it waits for others, or to the end.
  virtual State run() = 0;
};

/// One kernel's code, decoded.
class KernelCode {
public:
  explicit KernelCode(std::string name) : name(std::move(name)) {}
  virtual ~KernelCode() = default;

  /// What a workgroup's shared memory must hold without `Launch::dynamicShared`.
  virtual size_t sharedBytes() const = 0;
  /// How many threads run in lockstep.
  virtual uint32_t subgroupThreads() const = 0;
  /// Subgroup `first / subgroupThreads()` of a workgroup: the threads from number `first` on, in the order x, y, z.
  virtual std::unique_ptr<Subgroup> start(const Launch &launch, const Dim3 &workgroup, uint32_t first,
                                          GlobalMemory &global, WorkgroupMemory &workgroupMemory) = 0;

  const std::string name;
  Counters counters;
};

/// Runs all workgroups, one after another; their subgroups by turns, from barrier to barrier. Throws Fault, with
/// kernel and workgroup before the text.
void runKernel(KernelCode &kernel, const Launch &launch, GlobalMemory &global);

// So few that workgroups of persistent kernels have several tasks.
constexpr int multiprocessors = 3;
/// How many workgroups of so many threads run on each at the same time, as if no kernel needed many registers.
/// `mostShared`: bytes of shared memory that they share out.
int workgroupsOfEach(const KernelCode &kernel, uint32_t threads, size_t dynamicShared, size_t mostShared);

/// Appends a line of JSON with the counters of each kernel to the file that the environment's
/// TREADLE_SIMULATOR_REPORT names, if it names one.
void reportCounters(const std::string &device, const KernelCode &kernel);

} // namespace treadle::simulator

#endif // TREADLE_TOOLS_SIMULATOR_LAUNCH_H
