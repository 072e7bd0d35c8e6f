// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-convert-pointwise))' | FileCheck %s
// Only convolutions with no other kind of window around them become products.

// CHECK-LABEL: func @alone
// CHECK: %[[X:.*]] = graph.reshape %arg0 {{.*}} -> tensor<2x8x1024xf32>
// CHECK: %[[F:.*]] = graph.reshape %arg1 {{.*}} -> tensor<4x8xf32>
// CHECK: %[[Y:.*]] = graph.matmul %[[F]], %[[X]]
// CHECK: graph.reshape %[[Y]] {{.*}} -> tensor<2x4x32x32xf32>
func.func @alone(%x: tensor<2x8x32x32xf32>, %w: tensor<4x8x1x1xf32>) -> tensor<2x4x32x32xf32> {
  %0 = graph.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (tensor<2x8x32x32xf32>, tensor<4x8x1x1xf32>) -> tensor<2x4x32x32xf32>
  return %0 : tensor<2x4x32x32xf32>
}

// CHECK-LABEL: func @twoOfAKind
// CHECK-COUNT-2: graph.matmul
// CHECK-NOT: graph.conv
func.func @twoOfAKind(%x: tensor<?x8x?xf32, #graph.dims<n, 8, l>>, %w: tensor<4x8x1xf32>, %v: tensor<8x4x1xf32>) -> tensor<?x8x?xf32, #graph.dims<n, 8, l>> {
  %0 = graph.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>, groups = 1 : i64} : (tensor<?x8x?xf32, #graph.dims<n, 8, l>>, tensor<4x8x1xf32>) -> tensor<?x4x?xf32, #graph.dims<n, 4, l>>
  %1 = graph.tanh %0 : (tensor<?x4x?xf32, #graph.dims<n, 4, l>>) -> tensor<?x4x?xf32, #graph.dims<n, 4, l>>
  %2 = graph.conv %1, %v {strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>, groups = 1 : i64} : (tensor<?x4x?xf32, #graph.dims<n, 4, l>>, tensor<8x4x1xf32>) -> tensor<?x8x?xf32, #graph.dims<n, 8, l>>
  return %2 : tensor<?x8x?xf32, #graph.dims<n, 8, l>>
}

// CHECK-LABEL: func @amongOthers
// CHECK-NOT: graph.matmul
func.func @amongOthers(%x: tensor<1x3x32x32xf32>, %w: tensor<4x3x3x3xf32>, %v: tensor<2x4x1x1xf32>) -> tensor<1x2x32x32xf32> {
  %0 = graph.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x3x32x32xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x32x32xf32>
  %1 = graph.tanh %0 : (tensor<1x4x32x32xf32>) -> tensor<1x4x32x32xf32>
  %2 = graph.conv %1, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (tensor<1x4x32x32xf32>, tensor<2x4x1x1xf32>) -> tensor<1x2x32x32xf32>
  return %2 : tensor<1x2x32x32xf32>
}

// CHECK-LABEL: func @fewPlaces
// CHECK-NOT: graph.matmul
func.func @fewPlaces(%x: tensor<1x8x7x7xf32>, %w: tensor<4x8x1x1xf32>) -> tensor<1x4x7x7xf32> {
  %0 = graph.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (tensor<1x8x7x7xf32>, tensor<4x8x1x1xf32>) -> tensor<1x4x7x7xf32>
  return %0 : tensor<1x4x7x7xf32>
}
