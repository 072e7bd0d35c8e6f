//===- CompileExecutables.cpp - each target's own pipeline ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Backend.h"
#include "codegen/Passes.h"
#include "dialects/program/Program.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_COMPILEEXECUTABLES
#include "codegen/Passes.h.inc"

static SmallVector<Backend> &registered() {
  static SmallVector<Backend> all;
  return all;
}

std::vector<Target> selectChip(ArrayRef<Target> rows, StringRef chip, std::string &error) {
  if (chip.empty())
    return std::vector<Target>(rows);
  for (const Target &row : rows)
    if (row.variant == chip)
      return {row};
  error = "should be " + llvm::join(llvm::map_range(rows, [](const Target &row) { return row.variant; }), " or ");
  return {};
}

void registerBackend(const Backend &backend) { registered().push_back(backend); }
ArrayRef<Backend> backends() { return registered(); }
const Backend *findBackend(StringRef name) {
  const Backend *found = llvm::find_if(registered(), [&](const Backend &backend) { return backend.name == name; });
  return found == registered().end() ? nullptr : found;
}

namespace {

struct CompileExecutables : impl::CompileExecutablesBase<CompileExecutables> {
  void getDependentDialects(DialectRegistry &registry) const override {
    for (const Backend &backend : backends()) {
      OpPassManager passes(program::ExecutableOp::getOperationName());
      if (succeeded(parsePassPipeline(backend.passes, passes)))
        passes.getDependentDialects(registry);
    }
  }

  void runOnOperation() override {
    auto executables = llvm::to_vector(getOperation().getOps<program::ExecutableOp>());
    for (auto executable : executables) {
      Target target = Target::of(executable);
      const Backend *backend = findBackend(target.name);
      OpPassManager passes(program::ExecutableOp::getOperationName());
      if (!backend) {
        executable.emitError() << "is for the target " << target.name << ", which this compiler does not have";
        return signalPassFailure();
      }
      if (failed(parsePassPipeline(backend->passes, passes)) || failed(runPipeline(passes, executable)))
        return signalPassFailure();
      // One that its target says is another's double; but not the only one.
      if (executables.size() > 1 && executable->hasAttr("treadle.superfluous"))
        executable.erase();
    }
  }
};

} // namespace
} // namespace treadle
