//===- Resident.h - a program on a device ----------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What all sessions of a program on one device share: the device, the weights and the kernels.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_VULKAN_RUN_RESIDENT_H
#define TREADLE_TARGETS_VULKAN_RUN_RESIDENT_H

#include "runtime/format/Program.h"
#include "targets/vulkan/run/Device.h"
#include <optional>

namespace treadle::vulkan {

/// A device of an instance, and how it is used.
struct Choice {
  std::shared_ptr<Instance> instance;
  uint32_t number = 0;
  std::optional<treadle_vulkan_device> app; // whose device it is, if it is an app's; `features` is gone
  std::string cacheFolder;                  // for pipelines; may be ""
  bool staged = false;                      // see createDriver() in VulkanDriver.h

  const PhysicalDevice &physical() const { return instance->devices()[number]; }
};

class Resident {
public:
  /// The program's own of that device and that code, made if no session has it. Fails if there is no
  /// memory for the weights or the driver does not take the kernels.
  static Status get(const std::shared_ptr<const Program> &program, const format::Executable &code, const Choice &choice,
                    std::shared_ptr<Resident> &resident);
  ~Resident();
  Resident(const Resident &) = delete;
  Resident &operator=(const Resident &) = delete;

  const std::shared_ptr<Device> device;
  VkPipelineLayout layout() const { return pipelineLayout; }
  VkPipeline pipeline(uint32_t kernel) const { return pipelines[kernel]; }
  uint64_t constant(uint32_t index) const { return constants[index]; }
  /// The block that the address lies in, or null.
  const Block *weightsAt(uint64_t address) const;

private:
  explicit Resident(const std::shared_ptr<Device> &device) : device(device) {}
  Status loadWeights(const Program &program);
  Status loadKernels(const Program &program, const format::Executable &code, const std::string &cacheFolder);
  Status makePipeline(const Program &program, const format::Executable &code, uint32_t kernel, VkPipelineCache cache);

  std::vector<Block> weights;
  std::vector<uint64_t> constants; // addresses
  VkPipelineLayout pipelineLayout = VK_NULL_HANDLE;
  std::vector<VkPipeline> pipelines;
};

} // namespace treadle::vulkan

#endif // TREADLE_TARGETS_VULKAN_RUN_RESIDENT_H
