//===- Instance.h - the Vulkan loader, and the devices that it finds -------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_VULKAN_RUN_INSTANCE_H
#define TREADLE_TARGETS_VULKAN_RUN_INSTANCE_H

#include "runtime/treadle_vulkan.h"
#include "targets/vulkan/run/Features.h"
#include <memory>
#include <vector>

namespace treadle::vulkan {

/// A device as the loader shows it.
struct PhysicalDevice {
  VkPhysicalDevice handle = VK_NULL_HANDLE;
  VkPhysicalDeviceProperties properties = {};
  std::string description;
  std::string unusable; // why it cannot be used; "" if it can
  uint64_t memory = 0;  // of its own
  uint32_t queueFamily = 0, timestampBits = 0;
  std::vector<std::string> features; // those of KernelAbi.h's list that it has
  std::vector<std::string> disabled; // of an app's device: those that it could have been made with

  bool hasMatrices = false; // cooperative ones
  struct {
    uint32_t least = 0, most = 0;
  } subgroupSizes; // among which kernels can choose; 0: they cannot

  bool hasFeature(std::string_view name) const;
  bool isSoftware() const { return properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU; }
};

/// Of an instance or a device (`what`) without a function of Vulkan 1.3.
Status lacksFunction(const char *what, const char *function);

class Instance {
public:
  /// Fails with what to do if there is no loader, or one that is too old.
  static Status open(std::shared_ptr<Instance> &instance);
  /// The app's, with its device alone, as that was made. Fails with what to do if kernels cannot run there.
  static Status adopt(const treadle_vulkan_device &app, std::shared_ptr<Instance> &instance);
  ~Instance();
  Instance(const Instance &) = delete;
  Instance &operator=(const Instance &) = delete;

  /// Hardware first, then software, then what cannot be used; within these in the loader's order.
  const std::vector<PhysicalDevice> &devices() const { return found; }
  /// Fails with what to do if there is no device of that number, or it cannot be used.
  Status check(uint32_t number) const;
  VkInstance get() const { return handle; }

  PFN_vkGetInstanceProcAddr GetInstanceProcAddr = nullptr;
#define TREADLE_DECLARE(name) PFN_vk##name name = nullptr;
  TREADLE_VULKAN_INSTANCE_FUNCTIONS(TREADLE_DECLARE)
#undef TREADLE_DECLARE

private:
  Instance() = default;
  Status findDevices();
  Status loadFunctions();
  /// `told`: what the device was made with; null: with all that it has.
  PhysicalDevice describe(VkPhysicalDevice handle, const VkPhysicalDeviceFeatures2 *told) const;
  void describeMatrices(PhysicalDevice &device, bool isEnabled) const;

  GetCooperativeMatrixProperties GetMatrixProperties = nullptr; // or null
  void *library = nullptr;                                      // null: an app's
  VkInstance handle = VK_NULL_HANDLE;
  std::vector<PhysicalDevice> found;
};

} // namespace treadle::vulkan

#endif // TREADLE_TARGETS_VULKAN_RUN_INSTANCE_H
