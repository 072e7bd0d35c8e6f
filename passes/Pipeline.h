//===- Pipeline.h - from a graph to machine code --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_PASSES_PIPELINE_H
#define TREADLE_PASSES_PIPELINE_H

#include "mlir/Pass/PassManager.h"

namespace treadle {

struct Stage {
  llvm::StringLiteral name, passes, guarantee;
  bool isForTarget = false; // run for each target by itself
};
llvm::ArrayRef<Stage> stages();

/// The same stage where each op is to be a kernel of its own.
Stage unfused(Stage stage);

/// Runs one stage, and verifies what it leaves behind.
llvm::LogicalResult runStage(const Stage &stage, mlir::Operation *module,
                             std::unique_ptr<mlir::PassInstrumentation> instrumentation);

} // namespace treadle

#endif // TREADLE_PASSES_PIPELINE_H
