//===- Module.cpp - HIP's modules and launches -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/Fault.h"
#include "tools/simulator/hip/State.h"
#include "llvm/BinaryFormat/ELF.h"
#include <cstdio>
#include <cstring>

using namespace treadle::simulator;
using namespace treadle::simulator::hip;

namespace treadle::hip {
namespace {

constexpr uint64_t mostThreads = 1024; // of a workgroup
constexpr size_t mostShared = 64 << 10;

/// How long the ELF file at `image` is, which the caller does not say: to the end of its sections' table.
size_t bytesOfElf(const char *image) {
  llvm::ELF::Elf64_Ehdr header;
  std::memcpy(&header, image, sizeof header);
  return header.e_shoff + size_t(header.e_shnum) * header.e_shentsize;
}

/// `extra`: a buffer that lies as the kernel's arguments do. Keys: 1: the buffer, 2: its size, 3: the end.
bool readExtra(void **extra, std::vector<char> &arguments) {
  const char *buffer = nullptr;
  size_t bytes = 0;
  for (; *extra != reinterpret_cast<void *>(3); extra += 2) {
    if (*extra == reinterpret_cast<void *>(1))
      buffer = static_cast<const char *>(extra[1]);
    else if (*extra == reinterpret_cast<void *>(2))
      bytes = *static_cast<const size_t *>(extra[1]);
    else
      return false;
  }
  if (bytes > arguments.size() || (bytes && !buffer))
    return false;
  std::copy_n(buffer, bytes, arguments.begin());
  return true;
}

/// What the compiler asks for beyond the kernel's own arguments (hidden ones) stays as it is: addresses that fault.
hipError_t readArguments(const gcn::KernelEntry &kernel, void **each, void **extra, std::vector<char> &arguments) {
  arguments.assign(kernel.setup.argumentBytes, '\xff');
  if (extra)
    return !each && readExtra(extra, arguments) ? hipSuccess : hipErrorInvalidValue;
  for (const gcn::Argument &argument : kernel.arguments) {
    if (argument.kind.rfind("hidden_", 0) == 0)
      continue;
    if (!each || !*each)
      return hipErrorInvalidValue;
    std::memcpy(arguments.data() + argument.offset, *each++, argument.bytes);
  }
  return hipSuccess;
}

/// A kernel's fault is told on standard error, and breaks all that follows.
hipError_t run(State &all, hipFunction_t handle, const Launch &launch, GlobalMemory &memory) {
  Function *function = all.functions.find(handle);
  if (!function)
    return hipErrorInvalidHandle;
  try {
    runKernel(*function->kernel, launch, memory);
    return hipSuccess;
  } catch (const Fault &fault) {
    std::fprintf(stderr, "simulator: %s\n", fault.what());
    bool outside = std::strstr(fault.what(), "outside of what is allocated") != nullptr;
    return all.broken = outside ? hipErrorIllegalAddress : hipErrorLaunchFailure;
  }
}

} // namespace

hipError_t hipModuleLoadData(hipModule_t *module, const void *image) {
  return locked([&](State &all) {
    if (!module || !image)
      return hipErrorInvalidValue;
    const auto *bytes = static_cast<const char *>(image);
    if (std::memcmp(bytes, llvm::ELF::ElfMagic, 4) != 0)
      return hipErrorInvalidImage;
    try {
      std::span<const char> file(bytes, bytesOfElf(bytes));
      auto loaded = std::make_unique<LoadedModule>(currentDevice(), file, all.device().memory);
      *module = all.modules.add<hipModule_t>(std::move(loaded));
      return hipSuccess;
    } catch (const Fault &fault) {
      std::fprintf(stderr, "simulator: %s\n", fault.what());
      return hipErrorNoBinaryForGpu;
    }
  });
}

hipError_t hipModuleUnload(hipModule_t module) {
  return locked([&](State &all) {
    LoadedModule *found = all.modules.find(module);
    if (!found)
      return hipErrorInvalidHandle;
    found->report();
    all.functions.removeIf([&](const Function &function) { return function.module == found; });
    all.modules.remove(module);
    return hipSuccess;
  });
}

hipError_t hipModuleGetFunction(hipFunction_t *function, hipModule_t module, const char *name) {
  return locked([&](State &all) {
    if (!function || !name)
      return hipErrorInvalidValue;
    LoadedModule *found = all.modules.find(module);
    if (!found)
      return hipErrorInvalidHandle;
    gcn::Kernel *kernel = found->code.find(name);
    if (!kernel)
      return hipErrorNotFound;
    *function = all.functions.add<hipFunction_t>(std::make_unique<Function>(Function{found, kernel}));
    return hipSuccess;
  });
}

hipError_t hipModuleOccupancyMaxActiveBlocksPerMultiprocessor(int *workgroups, hipFunction_t function, int threads,
                                                              size_t sharedBytes) {
  return locked([&](State &all) {
    Function *found = all.functions.find(function);
    if (!found)
      return hipErrorInvalidHandle;
    if (!workgroups || threads < 1 || threads > static_cast<int>(mostThreads))
      return hipErrorInvalidValue;
    *workgroups = workgroupsOfEach(*found->kernel, threads, sharedBytes, mostShared);
    return hipSuccess;
  });
}

hipError_t hipModuleLaunchKernel(hipFunction_t function, unsigned gridX, unsigned gridY, unsigned gridZ,
                                 unsigned blockX, unsigned blockY, unsigned blockZ, unsigned sharedBytes,
                                 hipStream_t stream, void **arguments, void **extra) {
  return locked([&](State &all) {
    Function *found = all.functions.find(function);
    if (!found)
      return hipErrorInvalidHandle;
    if (found->module->device != currentDevice())
      return hipErrorInvalidDevice;
    Launch launch;
    launch.grid = {gridX, gridY, gridZ};
    launch.block = {blockX, blockY, blockZ};
    launch.dynamicShared = sharedBytes;
    for (unsigned i = 0; i < 3; ++i) // threads are counted in 32 bits
      if (!launch.grid[i] || !launch.block[i] || launch.block[i] > mostThreads ||
          uint64_t(launch.grid[i]) * launch.block[i] > UINT32_MAX)
        return hipErrorInvalidConfiguration;
    if (uint64_t(blockX) * blockY * blockZ > mostThreads)
      return hipErrorInvalidConfiguration;
    if (sharedBytes > mostShared || found->kernel->sharedBytes() > mostShared - sharedBytes)
      return hipErrorLaunchOutOfResources;
    if (hipError_t error = readArguments(found->kernel->entry, arguments, extra, launch.arguments))
      return error;
    GlobalMemory &memory = all.device().memory;
    return give(all, stream, [=, &all, &memory] { return run(all, function, launch, memory); });
  });
}

} // namespace treadle::hip
