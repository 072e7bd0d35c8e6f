//===- Artifact.h - a program as a file -----------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_COMPILE_ARTIFACT_H
#define TREADLE_TOOLS_COMPILE_ARTIFACT_H

#include "mlir/IR/BuiltinOps.h"
#include <string>

namespace treadle {

struct ArtifactInfo {
  std::string compiler, model, modelHash, options;
};

/// Writes modules of the program dialect, one a target, their machine code emitted, to `path`: whole, or not at
/// all. The first is the artifact's root, the others are its alternatives. Weights go from where they are
/// mapped straight into the file. Errors are diagnostics on the modules.
llvm::LogicalResult writeArtifact(llvm::ArrayRef<mlir::ModuleOp> programs, const ArtifactInfo &info,
                                  const std::string &path);

} // namespace treadle

#endif // TREADLE_TOOLS_COMPILE_ARTIFACT_H
