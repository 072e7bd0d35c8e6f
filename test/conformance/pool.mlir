// Windows of every kind, over any dimensions, that reach over the edge on either side.

// -----
// name pool
// for KIND in max, average, sum
// for C in {countPad, | {
// table NAME IN OUT AXES KERNEL S D L H
//   line         2x3x11     2x3x5      2           3        2        1        0        0
//   lineWide     1x2x40     1x2x40     2           7        1        1        3        3
//   square       1x3x6x7    1x3x3x3    2, 3        2, 2     2, 2     1, 1     0, 0     0, 0
//   padded       2x5x7x9    2x5x4x5    2, 3        3, 3     2, 2     1, 1     1, 1     1, 1
//   asymmetric   1x17x5x6   1x17x5x7   2, 3        3, 2     1, 1     1, 1     2, 0     0, 2
//   strided      1x16x9x10  1x16x2x3   2, 3        2, 3     5, 3     1, 1     0, 1     0, 0
//   dilated      1x4x9x9    1x4x5x3    2, 3        3, 3     1, 1     2, 3     0, 0     0, 0
//   whole        2x9x5x6    2x9x1x1    2, 3        5, 6     1, 1     1, 1     0, 0     0, 0
//   edgeOnly     1x3x2x2    1x3x4x4    2, 3        3, 3     1, 1     1, 1     2, 2     2, 2
//   lastFirst    2x6x7x33   2x3x5x33   2, 1        3, 2     1, 2     1, 1     0, 0     0, 0
//   outermost    7x4x5      3x4x5      0           3        2        1        0        0
//   none         0x3x4x4    0x3x2x2    2, 3        2, 2     2, 2     1, 1     0, 0     0, 0
//   volume       1x3x5x4x6  1x3x2x2x3  2, 3, 4     2, 2, 2  2, 2, 2  1, 1, 1  0, 0, 0  0, 0, 0
func.func @main(%a: tensor<$INxf32>) -> tensor<$OUTxf32> {
  %0 = graph.pool $KIND %a $C axes = array<i64: $AXES>, kernel = array<i64: $KERNEL>, strides = array<i64: $S>, dilations = array<i64: $D>, padLow = array<i64: $L>, padHigh = array<i64: $H>}
      : (tensor<$INxf32>) -> tensor<$OUTxf32>
  return %0 : tensor<$OUTxf32>
}

// -----
// name types
// for KIND in max, average, sum
// for T in f16, bf16, f64, i8, i16, i32, i64, ui8, ui64
// for C in 3, 35
func.func @main(%a: tensor<1x$Cx5x7x$T>) -> tensor<1x$Cx3x4x$T> {
  %0 = graph.pool $KIND %a {axes = array<i64: 2, 3>, kernel = array<i64: 3, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 0>, padHigh = array<i64: 1, 1>}
      : (tensor<1x$Cx5x7x$T>) -> tensor<1x$Cx3x4x$T>
  return %0 : tensor<1x$Cx3x4x$T>
}

// -----
// name special
// for KIND in max, average, sum
// for T NAN INF NINF in f32 0x7FC00000 0x7F800000 0xFF800000 | f16 0x7E00 0x7C00 0xFC00 | f64 0x7FF8000000000000 0x7FF0000000000000 0xFFF0000000000000
func.func @main(%a: tensor<1x1x12x$T> {test.values = dense<[[[$NAN, 1.0, 2.0, $NAN, $INF, 0.0, $NINF, $NINF, $NINF, -1.0, -0.0, -2.0]]]> : tensor<1x1x12x$T>}) -> tensor<1x1x12x$T> {
  %0 = graph.pool $KIND %a {axes = array<i64: 2>, kernel = array<i64: 3>, strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 1>, padHigh = array<i64: 1>}
      : (tensor<1x1x12x$T>) -> tensor<1x1x12x$T>
  return %0 : tensor<1x1x12x$T>
}

// -----
// name extremes
// for KIND in max, sum
// for T in i8, i32, i64
func.func @main(%a: tensor<6x$T> {test.values = dense<[-128, 127, 127, 1, -128, -128]> : tensor<6x$T>}) -> tensor<7x$T> {
  %0 = graph.pool $KIND %a {axes = array<i64: 0>, kernel = array<i64: 2>, strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 1>, padHigh = array<i64: 1>}
      : (tensor<6x$T>) -> tensor<7x$T>
  return %0 : tensor<7x$T>
}

