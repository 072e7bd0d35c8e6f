// Softmax and normalization over every axis, with what surrounds them in models.

// -----
// name softmax
// for LOG in {log, | {
// for AXIS in 0, 1, 2
// for T in f32, f16, f64
// with n=1 m=1 | n=3 m=17 | n=2 m=130
func.func @main(%a: tensor<?x3x?x$T, #graph.dims<n, 3, m>>) -> tensor<?x3x?x$T, #graph.dims<n, 3, m>> {
  %0 = graph.softmax %a $LOG axis = $AXIS : i64} : (tensor<?x3x?x$T, #graph.dims<n, 3, m>>) -> tensor<?x3x?x$T, #graph.dims<n, 3, m>>
  return %0 : tensor<?x3x?x$T, #graph.dims<n, 3, m>>
}

// -----
// name softmaxLarge
// for T in f32, f16
func.func @main(%a: tensor<3x40x$T> {test.range = array<f64: -900.0, 1000.0>}) -> (tensor<3x40x$T>, tensor<3x40x$T>) {
  %0 = graph.softmax %a {axis = 1 : i64} : (tensor<3x40x$T>) -> tensor<3x40x$T>
  %1 = graph.softmax %a {axis = 1 : i64, log} : (tensor<3x40x$T>) -> tensor<3x40x$T>
  return %0, %1 : tensor<3x40x$T>, tensor<3x40x$T>
}

