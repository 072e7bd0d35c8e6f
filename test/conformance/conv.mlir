// Convolutions of every rank, window and number of channels, with filters that are known and that are not.

// -----
// name conv
// for W in {test.constant} | {}
// table NAME IN FILTER OUT S D L H G
//   line                    2x3x9       4x3x3      2x4x9       1        1        1        1        1
//   lineStrided             1x5x40      7x5x4      1x7x14      3        2        2        5        1
//   lineGroups              2x6x20      8x3x5      2x8x20      1        1        4        0        2
//   lineDepthwise           2x9x33      9x1x7      2x9x33      1        1        3        3        9
//   point                   2x17x5x7    33x17x1x1  2x33x5x7    1, 1     1, 1     0, 0     0, 0     1
//   pointOfOne              1x8x1x1     24x8x1x1   1x24x1x1    1, 1     1, 1     0, 0     0, 0     1
//   pointOneChannel         2x1x6x5     1x1x1x1    2x1x6x5     1, 1     1, 1     0, 0     0, 0     1
//   pointStrided            1x20x7x8    16x20x1x1  1x16x4x3    2, 3     1, 1     0, 0     0, 0     1
//   pointPadded             1x4x3x3     6x4x1x1    1x6x4x5     1, 1     1, 1     1, 0     0, 2     1
//   pointGroups             1x12x4x5    6x4x1x1    1x6x4x5     1, 1     1, 1     0, 0     0, 0     3
//   square                  1x3x5x6     2x3x3x3    1x2x5x6     1, 1     1, 1     1, 1     1, 1     1
//   strided                 2x3x12x11   17x3x3x3   2x17x6x6    2, 2     1, 1     0, 1     1, 1     1
//   unequal                 1x4x9x14    5x4x5x2    1x5x8x8     1, 2     1, 3     2, 0     1, 4     1
//   dilated                 1x6x15x15   10x6x3x3   1x10x15x15  1, 1     4, 3     4, 3     4, 3     1
//   whole                   3x4x5x6     7x4x5x6    3x7x1x1     1, 1     1, 1     0, 0     0, 0     1
//   mostlyPadding           1x2x2x1     3x2x4x4    1x3x8x9     1, 1     1, 1     4, 5     5, 6     1
//   large                   1x3x20x22   8x3x7x7    1x8x10x11   2, 2     1, 1     3, 3     3, 3     1
//   noImages                0x3x5x5     4x3x3x3    0x4x5x5     1, 1     1, 1     1, 1     1, 1     1
//   groups                  2x8x6x7     12x4x3x3   2x12x6x7    1, 1     1, 1     1, 1     1, 1     2
//   groupsWide              1x36x5x5    34x18x3x3  1x34x5x5    1, 1     1, 1     1, 1     1, 1     2
//   groupsOfOne             1x6x6x7     18x1x3x3   1x18x6x7    1, 1     1, 1     1, 1     1, 1     6
//   groupsToOne             1x6x6x7     3x2x3x3    1x3x6x7     1, 1     1, 1     1, 1     1, 1     3
//   depthwise               2x16x9x10   16x1x3x3   2x16x9x10   1, 1     1, 1     1, 1     1, 1     16
//   depthwiseEdge           1x17x8x9    17x1x3x3   1x17x4x4    2, 2     1, 1     0, 0     1, 1     17
//   depthwiseLarge          1x7x13x12   7x1x5x5    1x7x13x12   1, 1     1, 1     2, 2     2, 2     7
//   depthwiseDilated        1x33x11x12  33x1x3x3   1x33x11x12  1, 1     2, 3     2, 3     2, 3     33
//   depthwiseMostlyPadding  1x8x1x2     8x1x3x3    1x8x3x4     1, 1     1, 1     2, 2     2, 2     8
//   volume                  1x2x5x6x7   3x2x3x2x3  1x3x5x6x7   1, 1, 1  1, 1, 1  1, 0, 1  1, 1, 1  1
//   volumeStrided           2x4x6x5x4   6x2x2x3x1  2x6x3x5x2   2, 1, 3  1, 2, 1  0, 2, 0  0, 2, 0  2
//   volumeDepthwise         1x5x4x5x6   5x1x3x3x3  1x5x4x5x6   1, 1, 1  1, 1, 1  1, 1, 1  1, 1, 1  5
func.func @main(%a: tensor<$INxf32>, %b: tensor<$FILTERxf32> $W) -> tensor<$OUTxf32> {
  %0 = graph.conv %a, %b {strides = array<i64: $S>, dilations = array<i64: $D>, padLow = array<i64: $L>, padHigh = array<i64: $H>, groups = $G : i64} : (tensor<$INxf32>, tensor<$FILTERxf32>) -> tensor<$OUTxf32>
  return %0 : tensor<$OUTxf32>
}

