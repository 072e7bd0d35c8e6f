// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-recognize-attention,canonicalize))' | FileCheck %s
// Two products with a softmax between are attention, whatever order factors and masks come in.

// As BERT's exports have it: keys transposed, scores divided, a mask added. The transposes stay with the
// operands, where group formation finds them.
// CHECK-LABEL: func @bert
func.func @bert(%q: tensor<2x7x3x4xf32>, %k: tensor<2x9x3x4xf32>, %v: tensor<2x9x3x4xf32>,
                %mask: tensor<2x1x1x9xf32>) -> tensor<2x7x3x4xf32> {
  // CHECK-DAG: %[[Q:.*]] = graph.transpose %arg0 {permutation = array<i64: 0, 2, 1, 3>}
  // CHECK-DAG: %[[K:.*]] = graph.transpose %arg1 {permutation = array<i64: 0, 2, 1, 3>}
  // CHECK-DAG: %[[V:.*]] = graph.transpose %arg2 {permutation = array<i64: 0, 2, 1, 3>}
  // CHECK: %[[A:.*]] = graph.attention %[[Q]], %[[K]], %[[V]], %arg3 {scale = 5.000000e-01 : f64}
  // CHECK-NEXT: graph.transpose %[[A]]
  %0 = graph.transpose %q {permutation = array<i64: 0, 2, 1, 3>} : (tensor<2x7x3x4xf32>) -> tensor<2x3x7x4xf32>
  %1 = graph.transpose %k {permutation = array<i64: 0, 2, 3, 1>} : (tensor<2x9x3x4xf32>) -> tensor<2x3x4x9xf32>
  %2 = graph.transpose %v {permutation = array<i64: 0, 2, 1, 3>} : (tensor<2x9x3x4xf32>) -> tensor<2x3x9x4xf32>
  %3 = graph.matmul %0, %1 : (tensor<2x3x7x4xf32>, tensor<2x3x4x9xf32>) -> tensor<2x3x7x9xf32>
  %c = graph.constant dense<2.0> : tensor<f32>
  %4 = graph.div %3, %c : (tensor<2x3x7x9xf32>, tensor<f32>) -> tensor<2x3x7x9xf32>
  %5 = graph.add %4, %mask : (tensor<2x3x7x9xf32>, tensor<2x1x1x9xf32>) -> tensor<2x3x7x9xf32>
  %6 = graph.softmax %5 {axis = 3 : i64} : (tensor<2x3x7x9xf32>) -> tensor<2x3x7x9xf32>
  %7 = graph.matmul %6, %2 : (tensor<2x3x7x9xf32>, tensor<2x3x9x4xf32>) -> tensor<2x3x7x4xf32>
  %8 = graph.transpose %7 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<2x3x7x4xf32>) -> tensor<2x7x3x4xf32>
  return %8 : tensor<2x7x3x4xf32>
}

// As torch writes scaled_dot_product_attention: the scale's root on both sides, a boolean mask.
// CHECK-LABEL: func @torch
func.func @torch(%q: tensor<5x4xf32>, %k: tensor<6x4xf32>, %v: tensor<6x4xf32>, %mask: tensor<5x6xi1>) -> tensor<5x4xf32> {
  // CHECK: %[[M:.*]] = graph.select %arg3, %{{.*}}, %{{.*}}
  // CHECK-NEXT: graph.attention %arg0, %arg1, %arg2, %[[M]] {scale = 2.500000e-01 : f64}
  // CHECK-NEXT: return
  %c = graph.constant dense<0.5> : tensor<f32>
  %inf = graph.constant dense<0xFF800000> : tensor<f32>
  %0 = graph.mul %q, %c : (tensor<5x4xf32>, tensor<f32>) -> tensor<5x4xf32>
  %1 = graph.mul %k, %c : (tensor<6x4xf32>, tensor<f32>) -> tensor<6x4xf32>
  %2 = graph.matmul %0, %1 {transposeRhs} : (tensor<5x4xf32>, tensor<6x4xf32>) -> tensor<5x6xf32>
  %3 = graph.select %mask, %2, %inf : (tensor<5x6xi1>, tensor<5x6xf32>, tensor<f32>) -> tensor<5x6xf32>
  %4 = graph.softmax %3 {axis = 1 : i64} : (tensor<5x6xf32>) -> tensor<5x6xf32>
  %5 = graph.matmul %4, %v : (tensor<5x6xf32>, tensor<6x4xf32>) -> tensor<5x4xf32>
  return %5 : tensor<5x4xf32>
}

