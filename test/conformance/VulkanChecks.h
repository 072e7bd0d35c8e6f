//===- VulkanChecks.h - what Khronos' tools say of kernels and calls ----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_CONFORMANCE_VULKANCHECKS_H
#define TREADLE_TEST_CONFORMANCE_VULKANCHECKS_H

#include "mlir/IR/BuiltinOps.h"
#include <string>

namespace treadle::test {

/// What spirv-val for Vulkan 1.3 says against the kernels of a program whose code has been emitted; "" if
/// nothing.
std::string invalidKernels(mlir::ModuleOp program);

/// From now on the validation layers, synchronization too, watch every call. Before the first device is
/// opened.
void watchCalls();
/// What the layers said since the last time, or that there are none; "" if nothing.
std::string takeMessages();

} // namespace treadle::test

#endif // TREADLE_TEST_CONFORMANCE_VULKANCHECKS_H
