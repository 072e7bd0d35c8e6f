//===- Artifact.h - a program as a file -----------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_COMPILE_ARTIFACT_H
#define TREADLE_TOOLS_COMPILE_ARTIFACT_H

#include "mlir/IR/BuiltinOps.h"
#include "tools/file/OutputFile.h"
#include <string>

namespace treadle {

struct ArtifactInfo {
  std::string compiler, model, modelHash, options;
};

/// Writes modules of the program dialect, one a target, their machine code emitted. The first is the artifact's
/// root, the others are its alternatives. Weights go from where they are mapped straight into the file. Errors of
/// the program are diagnostics on the modules; those of the file finish() has.
llvm::LogicalResult writeArtifact(llvm::ArrayRef<mlir::ModuleOp> programs, const ArtifactInfo &info, OutputFile &file);

} // namespace treadle

#endif // TREADLE_TOOLS_COMPILE_ARTIFACT_H
