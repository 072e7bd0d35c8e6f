// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-fold-constants))' | FileCheck %s
// A chain becomes one constant; what would only make constants larger stays.

// CHECK-LABEL: func @chain
func.func @chain() -> tensor<2xf32> {
  // CHECK-NEXT: %[[C:.*]] = graph.constant dense<[3.000000e+00, 5.000000e+00]>
  // CHECK-NEXT: return %[[C]]
  %a = graph.constant dense<[1, 2]> : tensor<2xi8>
  %two = graph.constant dense<2.0> : tensor<f32>
  %one = graph.constant dense<1.0> : tensor<f32>
  %0 = graph.cast %a {to = f32} : (tensor<2xi8>) -> tensor<2xf32>
  %1 = graph.mul %0, %two : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %2 = graph.add %1, %one : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  return %2 : tensor<2xf32>
}

// A value in the middle that something else reads stays too.
// CHECK-LABEL: func @shared
func.func @shared(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  // CHECK-DAG: %[[N:.*]] = graph.constant dense<[-1.000000e+00, -2.000000e+00]>
  // CHECK-DAG: %[[E:.*]] = graph.constant dense<[1.000000e+00, 2.000000e+00]>
  // CHECK: %[[S:.*]] = graph.add %arg0, %[[N]]
  // CHECK: return %[[S]], %[[E]]
  %a = graph.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = graph.neg %a : (tensor<2xf32>) -> tensor<2xf32>
  %1 = graph.neg %0 : (tensor<2xf32>) -> tensor<2xf32>
  %2 = graph.add %x, %0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %2, %1 : tensor<2xf32>, tensor<2xf32>
}

// CHECK-LABEL: func @large
func.func @large() -> tensor<1000x1000xf32> {
  // CHECK: graph.broadcast
  %a = graph.constant dense<1.0> : tensor<1x1000xf32>
  %0 = graph.broadcast %a : (tensor<1x1000xf32>) -> tensor<1000x1000xf32>
  return %0 : tensor<1000x1000xf32>
}
