//===- Allocator.h - VulkanMemoryAllocator, as it is used here -------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Its code is in Allocator.cpp. It asks for Vulkan's functions by name, as Api.h does.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_VULKAN_RUN_ALLOCATOR_H
#define TREADLE_TARGETS_VULKAN_RUN_ALLOCATOR_H

#include "targets/vulkan/run/Api.h"

#define VMA_VULKAN_VERSION 1003000
#define VMA_STATIC_VULKAN_FUNCTIONS 0
#define VMA_DYNAMIC_VULKAN_FUNCTIONS 1
#define VMA_STATS_STRING_ENABLED 0
#include <vk_mem_alloc.h>

#endif // TREADLE_TARGETS_VULKAN_RUN_ALLOCATOR_H
