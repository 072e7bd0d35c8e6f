//===- Ptxas.h - NVIDIA's assembler ------------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Makes of PTX what a device runs, a cubin, so that it need not be made where the kernels run. It is a program of
// the CUDA toolkit, which need not be there.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TARGETS_CUDA_COMPILE_PTXAS_H
#define TREADLE_TARGETS_CUDA_COMPILE_PTXAS_H

#include "codegen/MachineCode.h"
#include <string>

namespace treadle::cuda {

struct Cubin {
  MachineCode code;       // empty if it could not be made:
  std::string error;      // what ptxas said then
  int64_t registers = 0;  // of a thread
  int64_t spillBytes = 0; // that a thread stores and loads because these were too few
};

/// Runs the program `ptxas`. `text` names its device itself.
Cubin assemble(llvm::StringRef ptxas, llvm::StringRef text);

} // namespace treadle::cuda

#endif // TREADLE_TARGETS_CUDA_COMPILE_PTXAS_H
