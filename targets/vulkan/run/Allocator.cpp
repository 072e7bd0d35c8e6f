//===- Allocator.cpp - the code of VulkanMemoryAllocator -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define VMA_IMPLEMENTATION
#include "targets/vulkan/run/Allocator.h"
