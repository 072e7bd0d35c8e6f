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
#include "test/conformance/TestTarget.h"
#include <memory>
#include <string>
#include <vector>

namespace treadle::test {

/// One context for the whole process, with every dialect and pass.
mlir::MLIRContext &context();

/// What diagnostics said since the last call.
std::string takeErrors();

/// Runs the stages up to and with "group" on the module for a target, with fusion or without. Fails with a
/// diagnostic.
mlir::LogicalResult runUpToGroups(mlir::ModuleOp module, const TestTarget &target, bool fuse);

/// The code of a module whose ops are in groups, for one variant of a target.
class Compiled {
public:
  /// Only the artifact, at `path`. Fails with a diagnostic.
  static mlir::LogicalResult write(mlir::ModuleOp grouped, const Target &variant, const std::string &path);
  /// Fails with a diagnostic.
  static mlir::FailureOr<std::unique_ptr<Compiled>> compile(mlir::ModuleOp grouped, const Target &variant,
                                                            llvm::StringRef device);
  ~Compiled();

  /// Why it is compiled only: there is no such device here, or it cannot run the variant; "" if it can.
  const std::string &missing() const { return whyNot; }

  /// What went wrong, or "". Each output is called with its bytes; `pool`: threads to use instead of two.
  std::string run(llvm::ArrayRef<graph::Tensor> inputs, const treadle_pool *pool, bool atEnd,
                  llvm::function_ref<void(unsigned, const treadle_tensor &)> visit);

private:
  Compiled() = default;
  std::string device, whyNot;
  treadle_program *program = nullptr;
  treadle_session *first = nullptr; // holds what a driver makes of the kernels
};

/// Runs tasks one after another, the last first, as different workers.
const treadle_pool &backwardsPool();

} // namespace treadle::test

#endif // TREADLE_TEST_CONFORMANCE_COMPILED_H
