//===- Cuda.cpp - a stand-in for libcuda.so.1 ------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the runtime calls of NVIDIA's driver, on two devices that are simulated: cuda:0 of compute capability 9.0,
// cuda:1 of 8.0. Work is done when it is given, or written down while a stream is captured. Wrong use is answered with
// the driver's own errors; what a kernel does wrong is told on standard error, too.
//
//===----------------------------------------------------------------------===//

#include "targets/cuda/run/Api.h"
#include "tools/simulator/Registry.h"
#include "tools/simulator/ptx/TensorMap.h"
#include "tools/simulator/ptx/Warp.h"
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <functional>
#include <mutex>
#include <set>

using namespace treadle::cuda;
using namespace treadle::simulator;

namespace {

constexpr int capabilities[] = {90, 80};
constexpr int deviceCount = std::size(capabilities);
constexpr size_t memoryBytes = size_t(4) << 30;
constexpr int driverVersion = 12080;
constexpr unsigned mostThreads = 1024, mostWorkgroups = INT32_MAX;
constexpr size_t mostShared[] = {227 << 10, 163 << 10};

using Work = std::function<CUresult()>;

void tell(const std::string &text) { std::fprintf(stderr, "simulator: %s\n", text.c_str()); }

} // namespace

// What the driver's handles point to.
namespace treadle::cuda {
struct CUgraph_st {
  std::vector<Work> work;
};
struct CUgraphExec_st {
  std::vector<Work> work;
};
struct CUstream_st {
  std::unique_ptr<CUgraph_st> captured; // while it is captured
};
struct CUevent_st {
  std::chrono::steady_clock::time_point when;
  bool isRecorded = false, isTimed = true;
};
struct CUfunc_st {
  std::unique_ptr<ptx::Code> code;
  unsigned mostShared = 48 << 10; // that it is launched with
};
struct CUmod_st {
  std::map<std::string, CUfunc_st> functions;
  std::vector<uint64_t> globals;
};
struct CUctx_st {
  explicit CUctx_st(int device) : device(device) {}

  const int device;
  unsigned holders = 1;
  GlobalMemory memory{memoryBytes};
  CUresult failure = CUDA_SUCCESS; // of a kernel: nothing works any more
  Registry<CUmod_st> modules;
  Registry<CUstream_st> streams;
  Registry<CUevent_st> events;

  std::string deviceName() const { return fmt::format("cuda:sm_{}", capabilities[device]); }
};
} // namespace treadle::cuda

