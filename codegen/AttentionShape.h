//===- AttentionShape.h - what an attention computes -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For each place of the leading dimensions, with queries i, keys j:
//
//     O[i][e] = sum over j of softmax over j of (scale * sum over d of Q[i][d] K[j][d] + bias[i][j]) * V[j][e]
//
// where i sees those j with
//
//     j < prefix or i + S - L - before <= j <= i + S - L + after
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_ATTENTIONSHAPE_H
#define TREADLE_CODEGEN_ATTENTIONSHAPE_H

#include "codegen/elements/Elements.h"

namespace treadle {

/// The keys that a block of queries sees some of, as places that follow each other: those of a prefix, and those of a
/// window, which are `gap` further on.
struct SeenKeys {
  mlir::Value end, gap; // in places, in keys
  mlir::Value prefix;   // in whole blocks; null: none that is apart

  mlir::Value keyAt(Kernel &kernel, mlir::Value place) const;
};

struct AttentionShape {
  /// The attention that a group's function is about; fails with a diagnostic unless there is just one.
  static mlir::FailureOr<graph::AttentionOp> anchorOf(mlir::func::FuncOp source);
  explicit AttentionShape(graph::AttentionOp op);

  graph::AttentionOp op;
  mlir::Type sumType;                         // what products are added up in
  graph::Dims outerDims;                      // the leading dimensions
  graph::DimExpr queries, keys, depth, width; // L, S, D, E
  std::optional<int64_t> before, after;       // that a query sees of its own position; none: all
  int64_t prefix;

  /// Whether there are queries that do not see all keys.
  bool hasWindow() const { return before || after; }
  /// How many keys come before the first query's own.
  graph::DimExpr shift() const { return keys - queries; }

  /// Element (row, column) of an operand or the result, at place `outer` of the leading dimensions.
  Position positionIn(Kernel &kernel, llvm::ArrayRef<mlir::Value> outer, mlir::Value operand, Coord row,
                      Coord column) const;
  /// The score of a query for a key with the bias, if there is one.
  mlir::Value addBias(Elements &elements, llvm::ArrayRef<mlir::Value> outer, mlir::Value score, Coord query,
                      Coord key) const;
  /// Whether a query sees a key; null if all see all. `queryAnd` is the query and a number, `like` makes a number what
  /// `key` is: a number, or a vector of them.
  mlir::Value isSeen(Kernel &kernel, llvm::function_ref<mlir::Value(mlir::Value)> queryAnd, mlir::Value key,
                     llvm::function_ref<mlir::Value(mlir::Value)> like) const;
  mlir::Value isSeen(Kernel &kernel, mlir::Value query, mlir::Value key) const;
  /// Of `count` queries from `firstQuery` on, in blocks of `block` keys.
  SeenKeys seenKeys(Kernel &kernel, mlir::Value firstQuery, int64_t count, int64_t block) const;
};

} // namespace treadle

#endif // TREADLE_CODEGEN_ATTENTIONSHAPE_H
