//===- State.h - what the process has of the simulated devices ---------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_HIP_STATE_H
#define TREADLE_TOOLS_SIMULATOR_HIP_STATE_H

#include "targets/hip/run/Api.h"
#include "tools/simulator/Registry.h"
#include "tools/simulator/gcn/Module.h"
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <set>

/// What the library exports: as the driver knows it.
extern "C" {
#define TREADLE_FUNCTION(name, ...) __attribute__((visibility("default"))) treadle::hip::hipError_t name(__VA_ARGS__);
namespace treadle::hip {
TREADLE_HIP_FUNCTIONS(TREADLE_FUNCTION)
__attribute__((visibility("default"))) OccupancyOfModules hipModuleOccupancyMaxActiveBlocksPerMultiprocessor;
TREADLE_FUNCTION(hipGetDevicePropertiesR0600, Properties6 *, int)
TREADLE_FUNCTION(hipGetDeviceProperties, Properties5 *, int)
__attribute__((visibility("default"))) const char *hipGetErrorString(hipError_t error);
} // namespace treadle::hip
#undef TREADLE_FUNCTION
}

namespace treadle::simulator::hip {

using namespace treadle::hip;

constexpr int deviceCount = 2; // an MI250X's dies
constexpr size_t deviceBytes = size_t(64) << 30;

struct Device {
  GlobalMemory memory{deviceBytes};
};

struct LoadedModule {
  int device;
  gcn::Module code;
  LoadedModule(int device, std::span<const char> file, GlobalMemory &memory) : device(device), code(file, memory) {}

  /// What its kernels did.
  void report() const {
    for (const std::unique_ptr<gcn::Kernel> &kernel : code.kernels())
      reportCounters("hip:" + std::to_string(device), *kernel);
  }
};

struct Function {
  LoadedModule *module;
  gcn::Kernel *kernel;
};

/// What a stream is given to do.
using Work = std::function<hipError_t()>;

struct Graph {
  std::vector<Work> work;
};
struct Executable {
  std::vector<Work> work;
};
struct Stream {
  std::unique_ptr<Graph> captured; // while it is captured
};
struct Event {
  bool timed;
  std::optional<std::chrono::steady_clock::time_point> recorded;
};

struct State {
  ~State();

  std::mutex mutex;               // of all below: one call at a time
  hipError_t broken = hipSuccess; // after a kernel's fault every call fails with it, till the process ends
  std::array<std::unique_ptr<Device>, deviceCount> devices;
  std::set<void *> hostMemory;
  Registry<LoadedModule> modules;
  Registry<Function> functions;
  Registry<Stream> streams;
  Registry<Event> events;
  Registry<Graph> graphs;
  Registry<Executable> executables;

  /// The calling thread's device.
  Device &device();
};

State &state();
/// Which device the calling thread uses.
int &currentDevice();

/// Runs `work` with the state locked, unless a fault came before.
template <typename Work> hipError_t locked(Work work) {
  State &all = state();
  std::lock_guard<std::mutex> lock(all.mutex);
  if (all.broken != hipSuccess)
    return all.broken;
  try {
    return work(all);
  } catch (const std::bad_alloc &) {
    return hipErrorOutOfMemory;
  }
}

/// Does the work, or writes it down where the stream is captured. A null stream is each device's own.
hipError_t give(State &all, hipStream_t stream, Work work);

} // namespace treadle::simulator::hip

#endif // TREADLE_TOOLS_SIMULATOR_HIP_STATE_H
