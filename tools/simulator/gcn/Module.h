//===- Module.h - a code object on a simulated device ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_GCN_MODULE_H
#define TREADLE_TOOLS_SIMULATOR_GCN_MODULE_H

#include "tools/simulator/gcn/CodeObject.h"
#include "tools/simulator/gcn/Decoder.h"

namespace treadle::simulator::gcn {

class Kernel : public KernelCode {
public:
  Kernel(KernelEntry entry, Code code) : KernelCode(entry.name), entry(std::move(entry)), code(std::move(code)) {}

  size_t sharedBytes() const override { return entry.setup.sharedBytes; }
  uint32_t subgroupThreads() const override { return lanesOfWave; }
  std::unique_ptr<Subgroup> start(const Launch &launch, const Dim3 &workgroup, uint32_t first, GlobalMemory &global,
                                  WorkgroupMemory &memory) override;

  const KernelEntry entry;

private:
  Code code;
};

/// A code object in device memory, as long as it lives.
class Module {
public:
  /// Throws Fault with what is wrong with the file; std::bad_alloc if there is no room.
  Module(std::span<const char> file, GlobalMemory &memory);
  ~Module();
  Module(const Module &) = delete;
  Module &operator=(const Module &) = delete;

  /// Null if there is no such kernel.
  Kernel *find(const std::string &name) const;
  const std::vector<std::unique_ptr<Kernel>> &kernels() const { return all; }

private:
  GlobalMemory &memory;
  uint64_t address = 0;
  std::vector<std::unique_ptr<Kernel>> all;
};

} // namespace treadle::simulator::gcn

#endif // TREADLE_TOOLS_SIMULATOR_GCN_MODULE_H
