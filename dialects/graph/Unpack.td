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
    Panels [G, ceil(N / W), K, W] hold element (g, k, n) of a product's right side at
    [g, n / W, k, n % W], with zeros past N. W is 16; of up to 3 columns it is 1, so that each is one run of
    memory. As a matrix that is [K, N], or [N, K] with `transposed`; as
    a `filter` [O, C / G, window..] of a convolution of G groups it is
    o = g * N + n and k = tap * C / G + c. Stands right before the matmul or conv that reads it, whose
    kernel reads the panels as they are.
  }];
  let arguments = (ins Graph_Tensor:$panels, UnitAttr:$filter, UnitAttr:$transposed);
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static constexpr int64_t panelColumns = 16;
    /// Columns of a panel, W, of a matrix that has so many: 16 or 1.
    static int64_t panelWidth(int64_t columns) { return columns <= 3 ? 1 : panelColumns; }
    /// The panels of a constant; `groups` is 1 for a matrix.
    static Tensor pack(const Tensor &matrix, bool filter, bool transposed, int64_t groups);
  }];
}

#endif // TREADLE_DIALECTS_GRAPH_UNPACK_TD
