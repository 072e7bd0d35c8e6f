//===- Model.h - a model of any format ------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_COMPILE_MODEL_H
#define TREADLE_TOOLS_COMPILE_MODEL_H

#include "frontends/Import.h"
#include "tools/compile/Compile.h"

namespace treadle {

/// What a frontend is told of a compilation. What is wrong with the options, or "".
std::string readImportOptions(const CompileOptions &options, ImportOptions &import);

/// Imports the model at `path` with the frontend of its format: a scene by its name or how it starts, else ONNX.
/// Errors are diagnostics on the context.
mlir::FailureOr<ImportedModel> importModel(mlir::MLIRContext *context, llvm::StringRef path,
                                           const ImportOptions &options);

/// The files that the model consists of, itself first.
mlir::FailureOr<std::vector<std::string>> modelFiles(mlir::MLIRContext *context, llvm::StringRef path);

} // namespace treadle

#endif // TREADLE_TOOLS_COMPILE_MODEL_H
