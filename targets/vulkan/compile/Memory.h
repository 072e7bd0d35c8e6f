//===- Memory.h - where kernels read and write --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A buffer is an address, an integer of 64 bits; an element is reached through a pointer that is made from it. Shared
// memory is an array.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_VULKAN_COMPILE_MEMORY_H
#define TREADLE_TARGETS_VULKAN_COMPILE_MEMORY_H

#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"

namespace treadle::vulkan {

inline bool isShared(mlir::MemRefType type) { return static_cast<bool>(type.getMemorySpace()); }

mlir::Value constant(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type, int64_t value);

/// What lies at `address` in device memory.
mlir::Value pointerTo(mlir::OpBuilder &b, mlir::Location loc, mlir::Type element, mlir::Value address);

/// Where an element lies in device memory.
mlir::Value addressOf(mlir::OpBuilder &b, mlir::Location loc, mlir::MemRefType type, mlir::Value memory,
                      mlir::Value index);

struct Access {
  mlir::Value pointer;
  mlir::spirv::MemoryAccessAttr access; // null for shared memory
  mlir::IntegerAttr alignment;
};

/// To what lies at an address, a multiple of its size.
Access accessAt(mlir::OpBuilder &b, mlir::Location loc, mlir::Type element, mlir::Value address);

/// To an element of device memory or shared memory.
Access accessTo(mlir::OpBuilder &b, mlir::Location loc, mlir::MemRefType type, mlir::Type element, mlir::Value memory,
                mlir::Value index);

} // namespace treadle::vulkan

#endif // TREADLE_TARGETS_VULKAN_COMPILE_MEMORY_H
