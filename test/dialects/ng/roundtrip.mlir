// RUN: treadle-opt %s | treadle-opt | FileCheck %s
// What is printed can be read again.

// CHECK-LABEL: func @field
func.func @field(%x: tensor<?x3xf32, #graph.dims<n, 3>>, %table: tensor<1032x2xf16>, %a: tensor<64x4xf16>, %b: tensor<16x64xf16>) -> tensor<?x16xf16, #graph.dims<n, 16>> {
  // CHECK: ng.grid_encoding
  // CHECK-SAME: interpolation = #ng.interpolation<smoothstep>
  // CHECK-SAME: #ng.level<scale = 1.000000e+00 : f32, resolution = 2, offset = 0, entries = 8, index = dense>
  // CHECK-SAME: #ng.level<scale = 6.270000e+01 : f32, resolution = 64, offset = 8, entries = 1024, index = coherent_prime>
  %0 = ng.grid_encoding %x, %table {
    levels = [#ng.level<scale = 1.0 : f32, resolution = 2, offset = 0, entries = 8, index = dense>,
              #ng.level<scale = 62.7 : f32, resolution = 64, offset = 8, entries = 1024, index = coherent_prime>],
    interpolation = #ng.interpolation<smoothstep>
  } : (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<1032x2xf16>) -> tensor<?x4xf16, #graph.dims<n, 4>>
  // CHECK: ng.mlp %{{.*}}, %{{.*}}, %{{.*}} {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>}
  %1 = ng.mlp %0, %a, %b {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>}
      : (tensor<?x4xf16, #graph.dims<n, 4>>, tensor<64x4xf16>, tensor<16x64xf16>) -> tensor<?x16xf16, #graph.dims<n, 16>>
  return %1 : tensor<?x16xf16, #graph.dims<n, 16>>
}

// CHECK-LABEL: func @encodings
func.func @encodings(%x: tensor<8x3xf32>) -> (tensor<8x24xf32>, tensor<8x36xf32>, tensor<8x48xf32>, tensor<8x16xf32>) {
  // CHECK: ng.frequency %{{.*}} {frequencies = 4 : i64}
  %0 = ng.frequency %x {frequencies = 4 : i64} : (tensor<8x3xf32>) -> tensor<8x24xf32>
  // CHECK: ng.triangle_wave %{{.*}} {frequencies = 12 : i64}
  %1 = ng.triangle_wave %x {frequencies = 12 : i64} : (tensor<8x3xf32>) -> tensor<8x36xf32>
  // CHECK: ng.one_blob %{{.*}} {bins = 16 : i64}
  %2 = ng.one_blob %x {bins = 16 : i64} : (tensor<8x3xf32>) -> tensor<8x48xf32>
  // CHECK: ng.spherical_harmonics %{{.*}} {degree = 4 : i64}
  %3 = ng.spherical_harmonics %x {degree = 4 : i64} : (tensor<8x3xf32>) -> tensor<8x16xf32>
  return %0, %1, %2, %3 : tensor<8x24xf32>, tensor<8x36xf32>, tensor<8x48xf32>, tensor<8x16xf32>
}

// CHECK-LABEL: func @picture
func.func @picture(%pose: tensor<3x4xf32>, %k: tensor<4xf32>, %image: tensor<?x?xf32, #graph.dims<h, w>>, %bits: tensor<1x64xui8>, %v: tensor<4x3xf32>)
    -> (tensor<?x3xf32, #graph.dims<h * w, 3>>, tensor<?x1xf32, #graph.dims<h * w, 1>>) {
  // CHECK: ng.camera_rays %{{.*}}, %{{.*}} size <h, w>
  %origin, %direction = ng.camera_rays %pose, %k size <h, w>
      : (tensor<3x4xf32>, tensor<4xf32>) -> (tensor<?x3xf32, #graph.dims<h * w, 3>>, tensor<?x3xf32, #graph.dims<h * w, 3>>)
  // CHECK: ng.march %{{.*}}, %{{.*}} occupancy(%{{.*}}) captures(%{{.*}}) {
  // CHECK: ng.yield
  %color, %alpha, %depth = ng.march %origin, %direction occupancy(%bits) captures(%v) {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>, %d: tensor<?x3xf32, #graph.dims<s, 3>>, %w: tensor<4x3xf32>):
    %0 = ng.mlp %p, %w {activation = #ng.activation<none>, outputActivation = #ng.activation<sigmoid>}
        : (tensor<?x3xf32, #graph.dims<s, 3>>, tensor<4x3xf32>) -> tensor<?x4xf32, #graph.dims<s, 4>>
    %density = graph.slice %0 starts <0, 0> steps [1, 1] : (tensor<?x4xf32, #graph.dims<s, 4>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %density, %d : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.1 : f32, maxStep = 0.1 : f32, coneAngle = 0.0 : f32, maxSteps = 9 : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
      : (tensor<?x3xf32, #graph.dims<h * w, 3>>, tensor<?x3xf32, #graph.dims<h * w, 3>>, tensor<1x64xui8>, tensor<4x3xf32>)
      -> (tensor<?x3xf32, #graph.dims<h * w, 3>>, tensor<?x1xf32, #graph.dims<h * w, 1>>, tensor<?x1xf32, #graph.dims<h * w, 1>>)
  return %color, %depth : tensor<?x3xf32, #graph.dims<h * w, 3>>, tensor<?x1xf32, #graph.dims<h * w, 1>>
}
