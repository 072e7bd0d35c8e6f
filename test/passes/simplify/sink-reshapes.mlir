// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-sink-reshapes,canonicalize))' | FileCheck %s
// After a product, elementwise ops come before the reshape.

// CHECK-LABEL: func @bias
func.func @bias(%x: tensor<6x4xf32>, %w: tensor<4x8xf32>, %b: tensor<8xf32>) -> tensor<2x3x8xf32> {
  // CHECK: %[[Y:.*]] = graph.matmul
  // CHECK-NEXT: %[[B:.*]] = graph.reshape %arg2 {{.*}} -> tensor<1x8xf32>
  // CHECK-NEXT: %[[S:.*]] = graph.add %[[Y]], %[[B]] : (tensor<6x8xf32>, tensor<1x8xf32>) -> tensor<6x8xf32>
  // CHECK-NEXT: %[[T:.*]] = graph.tanh %[[S]]
  // CHECK-NEXT: %[[R:.*]] = graph.reshape %[[T]]
  // CHECK-NEXT: return %[[R]]
  %0 = graph.matmul %x, %w : (tensor<6x4xf32>, tensor<4x8xf32>) -> tensor<6x8xf32>
  %1 = graph.reshape %0 : (tensor<6x8xf32>) -> tensor<2x3x8xf32>
  %2 = graph.add %1, %b : (tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32>
  %3 = graph.tanh %2 : (tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
  return %3 : tensor<2x3x8xf32>
}

// An operand that differs within the dimensions that are torn apart has no place.
// CHECK-LABEL: func @torn
func.func @torn(%x: tensor<6x4xf32>, %w: tensor<4x8xf32>, %b: tensor<3x8xf32>) -> tensor<2x3x8xf32> {
  // CHECK: graph.matmul
  // CHECK-NEXT: graph.reshape
  // CHECK-NEXT: graph.add
  %0 = graph.matmul %x, %w : (tensor<6x4xf32>, tensor<4x8xf32>) -> tensor<6x8xf32>
  %1 = graph.reshape %0 : (tensor<6x8xf32>) -> tensor<2x3x8xf32>
  %2 = graph.add %1, %b : (tensor<2x3x8xf32>, tensor<3x8xf32>) -> tensor<2x3x8xf32>
  return %2 : tensor<2x3x8xf32>
}

// What no product made stays where it is: it may be fused with what follows.
// CHECK-LABEL: func @view
func.func @view(%x: tensor<6x8xf32>) -> tensor<2x3x8xf32> {
  // CHECK: graph.reshape
  // CHECK-NEXT: graph.tanh
  %1 = graph.reshape %x : (tensor<6x8xf32>) -> tensor<2x3x8xf32>
  %2 = graph.tanh %1 : (tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
  return %2 : tensor<2x3x8xf32>
}
