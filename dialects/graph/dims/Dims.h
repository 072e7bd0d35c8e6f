//===- Dims.h - the dimensions of tensor types ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_DIMS_H
#define TREADLE_DIALECTS_GRAPH_DIMS_H

#include "dialects/graph/dims/DimExpr.h"

namespace treadle::graph {

using Dims = llvm::SmallVector<DimExpr>;

/// The dimensions of a tensor type.
Dims dimsOf(mlir::Type type);
DimExpr dimOf(mlir::Type type, int64_t index);

/// The tensor type of those dimensions; it carries an encoding only where one is not constant.
mlir::RankedTensorType tensorOf(llvm::ArrayRef<DimExpr> dims, mlir::Type elementType);

Dims constantDims(mlir::MLIRContext *context, llvm::ArrayRef<int64_t> shape);

/// The product of all dimensions.
DimExpr elementCount(mlir::Type type);
DimExpr product(mlir::MLIRContext *context, llvm::ArrayRef<DimExpr> dims);

/// The dimensions of a and b broadcast together as NumPy does it. Fails where two constants differ
/// and neither is 1. Two expressions that cannot be told equal are taken to be equal, as the graph
/// must be meaningful; the frontend asks the runtime to check that (`graph.require`).
mlir::FailureOr<Dims> broadcastDims(llvm::ArrayRef<DimExpr> a, llvm::ArrayRef<DimExpr> b);

/// Of two dimensions that must be equal the one to keep: a constant before anything else, then the
/// shorter expression. Fails if they are different constants.
mlir::FailureOr<DimExpr> unifyDims(DimExpr a, DimExpr b);

/// Whether tensor types agree as far as can be told: sizes that no form shows to be different are taken to
/// be equal.
bool mayBeEqual(mlir::TypeRange a, mlir::TypeRange b);

} // namespace treadle::graph

#endif // TREADLE_DIALECTS_GRAPH_DIMS_H
