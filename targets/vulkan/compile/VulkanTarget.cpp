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

static std::vector<MatrixUnit> unitsOf(StringRef variant) {
  std::vector<MatrixUnit> units;
#define TREADLE_VULKAN_UNIT(row, operands, sum, rows, columns, depth)                                                  \
  if (variant == row)                                                                                                  \
    units.push_back({operands, sum, rows, columns, depth, {}, {}, {}});
#include "targets/vulkan/Chips.def"
  return units;
}

static std::vector<Target> describe(StringRef chip, std::string &error) {
  const Target rows[] = {
#define TREADLE_VULKAN(row, ...) Target::gpu("vulkan", row, __VA_ARGS__).withOpaqueUnits(unitsOf(row)),
#include "targets/vulkan/Chips.def"
  };
  std::vector<Target> chosen = selectChip(rows, chip, error);
  // On a CPU matrices are slower than threads (1.8 and 10 GFLOP/s, Mesa 26): who wants them there says so.
  if (chip.empty())
    llvm::erase_if(chosen, [](const Target &row) { return row.variant == "cpu-matrix"; });
  return chosen;
}

const Backend &backend() {
#define TREADLE_BACKEND(name, passes)                                                                                  \
  static const Backend backend = {name, passes, "spv", describe, registerVulkanPasses};
#include "targets/vulkan/compile/Pipeline.def"
  return backend;
}

} // namespace treadle::vulkan
