// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-expand-neural-graphics,canonicalize,cse))' | FileCheck %s
// Ops of ng become compositions of ops of graph.

// A gather for each vertex of a cell, of all levels at once; only coarse levels' indices are not hashed.
// CHECK-LABEL: func @grid
func.func @grid(%x: tensor<?x2xf32, #graph.dims<n, 2>>, %table: tensor<1032x2xf16>) -> tensor<?x4xf16, #graph.dims<n, 4>> {
  // CHECK-NOT: ng.
  // CHECK-COUNT-4: graph.gather {{.*}} -> tensor<?x2x2xf16, #graph.dims<n, 2, 2>>
  // CHECK-NOT: graph.gather
  // CHECK: graph.reshape {{.*}} -> tensor<?x4xf16, #graph.dims<n, 4>>
  %0 = ng.grid_encoding %x, %table {
    levels = [#ng.level<scale = 1.0 : f32, resolution = 2, offset = 0, entries = 8, index = dense>,
              #ng.level<scale = 63.0 : f32, resolution = 64, offset = 8, entries = 1024, index = coherent_prime>],
    interpolation = #ng.interpolation<linear>
  } : (tensor<?x2xf32, #graph.dims<n, 2>>, tensor<1032x2xf16>) -> tensor<?x4xf16, #graph.dims<n, 4>>
  return %0 : tensor<?x4xf16, #graph.dims<n, 4>>
}

// The nearest vertex has no weight, and dense levels alone no hash.
// CHECK-LABEL: func @nearest
func.func @nearest(%x: tensor<9x3xf32>, %table: tensor<64x2xf32>) -> tensor<9x2xf32> {
  // CHECK-NOT: graph.xor
  // CHECK: graph.gather
  // CHECK-NOT: graph.gather
  // CHECK: return
  %0 = ng.grid_encoding %x, %table {
    levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>],
    interpolation = #ng.interpolation<nearest>
  } : (tensor<9x3xf32>, tensor<64x2xf32>) -> tensor<9x2xf32>
  return %0 : tensor<9x2xf32>
}

// CHECK-LABEL: func @harmonics
func.func @harmonics(%d: tensor<9x3xf32>) -> tensor<9x16xf32> {
  // CHECK: graph.matmul {{.*}} (tensor<9x4xf32>, tensor<4x16xf32>) -> tensor<9x16xf32>
  %0 = ng.spherical_harmonics %d {degree = 4 : i64} : (tensor<9x3xf32>) -> tensor<9x16xf32>
  return %0 : tensor<9x16xf32>
}

// Angles are reduced to a turn before they are rounded.
// CHECK-LABEL: func @frequency
func.func @frequency(%x: tensor<9x3xf32>) -> tensor<9x24xf32> {
  // CHECK: %[[TURNS:.*]] = graph.mul
  // CHECK: %[[WHOLE:.*]] = graph.round %[[TURNS]]
  // CHECK: graph.sub %[[TURNS]], %[[WHOLE]]
  // CHECK: graph.sin
  %0 = ng.frequency %x {frequencies = 4 : i64} : (tensor<9x3xf32>) -> tensor<9x24xf32>
  return %0 : tensor<9x24xf32>
}

// An activation of several ops is done in f32; the name of the op stays.
// CHECK-LABEL: func @mlp
func.func @mlp(%x: tensor<9x32xf16>, %a: tensor<64x32xf16>, %b: tensor<16x64xf16>) -> tensor<9x16xf16> {
  // CHECK: graph.matmul %{{.*}}, %{{.*}} {transposeRhs} : (tensor<9x32xf16>, tensor<64x32xf16>) -> tensor<9x64xf16>
  // CHECK: graph.max
  // CHECK: graph.matmul
  // CHECK: graph.sigmoid {{.*}} : (tensor<9x16xf32>)
  // CHECK: graph.cast {{.*}}{graph.value = "colour", to = f16}
  %0 = ng.mlp %x, %a, %b {activation = #ng.activation<relu>, outputActivation = #ng.activation<silu>, graph.value = "colour"}
      : (tensor<9x32xf16>, tensor<64x32xf16>, tensor<16x64xf16>) -> tensor<9x16xf16>
  return %0 : tensor<9x16xf16>
}

// CHECK-LABEL: func @graph
func.func @graph(%x: tensor<9x3xf32>) -> tensor<9x3xf32> {
  // CHECK-NEXT: graph.exp
  // CHECK-NEXT: return
  %0 = graph.exp %x : (tensor<9x3xf32>) -> tensor<9x3xf32>
  return %0 : tensor<9x3xf32>
}
