// Encodings and perceptrons: the evaluator's values against what they are composed of.

// -----
// name grid
// for T in f32, f16
// for F COLUMNS in 1 3 | 2 6 | 8 24
// for INTERPOLATION in linear, smoothstep
// with n=1 | n=37
func.func @main(%x: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: 0.0, 1.0>}, %table: tensor<1096x$Fx$T>) -> tensor<?x$COLUMNSx$T, #graph.dims<n, $COLUMNS>> {
  %0 = ng.grid_encoding %x, %table {
    levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>,
              #ng.level<scale = 7.5 : f32, resolution = 9, offset = 64, entries = 512, index = dense>,
              #ng.level<scale = 30.5 : f32, resolution = 32, offset = 576, entries = 520, index = coherent_prime>],
    interpolation = #ng.interpolation<$INTERPOLATION>
  } : (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<1096x$Fx$T>) -> tensor<?x$COLUMNSx$T, #graph.dims<n, $COLUMNS>>
  return %0 : tensor<?x$COLUMNSx$T, #graph.dims<n, $COLUMNS>>
}

// -----
// name gridDims
// for D in 2, 3, 4
// for INDEX in dense, coherent_prime, single
// for INTERPOLATION in linear, nearest
// with n=29
func.func @main(%x: tensor<?x$Dxf32, #graph.dims<n, $D>> {test.range = array<f64: 0.0, 1.0>}, %table: tensor<700x2xf32> {test.constant}) -> tensor<?x4xf32, #graph.dims<n, 4>> {
  %0 = ng.grid_encoding %x, %table {
    levels = [#ng.level<scale = 2.5 : f32, resolution = 4, offset = 0, entries = 256, index = dense>,
              #ng.level<scale = 9.25 : f32, resolution = 11, offset = 256, entries = 444, index = $INDEX>],
    interpolation = #ng.interpolation<$INTERPOLATION>
  } : (tensor<?x$Dxf32, #graph.dims<n, $D>>, tensor<700x2xf32>) -> tensor<?x4xf32, #graph.dims<n, 4>>
  return %0 : tensor<?x4xf32, #graph.dims<n, 4>>
}

// -----
// name gridBeyondTheUnitCube
func.func @main(%x: tensor<31x3xf32> {test.range = array<f64: -40.0, 40.0>}, %table: tensor<600x2xf32>) -> tensor<31x4xf32> {
  %0 = ng.grid_encoding %x, %table {
    levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>,
              #ng.level<scale = 30.5 : f32, resolution = 32, offset = 64, entries = 512, index = coherent_prime>],
    interpolation = #ng.interpolation<linear>
  } : (tensor<31x3xf32>, tensor<600x2xf32>) -> tensor<31x4xf32>
  return %0 : tensor<31x4xf32>
}

// Bytes, with a scale for each column.
// -----
// name gridOfBytes
// table F COLUMNS SCALES
//   1  2   0.01, 0.5
//   2  4   0.01, 0.02, 0.5, 1.0
//   4  8   0.01, 0.02, 0.03, 0.04, 0.5, 0.6, 0.7, 1.0
//   8  16  0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 1.0
// for INTERPOLATION in linear, nearest
// for CONSTANT in test.unknown, test.constant
// with n=1 | n=37
func.func @main(%x: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: 0.0, 1.0>}, %table: tensor<584x$Fxi8> {test.range = array<f64: -127.0, 128.0>, $CONSTANT}) -> tensor<?x$COLUMNSxf32, #graph.dims<n, $COLUMNS>> {
  %0 = ng.grid_encoding %x, %table {
    levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>,
              #ng.level<scale = 30.5 : f32, resolution = 32, offset = 64, entries = 520, index = coherent_prime>],
    interpolation = #ng.interpolation<$INTERPOLATION>, scales = array<f32: $SCALES>
  } : (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<584x$Fxi8>) -> tensor<?x$COLUMNSxf32, #graph.dims<n, $COLUMNS>>
  return %0 : tensor<?x$COLUMNSxf32, #graph.dims<n, $COLUMNS>>
}

