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

/// Writes the module of the program dialect, its machine code emitted, to `path`: whole, or not at all.
/// Weights go from where they are mapped straight into the file. Errors are diagnostics on the module.
llvm::LogicalResult writeArtifact(mlir::ModuleOp module, const ArtifactInfo &info, const std::string &path);

} // namespace treadle

#endif // TREADLE_TOOLS_COMPILE_ARTIFACT_H
