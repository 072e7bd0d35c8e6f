// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-fold-pads,canonicalize))' | FileCheck %s
// Zeros along spatial dimensions become the convolution's own padding; others stay.

// CHECK-LABEL: func @zeros
func.func @zeros(%x: tensor<1x2x5x5xf32>, %w: tensor<3x2x3x3xf32>) -> tensor<1x3x6x7xf32> {
  // CHECK-NOT: graph.pad
  // CHECK: graph.conv %arg0, %arg1
  // CHECK-SAME: padHigh = array<i64: 2, 3>, padLow = array<i64: 1, 1>
  %z = graph.constant dense<0.0> : tensor<f32>
  %p = graph.pad %x, %z low <0, 0, 1, 0> high <0, 0, 1, 2> {mode = #graph.pad_mode<constant>} : (tensor<1x2x5x5xf32>, tensor<f32>) -> tensor<1x2x7x7xf32>
  %y = graph.conv %p, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 1>, padHigh = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x2x7x7xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x6x7xf32>
  return %y : tensor<1x3x6x7xf32>
}

// CHECK-LABEL: func @ones
func.func @ones(%x: tensor<1x2x5x5xf32>, %w: tensor<3x2x3x3xf32>) -> tensor<1x3x5x5xf32> {
  // CHECK: graph.pad
  %z = graph.constant dense<1.0> : tensor<f32>
  %p = graph.pad %x, %z low <0, 0, 1, 1> high <0, 0, 1, 1> {mode = #graph.pad_mode<constant>} : (tensor<1x2x5x5xf32>, tensor<f32>) -> tensor<1x2x7x7xf32>
  %y = graph.conv %p, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (tensor<1x2x7x7xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x5x5xf32>
  return %y : tensor<1x3x5x5xf32>
}

// CHECK-LABEL: func @channels
func.func @channels(%x: tensor<1x2x5x5xf32>, %w: tensor<3x3x3x3xf32>) -> tensor<1x3x3x3xf32> {
  // CHECK: graph.pad
  %z = graph.constant dense<0.0> : tensor<f32>
  %p = graph.pad %x, %z low <0, 1, 0, 0> high <0, 0, 0, 0> {mode = #graph.pad_mode<constant>} : (tensor<1x2x5x5xf32>, tensor<f32>) -> tensor<1x3x5x5xf32>
  %y = graph.conv %p, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (tensor<1x3x5x5xf32>, tensor<3x3x3x3xf32>) -> tensor<1x3x3x3xf32>
  return %y : tensor<1x3x3x3xf32>
}
