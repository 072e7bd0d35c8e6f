// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-form-groups))' | FileCheck %s
// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-form-groups{fuse=false}))' | FileCheck %s --check-prefix=ALONE
// One group for what one kernel computes: elementwise ops together or after something heavy, never two heavy ops.

// CHECK-LABEL: func @chain
// CHECK-COUNT-1: graph.group "map"
// CHECK-NOT: graph.group
// CHECK: graph.yield
// ALONE-LABEL: func @chain
// ALONE-COUNT-3: graph.group "map"
func.func @chain(%a: tensor<8x16xf32>, %b: tensor<16xf32>) -> tensor<8x16xf32> {
  %0 = graph.add %a, %b : (tensor<8x16xf32>, tensor<16xf32>) -> tensor<8x16xf32>
  %1 = graph.tanh %0 : (tensor<8x16xf32>) -> tensor<8x16xf32>
  %2 = graph.mul %1, %a : (tensor<8x16xf32>, tensor<8x16xf32>) -> tensor<8x16xf32>
  return %2 : tensor<8x16xf32>
}

// The scalar constant moves into the group.
// CHECK-LABEL: func @epilogue
// CHECK: graph.group "contraction"(%arg0, %arg1, %arg2) {
// CHECK: graph.constant
// CHECK: graph.matmul
// CHECK: graph.add
// CHECK: graph.max
// CHECK-NEXT: graph.yield
// CHECK-NOT: graph.group
func.func @epilogue(%a: tensor<8x4xf32>, %w: tensor<4x16xf32>, %b: tensor<16xf32>) -> tensor<8x16xf32> {
  %c = graph.constant dense<0.0> : tensor<f32>
  %0 = graph.matmul %a, %w : (tensor<8x4xf32>, tensor<4x16xf32>) -> tensor<8x16xf32>
  %1 = graph.add %0, %b : (tensor<8x16xf32>, tensor<16xf32>) -> tensor<8x16xf32>
  %2 = graph.max %1, %c : (tensor<8x16xf32>, tensor<f32>) -> tensor<8x16xf32>
  return %2 : tensor<8x16xf32>
}

// CHECK-LABEL: func @twoProducts
// CHECK: %[[FIRST:.*]] = graph.group "contraction"(%arg0, %arg1)
// CHECK: graph.group "contraction"(%[[FIRST]], %arg2)
func.func @twoProducts(%a: tensor<8x4xf32>, %w: tensor<4x16xf32>, %v: tensor<16x3xf32>) -> tensor<8x3xf32> {
  %0 = graph.matmul %a, %w : (tensor<8x4xf32>, tensor<4x16xf32>) -> tensor<8x16xf32>
  %1 = graph.matmul %0, %v : (tensor<8x16xf32>, tensor<16x3xf32>) -> tensor<8x3xf32>
  return %1 : tensor<8x3xf32>
}

// What others read besides the epilogue is a result too.
// CHECK-LABEL: func @twoUsers
// CHECK: %[[BOTH:.*]]:2 = graph.group "contraction"
// CHECK: graph.matmul
// CHECK: graph.tanh
// CHECK: graph.group "rows"(%[[BOTH]]#0)
// CHECK: return %[[BOTH]]#1
func.func @twoUsers(%a: tensor<8x4xf32>, %w: tensor<4x16xf32>) -> (tensor<8x16xf32>, tensor<8x1xf32>) {
  %0 = graph.matmul %a, %w : (tensor<8x4xf32>, tensor<4x16xf32>) -> tensor<8x16xf32>
  %1 = graph.tanh %0 : (tensor<8x16xf32>) -> tensor<8x16xf32>
  %2 = graph.reduce sum %0 {axes = array<i64: 1>} : (tensor<8x16xf32>) -> tensor<8x1xf32>
  return %1, %2 : tensor<8x16xf32>, tensor<8x1xf32>
}

// CHECK-LABEL: func @reshape
// CHECK: graph.group "map"
// CHECK: }
// CHECK: graph.reshape
// CHECK: graph.group "map"
func.func @reshape(%a: tensor<8x16xf32>) -> tensor<128xf32> {
  %0 = graph.exp %a : (tensor<8x16xf32>) -> tensor<8x16xf32>
  %1 = graph.reshape %0 : (tensor<8x16xf32>) -> tensor<128xf32>
  %2 = graph.neg %1 : (tensor<128xf32>) -> tensor<128xf32>
  return %2 : tensor<128xf32>
}

