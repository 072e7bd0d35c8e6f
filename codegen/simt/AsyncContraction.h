//===- AsyncContraction.h - products of what a device copies by itself --------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMT_ASYNCCONTRACTION_H
#define TREADLE_CODEGEN_SIMT_ASYNCCONTRACTION_H

#include "codegen/Target.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace treadle::simt {

/// Part of the contraction family: does it, if the device has a unit that takes operands from shared memory, both
/// operands of the product `op` can be copied there as boxes, and it is large enough.
bool scheduleAsyncContraction(mlir::func::FuncOp source, const Target &target, mlir::Operation *op);

} // namespace treadle::simt

#endif // TREADLE_CODEGEN_SIMT_ASYNCCONTRACTION_H
