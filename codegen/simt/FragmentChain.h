//===- FragmentChain.h - sums of a product as an operand of the next ---------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The sums of one product are an operand of the next, in the registers where they are, if a thread holds the same rows
// ("queries") in both, and of what else there is ("others": keys of attention's scores, columns of a layer) those of
// the same threads. On some devices that is so for X * Y ("upright"), on others for Y^T * X^T, as the unit's numbers
// say.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMT_FRAGMENTCHAIN_H
#define TREADLE_CODEGEN_SIMT_FRAGMENTCHAIN_H

#include "codegen/MatrixUnit.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <optional>

namespace treadle::simt {

struct FragmentChain {
  bool isUpright;
  int64_t queries, others, width;                        // of a fragment of sums; of one of its rows
  llvm::SmallVector<int64_t> queryLanes{}, otherLanes{}; // what a lane's bits add

  /// Of the unit, if it has one. `inOrder`: the others that threads hold are the very k, not only those of the same
  /// threads in the same order.
  static std::optional<FragmentChain> of(const MatrixUnit &unit, bool inOrder);

  int64_t queryOf(int64_t place) const { return isUpright ? place / width : place % width; }
  int64_t otherOf(int64_t place) const { return isUpright ? place % width : place / width; }

  /// How operands of queries, and of others, lie.
  const FragmentLayout &operandOf(const MatrixUnit &unit) const { return isUpright ? unit.lhs : unit.rhs; }
  const FragmentLayout &otherOperandOf(const MatrixUnit &unit) const { return isUpright ? unit.rhs : unit.lhs; }

  /// The product of a fragment of queries with one of others, either way round, added to the sum.
  mlir::Value multiply(mlir::ImplicitLocOpBuilder &b, const MatrixUnit &unit, mlir::Value ofQueries,
                       mlir::Value ofOthers, mlir::Value sum) const;

  /// The operand whose k are others `otherAt` of a thread's `values`: as fragments of sums have them, fragment by
  /// fragment, numbers of the operand's type.
  mlir::Value operand(mlir::ImplicitLocOpBuilder &b, const MatrixUnit &unit, mlir::Type element,
                      llvm::ArrayRef<mlir::Value> values, llvm::function_ref<int64_t(int64_t k)> otherAt) const;
};

} // namespace treadle::simt

#endif // TREADLE_CODEGEN_SIMT_FRAGMENTCHAIN_H
