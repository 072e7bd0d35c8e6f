//===- ScanShape.h - what a scan's kernel goes over ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SCANSHAPE_H
#define TREADLE_CODEGEN_SCANSHAPE_H

#include "codegen/Elements.h"

namespace treadle {

/// The scan of a group, and the lines along which it goes.
struct ScanShape {
  explicit ScanShape(mlir::func::FuncOp source);

  graph::ScanOp op;
  graph::Dims dims;
  int64_t axis;
  graph::DimExpr length;            // of a line
  llvm::SmallVector<int64_t> outer; // the other dimensions
  graph::Dims grid;                 // their sizes
  bool isAlongRow;                  // the axis is the last dimension

  /// Where the line number `number` is; its coordinate along the axis is left open.
  Position line(Kernel &kernel, mlir::Value number) const;
  /// Elements before or up to here and those that follow, as one.
  mlir::Value combine(mlir::ImplicitLocOpBuilder &b, mlir::Value before, mlir::Value after);
  mlir::TypedAttr start() { return neutralOf(op.getKind(), graph::elementOf(op.getInput())); }
};

} // namespace treadle

#endif // TREADLE_CODEGEN_SCANSHAPE_H