namespace {

std::recursive_mutex driver; // one call at a time
bool isInitialized = false;
std::array<std::unique_ptr<CUctx_st>, deviceCount> contexts; // each device's own
Registry<CUgraph_st> graphs;
Registry<CUgraphExec_st> instances;
std::set<void *> hostMemory;
thread_local std::vector<CUcontext> current;

/// Runs `body` with the thread's context, if there is one that works.
template <typename F> CUresult inContext(F body) {
  std::lock_guard<std::recursive_mutex> guard(driver);
  if (!isInitialized)
    return CUDA_ERROR_NOT_INITIALIZED;
  if (current.empty())
    return CUDA_ERROR_INVALID_CONTEXT;
  CUcontext context = current.back();
  return context->failure != CUDA_SUCCESS ? context->failure : body(*context);
}

/// Does the work or writes it down.
CUresult give(CUctx_st &context, CUstream stream, Work work) {
  if (!context.streams.find(stream))
    return CUDA_ERROR_INVALID_HANDLE;
  if (!stream->captured)
    return work();
  stream->captured->work.push_back(std::move(work));
  return CUDA_SUCCESS;
}

CUresult copy(CUctx_st &context, CUstream stream, void *toHost, CUdeviceptr to, const void *fromHost, CUdeviceptr from,
              size_t bytes) {
  return give(context, stream, [=, &context]() -> CUresult {
    void *target = toHost ? toHost : context.memory.host(to, bytes);
    const void *source = fromHost ? fromHost : context.memory.host(from, bytes);
    if (!target || !source)
      return CUDA_ERROR_INVALID_VALUE;
    std::memcpy(target, source, bytes);
    return CUDA_SUCCESS;
  });
}

template <typename T> CUresult fill(CUdeviceptr to, T value, size_t count, CUstream stream) {
  return inContext([&](CUctx_st &context) {
    if (to % sizeof(T))
      return CUDA_ERROR_INVALID_VALUE;
    return give(context, stream, [=, &context]() -> CUresult {
      char *target = context.memory.host(to, count * sizeof(T));
      if (!target)
        return CUDA_ERROR_INVALID_VALUE;
      for (size_t i = 0; i < count; ++i)
        std::memcpy(target + i * sizeof(T), &value, sizeof(T));
      return CUDA_SUCCESS;
    });
  });
}

/// As an old driver does, it knows no cubin.
CUresult load(CUctx_st &context, const char *text, CUmodule &module) {
  if (std::string_view(text, 4) == "\x7f"
                                   "ELF")
    return CUDA_ERROR_NO_BINARY_FOR_GPU;
  ptx::Module parsed = ptx::parse(text);
  if (parsed.target.substr(0, 3) != "sm_" || std::stoi(parsed.target.substr(3)) > capabilities[context.device])
    return CUDA_ERROR_NO_BINARY_FOR_GPU;
  auto made = std::make_unique<CUmod_st>();
  std::map<std::string, uint64_t> globals;
  for (const ptx::Global &global : parsed.globals) {
    uint64_t place = context.memory.allocate(std::max<size_t>(global.bytes.size(), 1));
    if (!place)
      return CUDA_ERROR_OUT_OF_MEMORY;
    std::memcpy(context.memory.host(place, global.bytes.size()), global.bytes.data(), global.bytes.size());
    globals[global.name] = place;
    made->globals.push_back(place);
  }
  for (ptx::Entry &entry : parsed.entries) {
    std::string name = entry.name;
    made->functions[name].code = std::make_unique<ptx::Code>(std::move(entry), globals);
  }
  module = context.modules.add<CUmodule>(std::move(made));
  return CUDA_SUCCESS;
}

/// Before a module goes.
void finish(CUctx_st &context, const CUmod_st &module) {
  for (const auto &[name, function] : module.functions)
    reportCounters(context.deviceName(), *function.code);
  for (uint64_t place : module.globals)
    context.memory.release(place);
}

CUresult run(CUctx_st &context, ptx::Code &code, const Launch &launch) {
  try {
    runKernel(code, launch, context.memory);
    return CUDA_SUCCESS;
  } catch (const Fault &fault) {
    tell(fault.what());
    return context.failure = CUDA_ERROR_ILLEGAL_ADDRESS;
  }
}

/// Those that go leave nothing behind, or are told of.
void close(CUcontext context) {
  context->modules.removeIf([&](const CUmod_st &module) {
    finish(*context, module);
    return true;
  });
  if (context->memory.used() && context->failure == CUDA_SUCCESS)
    tell(fmt::format("{} bytes of {} were not given back", context->memory.used(), context->deviceName()));
  contexts[context->device] = nullptr;
}

} // namespace

#define TREADLE_EXPORT extern "C" __attribute__((visibility("default"))) CUresult

// ---- the driver and its devices ----------------------------------------------------------------

