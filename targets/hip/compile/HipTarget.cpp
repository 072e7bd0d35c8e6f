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
  const Target rows[] = {
#define TREADLE_HIP(row, features, workgroup, subgroup, registers, shared, memoryLoad, sharedLoad, broadcast)          \
  Target::gpu("hip", row, workgroup, subgroup, registers, shared, memoryLoad, sharedLoad, broadcast),
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
