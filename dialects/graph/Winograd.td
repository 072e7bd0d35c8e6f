//===- Winograd.td - filters as Winograd's algorithm uses them -*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===--------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_WINOGRAD_TD
#define TREADLE_DIALECTS_GRAPH_WINOGRAD_TD

include "dialects/graph/Op.td"

def Graph_WinogradFilterOp : Graph_Op<"winograd_filter", [], ["countFlops"]> {
  let summary = "A 3x3 filter from the transform that it is stored as";
  let description = [{
    For an output tile of m x m (`outputTile`: 2, 4 or 6) the transform of one 3x3 filter g is the
    t x t matrix G g G^T, t = m + 2 (Winograd 1980; Lavin and Gray 2016; the matrices are those of
    dialects/graph/Winograd.h). The operand [t * t, ceil(O / 16), C, 16] holds element x of the transform
    for output o and channel c at [x, o / 16, c, o % 16], zeros past O; the result is the filter
    [O, C, 3, 3], which is not stored. Stands right before the conv that reads it, whose kernel works on
    tiles of transformed input.
  }];
  let arguments = (ins Graph_FloatTensor:$transformed, I64Attr:$outputTile);
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static constexpr int64_t panelColumns = 16;
    /// The transform of a filter [O, C, 3, 3].
    static Tensor transform(const Tensor &filter, int64_t outputTile);
  }];
}

#endif // TREADLE_DIALECTS_GRAPH_WINOGRAD_TD
