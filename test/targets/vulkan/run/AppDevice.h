//===- AppDevice.h - an app with a Vulkan device of its own ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Made by the loader alone, without the driver's classes. What it makes goes with it; what somebody else has
// left on the device the validation layer then complains of.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_TARGETS_VULKAN_RUN_APPDEVICE_H
#define TREADLE_TEST_TARGETS_VULKAN_RUN_APPDEVICE_H

#include "runtime/treadle_vulkan.h"
#include "targets/vulkan/run/Api.h"
#include <cstring>
#include <dlfcn.h>
#include <functional>
#include <gtest/gtest.h>
#include <list>
#include <vector>

/// Those that the driver's allocator has.
#define TREADLE_APP_FUNCTIONS(X)                                                                                       \
  X(AllocateMemory) X(FreeMemory) X(MapMemory) X(CreateBuffer) X(DestroyBuffer) X(BindBufferMemory)

namespace treadle::test {

class AppDevice {
public:
  struct Features {
    VkPhysicalDeviceFeatures2 core = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, nullptr, {}};
    VkPhysicalDeviceVulkan11Features v11 =
        vulkan::structure<VkPhysicalDeviceVulkan11Features>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES);
    VkPhysicalDeviceVulkan12Features v12 =
        vulkan::structure<VkPhysicalDeviceVulkan12Features>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES);
    VkPhysicalDeviceVulkan13Features v13 =
        vulkan::structure<VkPhysicalDeviceVulkan13Features>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES);

    Features() {
      core.pNext = &v11;
      v11.pNext = &v12;
      v12.pNext = &v13;
    }
    Features(const Features &) = delete; // the chain points at its parts
    Features &operator=(const Features &) = delete;
  };

  /// With all features of the first device that computes.
  AppDevice() {
    library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    get = reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library, "vkGetInstanceProcAddr"));
    auto application = vulkan::structure<VkApplicationInfo>(VK_STRUCTURE_TYPE_APPLICATION_INFO);
    application.apiVersion = VK_API_VERSION_1_3;
    auto info = vulkan::structure<VkInstanceCreateInfo>(VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO);
    info.pApplicationInfo = &application;
    must(reinterpret_cast<PFN_vkCreateInstance>(get(nullptr, "vkCreateInstance"))(&info, nullptr, &instance));
#define TREADLE_LOAD(name) name = reinterpret_cast<PFN_vk##name>(get(instance, "vk" #name));
    TREADLE_VULKAN_INSTANCE_FUNCTIONS(TREADLE_LOAD)
    uint32_t count = 1;
    EnumeratePhysicalDevices(instance, &count, &physical);
    GetPhysicalDeviceMemoryProperties(physical, &memory);
    GetPhysicalDeviceFeatures2(physical, &features.core);
    uint32_t families = 0;
    GetPhysicalDeviceQueueFamilyProperties(physical, &families, nullptr);
    std::vector<VkQueueFamilyProperties> properties(families);
    GetPhysicalDeviceQueueFamilyProperties(physical, &families, properties.data());
    while (!(properties[family].queueFlags & VK_QUEUE_COMPUTE_BIT))
      ++family;

    float priority = 1;
    auto queueInfo = vulkan::structure<VkDeviceQueueCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO);
    queueInfo.queueFamilyIndex = family;
    queueInfo.queueCount = 1;
    queueInfo.pQueuePriorities = &priority;
    auto deviceInfo = vulkan::structure<VkDeviceCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO);
    deviceInfo.pNext = &features.core;
    deviceInfo.queueCreateInfoCount = 1;
    deviceInfo.pQueueCreateInfos = &queueInfo;
    features.core.features.robustBufferAccess = VK_FALSE;
    must(CreateDevice(physical, &deviceInfo, nullptr, &device));
    TREADLE_VULKAN_DEVICE_FUNCTIONS(TREADLE_LOAD)
    TREADLE_APP_FUNCTIONS(TREADLE_LOAD)
