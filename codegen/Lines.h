//===- Lines.h - the lines of a tensor along one dimension --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_LINES_H
#define TREADLE_CODEGEN_LINES_H

#include "codegen/elements/Elements.h"

namespace treadle {

/// What scans and sorts go over: for each choice of the other dimensions' indices a line.
struct Lines {
  Lines(mlir::Value tensor, int64_t axis);

  graph::Dims dims;
  int64_t axis;
  graph::DimExpr length;            // of a line
  llvm::SmallVector<int64_t> outer; // the other dimensions
  graph::Dims grid;                 // their sizes
  bool isAlongRow;                  // the axis is the last dimension

  graph::DimExpr count() const { return graph::product(length.attribute().getContext(), grid); }
  /// Where line number `number` is; its coordinate along the axis is left open.
  Position line(Kernel &kernel, mlir::Value number) const;
  /// Lines that are about `elements` together, 1 to 256.
  int64_t linesOf(int64_t elements) const;
};

} // namespace treadle

#endif // TREADLE_CODEGEN_LINES_H
