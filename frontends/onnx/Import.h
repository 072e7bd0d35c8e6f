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

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace treadle::onnx {

struct ImportOptions {
  /// Symbols that get a fixed size, by name: {"batch", 1}.
  std::vector<std::pair<std::string, int64_t>> dims;
};

struct ImportedModel {
  /// One function @main; see dialects/graph/Dialect.td for its types. Its arguments and results have
  /// the model's names as `graph.name`; the module has `graph.symbols`, `treadle.model` (the file's
  /// name) and `treadle.metadata` (the model's metadata_props).
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// The mapped files that constants point into. Must outlive every use of the module's constants.
  std::shared_ptr<void> storage;
  /// Of all files of the model, in hexadecimal digits.
  std::string sha256;
};

/// Imports the model at `path`. Errors are diagnostics on the context, one a thing that is wrong;
/// operators that are not supported are all reported at once.
mlir::FailureOr<ImportedModel> importModel(mlir::MLIRContext *context, llvm::StringRef path,
                                           const ImportOptions &options);

/// The files that the model consists of, itself first, then those with external data, each once.
mlir::FailureOr<std::vector<std::string>> modelFiles(mlir::MLIRContext *context, llvm::StringRef path);

} // namespace treadle::onnx

#endif // TREADLE_FRONTENDS_ONNX_IMPORT_H
