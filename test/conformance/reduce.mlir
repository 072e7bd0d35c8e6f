// Reductions over every choice of axes, in every element type.

// -----
// name axes0
// for KIND in sum, prod, min, max, mean
// for T in f32, i32
// with n=1 m=1 | n=3 m=17 | n=2 m=33
func.func @main(%a: tensor<?x?x5x$T, #graph.dims<n, m, 5>>) -> tensor<1x?x5x$T, #graph.dims<1, m, 5>> {
  %0 = graph.reduce $KIND %a {axes = array<i64: 0>} : (tensor<?x?x5x$T, #graph.dims<n, m, 5>>) -> tensor<1x?x5x$T, #graph.dims<1, m, 5>>
  return %0 : tensor<1x?x5x$T, #graph.dims<1, m, 5>>
}

// -----
// name axes1
// for KIND in sum, prod, min, max, mean
// for T in f32, i32
// with n=1 m=1 | n=3 m=17 | n=2 m=33
func.func @main(%a: tensor<?x?x5x$T, #graph.dims<n, m, 5>>) -> tensor<?x1x5x$T, #graph.dims<n, 1, 5>> {
  %0 = graph.reduce $KIND %a {axes = array<i64: 1>} : (tensor<?x?x5x$T, #graph.dims<n, m, 5>>) -> tensor<?x1x5x$T, #graph.dims<n, 1, 5>>
  return %0 : tensor<?x1x5x$T, #graph.dims<n, 1, 5>>
}

// -----
// name axes2
// for KIND in sum, prod, min, max, mean
// for T in f32, i32
// with n=1 m=1 | n=3 m=17 | n=2 m=33
func.func @main(%a: tensor<?x?x5x$T, #graph.dims<n, m, 5>>) -> tensor<?x?x1x$T, #graph.dims<n, m, 1>> {
  %0 = graph.reduce $KIND %a {axes = array<i64: 2>} : (tensor<?x?x5x$T, #graph.dims<n, m, 5>>) -> tensor<?x?x1x$T, #graph.dims<n, m, 1>>
  return %0 : tensor<?x?x1x$T, #graph.dims<n, m, 1>>
}

// -----
// name axes01
// for KIND in sum, prod, min, max, mean
// for T in f32, i32
// with n=1 m=1 | n=3 m=17 | n=2 m=33
func.func @main(%a: tensor<?x?x5x$T, #graph.dims<n, m, 5>>) -> tensor<1x1x5x$T> {
  %0 = graph.reduce $KIND %a {axes = array<i64: 0, 1>} : (tensor<?x?x5x$T, #graph.dims<n, m, 5>>) -> tensor<1x1x5x$T>
  return %0 : tensor<1x1x5x$T>
}

// -----
// name axes02
// for KIND in sum, prod, min, max, mean
// for T in f32, i32
// with n=1 m=1 | n=3 m=17 | n=2 m=33
func.func @main(%a: tensor<?x?x5x$T, #graph.dims<n, m, 5>>) -> tensor<1x?x1x$T, #graph.dims<1, m, 1>> {
  %0 = graph.reduce $KIND %a {axes = array<i64: 0, 2>} : (tensor<?x?x5x$T, #graph.dims<n, m, 5>>) -> tensor<1x?x1x$T, #graph.dims<1, m, 1>>
  return %0 : tensor<1x?x1x$T, #graph.dims<1, m, 1>>
}

// -----
// name axes12
// for KIND in sum, prod, min, max, mean
// for T in f32, i32
// with n=1 m=1 | n=3 m=17 | n=2 m=33
func.func @main(%a: tensor<?x?x5x$T, #graph.dims<n, m, 5>>) -> tensor<?x1x1x$T, #graph.dims<n, 1, 1>> {
  %0 = graph.reduce $KIND %a {axes = array<i64: 1, 2>} : (tensor<?x?x5x$T, #graph.dims<n, m, 5>>) -> tensor<?x1x1x$T, #graph.dims<n, 1, 1>>
  return %0 : tensor<?x1x1x$T, #graph.dims<n, 1, 1>>
}

// -----
// name axes012
// for KIND in sum, prod, min, max, mean
// for T in f32, i32
// with n=1 m=1 | n=3 m=17 | n=2 m=33
func.func @main(%a: tensor<?x?x5x$T, #graph.dims<n, m, 5>>) -> tensor<1x1x1x$T> {
  %0 = graph.reduce $KIND %a {axes = array<i64: 0, 1, 2>} : (tensor<?x?x5x$T, #graph.dims<n, m, 5>>) -> tensor<1x1x1x$T>
  return %0 : tensor<1x1x1x$T>
}

// -----
// name none
// for KIND in sum, max, mean
func.func @main(%a: tensor<3x5xf32>) -> tensor<3x5xf32> {
  %0 = graph.reduce $KIND %a {axes = array<i64>} : (tensor<3x5xf32>) -> tensor<3x5xf32>
  return %0 : tensor<3x5xf32>
}

// -----
// name rank4
// for AXES A in 0,3 1x3x5x1 | 1,3 2x1x5x1 | 0,2 1x3x1x37 | 1,2 2x1x1x37 | 2,3 2x3x1x1 | 0,1,3 1x1x5x1 | 3 2x3x5x1 | 1 2x1x5x37
// for T in f32
func.func @main(%a: tensor<2x3x5x37x$T>) -> tensor<$Ax$T> {
  %0 = graph.reduce sum %a {axes = array<i64: $AXES>} : (tensor<2x3x5x37x$T>) -> tensor<$Ax$T>
  return %0 : tensor<$Ax$T>
}

// -----
// name types
// for KIND in sum, prod, min, max
// for T in f32, f16, bf16, f64, i8, i16, i32, i64, ui8, ui16, ui32, ui64
// with n=1 m=1 | n=3 m=17 | n=2 m=300
func.func @main(%a: tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x1x$T, #graph.dims<n, 1>> {
  %0 = graph.reduce $KIND %a {axes = array<i64: 1>} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x1x$T, #graph.dims<n, 1>>
  return %0 : tensor<?x1x$T, #graph.dims<n, 1>>
}

// -----
// name typesAcross
// for KIND in sum, min
// for T in f32, f16, f64, i8, i32, i64, ui8, ui32
// with n=1 m=1 | n=3 m=17 | n=300 m=2
func.func @main(%a: tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<1x?x$T, #graph.dims<1, m>> {
  %0 = graph.reduce $KIND %a {axes = array<i64: 0>} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<1x?x$T, #graph.dims<1, m>>
  return %0 : tensor<1x?x$T, #graph.dims<1, m>>
}

// -----
// name mean
// for T in f32, f16, bf16, f64, i32, i64, ui32, ui64
// with n=1 m=1 | n=3 m=17 | n=40 m=300
func.func @main(%a: tensor<?x?x$T, #graph.dims<n, m>>) -> (tensor<?x1x$T, #graph.dims<n, 1>>, tensor<1x?x$T, #graph.dims<1, m>>) {
  %0 = graph.reduce mean %a {axes = array<i64: 1>} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x1x$T, #graph.dims<n, 1>>
  %1 = graph.reduce mean %a {axes = array<i64: 0>} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<1x?x$T, #graph.dims<1, m>>
  return %0, %1 : tensor<?x1x$T, #graph.dims<n, 1>>, tensor<1x?x$T, #graph.dims<1, m>>
}

// -----
// name logical
// for KIND in any, all
// for AXES A in 0 1x37 | 1 3x1 | 0,1 1x1
func.func @main(%a: tensor<3x37xi1>) -> tensor<$Axi1> {
  %0 = graph.reduce $KIND %a {axes = array<i64: $AXES>} : (tensor<3x37xi1>) -> tensor<$Axi1>
  return %0 : tensor<$Axi1>
}

// -----
// name empty
// for KIND in sum, prod, min, max
// for T in f32, i32, ui8, i64, f16
// with n=3 m=0 | n=0 m=3
func.func @main(%a: tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x1x$T, #graph.dims<n, 1>> {
  %0 = graph.reduce $KIND %a {axes = array<i64: 1>} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x1x$T, #graph.dims<n, 1>>
  return %0 : tensor<?x1x$T, #graph.dims<n, 1>>
}

// -----
// name meanOfNone
// for T in f32, f64, i32
// with n=3 m=0 | n=0 m=3
func.func @main(%a: tensor<?x?x$T, #graph.dims<n, m>>) -> (tensor<?x1x$T, #graph.dims<n, 1>>, tensor<1x?x$T, #graph.dims<1, m>>) {
  %0 = graph.reduce mean %a {axes = array<i64: 1>} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x1x$T, #graph.dims<n, 1>>
  %1 = graph.reduce mean %a {axes = array<i64: 0>} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<1x?x$T, #graph.dims<1, m>>
  return %0, %1 : tensor<?x1x$T, #graph.dims<n, 1>>, tensor<1x?x$T, #graph.dims<1, m>>
}

// -----
// name notANumber
// for KIND in min, max
// for T in f32, f64
func.func @main(%a: tensor<3x9x$T> {test.range = array<f64: -1.0, 0.5>}) -> (tensor<3x1x$T>, tensor<1x9x$T>) {
  %r = graph.sqrt %a : (tensor<3x9x$T>) -> tensor<3x9x$T>
  %0 = graph.reduce $KIND %r {axes = array<i64: 1>} : (tensor<3x9x$T>) -> tensor<3x1x$T>
  %1 = graph.reduce $KIND %r {axes = array<i64: 0>} : (tensor<3x9x$T>) -> tensor<1x9x$T>
  return %0, %1 : tensor<3x1x$T>, tensor<1x9x$T>
}

// -----
// name argument
// for KIND in min, max
// for T in f32, f16, f64, i8, i32, i64, ui8, ui64
// with n=1 m=1 | n=3 m=17 | n=2 m=300
func.func @main(%a: tensor<?x?x$T, #graph.dims<n, m>> {test.range = #graph.dims<0, 9>}) -> tensor<?x1xi64, #graph.dims<n, 1>> {
  %0 = graph.arg_reduce %a {axis = 1 : i64, kind = #graph.arg_kind<$KIND>} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x1xi64, #graph.dims<n, 1>>
  return %0 : tensor<?x1xi64, #graph.dims<n, 1>>
}

// -----
// name argumentLast
// for KIND in min, max
// for AXIS A in 0 1x5x17 | 1 3x1x17 | 2 3x5x1
// for T in i32, f32
func.func @main(%a: tensor<3x5x17x$T> {test.range = #graph.dims<0, 3>}) -> (tensor<$Axi64>, tensor<$Axi64>) {
  %b = graph.neg %a : (tensor<3x5x17x$T>) -> tensor<3x5x17x$T>
  %0 = graph.arg_reduce %b {axis = $AXIS : i64, selectLast, kind = #graph.arg_kind<$KIND>} : (tensor<3x5x17x$T>) -> tensor<$Axi64>
  %1 = graph.arg_reduce %a {axis = $AXIS : i64, kind = #graph.arg_kind<$KIND>} : (tensor<3x5x17x$T>) -> tensor<$Axi64>
  return %0, %1 : tensor<$Axi64>, tensor<$Axi64>
}

// -----
// name argumentInfinite
// for KIND in min, max
// for NUMBER in 0x7F800000, 0xFF800000, 0x7FC00000
func.func @main(%a: tensor<2x9xf32> {test.values = dense<$NUMBER> : tensor<2x9xf32>}, %b: tensor<2x9xf32>) -> (tensor<2x1xi64>, tensor<2x1xi64>) {
  %c = graph.constant dense<[false, false, true, true, false, false, true, false, true]> : tensor<9xi1>
  %s = graph.select %c, %a, %b : (tensor<9xi1>, tensor<2x9xf32>, tensor<2x9xf32>) -> tensor<2x9xf32>
  %0 = graph.arg_reduce %a {axis = 1 : i64, kind = #graph.arg_kind<$KIND>} : (tensor<2x9xf32>) -> tensor<2x1xi64>
  %1 = graph.arg_reduce %s {axis = 1 : i64, kind = #graph.arg_kind<$KIND>} : (tensor<2x9xf32>) -> tensor<2x1xi64>
  return %0, %1 : tensor<2x1xi64>, tensor<2x1xi64>
}

// -----
// name prologueAndEpilogueRows
// for T in f32, f16
// with n=2 m=2 | n=3 m=17 | n=5 m=130
func.func @main(%a: tensor<?x?x$T, #graph.dims<n, m>>, %b: tensor<?x$T, #graph.dims<m>>) -> tensor<?x?x$T, #graph.dims<n, m>> {
  %0 = graph.mul %a, %b : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x$T, #graph.dims<m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %1 = graph.reduce sum %0 {axes = array<i64: 1>} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x1x$T, #graph.dims<n, 1>>
  %2 = graph.sub %0, %1 : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x1x$T, #graph.dims<n, 1>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %3 = graph.mul %2, %2 : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %4 = graph.reduce max %3 {axes = array<i64: 1>} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x1x$T, #graph.dims<n, 1>>
  %5 = graph.div %2, %4 : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x1x$T, #graph.dims<n, 1>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  return %5 : tensor<?x?x$T, #graph.dims<n, m>>
}

// -----
// name prologueAndEpilogueColumns
// for T in f32, f16
// with n=2 m=2 | n=3 m=17 | n=5 m=130
func.func @main(%a: tensor<?x?x$T, #graph.dims<n, m>>, %b: tensor<?x$T, #graph.dims<m>>) -> tensor<?x?x$T, #graph.dims<n, m>> {
  %0 = graph.mul %a, %b : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x$T, #graph.dims<m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %1 = graph.reduce sum %0 {axes = array<i64: 0>} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<1x?x$T, #graph.dims<1, m>>
  %2 = graph.sub %0, %1 : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<1x?x$T, #graph.dims<1, m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %3 = graph.mul %2, %2 : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %4 = graph.reduce max %3 {axes = array<i64: 0>} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<1x?x$T, #graph.dims<1, m>>
  %5 = graph.div %2, %4 : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<1x?x$T, #graph.dims<1, m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  return %5 : tensor<?x?x$T, #graph.dims<n, m>>
}

// -----
// name prologueAndEpilogueAll
// for T in f32, f16
// with n=2 m=2 | n=3 m=17 | n=5 m=130
func.func @main(%a: tensor<?x?x$T, #graph.dims<n, m>>, %b: tensor<?x$T, #graph.dims<m>>) -> tensor<?x?x$T, #graph.dims<n, m>> {
  %0 = graph.mul %a, %b : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x$T, #graph.dims<m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %1 = graph.reduce sum %0 {axes = array<i64: 0, 1>} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<1x1x$T>
  %2 = graph.sub %0, %1 : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<1x1x$T>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %3 = graph.mul %2, %2 : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %4 = graph.reduce max %3 {axes = array<i64: 0, 1>} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<1x1x$T>
  %5 = graph.div %2, %4 : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<1x1x$T>) -> tensor<?x?x$T, #graph.dims<n, m>>
  return %5 : tensor<?x?x$T, #graph.dims<n, m>>
}

// -----
// name severalReductions
// for T in f32
// with n=3 m=17 | n=1 m=200
func.func @main(%a: tensor<?x?x$T, #graph.dims<n, m>>, %b: tensor<?x?x$T, #graph.dims<n, m>>)
    -> (tensor<?x1x$T, #graph.dims<n, 1>>, tensor<?x1x$T, #graph.dims<n, 1>>, tensor<?x?x$T, #graph.dims<n, m>>) {
  %0 = graph.exp %a : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %1 = graph.reduce sum %0 {axes = array<i64: 1>} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x1x$T, #graph.dims<n, 1>>
  %2 = graph.reduce max %0 {axes = array<i64: 1>} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x1x$T, #graph.dims<n, 1>>
  %3 = graph.add %1, %2 : (tensor<?x1x$T, #graph.dims<n, 1>>, tensor<?x1x$T, #graph.dims<n, 1>>) -> tensor<?x1x$T, #graph.dims<n, 1>>
  %4 = graph.mul %0, %b : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %5 = graph.sub %4, %3 : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x1x$T, #graph.dims<n, 1>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  return %3, %2, %5 : tensor<?x1x$T, #graph.dims<n, 1>>, tensor<?x1x$T, #graph.dims<n, 1>>, tensor<?x?x$T, #graph.dims<n, m>>
}

// More steps than some implementations of Vulkan let the loops of a thread make.
// -----
// name long
// for KIND in sum, max
// table NAME A B AXIS
//   row       1x4300000  1x1   1
//   rows      2x4300000  2x1   1
//   columns   70000x64   1x64  0
func.func @main(%a: tensor<$Axf32>) -> tensor<$Bxf32> {
  %0 = graph.reduce $KIND %a {axes = array<i64: $AXIS>} : (tensor<$Axf32>) -> tensor<$Bxf32>
  return %0 : tensor<$Bxf32>
}
