//===- Case.h - one graph, compiled and compared with the evaluator -----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A file of cases is MLIR split by "// -----". Comments of a case say how often it is a test:
//
//     // name add                          what the test is called
//     // for T in f32, f16                 once with each word in place of $T; the next line multiplies
//     // for N M in 1 2 | 3 4              once with each pair in place of $N and $M
//     // table NAME A B                     the same, a choice a line; what stands between two spaces or
//     //   first   1  n + 1                 more is one word, the first of each is the test's name
//     // with n=1 m=3 | n=17 m=8           run for each of these values of the symbols
//     func.func @main(%a: tensor<?x?x$T, #graph.dims<n, m>>) -> ..
//
// Arguments get random numbers; Reference.h says which attributes of theirs choose them. One with the
// attribute `test.constant` is made a constant of the graph before it is compiled. A result with the attribute
// `test.expected` should be that, whatever the evaluator says.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TEST_CONFORMANCE_CASE_H
#define TREADLE_TEST_CONFORMANCE_CASE_H

#include "dialects/graph/Evaluate.h"
#include "test/conformance/TestTarget.h"
#include <string>
#include <vector>

namespace treadle::test {

struct Case {
  std::string name;   // "add_f32"
  std::string source; // MLIR
  std::vector<graph::SymbolValues> symbols;
};

/// The cases of a file. A wrong comment is a case whose source is an error.
std::vector<Case> readCases(llvm::StringRef text);

/// What came of a test.
struct Outcome {
  std::string wrong;   // with numbers or a message; "" if nothing
  std::string skipped; // why no variant could be run; "" if one was
};

/// Compiles it in every way for a target, runs and compares.
Outcome check(const Case &test, const TestTarget &target);
/// The same for a module; if not for every variant of the target, for one that the seed chooses.
Outcome check(mlir::ModuleOp module, llvm::ArrayRef<graph::SymbolValues> symbols, const TestTarget &target,
              uint64_t seed, bool everyVariant);

} // namespace treadle::test

#endif // TREADLE_TEST_CONFORMANCE_CASE_H
