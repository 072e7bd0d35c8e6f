// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-schedule-kernel),canonicalize)' --split-input-file | FileCheck %s
// A lane for each row, or a thread; rays in loops that end.

module attributes {treadle.target = {name = "cpu", variant = "x86-64-v3", vector_bytes = 32 : i64, vector_registers = 16 : i64}} {
  // Weights are unpacked once; a layer's sums are in registers, the last layer has those columns alone that are read.
  // CHECK-LABEL: func @network(
  // CHECK: arith.extf {{.*}} vector<16xf16> to vector<16xf32>
  // CHECK: scf.for
  // CHECK: scf.for {{.*}} iter_args({{.*}}, {{.*}}, {{.*}}, {{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
  // CHECK-COUNT-4: vector.fma
  // CHECK-NOT: vector.fma
  // CHECK: scf.for {{.*}} -> (vector<16xf32>)
  // CHECK: vector.fma
  // CHECK-NOT: vector.fma
  func.func @network(%x: tensor<?x16xf16, #graph.dims<s0, 16>>, %a: tensor<64x16xf16>, %c: tensor<16x64xf16>) -> tensor<?x1xf16, #graph.dims<s0, 1>> attributes {treadle.family = "field", treadle.symbols = ["s0"]} {
    %0 = ng.mlp %x, %a, %c {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<?x16xf16, #graph.dims<s0, 16>>, tensor<64x16xf16>, tensor<16x64xf16>) -> tensor<?x16xf16, #graph.dims<s0, 16>>
    %1 = graph.slice %0 starts <0, 0> steps [1, 1] : (tensor<?x16xf16, #graph.dims<s0, 16>>) -> tensor<?x1xf16, #graph.dims<s0, 1>>
    return %1 : tensor<?x1xf16, #graph.dims<s0, 1>>
  }
}

// -----

!points = tensor<?x3xf32, #graph.dims<samples, 3>>
module attributes {treadle.target = {name = "vulkan", variant = "gpu", is_simt = true, shared_bytes = 32768 : i64, workgroup_threads = 128 : i64, subgroup_threads = 32 : i64}} {
  // The two features of a vertex are one load.
  // CHECK-LABEL: func @rays(
  // CHECK-SAME: treadle.threads = 128
  // CHECK: scf.while
  // CHECK: scf.while
  // CHECK: scf.condition
  // CHECK-COUNT-8: vector.load %{{.*}} : memref<?xf32>, vector<2xf32>
  // CHECK: vector.store
  func.func @rays(%o: tensor<?x3xf32, #graph.dims<s0, 3>>, %d: tensor<?x3xf32, #graph.dims<s0, 3>>, %t: tensor<64x2xf32>, %w: tensor<4x2xf32>) -> tensor<?x3xf32, #graph.dims<s0, 3>> attributes {treadle.family = "field", treadle.symbols = ["s0"]} {
    %0:3 = ng.march %o, %d captures(%t, %w) {
    ^bb0(%p: !points, %r: !points, %table: tensor<64x2xf32>, %v: tensor<4x2xf32>):
      %1 = ng.grid_encoding %p, %table {
        levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>],
        interpolation = #ng.interpolation<linear>
      } : (!points, tensor<64x2xf32>) -> tensor<?x2xf32, #graph.dims<samples, 2>>
      %2 = ng.mlp %1, %v {activation = #ng.activation<none>, outputActivation = #ng.activation<sigmoid>}
          : (tensor<?x2xf32, #graph.dims<samples, 2>>, tensor<4x2xf32>) -> tensor<?x4xf32, #graph.dims<samples, 4>>
      %density = graph.slice %2 starts <0, 0> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
      %c = graph.slice %2 starts <0, 1> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> !points
      ng.yield %density, %c : tensor<?x1xf32, #graph.dims<samples, 1>>, !points
    } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.01 : f32, maxStep = 0.01 : f32, coneAngle = 0.0 : f32,
       maxSteps = 200 : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
        : (tensor<?x3xf32, #graph.dims<s0, 3>>, tensor<?x3xf32, #graph.dims<s0, 3>>, tensor<64x2xf32>, tensor<4x2xf32>)
        -> (tensor<?x3xf32, #graph.dims<s0, 3>>, tensor<?x1xf32, #graph.dims<s0, 1>>, tensor<?x1xf32, #graph.dims<s0, 1>>)
    return %0#0 : tensor<?x3xf32, #graph.dims<s0, 3>>
  }
}
