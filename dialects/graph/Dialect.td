//===- Dialect.td - the graph dialect -------------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_DIALECT_TD
#define TREADLE_DIALECTS_GRAPH_DIALECT_TD

include "mlir/IR/OpBase.td"

def Graph_Dialect : Dialect {
  let name = "graph";
  let cppNamespace = "::treadle::graph";
  let summary = "What a model computes: tensors with value semantics, no loops, no buffers";
  let description = [{
    A compact core into which every frontend decomposes its operators. A value is a ranked tensor. A
    dimension that is not known at compile time is written `?` in the tensor's shape and named by an
    integer expression over symbols in the tensor's encoding:

    ```
    tensor<?x3x?x?xf32, #graph.dims<batch, 3, h, (w + 1) floordiv 2>>
    ```

    Two dimensions with the same expression are equal; this is all that passes need to know, and all
    that the runtime needs to size its buffers. Symbols and their ranges stand in the module attribute
    `graph.symbols`.

    Element types: f16, bf16, f32, f64, 8-bit floats, i1 (bool), i8 to i64 (signed), ui8 to ui64.
    Elementwise ops broadcast as NumPy does. f16 and bf16 are storage formats: a kernel may compute
    a chain of ops in f32 and round once, where it stores.

    Names of the model's ops and values are kept as locations; they reach error messages, profiles and
    comparisons.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
}

#endif // TREADLE_DIALECTS_GRAPH_DIALECT_TD
