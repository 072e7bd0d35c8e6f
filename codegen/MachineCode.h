//===- MachineCode.h - kernels through LLVM ---------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For targets that LLVM makes code for. Kernels are compiled one by one, each in an LLVM context of its own,
// so that all cores work and a kernel's code does not depend on its neighbours.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_MACHINECODE_H
#define TREADLE_CODEGEN_MACHINECODE_H

#include "dialects/program/Program.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/MemoryBuffer.h"
#include <string>

namespace treadle {

/// What LLVM calls a machine.
struct Machine {
  std::string triple, cpu, features;
};

/// A kernel, one module of the LLVM dialect each, as an object file or assembly text in memory.
using MachineCode = llvm::SmallVector<char, 0>;

/// Compiles all of them; errors are diagnostics on the kernels, in order.
mlir::FailureOr<std::vector<MachineCode>> compileKernels(llvm::ArrayRef<mlir::ModuleOp> kernels, const Machine &machine,
                                                         llvm::CodeGenFileType fileType);

/// Gives an executable all its kernels as one shared object, which lld links with these arguments. Errors are
/// diagnostics.
mlir::LogicalResult setSharedObject(program::ExecutableOp executable, const Machine &machine,
                                    llvm::ArrayRef<const char *> linkerArguments);

/// Gives it the code of each of its kernels, one after another, and says on each where it lies
/// (`treadle.offset`, `treadle.bytes`); `described` finds the op of a kernel that says it. `natives`: none, or for
/// each kernel what a driver may take in place of its code (`treadle.native_offset`, `treadle.native_bytes`) if that is
/// not empty.
void setObjects(program::ExecutableOp executable, llvm::ArrayRef<mlir::Operation *> described,
                llvm::ArrayRef<llvm::ArrayRef<char>> codes, llvm::ArrayRef<llvm::ArrayRef<char>> natives = {});

} // namespace treadle

#endif // TREADLE_CODEGEN_MACHINECODE_H
