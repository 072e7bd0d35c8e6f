//===- Device.cpp - a Vulkan device, its memory and its queue --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "targets/vulkan/run/Device.h"
#include "targets/vulkan/KernelAbi.h"
#include "targets/vulkan/run/Allocator.h"
#include <algorithm>

namespace treadle::vulkan {
namespace {

VkBufferCreateInfo bufferOf(uint64_t bytes) {
  auto info = structure<VkBufferCreateInfo>(VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO);
  info.size = bytes;
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT |
               VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  return info;
}

VmaAllocationCreateInfo memoryFor(Use use, bool isUnified) {
  constexpr VkMemoryPropertyFlags local = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
                                  coherent = VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
                                  cached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
  constexpr VmaAllocationCreateFlags written = VMA_ALLOCATION_CREATE_MAPPED_BIT |
                                               VMA_ALLOCATION_CREATE_HOST_ACCESS_SEQUENTIAL_WRITE_BIT,
                                     read = VMA_ALLOCATION_CREATE_MAPPED_BIT |
                                            VMA_ALLOCATION_CREATE_HOST_ACCESS_RANDOM_BIT;
  auto of = [](VmaMemoryUsage usage, VmaAllocationCreateFlags flags, VkMemoryPropertyFlags required) {
    VmaAllocationCreateInfo info = {};
    info.usage = usage;
    info.flags = flags;
    info.requiredFlags = required;
    return info;
  };
  switch (use) {
  case Use::kernels: // what the host reaches without a cache is slow to read
    return isUnified ? of(VMA_MEMORY_USAGE_AUTO_PREFER_DEVICE, read, local | coherent | cached)
                     : of(VMA_MEMORY_USAGE_AUTO_PREFER_DEVICE, 0, local);
  case Use::arguments:
    return of(VMA_MEMORY_USAGE_AUTO_PREFER_DEVICE, written, coherent);
  case Use::upload:
    return of(VMA_MEMORY_USAGE_AUTO_PREFER_HOST, written, coherent);
  case Use::download:
    return of(VMA_MEMORY_USAGE_AUTO_PREFER_HOST, read, coherent);
  }
  return {};
}

} // namespace

// ---- the device ------------------------------------------------------------------------------

Status Device::open(const std::shared_ptr<Instance> &instance, uint32_t number, bool staged,
                    std::shared_ptr<Device> &device) {
  std::shared_ptr<Device> opened(new Device);
  opened->readLimits(instance, number);
  VkPhysicalDevice physical = opened->info->handle;

  // All that kernels may ask for, and nothing that costs.
  Features has, on;
  instance->GetPhysicalDeviceFeatures2(physical, &has.core);
  for (const char *name : optionalFeatures)
    *on.find(name) = *has.find(name);
  on.v12.bufferDeviceAddress = on.v12.vulkanMemoryModel = on.v12.timelineSemaphore = VK_TRUE;
  on.v12.vulkanMemoryModelDeviceScope = has.v12.vulkanMemoryModelDeviceScope;
  on.v12.scalarBlockLayout = has.v12.scalarBlockLayout;
  on.v12.shaderSubgroupExtendedTypes = has.v12.shaderSubgroupExtendedTypes;
  on.v13.synchronization2 = VK_TRUE;
  on.v13.maintenance4 = has.v13.maintenance4;
  on.v13.subgroupSizeControl = has.v13.subgroupSizeControl;
  on.v13.computeFullSubgroups = has.v13.computeFullSubgroups;
  on.v13.shaderIntegerDotProduct = has.v13.shaderIntegerDotProduct;

  float priority = 1;
  auto queueInfo = structure<VkDeviceQueueCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO);
  queueInfo.queueFamilyIndex = opened->info->queueFamily;
  queueInfo.queueCount = 1;
  queueInfo.pQueuePriorities = &priority;
  CooperativeMatrixFeatures matrices;
  matrices.cooperativeMatrix = VK_TRUE;
  auto deviceInfo = structure<VkDeviceCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO);
  if (opened->info->hasMatrices) {
    on.v13.pNext = &matrices;
    deviceInfo.enabledExtensionCount = 1;
    deviceInfo.ppEnabledExtensionNames = &cooperativeMatrixExtension;
  }
  deviceInfo.pNext = &on.core;
  deviceInfo.queueCreateInfoCount = 1;
  deviceInfo.pQueueCreateInfos = &queueInfo;
  if (VkResult result = instance->CreateDevice(physical, &deviceInfo, nullptr, &opened->handle); result != VK_SUCCESS)
    return opened->failed(result, "opening the device");
  if (Status status = opened->start(staged); status.failed())
    return status;
  opened->GetDeviceQueue(opened->handle, opened->info->queueFamily, 0, &opened->queue);
  device = std::move(opened);
  return {};
}

