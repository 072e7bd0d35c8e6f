//===- Inputs.h - types of a model's inputs, and its symbols ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_FRONTENDS_ONNX_INPUTS_H
#define TREADLE_FRONTENDS_ONNX_INPUTS_H

#include "dialects/graph/Graph.h"
#include "frontends/onnx/Import.h"
#include "frontends/onnx/ModelFile.h"
#include "llvm/ADT/StringSet.h"

namespace treadle::onnx {

/// Gives inputs their types. A dimension that the model names is a symbol, the same wherever it has that
/// name; one without a name, or with a number that is no size, is a symbol of its own.
class Inputs {
public:
  Inputs(mlir::MLIRContext *context, const ImportOptions &options) : context(context), options(options) {}

  /// Null after an error.
  mlir::Type typeOf(const ::onnx::ValueInfoProto &info);
  /// Whether every dimension that the options fix is there. False after an error.
  bool checkOptions();
  /// Those of all types so far.
  mlir::ArrayAttr symbols() const { return mlir::ArrayAttr::get(context, found); }

private:
  graph::DimExpr dim(const ::onnx::ValueInfoProto &info, int index);
  std::string symbolName(llvm::StringRef wanted, llvm::StringRef key);

  mlir::MLIRContext *context;
  const ImportOptions &options;
  llvm::SmallVector<mlir::Attribute> found;
  llvm::StringMap<std::string> nameOf; // symbols by what the model calls them
  llvm::StringSet<> taken, usedOptions;
};

} // namespace treadle::onnx

#endif // TREADLE_FRONTENDS_ONNX_INPUTS_H
