// RUN: treadle-opt %s --split-input-file --treadle-quantize-tables --verify-diagnostics | FileCheck %s
// Features become bytes: the greatest of a column, -8 and 0.5, is 127 scales; what is in no level is 0; a network stays.

// CHECK-LABEL: func.func @main
// CHECK:       %[[TABLE:.*]] = graph.constant dense<{{\[}}[127, 0], [-127, 127], [64, 64], [0, 0]]> : tensor<4x2xi8>
// CHECK:       %[[GRID:.*]] = ng.grid_encoding %{{.*}}, %[[TABLE]]
// CHECK-SAME:    scales = array<f32: 0.0157480314, 0.00393700786>
// CHECK-SAME:    -> tensor<5x2xf32>
// CHECK:       %[[FEATURES:.*]] = graph.cast %[[GRID]] {to = f16}
// CHECK:       ng.mlp %[[FEATURES]], %{{.*}} : (tensor<5x2xf16>, tensor<3x2xf16>) -> tensor<5x3xf16>
module attributes {treadle.tables = "i8"} {
  func.func @main(%x: tensor<5x2xf32>, %w: tensor<3x2xf16>) -> tensor<5x3xf16> {
    %table = graph.constant dense<[[2.0, 0.0], [-2.0, 0.5], [1.0, 0.25], [7.0, 7.0]]> : tensor<4x2xf16>
    // expected-remark@unknown {{encoding: table of 4 x 2, f16 as i8: 16 bytes become 8, errors are 0.0079 at most, 0.0033 RMS}}
    %0 = ng.grid_encoding %x, %table {levels = [#ng.level<scale = 1.0 : f32, resolution = 2, offset = 0, entries = 3, index = dense>], interpolation = #ng.interpolation<linear>} : (tensor<5x2xf32>, tensor<4x2xf16>) -> tensor<5x2xf16> loc("encoding")
    %1 = ng.mlp %0, %w {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<5x2xf16>, tensor<3x2xf16>) -> tensor<5x3xf16>
    return %1 : tensor<5x3xf16>
  }
}

// -----

// Each level has scales of its own, and one of nothing but zeros has 1; a table of f32 needs no cast.
// CHECK-LABEL: func.func @levels
// CHECK:       dense<{{\[}}[127], [-64], [0], [0], [-127], [32]]> : tensor<6x1xi8>
// CHECK:       scales = array<f32: 1.000000e+00, 1.000000e+00, 2.000000e+00>
// CHECK-NEXT:  return
module attributes {treadle.tables = "i8"} {
  func.func @levels(%x: tensor<5x2xf32>) -> tensor<5x3xf32> {
    %table = graph.constant dense<[[127.0], [-64.0], [0.0], [0.0], [-254.0], [63.0]]> : tensor<6x1xf32>
    // expected-remark@+1 {{6 x 1, f32 as i8: 24 bytes become 6, errors are 1 at most, 0.41 RMS}}
    %0 = ng.grid_encoding %x, %table {levels = [#ng.level<scale = 1.0 : f32, resolution = 2, offset = 0, entries = 2, index = dense>, #ng.level<scale = 1.0 : f32, resolution = 2, offset = 2, entries = 2, index = dense>, #ng.level<scale = 1.0 : f32, resolution = 2, offset = 4, entries = 2, index = dense>], interpolation = #ng.interpolation<linear>} : (tensor<5x2xf32>, tensor<6x1xf32>) -> tensor<5x3xf32>
    return %0 : tensor<5x3xf32>
  }
}

// -----

// Levels that share entries share scales.
// CHECK-LABEL: func.func @shared
// CHECK:       dense<{{\[}}[64], [32], [127]]> : tensor<3x1xi8>
// CHECK:       scales = array<f32: 2.000000e+00, 2.000000e+00>
module attributes {treadle.tables = "i8"} {
  func.func @shared(%x: tensor<5x2xf32>) -> tensor<5x2xf32> {
    %table = graph.constant dense<[[127.0], [64.0], [254.0]]> : tensor<3x1xf32>
    // expected-remark@+1 {{errors are 1 at most}}
    %0 = ng.grid_encoding %x, %table {levels = [#ng.level<scale = 1.0 : f32, resolution = 2, offset = 1, entries = 2, index = dense>, #ng.level<scale = 1.0 : f32, resolution = 2, offset = 0, entries = 2, index = dense>], interpolation = #ng.interpolation<linear>} : (tensor<5x2xf32>, tensor<3x1xf32>) -> tensor<5x2xf32>
    return %0 : tensor<5x2xf32>
  }
}

// -----

// Only where the module asks for it.
// CHECK-LABEL: func.func @unasked
// CHECK:       ng.grid_encoding
// CHECK-NOT:   scales
func.func @unasked(%x: tensor<5x2xf32>, %table: tensor<4x2xf16>) -> tensor<5x2xf16> {
  %0 = ng.grid_encoding %x, %table {levels = [#ng.level<scale = 1.0 : f32, resolution = 2, offset = 0, entries = 3, index = dense>], interpolation = #ng.interpolation<linear>} : (tensor<5x2xf32>, tensor<4x2xf16>) -> tensor<5x2xf16>
  return %0 : tensor<5x2xf16>
}

// -----

module attributes {treadle.tables = "i8"} {
  func.func @input(%x: tensor<5x2xf32>, %params: tensor<10xf16> {graph.name = "params"}) -> tensor<5x2xf16> {
    %table = graph.reshape %params : (tensor<10xf16>) -> tensor<5x2xf16>
    // expected-error@+1 {{its table is the input 'params', and --tables stores what the file has; name parameters.file instead of parameters.input, or leave it out}}
    %0 = ng.grid_encoding %x, %table {levels = [#ng.level<scale = 1.0 : f32, resolution = 2, offset = 0, entries = 3, index = dense>], interpolation = #ng.interpolation<linear>} : (tensor<5x2xf32>, tensor<5x2xf16>) -> tensor<5x2xf16>
    return %0 : tensor<5x2xf16>
  }
}

// -----

module attributes {treadle.tables = "i8"} {
  func.func @infinite(%x: tensor<5x2xf32>) -> tensor<5x2xf16> {
    %table = graph.constant dense<[[1.0, 2.0], [0x7C00, 0.0]]> : tensor<2x2xf16>
    // expected-error@+1 {{its table has at number 2 one that is not finite, which no byte can be}}
    %0 = ng.grid_encoding %x, %table {levels = [#ng.level<scale = 1.0 : f32, resolution = 2, offset = 0, entries = 2, index = dense>], interpolation = #ng.interpolation<linear>} : (tensor<5x2xf32>, tensor<2x2xf16>) -> tensor<5x2xf16>
    return %0 : tensor<5x2xf16>
  }
}
