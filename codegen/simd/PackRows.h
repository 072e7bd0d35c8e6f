//===- PackRows.h - a matrix copied row by row ------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products read their operands many times; what does not lie in memory as they want it, or is computed
// from what does, is copied first, as the type that is added up in.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMD_PACKROWS_H
#define TREADLE_CODEGEN_SIMD_PACKROWS_H

#include "codegen/elements/Elements.h"

namespace treadle {

/// Whether neighbours along dimension `dim` of `value` are neighbours in memory.
bool isContiguous(mlir::Value value, int64_t dim);

struct RowPacking {
  mlir::Value operand;  // whose elements are copied
  graph::DimExpr depth; // of them in a row
  /// Where element k of a row is.
  llvm::function_ref<Position(Coord row, Coord k)> positionOf;
  /// Rows, not the elements of one, are neighbours in memory: squares are copied and transposed.
  bool isTransposed = false;

  int64_t lanes = 1;
  mlir::Type sumType = {};
  mlir::Value memory = {}; // of sumType
  mlir::Value stride = {}; // between rows there, at least the depth rounded up to whole vectors
};

/// Copies rows [first, last) to where memory begins. A row is written in whole vectors.
void packRows(Kernel &kernel, const RowPacking &packing, mlir::Value first, mlir::Value last);

} // namespace treadle

#endif // TREADLE_CODEGEN_SIMD_PACKROWS_H
