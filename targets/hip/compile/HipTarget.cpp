//===- HipTarget.cpp - descriptions of AMD devices -----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Backend.h"
#include "targets/hip/compile/Passes.h"

using namespace mlir;

namespace treadle::hip {

static std::vector<Target> describe(StringRef chip, std::string &error) {
  const std::vector<MatrixUnit> units = {
#define TREADLE_LIST(...) {__VA_ARGS__}
#define TREADLE_HIP_UNIT(operands, sum, m, n, k, lhsLanes, lhsElements, rhsLanes, rhsElements, sumLanes, sumElements)  \
  {operands,                                                                                                           \
   sum,                                                                                                                \
   m,                                                                                                                  \
   n,                                                                                                                  \
   k,                                                                                                                  \
   {TREADLE_LIST lhsLanes, TREADLE_LIST lhsElements},                                                                  \
   {TREADLE_LIST rhsLanes, TREADLE_LIST rhsElements},                                                                  \
   {TREADLE_LIST sumLanes, TREADLE_LIST sumElements}},
#include "targets/hip/Chips.def"
  };
  const Target rows[] = {
#define TREADLE_HIP(row, features, workgroup, subgroup, registers, shared, memoryLoad, sharedLoad, broadcast)          \
  Target::gpu("hip", row, workgroup, subgroup, registers, shared, memoryLoad, sharedLoad, broadcast)                   \
      .withExp2()                                                                                                      \
      .withMatrixUnits(units, /*asyncCopyBytes=*/0, /*loadsMatrices=*/false),
#include "targets/hip/Chips.def"
  };
  return selectChip(rows, chip, error);
}

const Backend &backend() {
#define TREADLE_BACKEND(name, passes)                                                                                  \
  static const Backend backend = {name, passes, "hsaco", describe, registerHipPasses};
#include "targets/hip/compile/Pipeline.def"
  return backend;
}

} // namespace treadle::hip
