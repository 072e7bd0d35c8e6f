//===- RowStore.h - sums of a unit become rows of a result --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Without a detour through shared memory: threads that have neighbours of the same row exchange them, until each has
// chunks of 16 bytes, which it stores as such. Where something is fused into the result, or its memory is not in such
// chunks, elements are stored one by one.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMT_ROWSTORE_H
#define TREADLE_CODEGEN_SIMT_ROWSTORE_H

#include "codegen/AttentionShape.h"

namespace treadle::simt {

class RowStore {
public:
  RowStore(Kernel &kernel, const AttentionShape &shape) : kernel(kernel), b(kernel.b), shape(shape) {}

  /// Where a thread's part of the result begins.
  struct Place {
    llvm::ArrayRef<mlir::Value> outer;
    mlir::Value query, lane; // the thread's first; its number among those that multiply together
  };
  /// `sums` of units, whose columns lie side by side.
  void store(llvm::ArrayRef<const MatrixUnit *> units, llvm::ArrayRef<mlir::Value> sums, const Place &place);

private:
  bool setOrder(const MatrixUnit &unit);
  void storeChunks(const MatrixUnit &unit, mlir::Value sums, const Place &place, int64_t firstColumn);
  void storeElements(const MatrixUnit &unit, mlir::Value sums, const Place &place, int64_t firstColumn);
  void exchange(llvm::MutableArrayRef<mlir::Value> words, mlir::Value lane);
  mlir::Value exists(mlir::Value query, mlir::Value column, int64_t end);

  Kernel &kernel;
  mlir::ImplicitLocOpBuilder &b;
  const AttentionShape &shape;
  llvm::SmallVector<int64_t> order; // where the result's dimensions are in the kernel's
};

} // namespace treadle::simt

#endif // TREADLE_CODEGEN_SIMT_ROWSTORE_H
