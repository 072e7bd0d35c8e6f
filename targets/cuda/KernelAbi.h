//===- KernelAbi.h - how the CUDA runtime calls a compiled kernel --------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each kernel is a PTX module of its own (Entry's offset and bytes within the executable, text that ends with
// a zero byte) with one entry function of the kernel's name (Entry.symbol):
//
//     (one device pointer a slice, one i64 a scalar, u32 tasks, u32 groups)
//
// launched in blocks of Entry.threads along x. Block g of n does the tasks g, g + n, g + 2n, ..
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_CUDA_KERNELABI_H
#define TREADLE_TARGETS_CUDA_KERNELABI_H

#include <cstdint>

namespace treadle::cuda {

/// Kernels compute positions in 32 bits: no slice may reach further than this into its buffer's tensor.
inline constexpr int64_t maxElements = INT64_C(0x7fffffff);

} // namespace treadle::cuda

#endif // TREADLE_TARGETS_CUDA_KERNELABI_H
