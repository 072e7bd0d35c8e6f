//===- SumTile.h - sums of a workgroup's tile become results -----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tile of a product's result, made by several units of threads (codegen/MatrixUnit.h), each of which has a part of
// it in fragments. They go through shared memory, one row of each unit's fragments after the other, so that
// neighbouring threads store neighbours, with what is fused into the result.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMT_SUMTILE_H
#define TREADLE_CODEGEN_SIMT_SUMTILE_H

#include "codegen/simt/ContractionElements.h"

namespace treadle::simt {

class SumTile {
public:
  /// `down` x `across` units of threads have `fragmentRows` x `fragmentColumns` fragments of the unit each. There are
  /// `slices` times as many, each with sums of a slice of the depth, which are added up.
  struct Shape {
    int64_t down = 1, across = 1, fragmentRows = 1, fragmentColumns = 1, slices = 1;
  };
  SumTile(Kernel &kernel, ContractionElements &product, const MatrixUnit &unit, Shape shape);

  int64_t rows() const { return shape.down * shape.fragmentRows * unit.rows; }
  int64_t columns() const { return shape.across * shape.fragmentColumns * unit.columns; }
  /// Of shared memory.
  int64_t elements() const { return shape.slices * sliceElements(); }
  int64_t bytes() const { return elements() * sumBytes(); }

  /// What tasks are numbered by: the outer dimensions, tiles downwards, and across.
  llvm::SmallVector<graph::DimExpr> grid() const;
  /// Of a task the tile's first row and column; the outer dimensions are the product's then.
  std::pair<mlir::Value, mlir::Value> enter(mlir::Value task);

  /// By all threads of the workgroup, with barriers before, between and after. `keep` puts a row of each unit's
  /// fragments into the memory, to placeOf() and a row of elements every pitch().
  void store(mlir::Value memory, mlir::Value firstRow, mlir::Value firstColumn,
             llvm::function_ref<void(int64_t fragmentRow)> keep);
  /// The same with sums of a unit's layout, row by row, in the threads that have any.
  void store(mlir::Value memory, mlir::Value firstRow, mlir::Value firstColumn, llvm::ArrayRef<mlir::Value> sums);

  /// Where the fragments of the unit of threads number `part` go to.
  mlir::Value placeOf(mlir::Value part, int64_t fragmentColumn);
  int64_t pitch() const { return rowPitch; }

private:
  int64_t sliceElements() const { return shape.down * unit.rows * rowPitch; }
  int64_t sumBytes() const { return product.shape.sumType.getIntOrFloatBitWidth() / 8; }
  int64_t neighbours() const;
  void choosePitch();
  /// Of an element within a fragment.
  int64_t offsetOf(int64_t weight) const { return weight / unit.columns * rowPitch + weight % unit.columns; }
  void keep(mlir::Value memory, llvm::ArrayRef<mlir::Value> sums);
  mlir::Value sumAt(mlir::Value memory, mlir::Value at);
  void storeRow(int64_t fragment, mlir::Value memory, mlir::Value firstRow, mlir::Value firstColumn);
  void storeElement(int64_t fragment, mlir::Value number, mlir::Value memory, mlir::Value firstRow,
                    mlir::Value firstColumn);

  Kernel &kernel;
  mlir::ImplicitLocOpBuilder &b;
  ContractionElements &product;
  const MatrixUnit &unit;
  Shape shape;
  int64_t rowPitch = 0; // of rows in shared memory
};

} // namespace treadle::simt

#endif // TREADLE_CODEGEN_SIMT_SUMTILE_H
