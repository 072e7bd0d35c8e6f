// Images sampled at other places, by every rule for where they are and for what lies between.

// -----
// name nearest
// for R in floor, ceil, prefer_floor, prefer_ceil
// for C in half_pixel, half_pixel_symmetric, pytorch_half_pixel, align_corners, asymmetric
// for A S B in 5 0.0 13 | 13 0.0 5 | 4 2.0 8 | 7 0.0 1 | 1 0.0 6 | 5 2.5 12 | 9 0.7 6
func.func @main(%a: tensor<2x$Axf32>) -> tensor<2x$Bxf32> {
  %0 = "graph.resize"(%a) {mode = #graph.resize_mode<nearest>, axes = array<i64: 1>, scales = array<f64: $S>, coordinates = #graph.coordinate_mode<$C>, rounding = #graph.round_mode<$R>} : (tensor<2x$Axf32>) -> tensor<2x$Bxf32>
  return %0 : tensor<2x$Bxf32>
}

// -----
// name between
// for M in linear, cubic
// for C in half_pixel, half_pixel_symmetric, pytorch_half_pixel, align_corners, asymmetric
// for A S B in 5 0.0 13 | 13 0.0 5 | 4 2.0 8 | 7 0.0 1 | 1 0.0 6 | 5 2.5 12 | 9 0.7 6
// for T in f32, f64
func.func @main(%a: tensor<2x$Ax$T>) -> tensor<2x$Bx$T> {
  %0 = "graph.resize"(%a) {mode = #graph.resize_mode<$M>, axes = array<i64: 1>, scales = array<f64: $S>, coordinates = #graph.coordinate_mode<$C>, rounding = #graph.round_mode<floor>} : (tensor<2x$Ax$T>) -> tensor<2x$Bx$T>
  return %0 : tensor<2x$Bx$T>
}

// -----
// name images
// for M in nearest, linear, cubic
// for C in half_pixel, align_corners, asymmetric
// table NAME IN OUT AXES S
//   up        2x3x4x5     2x3x8x10    2, 3     2.0, 2.0
//   down      1x5x9x14    1x5x4x6     2, 3     0.0, 0.0
//   mixed     1x17x3x9    1x17x7x4    3, 2     0.0, 0.0
//   rows      2x3x6x7     2x3x4x7     2        0.0
//   first     5x4x3       9x4x3       0        0.0
//   channels  1x6x2x3     1x9x4x3     1, 2     1.5, 2.0
//   same      1x2x4x5     1x2x4x5     2, 3     1.0, 1.0
//   none      0x3x4x5     0x3x8x10    2, 3     2.0, 2.0
//   volume    1x2x3x4x5   1x2x5x3x10  2, 3, 4  0.0, 0.0, 0.0
func.func @main(%a: tensor<$INxf32>) -> tensor<$OUTxf32> {
  %0 = "graph.resize"(%a) {mode = #graph.resize_mode<$M>, axes = array<i64: $AXES>, scales = array<f64: $S>, coordinates = #graph.coordinate_mode<$C>, rounding = #graph.round_mode<prefer_floor>} : (tensor<$INxf32>) -> tensor<$OUTxf32>
  return %0 : tensor<$OUTxf32>
}

// -----
// name types
// for M in nearest, linear, cubic
// for T in f16, bf16, f64
func.func @main(%a: tensor<1x3x5x7x$T>) -> tensor<1x3x11x5x$T> {
  %0 = "graph.resize"(%a) {mode = #graph.resize_mode<$M>, axes = array<i64: 2, 3>, scales = array<f64: 0.0, 0.0>, coordinates = #graph.coordinate_mode<half_pixel>, rounding = #graph.round_mode<floor>} : (tensor<1x3x5x7x$T>) -> tensor<1x3x11x5x$T>
  return %0 : tensor<1x3x11x5x$T>
}

// -----
// name moved
// for T in i8, ui8, i32, i64, i1
func.func @main(%a: tensor<1x3x5x7x$T>) -> tensor<1x3x11x5x$T> {
  %0 = "graph.resize"(%a) {mode = #graph.resize_mode<nearest>, axes = array<i64: 2, 3>, scales = array<f64: 0.0, 0.0>, coordinates = #graph.coordinate_mode<half_pixel>, rounding = #graph.round_mode<prefer_floor>} : (tensor<1x3x5x7x$T>) -> tensor<1x3x11x5x$T>
  return %0 : tensor<1x3x11x5x$T>
}

// -----
// name integers
// for T in i8, ui8, i16, i32
func.func @main(%a: tensor<1x3x5x20x$T>) -> tensor<1x3x10x40x$T> {
  %0 = "graph.resize"(%a) {mode = #graph.resize_mode<linear>, axes = array<i64: 2, 3>, scales = array<f64: 2.0, 2.0>, coordinates = #graph.coordinate_mode<half_pixel>, rounding = #graph.round_mode<floor>} : (tensor<1x3x5x20x$T>) -> tensor<1x3x10x40x$T>
  return %0 : tensor<1x3x10x40x$T>
}

// -----
// name nearestOfMany
// for C in half_pixel, align_corners, asymmetric
// for A B in 3001 7919 | 7919 3001 | 6000 4000
func.func @main(%a: tensor<$Axf32>) -> tensor<$Bxf32> {
  %0 = "graph.resize"(%a) {mode = #graph.resize_mode<nearest>, axes = array<i64: 0>, scales = array<f64: 0.0>, coordinates = #graph.coordinate_mode<$C>, rounding = #graph.round_mode<prefer_floor>} : (tensor<$Axf32>) -> tensor<$Bxf32>
  return %0 : tensor<$Bxf32>
}

// -----
// name cubic
// for E in {cubicA = -0.5 : f64, excludeOutside, | {cubicA = -0.5 : f64, | {excludeOutside,
// for C in half_pixel, align_corners, asymmetric
// for A B in 6 15 | 15 6 | 2 9
func.func @main(%a: tensor<3x$Ax$Axf32>) -> tensor<3x$Bx$Bxf32> {
  %0 = "graph.resize"(%a) $E mode = #graph.resize_mode<cubic>, axes = array<i64: 1, 2>, scales = array<f64: 0.0, 0.0>, coordinates = #graph.coordinate_mode<$C>, rounding = #graph.round_mode<floor>} : (tensor<3x$Ax$Axf32>) -> tensor<3x$Bx$Bxf32>
  return %0 : tensor<3x$Bx$Bxf32>
}

// -----
// name linearExcludesOutside
// for C in half_pixel, asymmetric
// for A B in 6 15 | 15 6
func.func @main(%a: tensor<3x$Axf32>) -> tensor<3x$Bxf32> {
  %0 = "graph.resize"(%a) {excludeOutside, mode = #graph.resize_mode<linear>, axes = array<i64: 1>, scales = array<f64: 0.0>, coordinates = #graph.coordinate_mode<$C>, rounding = #graph.round_mode<floor>} : (tensor<3x$Axf32>) -> tensor<3x$Bxf32>
  return %0 : tensor<3x$Bxf32>
}

// -----
// name manyDoubles
// for M in linear, cubic
// for C in half_pixel, align_corners
func.func @main(%a: tensor<3001xf64>) -> tensor<7919xf64> {
  %0 = "graph.resize"(%a) {mode = #graph.resize_mode<$M>, axes = array<i64: 0>, scales = array<f64: 0.0>, coordinates = #graph.coordinate_mode<$C>, rounding = #graph.round_mode<floor>} : (tensor<3001xf64>) -> tensor<7919xf64>
  return %0 : tensor<7919xf64>
}

// -----
// name dynamic
// for M in nearest, linear, cubic
// for C in half_pixel, align_corners, asymmetric
// for S in 0.0, 2.0
// with n=1 h=1 w=1 | n=2 h=5 w=9 | n=0 h=2 w=2 | n=1 h=3 w=20
!in = tensor<?x3x?x?xf32, #graph.dims<n, 3, h, w>>
!out = tensor<?x3x?x?xf32, #graph.dims<n, 3, 2 * h, 2 * w>>
func.func @main(%a: !in) -> !out {
  %0 = "graph.resize"(%a) {mode = #graph.resize_mode<$M>, axes = array<i64: 2, 3>, scales = array<f64: $S, $S>, coordinates = #graph.coordinate_mode<$C>, rounding = #graph.round_mode<prefer_floor>} : (!in) -> !out
  return %0 : !out
}

// -----
// name toUnknown
// for M in nearest, linear, cubic
// for C in half_pixel, align_corners, pytorch_half_pixel
// with a=1 b=1 | a=7 b=3 | a=3 b=17 | a=5 b=1 | a=4 b=0
func.func @main(%a: tensor<3x?xf32, #graph.dims<3, a>>, %b: tensor<?xf32, #graph.dims<b>>) -> tensor<3x?xf32, #graph.dims<3, b>> {
  %0 = "graph.resize"(%a) {mode = #graph.resize_mode<$M>, axes = array<i64: 1>, scales = array<f64: 0.0>, coordinates = #graph.coordinate_mode<$C>, rounding = #graph.round_mode<prefer_ceil>} : (tensor<3x?xf32, #graph.dims<3, a>>) -> tensor<3x?xf32, #graph.dims<3, b>>
  %1 = graph.add %0, %b : (tensor<3x?xf32, #graph.dims<3, b>>, tensor<?xf32, #graph.dims<b>>) -> tensor<3x?xf32, #graph.dims<3, b>>
  return %1 : tensor<3x?xf32, #graph.dims<3, b>>
}

// -----
// name afterConvolution
// for M in nearest, linear
// with n=1 h=3 w=3 | n=2 h=5 w=8
!in = tensor<?x8x?x?xf32, #graph.dims<n, 8, h, w>>
!out = tensor<?x8x?x?xf32, #graph.dims<n, 8, 2 * h, 2 * w>>
func.func @main(%a: !in, %b: tensor<8x8x3x3xf32> {test.constant}, %skip: !out) -> !out {
  %0 = graph.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 1 : i64} : (!in, tensor<8x8x3x3xf32>) -> !in
  %1 = "graph.resize"(%0) {mode = #graph.resize_mode<$M>, axes = array<i64: 2, 3>, scales = array<f64: 2.0, 2.0>, coordinates = #graph.coordinate_mode<asymmetric>, rounding = #graph.round_mode<floor>} : (!in) -> !out
  %2 = graph.add %1, %skip : (!out, !out) -> !out
  %3 = graph.conv %2, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 1 : i64} : (!out, tensor<8x8x3x3xf32>) -> !out
  return %3 : !out
}
