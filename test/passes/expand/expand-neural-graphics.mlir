// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-expand-neural-graphics{fuse=false},canonicalize,cse))' | FileCheck %s
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

// A field is asked at all places of all rays at once; the symbol of its samples becomes their number.
// CHECK-LABEL: func @track
func.func @track(%o: tensor<?x3xf32, #graph.dims<n, 3>>, %d: tensor<?x3xf32, #graph.dims<n, 3>>, %w: tensor<4x3xf32>) -> tensor<?x1xf32, #graph.dims<n, 1>> {
  // CHECK: graph.random
  // CHECK: graph.scan <sum>
  // CHECK: graph.matmul {{.*}} -> tensor<?x4xf32, #graph.dims<8 * n, 4>>
  // CHECK: graph.scan <prod>
  // CHECK-NOT: ng.
  %0:2 = ng.delta_track %o, %d captures(%w) {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>, %v: tensor<4x3xf32>):
    %1 = ng.mlp %p, %v {activation = #ng.activation<none>, outputActivation = #ng.activation<relu>}
        : (tensor<?x3xf32, #graph.dims<s, 3>>, tensor<4x3xf32>) -> tensor<?x4xf32, #graph.dims<s, 4>>
    %2 = graph.slice %1 starts <0, 0> steps [1, 1] : (tensor<?x4xf32, #graph.dims<s, 4>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %2, %p : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, majorant = 2.0 : f32, densityScale = 1.0 : f32, maxSteps = 8 : i64, seed = 1 : i64, minTransmittance = 0.01 : f32}
      : (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<?x3xf32, #graph.dims<n, 3>>, tensor<4x3xf32>)
      -> (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<?x1xf32, #graph.dims<n, 1>>)
  return %0#1 : tensor<?x1xf32, #graph.dims<n, 1>>
}

// Each step of a sphere trace asks where the last one came to.
// CHECK-LABEL: func @trace
func.func @trace(%o: tensor<7x3xf32>, %d: tensor<7x3xf32>, %w: tensor<1x3xf32>) -> tensor<7x1xi1> {
  // CHECK-COUNT-5: graph.matmul {{.*}} -> tensor<7x1xf32>
  // CHECK-NOT: graph.matmul
  // CHECK: return
  %0:3 = ng.sphere_trace %o, %d captures(%w) {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>, %v: tensor<1x3xf32>):
    %1 = ng.mlp %p, %v {activation = #ng.activation<none>, outputActivation = #ng.activation<none>}
        : (tensor<?x3xf32, #graph.dims<s, 3>>, tensor<1x3xf32>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %1 : tensor<?x1xf32, #graph.dims<s, 1>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, maxSteps = 5 : i64, stepScale = 0.9 : f32, offset = 0.0 : f32, epsilon = 0.01 : f32}
      : (tensor<7x3xf32>, tensor<7x3xf32>, tensor<1x3xf32>) -> (tensor<7x3xf32>, tensor<7x1xf32>, tensor<7x1xi1>)
  return %0#2 : tensor<7x1xi1>
}

// CHECK-LABEL: func @graph
func.func @graph(%x: tensor<9x3xf32>) -> tensor<9x3xf32> {
  // CHECK-NEXT: graph.exp
  // CHECK-NEXT: return
  %0 = graph.exp %x : (tensor<9x3xf32>) -> tensor<9x3xf32>
  return %0 : tensor<9x3xf32>
}
