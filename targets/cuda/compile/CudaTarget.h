//===- CudaTarget.h - the compile half of the CUDA target ---------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_CUDA_COMPILE_CUDATARGET_H
#define TREADLE_TARGETS_CUDA_COMPILE_CUDATARGET_H

#include "codegen/Backend.h"

namespace treadle::cuda {

const Backend &backend();

} // namespace treadle::cuda

#endif // TREADLE_TARGETS_CUDA_COMPILE_CUDATARGET_H
