//===- VulkanTarget.cpp - descriptions of Vulkan devices ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Backend.h"
#include "targets/vulkan/compile/Passes.h"

using namespace mlir;

namespace treadle::vulkan {

static std::vector<Target> describe(StringRef chip, std::string &error) {
  const Target rows[] = {
#define TREADLE_VULKAN(row, workgroup, subgroup, registers, shared, memoryLoad, sharedLoad, broadcast, turns)          \
  Target::gpu("vulkan", row, workgroup, subgroup, registers, shared, memoryLoad, sharedLoad, broadcast, turns),
#include "targets/vulkan/Chips.def"
  };
  return selectChip(rows, chip, error);
}

const Backend &backend() {
#define TREADLE_BACKEND(name, passes)                                                                                  \
  static const Backend backend = {name, passes, "spv", describe, registerVulkanPasses};
#include "targets/vulkan/compile/Pipeline.def"
  return backend;
}

} // namespace treadle::vulkan
