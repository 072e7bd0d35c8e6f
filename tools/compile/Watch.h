//===- Watch.h - what a caller is told while passes run -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_COMPILE_WATCH_H
#define TREADLE_TOOLS_COMPILE_WATCH_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "tools/compile/Compile.h"
#include "llvm/ADT/DenseMap.h"
#include <map>
#include <mutex>

namespace treadle {

/// Tells which pass begins, as progress between two fractions of the whole; with `explain`, after each pass
/// over the model also which ops it removed and added. Passes over a kernel are not explained.
class Watch : public mlir::PassInstrumentation {
public:
  Watch(const CompileHooks &hooks, std::string stage, double from, double to, bool explain)
      : hooks(hooks), stage(std::move(stage)), from(from), to(to), explain(explain && hooks.explain) {}
  void runBeforePass(mlir::Pass *pass, mlir::Operation *op) override;
  void runAfterPass(mlir::Pass *pass, mlir::Operation *op) override;

private:
  using Counts = std::map<std::string, int64_t>; // of ops, by name

  const CompileHooks &hooks;
  std::string stage;
  double from, to, at = 0;
  bool explain;
  llvm::DenseMap<mlir::Pass *, Counts> before;
  std::mutex lock;
};

/// A line for each group: its family, its ops and what the model calls them.
void explainGroups(mlir::ModuleOp module, const CompileHooks &hooks);

} // namespace treadle

#endif // TREADLE_TOOLS_COMPILE_WATCH_H