TREADLE_EXPORT cuInit(unsigned flags) {
  isInitialized = true;
  return flags ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

TREADLE_EXPORT cuDriverGetVersion(int *version) {
  *version = driverVersion;
  return CUDA_SUCCESS;
}

TREADLE_EXPORT cuGetErrorString(CUresult result, const char **text) {
  switch (result) {
  case CUDA_SUCCESS:
    *text = "no error";
    return CUDA_SUCCESS;
  case CUDA_ERROR_INVALID_VALUE:
    *text = "invalid argument";
    return CUDA_SUCCESS;
  case CUDA_ERROR_INVALID_HANDLE:
    *text = "invalid resource handle";
    return CUDA_SUCCESS;
  case CUDA_ERROR_ILLEGAL_ADDRESS:
    *text = "an illegal memory access was encountered";
    return CUDA_SUCCESS;
  default:
    *text = nullptr;
    return CUDA_ERROR_INVALID_VALUE;
  }
}

TREADLE_EXPORT cuDeviceGetCount(int *count) {
  *count = deviceCount;
  return isInitialized ? CUDA_SUCCESS : CUDA_ERROR_NOT_INITIALIZED;
}

TREADLE_EXPORT cuDeviceGet(CUdevice *device, int number) {
  *device = number;
  return number >= 0 && number < deviceCount ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

TREADLE_EXPORT cuDeviceGetName(char *name, int room, CUdevice device) {
  std::string text = fmt::format("simulated sm_{}", capabilities[device]);
  std::strncpy(name, text.c_str(), room);
  return CUDA_SUCCESS;
}

TREADLE_EXPORT cuDeviceTotalMem_v2(size_t *bytes, CUdevice) {
  *bytes = memoryBytes;
  return CUDA_SUCCESS;
}

TREADLE_EXPORT cuDeviceGetAttribute(int *value, int attribute, CUdevice device) {
  if (attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
    *value = capabilities[device] / 10;
  else if (attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)
    *value = capabilities[device] % 10;
  else if (attribute == CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)
    *value = multiprocessors;
  else
    return CUDA_ERROR_INVALID_VALUE;
  return CUDA_SUCCESS;
}

TREADLE_EXPORT cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
  std::lock_guard<std::recursive_mutex> guard(driver);
  if (!isInitialized)
    return CUDA_ERROR_NOT_INITIALIZED;
  if (contexts[device])
    ++contexts[device]->holders;
  else
    contexts[device] = std::make_unique<CUctx_st>(device);
  *context = contexts[device].get();
  return CUDA_SUCCESS;
}

TREADLE_EXPORT cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  std::lock_guard<std::recursive_mutex> guard(driver);
  if (!contexts[device])
    return CUDA_ERROR_INVALID_CONTEXT;
  if (--contexts[device]->holders == 0)
    close(contexts[device].get());
  return CUDA_SUCCESS;
}

TREADLE_EXPORT cuCtxPushCurrent_v2(CUcontext context) {
  std::lock_guard<std::recursive_mutex> guard(driver);
  if (!context || std::none_of(contexts.begin(), contexts.end(), [&](const auto &one) { return one.get() == context; }))
    return CUDA_ERROR_INVALID_CONTEXT;
  current.push_back(context);
  return CUDA_SUCCESS;
}

TREADLE_EXPORT cuCtxPopCurrent_v2(CUcontext *context) {
  if (current.empty())
    return CUDA_ERROR_INVALID_CONTEXT;
  *context = current.back();
  current.pop_back();
  return CUDA_SUCCESS;
}

// ---- code and memory ---------------------------------------------------------------------------

TREADLE_EXPORT cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned, int *, void **) {
  return inContext([&](CUctx_st &context) {
    try {
      return load(context, static_cast<const char *>(image), *module);
    } catch (const Fault &fault) {
      tell(fault.what());
      return CUDA_ERROR_INVALID_PTX;
    }
  });
}

TREADLE_EXPORT cuModuleUnload(CUmodule module) {
  return inContext([&](CUctx_st &context) {
    if (!context.modules.find(module))
      return CUDA_ERROR_INVALID_HANDLE;
    finish(context, *module);
    context.modules.remove(module);
    return CUDA_SUCCESS;
  });
}

TREADLE_EXPORT cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
  return inContext([&](CUctx_st &context) {
    if (!context.modules.find(module))
      return CUDA_ERROR_INVALID_HANDLE;
    auto found = module->functions.find(name);
    if (found == module->functions.end())
      return CUDA_ERROR_NOT_FOUND;
    *function = &found->second;
    return CUDA_SUCCESS;
  });
}

TREADLE_EXPORT cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
  return inContext([&](CUctx_st &context) {
    if (bytes == 0)
      return CUDA_ERROR_INVALID_VALUE;
    *address = context.memory.allocate(bytes);
    return *address ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
  });
}

TREADLE_EXPORT cuMemFree_v2(CUdeviceptr address) {
  return inContext(
      [&](CUctx_st &context) { return context.memory.release(address) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE; });
}

TREADLE_EXPORT cuMemHostAlloc(void **place, size_t bytes, unsigned) {
  return inContext([&](CUctx_st &) {
    *place = std::malloc(bytes);
    if (!*place)
      return CUDA_ERROR_OUT_OF_MEMORY;
    hostMemory.insert(*place);
    return CUDA_SUCCESS;
  });
}

TREADLE_EXPORT cuMemFreeHost(void *place) {
  return inContext([&](CUctx_st &) {
    if (!hostMemory.erase(place))
      return CUDA_ERROR_INVALID_VALUE;
    std::free(place);
    return CUDA_SUCCESS;
  });
}

TREADLE_EXPORT cuFuncSetAttribute(CUfunction function, int attribute, int value) {
  return inContext([&](CUctx_st &context) {
    if (!function || attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES || value < 0 ||
        static_cast<size_t>(value) > mostShared[context.device])
      return CUDA_ERROR_INVALID_VALUE;
    function->mostShared = static_cast<unsigned>(value);
    return CUDA_SUCCESS;
  });
}

TREADLE_EXPORT cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, CUfunction function, int threads,
                                                           size_t sharedBytes) {
  return inContext([&](CUctx_st &context) {
    if (!function || threads < 1 || threads > static_cast<int>(mostThreads))
      return CUDA_ERROR_INVALID_VALUE;
    *blocks = workgroupsOfEach(*function->code, threads, sharedBytes, mostShared[context.device]);
    return CUDA_SUCCESS;
  });
}

