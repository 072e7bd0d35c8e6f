//===- CudaDevice.cpp - NVIDIA's driver, and a device of it -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "targets/cuda/run/CudaDevice.h"
#include <dlfcn.h>

namespace treadle::cuda {
namespace {

constexpr int oldestVersion = 11080; // that reads the PTX which is made here

CUdeviceptr toAddress(const void *place) { return reinterpret_cast<uintptr_t>(place); }

} // namespace

// ---- the driver --------------------------------------------------------------------------------

Status Library::open(std::shared_ptr<const Library> &library) {
  auto opened = std::make_shared<Library>();
  // Not to be unloaded: the driver leaves threads behind.
  void *handle = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!handle)
    return error(TREADLE_NOT_FOUND, "NVIDIA's driver cannot be opened (", dlerror(), "); install it");
#define TREADLE_FUNCTION(name, ...)                                                                                    \
  opened->name = reinterpret_cast<CUresult (*)(__VA_ARGS__)>(dlsym(handle, #name));                                    \
  if (!opened->name)                                                                                                   \
    return error(TREADLE_UNSUPPORTED, "NVIDIA's driver has no " #name "; update it to one of CUDA 11.8 or later");
  TREADLE_CUDA_FUNCTIONS(TREADLE_FUNCTION)
#undef TREADLE_FUNCTION
  opened->cuTensorMapEncodeTiled = reinterpret_cast<TensorMapEncode>(dlsym(handle, "cuTensorMapEncodeTiled"));
  CUresult result = opened->cuInit(0);
  if (result == CUDA_SUCCESS)
    result = opened->cuDriverGetVersion(&opened->version);
  if (result == CUDA_SUCCESS)
    result = opened->cuDeviceGetCount(&opened->count);
  if (result == CUDA_ERROR_SYSTEM_DRIVER_MISMATCH)
    return error(TREADLE_DEVICE, "NVIDIA's driver and its library are of different versions; restart the machine");
  if (result != CUDA_SUCCESS && result != CUDA_ERROR_NO_DEVICE)
    return error(TREADLE_DEVICE, "NVIDIA's driver cannot be started: ", opened->nameOf(result));
  if (opened->version < oldestVersion)
    return error(TREADLE_UNSUPPORTED, "NVIDIA's driver is of CUDA ", opened->versionText(),
                 ", 11.8 is needed; update it");
  library = std::move(opened);
  return {};
}

std::string Library::versionText() const { return concat(version / 1000, ".", version % 1000 / 10); }

std::string Library::nameOf(CUresult result) const {
  const char *text = nullptr;
  if (cuGetErrorString(result, &text) == CUDA_SUCCESS && text)
    return text;
  return concat("CUresult ", static_cast<int>(result));
}

Library::Description Library::describe(int number) const {
  Description description;
  CUdevice device = 0;
  char name[256] = "";
  int major = 0, minor = 0;
  size_t memory = 0;
  bool good = cuDeviceGet(&device, number) == CUDA_SUCCESS &&
              cuDeviceGetName(name, sizeof(name), device) == CUDA_SUCCESS &&
              cuDeviceTotalMem_v2(&memory, device) == CUDA_SUCCESS &&
              cuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device) == CUDA_SUCCESS &&
              cuDeviceGetAttribute(&minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device) == CUDA_SUCCESS;
  if (good)
    description = {name, memory, 10 * major + minor};
  return description;
}

// ---- the device --------------------------------------------------------------------------------

CudaDevice::CudaDevice(std::shared_ptr<const Library> library, int number)
    : library(std::move(library)), name(this->library->describe(number).name) {}

Status CudaDevice::open(const std::shared_ptr<const Library> &library, int number,
                        std::shared_ptr<StreamDevice> &device) {
  std::shared_ptr<CudaDevice> opened(new CudaDevice(library, number));
  Status status = opened->check(library->cuDeviceGet(&opened->handle, number), "opening the device");
  if (!status.failed())
    status = opened->check(library->cuDevicePrimaryCtxRetain(&opened->context, opened->handle), "opening the device");
  if (!status.failed())
    device = std::move(opened);
  return status;
}

CudaDevice::~CudaDevice() {
  if (context)
    library->cuDevicePrimaryCtxRelease_v2(handle);
}

Status CudaDevice::check(CUresult result, std::string_view what) const {
  std::string where = concat(name, ": ", what, ": ");
  switch (result) {
  case CUDA_SUCCESS:
    return {};
  case CUDA_ERROR_OUT_OF_MEMORY:
    return error(TREADLE_OUT_OF_MEMORY, where,
                 "the device has no more memory; close what else uses it, or give smaller inputs");
  case CUDA_ERROR_UNSUPPORTED_PTX_VERSION:
  case CUDA_ERROR_NO_BINARY_FOR_GPU:
    return error(TREADLE_UNSUPPORTED, where, "the driver (CUDA ", library->versionText(),
                 ") does not know code as new as this; update it");
  case CUDA_ERROR_INVALID_PTX:
    return error(TREADLE_DAMAGED, where, "the driver does not take the code");
  case CUDA_ERROR_ILLEGAL_ADDRESS:
  case CUDA_ERROR_ILLEGAL_INSTRUCTION:
  case CUDA_ERROR_MISALIGNED_ADDRESS:
  case CUDA_ERROR_LAUNCH_FAILED:
  case CUDA_ERROR_LAUNCH_TIMEOUT:
  case CUDA_ERROR_ECC_UNCORRECTABLE:
    // All of the process's work on the device is over then.
    lost = true;
    return error(TREADLE_DEVICE, where, "the device was lost (", library->nameOf(result),
                 "); the process must be started again");
  default:
    return error(TREADLE_DEVICE, where, library->nameOf(result));
  }
}

Status CudaDevice::enter() { return check(library->cuCtxPushCurrent_v2(context), "using the device"); }

void CudaDevice::leave() {
  CUcontext before = nullptr;
  library->cuCtxPopCurrent_v2(&before);
}

Status CudaDevice::allocate(Space space, uint64_t bytes, std::string_view what, void *&place) {
  if (space == Space::host)
    return check(library->cuMemHostAlloc(&place, bytes, CU_MEMHOSTALLOC_PORTABLE), what);
  CUdeviceptr address = 0;
  CUresult result = library->cuMemAlloc_v2(&address, bytes);
  place = reinterpret_cast<void *>(static_cast<uintptr_t>(address));
  return check(result, concat(what, " (", bytes >> 20, " MiB)"));
}

void CudaDevice::release(Space space, void *place) {
  if (space == Space::host)
    library->cuMemFreeHost(place);
  else
    library->cuMemFree_v2(toAddress(place));
}

Status CudaDevice::loadCode(const void *image, std::string_view what, void *&module) {
  CUmodule made = nullptr;
  CUresult result = library->cuModuleLoadDataEx(&made, image, 0, nullptr, nullptr);
  module = made;
  return check(result, concat("loading ", what));
}

bool CudaDevice::loadNativeCode(const void *image, void *&module) {
  // Of another device, or newer than the driver: that compiles the PTX then.
  CUmodule made = nullptr;
  CUresult result = library->cuModuleLoadDataEx(&made, image, 0, nullptr, nullptr);
  module = result == CUDA_SUCCESS ? made : nullptr;
  return result == CUDA_SUCCESS;
}

void CudaDevice::unloadCode(void *module) { library->cuModuleUnload(static_cast<CUmodule>(module)); }

Status CudaDevice::findKernel(void *module, const char *symbol, uint32_t sharedBytes, void *&kernel) {
  CUfunction found = nullptr;
  CUresult result = library->cuModuleGetFunction(&found, static_cast<CUmodule>(module), symbol);
  kernel = found;
  if (result == CUDA_SUCCESS && sharedBytes)
    result = library->cuFuncSetAttribute(found, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                         static_cast<int>(sharedBytes));
  return check(result, concat("loading ", symbol));
}

Occupancy CudaDevice::occupancy(void *kernel, uint32_t threads, uint32_t sharedBytes) const {
  Occupancy most;
  CUresult result =
      library->cuDeviceGetAttribute(&most.multiprocessors, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, handle);
  if (result == CUDA_SUCCESS)
    result = library->cuOccupancyMaxActiveBlocksPerMultiprocessor(
        &most.workgroupsOfEach, static_cast<CUfunction>(kernel), static_cast<int>(threads), sharedBytes);
  return result == CUDA_SUCCESS ? most : Occupancy();
}

/// Rows of 128 bytes, whose chunks trade places.
Status CudaDevice::describeBoxes(const BoxTensor &tensor, BoxArgument &argument) const {
  static_assert(sizeof(CUtensorMap) == sizeof(BoxArgument) && alignof(CUtensorMap) <= alignof(BoxArgument));
  if (!library->cuTensorMapEncodeTiled)
    return error(TREADLE_UNSUPPORTED, name, ": preparing a run: the driver (CUDA ", library->versionText(),
                 ") does not know tensor maps; update it to CUDA 12.0 or later");
  int type = tensor.elementBytes == 1   ? CU_TENSOR_MAP_DATA_TYPE_UINT8
             : tensor.elementBytes == 2 ? CU_TENSOR_MAP_DATA_TYPE_UINT16
                                        : CU_TENSOR_MAP_DATA_TYPE_UINT32;
  const uint32_t next[BoxTensor::mostDims] = {1, 1, 1, 1, 1};
  CUresult result = library->cuTensorMapEncodeTiled(
      reinterpret_cast<CUtensorMap *>(argument.bytes), type, tensor.rank, const_cast<void *>(tensor.place),
      tensor.sizes, tensor.strides + 1, tensor.shape, next, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
      CU_TENSOR_MAP_L2_PROMOTION_L2_128B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  return check(result, "preparing a run");
}

// ---- streams -----------------------------------------------------------------------------------

Status CudaDevice::createStream(void *&stream) {
  CUstream made = nullptr;
  CUresult result = library->cuStreamCreate(&made, CU_STREAM_NON_BLOCKING);
  stream = made;
  return check(result, "opening the device");
}

void CudaDevice::destroyStream(void *stream) { library->cuStreamDestroy_v2(static_cast<CUstream>(stream)); }

Status CudaDevice::wait(void *stream) {
  return check(library->cuStreamSynchronize(static_cast<CUstream>(stream)), "running kernels");
}

Status CudaDevice::launch(void *stream, void *kernel, uint32_t workgroups, uint32_t threads, uint32_t sharedBytes,
                          void **arguments) {
  return check(library->cuLaunchKernel(static_cast<CUfunction>(kernel), workgroups, 1, 1, threads, 1, 1, sharedBytes,
                                       static_cast<CUstream>(stream), arguments, nullptr),
               "running kernels");
}

Status CudaDevice::copy(void *stream, void *to, const void *from, size_t bytes, Direction direction) {
  auto *on = static_cast<CUstream>(stream);
  switch (direction) {
  case Direction::toDevice:
    return check(library->cuMemcpyHtoDAsync_v2(toAddress(to), from, bytes, on), "copying to the device");
  case Direction::onDevice:
    return check(library->cuMemcpyDtoDAsync_v2(toAddress(to), toAddress(from), bytes, on), "copying on the device");
  case Direction::toHost:
    return check(library->cuMemcpyDtoHAsync_v2(to, toAddress(from), bytes, on), "copying from the device");
  }
  return {};
}

Status CudaDevice::fill(void *stream, void *to, uint32_t pattern, unsigned width, size_t count) {
  auto *on = static_cast<CUstream>(stream);
  switch (width) {
  case 1:
    return check(library->cuMemsetD8Async(toAddress(to), static_cast<unsigned char>(pattern), count, on), "filling");
  case 2:
    return check(library->cuMemsetD16Async(toAddress(to), static_cast<unsigned short>(pattern), count, on), "filling");
  default:
    return check(library->cuMemsetD32Async(toAddress(to), pattern, count, on), "filling");
  }
}

// ---- events and graphs ---------------------------------------------------------------------------

Status CudaDevice::createEvent(bool timed, void *&event) {
  CUevent made = nullptr;
  CUresult result = library->cuEventCreate(&made, timed ? CU_EVENT_DEFAULT : CU_EVENT_DISABLE_TIMING);
  event = made;
  return check(result, "preparing a run");
}

void CudaDevice::destroyEvent(void *event) { library->cuEventDestroy_v2(static_cast<CUevent>(event)); }

Status CudaDevice::record(void *stream, void *event) {
  return check(library->cuEventRecord(static_cast<CUevent>(event), static_cast<CUstream>(stream)), "running kernels");
}

Status CudaDevice::waitFor(void *event) {
  return check(library->cuEventSynchronize(static_cast<CUevent>(event)), "running kernels");
}

Status CudaDevice::elapsed(void *from, void *to, float &milliseconds) {
  return check(library->cuEventElapsedTime(&milliseconds, static_cast<CUevent>(from), static_cast<CUevent>(to)),
               "measuring times");
}

Status CudaDevice::beginCapture(void *stream) {
  return check(library->cuStreamBeginCapture_v2(static_cast<CUstream>(stream), CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
               "preparing a run");
}

Status CudaDevice::endCapture(void *stream, void *&graph) {
  CUgraph captured = nullptr;
  CUgraphExec made = nullptr;
  CUresult result = library->cuStreamEndCapture(static_cast<CUstream>(stream), &captured);
  if (result == CUDA_SUCCESS)
    result = library->cuGraphInstantiateWithFlags(&made, captured, 0);
  if (captured)
    library->cuGraphDestroy(captured);
  graph = made;
  return check(result, "preparing a run");
}

void CudaDevice::destroyGraph(void *graph) { library->cuGraphExecDestroy(static_cast<CUgraphExec>(graph)); }

Status CudaDevice::launchGraph(void *stream, void *graph) {
  return check(library->cuGraphLaunch(static_cast<CUgraphExec>(graph), static_cast<CUstream>(stream)),
               "running kernels");
}

} // namespace treadle::cuda
