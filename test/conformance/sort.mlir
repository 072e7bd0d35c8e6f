// The first elements in order along every dimension, ascending and descending, and all of them.

// -----
// name types
// for T in f32, f64, f16, bf16, i64, i32, i16, i8, ui64, ui32, ui16, ui8, i1
// for FLAGS in axis = 1 : i64 | axis = 1 : i64, largest
func.func @main(%a: tensor<3x37x$T>) -> (tensor<3x5x$T>, tensor<3x5xi64>, tensor<3x37x$T>, tensor<3x37xi64>) {
  %0:2 = graph.top_k %a {$FLAGS} : (tensor<3x37x$T>) -> (tensor<3x5x$T>, tensor<3x5xi64>)
  %1:2 = graph.top_k %a {$FLAGS} : (tensor<3x37x$T>) -> (tensor<3x37x$T>, tensor<3x37xi64>)
  return %0#0, %0#1, %1#0, %1#1 : tensor<3x5x$T>, tensor<3x5xi64>, tensor<3x37x$T>, tensor<3x37xi64>
}

// -----
// name sizes
// for T in f32, i64
// for N in 1, 2, 7, 8, 33, 64, 65, 129, 300, 1000, 2048, 2049, 5000
// for K in 1, $N
// for FLAGS in axis = 0 : i64 | axis = 0 : i64, largest
func.func @main(%a: tensor<$Nx$T> {test.range = array<f64: -300.0, 300.0>}) -> (tensor<$Kx$T>, tensor<$Kxi64>) {
  %0:2 = graph.top_k %a {$FLAGS} : (tensor<$Nx$T>) -> (tensor<$Kx$T>, tensor<$Kxi64>)
  return %0#0, %0#1 : tensor<$Kx$T>, tensor<$Kxi64>
}

// -----
// name taken
// for K in 0, 2, 24, 25, 63, 64, 65, 200, 999
func.func @main(%a: tensor<2x1000xf32>) -> (tensor<2x$Kxf32>, tensor<2x$Kxi64>) {
  %0:2 = graph.top_k %a {axis = 1 : i64, largest} : (tensor<2x1000xf32>) -> (tensor<2x$Kxf32>, tensor<2x$Kxi64>)
  return %0#0, %0#1 : tensor<2x$Kxf32>, tensor<2x$Kxi64>
}

// -----
// name axes
// for AXIS OUT in 0 2x17x9 | 1 5x2x9 | 2 5x17x2
func.func @main(%a: tensor<5x17x9xi8>) -> (tensor<$OUTxi8>, tensor<$OUTxi64>) {
  %0:2 = graph.top_k %a {axis = $AXIS : i64} : (tensor<5x17x9xi8>) -> (tensor<$OUTxi8>, tensor<$OUTxi64>)
  return %0#0, %0#1 : tensor<$OUTxi8>, tensor<$OUTxi64>
}

