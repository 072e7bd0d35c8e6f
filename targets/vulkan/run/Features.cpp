//===- Features.cpp - what a Vulkan device was made with -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "targets/vulkan/run/Features.h"
#include "targets/vulkan/KernelAbi.h"
#include <iterator>

namespace treadle::vulkan {

Features::Features() {
  v11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES;
  v12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
  v13.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES;
  core.pNext = &v11;
  v11.pNext = &v12;
  v12.pNext = &v13;
}

VkBool32 *Features::find(std::string_view name) {
  VkBool32 *const places[] = {
      &core.features.shaderFloat64,
      &core.features.shaderInt64,
      &core.features.shaderInt16,
      &v12.shaderFloat16,
      &v12.shaderInt8,
      &v11.storageBuffer16BitAccess,
      &v12.storageBuffer8BitAccess,
  };
  static_assert(std::size(places) == std::size(optionalFeatures)); // in that list's order
  for (size_t i = 0; i < std::size(places); ++i)
    if (name == optionalFeatures[i])
      return places[i];
  return nullptr;
}

/// Apps have the structures of whole versions, or those of the extensions that became part of them.
void Features::read(const VkPhysicalDeviceFeatures2 &told) {
  core.features = told.features;
  for (auto *next = static_cast<const VkBaseInStructure *>(told.pNext); next; next = next->pNext) {
    const void *place = next;
    auto add = [&]<typename Told>(VkBool32 &to, VkBool32 Told::*feature) {
      to |= static_cast<const Told *>(place)->*feature ? VK_TRUE : VK_FALSE;
    };
    switch (static_cast<int>(next->sType)) {
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES:
      add(v11.storageBuffer16BitAccess, &VkPhysicalDeviceVulkan11Features::storageBuffer16BitAccess);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES:
      add(v12.shaderFloat16, &VkPhysicalDeviceVulkan12Features::shaderFloat16);
      add(v12.shaderInt8, &VkPhysicalDeviceVulkan12Features::shaderInt8);
      add(v12.storageBuffer8BitAccess, &VkPhysicalDeviceVulkan12Features::storageBuffer8BitAccess);
      add(v12.bufferDeviceAddress, &VkPhysicalDeviceVulkan12Features::bufferDeviceAddress);
      add(v12.vulkanMemoryModel, &VkPhysicalDeviceVulkan12Features::vulkanMemoryModel);
      add(v12.shaderSubgroupExtendedTypes, &VkPhysicalDeviceVulkan12Features::shaderSubgroupExtendedTypes);
      add(v12.timelineSemaphore, &VkPhysicalDeviceVulkan12Features::timelineSemaphore);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES:
      add(v13.synchronization2, &VkPhysicalDeviceVulkan13Features::synchronization2);
      add(v13.subgroupSizeControl, &VkPhysicalDeviceVulkan13Features::subgroupSizeControl);
      add(v13.computeFullSubgroups, &VkPhysicalDeviceVulkan13Features::computeFullSubgroups);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES:
      add(v11.storageBuffer16BitAccess, &VkPhysicalDevice16BitStorageFeatures::storageBuffer16BitAccess);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_8BIT_STORAGE_FEATURES:
      add(v12.storageBuffer8BitAccess, &VkPhysicalDevice8BitStorageFeatures::storageBuffer8BitAccess);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES:
      add(v12.shaderFloat16, &VkPhysicalDeviceShaderFloat16Int8Features::shaderFloat16);
      add(v12.shaderInt8, &VkPhysicalDeviceShaderFloat16Int8Features::shaderInt8);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES:
      add(v12.bufferDeviceAddress, &VkPhysicalDeviceBufferDeviceAddressFeatures::bufferDeviceAddress);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES:
      add(v12.vulkanMemoryModel, &VkPhysicalDeviceVulkanMemoryModelFeatures::vulkanMemoryModel);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SUBGROUP_EXTENDED_TYPES_FEATURES:
      add(v12.shaderSubgroupExtendedTypes,
          &VkPhysicalDeviceShaderSubgroupExtendedTypesFeatures::shaderSubgroupExtendedTypes);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES:
      add(v12.timelineSemaphore, &VkPhysicalDeviceTimelineSemaphoreFeatures::timelineSemaphore);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES:
      add(v13.synchronization2, &VkPhysicalDeviceSynchronization2Features::synchronization2);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES:
      add(v13.subgroupSizeControl, &VkPhysicalDeviceSubgroupSizeControlFeatures::subgroupSizeControl);
      add(v13.computeFullSubgroups, &VkPhysicalDeviceSubgroupSizeControlFeatures::computeFullSubgroups);
      break;
    case cooperativeMatrixFeatures:
      hasMatrices |= static_cast<const CooperativeMatrixFeatures *>(place)->cooperativeMatrix != VK_FALSE;
      break;
    default:
      break;
    }
  }
}

std::string Features::missing() const {
  std::string names;
  auto need = [&](VkBool32 has, const char *name) { names += has ? "" : concat(names.empty() ? "" : ", ", name); };
  need(v12.bufferDeviceAddress, "bufferDeviceAddress");
  need(v12.vulkanMemoryModel, "vulkanMemoryModel");
  need(v12.shaderSubgroupExtendedTypes, "shaderSubgroupExtendedTypes");
  need(v12.timelineSemaphore, "timelineSemaphore");
  need(v13.synchronization2, "synchronization2");
  return names;
}

} // namespace treadle::vulkan
