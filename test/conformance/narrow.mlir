// Products whose constant right side has up to three columns: lanes lie along the depth.

// -----
// name matmul
// for M in 1, 2, 3
// for K in 1, 5, 8, 40, 67
// with n=1 | n=7 | n=8 | n=20
func.func @main(%a: tensor<?x$Kxf32, #graph.dims<n, $K>>, %b: tensor<$Kx$Mxf32> {test.constant}, %bias: tensor<$Mxf32>,
                %c: tensor<?x$Mxf32, #graph.dims<n, $M>>) -> tensor<?x$Mxf32, #graph.dims<n, $M>> {
  %0 = graph.matmul %a, %b : (tensor<?x$Kxf32, #graph.dims<n, $K>>, tensor<$Kx$Mxf32>) -> tensor<?x$Mxf32, #graph.dims<n, $M>>
  %1 = graph.add %0, %bias : (tensor<?x$Mxf32, #graph.dims<n, $M>>, tensor<$Mxf32>) -> tensor<?x$Mxf32, #graph.dims<n, $M>>
  %2 = graph.mul %1, %c : (tensor<?x$Mxf32, #graph.dims<n, $M>>, tensor<?x$Mxf32, #graph.dims<n, $M>>) -> tensor<?x$Mxf32, #graph.dims<n, $M>>
  return %2 : tensor<?x$Mxf32, #graph.dims<n, $M>>
}

// -----
// name types
// for T in f16, bf16, f64
// with n=1 | n=37
func.func @main(%a: tensor<?x19x$T, #graph.dims<n, 19>>, %b: tensor<19x2x$T> {test.constant}) -> tensor<?x2x$T, #graph.dims<n, 2>> {
  %0 = graph.matmul %a, %b : (tensor<?x19x$T, #graph.dims<n, 19>>, tensor<19x2x$T>) -> tensor<?x2x$T, #graph.dims<n, 2>>
  return %0 : tensor<?x2x$T, #graph.dims<n, 2>>
}

// -----
// name rowsNotAlike
// with n=3 m=1 | n=2 m=9
func.func @main(%a: tensor<?x?x24xf32, #graph.dims<n, m, 24>>, %b: tensor<24x2xf32> {test.constant}, %c: tensor<?x2xf32, #graph.dims<m, 2>>)
    -> tensor<?x?x2xf32, #graph.dims<n, m, 2>> {
  %0 = graph.matmul %a, %b : (tensor<?x?x24xf32, #graph.dims<n, m, 24>>, tensor<24x2xf32>) -> tensor<?x?x2xf32, #graph.dims<n, m, 2>>
  %1 = graph.add %0, %c : (tensor<?x?x2xf32, #graph.dims<n, m, 2>>, tensor<?x2xf32, #graph.dims<m, 2>>) -> tensor<?x?x2xf32, #graph.dims<n, m, 2>>
  return %1 : tensor<?x?x2xf32, #graph.dims<n, m, 2>>
}

// -----
// name conv
// for O in 1, 2, 3
// with n=1 h=5 w=5 | n=2 h=9 w=12
func.func @main(%a: tensor<?x4x?x?xf32, #graph.dims<n, 4, h, w>>, %b: tensor<$Ox4x3x3xf32> {test.constant})
    -> tensor<?x$Ox?x?xf32, #graph.dims<n, $O, h, w>> {
  %0 = graph.conv %a, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 1 : i64}
      : (tensor<?x4x?x?xf32, #graph.dims<n, 4, h, w>>, tensor<$Ox4x3x3xf32>) -> tensor<?x$Ox?x?xf32, #graph.dims<n, $O, h, w>>
  %1 = graph.sigmoid %0 : (tensor<?x$Ox?x?xf32, #graph.dims<n, $O, h, w>>) -> tensor<?x$Ox?x?xf32, #graph.dims<n, $O, h, w>>
  return %1 : tensor<?x$Ox?x?xf32, #graph.dims<n, $O, h, w>>
}

// -----
// name convGroups
// with n=1 w=40 | n=3 w=64
func.func @main(%a: tensor<?x6x?xf32, #graph.dims<n, 6, w>>, %b: tensor<4x3x8xf32> {test.constant})
    -> tensor<?x4x?xf32, #graph.dims<n, 4, (w - 8) floordiv 2 + 1>> {
  %0 = graph.conv %a, %b {strides = array<i64: 2>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>, groups = 2 : i64}
      : (tensor<?x6x?xf32, #graph.dims<n, 6, w>>, tensor<4x3x8xf32>) -> tensor<?x4x?xf32, #graph.dims<n, 4, (w - 8) floordiv 2 + 1>>
  return %0 : tensor<?x4x?xf32, #graph.dims<n, 4, (w - 8) floordiv 2 + 1>>
}

// -----
// name oneChannel
// for S W in 1 268 | 2 134
// with n=1 | n=2
func.func @main(%a: tensor<?x1x300xf32, #graph.dims<n, 1, 300>>, %b: tensor<1x1x33xf32> {test.constant}) -> tensor<?x1x$Wxf32, #graph.dims<n, 1, $W>> {
  %0 = graph.conv %a, %b {strides = array<i64: $S>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>, groups = 1 : i64}
      : (tensor<?x1x300xf32, #graph.dims<n, 1, 300>>, tensor<1x1x33xf32>) -> tensor<?x1x$Wxf32, #graph.dims<n, 1, $W>>
  return %0 : tensor<?x1x$Wxf32, #graph.dims<n, 1, $W>>
}
