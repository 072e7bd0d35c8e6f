// The same numbers whoever computes them, of every shape and type, and in the middle of a kernel.

// -----
// name kinds
// for KIND in uniform, normal
// for T in f32, f64, f16, bf16
// for SHAPE in 1, 3x7, 2x3x33, 1000, 0x5
func.func @main(%a: tensor<f32>) -> (tensor<$SHAPEx$T>, tensor<f32>) {
  %0 = graph.random <$KIND> {seed = 7 : i64} : () -> tensor<$SHAPEx$T>
  return %0, %a : tensor<$SHAPEx$T>, tensor<f32>
}

// -----
// name scalar
// for KIND in uniform, normal
func.func @main(%a: tensor<f32>) -> tensor<f32> {
  %0 = graph.random <$KIND> {seed = -3 : i64} : () -> tensor<f32>
  %1 = graph.add %0, %a : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %1 : tensor<f32>
}

// -----
// name dynamic
// for KIND in uniform, normal
// with n=1 m=1 | n=3 m=17 | n=200 m=33 | n=2 m=0
!t = tensor<?x?xf32, #graph.dims<n, m>>
func.func @main(%a: !t) -> !t {
  %c = graph.constant dense<0.5> : tensor<f32>
  %0 = graph.random <$KIND> {seed = 4294967303 : i64} : () -> !t
  %1 = graph.mul %0, %c : (!t, tensor<f32>) -> !t
  %2 = graph.add %1, %a : (!t, !t) -> !t
  return %2 : !t
}

// Two of them are two; moved elements are the same.
// -----
// name moved
func.func @main(%a: tensor<5x9xf32>) -> (tensor<9x5xf32>, tensor<5x1xf32>) {
  %0 = graph.random <uniform> {seed = 1 : i64} : () -> tensor<5x9xf32>
  %1 = graph.random <uniform> {seed = 2 : i64} : () -> tensor<5x9xf32>
  %2 = graph.sub %0, %1 : (tensor<5x9xf32>, tensor<5x9xf32>) -> tensor<5x9xf32>
  %3 = graph.transpose %2 {permutation = array<i64: 1, 0>} : (tensor<5x9xf32>) -> tensor<9x5xf32>
  %4 = graph.mul %0, %a : (tensor<5x9xf32>, tensor<5x9xf32>) -> tensor<5x9xf32>
  %5 = graph.reduce sum %4 {axes = array<i64: 1>} : (tensor<5x9xf32>) -> tensor<5x1xf32>
  return %3, %5 : tensor<9x5xf32>, tensor<5x1xf32>
}

// -----
// name draws
// for KIND in uniform, normal
// for T in f32, f64
// with n=1 m=3 | n=5 m=17 | n=4 m=1
!t = tensor<?x2x?x$T, #graph.dims<n, 2, m>>
func.func @main(%a: !t) -> !t {
  %0 = graph.random <$KIND> {seed = 4294967303 : i64, draws} : () -> !t
  %1 = graph.add %0, %a : (!t, !t) -> !t
  return %1 : !t
}
