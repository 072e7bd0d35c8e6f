//===- Bisect.h - the first op where the numbers part ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_TREADLE_BISECT_H
#define TREADLE_TOOLS_TREADLE_BISECT_H

#include "tools/treadle/Difference.h"
#include "tools/treadle/Program.h"

namespace treadle {

/// Where a run parted from what was expected.
struct Parting {
  bool parted = false;
  int64_t agreeing = 0;    // values before it
  int64_t step = 0;        // of the program
  std::string kernel, ops; // "contraction_3", "conv1 (Conv), relu1 (Relu)"
  std::string value;
  std::vector<int64_t> dims;
  Difference difference;
};

/// Runs the program and compares each value that it leaves behind, in order, until one differs.
Status findParting(const OpenProgram &program, const ProgramOptions &options, const std::vector<HostTensor> &inputs,
                   const ExpectedValues &expected, double tolerance, Parting &parting);

} // namespace treadle

#endif // TREADLE_TOOLS_TREADLE_BISECT_H
