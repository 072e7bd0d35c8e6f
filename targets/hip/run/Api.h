//===- Api.h - what is used of HIP ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Of AMD's hip_runtime_api.h what the driver calls, so that no header of AMD's is needed: names and numbers are the
// same from HIP 5 to 7. What differs is the properties' structure, hence two functions with a name each.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_HIP_RUN_API_H
#define TREADLE_TARGETS_HIP_RUN_API_H

#include <cstddef>

namespace treadle::hip {

using hipModule_t = struct ihipModule_t *;
using hipFunction_t = struct ihipModuleSymbol_t *;
using hipStream_t = struct ihipStream_t *;
using hipEvent_t = struct ihipEvent_t *;
using hipGraph_t = struct ihipGraph *;
using hipGraphExec_t = struct hipGraphExec *;
using hipGraphNode_t = struct hipGraphNode *;

enum hipError_t : int {
  hipSuccess = 0,
  hipErrorInvalidValue = 1,
  hipErrorOutOfMemory = 2,
  hipErrorNotInitialized = 3,
  hipErrorInvalidConfiguration = 9,
  hipErrorInsufficientDriver = 35,
  hipErrorNoDevice = 100,
  hipErrorInvalidDevice = 101,
  hipErrorInvalidImage = 200,
  hipErrorNoBinaryForGpu = 209,
  hipErrorECCNotCorrectable = 214,
  hipErrorInvalidKernelFile = 218,
  hipErrorInvalidHandle = 400,
  hipErrorIllegalState = 401,
  hipErrorNotFound = 500,
  hipErrorIllegalAddress = 700,
  hipErrorLaunchOutOfResources = 701,
  hipErrorLaunchTimeOut = 702,
  hipErrorLaunchFailure = 719,
  hipErrorUnknown = 999,
};

constexpr int hipMemcpyHostToDevice = 1, hipMemcpyDeviceToHost = 2, hipMemcpyDeviceToDevice = 3;
constexpr unsigned hipStreamNonBlocking = 1, hipEventDisableTiming = 2;
constexpr int hipStreamCaptureModeThreadLocal = 1;
constexpr int hipDeviceAttributeMultiprocessorCount = 63;

/// hipDeviceProp_t, of which only this matters: nothing else says what processor a device is.
struct Properties6 { // HIP 6 and 7
  char before[1160];
  char gcnArchName[256]; // "gfx90a:sramecc+:xnack-"
  char after[56];
};
struct Properties5 { // HIP 5
  char before[396];
  char gcnArchName[256];
  char after[140];
};

/// Workgroups, function, threads of a workgroup, bytes of shared memory besides what the code itself says.
using OccupancyOfModules = hipError_t(int *, hipFunction_t, int, size_t);

/// TREADLE_FUNCTION(name, parameters ..): those that all versions have.
#define TREADLE_HIP_FUNCTIONS(TREADLE_FUNCTION)                                                                        \
  TREADLE_FUNCTION(hipInit, unsigned)                                                                                  \
  TREADLE_FUNCTION(hipRuntimeGetVersion, int *)                                                                        \
  TREADLE_FUNCTION(hipGetDeviceCount, int *)                                                                           \
  TREADLE_FUNCTION(hipGetDevice, int *)                                                                                \
  TREADLE_FUNCTION(hipSetDevice, int)                                                                                  \
  TREADLE_FUNCTION(hipDeviceGetName, char *, int, int)                                                                 \
  TREADLE_FUNCTION(hipDeviceTotalMem, size_t *, int)                                                                   \
  TREADLE_FUNCTION(hipDeviceGetAttribute, int *, int, int)                                                             \
  TREADLE_FUNCTION(hipMalloc, void **, size_t)                                                                         \
  TREADLE_FUNCTION(hipFree, void *)                                                                                    \
  TREADLE_FUNCTION(hipHostMalloc, void **, size_t, unsigned)                                                           \
  TREADLE_FUNCTION(hipHostFree, void *)                                                                                \
  TREADLE_FUNCTION(hipModuleLoadData, hipModule_t *, const void *)                                                     \
  TREADLE_FUNCTION(hipModuleUnload, hipModule_t)                                                                       \
  TREADLE_FUNCTION(hipModuleGetFunction, hipFunction_t *, hipModule_t, const char *)                                   \
  TREADLE_FUNCTION(hipModuleLaunchKernel, hipFunction_t, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,   \
                   unsigned, hipStream_t, void **, void **)                                                            \
  TREADLE_FUNCTION(hipMemcpyAsync, void *, const void *, size_t, int, hipStream_t)                                     \
  TREADLE_FUNCTION(hipMemsetD8Async, void *, unsigned char, size_t, hipStream_t)                                       \
  TREADLE_FUNCTION(hipMemsetD16Async, void *, unsigned short, size_t, hipStream_t)                                     \
  TREADLE_FUNCTION(hipMemsetD32Async, void *, int, size_t, hipStream_t)                                                \
  TREADLE_FUNCTION(hipStreamCreateWithFlags, hipStream_t *, unsigned)                                                  \
  TREADLE_FUNCTION(hipStreamDestroy, hipStream_t)                                                                      \
  TREADLE_FUNCTION(hipStreamSynchronize, hipStream_t)                                                                  \
  TREADLE_FUNCTION(hipStreamBeginCapture, hipStream_t, int)                                                            \
  TREADLE_FUNCTION(hipStreamEndCapture, hipStream_t, hipGraph_t *)                                                     \
  TREADLE_FUNCTION(hipEventCreateWithFlags, hipEvent_t *, unsigned)                                                    \
  TREADLE_FUNCTION(hipEventDestroy, hipEvent_t)                                                                        \
  TREADLE_FUNCTION(hipEventRecord, hipEvent_t, hipStream_t)                                                            \
  TREADLE_FUNCTION(hipEventSynchronize, hipEvent_t)                                                                    \
  TREADLE_FUNCTION(hipEventElapsedTime, float *, hipEvent_t, hipEvent_t)                                               \
  TREADLE_FUNCTION(hipGraphInstantiate, hipGraphExec_t *, hipGraph_t, hipGraphNode_t *, char *, size_t)                \
  TREADLE_FUNCTION(hipGraphDestroy, hipGraph_t)                                                                        \
  TREADLE_FUNCTION(hipGraphExecDestroy, hipGraphExec_t)                                                                \
  TREADLE_FUNCTION(hipGraphLaunch, hipGraphExec_t, hipStream_t)

} // namespace treadle::hip

#endif // TREADLE_TARGETS_HIP_RUN_API_H