/// As the driver, it asks for a context, and for addresses and strides of 16 bytes.
TREADLE_EXPORT cuTensorMapEncodeTiled(CUtensorMap *map, int type, unsigned rank, void *address, const uint64_t *sizes,
                                      const uint64_t *strides, const uint32_t *box, const uint32_t *steps,
                                      int interleave, int swizzle, int, int outside) {
  constexpr unsigned mostDims = 5, mostBox = 256, rowBytes = 128, multiple = 16;
  if (CUresult usable = inContext([](CUctx_st &) { return CUDA_SUCCESS; }); usable != CUDA_SUCCESS)
    return usable;
  ptx::TensorMap made;
  if (type < CU_TENSOR_MAP_DATA_TYPE_UINT8 || type > CU_TENSOR_MAP_DATA_TYPE_UINT32 || rank < 1 || rank > mostDims ||
      reinterpret_cast<uintptr_t>(address) % multiple || interleave != CU_TENSOR_MAP_INTERLEAVE_NONE ||
      swizzle != CU_TENSOR_MAP_SWIZZLE_128B || outside != CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE)
    return CUDA_ERROR_INVALID_VALUE;
  made.rank = static_cast<uint8_t>(rank);
  made.elementBytes = static_cast<uint8_t>(1 << type);
  made.address = reinterpret_cast<uintptr_t>(address);
  if (box[0] * made.elementBytes != rowBytes)
    return CUDA_ERROR_INVALID_VALUE;
  for (unsigned d = 0; d < rank; ++d) {
    if (sizes[d] < 1 || sizes[d] > UINT32_MAX || box[d] < 1 || box[d] > mostBox || steps[d] != 1 ||
        (d > 0 && (strides[d - 1] % multiple || strides[d - 1] >> 40)))
      return CUDA_ERROR_INVALID_VALUE;
    made.sizes[d] = static_cast<uint32_t>(sizes[d]);
    made.box[d] = static_cast<uint16_t>(box[d]);
    if (d > 0)
      made.strides[d - 1] = strides[d - 1];
  }
  *map = {};
  std::memcpy(map, &made, sizeof(made));
  return CUDA_SUCCESS;
}

// ---- streams -----------------------------------------------------------------------------------

TREADLE_EXPORT cuStreamCreate(CUstream *stream, unsigned) {
  return inContext([&](CUctx_st &context) {
    *stream = context.streams.add<CUstream>(std::make_unique<CUstream_st>());
    return CUDA_SUCCESS;
  });
}

TREADLE_EXPORT cuStreamDestroy_v2(CUstream stream) {
  return inContext(
      [&](CUctx_st &context) { return context.streams.remove(stream) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE; });
}

TREADLE_EXPORT cuStreamSynchronize(CUstream stream) {
  return inContext([&](CUctx_st &context) {
    if (!context.streams.find(stream))
      return CUDA_ERROR_INVALID_HANDLE;
    return stream->captured ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : CUDA_SUCCESS;
  });
}

TREADLE_EXPORT cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                              unsigned blockY, unsigned blockZ, unsigned sharedBytes, CUstream stream, void **arguments,
                              void **extra) {
  return inContext([&](CUctx_st &context) {
    if (!function || !gridX || !gridY || !gridZ || !blockX || !blockY || !blockZ || extra || gridX > mostWorkgroups ||
        uint64_t(blockX) * blockY * blockZ > mostThreads)
      return CUDA_ERROR_INVALID_VALUE;
    const ptx::Entry &entry = function->code->entry;
    Launch launch{{gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes, {}};
    if (sharedBytes > function->mostShared)
      return CUDA_ERROR_INVALID_VALUE;
    if (entry.mostThreads && launch.threads() > entry.mostThreads)
      return CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES;
    launch.arguments.resize(entry.parameterBytes);
    std::vector<ptx::Variable> parameters;
    for (const auto &[name, parameter] : entry.parameters)
      parameters.push_back(parameter);
    std::sort(parameters.begin(), parameters.end(), [](auto &a, auto &b) { return a.offset < b.offset; });
    for (size_t i = 0; i < parameters.size(); ++i)
      std::memcpy(launch.arguments.data() + parameters[i].offset, arguments[i], parameters[i].bytes);
    return give(context, stream,
                [launch = std::move(launch), function, &context] { return run(context, *function->code, launch); });
  });
}

TREADLE_EXPORT cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream) {
  return inContext([&](CUctx_st &context) { return copy(context, stream, nullptr, to, from, 0, bytes); });
}
TREADLE_EXPORT cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return inContext([&](CUctx_st &context) { return copy(context, stream, to, 0, nullptr, from, bytes); });
}
TREADLE_EXPORT cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return inContext([&](CUctx_st &context) { return copy(context, stream, nullptr, to, nullptr, from, bytes); });
}