// Vertices on the faces of the unit cube; a level whose numbers leave coordinates out.
// -----
// name gridOfTorchNgp
// table NAME KIND
//   staggered  interpolation = #ng.interpolation<linear>
//   aligned    alignCorners, interpolation = #ng.interpolation<linear>
//   smooth     alignCorners, interpolation = #ng.interpolation<smoothstep>
// with n=29
func.func @main(%x: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: 0.0, 1.0>}, %table: tensor<1208x2xf32>) -> tensor<?x6xf32, #graph.dims<n, 6>> {
  %0 = ng.grid_encoding %x, %table {
    $KIND,
    levels = [#ng.level<scale = 3.0 : f32, resolution = 5, offset = 0, entries = 128, index = dense>,
              #ng.level<scale = 30.5 : f32, resolution = 33, offset = 128, entries = 560, index = tiled>,
              #ng.level<scale = 40.5 : f32, resolution = 43, offset = 688, entries = 520, index = coherent_prime>]
  } : (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<1208x2xf32>) -> tensor<?x6xf32, #graph.dims<n, 6>>
  return %0 : tensor<?x6xf32, #graph.dims<n, 6>>
}

// -----
// name encoding
// table NAME ENCODING COLUMNS
//   frequency12             ng.frequency %x {frequencies = 12 : i64}     72
//   frequency1              ng.frequency %x {frequencies = 1 : i64}      6
//   triangle_wave12         ng.triangle_wave %x {frequencies = 12 : i64}     36
//   triangle_wave1          ng.triangle_wave %x {frequencies = 1 : i64}      3
//   one_blob16              ng.one_blob %x {bins = 16 : i64}            48
//   one_blob1               ng.one_blob %x {bins = 1 : i64}             3
//   spherical_harmonics1    ng.spherical_harmonics %x {degree = 1 : i64}           1
//   spherical_harmonics2    ng.spherical_harmonics %x {degree = 2 : i64}           4
//   spherical_harmonics4    ng.spherical_harmonics %x {degree = 4 : i64}           16
//   spherical_harmonics8    ng.spherical_harmonics %x {degree = 8 : i64}           64
// with n=1 | n=37
func.func @main(%x: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: 0.0, 1.0>}) -> tensor<?x$COLUMNSxf32, #graph.dims<n, $COLUMNS>> {
  %0 = $ENCODING : (tensor<?x3xf32, #graph.dims<n, 3>>) -> tensor<?x$COLUMNSxf32, #graph.dims<n, $COLUMNS>>
  return %0 : tensor<?x$COLUMNSxf32, #graph.dims<n, $COLUMNS>>
}

