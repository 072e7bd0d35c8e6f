//===- Field.td - rays through fields -------------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_NG_FIELD_TD
#define TREADLE_DIALECTS_NG_FIELD_TD

include "dialects/ng/Op.td"
include "dialects/graph/Attributes.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

/// Least x, y, z, then greatest.
def Ng_BoxAttr : ConfinedAttr<DenseF32ArrayAttr, [DenseArrayCount<6>]>;

def Ng_MarchOp : Ng_FieldOp<"march", [AttrSizedOperandSegments]> {
  let summary = "Light along rays through a field of density and colour";
  let description = [{
    The region gives of positions [samples, 3] and directions [samples, 3] of length 1 the density [samples, 1] and
    the colour [samples, 3], f32. It is asked at places t_n, n < `maxSteps`, along a ray that are within `box`: with
    t_enter where the ray enters it, or 0 if it starts inside,

        t_0 = t_enter + start * length(t_enter)      t_{n+1} = t_n + length(t_n)
        length(t) = coneAngle * t, at least minStep, at most maxStep

    Densities below 0 are 0. With alpha_n = 1 - exp(-density * length(t_n)) and A_n what of the light is taken before step
    n, the ray's colour is the sum of (1 - A_n) * alpha_n * colour_n and its alpha the sum of (1 - A_n) * alpha_n. It ends
    where A_n exceeds 1 - `minTransmittance`: then the colour is divided by alpha, and alpha is 1. The depth is the t_n
    with the greatest weight, 0 where there is none (Max 1995, "Optical models for direct volume
    rendering"; Mueller et al. 2022, section 5.4).

    With `capacity` the field is asked at no more than so many places of all rays together, in the order of rays and
    then of steps: what is left counts as empty. `asked` [1] is at how many places rays would ask it if nothing took their
    light, so that who gave too little can give more.

    `occupancy` [cascades, cells^3 / 8] ui8, if given, says where the field need not be asked, as its density counts as
    0. Cascade k is a cube of cells^3 cells around (1/2, 1/2, 1/2) with edges of length 2^k; bit i, from the lowest bit of
    each byte, is the cell whose coordinates interleaved, x lowest, are i (Morton order). A position is looked up in
    the finest cascade that contains it; beyond the last, in the nearest cell of that.

    ```mlir
    %color, %alpha, %depth = ng.march %origin, %direction occupancy(%bits) captures(%w) {
    ^bb0(%p: tensor<?x3xf32, #graph.dims<samples, 3>>, %d: tensor<?x3xf32, #graph.dims<samples, 3>>, %v: tensor<4x3xf32>):
      %0 = ng.mlp %p, %v {activation = #ng.activation<none>, outputActivation = #ng.activation<sigmoid>}
          : (tensor<?x3xf32, #graph.dims<samples, 3>>, tensor<4x3xf32>) -> tensor<?x4xf32, #graph.dims<samples, 4>>
      %density = graph.slice %0 starts <0, 0> steps [1, 1]
          : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
      %c = graph.slice %0 starts <0, 1> steps [1, 1]
          : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> tensor<?x3xf32, #graph.dims<samples, 3>>
      ng.yield %density, %c : tensor<?x1xf32, #graph.dims<samples, 1>>, tensor<?x3xf32, #graph.dims<samples, 3>>
    } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.01 : f32, maxStep = 0.01 : f32, coneAngle = 0.0 : f32,
       maxSteps = 200 : i64, start = 0.5 : f32,
       minTransmittance = 0.01 : f32}
        : (tensor<9x3xf32>, tensor<9x3xf32>, tensor<1x64xui8>, tensor<4x3xf32>)
        -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xf32>)
    ```
  }];
  let arguments = (ins Ng_Coordinates:$origin, Ng_Coordinates:$direction,
                       Optional<TensorRankOf<[UI8], [2]>>:$occupancy, Variadic<AnyRankedTensor>:$captures,
                       Ng_BoxAttr:$box, F32Attr:$minStep, F32Attr:$maxStep, F32Attr:$coneAngle, I64Attr:$maxSteps,
                       F32Attr:$start, F32Attr:$minTransmittance, OptionalAttr<Graph_DimAttr>:$capacity);
  let gathering = "bool gathers() { return static_cast<bool>(getCapacityAttr()); }";
  let results = (outs Ng_Coordinates:$color, Ng_Coordinates:$alpha, Ng_Coordinates:$depth,
                     Optional<TensorRankOf<[I32], [1]>>:$asked);
  let assemblyFormat = [{
    $origin `,` $direction (`occupancy` `(` $occupancy^ `)`)? (`captures` `(` $captures^ `)`)? $field attr-dict
    `:` functional-type(operands, results)
  }];
}

def Ng_DeltaTrackOp : Ng_FieldOp<"delta_track", [AttrSizedOperandSegments]> {
  let summary = "Light along rays through a field of density and colour, at distances drawn at random";
  let description = [{
    The region gives of positions [samples, 3] the density [samples, 1] and the colour [samples, 3], f32. From where it
    enters `box`, or starts in it, a ray flies on by -ln(1 - u) / (`majorant` * `densityScale`), at most `maxSteps` times,
    until it leaves the box; u is draw k of element i of `graph.random <uniform> {draws}` with `seed` for flight k of ray
    i, or of element `number`[i], so that parts of a picture are parts of it. Where a flight ends it takes alpha = density / majorant, kept in [0, 1], with the weight that is left, as ng.march
    does; nothing where `occupancy`, which is as in ng.march, says that the field need not be asked. A ray ends where what
    is left falls below `minTransmittance`; `capacity` is as in ng.march (Woodcock et al. 1965; Novak et al. 2018, "Monte Carlo methods for volumetric
    light transport simulation", section 5: a weighted estimate, of less variance than one that takes all or nothing).

    ```mlir
    %color, %alpha = ng.delta_track %origin, %direction captures(%w) {
    ^bb0(%p: tensor<?x3xf32, #graph.dims<samples, 3>>, %v: tensor<4x3xf32>):
      %0 = ng.mlp %p, %v {activation = #ng.activation<none>, outputActivation = #ng.activation<relu>}
          : (tensor<?x3xf32, #graph.dims<samples, 3>>, tensor<4x3xf32>) -> tensor<?x4xf32, #graph.dims<samples, 4>>
      %c = graph.slice %0 starts <0, 0> steps [1, 1]
          : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> tensor<?x3xf32, #graph.dims<samples, 3>>
      %density = graph.slice %0 starts <0, 3> steps [1, 1]
          : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
      ng.yield %density, %c : tensor<?x1xf32, #graph.dims<samples, 1>>, tensor<?x3xf32, #graph.dims<samples, 3>>
    } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, majorant = 50.0 : f32, densityScale = 1.0 : f32,
       maxSteps = 64 : i64, seed = 7 : i64, minTransmittance = 0.01 : f32}
        : (tensor<9x3xf32>, tensor<9x3xf32>, tensor<4x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>)
    ```
  }];
  let arguments = (ins Ng_Coordinates:$origin, Ng_Coordinates:$direction,
                       Optional<TensorRankOf<[UI8], [2]>>:$occupancy, Optional<TensorRankOf<[UI32], [2]>>:$number,
                       Variadic<AnyRankedTensor>:$captures, Ng_BoxAttr:$box, F32Attr:$majorant, F32Attr:$densityScale,
                       I64Attr:$maxSteps, I64Attr:$seed, F32Attr:$minTransmittance, OptionalAttr<Graph_DimAttr>:$capacity);
  let gathering = "bool gathers() { return static_cast<bool>(getCapacityAttr()); }";
  let results = (outs Ng_Coordinates:$color, Ng_Coordinates:$alpha, Optional<TensorRankOf<[I32], [1]>>:$asked);
  let assemblyFormat = [{
    $origin `,` $direction (`occupancy` `(` $occupancy^ `)`)? (`number` `(` $number^ `)`)?
    (`captures` `(` $captures^ `)`)? $field attr-dict `:` functional-type(operands, results)
  }];
}

def Ng_SphereTraceOp : Ng_FieldOp<"sphere_trace"> {
  let summary = "Where rays meet the surface of a field of signed distances";
  let description = [{
    The region gives of positions [samples, 3] the distance [samples, 1] to the surface, f32, negative inside. From where
    a ray enters `box`, or starts in it, it goes on by `stepScale` times the distance less `offset`, at most `maxSteps`
    times, until that is `epsilon` or less, which is a hit, or it has left the box (Hart 1996, "Sphere tracing").
    `position` and `distance`, t along the ray, are where it came to then.

    ```mlir
    %position, %distance, %hit = ng.sphere_trace %origin, %direction captures(%w) {
    ^bb0(%p: tensor<?x3xf32, #graph.dims<samples, 3>>, %v: tensor<1x3xf32>):
      %0 = ng.mlp %p, %v {activation = #ng.activation<none>, outputActivation = #ng.activation<none>}
          : (tensor<?x3xf32, #graph.dims<samples, 3>>, tensor<1x3xf32>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
      ng.yield %0 : tensor<?x1xf32, #graph.dims<samples, 1>>
    } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, maxSteps = 64 : i64, stepScale = 0.95 : f32, offset = 0.0 : f32,
       epsilon = 5.0e-5 : f32}
        : (tensor<9x3xf32>, tensor<9x3xf32>, tensor<1x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xi1>)
    ```
  }];
  let arguments = (ins Ng_Coordinates:$origin, Ng_Coordinates:$direction, Variadic<AnyRankedTensor>:$captures,
                       Ng_BoxAttr:$box, I64Attr:$maxSteps, F32Attr:$stepScale, F32Attr:$offset, F32Attr:$epsilon);
  let results = (outs Ng_Coordinates:$position, Ng_Coordinates:$distance, TensorRankOf<[I1], [2]>:$hit);
  let assemblyFormat = [{
    $origin `,` $direction (`captures` `(` $captures^ `)`)? $field attr-dict `:` functional-type(operands, results)
  }];
}

def Ng_GradientOp : Ng_FieldOp<"gradient"> {
  let summary = "How a field changes around positions";
  let description = [{
    The region gives of positions [samples, 3] a number [samples, 1], f32. Column d of the result [N, 3] is the central
    difference (f(x + h e_d) - f(x - h e_d)) / 2 h, where h is `width`.

    ```mlir
    %0 = ng.gradient %position captures(%w) {
    ^bb0(%p: tensor<?x3xf32, #graph.dims<samples, 3>>, %v: tensor<1x3xf32>):
      %1 = ng.mlp %p, %v {activation = #ng.activation<none>, outputActivation = #ng.activation<sine>}
          : (tensor<?x3xf32, #graph.dims<samples, 3>>, tensor<1x3xf32>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
      ng.yield %1 : tensor<?x1xf32, #graph.dims<samples, 1>>
    } {width = 0.01 : f32} : (tensor<9x3xf32>, tensor<1x3xf32>) -> tensor<9x3xf32>
    ```
  }];
  let arguments = (ins Ng_Coordinates:$position, Variadic<AnyRankedTensor>:$captures, F32Attr:$width);
  let results = (outs Ng_Coordinates:$result);
  let assemblyFormat = [{
    $position (`captures` `(` $captures^ `)`)? $field attr-dict `:` functional-type(operands, results)
  }];
}

def Ng_YieldOp : Op<Ng_Dialect, "yield", [Pure, Terminator, ParentOneOf<["MarchOp", "DeltaTrackOp", "SphereTraceOp", "GradientOp"]>]> {
  let summary = "What a field is at the positions";
  let arguments = (ins Variadic<AnyRankedTensor>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

#endif // TREADLE_DIALECTS_NG_FIELD_TD