Status Device::adopt(const std::shared_ptr<Instance> &instance, const treadle_vulkan_device &app, bool staged,
                     std::shared_ptr<Device> &device) {
  std::shared_ptr<Device> adopted(new Device);
  adopted->isOwned = false;
  adopted->readLimits(instance, 0);
  adopted->handle = app.device;
  adopted->queue = app.queue;
  adopted->lockQueue = app.lock;
  adopted->unlockQueue = app.unlock;
  adopted->lockUser = app.user;
  if (Status status = adopted->start(staged); status.failed())
    return status;
  device = std::move(adopted);
  return {};
}

Device::~Device() {
  vmaDestroyAllocator(memory);
  if (handle && isOwned && DestroyDevice)
    DestroyDevice(handle, nullptr);
}

void Device::readLimits(const std::shared_ptr<Instance> &from, uint32_t number) {
  instance = from;
  info = &instance->devices()[number];
  auto v11 = structure<VkPhysicalDeviceVulkan11Properties>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES);
  auto v13 = structure<VkPhysicalDeviceVulkan13Properties>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_PROPERTIES);
  v13.pNext = &v11;
  auto properties = structure<VkPhysicalDeviceProperties2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2);
  properties.pNext = &v13;
  instance->GetPhysicalDeviceProperties2(info->handle, &properties);
  largest = std::min<uint64_t>({info->memory, v11.maxMemoryAllocationSize, v13.maxBufferSize});
}

Status Device::start(bool staged) {
  const char *missing = nullptr;
#define TREADLE_LOAD(name)                                                                                             \
  name = reinterpret_cast<PFN_vk##name>(instance->GetDeviceProcAddr(handle, "vk" #name));                              \
  if (!name)                                                                                                           \
    missing = "vk" #name;
  TREADLE_VULKAN_DEVICE_FUNCTIONS(TREADLE_LOAD)
#undef TREADLE_LOAD
  if (missing)
    return lacksFunction("device", missing);

  VmaVulkanFunctions functions = {};
  functions.vkGetInstanceProcAddr = instance->GetInstanceProcAddr;
  functions.vkGetDeviceProcAddr = instance->GetDeviceProcAddr;
  VmaAllocatorCreateInfo create = {};
  create.flags = VMA_ALLOCATOR_CREATE_BUFFER_DEVICE_ADDRESS_BIT;
  create.instance = instance->get();
  create.physicalDevice = info->handle;
  create.device = handle;
  create.pVulkanFunctions = &functions;
  create.vulkanApiVersion = VK_API_VERSION_1_3;
  create.preferredLargeHeapBlockSize = 1 << 24; // what takes more than half of it has memory of its own
  if (VkResult result = vmaCreateAllocator(&create, &memory); result != VK_SUCCESS)
    return failed(result, "opening the device");
  uint32_t type = 0;
  VkBufferCreateInfo buffer = bufferOf(64);
  VmaAllocationCreateInfo both = memoryFor(Use::kernels, true);
  unified = !staged && vmaFindMemoryTypeIndexForBufferInfo(memory, &buffer, &both, &type) == VK_SUCCESS;
  return {};
}

Status Device::failed(VkResult result, std::string_view what, std::string_view advice) const {
  std::string where = concat(info->properties.deviceName, ": ", what, ": ");
  switch (result) {
  case VK_SUCCESS:
    return {};
  case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    return error(TREADLE_OUT_OF_MEMORY, where, "the device has no more memory; close what else uses it, or ", advice);
  case VK_ERROR_OUT_OF_HOST_MEMORY:
    return error(TREADLE_OUT_OF_MEMORY, where, "no more memory");
  case VK_ERROR_DEVICE_LOST:
    lost = true;
    return error(TREADLE_DEVICE, where,
                 "the device was lost: its driver has reset it or it is gone; make a new session");
  case VK_ERROR_FEATURE_NOT_PRESENT:
  case VK_ERROR_INITIALIZATION_FAILED:
    return error(TREADLE_DEVICE, where, "the device cannot be started; update its driver");
  default:
    return error(TREADLE_DEVICE, where, "VkResult ", static_cast<int>(result));
  }
}

