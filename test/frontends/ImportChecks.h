//===- ImportChecks.h - what holds of every import ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_FRONTENDS_IMPORTCHECKS_H
#define TREADLE_TEST_FRONTENDS_IMPORTCHECKS_H

#include "frontends/Import.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <gtest/gtest.h>

namespace treadle::test {

/// Imports one file after another, of which most are damaged.
class ImportChecks {
public:
  /// Whether there is a model. Its graph must verify, and why there is none must be said.
  bool check(llvm::function_ref<mlir::FailureOr<ImportedModel>(mlir::MLIRContext *)> import) {
    // What a context has made stays in it, and is searched.
    if (imports++ % 256 == 0)
      context = std::make_unique<mlir::MLIRContext>(mlir::MLIRContext::Threading::DISABLED);
    std::string errors;
    mlir::ScopedDiagnosticHandler handler(context.get(), [&](mlir::Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error)
        errors += diagnostic.str() + "\n";
      return mlir::success();
    });
    mlir::FailureOr<ImportedModel> model = import(context.get());
    EXPECT_EQ(failed(model), !errors.empty()) << errors;
    EXPECT_LT(errors.size(), 4000U);
    if (failed(model))
      return false;
    EXPECT_TRUE(succeeded(verify(*model->module))) << errors;
    return true;
  }

private:
  std::unique_ptr<mlir::MLIRContext> context;
  size_t imports = 0;
};

} // namespace treadle::test

#endif // TREADLE_TEST_FRONTENDS_IMPORTCHECKS_H
