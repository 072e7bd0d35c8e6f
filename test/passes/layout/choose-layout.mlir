// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-choose-layout,canonicalize,cse))' | FileCheck %s
// Channels last from the first convolution to the last; transposes at the function's ends alone.

// CHECK-LABEL: func @chain
// CHECK: %[[X:.*]] = graph.transpose %arg0 {permutation = array<i64: 0, 2, 3, 1>}
// CHECK-NEXT: graph.conv %[[X]], %arg1 {channelsLast
// CHECK-NEXT: graph.tanh {{.*}} -> tensor<1x8x8x4xf32>
// CHECK-NEXT: graph.pool max {{.*}}axes = array<i64: 1, 2>
// CHECK-NEXT: graph.conv {{.*}}channelsLast
// CHECK-NEXT: graph.transpose {{.*}} {permutation = array<i64: 0, 3, 1, 2>}
// CHECK-NEXT: return
func.func @chain(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>, %v: tensor<2x4x1x1xf32>) -> tensor<1x2x4x4xf32> {
  %0 = graph.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  %1 = graph.tanh %0 : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %2 = graph.pool max %1 {axes = array<i64: 2, 3>, kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xf32>
  %3 = graph.conv %2, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (tensor<1x4x4x4xf32>, tensor<2x4x1x1xf32>) -> tensor<1x2x4x4xf32>
  return %3 : tensor<1x2x4x4xf32>
}

// A number a channel has its place by a reshape, which moves nothing.
// CHECK-LABEL: func @bias
// CHECK: %[[B:.*]] = graph.reshape %arg2 : (tensor<4x1x1xf32>) -> tensor<1x1x1x4xf32>
// CHECK: graph.add {{.*}}, %[[B]]
func.func @bias(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x1x1xf32>, %b: tensor<4x1x1xf32>) -> tensor<1x4x8x8xf32> {
  %0 = graph.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
  %1 = graph.add %0, %b : (tensor<1x4x8x8xf32>, tensor<4x1x1xf32>) -> tensor<1x4x8x8xf32>
  return %1 : tensor<1x4x8x8xf32>
}

// CHECK-LABEL: func @noConvolution
// CHECK-NEXT: graph.pool max %arg0 {{.*}}axes = array<i64: 2, 3>
// CHECK-NEXT: return
func.func @noConvolution(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xf32> {
  %0 = graph.pool max %x {axes = array<i64: 2, 3>, kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xf32>
  return %0 : tensor<1x4x4x4xf32>
}
