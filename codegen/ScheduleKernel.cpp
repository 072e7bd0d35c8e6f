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
      {"map", scheduleMap},
      {"rows", scheduleRows},
      {"window", scheduleWindow},
      {"contraction", scheduleContraction},
      {"attention", scheduleAttention},
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
        if (failed(family.schedule(function, Target::of(function))))
          signalPassFailure();
        return;
      }
    function.emitError() << "has no schedule for the family " << name;
    signalPassFailure();
  }
};

} // namespace
} // namespace treadle
