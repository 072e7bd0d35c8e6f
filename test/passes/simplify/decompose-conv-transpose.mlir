// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-decompose-conv-transpose,canonicalize,treadle-fold-constants))' | FileCheck %s
// The four phases of a stride of 2 are channels of one convolution with a quarter of the taps.

// CHECK-LABEL: func @phases
func.func @phases(%x: tensor<?x3x?x?xf32, #graph.dims<n, 3, h, w>>) -> tensor<?x4x?x?xf32, #graph.dims<n, 4, 2 * h, 2 * w>> {
  // CHECK-NOT: conv_transpose
  // CHECK: graph.constant {{.*}} : tensor<16x3x2x2xf32>
  // CHECK: graph.conv {{.*}}channelsLast{{.*}}padHigh = array<i64: 1, 1>, padLow = array<i64: 1, 1>
  // CHECK-SAME: #graph.dims<n, h + 1, w + 1, 16>
  // CHECK: graph.transpose
  // CHECK: graph.slice {{.*}} starts <0, 1, 1, 0>
  // CHECK-SAME: #graph.dims<n, 2 * h, 2 * w, 4>
  %w = graph.constant dense<1.0> : tensor<3x4x4x4xf32>
  %y = graph.conv_transpose %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, padLow = array<i64: 1, 1>, padHigh = array<i64: 1, 1>, outputPad = array<i64: 0, 0>, groups = 1 : i64} : (tensor<?x3x?x?xf32, #graph.dims<n, 3, h, w>>, tensor<3x4x4x4xf32>) -> tensor<?x4x?x?xf32, #graph.dims<n, 4, 2 * h, 2 * w>>
  return %y : tensor<?x4x?x?xf32, #graph.dims<n, 4, 2 * h, 2 * w>>
}

// Cropping by more than the stride leaves whole steps out at the start.
// CHECK-LABEL: func @cropped
func.func @cropped(%x: tensor<1x1x8xf32>) -> tensor<1x1x13xf32> {
  // CHECK: graph.conv {{.*}}padHigh = array<i64: 0>, padLow = array<i64: 0>
  // CHECK: graph.slice {{.*}} starts <0, 1, 0>
  %w = graph.constant dense<1.0> : tensor<1x1x4xf32>
  %y = graph.conv_transpose %x, %w {strides = array<i64: 2>, dilations = array<i64: 1>, padLow = array<i64: 3>, padHigh = array<i64: 2>, outputPad = array<i64: 0>, groups = 1 : i64} : (tensor<1x1x8xf32>, tensor<1x1x4xf32>) -> tensor<1x1x13xf32>
  return %y : tensor<1x1x13xf32>
}
