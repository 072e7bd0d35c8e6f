//===- KernelAbi.h - how the HIP runtime calls a compiled kernel ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An executable is one code object; each kernel in it is a kernel of the name Entry.symbol,
//
//     (one device pointer a slice, one i64 a scalar, u32 tasks, u32 groups)
//
// launched in workgroups of Entry.threads along x. Workgroup g of n does the tasks g, g + n, g + 2n, ..
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_HIP_KERNELABI_H
#define TREADLE_TARGETS_HIP_KERNELABI_H

#include <cstdint>

namespace treadle::hip {

/// Kernels compute positions in 32 bits: no slice may reach further than this into its buffer's tensor.
inline constexpr int64_t maxElements = INT64_C(0x7fffffff);

} // namespace treadle::hip

#endif // TREADLE_TARGETS_HIP_KERNELABI_H