// -----
// name channels
// for C in 1, 16, 33
// for O in 4, 15, 17, 32, 49
func.func @main(%a: tensor<1x$Cx4x5xf32>, %b: tensor<$Ox$Cx2x2xf32> {test.constant}) -> tensor<1x$Ox3x4xf32> {
  %0 = graph.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<1x$Cx4x5xf32>, tensor<$Ox$Cx2x2xf32>) -> tensor<1x$Ox3x4xf32>
  return %0 : tensor<1x$Ox3x4xf32>
}

// -----
// name winograd
// for C O in 32 32 | 33 17 | 16 50
// for Y X in 4 4 | 9 11 | 2 17 | 23 6
!in = tensor<2x$Cx$Yx$Xxf32>
!filter = tensor<$Ox$Cx3x3xf32>
!out = tensor<2x$Ox$Yx$Xxf32>
func.func @main(%a: !in, %b: !filter {test.constant}) -> !out {
  %0 = graph.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 1 : i64} : (!in, !filter) -> !out
  return %0 : !out
}

// -----
// name winogradUnpadded
// with n=1 h=3 w=3 | n=2 h=12 w=9 | n=1 h=21 w=40 | n=0 h=4 w=4
!in = tensor<?x40x?x?xf32, #graph.dims<n, 40, h, w>>
!filter = tensor<24x40x3x3xf32>
!out = tensor<?x24x?x?xf32, #graph.dims<n, 24, h - 2, w - 2>>
func.func @main(%a: !in, %b: !filter {test.constant}) -> !out {
  %0 = graph.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (!in, !filter) -> !out
  return %0 : !out
}

// -----
// name winogradAsymmetric
// for L H in 0,1 2,1 | 2,2 0,0
!in = tensor<1x48x10x13xf32>
!filter = tensor<32x48x3x3xf32>
!out = tensor<1x32x10x13xf32>
func.func @main(%a: !in, %b: !filter {test.constant}) -> !out {
  %0 = graph.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: $L>, padHigh = array<i64: $H>, groups = 1 : i64} : (!in, !filter) -> !out
  return %0 : !out
}

// -----
// name winogradEpilogue
// with n=1 h=4 w=4 | n=2 h=13 w=10
!in = tensor<?x48x?x?xf32, #graph.dims<n, 48, h, w>>
!filter = tensor<48x48x3x3xf32>
!bias = tensor<48x1x1xf32>
func.func @main(%a: !in, %b: !filter {test.constant}, %bias: !bias, %r: !in) -> !in {
  %zero = graph.constant dense<0.0> : tensor<f32>
  %0 = graph.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 1 : i64} : (!in, !filter) -> !in
  %1 = graph.add %0, %bias : (!in, !bias) -> !in
  %2 = graph.add %1, %r : (!in, !in) -> !in
  %3 = graph.max %2, %zero : (!in, tensor<f32>) -> !in
  return %3 : !in
}

// -----
// name types
// for W in {test.constant} | {}
// for T U in f16 f16 | bf16 bf16 | f64 f64 | i8 i32 | ui8 i32 | i16 i16 | i32 i32 | i64 i64
// table NAME IN FILTER OUT S D L H G
//   point      1x19x3x7  18x19x1x1  1x18x3x7  1, 1  1, 1  0, 0  0, 0  1
//   square     2x5x6x7   17x5x3x3   2x17x6x7  1, 1  1, 1  1, 1  1, 1  1
//   depthwise  1x18x6x7  18x1x3x3   1x18x6x7  1, 1  1, 1  1, 1  1, 1  18
//   groups     1x6x5x8   4x3x2x3    1x4x2x6   2, 1  1, 1  0, 0  0, 0  2
func.func @main(%a: tensor<$INx$T>, %b: tensor<$FILTERx$T> $W) -> tensor<$OUTx$U> {
  %0 = graph.conv %a, %b {strides = array<i64: $S>, dilations = array<i64: $D>, padLow = array<i64: $L>, padHigh = array<i64: $H>, groups = $G : i64} : (tensor<$INx$T>, tensor<$FILTERx$T>) -> tensor<$OUTx$U>
  return %0 : tensor<$OUTx$U>
}

// -----
// name bytesOfBothKinds
// for A B in ui8 i8 | i8 ui8
// for W in {test.constant} | {}
func.func @main(%a: tensor<1x9x6x5x$A> {test.range = array<f64: 0.0, 128.0>}, %b: tensor<20x9x3x3x$B> $W) -> tensor<1x20x4x3xi32> {
  %0 = graph.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<1x9x6x5x$A>, tensor<20x9x3x3x$B>) -> tensor<1x20x4x3xi32>
  return %0 : tensor<1x20x4x3xi32>
}

