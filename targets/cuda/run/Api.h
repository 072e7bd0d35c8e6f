//===- Api.h - what is used of CUDA's driver API ----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NVIDIA's header is in no free package, and these few types are all of it that matters: they are part of the
// driver's binary interface ("CUDA Driver API"), which does not change.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_CUDA_RUN_API_H
#define TREADLE_TARGETS_CUDA_RUN_API_H

#include <cstddef>
#include <cstdint>

namespace treadle::cuda {

using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUcontext = struct CUctx_st *;
using CUmodule = struct CUmod_st *;
using CUfunction = struct CUfunc_st *;
using CUstream = struct CUstream_st *;
using CUevent = struct CUevent_st *;
using CUgraph = struct CUgraph_st *;
using CUgraphExec = struct CUgraphExec_st *;

enum CUresult : int {
  CUDA_SUCCESS = 0,
  CUDA_ERROR_INVALID_VALUE = 1,
  CUDA_ERROR_OUT_OF_MEMORY = 2,
  CUDA_ERROR_NOT_INITIALIZED = 3,
  CUDA_ERROR_DEINITIALIZED = 4,
  CUDA_ERROR_NO_DEVICE = 100,
  CUDA_ERROR_INVALID_DEVICE = 101,
  CUDA_ERROR_INVALID_CONTEXT = 201,
  CUDA_ERROR_NO_BINARY_FOR_GPU = 209,
  CUDA_ERROR_ECC_UNCORRECTABLE = 214,
  CUDA_ERROR_INVALID_PTX = 218,
  CUDA_ERROR_UNSUPPORTED_PTX_VERSION = 222,
  CUDA_ERROR_INVALID_HANDLE = 400,
  CUDA_ERROR_NOT_FOUND = 500,
  CUDA_ERROR_NOT_READY = 600,
  CUDA_ERROR_ILLEGAL_ADDRESS = 700,
  CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES = 701,
  CUDA_ERROR_LAUNCH_TIMEOUT = 702,
  CUDA_ERROR_ILLEGAL_INSTRUCTION = 715,
  CUDA_ERROR_MISALIGNED_ADDRESS = 716,
  CUDA_ERROR_LAUNCH_FAILED = 719,
  CUDA_ERROR_SYSTEM_DRIVER_MISMATCH = 803,
  CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
  CUDA_ERROR_UNKNOWN = 999,
};

constexpr int CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
              CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76;
constexpr unsigned CU_STREAM_NON_BLOCKING = 1, CU_EVENT_DEFAULT = 0, CU_EVENT_BLOCKING_SYNC = 1,
                   CU_EVENT_DISABLE_TIMING = 2, CU_MEMHOSTALLOC_PORTABLE = 1;
constexpr int CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8;
constexpr int CU_TENSOR_MAP_DATA_TYPE_UINT8 = 0, CU_TENSOR_MAP_DATA_TYPE_UINT16 = 1, CU_TENSOR_MAP_DATA_TYPE_UINT32 = 2,
              CU_TENSOR_MAP_INTERLEAVE_NONE = 0, CU_TENSOR_MAP_SWIZZLE_128B = 3, CU_TENSOR_MAP_L2_PROMOTION_L2_128B = 2,
              CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE = 0;
constexpr int CU_STREAM_CAPTURE_MODE_THREAD_LOCAL = 1;

struct alignas(64) CUtensorMap {
  uint64_t opaque[16];
};
/// cuTensorMapEncodeTiled of CUDA 12.0: map, type, rank, address, sizes, strides in bytes from the second dimension on,
/// box, element strides, interleave, swizzle, promotion, what is outside.
using TensorMapEncode = CUresult (*)(CUtensorMap *, int, unsigned, void *, const uint64_t *, const uint64_t *,
                                     const uint32_t *, const uint32_t *, int, int, int, int);

/// TREADLE_FUNCTION(name, parameters ..): those that libcuda.so.1 has under these names since CUDA 11.4.
#define TREADLE_CUDA_FUNCTIONS(TREADLE_FUNCTION)                                                                       \
  TREADLE_FUNCTION(cuInit, unsigned)                                                                                   \
  TREADLE_FUNCTION(cuDriverGetVersion, int *)                                                                          \
  TREADLE_FUNCTION(cuGetErrorString, CUresult, const char **)                                                          \
  TREADLE_FUNCTION(cuDeviceGetCount, int *)                                                                            \
  TREADLE_FUNCTION(cuDeviceGet, CUdevice *, int)                                                                       \
  TREADLE_FUNCTION(cuDeviceGetName, char *, int, CUdevice)                                                             \
  TREADLE_FUNCTION(cuDeviceTotalMem_v2, size_t *, CUdevice)                                                            \
  TREADLE_FUNCTION(cuDeviceGetAttribute, int *, int, CUdevice)                                                         \
  TREADLE_FUNCTION(cuDevicePrimaryCtxRetain, CUcontext *, CUdevice)                                                    \
  TREADLE_FUNCTION(cuDevicePrimaryCtxRelease_v2, CUdevice)                                                             \
  TREADLE_FUNCTION(cuCtxPushCurrent_v2, CUcontext)                                                                     \
  TREADLE_FUNCTION(cuCtxPopCurrent_v2, CUcontext *)                                                                    \
  TREADLE_FUNCTION(cuModuleLoadDataEx, CUmodule *, const void *, unsigned, int *, void **)                             \
  TREADLE_FUNCTION(cuModuleUnload, CUmodule)                                                                           \
  TREADLE_FUNCTION(cuModuleGetFunction, CUfunction *, CUmodule, const char *)                                          \
  TREADLE_FUNCTION(cuFuncSetAttribute, CUfunction, int, int)                                                           \
  TREADLE_FUNCTION(cuOccupancyMaxActiveBlocksPerMultiprocessor, int *, CUfunction, int, size_t)                        \
  TREADLE_FUNCTION(cuMemAlloc_v2, CUdeviceptr *, size_t)                                                               \
  TREADLE_FUNCTION(cuMemFree_v2, CUdeviceptr)                                                                          \
  TREADLE_FUNCTION(cuMemHostAlloc, void **, size_t, unsigned)                                                          \
  TREADLE_FUNCTION(cuMemFreeHost, void *)                                                                              \
  TREADLE_FUNCTION(cuStreamCreate, CUstream *, unsigned)                                                               \
  TREADLE_FUNCTION(cuStreamDestroy_v2, CUstream)                                                                       \
  TREADLE_FUNCTION(cuStreamSynchronize, CUstream)                                                                      \
  TREADLE_FUNCTION(cuLaunchKernel, CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,   \
                   CUstream, void **, void **)                                                                         \
  TREADLE_FUNCTION(cuMemcpyHtoDAsync_v2, CUdeviceptr, const void *, size_t, CUstream)                                  \
  TREADLE_FUNCTION(cuMemcpyDtoHAsync_v2, void *, CUdeviceptr, size_t, CUstream)                                        \
  TREADLE_FUNCTION(cuMemcpyDtoDAsync_v2, CUdeviceptr, CUdeviceptr, size_t, CUstream)                                   \
  TREADLE_FUNCTION(cuMemsetD8Async, CUdeviceptr, unsigned char, size_t, CUstream)                                      \
  TREADLE_FUNCTION(cuMemsetD16Async, CUdeviceptr, unsigned short, size_t, CUstream)                                    \
  TREADLE_FUNCTION(cuMemsetD32Async, CUdeviceptr, unsigned, size_t, CUstream)                                          \
  TREADLE_FUNCTION(cuEventCreate, CUevent *, unsigned)                                                                 \
  TREADLE_FUNCTION(cuEventDestroy_v2, CUevent)                                                                         \
  TREADLE_FUNCTION(cuEventRecord, CUevent, CUstream)                                                                   \
  TREADLE_FUNCTION(cuEventSynchronize, CUevent)                                                                        \
  TREADLE_FUNCTION(cuEventElapsedTime, float *, CUevent, CUevent)                                                      \
  TREADLE_FUNCTION(cuStreamBeginCapture_v2, CUstream, int)                                                             \
  TREADLE_FUNCTION(cuStreamEndCapture, CUstream, CUgraph *)                                                            \
  TREADLE_FUNCTION(cuGraphInstantiateWithFlags, CUgraphExec *, CUgraph, unsigned long long)                            \
  TREADLE_FUNCTION(cuGraphDestroy, CUgraph)                                                                            \
  TREADLE_FUNCTION(cuGraphExecDestroy, CUgraphExec)                                                                    \
  TREADLE_FUNCTION(cuGraphLaunch, CUgraphExec, CUstream)

} // namespace treadle::cuda

#endif // TREADLE_TARGETS_CUDA_RUN_API_H
