//===- Model.cpp - a model of any format --------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/compile/Model.h"
#include "frontends/onnx/Import.h"
#include "frontends/scene/Import.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;

namespace treadle {

std::string readImportOptions(const CompileOptions &options, ImportOptions &import) {
  for (const std::string &dim : options.dim) {
    auto [name, number] = StringRef(dim).rsplit('=');
    int64_t size = 0;
    if (name.empty() || number.getAsInteger(10, size) || size < 0)
      return "--dim " + dim + ": should be NAME=N, for example --dim batch=1";
    import.dims.push_back({name.str(), size});
  }
  for (const std::string &setting : options.set) {
    auto [name, number] = StringRef(setting).split('=');
    double value = 0;
    if (name.empty() || number.getAsDouble(value))
      return "--set " + setting + ": should be NAME=X, for example --set max_steps=256";
    import.settings.push_back({name.str(), value});
  }
  if (!options.set.empty() && !options.render)
    return "--set " + options.set[0] + ": numbers are set for --render";
  if (!options.part.empty() && options.render)
    return "--part " + options.part + ": stands beside --render, which draws the whole field; leave one out";
  if (!options.tables.empty() && options.tables != "i8")
    return "--tables " + options.tables + ": can be i8";
  import.render = options.render;
  import.part = options.part;
  import.tables = options.tables;
  return "";
}

bool isScene(const std::string &path) { return scene::isScene(path); }

FailureOr<ImportedModel> importModel(MLIRContext *context, StringRef path, const ImportOptions &options) {
  if (scene::isScene(path)) {
    FailureOr<ImportedModel> model = scene::importScene(context, path, options);
    if (succeeded(model) && !options.tables.empty())
      (*model->module)->setAttr("treadle.tables", StringAttr::get(context, options.tables));
    return model;
  }
  if (!options.tables.empty()) {
    emitError(UnknownLoc::get(context)) << path << ": is no scene, and only a scene has tables of features (--tables)";
    return failure();
  }
  if (options.render || !options.part.empty()) {
    emitError(UnknownLoc::get(context)) << path << ": is no scene, and only a scene "
                                        << (options.render ? "is drawn" : "has parts (--part)");
    return failure();
  }
  return onnx::importModel(context, path, options);
}

FailureOr<std::vector<std::string>> modelFiles(MLIRContext *context, StringRef path) {
  if (scene::isScene(path))
    return scene::sceneFiles(path);
  return onnx::modelFiles(context, path);
}

} // namespace treadle
