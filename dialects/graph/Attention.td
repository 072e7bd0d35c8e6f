//===- Attention.td - scaled dot-product attention ------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_ATTENTION_TD
#define TREADLE_DIALECTS_GRAPH_ATTENTION_TD

include "dialects/graph/Op.td"

def Graph_AttentionOp : Graph_InferredOp<"attention", [], ["countFlops"]> {
  let summary = "softmax(scale * query * key^T + bias) * value, without ever holding the scores";
  let description = [{
    query [.., L, D], key [.., S, D], value [.., S, E] give [.., L, E]; the leading dimensions of key and
    value are those of query, or 1: with query [B, G, H, L, D] and key [B, G, 1, S, D], H heads share the
    keys of their group (Ainslie et al. 2023). `bias` broadcasts to [.., L, S] and is added to the scaled scores; what computes
    it is fused into the kernel, so that a mask is a predicate of positions, not a tensor. `causal`: a
    query sees keys up to its own position, counted from the end of both. Computed with an online softmax
    (Milakov and Gimelshein 2018; Dao et al. 2022).
  }];
  let arguments = (ins Graph_FloatTensor:$query, Graph_FloatTensor:$key, Graph_FloatTensor:$value,
                       Optional<Graph_FloatTensor>:$bias, F64Attr:$scale, UnitAttr:$causal);
  let hasVerifier = 1;
}

#endif // TREADLE_DIALECTS_GRAPH_ATTENTION_TD
