// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-expand-neural-graphics))' | FileCheck %s
// What one kernel computes whole stays as it is.

!points = tensor<?x3xf32, #graph.dims<samples, 3>>

// Encodings and networks stay.
// CHECK-LABEL: func @field
// CHECK: ng.grid_encoding
// CHECK: ng.mlp
// CHECK: ng.frequency
// CHECK: ng.triangle_wave
// CHECK: ng.one_blob
func.func @field(%x: tensor<?x2xf32, #graph.dims<n, 2>>, %table: tensor<64x2xf16>, %w: tensor<3x2xf16>)
    -> (tensor<?x3xf16, #graph.dims<n, 3>>, tensor<?x8xf32, #graph.dims<n, 8>>, tensor<?x6xf32, #graph.dims<n, 6>>, tensor<?x128xf32, #graph.dims<n, 128>>) {
  %0 = ng.grid_encoding %x, %table {
    levels = [#ng.level<scale = 7.0 : f32, resolution = 8, offset = 0, entries = 64, index = dense>],
    interpolation = #ng.interpolation<linear>
  } : (tensor<?x2xf32, #graph.dims<n, 2>>, tensor<64x2xf16>) -> tensor<?x2xf16, #graph.dims<n, 2>>
  %1 = ng.mlp %0, %w {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<?x2xf16, #graph.dims<n, 2>>, tensor<3x2xf16>) -> tensor<?x3xf16, #graph.dims<n, 3>>
  %2 = ng.frequency %x {frequencies = 2 : i64} : (tensor<?x2xf32, #graph.dims<n, 2>>) -> tensor<?x8xf32, #graph.dims<n, 8>>
  %3 = ng.triangle_wave %x {frequencies = 3 : i64} : (tensor<?x2xf32, #graph.dims<n, 2>>) -> tensor<?x6xf32, #graph.dims<n, 6>>
  %4 = ng.one_blob %x {bins = 64 : i64} : (tensor<?x2xf32, #graph.dims<n, 2>>) -> tensor<?x128xf32, #graph.dims<n, 128>>
  return %1, %2, %3, %4 : tensor<?x3xf16, #graph.dims<n, 3>>, tensor<?x8xf32, #graph.dims<n, 8>>, tensor<?x6xf32, #graph.dims<n, 6>>, tensor<?x128xf32, #graph.dims<n, 128>>
}

// Encodings without parameters are elementwise ops where there is nothing else.
// CHECK-LABEL: func @alone
// CHECK-NOT: ng.
// CHECK: graph.sin
func.func @alone(%x: tensor<9x2xf32>) -> tensor<9x8xf32> {
  %0 = ng.frequency %x {frequencies = 2 : i64} : (tensor<9x2xf32>) -> tensor<9x8xf32>
  return %0 : tensor<9x8xf32>
}

// So are those with more features than a row has.
// CHECK-LABEL: func @wideEncoding
// CHECK: ng.mlp
// CHECK-NOT: ng.one_blob
// CHECK: return
func.func @wideEncoding(%x: tensor<9x3xf32>, %w: tensor<2x3xf32>) -> (tensor<9x2xf32>, tensor<9x192xf32>) {
  %0 = ng.mlp %x, %w {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<9x3xf32>, tensor<2x3xf32>) -> tensor<9x2xf32>
  %1 = ng.one_blob %x {bins = 64 : i64} : (tensor<9x3xf32>) -> tensor<9x192xf32>
  return %0, %1 : tensor<9x2xf32>, tensor<9x192xf32>
}

// A layer that is too wide for a thread is a product of matrices.
// CHECK-LABEL: func @wide
// CHECK-NOT: ng.mlp
// CHECK: graph.matmul
func.func @wide(%x: tensor<9x256xf32>, %w: tensor<3x256xf32>) -> tensor<9x3xf32> {
  %0 = ng.mlp %x, %w {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<9x256xf32>, tensor<3x256xf32>) -> tensor<9x3xf32>
  return %0 : tensor<9x3xf32>
}

// Weights that are in a field become operands; what is a number stays.
// CHECK-LABEL: func @captures
// CHECK: %[[W:.*]] = graph.constant dense<{{.*}}> : tensor<1x3xf32>
// CHECK: ng.sphere_trace {{.*}} captures(%[[W]])
// CHECK-NEXT: ^bb0(%[[P:.*]]: {{.*}}, %[[V:.*]]: tensor<1x3xf32>)
// CHECK: graph.constant dense<5.000000e-01>
// CHECK: ng.mlp %{{.*}}, %[[V]]
func.func @captures(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>) -> tensor<9x3xf32> {
  %0:3 = ng.sphere_trace %o, %d {
  ^bb0(%p: !points):
    %h = graph.constant dense<0.5> : tensor<f32>
    %w = graph.constant dense<[[1.0, 2.0, 3.0]]> : tensor<1x3xf32>
    %1 = graph.sub %p, %h : (!points, tensor<f32>) -> !points
    %2 = ng.mlp %1, %w {activation = #ng.activation<none>, outputActivation = #ng.activation<none>}
        : (!points, tensor<1x3xf32>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
    ng.yield %2 : tensor<?x1xf32, #graph.dims<samples, 1>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, maxSteps = 64 : i64, stepScale = 0.95 : f32, offset = 0.0 : f32,
     epsilon = 5.0e-5 : f32} : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xi1>)
  return %0#0 : tensor<9x3xf32>
}

// A field of which a row is made of other rows, too.
// CHECK-LABEL: func @acrossRows
// CHECK-NOT: ng.
// CHECK: return
func.func @acrossRows(%x: tensor<9x3xf32>) -> tensor<9x3xf32> {
  %0 = ng.gradient %x {
  ^bb0(%p: !points):
    %1 = graph.scan <sum> %p {axis = 0 : i64} : (!points) -> !points
    %2 = graph.slice %1 starts <0, 0> steps [1, 1] : (!points) -> tensor<?x1xf32, #graph.dims<samples, 1>>
    ng.yield %2 : tensor<?x1xf32, #graph.dims<samples, 1>>
  } {width = 0.01 : f32} : (tensor<9x3xf32>) -> tensor<9x3xf32>
  return %0 : tensor<9x3xf32>
}

// So do those of one number.
// CHECK-LABEL: func @zeros
// CHECK: %[[W:.*]] = graph.constant dense<0.000000e+00> : tensor<1x3xf32>
// CHECK: ng.sphere_trace {{.*}} captures(%[[W]])
func.func @zeros(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>) -> tensor<9x3xf32> {
  %0:3 = ng.sphere_trace %o, %d {
  ^bb0(%p: !points):
    %w = graph.constant dense<0.0> : tensor<1x3xf32>
    %1 = ng.mlp %p, %w {activation = #ng.activation<none>, outputActivation = #ng.activation<none>}
        : (!points, tensor<1x3xf32>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
    ng.yield %1 : tensor<?x1xf32, #graph.dims<samples, 1>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, maxSteps = 64 : i64, stepScale = 0.95 : f32, offset = 0.0 : f32,
     epsilon = 5.0e-5 : f32} : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xi1>)
  return %0#0 : tensor<9x3xf32>
}
