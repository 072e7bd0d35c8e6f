//===- Features.h - what a Vulkan device was made with ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_VULKAN_RUN_FEATURES_H
#define TREADLE_TARGETS_VULKAN_RUN_FEATURES_H

#include "runtime/base/Status.h"
#include "targets/vulkan/run/Api.h"

namespace treadle::vulkan {

/// What a device has of what kernels may ask for. All structures of the chain are filled in.
struct Features {
  VkPhysicalDeviceFeatures2 core = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, nullptr, {}};
  VkPhysicalDeviceVulkan11Features v11 = {};
  VkPhysicalDeviceVulkan12Features v12 = {};
  VkPhysicalDeviceVulkan13Features v13 = {};
  bool hasMatrices = false; // filled in by read()

  Features();
  Features(const Features &) = delete; // the chain points at its parts
  Features &operator=(const Features &) = delete;

  /// What an app's device was made with: of a chain that the app has made what kernels may ask for.
  void read(const VkPhysicalDeviceFeatures2 &told);

  /// The feature of that name in KernelAbi.h's list; null: there is none.
  VkBool32 *find(std::string_view name);
  /// Of the features that every device must have those that are missing: "bufferDeviceAddress, timelineSemaphore".
  std::string missing() const;
};

} // namespace treadle::vulkan

#endif // TREADLE_TARGETS_VULKAN_RUN_FEATURES_H