// -----
// name ceil
// for KIND in max, average
// for C in {countPad, ceilMode, | {ceilMode,
// table NAME IN OUT KERNEL S L H
//   sticksOut   1x3x6x8   1x3x3x4  3, 3  2, 2  0, 0  0, 0
//   padded      1x3x6x8   1x3x4x5  3, 3  2, 2  1, 1  1, 1
//   inPadding   1x20x5x5  1x20x3x3  2, 2  2, 2  0, 0  1, 1
//   far         1x2x7x9   1x2x2x3  2, 2  4, 4  0, 0  0, 0
func.func @main(%a: tensor<$INxf32>) -> tensor<$OUTxf32> {
  %0 = graph.pool $KIND %a $C axes = array<i64: 2, 3>, kernel = array<i64: $KERNEL>, strides = array<i64: $S>, dilations = array<i64: 1, 1>, padLow = array<i64: $L>, padHigh = array<i64: $H>}
      : (tensor<$INxf32>) -> tensor<$OUTxf32>
  return %0 : tensor<$OUTxf32>
}

// -----
// name dynamic
// for KIND in max, average, sum
// for T in f32, f16, i8
// with n=1 c=1 h=1 w=2 | n=2 c=17 h=6 w=9 | n=3 c=4 h=3 w=40 | n=0 c=3 h=4 w=4
!in = tensor<?x?x?x?x$T, #graph.dims<n, c, h, w>>
!out = tensor<?x?x?x?x$T, #graph.dims<n, c, (h - 1) floordiv 2 + 1, w - 1>>
func.func @main(%a: !in) -> !out {
  %0 = graph.pool $KIND %a {axes = array<i64: 2, 3>, kernel = array<i64: 3, 2>, strides = array<i64: 2, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 0>, padHigh = array<i64: 1, 0>} : (!in) -> !out
  return %0 : !out
}

// -----
// name longerThanTheInput
// for KIND in max, average, sum
// for C in {truncMode, | {truncMode, countPad,
// with n=1 c=4 h=1 w=2 | n=2 c=17 h=1 w=1 | n=1 c=3 h=5 w=8 | n=1 c=20 h=2 w=40
!in = tensor<?x?x?x?xf32, #graph.dims<n, c, h, w>>
!out = tensor<?x?x?x?xf32, #graph.dims<n, c, max(2, h) floordiv 2, (max(3, w) - 3) floordiv 3 + 1>>
func.func @main(%a: !in) -> !out {
  %0 = graph.pool $KIND %a $C axes = array<i64: 2, 3>, kernel = array<i64: 2, 4>, strides = array<i64: 2, 3>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 1>, padHigh = array<i64: 0, 0>} : (!in) -> !out
  return %0 : !out
}

// -----
// name betweenConvolutions
// for KIND in max, average
// with n=1 h=4 w=4 | n=2 h=7 w=9
!in = tensor<?x6x?x?xf32, #graph.dims<n, 6, h, w>>
!mid = tensor<?x20x?x?xf32, #graph.dims<n, 20, h, w>>
!out = tensor<?x20x?x?xf32, #graph.dims<n, 20, h floordiv 2, w floordiv 2>>
func.func @main(%a: !in, %b: tensor<20x6x3x3xf32> {test.constant}, %c: tensor<20x20x1x1xf32> {test.constant}) -> !out {
  %zero = graph.constant dense<0.0> : tensor<f32>
  %0 = graph.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 1 : i64} : (!in, tensor<20x6x3x3xf32>) -> !mid
  %1 = graph.max %0, %zero : (!mid, tensor<f32>) -> !mid
  %2 = graph.pool $KIND %1 {axes = array<i64: 2, 3>, kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (!mid) -> !out
  %3 = graph.conv %2, %c {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (!out, tensor<20x20x1x1xf32>) -> !out
  %4 = graph.add %3, %2 : (!out, !out) -> !out
  return %4 : !out
}
