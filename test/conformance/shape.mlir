// Elements moved as they are: orders of dimensions, parts, what is put around them, and chains of these.

// -----
// name transpose
// for T in f32, f16, i8, i64, i1
// table NAME IN OUT P
//   matrix   5x7        7x5        1, 0
//   large    33x70      70x33      1, 0
//   batch    3x20x17    3x17x20    0, 2, 1
//   outer    6x5x40     5x6x40     1, 0, 2
//   turned   4x5x18     18x4x5     2, 0, 1
//   heads    2x9x3x16   2x3x9x16   0, 2, 1, 3
//   four     3x4x5x6    6x5x4x3    3, 2, 1, 0
//   ones     1x5x1x7    7x1x5x1    3, 2, 1, 0
//   none     0x3x5      5x0x3      2, 0, 1
//   five     2x3x2x3x4  3x4x2x2x3  3, 4, 0, 2, 1
func.func @main(%a: tensor<$INx$T>) -> tensor<$OUTx$T> {
  %0 = graph.transpose %a {permutation = array<i64: $P>} : (tensor<$INx$T>) -> tensor<$OUTx$T>
  return %0 : tensor<$OUTx$T>
}

// -----
// name transposeFused
// with n=1 m=1 | n=5 m=9 | n=33 m=16 | n=0 m=2
!x = tensor<?x?x5xf32, #graph.dims<n, m, 5>>
!y = tensor<5x?x?xf32, #graph.dims<5, m, n>>
func.func @main(%a: !x, %b: !y) -> (!y, !y) {
  %0 = graph.exp %a : (!x) -> !x
  %1 = graph.transpose %0 {permutation = array<i64: 2, 1, 0>} : (!x) -> !y
  %2 = graph.add %1, %b : (!y, !y) -> !y
  return %2, %1 : !y, !y
}

// -----
// name sliceOfLine
// for T in f32, i8, f16, i1
// table NAME IN OUT START STEP
//   whole     20  20  0   1
//   front     20  7   0   1
//   back      20  6   14  1
//   every     20  7   1   3
//   reversed  20  20  19  -1
//   backward  40  9   37  -4
//   one       20  1   5   7
//   none      20  0   20  1
//   ofNone    0   0   0   1
func.func @main(%a: tensor<$INx$T>) -> tensor<$OUTx$T> {
  %0 = graph.slice %a starts <$START> steps [$STEP] : (tensor<$INx$T>) -> tensor<$OUTx$T>
  return %0 : tensor<$OUTx$T>
}

// -----
// name slice
// for T in f32, i8, f64
// table NAME IN OUT START STEP
//   rows      9x5      4x5      3, 0     1, 1
//   columns   5x40     5x18     0, 7     1, 1
//   both      9x10     3x3      8, 1     -3, 4
//   channels  2x8x5x6  2x4x5x6  0, 4, 0, 0  1, 1, 1, 1
//   focus     1x3x8x8  1x3x4x4  0, 0, 1, 0  1, 1, 2, 2
//   flipped   3x4x20   3x4x20   0, 3, 19    1, -1, -1
//   none      4x5      4x0      0, 2        1, 1
func.func @main(%a: tensor<$INx$T>) -> (tensor<$OUTx$T>, tensor<$OUTx$T>) {
  %0 = graph.slice %a starts <$START> steps [$STEP] : (tensor<$INx$T>) -> tensor<$OUTx$T>
  %1 = graph.neg %0 : (tensor<$OUTx$T>) -> tensor<$OUTx$T>
  return %0, %1 : tensor<$OUTx$T>, tensor<$OUTx$T>
}

