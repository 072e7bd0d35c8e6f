//===- Compiled.h - a graph through every stage to a session ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_CONFORMANCE_COMPILED_H
#define TREADLE_TEST_CONFORMANCE_COMPILED_H

#include "dialects/graph/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "runtime/treadle.h"
#include "llvm/ADT/StringRef.h"
#include <memory>
#include <string>
#include <vector>

namespace treadle::test {

/// One context for the whole process, with every dialect and pass.
mlir::MLIRContext &context();

/// What diagnostics said since the last call.
std::string takeErrors();

/// Runs the stages up to and with "group" on the module, with fusion or without. Fails with a diagnostic.
mlir::LogicalResult runUpToGroups(mlir::ModuleOp module, bool fuse);

/// The code of a module whose ops are in groups, for one variant of the CPU.
class Compiled {
public:
  /// Null with a diagnostic, or if the CPU here cannot run the variant: then it is compiled only.
  static mlir::FailureOr<std::unique_ptr<Compiled>> compile(mlir::ModuleOp grouped, llvm::StringRef variant);
  ~Compiled();

  /// What went wrong, or "". Each output is called with its bytes; `pool`: threads to use instead of two.
  std::string run(llvm::ArrayRef<graph::Tensor> inputs, const treadle_pool *pool, bool atEnd,
                  llvm::function_ref<void(unsigned, const treadle_tensor &)> visit);

private:
  Compiled() = default;
  treadle_program *program = nullptr;
};

/// Runs tasks one after another, the last first, as different workers.
const treadle_pool &backwardsPool();

} // namespace treadle::test

#endif // TREADLE_TEST_CONFORMANCE_COMPILED_H
