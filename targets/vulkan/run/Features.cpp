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
  auto add = [](VkBool32 &to, VkBool32 from) { to |= from ? VK_TRUE : VK_FALSE; };
  for (auto *next = static_cast<const VkBaseInStructure *>(told.pNext); next; next = next->pNext) {
    const void *place = next;
    switch (static_cast<int>(next->sType)) {
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES:
      add(v11.storageBuffer16BitAccess,
          static_cast<const VkPhysicalDeviceVulkan11Features *>(place)->storageBuffer16BitAccess);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES: {
      const auto &version = *static_cast<const VkPhysicalDeviceVulkan12Features *>(place);
      add(v12.shaderFloat16, version.shaderFloat16);
      add(v12.shaderInt8, version.shaderInt8);
      add(v12.storageBuffer8BitAccess, version.storageBuffer8BitAccess);
      add(v12.bufferDeviceAddress, version.bufferDeviceAddress);
      add(v12.vulkanMemoryModel, version.vulkanMemoryModel);
      add(v12.shaderSubgroupExtendedTypes, version.shaderSubgroupExtendedTypes);
      add(v12.timelineSemaphore, version.timelineSemaphore);
      break;
    }
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES: {
      const auto &version = *static_cast<const VkPhysicalDeviceVulkan13Features *>(place);
      add(v13.synchronization2, version.synchronization2);
      add(v13.subgroupSizeControl, version.subgroupSizeControl);
      add(v13.computeFullSubgroups, version.computeFullSubgroups);
      break;
    }
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES:
      add(v11.storageBuffer16BitAccess,
          static_cast<const VkPhysicalDevice16BitStorageFeatures *>(place)->storageBuffer16BitAccess);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_8BIT_STORAGE_FEATURES:
      add(v12.storageBuffer8BitAccess,
          static_cast<const VkPhysicalDevice8BitStorageFeatures *>(place)->storageBuffer8BitAccess);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES:
      add(v12.shaderFloat16, static_cast<const VkPhysicalDeviceShaderFloat16Int8Features *>(place)->shaderFloat16);
      add(v12.shaderInt8, static_cast<const VkPhysicalDeviceShaderFloat16Int8Features *>(place)->shaderInt8);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES:
      add(v12.bufferDeviceAddress,
          static_cast<const VkPhysicalDeviceBufferDeviceAddressFeatures *>(place)->bufferDeviceAddress);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES:
      add(v12.vulkanMemoryModel,
          static_cast<const VkPhysicalDeviceVulkanMemoryModelFeatures *>(place)->vulkanMemoryModel);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SUBGROUP_EXTENDED_TYPES_FEATURES:
      add(v12.shaderSubgroupExtendedTypes,
          static_cast<const VkPhysicalDeviceShaderSubgroupExtendedTypesFeatures *>(place)->shaderSubgroupExtendedTypes);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES:
      add(v12.timelineSemaphore,
          static_cast<const VkPhysicalDeviceTimelineSemaphoreFeatures *>(place)->timelineSemaphore);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES:
      add(v13.synchronization2, static_cast<const VkPhysicalDeviceSynchronization2Features *>(place)->synchronization2);
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES: {
      const auto &sizes = *static_cast<const VkPhysicalDeviceSubgroupSizeControlFeatures *>(place);
      add(v13.subgroupSizeControl, sizes.subgroupSizeControl);
      add(v13.computeFullSubgroups, sizes.computeFullSubgroups);
      break;
    }
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