// -----
// name sliceDynamic
// with n=1 m=2 | n=5 m=20 | n=2 m=37
!x = tensor<?x?xf32, #graph.dims<n, m>>
!half = tensor<?x?xf32, #graph.dims<n, m floordiv 2>>
!odd = tensor<?x?xf32, #graph.dims<n, (m + 1) floordiv 2>>
func.func @main(%a: !x) -> (!half, !x, !odd, tensor<?x1xf32, #graph.dims<n, 1>>) {
  %0 = graph.slice %a starts <0, m - m floordiv 2> steps [1, 1] : (!x) -> !half
  %1 = graph.slice %a starts <n - 1, m - 1> steps [-1, -1] : (!x) -> !x
  %2 = graph.slice %a starts <0, 0> steps [1, 2] : (!x) -> !odd
  %3 = graph.slice %a starts <0, m - 1> steps [1, 1] : (!x) -> tensor<?x1xf32, #graph.dims<n, 1>>
  return %0, %1, %2, %3 : !half, !x, !odd, tensor<?x1xf32, #graph.dims<n, 1>>
}

// -----
// name halvesMultiplied
// with n=1 l=1 | n=2 l=9
!x = tensor<?x?x40xf32, #graph.dims<n, l, 40>>
!y = tensor<?x?x20xf32, #graph.dims<n, l, 20>>
func.func @main(%a: !x) -> (!y, !x) {
  %0 = graph.slice %a starts <0, 0, 0> steps [1, 1, 1] : (!x) -> !y
  %1 = graph.slice %a starts <0, 0, 20> steps [1, 1, 1] : (!x) -> !y
  %2 = graph.sigmoid %1 : (!y) -> !y
  %3 = graph.mul %0, %2 : (!y, !y) -> !y
  %4 = graph.neg %1 : (!y) -> !y
  %5 = graph.concat %4, %0 {axis = 2 : i64} : (!y, !y) -> !x
  return %3, %5 : !y, !x
}

