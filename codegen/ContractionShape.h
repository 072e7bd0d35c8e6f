//===- ContractionShape.h - products as one kind of work ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A matrix product and a convolution seen alike: for each outer index a matrix of rows x columns, each
// element a sum over a depth,
//
//     C[outer][row][column] = sum over k of A[outer][row][k] * B[outer][k][column]
//
//                  outer                   row                       k
//     matmul       batch, if B has one     the other batch, and M    K
//     conv         group                   batch and place           filter tap, then channel
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_CONTRACTIONSHAPE_H
#define TREADLE_CODEGEN_CONTRACTIONSHAPE_H

#include "dialects/graph/Graph.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace treadle {

struct ContractionShape {
  /// The matmul, or conv whose channels are last, that a group's function is about; fails with a diagnostic unless
  /// there is just one.
  static mlir::FailureOr<mlir::Operation *> anchorOf(mlir::func::FuncOp source);
  static ContractionShape of(mlir::Operation *anchor);

  mlir::Operation *op = nullptr;
  mlir::Value lhs, rhs;
  graph::Dims outer, rows;
  graph::DimExpr columns, depth;
  mlir::Type sumType; // what products are added up in

  struct Sizes {
    int64_t rows, columns, depth, outer = 1;
    int64_t tiles(int64_t tileRows, int64_t tileColumns) const;
  };
  /// Those that are known; the others are taken to be `unknown`, outer ones 1.
  Sizes sizesOr(int64_t unknown) const;

  graph::DimExpr rowCount() const { return graph::product(op->getContext(), rows); }
};

} // namespace treadle

#endif // TREADLE_CODEGEN_CONTRACTIONSHAPE_H
