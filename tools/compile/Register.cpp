//===- Register.cpp - all dialects and passes -----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/compile/Register.h"
#include "codegen/Backend.h"
#include "codegen/Passes.h"
#include "dialects/ng/Ng.h"
#include "dialects/program/Program.h"
#include "dialects/tile/Tile.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Transforms/Passes.h"
#include "passes/expand/Passes.h"
#include "passes/group/Passes.h"
#include "passes/layout/Passes.h"
#include "passes/plan/Passes.h"
#include "passes/precision/Passes.h"
#include "passes/simplify/Passes.h"
#include <mutex>

namespace treadle {

#define TREADLE_TARGET(target)                                                                                         \
  namespace target {                                                                                                   \
  const Backend &backend();                                                                                            \
  }
#include "tools/compile/Backends.inc"
#undef TREADLE_TARGET

mlir::DialectRegistry allDialects() {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<graph::GraphDialect, ng::NgDialect, program::ProgramDialect, tile::TileDialect>();
  return registry;
}

void registerAllPasses() {
  static std::once_flag once;
  std::call_once(once, [] {
    registerPrecisionPasses();
    registerExpandPasses();
    registerSimplifyPasses();
    registerLayoutPasses();
    registerGroupPasses();
    registerPlanPasses();
    registerCodegenPasses();
#define TREADLE_TARGET(target) registerBackend(target::backend());
#include "tools/compile/Backends.inc"
#undef TREADLE_TARGET
    for (const Backend &backend : backends())
      backend.registerPasses();
    mlir::registerTransformsPasses();
    mlir::registerConversionPasses();
    mlir::arith::registerArithPasses();
    mlir::memref::registerMemRefPasses();
  });
}

} // namespace treadle
