//===- ContractionSchedule.h - what writes a product's loops ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parts of the contraction schedule and what they share: Contraction.cpp has the loops and the tiles,
// ContractionPacking.cpp what is copied before they run.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMD_CONTRACTIONSCHEDULE_H
#define TREADLE_CODEGEN_SIMD_CONTRACTIONSCHEDULE_H

#include "codegen/elements/Elements.h"
#include "codegen/simd/ContractionTiling.h"

namespace treadle {

/// Writes the kernel of one product.
class ContractionSchedule {
public:
  ContractionSchedule(mlir::func::FuncOp source, const Target &target, mlir::Operation *op);
  void emit();

private:
  /// Where a matrix in memory begins and how far its rows are apart.
  struct Matrix {
    mlir::Value memory, start;
    graph::DimExpr stride;
  };

  bool lhsIsDirect();
  bool rowsAreAlike();

  Position lhsPosition(Coord row, Coord k);
  Position resultPosition(Coord row, Coord column);
  Matrix directLhs(mlir::Value firstRow);
  void packMatrix(mlir::Value firstRow, mlir::Value lastRow);
  void packImage(mlir::Value firstRow, mlir::Value lastRow);
  void packTaps(llvm::ArrayRef<mlir::Value> image, mlir::Value target, int64_t axis,
                llvm::SmallVector<mlir::Value> place, mlir::Value inside);
  void copyRun(const Position &from, graph::DimExpr length, mlir::Value target);
  void clearRun(mlir::Value target, mlir::Value length);
  void packPanels(mlir::Value firstColumn, mlir::Value lastColumn);
  void fillPanels(mlir::Value firstColumn, mlir::Value lastColumn,
                  llvm::function_ref<Position(Coord, Coord)> positionOf, graph::DimExpr depth, mlir::Value kOffset);

  void emitRows(Matrix lhs, mlir::Value blockStart, mlir::Value firstRow, mlir::Value lastRow, mlir::Value column,
                int64_t vectors, mlir::Value mask);
  void emitTile(Matrix lhs, mlir::Value blockStart, mlir::Value row, mlir::Value column, int64_t rows, int64_t vectors,
                mlir::Value mask);

  void emitDots(Matrix lhs, mlir::Value firstRow, mlir::Value lastRow);
  void emitDotRows(Matrix lhs, mlir::Value blockStart, mlir::Value row, int64_t rows);

  mlir::Value extend(mlir::Value value, mlir::Value tensor);

  Kernel kernel;
  mlir::ImplicitLocOpBuilder &b;
  mlir::Operation *op;
  ContractionShape shape;
  ContractionTiling tiling;
  graph::ConvOp conv;       // or null
  bool direct = false;      // A is read where it is
  bool packed = false;      // B is panels already
  bool narrow = false;      // these are one column wide
  bool alike = false;       // what follows needs no coordinates of rows
  int64_t lanes = 1;        // of vectors that pack
  graph::DimExpr lhsStride; // between rows of the packed block
  mlir::Value lhsBlock;     // the packed block
  mlir::Value panels;       // memory of B's panels
  mlir::Value panelStart;   // where those of the current outer index begin
  mlir::Value panelColumn;  // column of B that they begin with
  llvm::SmallVector<mlir::Value> outer;
};

} // namespace treadle

#endif // TREADLE_CODEGEN_SIMD_CONTRACTIONSCHEDULE_H
