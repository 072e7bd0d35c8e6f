//===- Schedule.h - the kernel families -------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A family is a shape of work with one way of doing it for each way of execution (Target::isSimt): which
// loops, what is kept in registers, what in private or shared memory. A schedule takes a function on
// tensors with a group's ops and puts a kernel in its place (Kernel.h). The group stage decides which
// family a group belongs to; `families` is the list that both read.
//
//     map           every element of the results by itself: elementwise ops and what moves elements
//     rows          reductions, and elementwise ops before, between and after them
//     window        pools and depthwise convolutions
//     contraction   matrix products and convolutions, with what follows them
//     attention     scaled dot-product attention
//     scan          running sums and the like
//     sort          sorting, and the first in order
//     scatter       elements to computed places
//     field         rows of samples or rays: encodings, networks, what happens along a ray (codegen/field)
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SCHEDULE_H
#define TREADLE_CODEGEN_SCHEDULE_H

#include "codegen/Target.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace treadle {

using Schedule = llvm::LogicalResult(mlir::func::FuncOp source, const Target &target);

namespace simd {
Schedule scheduleMap, scheduleRows, scheduleWindow, scheduleContraction, scheduleAttention, scheduleScan, scheduleSort,
    scheduleScatter, scheduleField;
/// Those convolutions whose filter is stored transformed; part of the contraction family.
Schedule scheduleWinograd;
} // namespace simd

namespace simt {
Schedule scheduleMap, scheduleRows, scheduleContraction, scheduleAttention, scheduleScan, scheduleSort, scheduleScatter,
    scheduleField;
} // namespace simt

struct Family {
  llvm::StringLiteral name;
  Schedule *simd, *simt;
};
llvm::ArrayRef<Family> families();

} // namespace treadle

#endif // TREADLE_CODEGEN_SCHEDULE_H
