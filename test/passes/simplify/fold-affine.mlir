// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-fold-affine,canonicalize,cse))' | FileCheck %s
// What scales a product goes into its weights; constants that are added become one.

// A batch normalization after a convolution and its bias: (conv + 1) * [2, 3] - 4
// CHECK-LABEL: func @after_conv
func.func @after_conv(%x: tensor<1x1x4x4xf32>) -> tensor<1x2x4x4xf32> {
  // CHECK-DAG: %[[W:.*]] = graph.constant dense<{{.*}}2.000000e+00{{.*}}3.000000e+00{{.*}}> : tensor<2x1x1x1xf32>
  // CHECK-DAG: %[[B:.*]] = graph.constant dense<{{.*}}-2.000000e+00{{.*}}-1.000000e+00{{.*}}> : tensor<1x2x1x1xf32>
  // CHECK: %[[Y:.*]] = graph.conv %arg0, %[[W]]
  // CHECK-NEXT: %[[Z:.*]] = graph.add %[[Y]], %[[B]]
  // CHECK-NEXT: return %[[Z]]
  %w = graph.constant dense<1.0> : tensor<2x1x1x1xf32>
  %b = graph.constant dense<1.0> : tensor<1x2x1x1xf32>
  %s = graph.constant dense<[[[[2.0]], [[3.0]]]]> : tensor<1x2x1x1xf32>
  %t = graph.constant dense<4.0> : tensor<1x2x1x1xf32>
  %0 = graph.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = graph.add %0, %b : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %2 = graph.mul %1, %s : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %3 = graph.sub %2, %t : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  return %3 : tensor<1x2x4x4xf32>
}

// A value that is scaled in its weights is not the model's any more; what it becomes has the name of the last.
// CHECK-LABEL: func @names
// CHECK: graph.matmul {{.*}}graph.value = "scaled"
// CHECK-NOT: "product"
func.func @names(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = graph.constant dense<1.0> : tensor<2x2xf32>
  %s = graph.constant dense<[5.0, 10.0]> : tensor<2xf32>
  %0 = graph.matmul %x, %w {graph.value = "product"} : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  %1 = graph.mul %0, %s {graph.value = "scaled"} : (tensor<3x2xf32>, tensor<2xf32>) -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}

// CHECK-LABEL: func @around_matmul
func.func @around_matmul(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  // CHECK: %[[W:.*]] = graph.constant dense<{{\[\[}}2.500000e+00, 5.000000e+00], [5.000000e+00, 1.000000e+01]]>
  // CHECK: %[[Y:.*]] = graph.matmul %arg0, %[[W]]
  // CHECK-NEXT: return %[[Y]]
  %w = graph.constant dense<[[1.0, 2.0], [1.0, 2.0]]> : tensor<2x2xf32>
  %s = graph.constant dense<[5.0, 10.0]> : tensor<2xf32>
  %h = graph.constant dense<2.0> : tensor<f32>
  %0 = graph.mul %x, %s : (tensor<3x2xf32>, tensor<2xf32>) -> tensor<3x2xf32>
  %1 = graph.matmul %0, %w : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  %2 = graph.div %1, %h : (tensor<3x2xf32>, tensor<f32>) -> tensor<3x2xf32>
  return %2 : tensor<3x2xf32>
}

// One number a row is none a channel.
// CHECK-LABEL: func @rows
func.func @rows(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // CHECK: graph.mul
  %w = graph.constant dense<[[1.0, 2.0], [1.0, 2.0]]> : tensor<2x2xf32>
  %s = graph.constant dense<[[5.0], [10.0]]> : tensor<2x1xf32>
  %1 = graph.matmul %x, %w : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %2 = graph.mul %1, %s : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
  return %2 : tensor<2x2xf32>
}

// A value that something else reads is not changed.
// CHECK-LABEL: func @shared
func.func @shared(%x: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  // CHECK: graph.mul
  %w = graph.constant dense<[[1.0, 2.0], [1.0, 2.0]]> : tensor<2x2xf32>
  %s = graph.constant dense<3.0> : tensor<f32>
  %1 = graph.matmul %x, %w : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %2 = graph.mul %1, %s : (tensor<2x2xf32>, tensor<f32>) -> tensor<2x2xf32>
  return %1, %2 : tensor<2x2xf32>, tensor<2x2xf32>
}

// Integers are not scaled.
// CHECK-LABEL: func @integers
func.func @integers(%x: tensor<2x2xi32>) -> tensor<2x2xi32> {
  // CHECK: graph.mul
  %w = graph.constant dense<2> : tensor<2x2xi32>
  %s = graph.constant dense<3> : tensor<i32>
  %1 = graph.matmul %x, %w : (tensor<2x2xi32>, tensor<2x2xi32>) -> tensor<2x2xi32>
  %2 = graph.mul %1, %s : (tensor<2x2xi32>, tensor<i32>) -> tensor<2x2xi32>
  return %2 : tensor<2x2xi32>
}
