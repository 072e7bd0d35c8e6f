//===- Model.cpp - a model of any format --------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/compile/Model.h"
#include "frontends/onnx/Import.h"
#include "frontends/scene/Import.h"

using namespace mlir;

namespace treadle {

FailureOr<ImportedModel> importModel(MLIRContext *context, StringRef path, const ImportOptions &options) {
  return scene::isScene(path) ? scene::importScene(context, path, options) : onnx::importModel(context, path, options);
}

FailureOr<std::vector<std::string>> modelFiles(MLIRContext *context, StringRef path) {
  if (scene::isScene(path))
    return std::vector<std::string>{path.str()};
  return onnx::modelFiles(context, path);
}

} // namespace treadle
