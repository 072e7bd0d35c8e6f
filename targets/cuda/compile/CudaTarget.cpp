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

static std::vector<Target> describe(StringRef chip, std::string &error) {
  const std::vector<MatrixUnit> units = {
#define TREADLE_LIST(...) {__VA_ARGS__}
#define TREADLE_CUDA_UNIT(operands, sum, m, n, k, lhsLanes, lhsElements, rhsLanes, rhsElements, sumLanes, sumElements) \
  {operands,                                                                                                           \
   sum,                                                                                                                \
   m,                                                                                                                  \
   n,                                                                                                                  \
   k,                                                                                                                  \
   {TREADLE_LIST lhsLanes, TREADLE_LIST lhsElements},                                                                  \
   {TREADLE_LIST rhsLanes, TREADLE_LIST rhsElements},                                                                  \
   {TREADLE_LIST sumLanes, TREADLE_LIST sumElements}},
#include "targets/cuda/Chips.def"
  };
  const Target rows[] = {
#define TREADLE_CUDA(row, features, workgroup, subgroup, registers, shared, memoryLoad, sharedLoad, broadcast, copy,   \
                     matrices)                                                                                         \
  Target::gpu("cuda", row, workgroup, subgroup, registers, shared, memoryLoad, sharedLoad, broadcast)                  \
      .withMatrixUnits(units, copy, matrices),
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