// -----
// name dynamic
// for W in {test.constant} | {}
// for C O G K in 3 16 1 3 | 18 18 18 1 | 8 20 4 2
// with n=1 h=1 w=1 | n=2 h=9 w=14 | n=3 h=2 w=35 | n=0 h=5 w=5
!in = tensor<?x$Cx?x?xf32, #graph.dims<n, $C, h, w>>
!filter = tensor<$Ox$Kx3x3xf32>
!out = tensor<?x$Ox?x?xf32, #graph.dims<n, $O, (h - 1) floordiv 2 + 1, w>>
func.func @main(%a: !in, %b: !filter $W) -> !out {
  %0 = graph.conv %a, %b {strides = array<i64: 2, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = $G : i64} : (!in, !filter) -> !out
  return %0 : !out
}

// -----
// name dynamicLine
// for W in {test.constant} | {}
// with n=1 w=4 | n=2 w=31 | n=5 w=12
!in = tensor<?x6x?xf32, #graph.dims<n, 6, w>>
!filter = tensor<9x6x4xf32>
!out = tensor<?x9x?xf32, #graph.dims<n, 9, (w - 4) floordiv 3 + 1>>
func.func @main(%a: !in, %b: !filter $W) -> !out {
  %0 = graph.conv %a, %b {strides = array<i64: 3>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>, groups = 1 : i64} : (!in, !filter) -> !out
  return %0 : !out
}

// -----
// name filterOfUnknownSize
// with c=1 o=1 k=1 w=5 | c=5 o=18 k=3 w=17 | c=16 o=4 k=2 w=40
!in = tensor<2x?x?xf32, #graph.dims<2, c, w>>
!filter = tensor<?x?x?xf32, #graph.dims<o, c, k>>
!out = tensor<2x?x?xf32, #graph.dims<2, o, w - k + 1>>
func.func @main(%a: !in, %b: !filter) -> !out {
  %0 = graph.conv %a, %b {strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>, groups = 1 : i64} : (!in, !filter) -> !out
  return %0 : !out
}

// -----
// name epilogue
// for W in {test.constant} | {}
// for T in f32, bf16
// table NAME IN FILTER OUT S D L H G
//   point      2x16x5x7  20x16x1x1  2x20x5x7  1, 1  1, 1  0, 0  0, 0  1
//   square     1x5x7x6   20x5x3x3   1x20x4x3  2, 2  1, 1  1, 1  1, 1  1
//   depthwise  1x20x6x7  20x1x3x3   1x20x6x7  1, 1  1, 1  1, 1  1, 1  20
//   groups     1x8x5x6   20x4x3x3   1x20x5x6  1, 1  1, 1  1, 1  1, 1  2
!in = tensor<$INx$T>
!filter = tensor<$FILTERx$T>
!out = tensor<$OUTx$T>
!bias = tensor<1x20x1x1x$T>
func.func @main(%a: !in, %b: !filter $W, %bias: !bias, %r: !out, %s: !bias {test.constant}) -> (!out, !out) {
  %zero = graph.constant dense<0.0> : tensor<$T>
  %0 = graph.conv %a, %b {strides = array<i64: $S>, dilations = array<i64: $D>, padLow = array<i64: $L>, padHigh = array<i64: $H>, groups = $G : i64} : (!in, !filter) -> !out
  %1 = graph.add %0, %bias : (!out, !bias) -> !out
  %2 = graph.mul %1, %s : (!out, !bias) -> !out
  %3 = graph.max %2, %zero : (!out, tensor<$T>) -> !out
  %4 = graph.add %3, %r : (!out, !out) -> !out
  %5 = graph.sigmoid %4 : (!out) -> !out
  return %3, %5 : !out, !out
}

// -----
// name prologue
// for W in {test.constant} | {}
!in = tensor<2x12x7x6xf32>
!filter = tensor<12x12x3x3xf32>
func.func @main(%a: !in, %b: !filter $W, %c: tensor<2x1x1x1xf32>) -> !in {
  %zero = graph.constant dense<0.0> : tensor<f32>
  %0 = graph.max %a, %zero : (!in, tensor<f32>) -> !in
  %1 = graph.conv %0, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 1 : i64} : (!in, !filter) -> !in
  %2 = graph.mul %1, %c : (!in, tensor<2x1x1x1xf32>) -> !in
  %3 = graph.conv %2, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 1 : i64} : (!in, !filter) -> !in
  %4 = graph.add %3, %0 : (!in, !in) -> !in
  return %4 : !in
}

