//===- HipDevice.cpp - AMD's runtime library, and a device of it ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "targets/hip/run/HipDevice.h"
#include <algorithm>
#include <dlfcn.h>

namespace treadle::hip {
namespace {

constexpr int oldestVersion = 50200000; // the first with all functions that are used

/// The first of the versions' libraries that there is; the last is what developers have.
void *openLibrary(std::string &message) {
  for (const char *name : {"libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5", "libamdhip64.so"}) {
    // Not to be unloaded: it leaves threads behind.
    if (void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE))
      return handle;
    message = dlerror();
  }
  return nullptr;
}

} // namespace

// ---- the library -------------------------------------------------------------------------------

Status Library::open(std::shared_ptr<const Library> &library) {
  auto opened = std::make_shared<Library>();
  std::string message;
  void *handle = openLibrary(message);
  if (!handle)
    return error(TREADLE_NOT_FOUND, "AMD's HIP runtime cannot be opened (", message,
                 "); install it (ROCm: hip-runtime-amd, Debian: libamdhip64-5)");
#define TREADLE_FUNCTION(name, ...)                                                                                    \
  opened->name = reinterpret_cast<hipError_t (*)(__VA_ARGS__)>(dlsym(handle, #name));                                  \
  if (!opened->name)                                                                                                   \
    return error(TREADLE_UNSUPPORTED, "AMD's HIP runtime has no " #name "; update it to one of ROCm 5.2 or later");
  TREADLE_HIP_FUNCTIONS(TREADLE_FUNCTION)
#undef TREADLE_FUNCTION
  auto find = [&](auto &function, const char *name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
  };
  find(opened->hipModuleOccupancyMaxActiveBlocksPerMultiprocessor,
       "hipModuleOccupancyMaxActiveBlocksPerMultiprocessor");
  find(opened->hipGetErrorString, "hipGetErrorString");
  find(opened->hipGetDevicePropertiesR0600, "hipGetDevicePropertiesR0600");
  find(opened->hipGetDeviceProperties, "hipGetDeviceProperties");
  hipError_t result = opened->hipInit(0);
  if (result == hipSuccess)
    result = opened->hipRuntimeGetVersion(&opened->version);
  if (result == hipSuccess)
    result = opened->hipGetDeviceCount(&opened->count);
  if (result != hipSuccess && result != hipErrorNoDevice)
    return error(TREADLE_DEVICE, "AMD's HIP runtime cannot be started: ", opened->nameOf(result),
                 "; see whether the driver amdgpu is loaded and /dev/kfd may be opened");
  if (opened->version < oldestVersion && result == hipSuccess)
    return error(TREADLE_UNSUPPORTED, "AMD's HIP runtime is version ", opened->versionText(),
                 ", 5.2 is needed; update it");
  library = std::move(opened);
  return {};
}

std::string Library::versionText() const { return concat(version / 10000000, ".", version / 100000 % 100); }

std::string Library::nameOf(hipError_t result) const {
  const char *text = hipGetErrorString ? hipGetErrorString(result) : nullptr;
  return text ? text : concat("hipError_t ", static_cast<int>(result));
}

/// "gfx90a" of "gfx90a:sramecc+:xnack-": what is switched on besides does not matter to code for both.
std::string Library::processorOf(int number) const {
  auto read = [&](auto *get, auto properties) -> std::string {
    if (!get || get(&properties, number) != hipSuccess)
      return "";
    properties.gcnArchName[sizeof properties.gcnArchName - 1] = 0;
    std::string name = properties.gcnArchName;
    return name.substr(0, name.find(':'));
  };
  return hipGetDevicePropertiesR0600 ? read(hipGetDevicePropertiesR0600, Properties6())
                                     : read(hipGetDeviceProperties, Properties5());
}

Library::Description Library::describe(int number) const {
  Description description;
  char name[256] = "";
  size_t memory = 0;
  if (hipDeviceGetName(name, sizeof(name), number) == hipSuccess && hipDeviceTotalMem(&memory, number) == hipSuccess)
    description = {name, memory, processorOf(number)};
  return description;
}

// ---- the device --------------------------------------------------------------------------------

HipDevice::HipDevice(std::shared_ptr<const Library> library, int number)
    : library(std::move(library)), name(this->library->describe(number).name), number(number) {}

Status HipDevice::open(const std::shared_ptr<const Library> &library, int number,
                       std::shared_ptr<StreamDevice> &device) {
  device.reset(new HipDevice(library, number));
  return {};
}

Status HipDevice::check(hipError_t result, std::string_view what) const {
  std::string where = concat(name, ": ", what, ": ");
  switch (result) {
  case hipSuccess:
    return {};
  case hipErrorOutOfMemory:
    return error(TREADLE_OUT_OF_MEMORY, where,
                 "the device has no more memory; close what else uses it, or give smaller inputs");
  case hipErrorNoBinaryForGpu:
    return error(TREADLE_UNSUPPORTED, where, "the code is for another device than this");
  case hipErrorInvalidImage:
  case hipErrorInvalidKernelFile:
    return error(TREADLE_DAMAGED, where, "the runtime does not take the code");
  case hipErrorIllegalAddress:
  case hipErrorIllegalState:
  case hipErrorLaunchFailure:
  case hipErrorLaunchTimeOut:
  case hipErrorECCNotCorrectable:
    // All of the process's work on the device is over then.
    lost = true;
    return error(TREADLE_DEVICE, where, "the device was lost (", library->nameOf(result),
                 "); the process must be started again");
  default:
    return error(TREADLE_DEVICE, where, library->nameOf(result));
  }
}

// ---- of the thread -----------------------------------------------------------------------------

static thread_local int deviceBefore = 0;

Status HipDevice::enter() {
  hipError_t result = library->hipGetDevice(&deviceBefore);
  return check(result == hipSuccess ? library->hipSetDevice(number) : result, "using the device");
}

void HipDevice::leave() { library->hipSetDevice(deviceBefore); }

// ---- memory and code ---------------------------------------------------------------------------

Status HipDevice::allocate(Space space, uint64_t bytes, std::string_view what, void *&place) {
  if (space == Space::host)
    return check(library->hipHostMalloc(&place, bytes, 0), what);
  return check(library->hipMalloc(&place, bytes), concat(what, " (", bytes >> 20, " MiB)"));
}

void HipDevice::release(Space space, void *place) {
  if (space == Space::host)
    library->hipHostFree(place);
  else
    library->hipFree(place);
}

Status HipDevice::loadCode(const void *image, std::string_view what, void *&module) {
  hipModule_t made = nullptr;
  hipError_t result = library->hipModuleLoadData(&made, image);
  module = made;
  return check(result, concat("loading ", what));
}

void HipDevice::unloadCode(void *module) { library->hipModuleUnload(static_cast<hipModule_t>(module)); }

Status HipDevice::findKernel(void *module, const char *symbol, uint32_t sharedBytes, void *&kernel) {
  hipFunction_t found = nullptr;
  hipError_t result = library->hipModuleGetFunction(&found, static_cast<hipModule_t>(module), symbol);
  kernel = found;
  return check(result, concat("loading ", symbol));
}

// ---- streams -----------------------------------------------------------------------------------

Status HipDevice::createStream(void *&stream) {
  hipStream_t made = nullptr;
  hipError_t result = library->hipStreamCreateWithFlags(&made, hipStreamNonBlocking);
  stream = made;
  return check(result, "opening the device");
}

void HipDevice::destroyStream(void *stream) { library->hipStreamDestroy(static_cast<hipStream_t>(stream)); }

Status HipDevice::wait(void *stream) {
  return check(library->hipStreamSynchronize(static_cast<hipStream_t>(stream)), "running kernels");
}

uint32_t HipDevice::mostWorkgroups(uint32_t threads) const {
  return UINT32_MAX / std::max(threads, 1u); // threads are counted in 32 bits
}

Occupancy HipDevice::occupancy(void *kernel, uint32_t threads, uint32_t sharedBytes) const {
  Occupancy most;
  if (!library->hipModuleOccupancyMaxActiveBlocksPerMultiprocessor)
    return most;
  hipError_t result =
      library->hipDeviceGetAttribute(&most.multiprocessors, hipDeviceAttributeMultiprocessorCount, number);
  if (result == hipSuccess)
    result = library->hipModuleOccupancyMaxActiveBlocksPerMultiprocessor(
        &most.workgroupsOfEach, static_cast<hipFunction_t>(kernel), static_cast<int>(threads), sharedBytes);
  return result == hipSuccess ? most : Occupancy();
}

Status HipDevice::launch(void *stream, void *kernel, uint32_t workgroups, uint32_t threads, uint32_t sharedBytes,
                         void **arguments) {
  return check(library->hipModuleLaunchKernel(static_cast<hipFunction_t>(kernel), workgroups, 1, 1, threads, 1, 1, 0,
                                              static_cast<hipStream_t>(stream), arguments, nullptr),
               "running kernels");
}

Status HipDevice::copy(void *stream, void *to, const void *from, size_t bytes, Direction direction) {
  auto copy = [&](int kind, std::string_view what) {
    return check(library->hipMemcpyAsync(to, from, bytes, kind, static_cast<hipStream_t>(stream)), what);
  };
  switch (direction) {
  case Direction::toDevice:
    return copy(hipMemcpyHostToDevice, "copying to the device");
  case Direction::onDevice:
    return copy(hipMemcpyDeviceToDevice, "copying on the device");
  case Direction::toHost:
    return copy(hipMemcpyDeviceToHost, "copying from the device");
  }
  return {};
}

Status HipDevice::fill(void *stream, void *to, uint32_t pattern, unsigned width, size_t count) {
  auto *on = static_cast<hipStream_t>(stream);
  switch (width) {
  case 1:
    return check(library->hipMemsetD8Async(to, static_cast<unsigned char>(pattern), count, on), "filling");
  case 2:
    return check(library->hipMemsetD16Async(to, static_cast<unsigned short>(pattern), count, on), "filling");
  default:
    return check(library->hipMemsetD32Async(to, static_cast<int>(pattern), count, on), "filling");
  }
}

// ---- events and graphs ---------------------------------------------------------------------------

Status HipDevice::createEvent(bool timed, void *&event) {
  hipEvent_t made = nullptr;
  hipError_t result = library->hipEventCreateWithFlags(&made, timed ? 0 : hipEventDisableTiming);
  event = made;
  return check(result, "preparing a run");
}

void HipDevice::destroyEvent(void *event) { library->hipEventDestroy(static_cast<hipEvent_t>(event)); }

Status HipDevice::record(void *stream, void *event) {
  return check(library->hipEventRecord(static_cast<hipEvent_t>(event), static_cast<hipStream_t>(stream)),
               "running kernels");
}

Status HipDevice::waitFor(void *event) {
  return check(library->hipEventSynchronize(static_cast<hipEvent_t>(event)), "running kernels");
}

Status HipDevice::elapsed(void *from, void *to, float &milliseconds) {
  return check(library->hipEventElapsedTime(&milliseconds, static_cast<hipEvent_t>(from), static_cast<hipEvent_t>(to)),
               "measuring times");
}

Status HipDevice::beginCapture(void *stream) {
  return check(library->hipStreamBeginCapture(static_cast<hipStream_t>(stream), hipStreamCaptureModeThreadLocal),
               "preparing a run");
}

Status HipDevice::endCapture(void *stream, void *&graph) {
  hipGraph_t captured = nullptr;
  hipGraphExec_t made = nullptr;
  hipError_t result = library->hipStreamEndCapture(static_cast<hipStream_t>(stream), &captured);
  if (result == hipSuccess)
    result = library->hipGraphInstantiate(&made, captured, nullptr, nullptr, 0);
  if (captured)
    library->hipGraphDestroy(captured);
  graph = made;
  return check(result, "preparing a run");
}

void HipDevice::destroyGraph(void *graph) { library->hipGraphExecDestroy(static_cast<hipGraphExec_t>(graph)); }

Status HipDevice::launchGraph(void *stream, void *graph) {
  return check(library->hipGraphLaunch(static_cast<hipGraphExec_t>(graph), static_cast<hipStream_t>(stream)),
               "running kernels");
}

} // namespace treadle::hip
