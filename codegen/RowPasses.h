//===- RowPasses.h - reductions in the order in which they can be made ----===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All reductions of a group are over the same axes of tensors of the same dimensions; what they reduce
// for one place in the other dimensions is a row. Softmax and normalizations are written as the
// reductions that they are made of. A row is gone over in passes:
//
//     pass p: reductions whose operands need p earlier reductions, all at once
//             results of full size that need p of them are stored
//     then results that have one element a row
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_ROWPASSES_H
#define TREADLE_CODEGEN_ROWPASSES_H

#include "codegen/elements/Elements.h"

namespace treadle {

struct RowPasses {
  /// Of a group's function, whose softmax and normalizations are decomposed.
  explicit RowPasses(mlir::func::FuncOp source);

  graph::Dims dims;                // of what is reduced
  llvm::SmallVector<int64_t> axes; // that are reduced, ascending
  bool isAlongRow = false;         // the last dimension is among them
  bool isFlat = false;             // reduced dimensions are gone over as if they were one
  int64_t passCount = 0;
  llvm::SmallVector<llvm::SmallVector<mlir::Operation *>> reductions; // of each pass

  /// How many passes must be over before a value can be computed.
  int64_t passOf(mlir::Value value) const { return passes.lookup(value); }
  bool isFull(mlir::Value value) const { return graph::dimsOf(value.getType()) == dims; }
  static bool isReduction(mlir::Operation *op);

  /// The values that a reduction carries: what it adds up, or the best element and where it was.
  static llvm::SmallVector<mlir::Value> startOf(Elements &elements, mlir::Operation *reduction);
  /// Two of those as one; `a` came before `c`.
  static llvm::SmallVector<mlir::Value> combine(mlir::ImplicitLocOpBuilder &b, mlir::Operation *reduction,
                                                llvm::ArrayRef<mlir::Value> a, llvm::ArrayRef<mlir::Value> c);
  /// The reduction's result from what it carried over the whole row.
  static mlir::Value finish(Elements &elements, mlir::Operation *reduction, llvm::ArrayRef<mlir::Value> carried);

private:
  void findPasses(mlir::Block &body);
  bool reducedAreAlike(mlir::Block &body) const;

  llvm::DenseMap<mlir::Value, int64_t> passes;
};

} // namespace treadle

#endif // TREADLE_CODEGEN_ROWPASSES_H
