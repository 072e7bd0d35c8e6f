//===- KernelAbi.h - how the Vulkan runtime calls a compiled kernel ---------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one thing both halves of this target must agree on. Each kernel is a SPIR-V module of its own
// (Entry's offset and bytes within the executable, multiples of 4) with the entry point `main`, a local
// size of (Entry.threads, 1, 1) and no descriptors: everything is reached through device addresses, so
// that programs may slice buffers anywhere and no binding limits their size.
//
// Workgroup g of n does the tasks g, g + n, g + 2n, ..: any number of workgroups along x is right. What a
// dispatch is about stands in a block of memory that only its shapes decide, so that command buffers
// are recorded once:
//
//     uint64_t slices[operands]     device addresses
//     int64_t scalars[scalars]
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_VULKAN_KERNELABI_H
#define TREADLE_TARGETS_VULKAN_KERNELABI_H

#include <cstdint>

namespace treadle::vulkan {

/// The push constants of every dispatch, at offset 0.
struct PushConstants {
  uint64_t arguments; // device address of the block, a multiple of 16
  uint32_t tasks;
  uint32_t unused;
};

/// What a device may lack, as Executable.features names it. All other features that kernels use are part
/// of Vulkan 1.3 (bufferDeviceAddress, vulkanMemoryModel, synchronization2, timelineSemaphore).
inline constexpr const char *optionalFeatures[] = {
    "shaderFloat64",           "shaderInt64", "shaderInt16", "shaderFloat16", "shaderInt8", "storageBuffer16BitAccess",
    "storageBuffer8BitAccess",
};

/// Kernels that are written for threads that are a CPU's lanes ask for a device that is one.
inline constexpr const char *onProcessor = "deviceTypeCpu";

/// Kernels whose threads hand values round in their subgroup ask for one size of it: "subgroupSize32".
inline constexpr const char *subgroupOf = "subgroupSize";

/// Kernels that multiply cooperative matrices ask for their sizes and types: "cooperativeMatrix 16x16x16 f16 f32",
/// rows, columns and depth, the type of both operands, that of the sums. The scope is a subgroup.
inline constexpr const char *matrixOf = "cooperativeMatrix ";

} // namespace treadle::vulkan

#endif // TREADLE_TARGETS_VULKAN_KERNELABI_H
