//===- Schedule.h - the kernel families -------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A family is a shape of work with one way of doing it: which loops, what is kept in registers, what
// in private memory. Each takes a function on tensors with a group's ops and puts a kernel in its
// place (Kernel.h). The group stage decides which family a group belongs to; `families` is the list
// that both read.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SCHEDULE_H
#define TREADLE_CODEGEN_SCHEDULE_H

#include "codegen/Target.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace treadle {

/// Every element of the results by itself: elementwise ops and what moves elements (Map.cpp).
llvm::LogicalResult scheduleMap(mlir::func::FuncOp source, const Target &target);

/// Reductions, and elementwise ops before, between and after them: a row at a time, in as many passes
/// over it as reductions depend on one another (Rows.cpp).
llvm::LogicalResult scheduleRows(mlir::func::FuncOp source, const Target &target);

/// Pools and depthwise convolutions: channels in lanes, several outputs of a row at once (Window.cpp).
llvm::LogicalResult scheduleWindow(mlir::func::FuncOp source, const Target &target);

/// Matrix products and convolutions as products of packed panels (Contraction.cpp).
llvm::LogicalResult scheduleContraction(mlir::func::FuncOp source, const Target &target);

/// Those convolutions whose filter is stored transformed (Winograd.cpp); part of the contraction family.
llvm::LogicalResult scheduleWinograd(mlir::func::FuncOp source, const Target &target);

/// Scaled dot-product attention (Attention.cpp).
llvm::LogicalResult scheduleAttention(mlir::func::FuncOp source, const Target &target);

struct Family {
  llvm::StringLiteral name;
  llvm::LogicalResult (*schedule)(mlir::func::FuncOp, const Target &);
};
llvm::ArrayRef<Family> families();

} // namespace treadle

#endif // TREADLE_CODEGEN_SCHEDULE_H