// A scan reads each element once: what makes it goes before, what follows it after.
// CHECK-LABEL: func @scan
// CHECK: graph.group "scan"(%arg0) {
// CHECK: graph.exp
// CHECK-NEXT: graph.scan <sum>
// CHECK-NEXT: graph.neg
// CHECK-NEXT: graph.yield
// CHECK-NOT: graph.group
func.func @scan(%a: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %0 = graph.exp %a : (tensor<8x16xf32>) -> tensor<8x16xf32>
  %1 = graph.scan <sum> %0 {axis = 1 : i64} : (tensor<8x16xf32>) -> tensor<8x16xf32>
  %2 = graph.neg %1 : (tensor<8x16xf32>) -> tensor<8x16xf32>
  return %2 : tensor<8x16xf32>
}

// What is sorted and what is scattered is computed in the same kernel; what follows is not: it lies elsewhere.
// CHECK-LABEL: func @sort
// CHECK: %[[FIRST:.*]]:2 = graph.group "sort"(%arg0) {
// CHECK: graph.neg
// CHECK-NEXT: graph.top_k
// CHECK: graph.group "scatter"(%arg1, %[[FIRST]]#1, %[[FIRST]]#0) {
// CHECK: graph.neg
// CHECK-NEXT: graph.scatter_elements
// CHECK: graph.group "map"
func.func @sort(%a: tensor<16xf32>, %b: tensor<16xf32>) -> tensor<16xf32> {
  %0 = graph.neg %a : (tensor<16xf32>) -> tensor<16xf32>
  %1:2 = graph.top_k %0 {axis = 0 : i64} : (tensor<16xf32>) -> (tensor<4xf32>, tensor<4xi64>)
  %2 = graph.neg %b : (tensor<16xf32>) -> tensor<16xf32>
  %3 = graph.scatter_elements %2, %1#1, %1#0 {axis = 0 : i64} : (tensor<16xf32>, tensor<4xi64>, tensor<4xf32>) -> tensor<16xf32>
  %4 = graph.abs %3 : (tensor<16xf32>) -> tensor<16xf32>
  return %4 : tensor<16xf32>
}

// Random numbers are computed where they are used, once: a softmax, which goes over its rows several times, has them made before.
// CHECK-LABEL: func @random
// CHECK: graph.group "map"(%arg0) {
// CHECK: graph.random
// CHECK-NEXT: graph.mul
// CHECK: graph.group "map"() {
// CHECK: graph.random
// CHECK: graph.group "rows"
func.func @random(%a: tensor<8x16xf32>) -> (tensor<8x16xf32>, tensor<8x16xf32>) {
  %0 = graph.random <normal> {seed = 1 : i64} : () -> tensor<8x16xf32>
  %1 = graph.mul %0, %a : (tensor<8x16xf32>, tensor<8x16xf32>) -> tensor<8x16xf32>
  %2 = graph.random <uniform> {seed = 2 : i64} : () -> tensor<8x16xf32>
  %3 = graph.softmax %2 {axis = 1 : i64} : (tensor<8x16xf32>) -> tensor<8x16xf32>
  return %1, %3 : tensor<8x16xf32>, tensor<8x16xf32>
}

// Rows that two groups read are a view of memory, if they begin at a line of it; what one group reads, and columns, are
// computed or copied; so is a result.
// CHECK-LABEL: func @views
// CHECK: %[[ROWS:.*]] = graph.slice %arg0 starts <4, 0>
// CHECK: graph.group "rows"(%[[ROWS]])
// CHECK: graph.group "rows"(%[[ROWS]])
// CHECK: %[[COLUMNS:.*]] = graph.group "map"(%arg0) {
// CHECK: graph.group "rows"(%[[COLUMNS]])
// CHECK: graph.group "rows"(%[[COLUMNS]])
// CHECK: graph.group "map"(%arg0) {
// CHECK: graph.slice {{.*}} starts <5, 0>
func.func @views(%a: tensor<8x16xf32>) -> (tensor<4x16xf32>, tensor<4x16xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<2x16xf32>) {
  %0 = graph.slice %a starts <4, 0> steps [1, 1] : (tensor<8x16xf32>) -> tensor<4x16xf32>
  %1 = graph.softmax %0 {axis = 1 : i64} : (tensor<4x16xf32>) -> tensor<4x16xf32>
  %2 = graph.softmax %0 {axis = 0 : i64} : (tensor<4x16xf32>) -> tensor<4x16xf32>
  %3 = graph.slice %a starts <0, 4> steps [1, 1] : (tensor<8x16xf32>) -> tensor<8x4xf32>
  %4 = graph.softmax %3 {axis = 1 : i64} : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %5 = graph.softmax %3 {axis = 0 : i64} : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %6 = graph.slice %a starts <5, 0> steps [1, 1] : (tensor<8x16xf32>) -> tensor<2x16xf32>
  return %1, %2, %4, %5, %6 : tensor<4x16xf32>, tensor<4x16xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<2x16xf32>
}
