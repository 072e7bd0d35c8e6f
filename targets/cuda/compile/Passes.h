//===- Passes.h - passes of the CUDA target ------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_CUDA_COMPILE_PASSES_H
#define TREADLE_TARGETS_CUDA_COMPILE_PASSES_H

#include "dialects/program/Program.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/Pass.h"

namespace treadle {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "targets/cuda/compile/Passes.h.inc"
} // namespace treadle

#endif // TREADLE_TARGETS_CUDA_COMPILE_PASSES_H
