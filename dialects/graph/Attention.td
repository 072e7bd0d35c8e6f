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
    it is fused into the kernel, so that a mask is a predicate of positions, not a tensor. Positions are counted from the
    end of queries and keys: `windowLeft` and `windowRight` say how many keys before and after its own position a
    query sees, -1: all of them (as FlashAttention-2's window); `causal` is a `windowRight` of 0. All queries see the first
    `prefix` keys. Blocks of keys that no query of a block sees are left out. A query that sees no key gets NaN. Computed
    with an online softmax (Milakov and Gimelshein 2018; Dao et al. 2022).

    ```mlir
    %0 = graph.attention %q, %k, %v {causal, windowLeft = 127, prefix = 4, scale = 0.125 : f64}
      : (tensor<8x1024x64xf16>, tensor<8x1024x64xf16>, tensor<8x1024x64xf16>) -> tensor<8x1024x64xf16>
    ```
  }];
  let arguments = (ins Graph_FloatTensor:$query, Graph_FloatTensor:$key, Graph_FloatTensor:$value,
                       Optional<Graph_FloatTensor>:$bias, F64Attr:$scale, UnitAttr:$causal,
                       DefaultValuedAttr<I64Attr, "-1">:$windowLeft, DefaultValuedAttr<I64Attr, "-1">:$windowRight,
                       DefaultValuedAttr<I64Attr, "0">:$prefix);
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// No attention has more keys.
    static constexpr int64_t mostKeys = int64_t(1) << 30;
    /// How many keys before and after its own position a query sees; all, if that is not said.
    std::optional<int64_t> keysBefore();
    std::optional<int64_t> keysAfter();
  }];
}

#endif // TREADLE_DIALECTS_GRAPH_ATTENTION_TD
