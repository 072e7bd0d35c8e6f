//===- CpuTarget.h - the compile half of the CPU target -----------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_CPU_COMPILE_CPUTARGET_H
#define TREADLE_TARGETS_CPU_COMPILE_CPUTARGET_H

#include "codegen/Backend.h"
#include <optional>
#include <vector>

namespace treadle::cpu {

/// The description of a row of Chips.def.
std::optional<Target> targetFor(llvm::StringRef variant);

/// The variant of this machine.
llvm::StringRef hostVariant();

/// All rows, for messages and tests.
llvm::ArrayRef<llvm::StringLiteral> variantNames();

} // namespace treadle::cpu

#endif // TREADLE_TARGETS_CPU_COMPILE_CPUTARGET_H
