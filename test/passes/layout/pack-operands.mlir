// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-pack-operands))' --mlir-elide-resource-strings-if-larger=20 | FileCheck %s
// Constant matrices and filters are stored as kernels read them; the ops that use them still see the form they know.

// CHECK-LABEL: func @matmul
// CHECK: %[[PANELS:.*]] = graph.constant {{.*}} : tensor<1x1x4x16xf32>
// CHECK: %[[W:.*]] = graph.unpack %[[PANELS]] : (tensor<1x1x4x16xf32>) -> tensor<4x16xf32>
// CHECK: graph.matmul %arg0, %[[W]]
func.func @matmul(%a: tensor<8x4xf32>) -> tensor<8x16xf32> {
  %w = graph.constant dense<0.5> : tensor<4x16xf32>
  %0 = graph.matmul %a, %w : (tensor<8x4xf32>, tensor<4x16xf32>) -> tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}

// CHECK-LABEL: func @strided
// CHECK: graph.unpack {{.*}} -> tensor<4x3x3x3xf32>
func.func @strided(%a: tensor<1x8x8x3xf32>) -> tensor<1x4x4x4xf32> {
  %w = graph.constant dense<0.5> : tensor<4x3x3x3xf32>
  %0 = graph.conv %a, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 1 : i64, channelsLast} : (tensor<1x8x8x3xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x4x4xf32>
  return %0 : tensor<1x4x4x4xf32>
}

// CHECK-LABEL: func @winograd
// CHECK: %[[TRANSFORM:.*]] = graph.constant {{.*}} : tensor<36x
// CHECK: graph.winograd_filter %[[TRANSFORM]] {outputTile = 4 : i64}
func.func @winograd(%a: tensor<1x64x64x64xf32>) -> tensor<1x64x64x64xf32> {
  %w = graph.constant dense<0.5> : tensor<64x64x3x3xf32>
  %0 = graph.conv %a, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 1 : i64, channelsLast} : (tensor<1x64x64x64xf32>, tensor<64x64x3x3xf32>) -> tensor<1x64x64x64xf32>
  return %0 : tensor<1x64x64x64xf32>
}

// CHECK-LABEL: func @depthwise
// CHECK: %[[TAPS:.*]] = graph.constant {{.*}} : tensor<3x3x1x4xf32>
// CHECK: graph.transpose %[[TAPS]] {permutation = array<i64: 3, 2, 0, 1>}
func.func @depthwise(%a: tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32> {
  %w = graph.constant dense<0.5> : tensor<4x1x3x3xf32>
  %0 = graph.conv %a, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 4 : i64, channelsLast} : (tensor<1x8x8x4xf32>, tensor<4x1x3x3xf32>) -> tensor<1x8x8x4xf32>
  return %0 : tensor<1x8x8x4xf32>
}

// CHECK-LABEL: func @argument
// CHECK-NEXT: graph.matmul %arg0, %arg1
func.func @argument(%a: tensor<8x4xf32>, %w: tensor<4x16xf32>) -> tensor<8x16xf32> {
  %0 = graph.matmul %a, %w : (tensor<8x4xf32>, tensor<4x16xf32>) -> tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}