// Probabilities that somebody else reads must be there.
// CHECK-LABEL: func @shown
func.func @shown(%q: tensor<5x4xf32>, %k: tensor<6x4xf32>, %v: tensor<6x4xf32>) -> (tensor<5x4xf32>, tensor<5x6xf32>) {
  // CHECK-NOT: graph.attention
  %0 = graph.matmul %q, %k {transposeRhs} : (tensor<5x4xf32>, tensor<6x4xf32>) -> tensor<5x6xf32>
  %1 = graph.softmax %0 {axis = 1 : i64} : (tensor<5x6xf32>) -> tensor<5x6xf32>
  %2 = graph.matmul %1, %v : (tensor<5x6xf32>, tensor<6x4xf32>) -> tensor<5x4xf32>
  return %2, %1 : tensor<5x4xf32>, tensor<5x6xf32>
}

// A mask of -100 is not the same added as selected.
// CHECK-LABEL: func @weakMask
func.func @weakMask(%q: tensor<5x4xf32>, %k: tensor<6x4xf32>, %v: tensor<6x4xf32>, %mask: tensor<5x6xi1>) -> tensor<5x4xf32> {
  // CHECK-NOT: graph.attention
  %c = graph.constant dense<-100.0> : tensor<f32>
  %0 = graph.matmul %q, %k {transposeRhs} : (tensor<5x4xf32>, tensor<6x4xf32>) -> tensor<5x6xf32>
  %1 = graph.select %mask, %0, %c : (tensor<5x6xi1>, tensor<5x6xf32>, tensor<f32>) -> tensor<5x6xf32>
  %2 = graph.softmax %1 {axis = 1 : i64} : (tensor<5x6xf32>) -> tensor<5x6xf32>
  %3 = graph.matmul %2, %v : (tensor<5x6xf32>, tensor<6x4xf32>) -> tensor<5x4xf32>
  return %3 : tensor<5x4xf32>
}

// Zeros for rows whose keys are all masked out: the whole result of such a row is NaN before.
// CHECK-LABEL: func @safe
func.func @safe(%q: tensor<5x4xf32>, %k: tensor<6x4xf32>, %v: tensor<6x4xf32>, %mask: tensor<5x6xf32>) -> tensor<5x4xf32> {
  // CHECK: %[[A:.*]] = graph.attention %arg0, %arg1, %arg2, %arg3
  // CHECK: %[[N:.*]] = graph.is_nan %[[A]]
  // CHECK: graph.select %[[N]], %{{.*}}, %[[A]]
  %c = graph.constant dense<0.0> : tensor<f32>
  %0 = graph.matmul %q, %k {transposeRhs} : (tensor<5x4xf32>, tensor<6x4xf32>) -> tensor<5x6xf32>
  %1 = graph.add %0, %mask : (tensor<5x6xf32>, tensor<5x6xf32>) -> tensor<5x6xf32>
  %2 = graph.softmax %1 {axis = 1 : i64} : (tensor<5x6xf32>) -> tensor<5x6xf32>
  %3 = graph.is_nan %2 : (tensor<5x6xf32>) -> tensor<5x6xi1>
  %4 = graph.select %3, %c, %2 : (tensor<5x6xi1>, tensor<f32>, tensor<5x6xf32>) -> tensor<5x6xf32>
  %5 = graph.matmul %4, %v : (tensor<5x6xf32>, tensor<6x4xf32>) -> tensor<5x4xf32>
  return %5 : tensor<5x4xf32>
}

