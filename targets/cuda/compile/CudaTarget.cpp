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

/// 64 x `columns` sums, of which a thread has two neighbours in every eighth row and every eighth column, and each of
/// four subgroups 16 rows. Elements of 16 bits on the left may be in registers, where they lie as sums do.
static MatrixUnit wgmma(StringRef operands, StringRef sum, int64_t columns, int64_t depth) {
  MatrixUnit unit{operands.str(), sum.str(), 64, columns, depth, {}, {}, {}};
  if (depth == 16) {
    unit.lhs.lanes = {2, 4, depth, 2 * depth, 4 * depth, 16 * depth, 32 * depth};
    unit.lhs.elements = {1, 8 * depth, 8};
  }
  unit.sums.lanes = {2, 4, columns, 2 * columns, 4 * columns, 16 * columns, 32 * columns};
  unit.sums.elements = {1, 8 * columns};
  for (int64_t column = 8; column < columns; column *= 2)
    unit.sums.elements.push_back(column);
  return unit;
}

static std::vector<MatrixUnit> wgmmaOf(StringRef variant) {
  std::vector<MatrixUnit> units;
#define TREADLE_CUDA_WGMMA(row, operands, sum, columns, depth)                                                         \
  if (variant == row)                                                                                                  \
    units.push_back(wgmma(operands, sum, columns, depth));
#include "targets/cuda/Chips.def"
  return units;
}

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
#define TREADLE_CUDA(row, processor, features, workgroup, subgroup, registers, shared, mostShared, memoryLoad,         \
                     sharedLoad, broadcast, copy, matrices)                                                            \
  Target::gpu("cuda", row, workgroup, subgroup, registers, shared, memoryLoad, sharedLoad, broadcast)                  \
      .withExp2()                                                                                                      \
      .withMatrixUnits(units, copy, matrices)                                                                          \
      .withSharedUnits(wgmmaOf(row), mostShared),
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
