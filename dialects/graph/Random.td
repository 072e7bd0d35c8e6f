//===- Random.td - numbers that look random -------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_RANDOM_TD
#define TREADLE_DIALECTS_GRAPH_RANDOM_TD

include "dialects/graph/Op.td"

def Graph_RandomOp : Graph_Op<"random", [], ["countFlops"]> {
  let summary = "Numbers that look random, the same for the same seed on every target and in every run";
  let description = [{
    Element number i in row-major order is made of the four words of 32 bits that Philox4x32-10 (Random.h)
    gives for the counter i and the key `seed`, and depends on nothing else.

    - `uniform`: in [0, 1), a multiple of 2^-24, of 2^-11 for f16, of 2^-8 for bf16, of 2^-53 for f64. It is
      the first word's leading bits; of f64, 27 of the first and 26 of the second word's.
    - `normal`: sqrt(-2 log(1 - u)) cos(2 pi v), of mean 0 and variance 1 (Box and Muller, 1958), where u and
      v are what `uniform` is for f32, or for f64, of this word or pair of words and of the next.

    With `draws` the last dimension counts draws: the counter of draw k of element i is i, and k in its third word. So it
    does not matter how many are drawn.

    ```mlir
    %0 = graph.random <normal> {seed = 7 : i64} : () -> tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Graph_RandomKindAttr:$kind, I64Attr:$seed, UnitAttr:$draws);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = "$kind attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif // TREADLE_DIALECTS_GRAPH_RANDOM_TD