// -----
// name softmaxMasked
// with n=3 m=17
func.func @main(%a: tensor<?x?xf32, #graph.dims<n, m>>, %mask: tensor<?xi1, #graph.dims<m>>) -> tensor<?x?xf32, #graph.dims<n, m>> {
  %c = graph.constant dense<0xFF800000> : tensor<f32>
  %0 = graph.select %mask, %a, %c : (tensor<?xi1, #graph.dims<m>>, tensor<?x?xf32, #graph.dims<n, m>>, tensor<f32>) -> tensor<?x?xf32, #graph.dims<n, m>>
  %1 = graph.softmax %0 {axis = 1 : i64} : (tensor<?x?xf32, #graph.dims<n, m>>) -> tensor<?x?xf32, #graph.dims<n, m>>
  return %1 : tensor<?x?xf32, #graph.dims<n, m>>
}

// -----
// name normalize
// for KIND in layer, rms
// for AXES in 0 | 1 | 2 | 0, 1 | 0, 2 | 1, 2 | 0, 1, 2
// for T in f32
// with n=1 m=2 | n=3 m=17 | n=2 m=130
func.func @main(%a: tensor<?x3x?x$T, #graph.dims<n, 3, m>>) -> tensor<?x3x?x$T, #graph.dims<n, 3, m>> {
  %0 = graph.normalize %a {kind = #graph.norm_kind<$KIND>, axes = array<i64: $AXES>, epsilon = 1.0e-3 : f64} : (tensor<?x3x?x$T, #graph.dims<n, 3, m>>) -> tensor<?x3x?x$T, #graph.dims<n, 3, m>>
  return %0 : tensor<?x3x?x$T, #graph.dims<n, 3, m>>
}

// -----
// name normalizeTypes
// for KIND in layer, rms
// for T in f16, bf16, f64
// with n=3 m=17 | n=2 m=130
func.func @main(%a: tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x?x$T, #graph.dims<n, m>> {
  %0 = graph.normalize %a {kind = #graph.norm_kind<$KIND>, axes = array<i64: 1>, epsilon = 1.0e-3 : f64} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  return %0 : tensor<?x?x$T, #graph.dims<n, m>>
}

// -----
// name normalizeOffset
// with n=3 m=1000
func.func @main(%a: tensor<?x?xf32, #graph.dims<n, m>> {test.range = array<f64: 1000.0, 1001.0>}) -> tensor<?x?xf32, #graph.dims<n, m>> {
  %0 = graph.normalize %a {kind = #graph.norm_kind<layer>, axes = array<i64: 1>, epsilon = 1.0e-5 : f64} : (tensor<?x?xf32, #graph.dims<n, m>>) -> tensor<?x?xf32, #graph.dims<n, m>>
  return %0 : tensor<?x?xf32, #graph.dims<n, m>>
}

// -----
// name layerNorm
// for T in f32, f16
// with n=1 m=1 | n=3 m=17 | n=9 m=130
func.func @main(%x: tensor<?x?x$T, #graph.dims<n, m>>, %y: tensor<?x?x$T, #graph.dims<n, m>>, %s: tensor<?x$T, #graph.dims<m>>, %b: tensor<?x$T, #graph.dims<m>>)
    -> (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x?x$T, #graph.dims<n, m>>) {
  %0 = graph.add %x, %y : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %1 = graph.normalize %0 {kind = #graph.norm_kind<layer>, axes = array<i64: 1>, epsilon = 1.0e-3 : f64} : (tensor<?x?x$T, #graph.dims<n, m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %2 = graph.mul %1, %s : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x$T, #graph.dims<m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  %3 = graph.add %2, %b : (tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x$T, #graph.dims<m>>) -> tensor<?x?x$T, #graph.dims<n, m>>
  return %0, %3 : tensor<?x?x$T, #graph.dims<n, m>>, tensor<?x?x$T, #graph.dims<n, m>>
}

// -----
// name instanceNorm
// with n=1 h=1 w=2 | n=2 h=5 w=7 | n=1 h=16 w=16
func.func @main(%x: tensor<?x3x?x?xf32, #graph.dims<n, 3, h, w>>, %s: tensor<3x1x1xf32>, %b: tensor<3x1x1xf32>) -> tensor<?x3x?x?xf32, #graph.dims<n, 3, h, w>> {
  %1 = graph.normalize %x {kind = #graph.norm_kind<layer>, axes = array<i64: 2, 3>, epsilon = 1.0e-5 : f64} : (tensor<?x3x?x?xf32, #graph.dims<n, 3, h, w>>) -> tensor<?x3x?x?xf32, #graph.dims<n, 3, h, w>>
  %2 = graph.mul %1, %s : (tensor<?x3x?x?xf32, #graph.dims<n, 3, h, w>>, tensor<3x1x1xf32>) -> tensor<?x3x?x?xf32, #graph.dims<n, 3, h, w>>
  %3 = graph.add %2, %b : (tensor<?x3x?x?xf32, #graph.dims<n, 3, h, w>>, tensor<3x1x1xf32>) -> tensor<?x3x?x?xf32, #graph.dims<n, 3, h, w>>
  return %3 : tensor<?x3x?x?xf32, #graph.dims<n, 3, h, w>>
}

// -----
// name inPlaceOfOneElement
// with n=1 | n=9
func.func @main(%a: tensor<?x1x34xf32, #graph.dims<n, 1, 34>>) -> (tensor<?x2x1xf32, #graph.dims<n, 2, 1>>, tensor<?x2x1xf32, #graph.dims<n, 2, 1>>) {
  %0 = graph.reduce mean %a {axes = array<i64: 2>} : (tensor<?x1x34xf32, #graph.dims<n, 1, 34>>) -> tensor<?x1x1xf32, #graph.dims<n, 1, 1>>
  %1 = graph.normalize %0 {axes = array<i64: 1>, epsilon = 0.01 : f64, kind = #graph.norm_kind<layer>} : (tensor<?x1x1xf32, #graph.dims<n, 1, 1>>) -> tensor<?x1x1xf32, #graph.dims<n, 1, 1>>
  %2 = graph.concat %1, %1 {axis = 1 : i64} : (tensor<?x1x1xf32, #graph.dims<n, 1, 1>>, tensor<?x1x1xf32, #graph.dims<n, 1, 1>>) -> tensor<?x2x1xf32, #graph.dims<n, 2, 1>>
  %3 = graph.softmax %2 {axis = 2 : i64} : (tensor<?x2x1xf32, #graph.dims<n, 2, 1>>) -> tensor<?x2x1xf32, #graph.dims<n, 2, 1>>
  return %2, %3 : tensor<?x2x1xf32, #graph.dims<n, 2, 1>>, tensor<?x2x1xf32, #graph.dims<n, 2, 1>>
}

// -----
// A product is the same number each time that it is computed: nothing is left of it less itself.
// name ofEqualProducts
// with n=1 m=1 | n=37 m=1
func.func @main(%a: tensor<?x?xf32, #graph.dims<n, m>>, %b: tensor<?x?xf32, #graph.dims<n, m>>) -> tensor<?x?xf32, #graph.dims<n, m>> {
  %0 = graph.mul %a, %b : (tensor<?x?xf32, #graph.dims<n, m>>, tensor<?x?xf32, #graph.dims<n, m>>) -> tensor<?x?xf32, #graph.dims<n, m>>
  %1 = graph.normalize %0 {axes = array<i64: 1>, epsilon = 0.01 : f64, kind = #graph.norm_kind<layer>} : (tensor<?x?xf32, #graph.dims<n, m>>) -> tensor<?x?xf32, #graph.dims<n, m>>
  return %1 : tensor<?x?xf32, #graph.dims<n, m>>
}
