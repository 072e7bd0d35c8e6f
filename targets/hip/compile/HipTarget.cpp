//===- HipTarget.cpp - descriptions of AMD devices -----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "targets/hip/compile/HipTarget.h"
#include "targets/hip/compile/Passes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace treadle::hip {

static SmallVector<Target> describe(StringRef chip, std::string &error) {
  SmallVector<Target> rows;
#define TREADLE_HIP(row, features, workgroup, subgroup, registers, shared, memoryLoad, sharedLoad, broadcast)          \
  {                                                                                                                    \
    Target target;                                                                                                     \
    target.name = "hip";                                                                                               \
    target.variant = row;                                                                                              \
    target.isSimt = true;                                                                                              \
    target.workgroupThreads = workgroup;                                                                               \
    target.subgroupThreads = subgroup;                                                                                 \
    target.threadRegisters = registers;                                                                                \
    target.sharedBytes = shared;                                                                                       \
    target.memoryLoadCycles = memoryLoad;                                                                              \
    target.sharedLoadCycles = sharedLoad;                                                                              \
    target.broadcastCycles = broadcast;                                                                                \
    rows.push_back(target);                                                                                            \
  }
#include "targets/hip/Chips.def"
  if (chip.empty())
    return rows;
  for (const Target &row : rows)
    if (row.variant == chip)
      return {row};
  error = "should be " + llvm::join(llvm::map_range(rows, [](const Target &row) { return row.variant; }), " or ");
  return {};
}

const Backend &backend() {
#define TREADLE_BACKEND(name, passes)                                                                                  \
  static const Backend backend = {name, passes, "hsaco", describe, registerHipPasses};
#include "targets/hip/compile/Pipeline.def"
  return backend;
}

} // namespace treadle::hip