// -----
// name pad
// for M in constant, edge, wrap, reflect
// for T in f32, i8
// table NAME IN OUT L H
//   line     7        12       2           3
//   right    5x6      5x9      0, 0        0, 3
//   both     4x5      9x10     2, 1        3, 4
//   image    2x3x5x6  2x3x8x9  0, 0, 1, 2  0, 0, 2, 1
//   wide     3x40     3x50     0, 4        0, 6
//   nothing  4x5      4x5      0, 0        0, 0
func.func @main(%a: tensor<$INx$T>, %v: tensor<$T>) -> tensor<$OUTx$T> {
  %0 = graph.pad %a, %v low <$L> high <$H> {mode = #graph.pad_mode<$M>} : (tensor<$INx$T>, tensor<$T>) -> tensor<$OUTx$T>
  return %0 : tensor<$OUTx$T>
}

// -----
// name padWith
// for T V in f32 -1.5 | f16 2.0 | f64 0x7FF0000000000000 | i64 -7 | i1 true | ui8 200
func.func @main(%a: tensor<3x5x$T>) -> tensor<6x7x$T> {
  %v = graph.constant dense<$V> : tensor<$T>
  %0 = graph.pad %a, %v low <1, 2> high <2, 0> {mode = #graph.pad_mode<constant>} : (tensor<3x5x$T>, tensor<$T>) -> tensor<6x7x$T>
  return %0 : tensor<6x7x$T>
}

// -----
// name padFar
// for M in edge, wrap
// with n=1 | n=2 | n=5
func.func @main(%a: tensor<?xf32, #graph.dims<n>>, %v: tensor<f32>) -> tensor<?xf32, #graph.dims<n + 19>> {
  %0 = graph.pad %a, %v low <7> high <12> {mode = #graph.pad_mode<$M>} : (tensor<?xf32, #graph.dims<n>>, tensor<f32>) -> tensor<?xf32, #graph.dims<n + 19>>
  return %0 : tensor<?xf32, #graph.dims<n + 19>>
}

// -----
// name padDynamic
// for M in constant, edge, reflect, wrap
// with n=2 m=3 | n=4 m=20 | n=3 m=7
!x = tensor<?x?xf32, #graph.dims<n, m>>
!y = tensor<?x?xf32, #graph.dims<2 * n - 1, m + 3>>
func.func @main(%a: !x) -> !y {
  %v = graph.constant dense<3.0> : tensor<f32>
  %0 = graph.abs %a : (!x) -> !x
  %1 = graph.pad %0, %v low <n - 1, 1> high <0, 2> {mode = #graph.pad_mode<$M>} : (!x, tensor<f32>) -> !y
  %2 = graph.neg %1 : (!y) -> !y
  return %2 : !y
}

// -----
// name padNothing
// with n=0 | n=3
func.func @main(%a: tensor<?x4xf32, #graph.dims<n, 4>>) -> tensor<?x4xf32, #graph.dims<n + 2, 4>> {
  %v = graph.constant dense<3.0> : tensor<f32>
  %0 = graph.pad %a, %v low <1, 0> high <1, 0> {mode = #graph.pad_mode<constant>} : (tensor<?x4xf32, #graph.dims<n, 4>>, tensor<f32>) -> tensor<?x4xf32, #graph.dims<n + 2, 4>>
  return %0 : tensor<?x4xf32, #graph.dims<n + 2, 4>>
}

// -----
// name concat
// for T in f32, i8, f16, i1
// table NAME A B C OUT AXIS
//   line     5      1      20     26      0
//   rows     2x5    3x5    1x5    6x5     0
//   columns  3x5    3x18   3x1    3x24    1
//   middle   2x3x4  2x1x4  2x5x4  2x9x4   1
//   nothing  2x3    2x0    2x5    2x8     1
//   none     0x3    0x1    0x2    0x6     1
func.func @main(%a: tensor<$Ax$T>, %b: tensor<$Bx$T>, %c: tensor<$Cx$T>) -> tensor<$OUTx$T> {
  %0 = graph.concat %a, %b, %c {axis = $AXIS : i64} : (tensor<$Ax$T>, tensor<$Bx$T>, tensor<$Cx$T>) -> tensor<$OUTx$T>
  return %0 : tensor<$OUTx$T>
}

// -----
// name concatDynamic
// with n=1 a=1 b=1 | n=3 a=17 b=5 | n=2 a=0 b=9 | n=2 a=4 b=0
!a = tensor<?x?xf32, #graph.dims<n, a>>
!b = tensor<?x?xf32, #graph.dims<n, b>>
!c = tensor<?x?xf32, #graph.dims<n, 2 * a + b>>
!d = tensor<?x?xf32, #graph.dims<2 * n, a>>
func.func @main(%a: !a, %b: !b) -> (!c, !d, !c) {
  %0 = graph.exp %a : (!a) -> !a
  %1 = graph.concat %a, %b, %0 {axis = 1 : i64} : (!a, !b, !a) -> !c
  %2 = graph.concat %0, %a {axis = 0 : i64} : (!a, !a) -> !d
  %3 = graph.neg %1 : (!c) -> !c
  return %1, %2, %3 : !c, !d, !c
}

// -----
// name concatInto
// with n=1 h=1 | n=2 h=5
// for W in {test.constant} | {}
!x = tensor<?x8x?x4xf32, #graph.dims<n, 8, h, 4>>
!y = tensor<?x16x?x4xf32, #graph.dims<n, 16, h, 4>>
!z = tensor<?x24x?x4xf32, #graph.dims<n, 24, h, 4>>
func.func @main(%a: !x, %b: tensor<8x8x3x3xf32> $W, %c: tensor<8x16x1x1xf32> $W) -> !z {
  %0 = graph.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 1 : i64} : (!x, tensor<8x8x3x3xf32>) -> !x
  %1 = graph.concat %a, %0 {axis = 1 : i64} : (!x, !x) -> !y
  %2 = graph.conv %1, %c {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (!y, tensor<8x16x1x1xf32>) -> !x
  %3 = graph.concat %1, %2 {axis = 1 : i64} : (!y, !x) -> !z
  return %3 : !z
}

// -----
// name broadcast
// for T in f32, i8, i1
// table NAME IN OUT
//   scalar   1      40
//   rows     1x20   7x20
//   columns  7x1    7x20
//   middle   3x1x5  3x4x5
//   front    5      2x3x5
//   all      1x1    3x17
//   nothing  1x4    0x4
func.func @main(%a: tensor<$INx$T>) -> tensor<$OUTx$T> {
  %0 = graph.broadcast %a : (tensor<$INx$T>) -> tensor<$OUTx$T>
  return %0 : tensor<$OUTx$T>
}

// -----
// name broadcastDynamic
// with n=1 m=1 | n=3 m=20 | n=0 m=3
!x = tensor<?x1xf32, #graph.dims<n, 1>>
!y = tensor<2x?x?xf32, #graph.dims<2, n, m>>
func.func @main(%a: !x, %b: tensor<?xf32, #graph.dims<m>>) -> (!y, !y) {
  %0 = graph.broadcast %a : (!x) -> !y
  %1 = graph.broadcast %b : (tensor<?xf32, #graph.dims<m>>) -> !y
  %2 = graph.sub %0, %1 : (!y, !y) -> !y
  return %2, %0 : !y, !y
}

// -----
// name reshape
// with n=1 m=1 | n=3 m=10 | n=0 m=4 | n=5 m=0
!x = tensor<?x6x?xf32, #graph.dims<n, 6, m>>
!flat = tensor<?xf32, #graph.dims<6 * n * m>>
!split = tensor<?x2x3x?xf32, #graph.dims<n, 2, 3, m>>
!merged = tensor<?x?xf32, #graph.dims<6 * n, m>>
!turned = tensor<?x?x6xf32, #graph.dims<n, m, 6>>
func.func @main(%a: !x) -> (!flat, !split, !merged, !turned, !flat) {
  %0 = graph.reshape %a : (!x) -> !flat
  %1 = graph.reshape %a : (!x) -> !split
  %2 = graph.neg %a : (!x) -> !x
  %3 = graph.reshape %2 : (!x) -> !merged
  %4 = graph.reshape %2 : (!x) -> !turned
  %5 = graph.transpose %a {permutation = array<i64: 0, 2, 1>} : (!x) -> !turned
  %6 = graph.reshape %5 : (!turned) -> !flat
  return %0, %1, %3, %4, %6 : !flat, !split, !merged, !turned, !flat
}

// -----
// name shuffle
// with n=1 h=1 | n=2 h=6
!x = tensor<?x12x?x4xf32, #graph.dims<n, 12, h, 4>>
!split = tensor<?x3x4x?x4xf32, #graph.dims<n, 3, 4, h, 4>>
!turned = tensor<?x4x3x?x4xf32, #graph.dims<n, 4, 3, h, 4>>
func.func @main(%a: !x) -> !x {
  %0 = graph.reshape %a : (!x) -> !split
  %1 = graph.transpose %0 {permutation = array<i64: 0, 2, 1, 3, 4>} : (!split) -> !turned
  %2 = graph.reshape %1 : (!turned) -> !x
  %3 = graph.add %2, %a : (!x, !x) -> !x
  return %3 : !x
}

// -----
// name depthToSpace
// with n=1 h=1 | n=2 h=5
!x = tensor<?x12x?x3xf32, #graph.dims<n, 12, h, 3>>
!split = tensor<?x2x2x3x?x3xf32, #graph.dims<n, 2, 2, 3, h, 3>>
!turned = tensor<?x3x?x2x3x2xf32, #graph.dims<n, 3, h, 2, 3, 2>>
!y = tensor<?x3x?x6xf32, #graph.dims<n, 3, 2 * h, 6>>
func.func @main(%a: !x, %b: tensor<12x12x3x3xf32> {test.constant}) -> !y {
  %c = graph.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 1 : i64} : (!x, tensor<12x12x3x3xf32>) -> !x
  %0 = graph.reshape %c : (!x) -> !split
  %1 = graph.transpose %0 {permutation = array<i64: 0, 3, 4, 1, 5, 2>} : (!split) -> !turned
  %2 = graph.reshape %1 : (!turned) -> !y
  return %2 : !y
}

// -----
// name sizes
// with n=1 m=1 | n=4 m=9 | n=0 m=2
func.func @main(%a: tensor<?x?xf32, #graph.dims<n, m>>) -> (tensor<3xi64>, tensor<i64>, tensor<?x?xf32, #graph.dims<n, m>>) {
  %0 = graph.sizes <n, m, 2 * n * m + 1> : () -> tensor<3xi64>
  %1 = graph.sizes <m floordiv 2> {scalar} : () -> tensor<i64>
  %2 = graph.cast %1 {to = f32} : (tensor<i64>) -> tensor<f32>
  %3 = graph.add %a, %2 : (tensor<?x?xf32, #graph.dims<n, m>>, tensor<f32>) -> tensor<?x?xf32, #graph.dims<n, m>>
  return %0, %1, %3 : tensor<3xi64>, tensor<i64>, tensor<?x?xf32, #graph.dims<n, m>>
}

// -----
// name iota
// for T in i64, i32, f32, f16, ui8
// for A in 0, 1
// with n=1 m=1 | n=4 m=37 | n=0 m=3
func.func @main(%a: tensor<?x?x$T, #graph.dims<n, m>>) -> (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x?x$T, #graph.dims<n, m>>) {
  %0 = graph.iota {axis = $A : i64} : () -> tensor<?x?x$T, #graph.dims<n, m>>
  %1 = graph.add %a, %0 : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  return %0, %1 : tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x?x$T, #graph.dims<n, m>>
}

// -----
// name outputs
// with n=1 | n=20 | n=0
!x = tensor<?xf32, #graph.dims<n>>
func.func @main(%a: !x, %b: tensor<3xf32> {test.constant}) -> (!x, !x, tensor<3xf32>, !x, tensor<?x1xf32, #graph.dims<n, 1>>) {
  %0 = graph.neg %a : (!x) -> !x
  %1 = graph.reshape %a : (!x) -> tensor<?x1xf32, #graph.dims<n, 1>>
  return %a, %0, %b, %0, %1 : !x, !x, tensor<3xf32>, !x, tensor<?x1xf32, #graph.dims<n, 1>>
}

// -----
// Parts of memory that several kernels read where they are, and that a kernel must not write over while others need it.
// name views
// for T in f32, f16
// with n=1 | n=37
!all = tensor<6x?x32x$T, #graph.dims<6, n, 32>>
!part = tensor<1x?x32x$T, #graph.dims<1, n, 32>>
func.func @main(%x: tensor<6x16x32x$T>, %y: !all) -> (tensor<2x16x32x$T>, tensor<2x16x32x$T>, tensor<1x7x32x$T>, tensor<1x7x32x$T>, !part, !part, tensor<6x16x32x$T>) {
  %0 = graph.softmax %x {axis = 2 : i64} : (tensor<6x16x32x$T>) -> tensor<6x16x32x$T>
  %1 = graph.slice %0 starts <3, 0, 0> steps [1, 1, 1] : (tensor<6x16x32x$T>) -> tensor<2x16x32x$T>
  %2 = graph.softmax %1 {axis = 0 : i64} : (tensor<2x16x32x$T>) -> tensor<2x16x32x$T>
  %3 = graph.softmax %1 {axis = 1 : i64} : (tensor<2x16x32x$T>) -> tensor<2x16x32x$T>
  %4 = graph.slice %0 starts <4, 8, 0> steps [1, 1, 1] : (tensor<6x16x32x$T>) -> tensor<1x7x32x$T>
  %5 = graph.softmax %4 {axis = 1 : i64} : (tensor<1x7x32x$T>) -> tensor<1x7x32x$T>
  %6 = graph.softmax %4 {axis = 2 : i64} : (tensor<1x7x32x$T>) -> tensor<1x7x32x$T>
  %7 = graph.slice %y starts <0, 0, 0> steps [1, 1, 1] : (!all) -> !part
  %8 = graph.softmax %7 {axis = 1 : i64} : (!part) -> !part
  %9 = graph.softmax %7 {axis = 2 : i64} : (!part) -> !part
  %10 = graph.softmax %0 {axis = 1 : i64} : (tensor<6x16x32x$T>) -> tensor<6x16x32x$T>
  return %2, %3, %5, %6, %8, %9, %10 : tensor<2x16x32x$T>, tensor<2x16x32x$T>, tensor<1x7x32x$T>, tensor<1x7x32x$T>, !part, !part, tensor<6x16x32x$T>
}
