//===- Vectors.h - a line, a vector at a time ---------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMD_VECTORS_H
#define TREADLE_CODEGEN_SIMD_VECTORS_H

#include "codegen/Kernel.h"

namespace treadle {

/// The first `count` of `lanes` lanes.
mlir::Value firstLanes(Kernel &kernel, int64_t lanes, mlir::Value count);

/// Runs `body` with the first element of each vector from `from` to `to`. What is left over comes last, with a
/// mask of the lanes that are there; else that is null.
void overVectors(Kernel &kernel, int64_t lanes, mlir::Value from, mlir::Value to,
                 llvm::function_ref<void(mlir::Value i, mlir::Value mask)> body);
/// The same, carrying a value: body returns the next one.
mlir::Value overVectors(Kernel &kernel, int64_t lanes, mlir::Value from, mlir::Value to, mlir::Value start,
                        llvm::function_ref<mlir::Value(mlir::Value i, mlir::Value mask, mlir::Value carried)> body);

} // namespace treadle

#endif // TREADLE_CODEGEN_SIMD_VECTORS_H
