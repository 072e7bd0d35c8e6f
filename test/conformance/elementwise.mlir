// Elementwise ops in every element type they have, at sizes around those of vectors, and broadcasting.

// -----
// name binary
// for OP in add, sub, mul, min, max
// for T in f32, f16, bf16, f64, i8, i16, i32, i64, ui8, ui16, ui32, ui64
// with n=1 m=3 | n=17 m=8 | n=3 m=1 | n=0 m=5 | n=2 m=301
func.func @main(%a: tensor<?x?x$T, #graph.dims<n, m>>, %b: tensor<?x$T, #graph.dims<m>>) -> tensor<?x?x$T, #graph.dims<n, m>> {
  %0 = graph.$OP %a, %b : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x$T, #graph.dims<m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  return %0 : tensor<?x?x$T, #graph.dims<n, m>>
}

// -----
// name division
// for OP in div, mod
// for T in f32, f16, bf16, f64, i8, i16, i32, i64, ui8, ui16, ui32, ui64
// with n=1 | n=17 | n=300
func.func @main(%a: tensor<?x$T, #graph.dims<n>>, %b: tensor<?x$T, #graph.dims<n>> {test.range = #graph.dims<0, 6>})
    -> tensor<?x$T, #graph.dims<n>> {
  %0 = "graph.$OP"(%a, %b) : (tensor<?x$T, #graph.dims<n>>, tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>>
  return %0 : tensor<?x$T, #graph.dims<n>>
}

// -----
// name modTruncated
// for T in f32, f16, bf16, f64, i8, i16, i32, i64, ui8, ui16, ui32, ui64
// with n=1 | n=17 | n=300
func.func @main(%a: tensor<?x$T, #graph.dims<n>>, %b: tensor<?x$T, #graph.dims<n>> {test.range = #graph.dims<0, 6>})
    -> tensor<?x$T, #graph.dims<n>> {
  %0 = graph.mod %a, %b {truncated} : (tensor<?x$T, #graph.dims<n>>, tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>>
  return %0 : tensor<?x$T, #graph.dims<n>>
}

// -----
// name dividesBySigned
// for OP in div, mod
// for T in f32, i8, i16, i32, i64
// with n=257
func.func @main(%a: tensor<?x$T, #graph.dims<n>> {test.range = #graph.dims<-128, 128>}, %b: tensor<?x$T, #graph.dims<n>> {test.range = #graph.dims<-4, 4>})
    -> tensor<?x$T, #graph.dims<n>> {
  %0 = graph.$OP %a, %b : (tensor<?x$T, #graph.dims<n>>, tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>>
  return %0 : tensor<?x$T, #graph.dims<n>>
}

// -----
// name extremes
// for OP in add, sub, mul, div, mod, min, max
// for T in i8, i16, i32, i64
func.func @main(%a: tensor<6x$T> {test.values = dense<[-128, 127, -1, 0, 1, -128]> : tensor<6x$T>},
                %b: tensor<6x$T> {test.values = dense<[-1, 127, -128, 0, 0, -128]> : tensor<6x$T>}) -> tensor<6x$T> {
  %0 = graph.$OP %a, %b : (tensor<6x$T>, tensor<6x$T>) -> tensor<6x$T>
  return %0 : tensor<6x$T>
}

// -----
// name extremesUnsigned
// for OP in add, sub, mul, div, mod, min, max
func.func @main(%a: tensor<6xui64> {test.values = dense<[18446744073709551615, 9223372036854775808, 1, 0, 5, 18446744073709551614]> : tensor<6xui64>},
                %b: tensor<6xui64> {test.values = dense<[18446744073709551615, 1, 18446744073709551615, 0, 9223372036854775808, 3]> : tensor<6xui64>}) -> tensor<6xui64> {
  %0 = graph.$OP %a, %b : (tensor<6xui64>, tensor<6xui64>) -> tensor<6xui64>
  return %0 : tensor<6xui64>
}

// -----
// name bits
// for OP in and, or, xor
// for T in i1, i8, i16, i32, i64, ui8, ui16, ui32, ui64
// with n=1 | n=37
func.func @main(%a: tensor<?x$T, #graph.dims<n>>, %b: tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>> {
  %0 = graph.$OP %a, %b : (tensor<?x$T, #graph.dims<n>>, tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>>
  return %0 : tensor<?x$T, #graph.dims<n>>
}

// -----
// name shift
// for OP in shl, shr
// for T in i8, i16, i32, i64, ui8, ui16, ui32, ui64
// with n=1 | n=137
func.func @main(%a: tensor<?x$T, #graph.dims<n>>, %b: tensor<?x$T, #graph.dims<n>> {test.range = #graph.dims<0, 70>}) -> tensor<?x$T, #graph.dims<n>> {
  %0 = graph.$OP %a, %b : (tensor<?x$T, #graph.dims<n>>, tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>>
  return %0 : tensor<?x$T, #graph.dims<n>>
}

// -----
// name not
// for T in i1, i8, i16, i32, i64, ui8, ui16, ui32, ui64
// with n=37
func.func @main(%a: tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>> {
  %0 = graph.not %a : (tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>>
  return %0 : tensor<?x$T, #graph.dims<n>>
}

// -----
// name unary
// for OP in neg, abs, sign
// for T in f32, f16, bf16, f64, i8, i16, i32, i64, ui8, ui16, ui32, ui64
// with n=1 | n=37
func.func @main(%a: tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>> {
  %0 = graph.$OP %a : (tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>>
  return %0 : tensor<?x$T, #graph.dims<n>>
}

// Quotients of many bits, denormal numbers, and what has no remainder.
// -----
// name modSpecial
// for T NAN INF in f32 0x7FC00000 0x7F800000 | f64 0x7FF8000000000000 0x7FF0000000000000
// for S in {}, {truncated}
func.func @main(%a: tensor<14x$T> {test.values = dense<[1.0e38, -1.0e38, 3.4e38, 1.0e30, 7.0, 1.0e-40, 1.0e-38, 0.0, -0.0, 5.0, $INF, 5.0, $NAN, 1.0e10]> : tensor<14x$T>},
                %b: tensor<14x$T> {test.values = dense<[3.0, 7.0, 1.1e-38, 1.0e-40, 1.0e-45, 3.0e-45, 7.0e-39, 2.0, 2.0, 0.0, 2.0, $INF, 2.0, -0.3]> : tensor<14x$T>})
    -> tensor<14x$T> {
  %0 = graph.mod %a, %b $S : (tensor<14x$T>, tensor<14x$T>) -> tensor<14x$T>
  return %0 : tensor<14x$T>
}

// -----
// name unarySpecial
// for OP in neg, abs, sign, floor, ceil, round, sqrt, exp, log, sin, tanh, sigmoid, erf
// for T NAN INF NINF in f32 0x7FC00000 0x7F800000 0xFF800000 | f16 0x7E00 0x7C00 0xFC00 | bf16 0x7FC0 0x7F80 0xFF80 | f64 0x7FF8000000000000 0x7FF0000000000000 0xFFF0000000000000
func.func @main(%a: tensor<12x$T> {test.values = dense<[0.0, -0.0, $INF, $NINF, $NAN, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 100.0]> : tensor<12x$T>}) -> tensor<12x$T> {
  %0 = graph.$OP %a : (tensor<12x$T>) -> tensor<12x$T>
  return %0 : tensor<12x$T>
}

// -----
// name rounding
// for OP in floor, ceil, round, sqrt
// for T in f32, f16, bf16, f64
// with n=1 | n=137
func.func @main(%a: tensor<?x$T, #graph.dims<n>> {test.range = array<f64: -6.0, 9.0>}) -> tensor<?x$T, #graph.dims<n>> {
  %0 = graph.$OP %a : (tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>>
  return %0 : tensor<?x$T, #graph.dims<n>>
}

// -----
// name transcendental
// for OP in exp, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, atanh, erf, sigmoid
// for T in f32, f16, bf16, f64
// with n=1 | n=137
func.func @main(%a: tensor<?x$T, #graph.dims<n>> {test.range = array<f64: -0.99, 0.99>}) -> tensor<?x$T, #graph.dims<n>> {
  %0 = graph.$OP %a : (tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>>
  return %0 : tensor<?x$T, #graph.dims<n>>
}

// -----
// name transcendentalWide
// for OP in exp, sin, cos, tan, atan, sinh, cosh, tanh, asinh, erf, sigmoid
// for T in f32, f64
// with n=1001
func.func @main(%a: tensor<?x$T, #graph.dims<n>> {test.range = array<f64: -80.0, 80.0>}) -> tensor<?x$T, #graph.dims<n>> {
  %0 = graph.$OP %a : (tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>>
  return %0 : tensor<?x$T, #graph.dims<n>>
}

// -----
// name logarithm
// for OP in log, log1p, acosh
// for T in f32, f16, bf16, f64
// with n=1 | n=137
func.func @main(%a: tensor<?x$T, #graph.dims<n>> {test.range = array<f64: 1.0, 50.0>}) -> tensor<?x$T, #graph.dims<n>> {
  %0 = graph.$OP %a : (tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>>
  return %0 : tensor<?x$T, #graph.dims<n>>
}

// -----
// name pow
// for T in f32, f16, bf16, f64
// with n=1 | n=137
func.func @main(%a: tensor<?x$T, #graph.dims<n>> {test.range = array<f64: 0.1, 3.0>}, %b: tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>> {
  %0 = graph.pow %a, %b : (tensor<?x$T, #graph.dims<n>>, tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>>
  return %0 : tensor<?x$T, #graph.dims<n>>
}

// -----
// name powConstant
// for E in 2.0, 3.0, 4.0, 0.5, -0.5, -1.0, 1.0, 2.5, 0.0, 5.0
// for T in f32, f16, f64
// with n=37
func.func @main(%a: tensor<?x$T, #graph.dims<n>> {test.range = array<f64: 0.2, 4.0>}) -> tensor<?x$T, #graph.dims<n>> {
  %b = graph.constant dense<$E> : tensor<$T>
  %0 = graph.pow %a, %b : (tensor<?x$T, #graph.dims<n>>, tensor<$T>) -> tensor<?x$T, #graph.dims<n>>
  return %0 : tensor<?x$T, #graph.dims<n>>
}

// -----
// name powInteger
// for T in i32, i64, ui8, i8
// with n=37
func.func @main(%a: tensor<?x$T, #graph.dims<n>>, %b: tensor<?x$T, #graph.dims<n>> {test.range = #graph.dims<0, 4>}) -> tensor<?x$T, #graph.dims<n>> {
  %0 = graph.pow %a, %b : (tensor<?x$T, #graph.dims<n>>, tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>>
  return %0 : tensor<?x$T, #graph.dims<n>>
}

// -----
// name compare
// for P in eq, ne, lt, le, gt, ge
// for T in f32, f16, f64, i1, i8, i16, i32, i64, ui8, ui16, ui32, ui64
// with n=1 | n=137
func.func @main(%a: tensor<?x$T, #graph.dims<n>> {test.range = #graph.dims<0, 4>}, %b: tensor<?x$T, #graph.dims<n>> {test.range = #graph.dims<0, 4>}) -> tensor<?xi1, #graph.dims<n>> {
  %0 = graph.compare $P %a, %b : (tensor<?x$T, #graph.dims<n>>, tensor<?x$T, #graph.dims<n>>) -> tensor<?xi1, #graph.dims<n>>
  return %0 : tensor<?xi1, #graph.dims<n>>
}

// -----
// name compareSpecial
// for P in eq, ne, lt, le, gt, ge
// for T NAN INF NINF in f32 0x7FC00000 0x7F800000 0xFF800000 | f16 0x7E00 0x7C00 0xFC00 | bf16 0x7FC0 0x7F80 0xFF80 | f64 0x7FF8000000000000 0x7FF0000000000000 0xFFF0000000000000
func.func @main(%a: tensor<6x$T> {test.values = dense<[$NAN, 0.0, $INF, $NAN, 1.0, $NINF]> : tensor<6x$T>},
                %b: tensor<6x$T> {test.values = dense<[1.0, -0.0, $INF, $NAN, $NAN, $INF]> : tensor<6x$T>}) -> tensor<6xi1> {
  %0 = graph.compare $P %a, %b : (tensor<6x$T>, tensor<6x$T>) -> tensor<6xi1>
  return %0 : tensor<6xi1>
}

// -----
// name compareUnsigned
// for P in lt, ge
// for T in ui64, i64
func.func @main(%a: tensor<4x$T> {test.values = dense<[0, 9223372036854775807, 1, 3]> : tensor<4x$T>},
                %b: tensor<4x$T> {test.values = dense<[1, 0, 9223372036854775807, 3]> : tensor<4x$T>}) -> tensor<4xi1> {
  %c = graph.not %a : (tensor<4x$T>) -> tensor<4x$T>
  %0 = graph.compare $P %c, %b : (tensor<4x$T>, tensor<4x$T>) -> tensor<4xi1>
  return %0 : tensor<4xi1>
}

// -----
// name select
// for T in f32, f16, bf16, f64, i1, i8, i16, i32, i64, ui8, ui64
// with n=1 m=5 | n=3 m=37
func.func @main(%c: tensor<?x1xi1, #graph.dims<n, 1>>, %a: tensor<?x$T, #graph.dims<m>>, %b: tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x?x$T, #graph.dims<n, m>> {
  %0 = graph.select %c, %a, %b : (tensor<?x1xi1, #graph.dims<n, 1>>, tensor<?x$T, #graph.dims<m>>, tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  return %0 : tensor<?x?x$T, #graph.dims<n, m>>
}

// -----
// name isNan
// for T NAN INF NINF in f32 0x7FC00000 0x7F800000 0xFF800000 | f16 0x7E00 0x7C00 0xFC00 | bf16 0x7FC0 0x7F80 0xFF80 | f64 0x7FF8000000000000 0x7FF0000000000000 0xFFF0000000000000
func.func @main(%a: tensor<6x$T> {test.values = dense<[0.0, -0.0, $INF, $NINF, $NAN, 0.5]> : tensor<6x$T>}) -> (tensor<6xi1>, tensor<6xi1>, tensor<6xi1>, tensor<6xi1>) {
  %0 = graph.is_nan %a : (tensor<6x$T>) -> tensor<6xi1>
  %1 = graph.is_inf %a {positive, negative} : (tensor<6x$T>) -> tensor<6xi1>
  %2 = graph.is_inf %a {positive} : (tensor<6x$T>) -> tensor<6xi1>
  %3 = graph.is_inf %a {negative} : (tensor<6x$T>) -> tensor<6xi1>
  return %0, %1, %2, %3 : tensor<6xi1>, tensor<6xi1>, tensor<6xi1>, tensor<6xi1>
}

// -----
// name minMaxSpecial
// for OP in min, max
// for T NAN INF NINF in f32 0x7FC00000 0x7F800000 0xFF800000 | f16 0x7E00 0x7C00 0xFC00 | bf16 0x7FC0 0x7F80 0xFF80 | f64 0x7FF8000000000000 0x7FF0000000000000 0xFFF0000000000000
func.func @main(%a: tensor<6x$T> {test.values = dense<[$NAN, 1.0, $INF, $NINF, -1.0, $NAN]> : tensor<6x$T>},
                %b: tensor<6x$T> {test.values = dense<[1.0, $NAN, $NAN, $INF, 3.0, $NAN]> : tensor<6x$T>}) -> (tensor<6x$T>, tensor<6x$T>, tensor<6x$T>) {
  %c = graph.constant dense<1.0> : tensor<$T>
  %0 = graph.$OP %a, %b : (tensor<6x$T>, tensor<6x$T>) -> tensor<6x$T>
  %1 = graph.$OP %a, %c : (tensor<6x$T>, tensor<$T>) -> tensor<6x$T>
  %2 = graph.$OP %c, %b : (tensor<$T>, tensor<6x$T>) -> tensor<6x$T>
  return %0, %1, %2 : tensor<6x$T>, tensor<6x$T>, tensor<6x$T>
}

// -----
// name broadcast
// for A B C in 1x1x1 3x4x5 3x4x5 | 3x1x5 1x4x1 3x4x5 | 3x4x1 5 3x4x5 | 1x4x5 3x1x1 3x4x5 | 4x1 3x1x5 3x4x5 | 3x1x17 4x1 3x4x17 | 2x3 1 2x3 | 1x1x1 1 1x1x1 | 7x1 1x9 7x9
// for T in f32, i8
func.func @main(%a: tensor<$Ax$T>, %b: tensor<$Bx$T>) -> tensor<$Cx$T> {
  %0 = graph.sub %a, %b : (tensor<$Ax$T>, tensor<$Bx$T>) -> tensor<$Cx$T>
  return %0 : tensor<$Cx$T>
}

// -----
// name scalars
// for T in f32, f64, i64, i8, f16
// with n=5
func.func @main(%a: tensor<$T>, %b: tensor<$T>, %c: tensor<?x$T, #graph.dims<n>>) -> (tensor<$T>, tensor<?x$T, #graph.dims<n>>) {
  %0 = graph.add %a, %b : (tensor<$T>, tensor<$T>) -> tensor<$T>
  %1 = graph.mul %0, %c : (tensor<$T>, tensor<?x$T, #graph.dims<n>>) -> tensor<?x$T, #graph.dims<n>>
  return %0, %1 : tensor<$T>, tensor<?x$T, #graph.dims<n>>
}

// -----
// name cast
// for FROM in f32, f16, bf16, f64, i1, i8, i16, i32, i64, ui8, ui16, ui32, ui64
// for U in f32, f16, bf16, f64, i1, i8, i16, i32, i64, ui8, ui16, ui32, ui64
// with n=37
func.func @main(%a: tensor<?x$FROM, #graph.dims<n>> {test.range = #graph.dims<0, 100>}) -> tensor<?x$U, #graph.dims<n>> {
  %0 = graph.cast %a {to = $U} : (tensor<?x$FROM, #graph.dims<n>>) -> tensor<?x$U, #graph.dims<n>>
  return %0 : tensor<?x$U, #graph.dims<n>>
}

// -----
// name castNegative
// for FROM in f32, f16, bf16, f64, i8, i16, i32, i64
// for U in f32, f16, bf16, f64, i1, i8, i16, i32, i64
// with n=37
func.func @main(%a: tensor<?x$FROM, #graph.dims<n>> {test.range = #graph.dims<-100, 100>}) -> tensor<?x$U, #graph.dims<n>> {
  %0 = graph.cast %a {to = $U} : (tensor<?x$FROM, #graph.dims<n>>) -> tensor<?x$U, #graph.dims<n>>
  return %0 : tensor<?x$U, #graph.dims<n>>
}

// -----
// name castWrap
// for FROM in i16, i32, i64, ui16, ui32, ui64
// for U in i8, i16, i32, ui8, ui16, ui32
func.func @main(%a: tensor<4x$FROM> {test.values = dense<[300, 128, 32767, 255]> : tensor<4x$FROM>}) -> tensor<4x$U> {
  %0 = graph.cast %a {to = $U} : (tensor<4x$FROM>) -> tensor<4x$U>
  return %0 : tensor<4x$U>
}

// -----
// name castLarge
// for T in f32, f64, f16, bf16
func.func @main(%a: tensor<4xui64> {test.values = dense<[18446744073709551615, 9223372036854775808, 1, 9223372036854775807]> : tensor<4xui64>},
                %b: tensor<4xi64> {test.values = dense<[-9223372036854775808, 9223372036854775807, 16777217, -3]> : tensor<4xi64>},
                %c: tensor<4xui32> {test.values = dense<[4294967295, 2147483648, 16777217, 3]> : tensor<4xui32>}) -> (tensor<4x$T>, tensor<4x$T>, tensor<4x$T>) {
  %0 = graph.cast %a {to = $T} : (tensor<4xui64>) -> tensor<4x$T>
  %1 = graph.cast %b {to = $T} : (tensor<4xi64>) -> tensor<4x$T>
  %2 = graph.cast %c {to = $T} : (tensor<4xui32>) -> tensor<4x$T>
  return %0, %1, %2 : tensor<4x$T>, tensor<4x$T>, tensor<4x$T>
}

// -----
// name castSaturate
// for T NAN INF NINF in f32 0x7FC00000 0x7F800000 0xFF800000 | f64 0x7FF8000000000000 0x7FF0000000000000 0xFFF0000000000000 | f16 0x7E00 0x7C00 0xFC00
// for U in i8, i16, i32, i64, ui8, ui16, ui32, ui64
func.func @main(%a: tensor<13x$T> {test.values = dense<[$NAN, $INF, $NINF, 127.5, 128.0, -128.9, -129.0, -0.5, 255.9, 256.0, 32768.0, -32769.0, 65504.0]> : tensor<13x$T>}) -> tensor<13x$U> {
  %0 = graph.cast %a {to = $U, saturate} : (tensor<13x$T>) -> tensor<13x$U>
  return %0 : tensor<13x$U>
}

// -----
// name castSaturateLarge
// for T in f32, f64
// for U in i8, i16, i32, i64, ui8, ui16, ui32, ui64
func.func @main(%a: tensor<8x$T> {test.values = dense<[2147483648.0, 2147483520.0, -2147483904.0, 4294967296.0, 4294967040.0, 9.3e18, -9.3e18, 1.9e19]> : tensor<8x$T>}) -> tensor<8x$U> {
  %0 = graph.cast %a {to = $U, saturate} : (tensor<8x$T>) -> tensor<8x$U>
  return %0 : tensor<8x$U>
}

// -----
// name castRounds
// for T in f16, bf16, f32
func.func @main(%a: tensor<8xf64> {test.values = dense<[1.0009765625, 1.00048828125, 1.000488281251, 65519.9, 65520.0, 1.0e-8, 6.1e-5, 1.00390625]> : tensor<8xf64>}) -> tensor<8x$T> {
  %0 = graph.cast %a {to = $T} : (tensor<8xf64>) -> tensor<8x$T>
  return %0 : tensor<8x$T>
}

// -----
// name chain
// for T in f32, f16, f64
// with n=1 m=1 | n=5 m=17 | n=3 m=200
func.func @main(%a: tensor<?x?x$T, #graph.dims<n, m>>, %b: tensor<?x$T, #graph.dims<m>>, %c: tensor<?x1x$T, #graph.dims<n, 1>>)
    -> (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x?xi1, #graph.dims<n, m>>) {
  %0 = graph.mul %a, %b : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x$T, #graph.dims<m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %1 = graph.add %0, %c : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x1x$T, #graph.dims<n, 1>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %2 = graph.sigmoid %1 : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %3 = graph.mul %2, %1 : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %4 = graph.compare lt %a, %b : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x$T, #graph.dims<m>>) -> tensor<?x?xi1, #graph.dims<n, m>>
  %5 = graph.select %4, %3, %1 : (tensor<?x?xi1, #graph.dims<n, m>>, tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  return %5, %4 : tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x?xi1, #graph.dims<n, m>>
}

// Tails of few lanes whose length is known: nothing is written past the end.
// -----
// name tails
// for T in i8, ui8, i16, i32, f16, i1
// for N in 1, 2, 3, 7, 9, 17, 18, 33, 65
func.func @main(%a: tensor<$Nxf32>, %b: tensor<$Nxi64>) -> (tensor<$Nx$T>, tensor<$Nx$T>) {
  %0 = graph.cast %a {to = $T} : (tensor<$Nxf32>) -> tensor<$Nx$T>
  %1 = graph.cast %b {to = $T} : (tensor<$Nxi64>) -> tensor<$Nx$T>
  return %0, %1 : tensor<$Nx$T>, tensor<$Nx$T>
}
