//===- Passes.td - numbers are stored in fewer bits -----------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_PASSES_PRECISION_PASSES_TD
#define TREADLE_PASSES_PRECISION_PASSES_TD

include "mlir/Pass/PassBase.td"

def QuantizeTables : Pass<"treadle-quantize-tables", "::mlir::ModuleOp"> {
  let summary = "Stores the features of grids as bytes";
  let description = [{
    What: where the module has treadle.tables = "i8", the constant table of each ng.grid_encoding becomes bytes with
    sign, the nearest to feature / scale, with a scale for each feature of each level: the greatest of its absolute
    values / 127, so that no feature is off by more than half a scale. A remark says how many bytes that saves, and the
    greatest and the root mean square error.
    Before: ng.grid_encoding with a table of f16, bf16 or f32.
    After: the same with a table of i8 and `scales`, and a cast to the type that its result had.
    Needs: tables that are constants, of finite numbers; an error says which is not.
    Guarantees: equal up to half a scale times the sum of weights, which is 1. Networks and everything else stay.
    Leaves alone: modules without the attribute; entries that belong to no level are 0.
  }];
  let dependentDialects = ["::treadle::graph::GraphDialect", "::treadle::ng::NgDialect"];
}

#endif // TREADLE_PASSES_PRECISION_PASSES_TD
