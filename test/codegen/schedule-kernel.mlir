// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-schedule-kernel),canonicalize)' | FileCheck %s
// A function on tensors becomes loops over buffers, by the schedule of its family; without a family nothing happens.

module attributes {treadle.target = {name = "cpu", variant = "x86-64-v3", vector_bytes = 32 : i64, vector_registers = 16 : i64}} {
  // CHECK-LABEL: func @map(
  // CHECK-SAME: %[[IN:.*]]: memref<?xf32>, %[[OUT:.*]]: memref<?xf32>, %[[BEGIN:.*]]: index, %[[END:.*]]: index, %{{.*}}: memref<?xi8>)
  // CHECK-SAME: treadle.buffers = 2 : i64
  // CHECK-SAME: treadle.grid = #graph.dims<1>
  // CHECK: scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
  // CHECK: %[[X:.*]] = vector.load %[[IN]]{{.*}} vector<8xf32>
  // CHECK: %[[Y:.*]] = arith.negf %[[X]]
  // CHECK: vector.store %[[Y]], %[[OUT]]
  func.func @map(%a: tensor<8xf32>) -> tensor<8xf32> attributes {treadle.family = "map", treadle.symbols = []} {
    %0 = graph.neg %a : (tensor<8xf32>) -> tensor<8xf32>
    return %0 : tensor<8xf32>
  }

  // Sizes that are not known come as arguments.
  // CHECK-LABEL: func @rows(
  // CHECK-SAME: memref<?xf32>, %{{.*}}: memref<?xf32>, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: memref<?xi8>)
  // CHECK: vector.shuffle
  func.func @rows(%a: tensor<?x64xf32, #graph.dims<s0, 64>>) -> tensor<?x1xf32, #graph.dims<s0, 1>> attributes {treadle.family = "rows", treadle.symbols = ["s0"]} {
    %0 = graph.reduce sum %a {axes = array<i64: 1>} : (tensor<?x64xf32, #graph.dims<s0, 64>>) -> tensor<?x1xf32, #graph.dims<s0, 1>>
    return %0 : tensor<?x1xf32, #graph.dims<s0, 1>>
  }

  // A square is loaded once for all of its rows, from the first on, wherever it begins.
  // CHECK-LABEL: func @transposed(
  // CHECK-COUNT-8: vector.load %{{.*}} vector<8xf32>
  // CHECK-NOT: vector.load %{{.*}} vector<8xf32>
  // CHECK-COUNT-8: vector.store
  // CHECK: vector.gather
  func.func @transposed(%a: tensor<?x16xf32, #graph.dims<s0, 16>>) -> tensor<9x8xf32> attributes {treadle.family = "map", treadle.symbols = ["s0"]} {
    %0 = graph.slice %a starts <s0 - 8, 3> steps [1, 1] : (tensor<?x16xf32, #graph.dims<s0, 16>>) -> tensor<8x9xf32>
    %1 = graph.transpose %0 {permutation = array<i64: 1, 0>} : (tensor<8x9xf32>) -> tensor<9x8xf32>
    return %1 : tensor<9x8xf32>
  }

  // CHECK-LABEL: func @contraction(
  // CHECK: vector.fma
  // CHECK-NOT: graph.matmul
  func.func @contraction(%a: tensor<12x8xf32>, %w: tensor<8x32xf32>) -> tensor<12x32xf32> attributes {treadle.family = "contraction", treadle.symbols = []} {
    %0 = graph.matmul %a, %w : (tensor<12x8xf32>, tensor<8x32xf32>) -> tensor<12x32xf32>
    return %0 : tensor<12x32xf32>
  }

  // Of 4,096 keys, in blocks of 70, those of a prefix and of a window of 164: the loop goes over 4 blocks, the first of which is
  // the prefix's, and the others are far behind it.
  // CHECK-LABEL: func @window(
  // CHECK: scf.for %[[PLACE:.*]] = %c0 to %c246 step %c70
  // CHECK-DAG: %[[FAR:.*]] = arith.addi %[[PLACE]], %c3850
  // CHECK-DAG: %[[FIRST:.*]] = arith.cmpi slt, %[[PLACE]], %c70
  // CHECK: arith.select %[[FIRST]], %[[PLACE]], %[[FAR]]
  // CHECK: return
  func.func @window(%q: tensor<4x64x64xf32>, %k: tensor<4x4096x64xf32>, %v: tensor<4x4096x64xf32>) -> tensor<4x64x64xf32> attributes {treadle.family = "attention", treadle.symbols = []} {
    %0 = graph.attention %q, %k, %v {causal, windowLeft = 100, prefix = 4, scale = 0.125 : f64} : (tensor<4x64x64xf32>, tensor<4x4096x64xf32>, tensor<4x4096x64xf32>) -> tensor<4x64x64xf32>
    return %0 : tensor<4x64x64xf32>
  }

  // CHECK-LABEL: func @other(
  // CHECK-NEXT: graph.neg %arg0
  func.func @other(%a: tensor<8xf32>) -> tensor<8xf32> {
    %0 = graph.neg %a : (tensor<8xf32>) -> tensor<8xf32>
    return %0 : tensor<8xf32>
  }
}
