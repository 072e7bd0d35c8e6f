//===- TileToSpirv.h - cooperative matrices ------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_VULKAN_COMPILE_TILETOSPIRV_H
#define TREADLE_TARGETS_VULKAN_COMPILE_TILETOSPIRV_H

#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"
#include "mlir/Dialect/SPIRV/Transforms/SPIRVConversion.h"

namespace treadle::vulkan {

/// tile.fragment as a cooperative matrix of KHR, and its ops.
void populateTileToSpirv(mlir::SPIRVTypeConverter &converter, mlir::RewritePatternSet &patterns);

/// Whether a converted module has cooperative matrices. They want Vulkan's memory model, where nothing is shared that
/// does not say so: this makes the module say it.
bool hasMatrices(mlir::spirv::ModuleOp module);
void useVulkanMemoryModel(mlir::spirv::ModuleOp module);

} // namespace treadle::vulkan

#endif // TREADLE_TARGETS_VULKAN_COMPILE_TILETOSPIRV_H
