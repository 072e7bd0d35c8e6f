// RUN: treadle-opt %s --canonicalize | FileCheck %s
// What the graph dialect's own patterns make of ops that only move elements.

// Heads merged into the batch, transposed, and split again: one transpose of what was there before.
// CHECK-LABEL: func @unmerged
func.func @unmerged(%x: tensor<?x?x3x4xf32, #graph.dims<n, l, 3, 4>>) -> tensor<?x3x4x?xf32, #graph.dims<n, 3, 4, l>> {
  // CHECK: %[[T:.*]] = graph.transpose %arg0 {permutation = array<i64: 0, 2, 3, 1>}
  // CHECK-NEXT: return %[[T]]
  %0 = graph.transpose %x {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x?x3x4xf32, #graph.dims<n, l, 3, 4>>) -> tensor<?x3x?x4xf32, #graph.dims<n, 3, l, 4>>
  %1 = graph.reshape %0 : (tensor<?x3x?x4xf32, #graph.dims<n, 3, l, 4>>) -> tensor<?x?x4xf32, #graph.dims<3*n, l, 4>>
  %2 = graph.transpose %1 {permutation = array<i64: 0, 2, 1>} : (tensor<?x?x4xf32, #graph.dims<3*n, l, 4>>) -> tensor<?x4x?xf32, #graph.dims<3*n, 4, l>>
  %3 = graph.reshape %2 : (tensor<?x4x?xf32, #graph.dims<3*n, 4, l>>) -> tensor<?x3x4x?xf32, #graph.dims<n, 3, 4, l>>
  return %3 : tensor<?x3x4x?xf32, #graph.dims<n, 3, 4, l>>
}

// Split otherwise than it was merged, it is another order of elements.
// CHECK-LABEL: func @splitOtherwise
func.func @splitOtherwise(%x: tensor<2x6x5xf32>) -> tensor<5x3x4xf32> {
  // CHECK: graph.reshape
  // CHECK: graph.transpose
  // CHECK: graph.reshape
  %0 = graph.reshape %x : (tensor<2x6x5xf32>) -> tensor<12x5xf32>
  %1 = graph.transpose %0 {permutation = array<i64: 1, 0>} : (tensor<12x5xf32>) -> tensor<5x12xf32>
  %2 = graph.reshape %1 : (tensor<5x12xf32>) -> tensor<5x3x4xf32>
  return %2 : tensor<5x3x4xf32>
}

// Split, not merged: channels are shuffled.
// CHECK-LABEL: func @shuffled
func.func @shuffled(%x: tensor<?x12x?xf32, #graph.dims<n, 12, h>>) -> tensor<?x12x?xf32, #graph.dims<n, 12, h>> {
  // CHECK: graph.reshape
  // CHECK: graph.transpose {{.*}} {permutation = array<i64: 0, 2, 1, 3>}
  // CHECK: graph.reshape
  %0 = graph.reshape %x : (tensor<?x12x?xf32, #graph.dims<n, 12, h>>) -> tensor<?x3x4x?xf32, #graph.dims<n, 3, 4, h>>
  %1 = graph.transpose %0 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x3x4x?xf32, #graph.dims<n, 3, 4, h>>) -> tensor<?x4x3x?xf32, #graph.dims<n, 4, 3, h>>
  %2 = graph.reshape %1 : (tensor<?x4x3x?xf32, #graph.dims<n, 4, 3, h>>) -> tensor<?x12x?xf32, #graph.dims<n, 12, h>>
  return %2 : tensor<?x12x?xf32, #graph.dims<n, 12, h>>
}
