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

func.func @f(%x: tensor<2x3xf32>, %t: tensor<64x2xi8>) {
  // expected-error@+1 {{has a table of bytes without scales}}
  %0 = ng.grid_encoding %x, %t {levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>], interpolation = #ng.interpolation<linear>} : (tensor<2x3xf32>, tensor<64x2xi8>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %t: tensor<64x2xf32>) {
  // expected-error@+1 {{has scales, and a table that is not of bytes}}
  %0 = ng.grid_encoding %x, %t {levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>], interpolation = #ng.interpolation<linear>, scales = array<f32: 1.0, 1.0>} : (tensor<2x3xf32>, tensor<64x2xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %t: tensor<64x2xi8>) {
  // expected-error@+1 {{has 1 scales, it makes 2 columns}}
  %0 = ng.grid_encoding %x, %t {levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>], interpolation = #ng.interpolation<linear>, scales = array<f32: 1.0>} : (tensor<2x3xf32>, tensor<64x2xi8>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %t: tensor<64x2xi8>) {
  // expected-error@+1 {{scale 1 is no positive number}}
  %0 = ng.grid_encoding %x, %t {levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>], interpolation = #ng.interpolation<linear>, scales = array<f32: 1.0, 0.0>} : (tensor<2x3xf32>, tensor<64x2xi8>) -> tensor<2x2xf32>
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

// -----

func.func @f(%p: tensor<3x4xf32>, %k: tensor<4xf32>) {
  // expected-error@+2 {{the size must be height and width, it has 3 numbers}}
  // expected-error@+1 {{failed to infer returned types}}
  %0:2 = ng.camera_rays %p, %k size <2, 4, 3> : (tensor<3x4xf32>, tensor<4xf32>) -> (tensor<8x3xf32>, tensor<8x3xf32>)
  return
}

// -----

func.func @f(%p: tensor<4x4xf32>, %k: tensor<4xf32>) {
  // expected-error@+1 {{takes a pose [3, 4], not 'tensor<4x4xf32>'}}
  %0:2 = ng.camera_rays %p, %k size <2, 4> : (tensor<4x4xf32>, tensor<4xf32>) -> (tensor<8x3xf32>, tensor<8x3xf32>)
  return
}

// -----

func.func @f(%p: tensor<3x4xf32>, %k: tensor<3xf32>) {
  // expected-error@+1 {{takes intrinsics [4], not 'tensor<3xf32>'}}
  %0:2 = ng.camera_rays %p, %k size <2, 4> : (tensor<3x4xf32>, tensor<3xf32>) -> (tensor<8x3xf32>, tensor<8x3xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>) {
  // expected-error@+1 {{the field must take positions, directions and what is captured}}
  %0:3 = ng.march %o, %d {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0, %p : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.1 : f32, maxStep = 0.1 : f32, coneAngle = 0.0 : f32, maxSteps = 8 : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>, %c: tensor<4xf32>) {
  // expected-error@+1 {{the field must take positions and what is captured}}
  %0:2 = ng.delta_track %o, %d captures(%c) {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0, %p : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, majorant = 2.0 : f32, densityScale = 1.0 : f32, maxSteps = 8 : i64, seed = 0 : i64, minTransmittance = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>, tensor<4xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>) {
  // expected-error@+1 {{the field's positions must be [samples, 3] of any number of samples, named by a symbol}}
  %0:2 = ng.delta_track %o, %d {
  ^bb0(%p: tensor<9x3xf32>):
    ng.yield %p : tensor<9x3xf32>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, majorant = 2.0 : f32, densityScale = 1.0 : f32, maxSteps = 8 : i64, seed = 0 : i64, minTransmittance = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>) {
  // expected-error@+1 {{the field takes positions and directions of type f32 [s, 3], not 'tensor<?x2xf32, #graph.dims<s, 2>>'}}
  %0:3 = ng.march %o, %d {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>, %r: tensor<?x2xf32, #graph.dims<s, 2>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0, %p : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.1 : f32, maxStep = 0.1 : f32, coneAngle = 0.0 : f32, maxSteps = 8 : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>, %c: tensor<?xf32, #graph.dims<s>>) {
  // expected-error@+1 {{s counts the samples of the field; it cannot be a size outside of it}}
  %0:2 = ng.delta_track %o, %d captures(%c) {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>, %t: tensor<?xf32, #graph.dims<s>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0, %p : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, majorant = 2.0 : f32, densityScale = 1.0 : f32, maxSteps = 8 : i64, seed = 0 : i64, minTransmittance = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>, tensor<?xf32, #graph.dims<s>>) -> (tensor<9x3xf32>, tensor<9x1xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>) {
  // expected-error@+1 {{the field must yield f32 [s, 1], f32 [s, 3]}}
  %0:3 = ng.march %o, %d {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>, %r: tensor<?x3xf32, #graph.dims<s, 3>>):
    ng.yield %p, %p : tensor<?x3xf32, #graph.dims<s, 3>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.1 : f32, maxStep = 0.1 : f32, coneAngle = 0.0 : f32, maxSteps = 8 : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>) {
  // expected-error@+1 {{the field must yield f32 [s, 1]}}
  %0:3 = ng.sphere_trace %o, %d {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>):
    ng.yield %p : tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, maxSteps = 8 : i64, stepScale = 0.9 : f32, offset = 0.0 : f32, epsilon = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xi1>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<8x3xf32>) {
  // expected-error@+1 {{takes origins and directions [N, 3], not 'tensor<9x3xf32>' and 'tensor<8x3xf32>'}}
  %0:3 = ng.march %o, %d {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>, %r: tensor<?x3xf32, #graph.dims<s, 3>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0, %p : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.1 : f32, maxStep = 0.1 : f32, coneAngle = 0.0 : f32, maxSteps = 8 : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<8x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>) {
  // expected-error@+1 {{has a box whose corners are not in order}}
  %0:3 = ng.march %o, %d {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>, %r: tensor<?x3xf32, #graph.dims<s, 3>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0, %p : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 0.0, 1.0>, minStep = 0.1 : f32, maxStep = 0.1 : f32, coneAngle = 0.0 : f32, maxSteps = 8 : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>) {
  // expected-error@+1 {{maxSteps is 0, it can be 1 to 1048576}}
  %0:3 = ng.march %o, %d {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>, %r: tensor<?x3xf32, #graph.dims<s, 3>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0, %p : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.1 : f32, maxStep = 0.1 : f32, coneAngle = 0.0 : f32, maxSteps = 0 : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>) {
  // expected-error@+1 {{minTransmittance is}}
  %0:3 = ng.march %o, %d {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>, %r: tensor<?x3xf32, #graph.dims<s, 3>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0, %p : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.1 : f32, maxStep = 0.1 : f32, coneAngle = 0.0 : f32, maxSteps = 8 : i64, start = 0.5 : f32, minTransmittance = 1.0 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>) {
  // expected-error@+1 {{are no range of positive numbers}}
  %0:3 = ng.march %o, %d {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>, %r: tensor<?x3xf32, #graph.dims<s, 3>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0, %p : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.1 : f32, maxStep = 0.01 : f32, coneAngle = 0.0 : f32, maxSteps = 8 : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>) {
  // expected-error@+1 {{it can be 0 to less than 1}}
  %0:3 = ng.march %o, %d {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>, %r: tensor<?x3xf32, #graph.dims<s, 3>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0, %p : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.1 : f32, maxStep = 0.1 : f32, coneAngle = -0.5 : f32, maxSteps = 8 : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>, %bits: tensor<1x60xui8>) {
  // expected-error@+1 {{occupancy must be of 1 to 16 cascades, each a bit for each of 2^3, 4^3, .. 1024^3 cells}}
  %0:3 = ng.march %o, %d occupancy(%bits) {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>, %r: tensor<?x3xf32, #graph.dims<s, 3>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0, %p : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.1 : f32, maxStep = 0.1 : f32, coneAngle = 0.0 : f32, maxSteps = 8 : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>, tensor<1x60xui8>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>) {
  // expected-error@+1 {{start is}}
  %0:3 = ng.march %o, %d {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>, %r: tensor<?x3xf32, #graph.dims<s, 3>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0, %p : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.1 : f32, maxStep = 0.1 : f32, coneAngle = 0.0 : f32, maxSteps = 8 : i64, start = 2.0 : f32, minTransmittance = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>) {
  // expected-error@+1 {{they should be positive numbers}}
  %0:2 = ng.delta_track %o, %d {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0, %p : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, majorant = 0.0 : f32, densityScale = 1.0 : f32, maxSteps = 8 : i64, seed = 0 : i64, minTransmittance = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>) {
  // expected-error@+1 {{it can be more than 0 to 1}}
  %0:3 = ng.sphere_trace %o, %d {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0 : tensor<?x1xf32, #graph.dims<s, 1>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, maxSteps = 8 : i64, stepScale = 1.5 : f32, offset = 0.0 : f32, epsilon = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xi1>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>) {
  // expected-error@+1 {{epsilon must be a positive number, and offset a number}}
  %0:3 = ng.sphere_trace %o, %d {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0 : tensor<?x1xf32, #graph.dims<s, 1>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, maxSteps = 8 : i64, stepScale = 0.9 : f32, offset = 0.0 : f32, epsilon = 0.0 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<9x1xi1>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>, %i: tensor<8x1xui32>) {
  // expected-error@+1 {{takes a number for each ray, [N, 1], not 'tensor<8x1xui32>'}}
  %0:2 = ng.delta_track %o, %d number(%i) {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0, %p : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, majorant = 2.0 : f32, densityScale = 1.0 : f32, maxSteps = 8 : i64, seed = 0 : i64, minTransmittance = 0.01 : f32}
      : (tensor<9x3xf32>, tensor<9x3xf32>, tensor<8x1xui32>) -> (tensor<9x3xf32>, tensor<9x1xf32>)
  return
}

// -----

func.func @f(%o: tensor<9x3xf32>, %d: tensor<9x3xf32>, %i: tensor<8x1xui32>) {
  // expected-error@+1 {{capacity is 0, it should be 1 at least}}
  %0:3 = ng.delta_track %o, %d {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<s, 3>>):
    %0 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<s, 3>>) -> tensor<?x1xf32, #graph.dims<s, 1>>
    ng.yield %0, %p : tensor<?x1xf32, #graph.dims<s, 1>>, tensor<?x3xf32, #graph.dims<s, 3>>
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, majorant = 2.0 : f32, densityScale = 1.0 : f32, maxSteps = 8 : i64, seed = 0 : i64, minTransmittance = 0.01 : f32, capacity = #graph.dim<0>}
      : (tensor<9x3xf32>, tensor<9x3xf32>) -> (tensor<9x3xf32>, tensor<9x1xf32>, tensor<1xi32>)
  return
}

// -----

func.func @gradientWidth(%x: tensor<4x3xf32>) -> tensor<4x3xf32> {
  // expected-error@+1 {{width is 0}}
  %0 = ng.gradient %x {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<samples, 3>>):
    %1 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<samples, 3>>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
    ng.yield %1 : tensor<?x1xf32, #graph.dims<samples, 1>>
  } {width = 0.0 : f32} : (tensor<4x3xf32>) -> tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}

// -----

func.func @gradientOfPixels(%x: tensor<4x2xf32>) -> tensor<4x3xf32> {
  // expected-error@+1 {{takes positions [N, 3]}}
  %0 = ng.gradient %x {
  ^bb0(%p: tensor<?x3xf32, #graph.dims<samples, 3>>):
    %1 = graph.slice %p starts <0, 0> steps [1, 1] : (tensor<?x3xf32, #graph.dims<samples, 3>>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
    ng.yield %1 : tensor<?x1xf32, #graph.dims<samples, 1>>
  } {width = 0.1 : f32} : (tensor<4x2xf32>) -> tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}
