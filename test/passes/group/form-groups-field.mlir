// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-form-groups))' | FileCheck %s
// What happens to a row before, in and after a field is one kernel.

// CHECK-LABEL: func @picture
// CHECK: graph.group "field"(
// CHECK-NOT: graph.group
// CHECK: return
func.func @picture(%k: tensor<4xf32>, %before: tensor<?x4xf32, #graph.dims<n, 4>>, %table: tensor<64x2xf32>, %w: tensor<3x2xf32>)
    -> (tensor<?x4xf32, #graph.dims<n, 4>>, tensor<?x4xui8, #graph.dims<n, 4>>) {
  %i = graph.iota {axis = 0 : i64} : () -> tensor<?x1xf32, #graph.dims<n, 1>>
  %f = graph.slice %k starts <2> steps [1] : (tensor<4xf32>) -> tensor<1xf32>
  %x = graph.div %i, %f : (tensor<?x1xf32, #graph.dims<n, 1>>, tensor<1xf32>) -> tensor<?x1xf32, #graph.dims<n, 1>>
  %s = graph.sin %i : (tensor<?x1xf32, #graph.dims<n, 1>>) -> tensor<?x1xf32, #graph.dims<n, 1>>
  %p = graph.concat %x, %s {axis = 1 : i64} : (tensor<?x1xf32, #graph.dims<n, 1>>, tensor<?x1xf32, #graph.dims<n, 1>>) -> tensor<?x2xf32, #graph.dims<n, 2>>
  %0 = ng.grid_encoding %p, %table {
    levels = [#ng.level<scale = 7.0 : f32, resolution = 8, offset = 0, entries = 64, index = dense>],
    interpolation = #ng.interpolation<linear>
  } : (tensor<?x2xf32, #graph.dims<n, 2>>, tensor<64x2xf32>) -> tensor<?x2xf32, #graph.dims<n, 2>>
  %1 = ng.mlp %0, %w {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<?x2xf32, #graph.dims<n, 2>>, tensor<3x2xf32>) -> tensor<?x3xf32, #graph.dims<n, 3>>
  %2 = graph.concat %1, %x {axis = 1 : i64} : (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<?x1xf32, #graph.dims<n, 1>>) -> tensor<?x4xf32, #graph.dims<n, 4>>
  %3 = graph.add %2, %before : (tensor<?x4xf32, #graph.dims<n, 4>>, tensor<?x4xf32, #graph.dims<n, 4>>) -> tensor<?x4xf32, #graph.dims<n, 4>>
  %4 = graph.cast %3 {to = ui8} : (tensor<?x4xf32, #graph.dims<n, 4>>) -> tensor<?x4xui8, #graph.dims<n, 4>>
  return %3, %4 : tensor<?x4xf32, #graph.dims<n, 4>>, tensor<?x4xui8, #graph.dims<n, 4>>
}

// So is an encoding of several kinds with its network.
// CHECK-LABEL: func @encoded
// CHECK: graph.group "field"(%arg0, %arg1)
// CHECK-NOT: graph.group
// CHECK: return
func.func @encoded(%x: tensor<?x3xf32, #graph.dims<n, 3>>, %w: tensor<2x18xf16>) -> tensor<?x2xf16, #graph.dims<n, 2>> {
  %a = graph.slice %x starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<n, 3>>) -> tensor<?x1xf32, #graph.dims<n, 1>>
  %b = graph.slice %x starts <0, 1> steps [1, 1] : (tensor<?x3xf32, #graph.dims<n, 3>>) -> tensor<?x2xf32, #graph.dims<n, 2>>
  %0 = ng.frequency %a {frequencies = 2 : i64} : (tensor<?x1xf32, #graph.dims<n, 1>>) -> tensor<?x4xf32, #graph.dims<n, 4>>
  %1 = ng.triangle_wave %b {frequencies = 3 : i64} : (tensor<?x2xf32, #graph.dims<n, 2>>) -> tensor<?x6xf32, #graph.dims<n, 6>>
  %2 = ng.one_blob %b {bins = 4 : i64} : (tensor<?x2xf32, #graph.dims<n, 2>>) -> tensor<?x8xf32, #graph.dims<n, 8>>
  %3 = graph.concat %0, %1, %2 {axis = 1 : i64}
      : (tensor<?x4xf32, #graph.dims<n, 4>>, tensor<?x6xf32, #graph.dims<n, 6>>, tensor<?x8xf32, #graph.dims<n, 8>>) -> tensor<?x18xf32, #graph.dims<n, 18>>
  %4 = graph.cast %3 {to = f16} : (tensor<?x18xf32, #graph.dims<n, 18>>) -> tensor<?x18xf16, #graph.dims<n, 18>>
  %5 = ng.mlp %4, %w {activation = #ng.activation<none>, outputActivation = #ng.activation<none>} : (tensor<?x18xf16, #graph.dims<n, 18>>, tensor<2x18xf16>) -> tensor<?x2xf16, #graph.dims<n, 2>>
  return %5 : tensor<?x2xf16, #graph.dims<n, 2>>
}

// Weights that are computed are in memory before, even if they have as many rows.
// CHECK-LABEL: func @weights
// CHECK: %[[W:.*]] = graph.group "map"
// CHECK: graph.group "field"(%arg0, %[[W]])
func.func @weights(%x: tensor<8x8xf32>, %w: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = graph.neg %w : (tensor<8x8xf32>) -> tensor<8x8xf32>
  %1 = ng.mlp %x, %0 {activation = #ng.activation<none>, outputActivation = #ng.activation<none>} : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  return %1 : tensor<8x8xf32>
}

// What mixes rows is a kernel of its own.
// CHECK-LABEL: func @mixed
// CHECK: graph.group "field"
// CHECK: graph.group "rows"
func.func @mixed(%x: tensor<8x8xf32>, %w: tensor<8x8xf32>) -> tensor<1x8xf32> {
  %0 = ng.mlp %x, %w {activation = #ng.activation<none>, outputActivation = #ng.activation<none>} : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %1 = graph.reduce sum %0 {axes = array<i64: 0>} : (tensor<8x8xf32>) -> tensor<1x8xf32>
  return %1 : tensor<1x8xf32>
}
