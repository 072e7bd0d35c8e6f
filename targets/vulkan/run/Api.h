//===- Api.h - the Vulkan functions that are used --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loader is opened at run time and each function asked for by name: those of the loader and of an
// instance in Instance, those of a device, which then do not go through the loader, in Device.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_VULKAN_RUN_API_H
#define TREADLE_TARGETS_VULKAN_RUN_API_H

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

namespace treadle::vulkan {

/// A structure of that type, otherwise zero.
template <typename T> T structure(VkStructureType type) {
  T result = {};
  result.sType = type;
  return result;
}

// ---- VK_KHR_cooperative_matrix, which is newer than the headers that are asked for ---------------

inline constexpr const char *cooperativeMatrixExtension = "VK_KHR_cooperative_matrix";
inline constexpr auto cooperativeMatrixFeatures = static_cast<VkStructureType>(1000506000),
                      cooperativeMatrixProperties = static_cast<VkStructureType>(1000506001);

struct CooperativeMatrixFeatures {
  VkStructureType sType = cooperativeMatrixFeatures;
  void *pNext = nullptr;
  VkBool32 cooperativeMatrix = VK_FALSE, robustBufferAccess = VK_FALSE;
};

struct CooperativeMatrixProperties {
  VkStructureType sType = cooperativeMatrixProperties;
  void *pNext = nullptr;
  uint32_t rows = 0, columns = 0, depth = 0;
  int32_t lhs = 0, rhs = 0, sums = 0, result = 0; // VkComponentTypeKHR
  VkBool32 saturates = VK_FALSE;
  int32_t scope = 0; // VkScopeKHR
};

using GetCooperativeMatrixProperties = VkResult(VKAPI_PTR *)(VkPhysicalDevice, uint32_t *,
                                                             CooperativeMatrixProperties *);

} // namespace treadle::vulkan

#define TREADLE_VULKAN_INSTANCE_FUNCTIONS(X)                                                                           \
  X(DestroyInstance)                                                                                                   \
  X(EnumeratePhysicalDevices)                                                                                          \
  X(GetPhysicalDeviceProperties)                                                                                       \
  X(GetPhysicalDeviceProperties2)                                                                                      \
  X(GetPhysicalDeviceFeatures2)                                                                                        \
  X(GetPhysicalDeviceMemoryProperties)                                                                                 \
  X(GetPhysicalDeviceQueueFamilyProperties)                                                                            \
  X(EnumerateDeviceExtensionProperties)                                                                                \
  X(CreateDevice)                                                                                                      \
  X(GetDeviceProcAddr)

#define TREADLE_VULKAN_DEVICE_FUNCTIONS(X)                                                                             \
  X(DestroyDevice)                                                                                                     \
  X(GetDeviceQueue)                                                                                                    \
  X(GetBufferMemoryRequirements)                                                                                       \
  X(GetBufferDeviceAddress)                                                                                            \
  X(CreateShaderModule)                                                                                                \
  X(DestroyShaderModule)                                                                                               \
  X(CreatePipelineLayout)                                                                                              \
  X(DestroyPipelineLayout)                                                                                             \
  X(CreatePipelineCache)                                                                                               \
  X(DestroyPipelineCache)                                                                                              \
  X(GetPipelineCacheData)                                                                                              \
  X(CreateComputePipelines)                                                                                            \
  X(DestroyPipeline)                                                                                                   \
  X(CreateCommandPool)                                                                                                 \
  X(DestroyCommandPool)                                                                                                \
  X(ResetCommandPool)                                                                                                  \
  X(AllocateCommandBuffers)                                                                                            \
  X(BeginCommandBuffer)                                                                                                \
  X(EndCommandBuffer)                                                                                                  \
  X(CmdBindPipeline)                                                                                                   \
  X(CmdPushConstants)                                                                                                  \
  X(CmdDispatch)                                                                                                       \
  X(CmdCopyBuffer)                                                                                                     \
  X(CmdFillBuffer)                                                                                                     \
  X(CmdPipelineBarrier2)                                                                                               \
  X(CreateQueryPool)                                                                                                   \
  X(DestroyQueryPool)                                                                                                  \
  X(CmdResetQueryPool)                                                                                                 \
  X(CmdWriteTimestamp2)                                                                                                \
  X(GetQueryPoolResults)                                                                                               \
  X(CreateSemaphore)                                                                                                   \
  X(DestroySemaphore)                                                                                                  \
  X(WaitSemaphores)                                                                                                    \
  X(QueueSubmit2)                                                                                                      \
  X(QueueWaitIdle)

#endif // TREADLE_TARGETS_VULKAN_RUN_API_H
