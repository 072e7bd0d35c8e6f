//===- OnlineSoftmax.h - weights of scores, block after block ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// exp2(S' - m') of the sums of a matrix unit, S' = scale * log2(e) * S, m the greatest S of a row so far: with what a
// block of keys does to m and to l, the sum of weights, and what all that came before is to be multiplied with (Milakov
// and Gimelshein, 2018). For scores of 16-bit operands: powers are the device's own.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMT_ONLINESOFTMAX_H
#define TREADLE_CODEGEN_SIMT_ONLINESOFTMAX_H

#include "codegen/Kernel.h"

namespace treadle::simt {

class OnlineSoftmax {
public:
  OnlineSoftmax(Kernel &kernel, const MatrixUnit &unit, double scale);

  /// Of a row of a thread's sums.
  struct Row {
    mlir::Value peak, total; // m, of what it has seen, and l, of the thread's own columns
    mlir::Value change;      // what all before is to be multiplied with
  };
  /// Before any key.
  llvm::SmallVector<Row> start();
  /// Scores, element by element, become weights.
  void weigh(llvm::MutableArrayRef<mlir::Value> scores, llvm::MutableArrayRef<Row> rows);
  /// l of all columns.
  mlir::Value totalOf(const Row &row);

  /// Where a thread's rows are, beside its first.
  llvm::ArrayRef<int64_t> rows() const { return offsets; }
  /// Which of them an element of a unit's sums is of.
  int64_t rowOf(const MatrixUnit &unit, int64_t element) const {
    return llvm::find(offsets, unit.sums.offsetOf(element) / unit.columns) - offsets.begin();
  }
  mlir::Value number(double value);

private:
  using Combine = llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)>;
  mlir::Value overColumns(mlir::Value value, Combine combine);
  mlir::Value ofRow(llvm::ArrayRef<mlir::Value> elements, int64_t row, Combine combine);
  mlir::Value exp2(mlir::Value x);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value max(mlir::Value x, mlir::Value y);

  Kernel &kernel;
  mlir::ImplicitLocOpBuilder &b;
  const MatrixUnit &unit;
  double factor; // scale * log2(e)
  llvm::SmallVector<int64_t> offsets;
};

} // namespace treadle::simt

#endif // TREADLE_CODEGEN_SIMT_ONLINESOFTMAX_H
