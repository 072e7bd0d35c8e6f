//===- Dialect.td - the neural graphics dialect ---------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_NG_DIALECT_TD
#define TREADLE_DIALECTS_NG_DIALECT_TD

include "mlir/IR/OpBase.td"

def Ng_Dialect : Dialect {
  let name = "ng";
  let cppNamespace = "::treadle::ng";
  let summary = "Neural graphics: pictures that small networks draw";
  let description = [{
    What fields of features and small networks are made of (Mueller, Evans, Schied, Keller: "Instant neural
    graphics primitives with a multiresolution hash encoding", SIGGRAPH 2022): encodings of positions and
    directions, perceptrons without biases; and of how rays are followed through such a field: radiance (Mildenhall et
    al. 2020), surfaces (Hart 1996), clouds (Woodcock et al. 1965). Values are the graph dialect's tensors, one sample a row; what the
    graph dialect has already (padding, concatenation, sums of encodings) has no op here.

    tiny-cuda-nn's behaviour is the specification of encodings and networks, but that products are summed in
    f32: parameters trained with it give the same picture, within its format's rounding.

    Every op is also a composition of ops of the graph dialect, which is what `treadle-expand-neural-graphics`
    puts in its place.
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::treadle::graph::GraphDialect"];
}

#endif // TREADLE_DIALECTS_NG_DIALECT_TD