#undef TREADLE_LOAD
    GetDeviceQueue(device, family, 0, &queue);
    auto poolInfo = vulkan::structure<VkCommandPoolCreateInfo>(VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO);
    poolInfo.queueFamilyIndex = family;
    must(CreateCommandPool(device, &poolInfo, nullptr, &pool));
  }
  ~AppDevice() {
    QueueWaitIdle(queue);
    for (VkSemaphore semaphore : semaphores)
      DestroySemaphore(device, semaphore, nullptr);
    for (Buffer &buffer : buffers) {
      DestroyBuffer(device, buffer.handle, nullptr);
      FreeMemory(device, buffer.memory, nullptr);
    }
    DestroyCommandPool(device, pool, nullptr);
    DestroyDevice(device, nullptr);
    DestroyInstance(instance, nullptr);
  }
  AppDevice(const AppDevice &) = delete;
  AppDevice &operator=(const AppDevice &) = delete;

  treadle_vulkan_device described() const {
    treadle_vulkan_device described = {};
    described.get_instance_proc_addr = get;
    described.instance = instance;
    described.physical_device = physical;
    described.device = device;
    described.features = &features.core;
    described.queue_family = family;
    described.queue = queue;
    return described;
  }

  struct Buffer {
    VkBuffer handle = VK_NULL_HANDLE;
    VkDeviceMemory memory = VK_NULL_HANDLE;
    uint64_t bytes = 0;
    char *data = nullptr; // the host's view, coherent

    treadle_vulkan_buffer from(uint64_t offset) const { return {handle, bytes, TREADLE_VULKAN_BUFFER_USAGE, offset}; }
  };
  Buffer &buffer(uint64_t bytes) {
    Buffer made;
    made.bytes = bytes;
    auto info = vulkan::structure<VkBufferCreateInfo>(VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO);
    info.size = bytes;
    info.usage = TREADLE_VULKAN_BUFFER_USAGE;
    must(CreateBuffer(device, &info, nullptr, &made.handle));
    VkMemoryRequirements requirements;
    GetBufferMemoryRequirements(device, made.handle, &requirements);
    auto flags = vulkan::structure<VkMemoryAllocateFlagsInfo>(VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO);
    flags.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
    auto allocation = vulkan::structure<VkMemoryAllocateInfo>(VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO);
    allocation.pNext = &flags;
    allocation.allocationSize = requirements.size;
    constexpr VkMemoryPropertyFlags shared = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    while (!(requirements.memoryTypeBits >> allocation.memoryTypeIndex & 1) ||
           (memory.memoryTypes[allocation.memoryTypeIndex].propertyFlags & shared) != shared)
      ++allocation.memoryTypeIndex;
    must(AllocateMemory(device, &allocation, nullptr, &made.memory));
    must(BindBufferMemory(device, made.handle, made.memory, 0));
    void *data = nullptr;
    must(MapMemory(device, made.memory, 0, VK_WHOLE_SIZE, 0, &data));
    made.data = static_cast<char *>(data);
    std::memset(made.data, '.', bytes);
    buffers.push_back(made);
    return buffers.back();
  }

  VkSemaphore semaphore(VkSemaphoreType type = VK_SEMAPHORE_TYPE_TIMELINE) {
    auto kind = vulkan::structure<VkSemaphoreTypeCreateInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO);
    kind.semaphoreType = type;
    auto info = vulkan::structure<VkSemaphoreCreateInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO);
    info.pNext = &kind;
    semaphores.push_back(VK_NULL_HANDLE);
    must(CreateSemaphore(device, &info, nullptr, &semaphores.back()));
    return semaphores.back();
  }
  static VkSemaphoreSubmitInfo at(VkSemaphore semaphore, uint64_t value) {
    auto info = vulkan::structure<VkSemaphoreSubmitInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO);
    info.semaphore = semaphore;
    info.value = value;
    info.stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT;
    return info;
  }
  void wait(VkSemaphore semaphore, uint64_t value) {
    auto info = vulkan::structure<VkSemaphoreWaitInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO);
    info.semaphoreCount = 1;
    info.pSemaphores = &semaphore;
    info.pValues = &value;
    must(WaitSemaphores(device, &info, UINT64_C(60000000000)));
  }

  /// Submits what `record` records. Null: without the semaphore.
  void submit(const std::function<void(VkCommandBuffer)> &record, const VkSemaphoreSubmitInfo *waits,
              const VkSemaphoreSubmitInfo *signals) {
    auto allocation = vulkan::structure<VkCommandBufferAllocateInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO);
    allocation.commandPool = pool;
    allocation.commandBufferCount = 1;
    auto commands = vulkan::structure<VkCommandBufferSubmitInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO);
    must(AllocateCommandBuffers(device, &allocation, &commands.commandBuffer));
    auto begin = vulkan::structure<VkCommandBufferBeginInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO);
    must(BeginCommandBuffer(commands.commandBuffer, &begin));
    record(commands.commandBuffer);
    must(EndCommandBuffer(commands.commandBuffer));
    auto info = vulkan::structure<VkSubmitInfo2>(VK_STRUCTURE_TYPE_SUBMIT_INFO_2);
    info.waitSemaphoreInfoCount = waits ? 1 : 0;
    info.pWaitSemaphoreInfos = waits;
    info.commandBufferInfoCount = 1;
    info.pCommandBufferInfos = &commands;
    info.signalSemaphoreInfoCount = signals ? 1 : 0;
    info.pSignalSemaphoreInfos = signals;
    must(QueueSubmit2(queue, 1, &info, VK_NULL_HANDLE));
  }
  /// All commands before, and what they have written, come before all after.
  void barrier(VkCommandBuffer commands) {
    auto all = vulkan::structure<VkMemoryBarrier2>(VK_STRUCTURE_TYPE_MEMORY_BARRIER_2);
    all.srcStageMask = all.dstStageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT;
    all.srcAccessMask = VK_ACCESS_2_MEMORY_WRITE_BIT;
    all.dstAccessMask = VK_ACCESS_2_MEMORY_READ_BIT | VK_ACCESS_2_MEMORY_WRITE_BIT;
    auto info = vulkan::structure<VkDependencyInfo>(VK_STRUCTURE_TYPE_DEPENDENCY_INFO);
    info.memoryBarrierCount = 1;
    info.pMemoryBarriers = &all;
    CmdPipelineBarrier2(commands, &info);
  }

  static void must(VkResult result) { ASSERT_EQ(result, VK_SUCCESS); }

#define TREADLE_DECLARE(name) PFN_vk##name name = nullptr;
  TREADLE_VULKAN_INSTANCE_FUNCTIONS(TREADLE_DECLARE)
  TREADLE_VULKAN_DEVICE_FUNCTIONS(TREADLE_DECLARE)
  TREADLE_APP_FUNCTIONS(TREADLE_DECLARE)
#undef TREADLE_DECLARE
  PFN_vkGetInstanceProcAddr get = nullptr;
  VkInstance instance = VK_NULL_HANDLE;
  VkPhysicalDevice physical = VK_NULL_HANDLE;
  VkDevice device = VK_NULL_HANDLE;
  VkQueue queue = VK_NULL_HANDLE;
  uint32_t family = 0;
  Features features;

private:
  void *library = nullptr;
  VkPhysicalDeviceMemoryProperties memory = {};
  VkCommandPool pool = VK_NULL_HANDLE;
  std::list<Buffer> buffers;
  std::vector<VkSemaphore> semaphores;
};

} // namespace treadle::test

#endif // TREADLE_TEST_TARGETS_VULKAN_RUN_APPDEVICE_H
