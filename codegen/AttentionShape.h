//===- AttentionShape.h - what an attention computes -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For each place of the leading dimensions, with queries i, keys j:
//
//     O[i][e] = sum over j of softmax over j of (scale * sum over d of Q[i][d] K[j][d] + bias[i][j]) * V[j][e]
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_ATTENTIONSHAPE_H
#define TREADLE_CODEGEN_ATTENTIONSHAPE_H

#include "codegen/elements/Elements.h"

namespace treadle {

struct AttentionShape {
  /// The attention that a group's function is about; fails with a diagnostic unless there is just one.
  static mlir::FailureOr<graph::AttentionOp> anchorOf(mlir::func::FuncOp source);
  explicit AttentionShape(graph::AttentionOp op);

  graph::AttentionOp op;
  mlir::Type sumType;                         // what products are added up in
  graph::Dims outerDims;                      // the leading dimensions
  graph::DimExpr queries, keys, depth, width; // L, S, D, E

  /// Element (row, column) of an operand or the result, at place `outer` of the leading dimensions.
  Position positionIn(Kernel &kernel, llvm::ArrayRef<mlir::Value> outer, mlir::Value operand, Coord row,
                      Coord column) const;
  /// The score of a query for a key with the bias, if there is one.
  mlir::Value addBias(Elements &elements, llvm::ArrayRef<mlir::Value> outer, mlir::Value score, Coord query,
                      Coord key) const;
  /// Keys from this one on are seen by none of `count` queries from `firstQuery` on.
  mlir::Value endOfKeys(Kernel &kernel, mlir::Value firstQuery, int64_t count) const;
};

} // namespace treadle

#endif // TREADLE_CODEGEN_ATTENTIONSHAPE_H
