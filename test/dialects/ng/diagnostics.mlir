// RUN: treadle-opt %s --split-input-file --verify-diagnostics
// What the ops of the ng dialect say of operands and attributes that do not fit.

func.func @f(%x: tensor<2x3xf32>, %t: tensor<64xf32>) {
  // expected-error@+2 {{the table must be [entries, features]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = ng.grid_encoding %x, %t {levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>], interpolation = #ng.interpolation<linear>} : (tensor<2x3xf32>, tensor<64xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x5xf32>, %t: tensor<64x2xf32>) {
  // expected-error@+1 {{takes positions of 2 to 4 dimensions, not of 5}}
  %0 = ng.grid_encoding %x, %t {levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>], interpolation = #ng.interpolation<linear>} : (tensor<2x5xf32>, tensor<64x2xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %t: tensor<?x2xf32, #graph.dims<m, 2>>) {
  // expected-error@+1 {{needs a table of known size}}
  %0 = ng.grid_encoding %x, %t {levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>], interpolation = #ng.interpolation<linear>} : (tensor<2x3xf32>, tensor<?x2xf32, #graph.dims<m, 2>>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %t: tensor<64x2xf32>) {
  // expected-error@+1 {{has 0 levels, it can have 1 to 128}}
  %0 = ng.grid_encoding %x, %t {levels = [], interpolation = #ng.interpolation<linear>} : (tensor<2x3xf32>, tensor<64x2xf32>) -> tensor<2x0xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %t: tensor<64x2xf32>) {
  // expected-error@+1 {{level 0 has a scale that is no number of 0 or more}}
  %0 = ng.grid_encoding %x, %t {levels = [#ng.level<scale = -2.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>], interpolation = #ng.interpolation<linear>} : (tensor<2x3xf32>, tensor<64x2xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %t: tensor<64x2xf32>) {
  // expected-error@+1 {{level 0 has no resolution of 1 or more}}
  %0 = ng.grid_encoding %x, %t {levels = [#ng.level<scale = 3.0 : f32, resolution = 0, offset = 0, entries = 64, index = dense>], interpolation = #ng.interpolation<linear>} : (tensor<2x3xf32>, tensor<64x2xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %t: tensor<64x2xf32>) {
  // expected-error@+1 {{level 0 has an offset or a number of entries that is out of range}}
  %0 = ng.grid_encoding %x, %t {levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 0, index = dense>], interpolation = #ng.interpolation<linear>} : (tensor<2x3xf32>, tensor<64x2xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %t: tensor<64x2xf32>) {
  // expected-error@+1 {{level 0 has a scale that is not f32, or a resolution out of range}}
  %0 = ng.grid_encoding %x, %t {levels = [#ng.level<scale = 3.0 : f32, resolution = -1, offset = 0, entries = 8, index = dense>], interpolation = #ng.interpolation<linear>} : (tensor<2x3xf32>, tensor<64x2xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %t: tensor<64x2xf32>) {
  // expected-error@+1 {{level 1 ends at entry 128, the table has 64}}
  %0 = ng.grid_encoding %x, %t {levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>, #ng.level<scale = 3.0 : f32, resolution = 4, offset = 64, entries = 64, index = dense>], interpolation = #ng.interpolation<linear>} : (tensor<2x3xf32>, tensor<64x2xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{frequencies is 0, it can be 1 to 64}}
  %0 = ng.frequency %x {frequencies = 0 : i64} : (tensor<2x3xf32>) -> tensor<2x0xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{frequencies is 65, it can be 1 to 64}}
  %0 = ng.triangle_wave %x {frequencies = 65 : i64} : (tensor<2x3xf32>) -> tensor<2x195xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{bins is 0, it can be 1 to 65536}}
  %0 = ng.one_blob %x {bins = 0 : i64} : (tensor<2x3xf32>) -> tensor<2x0xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{degree is 9, it can be 1 to 8}}
  %0 = ng.spherical_harmonics %x {degree = 9 : i64} : (tensor<2x3xf32>) -> tensor<2x1xf32>
  return
}

// -----

func.func @f(%x: tensor<2x2xf32>) {
  // expected-error@+1 {{takes directions of 3 dimensions, not of 2}}
  %0 = ng.spherical_harmonics %x {degree = 2 : i64} : (tensor<2x2xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+2 {{needs weights of one layer at least}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = ng.mlp %x {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<3xf32>, %w0: tensor<4x3xf32>) {
  // expected-error@+2 {{the input must be [samples, features]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = ng.mlp %x, %w0 {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<3xf32>, tensor<4x3xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %w0: tensor<4x3xf32>, %w1: tensor<4xf32>) {
  // expected-error@+2 {{weights must be [out, in], those of layer 1 have 1 dimensions}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = ng.mlp %x, %w0, %w1 {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<2x3xf32>, tensor<4x3xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %w0: tensor<4x3xf16>) {
  // expected-error@+2 {{weights of layer 0 are 'f16', the input is 'f32'}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = ng.mlp %x, %w0 {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<2x3xf32>, tensor<4x3xf16>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %w0: tensor<4x3xf32>, %w1: tensor<4x3xf32>) {
  // expected-error@+2 {{weights of layer 1 take 3 features, there are 4}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = ng.mlp %x, %w0, %w1 {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<2x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %w0: tensor<?x3xf32, #graph.dims<m, 3>>) {
  // expected-error@+1 {{needs weights of known sizes}}
  %0 = ng.mlp %x, %w0 {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<2x3xf32>, tensor<?x3xf32, #graph.dims<m, 3>>) -> tensor<2x?xf32, #graph.dims<2, m>>
  return
}
