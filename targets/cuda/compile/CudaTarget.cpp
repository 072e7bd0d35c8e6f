//===- CudaTarget.cpp - descriptions of NVIDIA devices -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Backend.h"
#include "targets/cuda/compile/Passes.h"

using namespace mlir;

namespace treadle::cuda {

static SmallVector<Target> describe(StringRef chip, std::string &error) {
  const Target rows[] = {
#define TREADLE_CUDA(row, features, workgroup, subgroup, registers, shared, memoryLoad, sharedLoad, broadcast)         \
  Target::gpu("cuda", row, workgroup, subgroup, registers, shared, memoryLoad, sharedLoad, broadcast),
#include "targets/cuda/Chips.def"
  };
  return selectChip(rows, chip, error);
}

const Backend &backend() {
#define TREADLE_BACKEND(name, passes)                                                                                  \
  static const Backend backend = {name, passes, "ptx", describe, registerCudaPasses};
#include "targets/cuda/compile/Pipeline.def"
  return backend;
}

} // namespace treadle::cuda
