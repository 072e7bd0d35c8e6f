//===- RegisterTile.h - the innermost loop of every product -----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A block of sums that stays in registers while a product goes over its depth:
//
//     sums[r][v] += A[r][k] * B[k][v]      r a row, v a vector of columns
//
// A step loads `vectors` vectors of B and one element of A a row, which is spread over a vector: with
// enough rows and vectors the multiply-adds are all that takes time. Elements narrower than the sums are
// extended. Which tile fits a machine's registers best is found by trying all and counting cycles.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMD_REGISTERTILE_H
#define TREADLE_CODEGEN_SIMD_REGISTERTILE_H

#include "codegen/Kernel.h"

namespace treadle {

/// Rows and vectors of columns.
struct TileShape {
  int64_t rows = 1, vectors = 1;

  /// The best for a product of `rows` x `columns`, with at most `maxRows` rows and vectors of `lanes`.
  static TileShape choose(int64_t rows, int64_t columns, int64_t lanes, int64_t maxRows, const Target &target);
};

struct RegisterTile {
  TileShape shape;
  int64_t lanes = 1;
  mlir::Type sumType;

  /// Element (r, k) of A is lhs[lhsStart + r * lhsStride + k * lhsStep]; without lhsStep they are neighbours.
  mlir::Value lhs = {}, lhsStart = {}, lhsStride = {}, lhsStep = {};
  /// Vector v of step k begins at rhs[rhsStarts[v] + k * rhsStep].
  mlir::Value rhs = {};
  llvm::SmallVector<mlir::Value> rhsStarts = {};
  int64_t rhsStep = 1;
  /// What the elements in memory are; null where they are of the sums' type.
  mlir::Type lhsElement = {}, rhsElement = {};

  mlir::VectorType sumVector() const { return mlir::VectorType::get({lanes}, sumType); }
  llvm::SmallVector<mlir::Value> zeros(Kernel &kernel) const;
};

/// The sums, row by row, after `depth` steps that begin with `start`.
llvm::SmallVector<mlir::Value> emitRegisterTile(Kernel &kernel, const RegisterTile &tile, mlir::Value depth,
                                                mlir::ValueRange start);

/// `rows` dot products at once: vectors lie along the depth, which suits few columns.
struct DotTile {
  int64_t rows = 1, lanes = 1;
  mlir::Type sumType;

  /// Element (r, k) of A is lhs[lhsStart + r * lhsStride + k], of the sums' type.
  mlir::Value lhs = {}, lhsStart = {}, lhsStride = {};
  /// Element k of the column is rhs[rhsStart + k], of type `rhsElement`.
  mlir::Value rhs = {}, rhsStart = {};
  mlir::Type rhsElement = {};
};

/// The sums, one a lane. `rows` is `lanes`, or 1 for one sum in all lanes.
mlir::Value emitDotTile(Kernel &kernel, const DotTile &tile, mlir::Value depth);

} // namespace treadle

#endif // TREADLE_CODEGEN_SIMD_REGISTERTILE_H
