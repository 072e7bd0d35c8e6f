// Rays through fields: the evaluator follows them one sample after another; compiled code with a lane for each ray, and
// where places are brought together, or fusion is off, all samples at once.

// -----
// name camera
func.func @main(%pose: tensor<3x4xf32> {test.values = dense<[[0.8, 0.0, 0.6, 0.25], [0.0, -1.0, 0.0, 0.5], [0.6, 0.0, -0.8, 2.0]]> : tensor<3x4xf32>},
                %k: tensor<4xf32> {test.values = dense<[11.0, 12.0, 4.5, 3.5]> : tensor<4xf32>}) -> (tensor<63x3xf32>, tensor<63x3xf32>) {
  %0:2 = ng.camera_rays %pose, %k size <7, 9> : (tensor<3x4xf32>, tensor<4xf32>) -> (tensor<63x3xf32>, tensor<63x3xf32>)
  return %0#0, %0#1 : tensor<63x3xf32>, tensor<63x3xf32>
}

// -----
// name cameraOfAnySize
// with h=7 w=9 | h=1 w=1
func.func @main(%pose: tensor<3x4xf32>, %k: tensor<4xf32> {test.values = dense<[11.0, 12.0, 4.5, 3.5]> : tensor<4xf32>},
                %background: tensor<?x?xf32, #graph.dims<h, w>>) -> (tensor<?x3xf32, #graph.dims<h * w, 3>>, tensor<?x?xf32, #graph.dims<h, w>>) {
  %0:2 = ng.camera_rays %pose, %k size <h, w> : (tensor<3x4xf32>, tensor<4xf32>) -> (tensor<?x3xf32, #graph.dims<h * w, 3>>, tensor<?x3xf32, #graph.dims<h * w, 3>>)
  %1 = graph.exp %background : (tensor<?x?xf32, #graph.dims<h, w>>) -> tensor<?x?xf32, #graph.dims<h, w>>
  return %0#1, %1 : tensor<?x3xf32, #graph.dims<h * w, 3>>, tensor<?x?xf32, #graph.dims<h, w>>
}

// -----
// name march
// table STEPS MIN MAX CONE COUNT
//   equal    0.05  0.05  0.0    40
//   few      0.05  0.05  0.0    7
//   growing  0.03  0.2   0.125  60
// with n=1 | n=23 | n=1100
!rays = tensor<?x3xf32, #graph.dims<n, 3>>
!points = tensor<?x3xf32, #graph.dims<samples, 3>>
func.func @main(%o: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: -1.0, 2.0>}, %e: tensor<?x3xf32, #graph.dims<n, 3>>,
                %v: tensor<16x6xf32> {test.constant}, %w: tensor<4x16xf32> {test.constant})
    -> (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<?x1xf32, #graph.dims<n, 1>>, tensor<?x1xf32, #graph.dims<n, 1>>) {
  %s = graph.mul %e, %e : (!rays, !rays) -> !rays
  %q = graph.reduce sum %s {axes = array<i64: 1>} : (!rays) -> tensor<?x1xf32, #graph.dims<n, 1>>
  %l = graph.sqrt %q : (tensor<?x1xf32, #graph.dims<n, 1>>) -> tensor<?x1xf32, #graph.dims<n, 1>>
  %d = graph.div %e, %l : (!rays, tensor<?x1xf32, #graph.dims<n, 1>>) -> !rays
  %0:3 = ng.march %o, %d captures(%v, %w) {
  ^bb0(%p: !points, %r: !points, %a: tensor<16x6xf32>, %b: tensor<4x16xf32>):
    %1 = "graph.concat"(%p, %r) {axis = 1 : i64} : (!points, !points) -> tensor<?x6xf32, #graph.dims<samples, 6>>
    %2 = ng.mlp %1, %a, %b {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>}
        : (tensor<?x6xf32, #graph.dims<samples, 6>>, tensor<16x6xf32>, tensor<4x16xf32>) -> tensor<?x4xf32, #graph.dims<samples, 4>>
    %3 = graph.slice %2 starts <0, 0> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
    %4 = graph.slice %2 starts <0, 1> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> !points
    %5 = graph.sigmoid %4 : (!points) -> !points
    ng.yield %3, %5 : tensor<?x1xf32, #graph.dims<samples, 1>>, !points
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = $MIN : f32, maxStep = $MAX : f32, coneAngle = $CONE : f32, maxSteps = $COUNT : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
      : (!rays, !rays, tensor<16x6xf32>, tensor<4x16xf32>) -> (!rays, tensor<?x1xf32, #graph.dims<n, 1>>, tensor<?x1xf32, #graph.dims<n, 1>>)
  return %0#0, %0#1, %0#2 : !rays, tensor<?x1xf32, #graph.dims<n, 1>>, tensor<?x1xf32, #graph.dims<n, 1>>
}

// -----
// name occupied
// for C BOX in 1 0.0,0.0,0.0,1.0,1.0,1.0 | 3 -1.5,-1.5,-1.5,2.5,2.5,2.5
!points = tensor<?x3xf32, #graph.dims<samples, 3>>
func.func @main(%o: tensor<19x3xf32> {test.range = array<f64: -2.0, 3.0>}, %e: tensor<19x3xf32> {test.range = array<f64: -1.0, 2.0>}, %bits: tensor<$Cx64xui8> {test.range = #graph.dims<0, 256>},
                %w: tensor<4x3xf32> {test.constant}) -> (tensor<19x3xf32>, tensor<19x1xf32>, tensor<19x1xf32>) {
  %t = graph.sub %e, %o : (tensor<19x3xf32>, tensor<19x3xf32>) -> tensor<19x3xf32>
  %s = graph.mul %t, %t : (tensor<19x3xf32>, tensor<19x3xf32>) -> tensor<19x3xf32>
  %q = graph.reduce sum %s {axes = array<i64: 1>} : (tensor<19x3xf32>) -> tensor<19x1xf32>
  %l = graph.sqrt %q : (tensor<19x1xf32>) -> tensor<19x1xf32>
  %d = graph.div %t, %l : (tensor<19x3xf32>, tensor<19x1xf32>) -> tensor<19x3xf32>
  %0:3 = ng.march %o, %d occupancy(%bits) captures(%w) {
  ^bb0(%p: !points, %r: !points, %a: tensor<4x3xf32>):
    %1 = ng.mlp %p, %a {activation = #ng.activation<none>, outputActivation = #ng.activation<sigmoid>}
        : (!points, tensor<4x3xf32>) -> tensor<?x4xf32, #graph.dims<samples, 4>>
    %2 = graph.slice %1 starts <0, 0> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
    %3 = graph.slice %1 starts <0, 1> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> !points
    ng.yield %2, %3 : tensor<?x1xf32, #graph.dims<samples, 1>>, !points
  } {box = array<f32: $BOX>, minStep = 0.04 : f32, maxStep = 0.04 : f32, coneAngle = 0.0 : f32, maxSteps = 50 : i64, start = 0.5 : f32, minTransmittance = 0.2 : f32}
      : (tensor<19x3xf32>, tensor<19x3xf32>, tensor<$Cx64xui8>, tensor<4x3xf32>) -> (tensor<19x3xf32>, tensor<19x1xf32>, tensor<19x1xf32>)
  return %0#0, %0#1, %0#2 : tensor<19x3xf32>, tensor<19x1xf32>, tensor<19x1xf32>
}

// -----
// Most words of bits are 0, which are blocks of cells: rays go through them at once, whatever their steps are, and past
// the margins of the cascades.
// name sparse
// table STEPS  C  MIN    MAX    CONE  COUNT  BOX
//   equal      1  0.013  0.013  0.0   200    0.0,0.0,0.0,1.0,1.0,1.0
//   growing    1  0.013  0.2    0.02  200    0.0,0.0,0.0,1.0,1.0,1.0
//   far        1  0.11   0.2    0.02  200    0.0,0.0,0.0,1.0,1.0,1.0
//   cascades   3  0.013  0.013  0.0   400    -1.5,-1.5,-1.5,2.5,2.5,2.5
//   ofAll      3  0.013  0.2    0.02  400    -1.5,-1.5,-1.5,2.5,2.5,2.5
!points = tensor<?x3xf32, #graph.dims<samples, 3>>
func.func @main(%o: tensor<19x3xf32> {test.range = array<f64: -2.0, 3.0>}, %e: tensor<19x3xf32> {test.range = array<f64: -1.0, 2.0>}, %bits: tensor<$Cx512xui8> {test.range = #graph.dims<0, 256>},
                %some: tensor<$Cx512xui8> {test.range = #graph.dims<0, 2>}, %fewer: tensor<$Cx512xui8> {test.range = #graph.dims<0, 2>}, %few: tensor<$Cx512xui8> {test.range = #graph.dims<0, 2>},
                %w: tensor<4x3xf32> {test.constant}) -> (tensor<19x3xf32>, tensor<19x1xf32>, tensor<19x1xf32>) {
  %t = graph.sub %e, %o : (tensor<19x3xf32>, tensor<19x3xf32>) -> tensor<19x3xf32>
  %s = graph.mul %t, %t : (tensor<19x3xf32>, tensor<19x3xf32>) -> tensor<19x3xf32>
  %q = graph.reduce sum %s {axes = array<i64: 1>} : (tensor<19x3xf32>) -> tensor<19x1xf32>
  %l = graph.sqrt %q : (tensor<19x1xf32>) -> tensor<19x1xf32>
  %d = graph.div %t, %l : (tensor<19x3xf32>, tensor<19x1xf32>) -> tensor<19x3xf32>
  %m = graph.mul %some, %fewer : (tensor<$Cx512xui8>, tensor<$Cx512xui8>) -> tensor<$Cx512xui8>
  %n = graph.mul %m, %few : (tensor<$Cx512xui8>, tensor<$Cx512xui8>) -> tensor<$Cx512xui8>
  %sparse = graph.mul %bits, %n : (tensor<$Cx512xui8>, tensor<$Cx512xui8>) -> tensor<$Cx512xui8>
  %0:3 = ng.march %o, %d occupancy(%sparse) captures(%w) {
  ^bb0(%p: !points, %r: !points, %a: tensor<4x3xf32>):
    %1 = ng.mlp %p, %a {activation = #ng.activation<none>, outputActivation = #ng.activation<sigmoid>}
        : (!points, tensor<4x3xf32>) -> tensor<?x4xf32, #graph.dims<samples, 4>>
    %2 = graph.slice %1 starts <0, 0> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
    %3 = graph.slice %1 starts <0, 1> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> !points
    ng.yield %2, %3 : tensor<?x1xf32, #graph.dims<samples, 1>>, !points
  } {box = array<f32: $BOX>, minStep = $MIN : f32, maxStep = $MAX : f32, coneAngle = $CONE : f32, maxSteps = $COUNT : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
      : (tensor<19x3xf32>, tensor<19x3xf32>, tensor<$Cx512xui8>, tensor<4x3xf32>) -> (tensor<19x3xf32>, tensor<19x1xf32>, tensor<19x1xf32>)
  return %0#0, %0#1, %0#2 : tensor<19x3xf32>, tensor<19x1xf32>, tensor<19x1xf32>
}

// -----
// name deltaTrack
// with n=1 | n=23
!rays = tensor<?x3xf32, #graph.dims<n, 3>>
!points = tensor<?x3xf32, #graph.dims<samples, 3>>
func.func @main(%o: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: 0.0, 1.0>}, %d: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: 0.2, 0.8>}, %bits: tensor<1x64xui8> {test.range = #graph.dims<0, 256>},
                %w: tensor<4x3xf32> {test.constant}) -> (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<?x1xf32, #graph.dims<n, 1>>, tensor<?x1xf32, #graph.dims<n, 1>>) {
  %0:2 = ng.delta_track %o, %d captures(%w) {
  ^bb0(%p: !points, %a: tensor<4x3xf32>):
    %1 = ng.mlp %p, %a {activation = #ng.activation<none>, outputActivation = #ng.activation<softplus>}
        : (!points, tensor<4x3xf32>) -> tensor<?x4xf32, #graph.dims<samples, 4>>
    %2 = graph.slice %1 starts <0, 3> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
    %3 = graph.slice %1 starts <0, 0> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> !points
    ng.yield %2, %3 : tensor<?x1xf32, #graph.dims<samples, 1>>, !points
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, majorant = 8.0 : f32, densityScale = 1.5 : f32, maxSteps = 24 : i64, seed = 7 : i64, minTransmittance = 0.01 : f32}
      : (!rays, !rays, tensor<4x3xf32>) -> (!rays, tensor<?x1xf32, #graph.dims<n, 1>>)
  %1:2 = ng.delta_track %o, %d occupancy(%bits) captures(%w) {
  ^bb0(%p: !points, %a: tensor<4x3xf32>):
    %1 = ng.mlp %p, %a {activation = #ng.activation<none>, outputActivation = #ng.activation<softplus>}
        : (!points, tensor<4x3xf32>) -> tensor<?x4xf32, #graph.dims<samples, 4>>
    %2 = graph.slice %1 starts <0, 3> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
    %3 = graph.slice %1 starts <0, 0> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> !points
    ng.yield %2, %3 : tensor<?x1xf32, #graph.dims<samples, 1>>, !points
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, majorant = 3.0 : f32, densityScale = 4.0 : f32, maxSteps = 24 : i64, seed = -7 : i64, minTransmittance = 0.3 : f32}
      : (!rays, !rays, tensor<1x64xui8>, tensor<4x3xf32>) -> (!rays, tensor<?x1xf32, #graph.dims<n, 1>>)
  return %0#0, %0#1, %1#1 : !rays, tensor<?x1xf32, #graph.dims<n, 1>>, tensor<?x1xf32, #graph.dims<n, 1>>
}

// -----
// Rays one after another in a lane.
// name trackOne
// for BITS in 256, 1
// with n=1 | n=1100
!rays = tensor<?x3xf32, #graph.dims<n, 3>>
!points = tensor<?x3xf32, #graph.dims<samples, 3>>
func.func @main(%o: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: 0.0, 1.0>}, %d: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: 0.2, 0.8>}, %bits: tensor<1x64xui8> {test.range = #graph.dims<0, $BITS>},
                %i: tensor<?x1xui32, #graph.dims<n, 1>> {test.range = #graph.dims<0, 4294967295>}, %w: tensor<4x3xf32> {test.constant})
    -> (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<?x1xf32, #graph.dims<n, 1>>) {
  %0:2 = ng.delta_track %o, %d occupancy(%bits) number(%i) captures(%w) {
  ^bb0(%p: !points, %a: tensor<4x3xf32>):
    %1 = ng.mlp %p, %a {activation = #ng.activation<none>, outputActivation = #ng.activation<softplus>}
        : (!points, tensor<4x3xf32>) -> tensor<?x4xf32, #graph.dims<samples, 4>>
    %2 = graph.slice %1 starts <0, 3> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
    %3 = graph.slice %1 starts <0, 0> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> !points
    ng.yield %2, %3 : tensor<?x1xf32, #graph.dims<samples, 1>>, !points
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, majorant = 8.0 : f32, densityScale = 1.5 : f32, maxSteps = 24 : i64, seed = 7 : i64, minTransmittance = 0.3 : f32}
      : (!rays, !rays, tensor<1x64xui8>, tensor<?x1xui32, #graph.dims<n, 1>>, tensor<4x3xf32>) -> (!rays, tensor<?x1xf32, #graph.dims<n, 1>>)
  return %0#0, %0#1 : !rays, tensor<?x1xf32, #graph.dims<n, 1>>
}

// -----
// name asks
// for CAPACITY in 1, 40, 900
// with n=1 | n=23
!rays = tensor<?x3xf32, #graph.dims<n, 3>>
!numbers = tensor<?x1xf32, #graph.dims<n, 1>>
!points = tensor<?x3xf32, #graph.dims<samples, 3>>
func.func @main(%o: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: 0.0, 1.0>}, %d: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: 0.2, 0.8>}, %bits: tensor<1x64xui8> {test.range = #graph.dims<0, 256>},
                %i: tensor<?x1xui32, #graph.dims<n, 1>> {test.range = #graph.dims<0, 4294967295>}, %w: tensor<4x3xf32> {test.constant})
    -> (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<?x1xf32, #graph.dims<n, 1>>, tensor<1xi32>, tensor<?x3xf32, #graph.dims<n, 3>>, tensor<?x1xf32, #graph.dims<n, 1>>, tensor<1xi32>) {
  %0:4 = ng.march %o, %d occupancy(%bits) captures(%w) {
  ^bb0(%p: !points, %r: !points, %a: tensor<4x3xf32>):
    %q = graph.add %p, %r : (!points, !points) -> !points
    %1 = ng.mlp %q, %a {activation = #ng.activation<none>, outputActivation = #ng.activation<sigmoid>}
        : (!points, tensor<4x3xf32>) -> tensor<?x4xf32, #graph.dims<samples, 4>>
    %2 = graph.slice %1 starts <0, 0> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
    %3 = graph.slice %1 starts <0, 1> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> !points
    ng.yield %2, %3 : tensor<?x1xf32, #graph.dims<samples, 1>>, !points
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.04 : f32, maxStep = 0.04 : f32, coneAngle = 0.0 : f32, maxSteps = 50 : i64, start = 0.5 : f32, minTransmittance = 0.2 : f32, capacity = #graph.dim<$CAPACITY>}
      : (!rays, !rays, tensor<1x64xui8>, tensor<4x3xf32>) -> (!rays, !numbers, !numbers, tensor<1xi32>)
  %4:3 = ng.delta_track %o, %d occupancy(%bits) number(%i) captures(%w) {
  ^bb0(%p: !points, %a: tensor<4x3xf32>):
    %1 = ng.mlp %p, %a {activation = #ng.activation<none>, outputActivation = #ng.activation<softplus>}
        : (!points, tensor<4x3xf32>) -> tensor<?x4xf32, #graph.dims<samples, 4>>
    %2 = graph.slice %1 starts <0, 3> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
    %3 = graph.slice %1 starts <0, 0> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> !points
    ng.yield %2, %3 : tensor<?x1xf32, #graph.dims<samples, 1>>, !points
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, majorant = 8.0 : f32, densityScale = 1.5 : f32, maxSteps = 24 : i64, seed = 7 : i64, minTransmittance = 0.01 : f32, capacity = #graph.dim<$CAPACITY>}
      : (!rays, !rays, tensor<1x64xui8>, tensor<?x1xui32, #graph.dims<n, 1>>, tensor<4x3xf32>) -> (!rays, !numbers, tensor<1xi32>)
  return %0#0, %0#1, %0#3, %4#0, %4#1, %4#2 : !rays, !numbers, tensor<1xi32>, !rays, !numbers, tensor<1xi32>
}

// -----
// name sphereTrace
// table CASE OFFSET FROM TO
//   outside  0.0   -0.5  0.3
//   bigger   0.05  -0.5  0.3
//   within   0.0    0.2  0.8
//   missing  0.0    1.5  3.0
!rays = tensor<?x3xf32, #graph.dims<n, 3>>
!points = tensor<?x3xf32, #graph.dims<samples, 3>>
!numbers = tensor<?x1xf32, #graph.dims<samples, 1>>
// with n=1 | n=23 | n=1100
func.func @main(%o: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: $FROM, $TO>}, %d: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: 0.4, 0.6>})
    -> (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<?x1xf32, #graph.dims<n, 1>>, tensor<?x1xi1, #graph.dims<n, 1>>) {
  %0:3 = ng.sphere_trace %o, %d {
  ^bb0(%p: !points):
    %half = graph.constant dense<0.5> : tensor<f32>
    %radius = graph.constant dense<0.2> : tensor<f32>
    %1 = graph.sub %p, %half : (!points, tensor<f32>) -> !points
    %2 = graph.mul %1, %1 : (!points, !points) -> !points
    %3 = graph.reduce sum %2 {axes = array<i64: 1>} : (!points) -> !numbers
    %4 = graph.sqrt %3 : (!numbers) -> !numbers
    %5 = graph.sub %4, %radius : (!numbers, tensor<f32>) -> !numbers
    ng.yield %5 : !numbers
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, maxSteps = 12 : i64, stepScale = 0.9 : f32, offset = $OFFSET : f32, epsilon = 0.002 : f32}
      : (!rays, !rays) -> (!rays, tensor<?x1xf32, #graph.dims<n, 1>>, tensor<?x1xi1, #graph.dims<n, 1>>)
  return %0#0, %0#1, %0#2 : !rays, tensor<?x1xf32, #graph.dims<n, 1>>, tensor<?x1xi1, #graph.dims<n, 1>>
}

// -----
// name gradient
// with n=1 | n=23
!points = tensor<?x3xf32, #graph.dims<samples, 3>>
!numbers = tensor<?x1xf32, #graph.dims<samples, 1>>
func.func @main(%x: tensor<?x3xf32, #graph.dims<n, 3>>, %w: tensor<8x3xf32> {test.constant}, %v: tensor<1x8xf32>)
    -> (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<?x1xf32, #graph.dims<n, 1>>) {
  %s = graph.sin %x : (tensor<?x3xf32, #graph.dims<n, 3>>) -> tensor<?x3xf32, #graph.dims<n, 3>>
  %0 = ng.gradient %s captures(%w, %v) {
  ^bb0(%p: !points, %a: tensor<8x3xf32>, %b: tensor<1x8xf32>):
    %1 = ng.mlp %p, %a, %b {activation = #ng.activation<sine>, outputActivation = #ng.activation<none>}
        : (!points, tensor<8x3xf32>, tensor<1x8xf32>) -> !numbers
    ng.yield %1 : !numbers
  } {width = 0.25 : f32} : (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<8x3xf32>, tensor<1x8xf32>) -> tensor<?x3xf32, #graph.dims<n, 3>>
  %2 = graph.mul %0, %0 : (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<?x3xf32, #graph.dims<n, 3>>) -> tensor<?x3xf32, #graph.dims<n, 3>>
  %3 = graph.reduce sum %2 {axes = array<i64: 1>} : (tensor<?x3xf32, #graph.dims<n, 3>>) -> tensor<?x1xf32, #graph.dims<n, 1>>
  return %0, %3 : tensor<?x3xf32, #graph.dims<n, 3>>, tensor<?x1xf32, #graph.dims<n, 1>>
}

// -----
// A network whose layers are no multiple of what is summed up at once, and rows that are stored over what they are made of.
// name network
// for T in f32, f16, bf16
// with n=1 | n=23 | n=600
!rows = tensor<?x5x$T, #graph.dims<n, 5>>
func.func @main(%x: tensor<?x5x$T, #graph.dims<n, 5>>, %a: tensor<13x5x$T> {test.constant, test.range = array<f64: -0.3, 0.3>}, %b: tensor<7x13x$T> {test.range = array<f64: -0.3, 0.3>}, %c: tensor<5x7x$T> {test.range = array<f64: -0.3, 0.3>})
    -> tensor<?x5x$T, #graph.dims<n, 5>> {
  %0 = graph.neg %x : (!rows) -> !rows
  %1 = ng.mlp %0, %a, %b, %c {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>}
      : (!rows, tensor<13x5x$T>, tensor<7x13x$T>, tensor<5x7x$T>) -> !rows
  %2 = graph.add %1, %0 : (!rows, !rows) -> !rows
  return %2 : !rows
}

// -----
// Weights of more than the memory that a workgroup has without asking, rows and results of 16 bytes and more.
// name wide
// with n=1 | n=300
!wide = tensor<?x128xf16, #graph.dims<n, 128>>
func.func @main(%x: !wide, %a: tensor<128x128xf16> {test.constant, test.range = array<f64: -0.1, 0.1>}, %b: tensor<128x128xf16> {test.constant, test.range = array<f64: -0.1, 0.1>}) -> !wide {
  %0 = ng.mlp %x, %a, %b {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (!wide, tensor<128x128xf16>, tensor<128x128xf16>) -> !wide
  return %0 : !wide
}

// Networks of narrow numbers along rays that end at different times; the surface is nowhere near enough to end one.
// -----
// name narrow
// for T in f16, bf16
// with n=1 | n=70
!rays = tensor<?x3xf32, #graph.dims<n, 3>>
!of_ray = tensor<?x1xf32, #graph.dims<n, 1>>
!points = tensor<?x3xf32, #graph.dims<samples, 3>>
!numbers = tensor<?x1xf32, #graph.dims<samples, 1>>
func.func @main(%o: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: -0.5, 1.0>}, %d: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: 0.2, 0.8>}, %i: tensor<?x1xui32, #graph.dims<n, 1>> {test.range = #graph.dims<0, 4294967295>},
                %v: tensor<24x3x$T> {test.constant, test.range = array<f64: -0.4, 0.4>}, %w: tensor<4x24x$T> {test.constant, test.range = array<f64: -0.4, 0.4>}) -> (!rays, !of_ray, !rays, !of_ray, !of_ray, !rays) {
  %0:3 = ng.march %o, %d captures(%v, %w) {
  ^bb0(%p: !points, %r: !points, %a: tensor<24x3x$T>, %b: tensor<4x24x$T>):
    %x = graph.cast %p {to = $T} : (!points) -> tensor<?x3x$T, #graph.dims<samples, 3>>
    %1 = ng.mlp %x, %a, %b {activation = #ng.activation<relu>, outputActivation = #ng.activation<sigmoid>}
        : (tensor<?x3x$T, #graph.dims<samples, 3>>, tensor<24x3x$T>, tensor<4x24x$T>) -> tensor<?x4x$T, #graph.dims<samples, 4>>
    %y = graph.cast %1 {to = f32} : (tensor<?x4x$T, #graph.dims<samples, 4>>) -> tensor<?x4xf32, #graph.dims<samples, 4>>
    %2 = graph.slice %y starts <0, 0> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> !numbers
    %3 = graph.slice %y starts <0, 1> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> !points
    ng.yield %2, %3 : !numbers, !points
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.05 : f32, maxStep = 0.05 : f32, coneAngle = 0.0 : f32, maxSteps = 40 : i64, start = 0.5 : f32, minTransmittance = 0.001 : f32}
      : (!rays, !rays, tensor<24x3x$T>, tensor<4x24x$T>) -> (!rays, !of_ray, !of_ray)
  %4:2 = ng.delta_track %o, %d number(%i) captures(%v, %w) {
  ^bb0(%p: !points, %a: tensor<24x3x$T>, %b: tensor<4x24x$T>):
    %x = graph.cast %p {to = $T} : (!points) -> tensor<?x3x$T, #graph.dims<samples, 3>>
    %1 = ng.mlp %x, %a, %b {activation = #ng.activation<sine>, outputActivation = #ng.activation<softplus>}
        : (tensor<?x3x$T, #graph.dims<samples, 3>>, tensor<24x3x$T>, tensor<4x24x$T>) -> tensor<?x4x$T, #graph.dims<samples, 4>>
    %y = graph.cast %1 {to = f32} : (tensor<?x4x$T, #graph.dims<samples, 4>>) -> tensor<?x4xf32, #graph.dims<samples, 4>>
    %2 = graph.slice %y starts <0, 3> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> !numbers
    %3 = graph.slice %y starts <0, 0> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> !points
    ng.yield %2, %3 : !numbers, !points
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, majorant = 8.0 : f32, densityScale = 1.5 : f32, maxSteps = 24 : i64, seed = 7 : i64, minTransmittance = 0.01 : f32}
      : (!rays, !rays, tensor<?x1xui32, #graph.dims<n, 1>>, tensor<24x3x$T>, tensor<4x24x$T>) -> (!rays, !of_ray)
  %5:3 = ng.sphere_trace %o, %d captures(%v, %w) {
  ^bb0(%p: !points, %a: tensor<24x3x$T>, %b: tensor<4x24x$T>):
    %x = graph.cast %p {to = $T} : (!points) -> tensor<?x3x$T, #graph.dims<samples, 3>>
    %1 = ng.mlp %x, %a, %b {activation = #ng.activation<tanh>, outputActivation = #ng.activation<sigmoid>}
        : (tensor<?x3x$T, #graph.dims<samples, 3>>, tensor<24x3x$T>, tensor<4x24x$T>) -> tensor<?x4x$T, #graph.dims<samples, 4>>
    %y = graph.cast %1 {to = f32} : (tensor<?x4x$T, #graph.dims<samples, 4>>) -> tensor<?x4xf32, #graph.dims<samples, 4>>
    %2 = graph.slice %y starts <0, 2> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> !numbers
    ng.yield %2 : !numbers
  } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, maxSteps = 3 : i64, stepScale = 0.2 : f32, offset = 0.0 : f32, epsilon = 0.002 : f32}
      : (!rays, !rays, tensor<24x3x$T>, tensor<4x24x$T>) -> (!rays, !of_ray, tensor<?x1xi1, #graph.dims<n, 1>>)
  %6 = ng.gradient %o captures(%v, %w) {
  ^bb0(%p: !points, %a: tensor<24x3x$T>, %b: tensor<4x24x$T>):
    %x = graph.cast %p {to = $T} : (!points) -> tensor<?x3x$T, #graph.dims<samples, 3>>
    %1 = ng.mlp %x, %a, %b {activation = #ng.activation<silu>, outputActivation = #ng.activation<none>}
        : (tensor<?x3x$T, #graph.dims<samples, 3>>, tensor<24x3x$T>, tensor<4x24x$T>) -> tensor<?x4x$T, #graph.dims<samples, 4>>
    %y = graph.cast %1 {to = f32} : (tensor<?x4x$T, #graph.dims<samples, 4>>) -> tensor<?x4xf32, #graph.dims<samples, 4>>
    %2 = graph.slice %y starts <0, 1> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> !numbers
    ng.yield %2 : !numbers
  } {width = 0.25 : f32} : (!rays, tensor<24x3x$T>, tensor<4x24x$T>) -> !rays
  return %0#0, %0#1, %4#0, %4#1, %5#1, %6 : !rays, !of_ray, !rays, !of_ray, !of_ray, !rays
}
