//===- Pipeline.cpp - from a graph to machine code ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Pipeline.h"
#include "mlir/IR/Operation.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace treadle {

llvm::ArrayRef<Stage> stages() {
  static constexpr Stage all[] = {
#define TREADLE_STAGE(name, passes, guarantee) {name, passes, guarantee},
#define TREADLE_TARGET_STAGE(name, passes, guarantee) {name, passes, guarantee, true},
#include "passes/Pipeline.def"
  };
  return all;
}

Stage unfused(Stage stage) {
#define TREADLE_STAGE(name, passes, guarantee)
#define TREADLE_UNFUSED_STAGE(called, others, what)                                                                    \
  if (stage.name == called) {                                                                                          \
    stage.passes = others;                                                                                             \
    stage.guarantee = what;                                                                                            \
  }
#include "passes/Pipeline.def"
  return stage;
}

LogicalResult runStage(const Stage &stage, Operation *module, std::unique_ptr<PassInstrumentation> instrumentation) {
  if (stage.passes.empty())
    return verify(module);
  PassManager manager(module->getContext(), module->getName().getStringRef());
  // Verified at the stage's end; between passes only where somebody looks for a pass's mistake.
  manager.enableVerifier(false);
  if (instrumentation)
    manager.addInstrumentation(std::move(instrumentation));
  if (failed(parsePassPipeline(stage.passes, manager)) || failed(manager.run(module)))
    return failure();
  return verify(module);
}

} // namespace treadle
