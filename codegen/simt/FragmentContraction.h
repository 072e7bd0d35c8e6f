//===- FragmentContraction.h - products of matrices that only the device knows -===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMT_FRAGMENTCONTRACTION_H
#define TREADLE_CODEGEN_SIMT_FRAGMENTCONTRACTION_H

#include "codegen/Target.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace treadle::simt {

/// Part of the contraction family: does it, if the device multiplies such matrices without saying who holds what of
/// them, and the product `op` is large enough.
bool scheduleFragmentContraction(mlir::func::FuncOp source, const Target &target, mlir::Operation *op);

} // namespace treadle::simt

#endif // TREADLE_CODEGEN_SIMT_FRAGMENTCONTRACTION_H
