//===- Dialect.td - the program dialect -----------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_PROGRAM_DIALECT_TD
#define TREADLE_DIALECTS_PROGRAM_DIALECT_TD

include "mlir/IR/OpBase.td"

def Program_Dialect : Dialect {
  let name = "program";
  let cppNamespace = "::treadle::program";
  let summary = "What the runtime does: buffers, and steps in order";
  let description = [{
    One-to-one with the artifact's tables (runtime/format/program.fbs). A module holds one
    `program.entry` with the steps, and one `program.executable` for each variant of each target with
    the kernels. Sizes, offsets and counts are the integer expressions of the graph dialect.
  }];
  let useDefaultTypePrinterParser = 1;
  let dependentDialects = ["::treadle::graph::GraphDialect"];
}

#endif // TREADLE_DIALECTS_PROGRAM_DIALECT_TD
