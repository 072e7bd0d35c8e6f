//===- Reference.h - what a graph should give, and how exactly ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reference evaluator's results, each with how far a correct kernel may be away from it. That is
// found by evaluating again, some times, with every value an op makes moved at random within what its
// format rounds to, and the operands of sums within what rounding does to sums of their length
// (stochastic arithmetic; Vignes 1993). So tolerances follow from the formats, the lengths of the
// reductions and how the graph amplifies errors, and are zero where a graph only moves elements or
// computes with integers. Ops of ng are moved about as what they are composed of.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_CONFORMANCE_REFERENCE_H
#define TREADLE_TEST_CONFORMANCE_REFERENCE_H

#include "dialects/graph/Evaluate.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <string>

namespace treadle::test {

struct Expected {
  graph::Tensor value;
  std::vector<double> tolerance; // of each element; absolute
};

/// Results for inputs; all types in `function` must be static. Where a result has the attribute `test.expected`,
/// that is what it should be, and is what the evaluator is compared with too. Fails with a diagnostic.
mlir::FailureOr<std::vector<Expected>> expectedOf(mlir::func::FuncOp function, llvm::ArrayRef<graph::Tensor> inputs);

/// The first few elements that are too far from what is expected, in words; "" if none is.
std::string compare(const Expected &expected, const char *actual);

/// Random numbers for an argument, within the range that its attribute `test.range` names, or as its
/// `test.values` says. For i1 any, by default small numbers.
mlir::FailureOr<graph::Tensor> randomInput(mlir::func::FuncOp function, unsigned argument,
                                           const graph::SymbolValues &symbols, uint64_t seed);

} // namespace treadle::test

#endif // TREADLE_TEST_CONFORMANCE_REFERENCE_H
