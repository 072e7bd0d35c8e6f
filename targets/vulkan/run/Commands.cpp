//===- Commands.cpp - what is recorded for a device, and submitted ---------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "targets/vulkan/run/Commands.h"
#include <algorithm>

namespace treadle::vulkan {

Commands::~Commands() {
  if (finished != submitted && device->wait(done, submitted) != VK_SUCCESS)
    device->waitIdle();
  if (done)
    device->DestroySemaphore(device->get(), done, nullptr);
  if (pool)
    device->DestroyCommandPool(device->get(), pool, nullptr);
}

Status Commands::begin() {
  constexpr const char *what = "preparing a run";
  if (!done) {
    auto type = structure<VkSemaphoreTypeCreateInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO);
    type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
    auto info = structure<VkSemaphoreCreateInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO);
    info.pNext = &type;
    if (VkResult result = device->CreateSemaphore(device->get(), &info, nullptr, &done); result != VK_SUCCESS)
      return device->failed(result, what);
  }
  VkResult result = VK_SUCCESS;
  if (pool) {
    result = device->ResetCommandPool(device->get(), pool, 0);
  } else {
    auto info = structure<VkCommandPoolCreateInfo>(VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO);
    info.queueFamilyIndex = device->physical().queueFamily;
    result = device->CreateCommandPool(device->get(), &info, nullptr, &pool);
  }
  if (result != VK_SUCCESS)
    return device->failed(result, what);
  parts = 0;
  return split();
}

Status Commands::split() {
  if (parts)
    if (Status status = end(); status.failed())
      return status;
  VkResult result = VK_SUCCESS;
  if (parts == buffers.size()) {
    auto info = structure<VkCommandBufferAllocateInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO);
    info.commandPool = pool;
    info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
    info.commandBufferCount = 1;
    VkCommandBuffer buffer = VK_NULL_HANDLE;
    result = device->AllocateCommandBuffers(device->get(), &info, &buffer);
    if (result == VK_SUCCESS)
      buffers.push_back(buffer);
  }
  auto info = structure<VkCommandBufferBeginInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO);
  if (result == VK_SUCCESS)
    result = device->BeginCommandBuffer(buffers[parts], &info);
  if (result != VK_SUCCESS)
    return device->failed(result, "preparing a run");
  ++parts;
  return {};
}

Status Commands::end() { return device->failed(device->EndCommandBuffer(get()), "preparing a run"); }

VkSemaphoreSubmitInfo Commands::signal(uint64_t value) const {
  auto info = structure<VkSemaphoreSubmitInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO);
  info.semaphore = done;
  info.value = value;
  info.stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT;
  return info;
}

Status Commands::start(const VkSemaphoreSubmitInfo &wait, const VkSemaphoreSubmitInfo &reached) {
  std::vector<VkCommandBufferSubmitInfo> commands(
      parts, structure<VkCommandBufferSubmitInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO));
  std::vector<VkSubmitInfo2> infos(parts, structure<VkSubmitInfo2>(VK_STRUCTURE_TYPE_SUBMIT_INFO_2));
  VkSemaphoreSubmitInfo signals[] = {signal(submitted + 1), reached};
  for (size_t i = 0; i < parts; ++i) {
    commands[i].commandBuffer = buffers[i];
    infos[i].commandBufferInfoCount = 1;
    infos[i].pCommandBufferInfos = &commands[i];
  }
  // What follows the first in the queue waits with it.
  infos.front().waitSemaphoreInfoCount = wait.semaphore ? 1 : 0;
  infos.front().pWaitSemaphoreInfos = &wait;
  infos.back().signalSemaphoreInfoCount = reached.semaphore ? 2 : 1;
  infos.back().pSignalSemaphoreInfos = signals;
  VkResult result = device->submit(parts, infos.data());
  submitted += result == VK_SUCCESS;
  return device->failed(result, "running kernels");
}

Status Commands::finish() {
  if (finished == submitted)
    return {};
  VkResult result = device->wait(done, submitted);
  if (result == VK_SUCCESS)
    finished = submitted;
  return device->failed(result, "running kernels");
}

Status Commands::submit(const std::atomic<bool> *cancelled) {
  constexpr uint64_t inFlight = 2; // parts: the device never waits for the host
  bool stopped = false;
  VkResult result = VK_SUCCESS;
  for (size_t i = 0; i < parts && result == VK_SUCCESS && !stopped; ++i) {
    if (submitted - finished == inFlight) {
      result = device->wait(done, finished + 1);
      finished += result == VK_SUCCESS;
    }
    stopped = cancelled && cancelled->load(std::memory_order_relaxed);
    if (result != VK_SUCCESS || stopped)
      break;
    auto commands = structure<VkCommandBufferSubmitInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO);
    commands.commandBuffer = buffers[i];
    VkSemaphoreSubmitInfo reached = signal(submitted + 1);
    auto info = structure<VkSubmitInfo2>(VK_STRUCTURE_TYPE_SUBMIT_INFO_2);
    info.commandBufferInfoCount = 1;
    info.pCommandBufferInfos = &commands;
    info.signalSemaphoreInfoCount = 1;
    info.pSignalSemaphoreInfos = &reached;
    result = device->submit(1, &info);
    submitted += result == VK_SUCCESS;
  }
  // After an error too: what runs uses memory that may be given back next.
  VkResult last = submitted != finished ? device->wait(done, submitted) : VK_SUCCESS;
  if (last == VK_SUCCESS)
    finished = submitted;
  if (result == VK_SUCCESS)
    result = last;
  if (result != VK_SUCCESS)
    return device->failed(result, "running kernels");
  return stopped ? error(TREADLE_CANCELLED, "cancelled") : Status();
}

} // namespace treadle::vulkan
