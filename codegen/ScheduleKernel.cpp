//===- ScheduleKernel.cpp - a group's ops become loops ----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "codegen/Schedule.h"

namespace treadle {
#define GEN_PASS_DEF_SCHEDULEKERNEL
#include "codegen/Passes.h.inc"

llvm::ArrayRef<Family> families() {
  static constexpr Family all[] = {
      {"map", simd::scheduleMap, simt::scheduleMap},
      {"rows", simd::scheduleRows, simt::scheduleRows},
      {"window", simd::scheduleWindow, simt::scheduleMap}, // which is each output by itself
      {"contraction", simd::scheduleContraction, simt::scheduleContraction},
      {"attention", simd::scheduleAttention, simt::scheduleAttention},
      {"scan", simd::scheduleScan, simt::scheduleScan},
      {"sort", simd::scheduleSort, simt::scheduleSort},
      {"scatter", simd::scheduleScatter, simt::scheduleScatter},
      {"field", simd::scheduleField, simt::scheduleField},
  };
  return all;
}

namespace {

struct ScheduleKernel : impl::ScheduleKernelBase<ScheduleKernel> {
  void runOnOperation() override {
    mlir::func::FuncOp function = getOperation();
    auto name = function->getAttrOfType<mlir::StringAttr>("treadle.family");
    if (!name)
      return;
    for (const Family &family : families())
      if (family.name == name.getValue()) {
        Target target = Target::of(function);
        if (failed((target.isSimt ? family.simt : family.simd)(function, target)))
          signalPassFailure();
        return;
      }
    function.emitError() << "has no schedule for the family " << name;
    signalPassFailure();
  }
};

} // namespace
} // namespace treadle
