//===- RandomGraph.h - graphs made at random ----------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What two correct compilers may differ in is left out: steps (floor, compare, an index) are made of
// values that no rounding has touched, numbers stay within what their format holds, what is divided by
// stays away from zero.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_CONFORMANCE_RANDOMGRAPH_H
#define TREADLE_TEST_CONFORMANCE_RANDOMGRAPH_H

#include "dialects/graph/Evaluate.h"
#include "mlir/IR/OwningOpRef.h"
#include <vector>

namespace treadle::test {

struct RandomGraph {
  mlir::OwningOpRef<mlir::ModuleOp> module; // like a case's of Case.h, arguments with its attributes
  std::vector<graph::SymbolValues> symbols; // sizes to run it for
};

/// The same one for the same seed.
RandomGraph randomGraph(uint64_t seed);

} // namespace treadle::test

#endif // TREADLE_TEST_CONFORMANCE_RANDOMGRAPH_H
