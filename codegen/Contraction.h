//===- Contraction.h - products as one kind of work -------------------------===//
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
// and how large the pieces are in which it is done. Contraction.cpp writes the loops.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_CONTRACTION_H
#define TREADLE_CODEGEN_CONTRACTION_H

#include "codegen/Target.h"
#include "dialects/graph/Graph.h"

namespace treadle {

struct ContractionShape {
  /// Of a graph.matmul or of a graph.conv whose channels are last.
  static ContractionShape of(mlir::Operation *op);

  mlir::Operation *op = nullptr;
  mlir::Value lhs, rhs;
  graph::Dims outer, rows;
  graph::DimExpr columns, depth;
  mlir::Type sumType; // what products are added up in

  graph::DimExpr rowCount() const { return graph::product(op->getContext(), rows); }
};

/// How the work is cut: into tasks of `rowBlock` rows and `columnBlock` columns, those into tiles of
/// `tileRows` rows and `tileVectors` vectors of `lanes` columns whose sums are all in registers.
struct ContractionTiling {
  /// `packsLhs`: A is copied for each task, so that tasks should have many columns. `narrow`: columns are so
  /// few that lanes lie along the depth; a tile has as many rows as a vector has lanes.
  static ContractionTiling choose(const ContractionShape &shape, const Target &target, bool packsLhs, bool packsRhs,
                                  bool narrow);

  int64_t lanes = 1;
  int64_t tileRows = 1, tileVectors = 1;
  int64_t rowBlock = 1, columnBlock = 1;
  llvm::SmallVector<int64_t> tailRows; // heights of tiles for what is left of a block's rows

  int64_t tileColumns() const { return tileVectors * lanes; }
};

} // namespace treadle

#endif // TREADLE_CODEGEN_CONTRACTION_H
