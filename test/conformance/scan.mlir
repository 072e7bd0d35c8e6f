// Running sums, products and extremes along every dimension, from either end, with the element itself or without.

// -----
// name kinds
// for KIND in sum, prod, min, max
// for T in f32, f64, f16, bf16, i64, i32, i16, i8, ui64, ui32, ui16, ui8
func.func @main(%a: tensor<3x37x$T>) -> (tensor<3x37x$T>, tensor<3x37x$T>) {
  %0 = graph.scan <$KIND> %a {axis = 1 : i64} : (tensor<3x37x$T>) -> tensor<3x37x$T>
  %1 = graph.scan <$KIND> %a {axis = 0 : i64} : (tensor<3x37x$T>) -> tensor<3x37x$T>
  return %0, %1 : tensor<3x37x$T>, tensor<3x37x$T>
}

// -----
// name ways
// for KIND in sum, min
// table NAME FLAGS
//   plain      axis = 1 : i64
//   exclusive  axis = 1 : i64, exclusive
//   reverse    axis = 1 : i64, reverse
//   both       axis = 1 : i64, exclusive, reverse
// with n=1 m=1 | n=3 m=17 | n=2 m=33 | n=2 m=0 | n=0 m=5 | n=2 m=8 | n=300 m=3
!t = tensor<?x?xf32, #graph.dims<n, m>>
func.func @main(%a: !t) -> !t {
  %0 = graph.scan <$KIND> %a {$FLAGS} : (!t) -> !t
  return %0 : !t
}

// -----
// name columns
// for KIND in sum, max
// table NAME FLAGS
//   plain      axis = 1 : i64
//   exclusive  axis = 1 : i64, exclusive
//   reverse    axis = 1 : i64, reverse
//   both       axis = 1 : i64, exclusive, reverse
// with n=1 m=1 k=1 | n=3 m=17 k=5 | n=2 m=33 k=19 | n=2 m=0 k=3 | n=1 m=300 k=2
!t = tensor<?x?x?xi32, #graph.dims<n, m, k>>
func.func @main(%a: !t) -> !t {
  %0 = graph.scan <$KIND> %a {$FLAGS} : (!t) -> !t
  return %0 : !t
}

// -----
// name sizes
// for N in 1, 2, 7, 8, 31, 32, 33, 63, 64, 256, 257, 1000, 1024, 1025, 2049
// for FLAGS in axis = 0 : i64 | axis = 0 : i64, exclusive | axis = 0 : i64, reverse
func.func @main(%a: tensor<$Nxi32>) -> tensor<$Nxi32> {
  %0 = graph.scan <sum> %a {$FLAGS} : (tensor<$Nxi32>) -> tensor<$Nxi32>
  return %0 : tensor<$Nxi32>
}

// -----
// name long
// for SHAPE AXIS in 100000 0 | 2x100000 1 | 100000x2 0 | 3x70000x1 1
// for T in f32, i64
func.func @main(%a: tensor<$SHAPEx$T>) -> tensor<$SHAPEx$T> {
  %0 = graph.scan <sum> %a {axis = $AXIS : i64} : (tensor<$SHAPEx$T>) -> tensor<$SHAPEx$T>
  return %0 : tensor<$SHAPEx$T>
}

// -----
// name many
// for SHAPE AXIS in 20000x5 1 | 5x20000 0 | 700x70 1
func.func @main(%a: tensor<$SHAPExi32>) -> tensor<$SHAPExi32> {
  %0 = graph.scan <sum> %a {axis = $AXIS : i64, reverse} : (tensor<$SHAPExi32>) -> tensor<$SHAPExi32>
  return %0 : tensor<$SHAPExi32>
}

// What is before and after goes into the same kernel; the operand may be what is stored over.
// -----
// name fused
// for AXIS in 0, 1, 2
// with n=1 | n=5 | n=40 | n=0
!t = tensor<4x?x9xf32, #graph.dims<4, n, 9>>
func.func @main(%a: !t, %c: tensor<9xf32>) -> (!t, !t) {
  %0 = graph.exp %a : (!t) -> !t
  %1 = graph.add %0, %c : (!t, tensor<9xf32>) -> !t
  %2 = graph.scan <sum> %1 {axis = $AXIS : i64} : (!t) -> !t
  %3 = graph.mul %2, %a : (!t, !t) -> !t
  %4 = graph.sub %3, %c : (!t, tensor<9xf32>) -> !t
  return %2, %4 : !t, !t
}

// -----
// name padded
// with n=1 | n=5 | n=40
!t = tensor<?xf32, #graph.dims<n>>
!u = tensor<?xf32, #graph.dims<n + 5>>
func.func @main(%a: !t, %v: tensor<f32>) -> !u {
  %0 = graph.pad %a, %v low <2> high <3> {mode = #graph.pad_mode<constant>} : (!t, tensor<f32>) -> !u
  %1 = graph.scan <sum> %0 {axis = 0 : i64, reverse} : (!u) -> !u
  return %1 : !u
}

// -----
// name twice
// with n=1 | n=70
!t = tensor<3x?xi32, #graph.dims<3, n>>
func.func @main(%a: !t) -> !t {
  %0 = graph.scan <sum> %a {axis = 1 : i64} : (!t) -> !t
  %1 = graph.scan <max> %0 {axis = 0 : i64, reverse} : (!t) -> !t
  %2 = graph.neg %1 : (!t) -> !t
  return %2 : !t
}

// -----
// name special
func.func @main(%a: tensor<2x5xf32> {test.values = dense<[[1.0, 0x7FC00000, 2.0, 0x7F800000, -1.0], [-0.0, 0xFF800000, 3.0, 0x7F800000, 0.0]]> : tensor<2x5xf32>}) -> (tensor<2x5xf32>, tensor<2x5xf32>, tensor<2x5xf32>) {
  %0 = graph.scan <sum> %a {axis = 1 : i64} : (tensor<2x5xf32>) -> tensor<2x5xf32>
  %1 = graph.scan <max> %a {axis = 1 : i64} : (tensor<2x5xf32>) -> tensor<2x5xf32>
  %2 = graph.scan <min> %a {axis = 1 : i64, exclusive, reverse} : (tensor<2x5xf32>) -> tensor<2x5xf32>
  return %0, %1, %2 : tensor<2x5xf32>, tensor<2x5xf32>, tensor<2x5xf32>
}
