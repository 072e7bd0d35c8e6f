//===- PipelineCache.h - compiled kernels, kept on disk --------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the device's driver makes of the kernels of one program. Everything works without it: a file that is
// missing, of another driver or damaged is not used, one that cannot be written is not there.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_VULKAN_RUN_PIPELINECACHE_H
#define TREADLE_TARGETS_VULKAN_RUN_PIPELINECACHE_H

#include "targets/vulkan/run/Device.h"

namespace treadle::vulkan {

class PipelineCache {
public:
  /// Opens the cache of the program whose code has that hash; `folder` may be "".
  PipelineCache(Device &device, std::string folder, uint64_t codeHash);
  ~PipelineCache();
  PipelineCache(const PipelineCache &) = delete;
  PipelineCache &operator=(const PipelineCache &) = delete;

  VkPipelineCache get() const { return handle; } // may be null
  /// Writes what is new.
  void save() const;

private:
  Device &device;
  VkPipelineCache handle = VK_NULL_HANDLE;
  std::string folder, path;
  size_t bytesRead = 0;
};

} // namespace treadle::vulkan

#endif // TREADLE_TARGETS_VULKAN_RUN_PIPELINECACHE_H
