// RUN: treadle-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(treadle-decompose-top-k))' | FileCheck %s
// What a workgroup sorts in its shared memory stays; longer lines are sorted in blocks, which are merged.

// 24 KiB of the 32 have room for 2,048 keys and indices of 32 bits each, or keys of 64.
// CHECK-LABEL: func @gpu
// CHECK: graph.top_k %arg0
// CHECK: %[[ORDER:.*]] = graph.sort_blocks %arg1 {axis = 1 : i64, block = 2048 : i64, largest}
// CHECK: graph.merge_blocks %arg1, %[[ORDER]] {axis = 1 : i64, block = 2048 : i64, largest}
// CHECK: graph.sort_blocks %arg2 {axis = 0 : i64, block = 2048 : i64}
// CHECK: graph.merge_blocks %arg2
module attributes {treadle.target = {name = "vulkan", variant = "gpu", is_simt = true, shared_bytes = 32768 : i64}} {
  func.func @gpu(%a: tensor<2x2048xf32>, %b: tensor<2x2049xf32>, %c: tensor<?xi64, #graph.dims<n>>)
      -> (tensor<2x5xf32>, tensor<2x5xi64>, tensor<2x5xf32>, tensor<2x5xi64>, tensor<5xi64>, tensor<5xi64>) {
    %0:2 = graph.top_k %a {axis = 1 : i64} : (tensor<2x2048xf32>) -> (tensor<2x5xf32>, tensor<2x5xi64>)
    %1:2 = graph.top_k %b {axis = 1 : i64, largest} : (tensor<2x2049xf32>) -> (tensor<2x5xf32>, tensor<2x5xi64>)
    %2:2 = graph.top_k %c {axis = 0 : i64} : (tensor<?xi64, #graph.dims<n>>) -> (tensor<5xi64>, tensor<5xi64>)
    return %0#0, %0#1, %1#0, %1#1, %2#0, %2#1 : tensor<2x5xf32>, tensor<2x5xi64>, tensor<2x5xf32>, tensor<2x5xi64>, tensor<5xi64>, tensor<5xi64>
  }
}

// -----

// CHECK-LABEL: func @cpu
// CHECK: graph.top_k
// CHECK-NOT: graph.sort_blocks
func.func @cpu(%b: tensor<2x100000xf32>) -> (tensor<2x5xf32>, tensor<2x5xi64>) {
  %1:2 = graph.top_k %b {axis = 1 : i64, largest} : (tensor<2x100000xf32>) -> (tensor<2x5xf32>, tensor<2x5xi64>)
  return %1#0, %1#1 : tensor<2x5xf32>, tensor<2x5xi64>
}
