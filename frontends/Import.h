//===- Import.h - what frontends take and give ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_IMPORT_H
#define TREADLE_FRONTENDS_IMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace treadle {

struct ImportOptions {
  /// Symbols that get a fixed size, by name: {"batch", 1}.
  std::vector<std::pair<std::string, int64_t>> dims;
  /// Of a scene: the program that draws it instead of its field, and numbers for that by name.
  bool render = false;
  std::vector<std::pair<std::string, double>> settings;
  /// Of a scene: the key of the one encoding or network that is wanted, not the whole field; "" for that.
  std::string part;
  /// Of a scene: the format that tables of features are stored in, "i8"; "" for the file's.
  std::string tables;
};

struct ImportedModel {
  /// One function @main; see dialects/graph/Dialect.td for its types. Its arguments and results have
  /// the model's names as `graph.name`; the module has `graph.symbols`, `treadle.model` (the file's
  /// name) and `treadle.metadata` (what else the file says of the model, as text).
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// What constants point into: mapped files, parameters that were unpacked. Must outlive every use of
  /// the module's constants.
  std::shared_ptr<void> storage;
  /// Of all files of the model, in hexadecimal digits.
  std::string sha256;
};

} // namespace treadle

#endif // TREADLE_FRONTENDS_IMPORT_H
