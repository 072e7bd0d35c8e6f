//===- Commands.h - what is recorded for a device, and submitted -----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_VULKAN_RUN_COMMANDS_H
#define TREADLE_TARGETS_VULKAN_RUN_COMMANDS_H

#include "targets/vulkan/run/Device.h"

namespace treadle::vulkan {

/// Commands in one or more parts, each a submission of its own. Used by one thread at a time.
class Commands {
public:
  explicit Commands(const std::shared_ptr<Device> &device) : device(device) {}
  ~Commands();
  Commands(const Commands &) = delete;
  Commands &operator=(const Commands &) = delete;

  /// Forgets all parts and begins the first.
  Status begin();
  /// Begins another part.
  Status split();
  Status end();
  /// Submits all parts in order and waits for them. When `cancelled`, if given, becomes true, parts that are
  /// not submitted yet never are, and the status is TREADLE_CANCELLED.
  Status submit(const std::atomic<bool> *cancelled);
  /// Submits all parts at once, the first when `wait` has its value, and `done` gets its own after the last; either may
  /// have no semaphore. Before anything else finish() is called.
  Status start(const VkSemaphoreSubmitInfo &wait, const VkSemaphoreSubmitInfo &done);
  Status finish();

  /// The part that is recorded.
  VkCommandBuffer get() const { return buffers[parts - 1]; }

private:
  VkSemaphoreSubmitInfo signal(uint64_t value) const;

  std::shared_ptr<Device> device;
  VkCommandPool pool = VK_NULL_HANDLE;
  std::vector<VkCommandBuffer> buffers;
  size_t parts = 0; // of `buffers`
  VkSemaphore done = VK_NULL_HANDLE;
  uint64_t submitted = 0, finished = 0; // values of `done`
};

} // namespace treadle::vulkan

#endif // TREADLE_TARGETS_VULKAN_RUN_COMMANDS_H
