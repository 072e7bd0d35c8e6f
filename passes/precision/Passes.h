//===- Passes.h - the precision stage ------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_PASSES_PRECISION_PASSES_H
#define TREADLE_PASSES_PRECISION_PASSES_H

#include "dialects/ng/Ng.h"
#include "mlir/Pass/Pass.h"

namespace treadle {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/precision/Passes.h.inc"
} // namespace treadle

#endif // TREADLE_PASSES_PRECISION_PASSES_H
