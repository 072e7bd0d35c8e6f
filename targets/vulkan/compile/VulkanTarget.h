//===- VulkanTarget.h - the compile half of the Vulkan target -----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_VULKAN_COMPILE_VULKANTARGET_H
#define TREADLE_TARGETS_VULKAN_COMPILE_VULKANTARGET_H

#include "codegen/Backend.h"

namespace treadle::vulkan {

const Backend &backend();

} // namespace treadle::vulkan

#endif // TREADLE_TARGETS_VULKAN_COMPILE_VULKANTARGET_H
