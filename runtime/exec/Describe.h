//===- Describe.h - what an artifact says, as JSON ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_EXEC_DESCRIBE_H
#define TREADLE_RUNTIME_EXEC_DESCRIBE_H

#include "runtime/format/Program.h"

namespace treadle {

/// Inputs, outputs, steps with the model's ops in them, kernels, memory, machine code, provenance.
std::string describe(const Program &program);

/// An expression in words: "(height + 31) / 32". Longer ones than a line are cut to "...".
std::string describeExpr(const Program &program, uint32_t index);

} // namespace treadle

#endif // TREADLE_RUNTIME_EXEC_DESCRIBE_H
