//===- Backend.h - what a target brings to the compiler ---------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each folder of targets/ defines `const Backend &treadle::NAME::backend()` in compile/. CMake lists those that are
// built and the tools register them (tools/compile/Register.cpp); nothing else knows which there are.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_CODEGEN_BACKEND_H
#define TREADLE_CODEGEN_BACKEND_H

#include "codegen/Target.h"

namespace treadle {

struct Backend {
  llvm::StringLiteral name; // folder of targets/, and what --target calls it

  /// MLIR's textual pipeline on program.executable: from kernels as functions on tensors to machine code.
  llvm::StringLiteral passes;

  /// What files with its code end with: "ptx".
  llvm::StringLiteral codeSuffix;

  /// The descriptions that "NAME:chip" stands for, best last; without ":chip" what runs on most devices. If
  /// there is no such chip `error` says which there are.
  std::vector<Target> (*describe)(llvm::StringRef chip, std::string &error);

  /// Registers the passes that `passes` names.
  void (*registerPasses)();
};

/// Of `rows` all, or the one that `chip` names; else none, and `error` says which there are.
std::vector<Target> selectChip(llvm::ArrayRef<Target> rows, llvm::StringRef chip, std::string &error);

void registerBackend(const Backend &backend);
llvm::ArrayRef<Backend> backends();
/// Null if there is none of that name.
const Backend *findBackend(llvm::StringRef name);

} // namespace treadle

#endif // TREADLE_CODEGEN_BACKEND_H
