//===- Device.h - a Vulkan device, its memory and its queue ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_VULKAN_RUN_DEVICE_H
#define TREADLE_TARGETS_VULKAN_RUN_DEVICE_H

#include "targets/vulkan/run/Instance.h"
#include <atomic>
#include <mutex>

VK_DEFINE_HANDLE(VmaAllocator)
VK_DEFINE_HANDLE(VmaAllocation)

namespace treadle::vulkan {

/// What memory is for.
enum class Use {
  kernels,   // the device's own; mapped where the host reads and writes it as fast as any
  arguments, // small, written by the host, read by kernels
  upload,    // written by the host, copied from
  download,  // copied to, read by the host
};

constexpr std::string_view lessMemory = "give smaller inputs";

class Device {
public:
  /// Opens the device of that number in the instance's list, which must be one that can be used. `staged`: none of
  /// the memory for kernels is mapped.
  static Status open(const std::shared_ptr<Instance> &instance, uint32_t number, bool staged,
                     std::shared_ptr<Device> &device);
  /// The app's, which is that of the instance.
  static Status adopt(const std::shared_ptr<Instance> &instance, const treadle_vulkan_device &app, bool staged,
                      std::shared_ptr<Device> &device);
  ~Device();
  Device(const Device &) = delete;
  Device &operator=(const Device &) = delete;

  const PhysicalDevice &physical() const { return *info; }
  const VkPhysicalDeviceLimits &limits() const { return info->properties.limits; }
  VkDevice get() const { return handle; }
  bool isApp() const { return !isOwned; }

  /// What a call that failed means to the user. `what` it was for: "running a kernel"; what helps where memory is
  /// short.
  Status failed(VkResult result, std::string_view what, std::string_view advice = lessMemory) const;
  /// Whether a call has said that the device is gone; nothing works any more then.
  bool isLost() const { return lost; }

  /// The largest piece of memory that can be had at once.
  uint64_t largestPiece() const { return largest; }
  VmaAllocator allocator() const { return memory; }
  /// Whether the host works in memory for kernels directly.
  bool isUnified() const { return unified; }

  VkResult submit(uint32_t count, const VkSubmitInfo2 *infos);
  /// Waits until the timeline `done` is at `value`.
  VkResult wait(VkSemaphore done, uint64_t value) const;
  void waitIdle();

#define TREADLE_DECLARE(name) PFN_vk##name name = nullptr;
  TREADLE_VULKAN_DEVICE_FUNCTIONS(TREADLE_DECLARE)
#undef TREADLE_DECLARE

private:
  Device() = default;
  void readLimits(const std::shared_ptr<Instance> &from, uint32_t number);
  /// Loads its functions and makes the allocator of its memory.
  Status start(bool staged);
  /// Calls use() while nobody else has the queue.
  template <typename Function> VkResult withQueue(const Function &use);

  std::shared_ptr<Instance> instance;
  const PhysicalDevice *info = nullptr;
  VmaAllocator memory = VK_NULL_HANDLE;
  uint64_t largest = 0;
  bool isOwned = true, unified = false;
  VkDevice handle = VK_NULL_HANDLE;
  VkQueue queue = VK_NULL_HANDLE;
  std::mutex queueLock;
  void (*lockQueue)(void *) = nullptr; // the app's, both or none
  void (*unlockQueue)(void *) = nullptr;
  void *lockUser = nullptr;
  mutable std::atomic<bool> lost{false};
};

/// A buffer with its memory, or one of the app's.
class Block {
public:
  Block() = default;
  ~Block() { release(); }
  Block(Block &&other) noexcept { *this = std::move(other); }
  Block &operator=(Block &&other) noexcept;

  /// `bytes` for `use`; what was there before is gone.
  Status allocate(const std::shared_ptr<Device> &device, uint64_t bytes, Use use, std::string_view what,
                  std::string_view advice = lessMemory);
  /// The app's, of which nothing is given back.
  void adopt(const std::shared_ptr<Device> &device, VkBuffer buffer, uint64_t bytes);
  void release();

  VkBuffer buffer() const { return handle; }
  uint64_t size() const { return bytes; }
  uint64_t address() const { return start; } // the device's
  char *mapped() const { return host; }      // null: the host does not reach it
  bool contains(uint64_t place) const { return place >= start && place - start < bytes; }

private:
  void place(uint64_t bytes);

  std::shared_ptr<Device> device;
  VkBuffer handle = VK_NULL_HANDLE;
  VmaAllocation memory = VK_NULL_HANDLE; // null: the app's
  uint64_t bytes = 0, start = 0;
  char *host = nullptr;
};

/// Pieces that are given back all at once, out of few blocks.
class Pieces {
public:
  explicit Pieces(Use use) : use(use) {}

  struct Piece {
    const Block *block = nullptr;
    uint64_t offset = 0;
    char *host() const { return block->mapped() + offset; }
    uint64_t address() const { return block->address() + offset; }
  };
  Status take(const std::shared_ptr<Device> &device, uint64_t bytes, Piece &piece);
  void giveBackAll();

private:
  Use use;
  std::vector<std::unique_ptr<Block>> blocks;
  size_t current = 0;
  uint64_t used = 0; // of the current one
};

} // namespace treadle::vulkan

#endif // TREADLE_TARGETS_VULKAN_RUN_DEVICE_H
