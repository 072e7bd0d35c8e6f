//===- CpuExpandMath.cpp - transcendental functions as polynomials ------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "targets/cpu/compile/Passes.h"

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_CPUEXPANDMATH
#include "targets/cpu/compile/Passes.h.inc"

namespace {

struct CpuExpandMath : impl::CpuExpandMathBase<CpuExpandMath> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    // Those whose polynomials are good to a few units in the last place over the whole range. The others
    // are libm's: upstream's sine is good to 1e-5 alone, its inverse hyperbolic functions lose digits.
    populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
      name.consume_front("math.");
      return llvm::is_contained({"exp", "log", "log1p", "tanh", "erf"}, name);
    });
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace treadle