// -----
// name bottleneck
// with n=1 h=3 | n=2 h=9
!x = tensor<?x24x?x5xf32, #graph.dims<n, 24, h, 5>>
!y = tensor<?x32x?x5xf32, #graph.dims<n, 32, h, 5>>
!up = tensor<32x24x1x1xf32>
!each = tensor<32x1x3x3xf32>
!down = tensor<24x32x1x1xf32>
!bias = tensor<32x1x1xf32>
func.func @main(%a: !x, %u: !up {test.constant}, %e: !each {test.constant}, %d: !down {test.constant}, %bias: !bias {test.constant}) -> !x {
  %zero = graph.constant dense<0.0> : tensor<f32>
  %six = graph.constant dense<6.0> : tensor<f32>
  %0 = graph.conv %a, %u {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (!x, !up) -> !y
  %1 = graph.add %0, %bias : (!y, !bias) -> !y
  %2 = graph.max %1, %zero : (!y, tensor<f32>) -> !y
  %3 = graph.min %2, %six : (!y, tensor<f32>) -> !y
  %4 = graph.conv %3, %e {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 32 : i64} : (!y, !each) -> !y
  %5 = graph.max %4, %zero : (!y, tensor<f32>) -> !y
  %6 = graph.conv %5, %d {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (!y, !down) -> !x
  %7 = graph.add %6, %a : (!x, !x) -> !x
  return %7 : !x
}

// -----
// name transposed
// for W in {test.constant} | {}
// table NAME IN FILTER OUT S D L H G P
//   line         2x3x5      3x4x3      2x4x10     2        1        1        1        1  1
//   lineDilated  1x2x7      2x3x2      1x3x26     3        5        0        0        1  2
//   square       1x5x4x6    5x3x3x3    1x3x7x11   2, 2     1, 1     1, 1     1, 1     1  0, 0
//   upsample     2x18x3x4   18x17x2x2  2x17x6x8   2, 2     1, 1     0, 0     0, 0     1  0, 0
//   point        1x4x3x5    4x6x1x1    1x6x3x5    1, 1     1, 1     0, 0     0, 0     1  0, 0
//   asymmetric   1x3x5x4    3x2x4x3    1x2x5x11   1, 3     1, 1     0, 2     3, 1     1  0, 2
//   sparse       1x2x3x3    2x4x2x1    1x4x10x7   4, 3     1, 1     0, 0     0, 0     1  0, 0
//   groups       1x6x4x5    6x5x3x3    1x15x7x5   2, 1     1, 1     1, 1     1, 1     3  0, 0
//   depthwise    2x9x4x5    9x1x4x4    2x9x8x10   2, 2     1, 1     1, 1     1, 1     9  0, 0
//   oneChannel   1x1x6x6    1x1x3x3    1x1x8x8    1, 1     1, 1     0, 0     0, 0     1  0, 0
//   noImages     0x2x3x3    2x2x3x3    0x2x7x7    2, 2     1, 1     0, 0     0, 0     1  0, 0
//   volume       1x3x2x3x4  3x2x2x3x2  1x2x4x3x8  2, 1, 2  1, 1, 1  0, 1, 0  0, 1, 0  1  0, 0, 0
func.func @main(%a: tensor<$INxf32>, %b: tensor<$FILTERxf32> $W) -> tensor<$OUTxf32> {
  %0 = graph.conv_transpose %a, %b {strides = array<i64: $S>, dilations = array<i64: $D>, padLow = array<i64: $L>, padHigh = array<i64: $H>, groups = $G : i64, outputPad = array<i64: $P>} : (tensor<$INxf32>, tensor<$FILTERxf32>) -> tensor<$OUTxf32>
  return %0 : tensor<$OUTxf32>
}

// -----
// name transposedTypes
// for W in {test.constant} | {}
// for T U in f16 f16 | bf16 bf16 | f64 f64 | i8 i32 | i32 i32
func.func @main(%a: tensor<1x4x3x5x$T>, %b: tensor<4x3x3x2x$T> $W) -> tensor<1x3x7x10x$U> {
  %0 = graph.conv_transpose %a, %b {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, outputPad = array<i64: 0, 0>, groups = 1 : i64}
      : (tensor<1x4x3x5x$T>, tensor<4x3x3x2x$T>) -> tensor<1x3x7x10x$U>
  return %0 : tensor<1x3x7x10x$U>
}

// -----
// name transposedDynamic
// for W in {test.constant} | {}
// with n=1 h=1 w=1 | n=2 h=3 w=9 | n=0 h=2 w=2
!in = tensor<?x8x?x?xf32, #graph.dims<n, 8, h, w>>
!filter = tensor<8x6x3x3xf32>
!out = tensor<?x6x?x?xf32, #graph.dims<n, 6, 2 * h, 2 * w>>
func.func @main(%a: !in, %b: !filter $W, %bias: tensor<6x1x1xf32>) -> !out {
  %0 = graph.conv_transpose %a, %b {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, outputPad = array<i64: 1, 1>, groups = 1 : i64}
      : (!in, !filter) -> !out
  %1 = graph.add %0, %bias : (!out, tensor<6x1x1xf32>) -> !out
  return %1 : !out
}
