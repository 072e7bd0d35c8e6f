//===- MatrixAttention.h - attention on matrix units -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMT_MATRIXATTENTION_H
#define TREADLE_CODEGEN_SIMT_MATRIXATTENTION_H

#include "codegen/Target.h"
#include "dialects/graph/Graph.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace treadle::simt {

/// Part of the attention family: does it, if the device has a unit whose sums can be its operands, and sizes are known
/// that fit its registers and shared memory.
bool scheduleMatrixAttention(mlir::func::FuncOp source, const Target &target, graph::AttentionOp op);

} // namespace treadle::simt

#endif // TREADLE_CODEGEN_SIMT_MATRIXATTENTION_H