// Keys and values that all heads share.
// CHECK-LABEL: func @shared
func.func @shared(%q: tensor<3x5x4xf32>, %k: tensor<1x6x4xf32>, %v: tensor<1x6x4xf32>) -> tensor<3x5x4xf32> {
  // CHECK: graph.attention %arg0, %arg1, %arg2 {scale = 1.000000e+00 : f64}
  %0 = graph.matmul %q, %k {transposeRhs} : (tensor<3x5x4xf32>, tensor<1x6x4xf32>) -> tensor<3x5x6xf32>
  %1 = graph.softmax %0 {axis = 2 : i64} : (tensor<3x5x6xf32>) -> tensor<3x5x6xf32>
  %2 = graph.matmul %1, %v : (tensor<3x5x6xf32>, tensor<1x6x4xf32>) -> tensor<3x5x4xf32>
  return %2 : tensor<3x5x4xf32>
}

// Queries that are shared would be computed once instead of for each head: that is left to the products.
// CHECK-LABEL: func @sharedQueries
func.func @sharedQueries(%q: tensor<1x5x4xf32>, %k: tensor<3x6x4xf32>, %v: tensor<3x6x4xf32>) -> tensor<3x5x4xf32> {
  // CHECK-NOT: graph.attention
  %0 = graph.matmul %q, %k {transposeRhs} : (tensor<1x5x4xf32>, tensor<3x6x4xf32>) -> tensor<3x5x6xf32>
  %1 = graph.softmax %0 {axis = 2 : i64} : (tensor<3x5x6xf32>) -> tensor<3x5x6xf32>
  %2 = graph.matmul %1, %v : (tensor<3x5x6xf32>, tensor<3x6x4xf32>) -> tensor<3x5x4xf32>
  return %2 : tensor<3x5x4xf32>
}

// A softmax over queries is none of attention's.
// CHECK-LABEL: func @overQueries
func.func @overQueries(%q: tensor<5x4xf32>, %k: tensor<6x4xf32>, %v: tensor<6x4xf32>) -> tensor<5x4xf32> {
  // CHECK-NOT: graph.attention
  %0 = graph.matmul %q, %k {transposeRhs} : (tensor<5x4xf32>, tensor<6x4xf32>) -> tensor<5x6xf32>
  %1 = graph.softmax %0 {axis = 0 : i64} : (tensor<5x6xf32>) -> tensor<5x6xf32>
  %2 = graph.matmul %1, %v : (tensor<5x6xf32>, tensor<6x4xf32>) -> tensor<5x4xf32>
  return %2 : tensor<5x4xf32>
}

// Nor is its logarithm.
// CHECK-LABEL: func @logarithm
func.func @logarithm(%q: tensor<5x4xf32>, %k: tensor<6x4xf32>, %v: tensor<6x4xf32>) -> tensor<5x4xf32> {
  // CHECK-NOT: graph.attention
  %0 = graph.matmul %q, %k {transposeRhs} : (tensor<5x4xf32>, tensor<6x4xf32>) -> tensor<5x6xf32>
  %1 = graph.softmax %0 {axis = 1 : i64, log} : (tensor<5x6xf32>) -> tensor<5x6xf32>
  %2 = graph.matmul %1, %v : (tensor<5x6xf32>, tensor<6x4xf32>) -> tensor<5x4xf32>
  return %2 : tensor<5x4xf32>
}

// Scores that are a result, or read by another op, must be there.
// CHECK-LABEL: func @scoresShown
func.func @scoresShown(%q: tensor<5x4xf32>, %k: tensor<6x4xf32>, %v: tensor<6x4xf32>) -> (tensor<5x4xf32>, tensor<5x6xf32>) {
  // CHECK-NOT: graph.attention
  %0 = graph.matmul %q, %k {transposeRhs} : (tensor<5x4xf32>, tensor<6x4xf32>) -> tensor<5x6xf32>
  %1 = graph.softmax %0 {axis = 1 : i64} : (tensor<5x6xf32>) -> tensor<5x6xf32>
  %2 = graph.matmul %1, %v : (tensor<5x6xf32>, tensor<6x4xf32>) -> tensor<5x4xf32>
  return %2, %0 : tensor<5x4xf32>, tensor<5x6xf32>
}
