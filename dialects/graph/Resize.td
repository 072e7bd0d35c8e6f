//===- Resize.td - interpolation between elements -------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_RESIZE_TD
#define TREADLE_DIALECTS_GRAPH_RESIZE_TD

include "dialects/graph/Op.td"

def Graph_ResizeOp : Graph_Op<"resize", [], ["countFlops"]> {
  let summary = "The input sampled at other positions along some dimensions";
  let description = [{
    `axes` lists the dimensions that change. `scales` has for each of them output / input as the model
    gives it, or 0 where it is the quotient of the sizes. `coordinates` says how an output index becomes
    an input position (ONNX, Resize): half_pixel (o + 0.5) / scale - 0.5, align_corners
    o * (in - 1) / (out - 1), asymmetric o / scale. `nearest` rounds it by `rounding`; `linear` and
    `cubic` (with `cubicA`) weigh 2 and 4 neighbours a dimension; neighbours outside are the border's,
    or with `excludeOutside` have no weight.
  }];
  let arguments = (ins Graph_Tensor:$input, Graph_ResizeModeAttr:$mode, DenseI64ArrayAttr:$axes,
                       DenseF64ArrayAttr:$scales, Graph_CoordinateModeAttr:$coordinates,
                       Graph_RoundModeAttr:$rounding, DefaultValuedAttr<F64Attr, "-0.75">:$cubicA,
                       UnitAttr:$excludeOutside);
  let hasVerifier = 1;
}

#endif // TREADLE_DIALECTS_GRAPH_RESIZE_TD
