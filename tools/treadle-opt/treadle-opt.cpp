//===- treadle-opt.cpp - passes on IR in text, for tests --------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "passes/group/Passes.h"
#include "passes/layout/Passes.h"
#include "passes/plan/Passes.h"
#include "targets/cpu/compile/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  registry.insert<treadle::graph::GraphDialect, treadle::program::ProgramDialect>();
  treadle::registerLayoutPasses();
  treadle::registerGroupPasses();
  treadle::registerPlanPasses();
  treadle::registerCodegenPasses();
  treadle::registerCpuPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "Treadle's passes on IR in text\n", registry));
}