TREADLE_EXPORT cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, CUstream stream) {
  return fill(to, value, count, stream);
}
TREADLE_EXPORT cuMemsetD16Async(CUdeviceptr to, unsigned short value, size_t count, CUstream stream) {
  return fill(to, value, count, stream);
}
TREADLE_EXPORT cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream stream) {
  return fill(to, value, count, stream);
}

// ---- events ------------------------------------------------------------------------------------

TREADLE_EXPORT cuEventCreate(CUevent *event, unsigned flags) {
  return inContext([&](CUctx_st &context) {
    *event = context.events.add<CUevent>(std::make_unique<CUevent_st>());
    (*event)->isTimed = !(flags & CU_EVENT_DISABLE_TIMING);
    return CUDA_SUCCESS;
  });
}

TREADLE_EXPORT cuEventDestroy_v2(CUevent event) {
  return inContext(
      [&](CUctx_st &context) { return context.events.remove(event) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE; });
}

TREADLE_EXPORT cuEventRecord(CUevent event, CUstream stream) {
  return inContext([&](CUctx_st &context) {
    if (!context.events.find(event))
      return CUDA_ERROR_INVALID_HANDLE;
    return give(context, stream, [event] {
      event->when = std::chrono::steady_clock::now();
      event->isRecorded = true;
      return CUDA_SUCCESS;
    });
  });
}

TREADLE_EXPORT cuEventSynchronize(CUevent event) {
  return inContext(
      [&](CUctx_st &context) { return context.events.find(event) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE; });
}

TREADLE_EXPORT cuEventElapsedTime(float *milliseconds, CUevent from, CUevent to) {
  return inContext([&](CUctx_st &context) {
    for (CUevent event : {from, to})
      if (!context.events.find(event) || !event->isRecorded || !event->isTimed)
        return CUDA_ERROR_INVALID_HANDLE;
    *milliseconds = std::chrono::duration<float, std::milli>(to->when - from->when).count();
    return CUDA_SUCCESS;
  });
}

// ---- graphs ------------------------------------------------------------------------------------

TREADLE_EXPORT cuStreamBeginCapture_v2(CUstream stream, int) {
  return inContext([&](CUctx_st &context) {
    if (!context.streams.find(stream))
      return CUDA_ERROR_INVALID_HANDLE;
    if (stream->captured)
      return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    stream->captured = std::make_unique<CUgraph_st>();
    return CUDA_SUCCESS;
  });
}

TREADLE_EXPORT cuStreamEndCapture(CUstream stream, CUgraph *graph) {
  return inContext([&](CUctx_st &context) {
    if (!context.streams.find(stream) || !stream->captured)
      return CUDA_ERROR_INVALID_HANDLE;
    *graph = graphs.add<CUgraph>(std::move(stream->captured));
    return CUDA_SUCCESS;
  });
}

TREADLE_EXPORT cuGraphInstantiateWithFlags(CUgraphExec *instance, CUgraph graph, unsigned long long) {
  return inContext([&](CUctx_st &) {
    if (!graphs.find(graph))
      return CUDA_ERROR_INVALID_HANDLE;
    *instance = instances.add<CUgraphExec>(std::make_unique<CUgraphExec_st>(CUgraphExec_st{graph->work}));
    return CUDA_SUCCESS;
  });
}

TREADLE_EXPORT cuGraphDestroy(CUgraph graph) {
  return inContext([&](CUctx_st &) { return graphs.remove(graph) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE; });
}

TREADLE_EXPORT cuGraphExecDestroy(CUgraphExec instance) {
  return inContext([&](CUctx_st &) { return instances.remove(instance) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE; });
}

TREADLE_EXPORT cuGraphLaunch(CUgraphExec instance, CUstream stream) {
  return inContext([&](CUctx_st &context) {
    if (!instances.find(instance))
      return CUDA_ERROR_INVALID_HANDLE;
    return give(context, stream, [instance] {
      for (const Work &work : instance->work)
        if (CUresult result = work(); result != CUDA_SUCCESS)
          return result;
      return CUDA_SUCCESS;
    });
  });
}
