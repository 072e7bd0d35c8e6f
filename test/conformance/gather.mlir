// Elements and slices by index: from the front and the end, in every type of index, over every dimension.

// -----
// name gather
// for T in f32, i8, f16, i64, i1
// for I in i64, i32
// table NAME IN AXIS INDICES OUT
//   rows     7x5      0  4      4x5
//   columns  3x7      1  9      3x9
//   middle   2x7x3    1  2x2    2x2x2x3
//   last     2x3x7    2  5x3    2x3x5x3
//   wide     7x40     0  3      3x40
//   none     7x3      0  0      0x3
//   line     7        0  6x2    6x2
func.func @main(%a: tensor<$INx$T>, %i: tensor<$INDICESx$I> {test.range = #graph.dims<-7, 7>}) -> tensor<$OUTx$T> {
  %0 = "graph.gather"(%a, %i) {axis = $AXIS : i64} : (tensor<$INx$T>, tensor<$INDICESx$I>) -> tensor<$OUTx$T>
  return %0 : tensor<$OUTx$T>
}

// -----
// name scalarIndex
// for T in f32, i8
func.func @main(%a: tensor<2x7x3x$T>, %i: tensor<i64> {test.range = #graph.dims<-7, 7>}) -> tensor<2x3x$T> {
  %0 = "graph.gather"(%a, %i) {axis = 1 : i64} : (tensor<2x7x3x$T>, tensor<i64>) -> tensor<2x3x$T>
  return %0 : tensor<2x3x$T>
}

// -----
// name outOfRange
// for T in i64, i32
func.func @main(%a: tensor<5x3xf32>, %i: tensor<6x$T> {test.values = dense<[5, -6, 100, -100, 4, -5]> : tensor<6x$T>}) -> tensor<6x3xf32> {
  %0 = "graph.gather"(%a, %i) {axis = 0 : i64} : (tensor<5x3xf32>, tensor<6x$T>) -> tensor<6x3xf32>
  return %0 : tensor<6x3xf32>
}

// -----
// name indexTypes
// for T in i8, i16, ui8, ui16, ui32, ui64
func.func @main(%a: tensor<9x3xf32>, %i: tensor<20x$T> {test.range = #graph.dims<0, 9>}) -> tensor<20x3xf32> {
  %0 = "graph.gather"(%a, %i) {axis = 0 : i64} : (tensor<9x3xf32>, tensor<20x$T>) -> tensor<20x3xf32>
  return %0 : tensor<20x3xf32>
}

// -----
// name constantIndices
// for V in [0, 1, 2] | [2, 0, 1] | [-1, -1, 0]
// for A IN OUT in 0 3x5 3x5 | 1 4x3 4x3
func.func @main(%a: tensor<$INxf32>) -> tensor<$OUTxf32> {
  %i = graph.constant dense<$V> : tensor<3xi64>
  %0 = "graph.gather"(%a, %i) {axis = $A : i64} : (tensor<$INxf32>, tensor<3xi64>) -> tensor<$OUTxf32>
  return %0 : tensor<$OUTxf32>
}

// -----
// name embedding
// for T in f32, bf16
// with n=1 l=1 | n=2 l=9 | n=0 l=3
!ids = tensor<?x?xi64, #graph.dims<n, l>>
!out = tensor<?x?x24x$T, #graph.dims<n, l, 24>>
func.func @main(%ids: !ids {test.range = #graph.dims<0, 50>}, %table: tensor<50x24x$T> {test.constant}, %places: tensor<?x24x$T, #graph.dims<l, 24>>) -> !out {
  %0 = "graph.gather"(%table, %ids) {axis = 0 : i64} : (tensor<50x24x$T>, !ids) -> !out
  %1 = graph.add %0, %places : (!out, tensor<?x24x$T, #graph.dims<l, 24>>) -> !out
  %2 = graph.normalize %1 {kind = #graph.norm_kind<layer>, axes = array<i64: 2>, epsilon = 1.0e-5 : f64} : (!out) -> !out
  return %2 : !out
}

// -----
// name dynamic
// with m=1 n=1 k=1 | m=4 n=20 k=7 | m=6 n=3 k=0
func.func @main(%a: tensor<?x?xf32, #graph.dims<m, m>>, %i: tensor<?xi64, #graph.dims<k>> {test.range = #graph.dims<-1 * m, m>}, %b: tensor<?xf32, #graph.dims<n>>)
    -> (tensor<?x?xf32, #graph.dims<k, m>>, tensor<?x?xf32, #graph.dims<m, k>>, tensor<?xf32, #graph.dims<n>>) {
  %0 = "graph.gather"(%a, %i) {axis = 0 : i64} : (tensor<?x?xf32, #graph.dims<m, m>>, tensor<?xi64, #graph.dims<k>>) -> tensor<?x?xf32, #graph.dims<k, m>>
  %1 = "graph.gather"(%a, %i) {axis = 1 : i64} : (tensor<?x?xf32, #graph.dims<m, m>>, tensor<?xi64, #graph.dims<k>>) -> tensor<?x?xf32, #graph.dims<m, k>>
  %2 = graph.neg %b : (tensor<?xf32, #graph.dims<n>>) -> tensor<?xf32, #graph.dims<n>>
  return %0, %1, %2 : tensor<?x?xf32, #graph.dims<k, m>>, tensor<?x?xf32, #graph.dims<m, k>>, tensor<?xf32, #graph.dims<n>>
}

// -----
// name fused
// with n=1 k=1 | n=5 k=20
func.func @main(%a: tensor<?x6xf32, #graph.dims<n, 6>>, %i: tensor<?xi64, #graph.dims<k>> {test.range = #graph.dims<0, n>}) -> tensor<?x6xf32, #graph.dims<k, 6>> {
  %c = graph.constant dense<-1> : tensor<i64>
  %j = graph.mul %i, %c : (tensor<?xi64, #graph.dims<k>>, tensor<i64>) -> tensor<?xi64, #graph.dims<k>>
  %b = graph.exp %a : (tensor<?x6xf32, #graph.dims<n, 6>>) -> tensor<?x6xf32, #graph.dims<n, 6>>
  %0 = "graph.gather"(%b, %j) {axis = 0 : i64} : (tensor<?x6xf32, #graph.dims<n, 6>>, tensor<?xi64, #graph.dims<k>>) -> tensor<?x6xf32, #graph.dims<k, 6>>
  %1 = graph.abs %0 : (tensor<?x6xf32, #graph.dims<k, 6>>) -> tensor<?x6xf32, #graph.dims<k, 6>>
  return %1 : tensor<?x6xf32, #graph.dims<k, 6>>
}

// -----
// name elements
// for T in f32, i8, f16, i1
// for I in i64, i32
// table NAME IN AXIS INDICES
//   rows     7x5    0  4x5
//   fewer    7x5    0  4x3
//   columns  3x7    1  3x20
//   middle   2x7x3  1  2x4x3
//   line     7      0  40
//   none     7x5    0  0x5
func.func @main(%a: tensor<$INx$T>, %i: tensor<$INDICESx$I> {test.range = #graph.dims<-7, 7>}) -> tensor<$INDICESx$T> {
  %0 = "graph.gather_elements"(%a, %i) {axis = $AXIS : i64} : (tensor<$INx$T>, tensor<$INDICESx$I>) -> tensor<$INDICESx$T>
  return %0 : tensor<$INDICESx$T>
}

// -----
// name elementsDynamic
// with n=1 k=1 m=3 | n=9 k=20 m=2 | n=3 k=0 m=2
!indices = tensor<?x?xi64, #graph.dims<m, k>>
func.func @main(%a: tensor<?x?xf32, #graph.dims<m, n>>, %i: !indices {test.range = #graph.dims<-1 * n, n>}) -> tensor<?x?xf32, #graph.dims<m, k>> {
  %0 = "graph.gather_elements"(%a, %i) {axis = 1 : i64} : (tensor<?x?xf32, #graph.dims<m, n>>, !indices) -> tensor<?x?xf32, #graph.dims<m, k>>
  return %0 : tensor<?x?xf32, #graph.dims<m, k>>
}

// -----
// name tuples
// for T in f32, i8, f16, i1
// for I in i64, i32
// table NAME IN BATCH INDICES OUT
//   whole    5x5        0  3x2      3
//   rows     5x7        0  4x1      4x7
//   inner    5x5x20     0  2x3x2    2x3x20
//   batch    2x5x7      1  2x1      2x7
//   batches  2x3x5      2  2x3x4x1  2x3x4
//   deep     2x5x5x3    1  2x4x2    2x4x3
//   none     5x5        0  0x2      0
func.func @main(%a: tensor<$INx$T>, %i: tensor<$INDICESx$I> {test.range = #graph.dims<-5, 5>}) -> tensor<$OUTx$T> {
  %0 = "graph.gather_nd"(%a, %i) {batchDims = $BATCH : i64} : (tensor<$INx$T>, tensor<$INDICESx$I>) -> tensor<$OUTx$T>
  return %0 : tensor<$OUTx$T>
}

// -----
// name tuplesDynamic
// with n=1 k=1 | n=4 k=19 | n=3 k=0
func.func @main(%a: tensor<?x?x3xf32, #graph.dims<n, n, 3>>, %i: tensor<?x2xi64, #graph.dims<k, 2>> {test.range = #graph.dims<-1 * n, n>}) -> tensor<?x3xf32, #graph.dims<k, 3>> {
  %0 = "graph.gather_nd"(%a, %i) {batchDims = 0 : i64} : (tensor<?x?x3xf32, #graph.dims<n, n, 3>>, tensor<?x2xi64, #graph.dims<k, 2>>) -> tensor<?x3xf32, #graph.dims<k, 3>>
  return %0 : tensor<?x3xf32, #graph.dims<k, 3>>
}
