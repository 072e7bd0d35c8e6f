//===- Unpack.td - constant operands in the order they are read -*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_UNPACK_TD
#define TREADLE_DIALECTS_GRAPH_UNPACK_TD

include "dialects/graph/Op.td"

def Graph_UnpackOp : Graph_Op<"unpack", [], ["countFlops"]> {
  let summary = "A matrix or filter from the panels that it is stored as";
  let description = [{
    Panels [G, ceil(N / 16), K, 16] hold element (g, k, n) of a product's right side at
    [g, n / 16, k, n % 16], with zeros past N. As a matrix that is [K, N], or [N, K] with `transposed`; as
    a `filter` [O, C / G, window..] of a convolution of G groups it is
    o = g * N + n and k = tap * C / G + c. Stands right before the matmul or conv that reads it, whose
    kernel reads the panels as they are.
  }];
  let arguments = (ins Graph_Tensor:$panels, UnitAttr:$filter, UnitAttr:$transposed);
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static constexpr int64_t panelColumns = 16;
    /// The panels of a constant; `groups` is 1 for a matrix.
    static Tensor pack(const Tensor &matrix, bool filter, bool transposed, int64_t groups);
  }];
}

#endif // TREADLE_DIALECTS_GRAPH_UNPACK_TD