// What a network makes of them, and they themselves, of one kernel; also beyond the turns in which a blob wraps around.
// -----
// name encoded
// table NAME ENCODING COLUMNS
//   frequency12             ng.frequency %x {frequencies = 12 : i64}     72
//   triangle_wave12         ng.triangle_wave %x {frequencies = 12 : i64}     36
//   one_blob1               ng.one_blob %x {bins = 1 : i64}             3
//   one_blob2               ng.one_blob %x {bins = 2 : i64}             6
//   one_blob42              ng.one_blob %x {bins = 42 : i64}            126
// for T in f32, f16
// with n=1 | n=37
func.func @main(%x: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: -2.5, 2.5>}, %w: tensor<5x$COLUMNSx$T> {test.range = array<f64: -0.3, 0.3>})
    -> (tensor<?x$COLUMNSxf32, #graph.dims<n, $COLUMNS>>, tensor<?x5x$T, #graph.dims<n, 5>>) {
  %0 = $ENCODING : (tensor<?x3xf32, #graph.dims<n, 3>>) -> tensor<?x$COLUMNSxf32, #graph.dims<n, $COLUMNS>>
  %1 = graph.cast %0 {to = $T} : (tensor<?x$COLUMNSxf32, #graph.dims<n, $COLUMNS>>) -> tensor<?x$COLUMNSx$T, #graph.dims<n, $COLUMNS>>
  %2 = ng.mlp %1, %w {activation = #ng.activation<none>, outputActivation = #ng.activation<none>}
      : (tensor<?x$COLUMNSx$T, #graph.dims<n, $COLUMNS>>, tensor<5x$COLUMNSx$T>) -> tensor<?x5x$T, #graph.dims<n, 5>>
  return %0, %2 : tensor<?x$COLUMNSxf32, #graph.dims<n, $COLUMNS>>, tensor<?x5x$T, #graph.dims<n, 5>>
}

// -----
// name mlp
// for T in f32, f16, bf16
// for ACTIVATION in none, relu, leaky_relu, silu, exponential, sine, sigmoid, squareplus, softplus, tanh
// with n=1 | n=19
func.func @main(%x: tensor<?x24x$T, #graph.dims<n, 24>>, %a: tensor<16x24x$T> {test.constant, test.range = array<f64: -0.3, 0.3>}, %b: tensor<3x16x$T> {test.range = array<f64: -0.3, 0.3>}) -> tensor<?x3x$T, #graph.dims<n, 3>> {
  %0 = ng.mlp %x, %a, %b {activation = #ng.activation<$ACTIVATION>, outputActivation = #ng.activation<$ACTIVATION>}
      : (tensor<?x24x$T, #graph.dims<n, 24>>, tensor<16x24x$T>, tensor<3x16x$T>) -> tensor<?x3x$T, #graph.dims<n, 3>>
  return %0 : tensor<?x3x$T, #graph.dims<n, 3>>
}

// Layers that fill fragments of matrix units and such that do not, and weights that no workgroup has room for.
// -----
// name layers
// for T in f16, bf16
// table SIZES         IN   A    B    C    OUT
//   even              16   16   16   16   16
//   usual             32   64   64   64   16
//   different         48   128  32   64   3
//   odd               27   33   50   17   40
//   wide              100  128  128  128  70
// with n=1 | n=300
func.func @main(%x: tensor<?x$INx$T, #graph.dims<n, $IN>> {test.range = array<f64: -1.0, 1.0>}, %a: tensor<$Ax$INx$T> {test.constant, test.range = array<f64: -0.2, 0.2>}, %b: tensor<$Bx$Ax$T> {test.range = array<f64: -0.2, 0.2>},
                %c: tensor<$Cx$Bx$T> {test.range = array<f64: -0.2, 0.2>}, %d: tensor<$OUTx$Cx$T> {test.range = array<f64: -0.2, 0.2>}) -> (tensor<?x$OUTx$T, #graph.dims<n, $OUT>>, tensor<?x1x$T, #graph.dims<n, 1>>) {
  %0 = ng.mlp %x, %a, %b, %c, %d {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>}
      : (tensor<?x$INx$T, #graph.dims<n, $IN>>, tensor<$Ax$INx$T>, tensor<$Bx$Ax$T>, tensor<$Cx$Bx$T>, tensor<$OUTx$Cx$T>) -> tensor<?x$OUTx$T, #graph.dims<n, $OUT>>
  %1 = ng.mlp %x, %a, %b {activation = #ng.activation<relu>, outputActivation = #ng.activation<sigmoid>}
      : (tensor<?x$INx$T, #graph.dims<n, $IN>>, tensor<$Ax$INx$T>, tensor<$Bx$Ax$T>) -> tensor<?x$Bx$T, #graph.dims<n, $B>>
  %2 = graph.slice %1 starts <0, 1> steps [1, 1] : (tensor<?x$Bx$T, #graph.dims<n, $B>>) -> tensor<?x1x$T, #graph.dims<n, 1>>
  return %0, %2 : tensor<?x$OUTx$T, #graph.dims<n, $OUT>>, tensor<?x1x$T, #graph.dims<n, 1>>
}

// -----
// name overflow
// for T in f16, f32
// with n=40
func.func @main(%x: tensor<?x16x$T, #graph.dims<n, 16>> {test.range = array<f64: 1.0, 2.0>}, %a: tensor<20x16x$T> {test.range = array<f64: 8.0, 9.0>}, %b: tensor<20x20x$T> {test.range = array<f64: 1.0, 2.0>},
                %c: tensor<3x20x$T> {test.range = array<f64: 1.0, 2.0>}) -> tensor<?x3x$T, #graph.dims<n, 3>> {
  %0 = ng.mlp %x, %a, %b, %c {activation = #ng.activation<exponential>, outputActivation = #ng.activation<none>}
      : (tensor<?x16x$T, #graph.dims<n, 16>>, tensor<20x16x$T>, tensor<20x20x$T>, tensor<3x20x$T>) -> tensor<?x3x$T, #graph.dims<n, 3>>
  return %0 : tensor<?x3x$T, #graph.dims<n, 3>>
}

// -----
// name field
// with n=1 | n=70
func.func @main(%x: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: 0.0, 1.0>}, %d: tensor<?x3xf32, #graph.dims<n, 3>> {test.range = array<f64: 0.0, 1.0>},
                %table: tensor<1096x2xf16> {test.constant}, %a: tensor<32x4xf16> {test.constant, test.range = array<f64: -0.5, 0.5>}, %b: tensor<16x32xf16> {test.constant, test.range = array<f64: -0.3, 0.3>},
                %c: tensor<3x32xf16> {test.constant, test.range = array<f64: -0.3, 0.3>}) -> tensor<?x3xf16, #graph.dims<n, 3>> {
  %0 = ng.grid_encoding %x, %table {
    levels = [#ng.level<scale = 7.5 : f32, resolution = 9, offset = 0, entries = 576, index = dense>,
              #ng.level<scale = 30.5 : f32, resolution = 32, offset = 576, entries = 520, index = coherent_prime>],
    interpolation = #ng.interpolation<linear>
  } : (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<1096x2xf16>) -> tensor<?x4xf16, #graph.dims<n, 4>>
  %1 = ng.mlp %0, %a, %b {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>}
      : (tensor<?x4xf16, #graph.dims<n, 4>>, tensor<32x4xf16>, tensor<16x32xf16>) -> tensor<?x16xf16, #graph.dims<n, 16>>
  %2 = ng.spherical_harmonics %d {degree = 4 : i64} : (tensor<?x3xf32, #graph.dims<n, 3>>) -> tensor<?x16xf32, #graph.dims<n, 16>>
  %3 = graph.cast %2 {to = f16} : (tensor<?x16xf32, #graph.dims<n, 16>>) -> tensor<?x16xf16, #graph.dims<n, 16>>
  %4 = "graph.concat"(%1, %3) {axis = 1 : i64} : (tensor<?x16xf16, #graph.dims<n, 16>>, tensor<?x16xf16, #graph.dims<n, 16>>) -> tensor<?x32xf16, #graph.dims<n, 32>>
  %5 = ng.mlp %4, %c {activation = #ng.activation<relu>, outputActivation = #ng.activation<sigmoid>}
      : (tensor<?x32xf16, #graph.dims<n, 32>>, tensor<3x32xf16>) -> tensor<?x3xf16, #graph.dims<n, 3>>
  return %5 : tensor<?x3xf16, #graph.dims<n, 3>>
}

// Positions that are no numbers, or too far away for a cell: what comes of them is nobody's business, but no other memory is
// read, and the positions beside them are encoded as ever.
// -----
// name gridOfNoNumbers
func.func @main(%x: tensor<8x3xf32> {test.values = dense<[[0x7FC00000, 0.5, 0.5], [0x7F800000, 0.5, 0.5], [0xFF800000, 0.1, 0.2], [1.0e30, 0.5, 0.5], [-1.0e30, 0.5, 0.5], [0.5, 0x7FC00000, 0.1], [0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]> : tensor<8x3xf32>},
                %table: tensor<600x2xf32>) -> tensor<2x4xf32> {
  %0 = ng.grid_encoding %x, %table {
    levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>,
              #ng.level<scale = 30.5 : f32, resolution = 32, offset = 64, entries = 512, index = coherent_prime>],
    interpolation = #ng.interpolation<linear>
  } : (tensor<8x3xf32>, tensor<600x2xf32>) -> tensor<8x4xf32>
  %1 = graph.slice %0 starts <6, 0> steps [1, 1] : (tensor<8x4xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}
