//===- MatrixContraction.h - products on matrix units ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parts of the contraction family. Each does the product `op` if the device has such units for it and it is large
// enough for them; or leaves it alone and says so.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMT_MATRIXCONTRACTION_H
#define TREADLE_CODEGEN_SIMT_MATRIXCONTRACTION_H

#include "codegen/ContractionShape.h"
#include "codegen/Target.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace treadle::simt {

/// So many tiles keep a device busy.
constexpr int64_t enoughTiles = 128;

/// On units that take operands from shared memory (Target::sharedUnits), if both can be copied there as boxes.
bool scheduleAsyncContraction(mlir::func::FuncOp source, const Target &target, mlir::Operation *op);

/// Whether the units of scheduleMatrixContraction() can do the product in small tiles and share out its depth.
bool sharesDepth(const Target &target, const ContractionShape &shape);

/// On units whose fragments are spread over a subgroup's threads as is known (Target::matrixUnits).
bool scheduleMatrixContraction(mlir::func::FuncOp source, const Target &target, mlir::Operation *op);

/// On units whose matrices only the device knows (Target::opaqueUnits).
bool scheduleFragmentContraction(mlir::func::FuncOp source, const Target &target, mlir::Operation *op);

} // namespace treadle::simt

#endif // TREADLE_CODEGEN_SIMT_MATRIXCONTRACTION_H
