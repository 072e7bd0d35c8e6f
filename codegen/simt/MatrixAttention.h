//===- MatrixAttention.h - attention on matrix units -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parts of the attention family. Each does it if the device has such units for it, and sizes are known that fit its
// registers and shared memory; or leaves it alone and says so.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMT_MATRIXATTENTION_H
#define TREADLE_CODEGEN_SIMT_MATRIXATTENTION_H

#include "codegen/Target.h"
#include "dialects/graph/Graph.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace treadle::simt {

/// On units that take operands from shared memory (Target::sharedUnits), if all three can be copied there as boxes.
bool scheduleAsyncAttention(mlir::func::FuncOp source, const Target &target, graph::AttentionOp op);

/// On units whose sums can be their operands (Target::matrixUnits).
bool scheduleMatrixAttention(mlir::func::FuncOp source, const Target &target, graph::AttentionOp op);

} // namespace treadle::simt

#endif // TREADLE_CODEGEN_SIMT_MATRIXATTENTION_H
