// Elements and slices put to computed places, one after another: the last stays, or all are combined.

// -----
// name elements
// for T I in f32 i64 | f64 i32 | bf16 i64 | i64 i32 | ui16 i64 | i8 i64 | i1 i32
// table NAME IN AXIS INDICES
//   rows     7x5    0  4x5
//   fewer    7x5    0  4x3
//   columns  3x7    1  3x20
//   short    3x7    1  2x20
//   middle   2x7x3  1  2x4x3
//   line     7      0  40
//   none     7x5    0  0x5
func.func @main(%a: tensor<$INx$T>, %i: tensor<$INDICESx$I> {test.range = #graph.dims<-7, 7>}, %u: tensor<$INDICESx$T>) -> tensor<$INx$T> {
  %0 = graph.scatter_elements %a, %i, %u {axis = $AXIS : i64} : (tensor<$INx$T>, tensor<$INDICESx$I>, tensor<$INDICESx$T>) -> tensor<$INx$T>
  return %0 : tensor<$INx$T>
}

// -----
// name combined
// for KIND T in sum f32 | sum f16 | sum i8 | sum ui64 | prod f64 | prod i32 | prod bf16 | min f32 | min ui8 | min i64 | max f16 | max ui32 | max i16
// for AXIS INDICES in 0 21x9 | 1 5x30 | 0 3x4
func.func @main(%a: tensor<5x9x$T>, %i: tensor<$INDICESxi64> {test.range = #graph.dims<-5, 5>}, %u: tensor<$INDICESx$T>) -> tensor<5x9x$T> {
  %0 = graph.scatter_elements %a, %i, %u {axis = $AXIS : i64, kind = #graph.reduce_kind<$KIND>} : (tensor<5x9x$T>, tensor<$INDICESxi64>, tensor<$INDICESx$T>) -> tensor<5x9x$T>
  return %0 : tensor<5x9x$T>
}

// -----
// name rowsDynamic
// for KIND in axis = 0 : i64 | axis = 0 : i64, kind = #graph.reduce_kind<sum>
// with n=1 k=1 m=3 | n=9 k=20 m=2 | n=3 k=0 m=2 | n=5 k=7 m=33 | n=3 k=3 m=0
!t = tensor<?x?xf32, #graph.dims<n, m>>
!i = tensor<?x?xi64, #graph.dims<k, m>>
!u = tensor<?x?xf32, #graph.dims<k, m>>
func.func @main(%a: !t, %i: !i {test.range = #graph.dims<-1 * n, n>}, %u: !u) -> !t {
  %0 = graph.scatter_elements %a, %i, %u {$KIND} : (!t, !i, !u) -> !t
  return %0 : !t
}

// -----
// name columnsDynamic
// for KIND in axis = 1 : i64 | axis = 1 : i64, kind = #graph.reduce_kind<sum>
// with n=1 k=1 m=3 | n=9 k=20 m=2 | n=3 k=0 m=2 | n=70 k=7 m=33 | n=3 k=3 m=0
!t = tensor<?x?xi32, #graph.dims<m, n>>
!i = tensor<?x?xi64, #graph.dims<m, k>>
!u = tensor<?x?xi32, #graph.dims<m, k>>
func.func @main(%a: !t, %i: !i {test.range = #graph.dims<-1 * n, n>}, %u: !u) -> !t {
  %0 = graph.scatter_elements %a, %i, %u {$KIND} : (!t, !i, !u) -> !t
  return %0 : !t
}

// -----
// name tuples
// for T I in f32 i64 | f64 i32 | f16 i64 | i64 i32 | ui8 i64 | i1 i32
// table NAME IN INDICES OUT
//   whole    5x5      3x2    3
//   many     5x5      90x2   90
//   rows     5x7      4x1    4x7
//   several  5x7      2x3x1  2x3x7
//   inner    5x5x20   2x3x2  2x3x20
//   deep     5x5x5    19x3   19
//   planes   5x4x3    7x1    7x4x3
//   line     5        9x1    9
//   none     5x5      0x2    0
func.func @main(%a: tensor<$INx$T>, %i: tensor<$INDICESx$I> {test.range = #graph.dims<-5, 5>}, %u: tensor<$OUTx$T>) -> tensor<$INx$T> {
  %0 = graph.scatter_nd %a, %i, %u : (tensor<$INx$T>, tensor<$INDICESx$I>, tensor<$OUTx$T>) -> tensor<$INx$T>
  return %0 : tensor<$INx$T>
}

// -----
// name tuplesCombined
// for KIND T in sum f32 | sum ui8 | prod f16 | min i64 | max f32
// table NAME IN INDICES OUT
//   many     5x5      90x2   90
//   rows     5x7      14x1   14x7
//   inner    5x5x20   2x3x2  2x3x20
func.func @main(%a: tensor<$INx$T>, %i: tensor<$INDICESxi64> {test.range = #graph.dims<-5, 5>}, %u: tensor<$OUTx$T>) -> tensor<$INx$T> {
  %0 = graph.scatter_nd %a, %i, %u {kind = #graph.reduce_kind<$KIND>} : (tensor<$INx$T>, tensor<$INDICESxi64>, tensor<$OUTx$T>) -> tensor<$INx$T>
  return %0 : tensor<$INx$T>
}

// -----
// name tuplesDynamic
// for KIND in {} | {kind = #graph.reduce_kind<sum>}
// with n=1 k=1 m=1 | n=4 k=19 m=5 | n=3 k=0 m=2 | n=70 k=300 m=33 | n=2 k=2 m=0
!t = tensor<?x?x?xf32, #graph.dims<n, n, m>>
!i = tensor<?x2xi64, #graph.dims<k, 2>>
!u = tensor<?x?xf32, #graph.dims<k, m>>
func.func @main(%a: !t, %i: !i {test.range = #graph.dims<-1 * n, n>}, %u: !u) -> !t {
  %0 = graph.scatter_nd %a, %i, %u $KIND : (!t, !i, !u) -> !t
  return %0 : !t
}

// -----
// name long
// for KIND in axis = 0 : i64 | axis = 0 : i64, kind = #graph.reduce_kind<sum>
func.func @main(%a: tensor<100000xf32>, %i: tensor<3000xi64> {test.range = #graph.dims<-100, 100>}, %u: tensor<3000xf32>) -> tensor<100000xf32> {
  %0 = graph.scatter_elements %a, %i, %u {$KIND} : (tensor<100000xf32>, tensor<3000xi64>, tensor<3000xf32>) -> tensor<100000xf32>
  return %0 : tensor<100000xf32>
}

// A row of a cache, in place: nothing else reads it.
// -----
// name cache
// with n=1 | n=4
!u = tensor<?x2x16xf32, #graph.dims<n, 2, 16>>
func.func @main(%a: tensor<300x2x16xf32>, %i: tensor<?x1xi64, #graph.dims<n, 1>> {test.range = #graph.dims<0, 300>}, %u: !u) -> tensor<300x2x16xf32> {
  %0 = graph.neg %a : (tensor<300x2x16xf32>) -> tensor<300x2x16xf32>
  %1 = graph.exp %u : (!u) -> !u
  %2 = graph.scatter_nd %0, %i, %1 : (tensor<300x2x16xf32>, tensor<?x1xi64, #graph.dims<n, 1>>, !u) -> tensor<300x2x16xf32>
  %3 = graph.abs %2 : (tensor<300x2x16xf32>) -> tensor<300x2x16xf32>
  return %3 : tensor<300x2x16xf32>
}

// What goes in may be computed by the same kernel.
// -----
// name fused
// with n=1 | n=40
!t = tensor<?x7xf32, #graph.dims<n, 7>>
func.func @main(%a: !t, %i: tensor<9x7xi64> {test.range = #graph.dims<0, n>}, %u: tensor<9x7xf32>) -> !t {
  %c = graph.constant dense<0.0> : tensor<f32>
  %0 = graph.mul %a, %c : (!t, tensor<f32>) -> !t
  %1 = graph.neg %i : (tensor<9x7xi64>) -> tensor<9x7xi64>
  %2 = graph.abs %u : (tensor<9x7xf32>) -> tensor<9x7xf32>
  %3 = graph.scatter_elements %0, %1, %2 {axis = 0 : i64, kind = #graph.reduce_kind<max>} : (!t, tensor<9x7xi64>, tensor<9x7xf32>) -> !t
  return %3 : !t
}
