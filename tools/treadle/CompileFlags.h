//===- CompileFlags.h - Options.def as flags ------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_TREADLE_COMPILEFLAGS_H
#define TREADLE_TOOLS_TREADLE_COMPILEFLAGS_H

#include "runtime/base/Status.h"
#include "tools/compile/Compile.h"
#include "tools/treadle/Terminal.h"
#include <CLI/CLI.hpp>

namespace treadle {

/// Adds a flag for each option; for commands that compile only where they must, those that change the
/// artifact.
void addCompileFlags(CLI::App &command, CompileOptions &options, bool keyedOnly);

/// Shows progress on `line`, stops on an interrupt, prints what --explain says.
CompileHooks compileHooks(ProgressLine &line);

Status toStatus(const CompileResult &result);

} // namespace treadle

#endif // TREADLE_TOOLS_TREADLE_COMPILEFLAGS_H