// -----
// name dynamic
// for T in f32, i32
// with n=1 m=1 k=1 | n=3 m=17 k=5 | n=2 m=300 k=300 | n=2 m=5000 k=100 | n=0 m=5 k=2 | n=2 m=5 k=0 | n=2 m=0 k=0
!s = tensor<?xi64, #graph.dims<k>>
!o = tensor<?x?x$T, #graph.dims<n, k>>
!i = tensor<?x?xi64, #graph.dims<n, k>>
func.func @main(%a: tensor<?x?x$T, #graph.dims<n, m>>, %k: !s) -> (!o, !i, !s) {
  %0:2 = graph.top_k %a {axis = 1 : i64, largest} : (tensor<?x?x$T, #graph.dims<n, m>>) -> (!o, !i)
  return %0#0, %0#1, %k : !o, !i, !s
}

// -----
// name all
// with n=1 m=1 k=1 | n=7 m=3 k=2 | n=5000 m=2 k=1 | n=4 m=0 k=2 | n=3 m=9 k=5
!t = tensor<?x?x?xf32, #graph.dims<m, n, k>>
!i = tensor<?x?x?xi64, #graph.dims<m, n, k>>
func.func @main(%a: !t) -> (!t, !i) {
  %0:2 = graph.top_k %a {axis = 1 : i64} : (!t) -> (!t, !i)
  return %0#0, %0#1 : !t, !i
}

// -----
// name long
// for T in f32, i16
// for K in 1, 10
func.func @main(%a: tensor<2x100000x$T> {test.range = array<f64: -3000.0, 3000.0>}) -> (tensor<2x$Kx$T>, tensor<2x$Kxi64>) {
  %0:2 = graph.top_k %a {axis = 1 : i64, largest} : (tensor<2x100000x$T>) -> (tensor<2x$Kx$T>, tensor<2x$Kxi64>)
  return %0#0, %0#1 : tensor<2x$Kx$T>, tensor<2x$Kxi64>
}

// -----
// name many
// for SHAPE AXIS OUT in 3000x7 1 3000x2 | 7x3000 0 2x3000 | 500x64 1 500x8
func.func @main(%a: tensor<$SHAPExf32>) -> (tensor<$OUTxf32>, tensor<$OUTxi64>) {
  %0:2 = graph.top_k %a {axis = $AXIS : i64, largest} : (tensor<$SHAPExf32>) -> (tensor<$OUTxf32>, tensor<$OUTxi64>)
  return %0#0, %0#1 : tensor<$OUTxf32>, tensor<$OUTxi64>
}

// In order already, one way and the other: what a line's first elements say of the rest is never true.
// -----
// name inOrder
// for FLAGS in axis = 0 : i64 | axis = 0 : i64, largest
// for K in 3, 100
func.func @main(%a: tensor<4001xf32>) -> (tensor<$Kxf32>, tensor<$Kxi64>) {
  %0 = graph.iota {axis = 0 : i64} : () -> tensor<4001xf32>
  %1 = graph.abs %a : (tensor<4001xf32>) -> tensor<4001xf32>
  %2 = graph.add %0, %1 : (tensor<4001xf32>, tensor<4001xf32>) -> tensor<4001xf32>
  %3:2 = graph.top_k %2 {$FLAGS} : (tensor<4001xf32>) -> (tensor<$Kxf32>, tensor<$Kxi64>)
  return %3#0, %3#1 : tensor<$Kxf32>, tensor<$Kxi64>
}

// NaN is above all numbers, -0 is 0; of equal ones the lower index comes first.
// -----
// name special
// for FLAGS in axis = 0 : i64 | axis = 0 : i64, largest
func.func @main(%a: tensor<10xf32> {test.values = dense<[0.0, 0x7FC00000, -0.0, 0x7F800000, -1.0, 0xFF800000, 0xFFC00000, 0.0, -1.0, 1.0]> : tensor<10xf32>}) -> (tensor<10xf32>, tensor<10xi64>) {
  %0:2 = graph.top_k %a {$FLAGS} : (tensor<10xf32>) -> (tensor<10xf32>, tensor<10xi64>)
  return %0#0, %0#1 : tensor<10xf32>, tensor<10xi64>
}

// -----
// name extremes
// for FLAGS in axis = 0 : i64 | axis = 0 : i64, largest
func.func @main(%a: tensor<5xi64> {test.values = dense<[9223372036854775807, -9223372036854775808, 0, -1, 4294967296]> : tensor<5xi64>}, %b: tensor<5xui64> {test.values = dense<[18446744073709551615, 0, 9223372036854775808, 1, 4294967296]> : tensor<5xui64>}) -> (tensor<5xi64>, tensor<5xi64>, tensor<5xui64>, tensor<5xi64>) {
  %0:2 = graph.top_k %a {$FLAGS} : (tensor<5xi64>) -> (tensor<5xi64>, tensor<5xi64>)
  %1:2 = graph.top_k %b {$FLAGS} : (tensor<5xui64>) -> (tensor<5xui64>, tensor<5xi64>)
  return %0#0, %0#1, %1#0, %1#1 : tensor<5xi64>, tensor<5xi64>, tensor<5xui64>, tensor<5xi64>
}

// What is sorted may be computed in the same kernel; results may be used both or one alone.
// -----
// name fused
// with n=1 | n=50 | n=3000
!t = tensor<3x?xf32, #graph.dims<3, n>>
func.func @main(%a: !t) -> (tensor<3x1xi64>, tensor<3x1xf32>) {
  %0 = graph.neg %a : (!t) -> !t
  %1:2 = graph.top_k %0 {axis = 1 : i64} : (!t) -> (tensor<3x1xf32>, tensor<3x1xi64>)
  %2:2 = graph.top_k %a {axis = 1 : i64} : (!t) -> (tensor<3x1xf32>, tensor<3x1xi64>)
  %3 = graph.abs %2#0 : (tensor<3x1xf32>) -> tensor<3x1xf32>
  return %1#1, %3 : tensor<3x1xi64>, tensor<3x1xf32>
}
