// Operands without elements.

// -----
// name pad
// for T in f32, i8
// with n=0 | n=1 | n=70
!a = tensor<?x3x$T, #graph.dims<n, 3>>
!b = tensor<?x5x$T, #graph.dims<n + 1504, 5>>
func.func @main(%a: !a, %v: tensor<$T>) -> !b {
  %0 = graph.neg %a : (!a) -> !a
  %1 = graph.pad %0, %v low <4, 1> high <1500, 1> {mode = #graph.pad_mode<constant>} : (!a, tensor<$T>) -> !b
  return %1 : !b
}

// -----
// name padWithin
// with n=0 m=3 | n=0 m=0 | n=2 m=0 | n=70 m=3
!a = tensor<?x?xf32, #graph.dims<n, m>>
!b = tensor<?x?xf32, #graph.dims<n + 1504, m + 2>>
func.func @main(%a: !a, %v: tensor<f32>, %w: !b) -> (!a, !b) {
  %0 = graph.neg %a : (!a) -> !a
  %1 = graph.softmax %0 {axis = 1 : i64} : (!a) -> !a
  %2 = graph.pad %1, %v low <4, 1> high <1500, 1> {mode = #graph.pad_mode<constant>} : (!a, tensor<f32>) -> !b
  %3 = graph.add %2, %w : (!b, !b) -> !b
  return %1, %3 : !a, !b
}

// -----
// name padReshaped
// with n=0 m=3 | n=0 m=0 | n=2 m=0 | n=7 m=3
!a = tensor<?x?x4xf32, #graph.dims<n, m, 4>>
!t = tensor<?x4x?xf32, #graph.dims<n, 4, m>>
!r = tensor<4x?xf32, #graph.dims<4, n * m>>
!b = tensor<6x?xf32, #graph.dims<6, n * m + 901>>
func.func @main(%a: !a, %v: tensor<f32>) -> !b {
  %t = graph.transpose %a {permutation = array<i64: 0, 2, 1>} : (!a) -> !t
  %r = graph.reshape %t : (!t) -> !r
  %2 = graph.pad %r, %v low <1, 1> high <1, 900> {mode = #graph.pad_mode<constant>} : (!r, tensor<f32>) -> !b
  return %2 : !b
}

// -----
// name concat
// with n=0 m=3 k=0 | n=0 m=0 k=5 | n=2 m=0 k=1 | n=70 m=3 k=5
!a = tensor<4x?xf32, #graph.dims<4, n>>
!b = tensor<4x?xf32, #graph.dims<4, m>>
!c = tensor<4x?xf32, #graph.dims<4, k>>
!d = tensor<4x?xf32, #graph.dims<4, n + m + k>>
func.func @main(%a: !a, %b: !b, %c: !c) -> !d {
  %0 = "graph.concat"(%a, %b, %c) {axis = 1 : i64} : (!a, !b, !c) -> !d
  %1 = graph.neg %0 : (!d) -> !d
  return %1 : !d
}

// -----
// name conv
// with n=0 | n=1 | n=7
!a = tensor<1x3x?x?xf32, #graph.dims<1, 3, n, n>>
!b = tensor<1x8x?x?xf32, #graph.dims<1, 8, n + 2, n + 2>>
func.func @main(%a: !a, %f: tensor<8x3x3x3xf32>) -> !b {
  %0 = graph.conv %a, %f {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 2, 2>, padHigh = array<i64: 2, 2>, groups = 1 : i64} : (!a, tensor<8x3x3x3xf32>) -> !b
  return %0 : !b
}

// -----
// name matmul
// for T in f32, f16
// with m=5 n=7 k=0 | m=70 n=70 k=0 | m=5 n=7 k=3
!a = tensor<?x?x$T, #graph.dims<m, k>>
!b = tensor<?x?x$T, #graph.dims<k, n>>
!c = tensor<?x?x$T, #graph.dims<m, n>>
func.func @main(%a: !a, %b: !b) -> !c {
  %0 = graph.matmul %a, %b : (!a, !b) -> !c
  return %0 : !c
}

// -----
// name gather
// for I in i64, i32
// with n=0 | n=1 | n=9
!a = tensor<?x3xf32, #graph.dims<n, 3>>
!b = tensor<4x?xf32, #graph.dims<4, n>>
!i = tensor<500x$I>
func.func @main(%a: !a, %b: !b, %i: !i {test.range = #graph.dims<-1 * n, n + 1>}) -> (tensor<500x3xf32>, tensor<4x500xf32>) {
  %0 = "graph.gather"(%a, %i) {axis = 0 : i64} : (!a, !i) -> tensor<500x3xf32>
  %1 = "graph.gather"(%b, %i) {axis = 1 : i64} : (!b, !i) -> tensor<4x500xf32>
  return %0, %1 : tensor<500x3xf32>, tensor<4x500xf32>
}

// -----
// name gatherElements
// with n=0 | n=1 | n=9
!a = tensor<?x300xf32, #graph.dims<n, 300>>
!b = tensor<6x?xf32, #graph.dims<6, n>>
func.func @main(%a: !a, %b: !b, %i: tensor<6x300xi64> {test.range = #graph.dims<-1 * n, n + 1>}) -> (tensor<6x300xf32>, tensor<6x300xf32>) {
  %0 = "graph.gather_elements"(%a, %i) {axis = 0 : i64} : (!a, tensor<6x300xi64>) -> tensor<6x300xf32>
  %1 = "graph.gather_elements"(%b, %i) {axis = 1 : i64} : (!b, tensor<6x300xi64>) -> tensor<6x300xf32>
  return %0, %1 : tensor<6x300xf32>, tensor<6x300xf32>
}

// -----
// name gatherNd
// with n=0 m=0 | n=0 m=2 | n=3 m=0 | n=3 m=2
!a = tensor<?x?x3xf32, #graph.dims<n, m, 3>>
func.func @main(%a: !a, %i: tensor<500x2xi64> {test.range = #graph.dims<-1, n + 1>}) -> tensor<500x3xf32> {
  %0 = "graph.gather_nd"(%a, %i) {batchDims = 0 : i64} : (!a, tensor<500x2xi64>) -> tensor<500x3xf32>
  return %0 : tensor<500x3xf32>
}

// -----
// name padBy
// for M in edge, wrap
// with n=0 | n=1 | n=20
!a = tensor<?x3xf32, #graph.dims<n, 3>>
!b = tensor<?x3xf32, #graph.dims<n + 700, 3>>
func.func @main(%a: !a, %v: tensor<f32>) -> !b {
  %0 = graph.pad %a, %v low <100, 0> high <600, 0> {mode = #graph.pad_mode<$M>} : (!a, tensor<f32>) -> !b
  return %0 : !b
}

// -----
// name resize
// with n=0 | n=1 | n=20
!a = tensor<1x3x?x?xf32, #graph.dims<1, 3, n, n>>
func.func @main(%a: !a) -> tensor<1x3x40x40xf32> {
  %0 = "graph.resize"(%a) {mode = #graph.resize_mode<linear>, axes = array<i64: 2, 3>, scales = array<f64: 0.0, 0.0>, coordinates = #graph.coordinate_mode<half_pixel>, rounding = #graph.round_mode<floor>} : (!a) -> tensor<1x3x40x40xf32>
  return %0 : tensor<1x3x40x40xf32>
}

// -----
// name attention
// with l=5 s=0 | l=300 s=0
func.func @main(%q: tensor<2x?x20xf32, #graph.dims<2, l, 20>>, %k: tensor<2x?x20xf32, #graph.dims<2, s, 20>>, %v: tensor<2x?x12xf32, #graph.dims<2, s, 12>>) -> tensor<2x?x12xf32, #graph.dims<2, l, 12>> {
  %0 = graph.attention %q, %k, %v {scale = 0.25 : f64} : (tensor<2x?x20xf32, #graph.dims<2, l, 20>>, tensor<2x?x20xf32, #graph.dims<2, s, 20>>, tensor<2x?x12xf32, #graph.dims<2, s, 12>>) -> tensor<2x?x12xf32, #graph.dims<2, l, 12>>
  return %0 : tensor<2x?x12xf32, #graph.dims<2, l, 12>>
}
