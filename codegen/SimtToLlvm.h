//===- SimtToLlvm.h - kernels of workgroups in the LLVM dialect -------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For GPUs that LLVM makes code for. A kernel becomes a function of
//
//     one pointer a buffer, one i64 a scalar, i32 %tasks, i32 %groups
//
// where a buffer is memory that the whole device sees and `groups` how many workgroups were launched.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_SIMTTOLLVM_H
#define TREADLE_CODEGEN_SIMTTOLLVM_H

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/IR/BuiltinOps.h"

namespace treadle {

/// Converts the kernel in `holder`, if there is one. `addDevice` adds what the device has for ops of the gpu
/// dialect. `kernelAttribute` marks a function that is launched. Fails with a diagnostic.
mlir::LogicalResult
convertSimtToLlvm(mlir::ModuleOp holder, llvm::StringRef kernelAttribute,
                  llvm::function_ref<void(mlir::LLVMTypeConverter &, mlir::RewritePatternSet &)> addDevice);

/// A pattern of `addDevice`: math.exp2 of f32 that may be approximate (Target::approximatesExp2) is an intrinsic.
void addApproximateExp2(mlir::LLVMTypeConverter &converter, mlir::RewritePatternSet &patterns,
                        llvm::StringRef intrinsic);

/// Where an element of memory that has been converted lies, for patterns of `addDevice`.
mlir::Value elementAddress(mlir::OpBuilder &b, mlir::Location loc, const mlir::TypeConverter &converter,
                           mlir::MemRefType type, mlir::Value memory, mlir::Value index);

} // namespace treadle

#endif // TREADLE_CODEGEN_SIMTTOLLVM_H