template <typename Function> VkResult Device::withQueue(const Function &use) {
  std::lock_guard<std::mutex> guard(queueLock);
  if (lockQueue)
    lockQueue(lockUser);
  VkResult result = use();
  if (unlockQueue)
    unlockQueue(lockUser);
  return result;
}

VkResult Device::submit(uint32_t count, const VkSubmitInfo2 *infos) {
  return withQueue([&] { return QueueSubmit2(queue, count, infos, VK_NULL_HANDLE); });
}

VkResult Device::wait(VkSemaphore done, uint64_t value) const {
  auto info = structure<VkSemaphoreWaitInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO);
  info.semaphoreCount = 1;
  info.pSemaphores = &done;
  info.pValues = &value;
  VkResult result = VK_TIMEOUT;
  while (result == VK_TIMEOUT) // a device that hangs is lost when its driver says so
    result = WaitSemaphores(handle, &info, 1000000000);
  return result;
}

void Device::waitIdle() {
  withQueue([&] { return QueueWaitIdle(queue); });
}

// ---- memory ----------------------------------------------------------------------------------

Status Block::allocate(const std::shared_ptr<Device> &newDevice, uint64_t wanted, Use use, std::string_view what,
                       std::string_view advice) {
  constexpr uint64_t alignment = 256; // whole lines of any cache
  release();
  device = newDevice;
  wanted = std::max<uint64_t>((wanted + 63) / 64 * 64, 64);
  if (wanted > device->largestPiece())
    return error(TREADLE_OUT_OF_MEMORY, device->physical().properties.deviceName, ": ", what, " take ", wanted,
                 " bytes, the device has at most ", device->largestPiece(), " in one piece; ", advice);
  VkBufferCreateInfo buffer = bufferOf(wanted);
  VmaAllocationCreateInfo info = memoryFor(use, device->isUnified());
  VmaAllocationInfo made = {};
  VkResult result =
      vmaCreateBufferWithAlignment(device->allocator(), &buffer, &info, alignment, &handle, &memory, &made);
  if (result != VK_SUCCESS)
    return device->failed(result, concat(wanted, " bytes for ", what), advice);
  host = static_cast<char *>(made.pMappedData);
  place(wanted);
  return {};
}

void Block::adopt(const std::shared_ptr<Device> &newDevice, VkBuffer buffer, uint64_t wanted) {
  release();
  device = newDevice;
  handle = buffer;
  place(wanted);
}

void Block::place(uint64_t wanted) {
  auto info = structure<VkBufferDeviceAddressInfo>(VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO);
  info.buffer = handle;
  start = device->GetBufferDeviceAddress(device->get(), &info);
  bytes = wanted;
}

void Block::release() {
  if (memory)
    vmaDestroyBuffer(device->allocator(), handle, memory);
  handle = VK_NULL_HANDLE;
  memory = VK_NULL_HANDLE;
  bytes = start = 0;
  host = nullptr;
  device = nullptr;
}

Block &Block::operator=(Block &&other) noexcept {
  std::swap(device, other.device);
  std::swap(handle, other.handle);
  std::swap(memory, other.memory);
  std::swap(bytes, other.bytes);
  std::swap(start, other.start);
  std::swap(host, other.host);
  return *this;
}

Status Pieces::take(const std::shared_ptr<Device> &device, uint64_t bytes, Piece &piece) {
  constexpr uint64_t smallestBlock = 1 << 16;
  bytes = std::max<uint64_t>((bytes + 63) / 64 * 64, 64);
  while (current < blocks.size() && blocks[current]->size() - used < bytes) {
    ++current;
    used = 0;
  }
  if (current == blocks.size()) {
    auto block = std::make_unique<Block>();
    if (Status status = block->allocate(device, std::max(bytes, smallestBlock), use, "what is copied"); status.failed())
      return status;
    blocks.push_back(std::move(block));
  }
  piece = {blocks[current].get(), used};
  used += bytes;
  return {};
}

void Pieces::giveBackAll() {
  // Blocks that the last use did not need would be kept for good.
  blocks.resize(std::min(blocks.size(), current + (used ? 1 : 0)));
  current = used = 0;
}

} // namespace treadle::vulkan
