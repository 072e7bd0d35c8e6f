//===- Register.h - all dialects and passes -------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the compiler and treadle-opt both must know.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_COMPILE_REGISTER_H
#define TREADLE_TOOLS_COMPILE_REGISTER_H

#include "mlir/IR/DialectRegistry.h"

namespace treadle {

/// Upstream's dialects and extensions, and those of dialects/.
mlir::DialectRegistry allDialects();

/// The passes that Pipeline.def names; once in a process, whoever calls it.
void registerAllPasses();

} // namespace treadle

#endif // TREADLE_TOOLS_COMPILE_REGISTER_H
