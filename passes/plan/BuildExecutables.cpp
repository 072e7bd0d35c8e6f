//===- BuildExecutables.cpp - the kernels, for each target ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "passes/plan/Passes.h"

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_BUILDEXECUTABLES
#include "passes/plan/Passes.h.inc"

namespace {

struct BuildExecutables : impl::BuildExecutablesBase<BuildExecutables> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto targets = module->getAttrOfType<ArrayAttr>("treadle.targets");
    auto kernels = module.lookupSymbol<ModuleOp>("kernels");
    if (!targets || !kernels)
      return;
    OpBuilder builder(kernels);
    for (Attribute attr : targets) {
      auto target = cast<DictionaryAttr>(attr);
      std::string name =
          (target.getAs<StringAttr>("name").getValue() + "_" + target.getAs<StringAttr>("variant").getValue()).str();
      auto executable = program::ExecutableOp::create(builder, module.getLoc(), name, ElementsAttr());
      executable->setAttr("treadle.target", target);
      Block &body = executable.getBody().emplaceBlock();
      for (Operation &kernel : *kernels.getBody())
        body.push_back(kernel.clone());
    }
    kernels.erase();
  }
};

} // namespace
} // namespace treadle
