//===- MatMul.td - matrix products ----------------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_MATMUL_TD
#define TREADLE_DIALECTS_GRAPH_MATMUL_TD

include "dialects/graph/Op.td"

def Graph_MatMulOp : Graph_InferredOp<"matmul", [], ["countFlops"]> {
  let summary = "Products of the matrices in the last two dimensions; the others broadcast";
  let description = [{
    lhs [.., M, K] and rhs [.., K, N] give [.., M, N]; `transposeLhs` reads lhs as [.., K, M],
    `transposeRhs` rhs as [.., N, K]. Both have rank 2 or more. Sums are kept in f32 for float types of
    32 bits and less, in i32 for 8-bit integers, whose result is i32.
  }];
  let arguments = (ins Graph_Tensor:$lhs, Graph_Tensor:$rhs, UnitAttr:$transposeLhs, UnitAttr:$transposeRhs);
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

#endif // TREADLE_DIALECTS_GRAPH_MATMUL_TD
