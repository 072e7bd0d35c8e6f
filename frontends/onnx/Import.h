//===- Import.h - from an ONNX model to the graph dialect -------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model file is not trusted: whatever it holds, the result is a graph or an error message. Weights
// are not read: constants of the graph point into the mapped file.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_ONNX_IMPORT_H
#define TREADLE_FRONTENDS_ONNX_IMPORT_H

#include "frontends/Import.h"

namespace treadle::onnx {

/// Imports the model at `path`. Errors are diagnostics on the context, one a thing that is wrong;
/// operators that are not supported are all reported at once.
mlir::FailureOr<ImportedModel> importModel(mlir::MLIRContext *context, llvm::StringRef path,
                                           const ImportOptions &options);

/// The files that the model consists of, itself first, then those with external data, each once.
mlir::FailureOr<std::vector<std::string>> modelFiles(mlir::MLIRContext *context, llvm::StringRef path);

} // namespace treadle::onnx

#endif // TREADLE_FRONTENDS_ONNX_IMPORT_H
