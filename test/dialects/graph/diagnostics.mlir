// RUN: treadle-opt %s --split-input-file --verify-diagnostics
// What the ops of the graph dialect say of operands and attributes that do not fit.

func.func @f(%x: tensor<2x4x5x5xf32>, %w: tensor<3x4x3x3xf32>) {
  // expected-error@+2 {{every list must have 2 numbers, one a spatial dimension}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (tensor<2x4x5x5xf32>, tensor<3x4x3x3xf32>) -> tensor<2x3x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4x5x5xf32>, %w: tensor<3x4x3xf32>) {
  // expected-error@+2 {{input and filter must have 4 dimensions, they have 4 and 3}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (tensor<2x4x5x5xf32>, tensor<3x4x3xf32>) -> tensor<2x3x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4x5x5xf32>, %w: tensor<3x4x3x3xf32>) {
  // expected-error@+2 {{strides and dilations must be positive}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.conv %x, %w {strides = array<i64: 0, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (tensor<2x4x5x5xf32>, tensor<3x4x3x3xf32>) -> tensor<2x3x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4x5x5xf32>, %w: tensor<3x4x3x3xf32>) {
  // expected-error@+2 {{groups must be positive}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 0 : i64} : (tensor<2x4x5x5xf32>, tensor<3x4x3x3xf32>) -> tensor<2x3x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4x5x5xf32>, %w: tensor<3x5x3x3xf32>) {
  // expected-error@+2 {{the input has 4 channels, the filter takes 5}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (tensor<2x4x5x5xf32>, tensor<3x5x3x3xf32>) -> tensor<2x3x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4x5x5xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error@+2 {{3 output channels cannot be split into 2 groups}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 2 : i64} : (tensor<2x4x5x5xf32>, tensor<3x2x3x3xf32>) -> tensor<2x3x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4x5x5xf32>, %w: tensor<3x4x6x3xf32>) {
  // expected-error@+2 {{the filter is larger than spatial dimension 0 with its padding, 5}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64} : (tensor<2x4x5x5xf32>, tensor<3x4x6x3xf32>) -> tensor<2x3x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4x5x5xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error@+2 {{every list must have 2 numbers}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.conv_transpose %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64, outputPad = array<i64: 0>} : (tensor<2x4x5x5xf32>, tensor<4x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4x5x5xf32>, %w: tensor<5x3x3x3xf32>) {
  // expected-error@+2 {{the input has 4 channels, the filter takes 5}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.conv_transpose %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64, outputPad = array<i64: 0, 0>} : (tensor<2x4x5x5xf32>, tensor<5x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4x5x5xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error@+2 {{4 channels cannot be split into 3 groups}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.conv_transpose %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 3 : i64, outputPad = array<i64: 0, 0>} : (tensor<2x4x5x5xf32>, tensor<4x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  return
}

// -----

func.func @f(%a: tensor<3xf32>, %b: tensor<3x4xf32>) {
  // expected-error@+2 {{operands must have two dimensions or more}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.matmul %a, %b : (tensor<3xf32>, tensor<3x4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<3x4xf16>) {
  // expected-error@+2 {{operands have different element types}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.matmul %a, %b : (tensor<2x3xf32>, tensor<3x4xf16>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<4x4xf32>) {
  // expected-error@+2 {{cannot be multiplied}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.matmul %a, %b : (tensor<2x3xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xi1>, %b: tensor<3x4xi1>) {
  // expected-error@+1 {{is over real numbers}}
  %0 = graph.matmul %a, %b : (tensor<2x3xi1>, tensor<3x4xi1>) -> tensor<2x4xi1>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<4xf32>) {
  // expected-error@+2 {{cannot be broadcast together}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.add %a, %b : (tensor<2x3xf32>, tensor<4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%a: tensor<3xf32>, %b: tensor<3xf16>) {
  // expected-error@+2 {{operands have different element types}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.add %a, %b : (tensor<3xf32>, tensor<3xf16>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%a: tensor<3xf32>, %b: tensor<3xf16>) {
  // expected-error@+2 {{operands have different element types}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.compare lt %a, %b : (tensor<3xf32>, tensor<3xf16>) -> tensor<3xi1>
  return
}

// -----

func.func @f(%a: tensor<3xf32>) {
  // expected-error@+1 {{expected one of eq, ne, lt, le, gt, ge}}
  %0 = graph.compare near %a, %a : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xi1>
  return
}

// -----

func.func @f(%c: tensor<3xi1>, %a: tensor<3xf32>, %b: tensor<3xf16>) {
  // expected-error@+2 {{choices have different element types}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.select %c, %a, %b : (tensor<3xi1>, tensor<3xf32>, tensor<3xf16>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>, %i: tensor<2xi64>) {
  // expected-error@+1 {{axis is 2, the input has 2 dimensions}}
  %0 = graph.gather %a, %i {axis = 2 : i64} : (tensor<3x4xf32>, tensor<2xi64>) -> tensor<3x2xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>, %i: tensor<2xi64>) {
  // expected-error@+1 {{input has 2 dimensions, indices 1}}
  %0 = graph.gather_elements %a, %i {axis = 0 : i64} : (tensor<3x4xf32>, tensor<2xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>, %i: tensor<i64>) {
  // expected-error@+2 {{indices must have a dimension}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.gather_nd %a, %i {batchDims = 0 : i64} : (tensor<3x4xf32>, tensor<i64>) -> tensor<f32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>, %i: tensor<2x3xi64>) {
  // expected-error@+2 {{tuples of 3 indices after 0 batch dimensions do not fit an input of 2 dimensions}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.gather_nd %a, %i {batchDims = 0 : i64} : (tensor<3x4xf32>, tensor<2x3xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+1 {{expected one of sum, prod, min, max, mean, any, all}}
  %0 = graph.reduce median %a {axes = array<i64: 1>} : (tensor<3x4xf32>) -> tensor<3x1xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+1 {{axes must be ascending and below 2}}
  %0 = graph.reduce sum %a {axes = array<i64: 2>} : (tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+1 {{of any and all is over i1, and of the others over numbers}}
  %0 = graph.reduce any %a {axes = array<i64: 1>} : (tensor<3x4xf32>) -> tensor<3x1xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xi8>) {
  // expected-error@+1 {{of mean is over floats and integers of 32 bits or more}}
  %0 = graph.reduce mean %a {axes = array<i64: 1>} : (tensor<3x4xi8>) -> tensor<3x1xi8>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+1 {{axis is 2, the input has 2 dimensions}}
  %0 = graph.softmax %a {axis = 2 : i64} : (tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+1 {{axes must be ascending and below 2}}
  %0 = graph.normalize %a {kind = #graph.norm_kind<layer>, axes = array<i64: 1, 0>, epsilon = 0.1 : f64} : (tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+1 {{has 12 elements before and 10 after}}
  %0 = graph.reshape %a : (tensor<3x4xf32>) -> tensor<5x2xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+1 {{must keep the element type}}
  %0 = graph.reshape %a : (tensor<3x4xf32>) -> tensor<12xf16>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+2 {{permutation has 1 numbers, the tensor 2 dimensions}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.transpose %a {permutation = array<i64: 0>} : (tensor<3x4xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+1 {{permutation names a dimension twice}}
  %0 = graph.transpose %a {permutation = array<i64: 0, 0>} : (tensor<3x4xf32>) -> tensor<3x3xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+1 {{has fewer dimensions than its operand}}
  %0 = graph.broadcast %a : (tensor<3x4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+1 {{would repeat a dimension of 3 to get 6}}
  %0 = graph.broadcast %a : (tensor<3x4xf32>) -> tensor<6x4xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+1 {{needs one start and one step for each dimension, and keeps their number}}
  %0 = graph.slice %a starts <0> steps [1, 1] : (tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+1 {{has step 0 for dimension 1}}
  %0 = graph.slice %a starts <0, 0> steps [1, 0] : (tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+1 {{takes elements 2 to 4 of dimension 1, which has 4}}
  %0 = graph.slice %a starts <0, 2> steps [1, 2] : (tensor<3x4xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @f(%a: tensor<3xf32>, %v: tensor<f32>) {
  // expected-error@+2 {{needs one number before and one after for each of 1 dimensions}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.pad %a, %v low <1, 1> high <0> {mode = #graph.pad_mode<edge>} : (tensor<3xf32>, tensor<f32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%a: tensor<3xf32>, %v: tensor<i32>) {
  // expected-error@+1 {{needs a scalar of the input's element type to pad with}}
  %0 = graph.pad %a, %v low <1> high <0> {mode = #graph.pad_mode<edge>} : (tensor<3xf32>, tensor<i32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%a: tensor<3xf32>, %v: tensor<f32>) {
  // expected-error@+1 {{cannot take elements away; that is a slice}}
  %0 = graph.pad %a, %v low <-1> high <0> {mode = #graph.pad_mode<edge>} : (tensor<3xf32>, tensor<f32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%a: tensor<3xf32>, %v: tensor<f32>) {
  // expected-error@+1 {{cannot mirror 3 elements of a dimension of 3}}
  %0 = graph.pad %a, %v low <3> high <0> {mode = #graph.pad_mode<reflect>} : (tensor<3xf32>, tensor<f32>) -> tensor<6xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>, %b: tensor<3xf32>) {
  // expected-error@+2 {{operands differ in rank or element type}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.concat %a, %b {axis = 0 : i64} : (tensor<3x4xf32>, tensor<3xf32>) -> tensor<6x4xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>, %b: tensor<3x5xf32>) {
  // expected-error@+2 {{operands differ in dimension 1}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.concat %a, %b {axis = 0 : i64} : (tensor<3x4xf32>, tensor<3x5xf32>) -> tensor<6x4xf32>
  return
}

// -----

func.func @f() {
  // expected-error@+2 {{a scalar has one value, not 2}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.sizes <1, 2> {scalar} : () -> tensor<i64>
  return
}

// -----

func.func @f(%q: tensor<3x4xf32>, %k: tensor<5x3xf32>) {
  // expected-error@+2 {{do not fit}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.attention %q, %k, %k {scale = 1.0 : f64} : (tensor<3x4xf32>, tensor<5x3xf32>, tensor<5x3xf32>) -> tensor<3x3xf32>
  return
}

// -----

func.func @f(%q: tensor<3x4xf32>, %b: tensor<2x3xf32>) {
  // expected-error@+1 {{does not broadcast to the scores}}
  %0 = graph.attention %q, %q, %q, %b {scale = 1.0 : f64} : (tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<2x3xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @f(%q: tensor<3x4xf32>) {
  // expected-error@+1 {{a window of -2 keys is neither -1, for all, nor between 0 and 1073741824}}
  %0 = graph.attention %q, %q, %q {scale = 1.0 : f64, windowLeft = -2} : (tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @f(%q: tensor<3x4xf32>) {
  // expected-error@+1 {{causal is a windowRight of 0, one of them is enough}}
  %0 = graph.attention %q, %q, %q {causal, scale = 1.0 : f64, windowRight = 3} : (tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @f(%q: tensor<3x4xf32>) {
  // expected-error@+1 {{a prefix of -1 keys is not between 0 and 1073741824}}
  %0 = graph.attention %q, %q, %q {causal, scale = 1.0 : f64, prefix = -1} : (tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+2 {{a window of 5 is larger than dimension 1 with its padding, 4}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.pool max %a {axes = array<i64: 1>, kernel = array<i64: 5>, strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>} : (tensor<3x4xf32>) -> tensor<3x1xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+2 {{a window of 6 is larger than dimension 1 with its padding, 4}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.pool max %a {truncMode, axes = array<i64: 1>, kernel = array<i64: 6>, strides = array<i64: 2>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>} : (tensor<3x4xf32>) -> tensor<3x1xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xi1>) {
  // expected-error@+1 {{is over numbers, not i1}}
  %0 = graph.pool max %a {axes = array<i64: 1>, kernel = array<i64: 2>, strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>} : (tensor<3x4xi1>) -> tensor<3x3xi1>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>) {
  // expected-error@+2 {{axes must be dimensions of the input; kernel, strides and dilations positive}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = graph.pool max %a {axes = array<i64: 2>, kernel = array<i64: 2>, strides = array<i64: 1>, dilations = array<i64: 1>, padLow = array<i64: 0>, padHigh = array<i64: 0>} : (tensor<3x4xf32>) -> tensor<3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{combines by sum, prod, min or max, not by mean}}
  %0 = graph.scan <mean> %x {axis = 1 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xi1>) {
  // expected-error@+1 {{is over numbers, not over i1}}
  %0 = graph.scan <sum> %x {axis = 1 : i64} : (tensor<2x3xi1>) -> tensor<2x3xi1>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{axis is 2, the input has 2 dimensions}}
  %0 = graph.scan <sum> %x {axis = 2 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{takes 4 of 3 elements}}
  %0:2 = graph.top_k %x {axis = 1 : i64} : (tensor<2x3xf32>) -> (tensor<2x4xf32>, tensor<2x4xi64>)
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{gives elements of type 'f32' and indices of type i64, not 'f32' and 'i32'}}
  %0:2 = graph.top_k %x {axis = 1 : i64} : (tensor<2x3xf32>) -> (tensor<2x2xf32>, tensor<2x2xi32>)
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{results must have the input's dimensions but for the axis}}
  %0:2 = graph.top_k %x {axis = 1 : i64} : (tensor<2x3xf32>) -> (tensor<1x2xf32>, tensor<1x2xi64>)
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{block is 0, it must be positive}}
  %0 = graph.sort_blocks %x {axis = 1 : i64, block = 0 : i64} : (tensor<2x3xf32>) -> tensor<2x3xi32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %i: tensor<2x3xi64>, %u: tensor<2x4xf32>) {
  // expected-error@+1 {{indices and updates must have the same dimensions}}
  %0 = graph.scatter_elements %x, %i, %u {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2x3xi64>, tensor<2x4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %i: tensor<2x3xi64>, %u: tensor<2x3xf32>) {
  // expected-error@+1 {{combines by sum, prod, min or max, not by mean}}
  %0 = graph.scatter_elements %x, %i, %u {axis = 1 : i64, kind = #graph.reduce_kind<mean>} : (tensor<2x3xf32>, tensor<2x3xi64>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %i: tensor<4x3xi64>, %u: tensor<4xf32>) {
  // expected-error@+1 {{takes tuples of up to 2 indices in the last dimension of indices}}
  %0 = graph.scatter_nd %x, %i, %u : (tensor<2x3xf32>, tensor<4x3xi64>, tensor<4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f() {
  // expected-error@+1 {{counts draws along a dimension, a scalar has none}}
  %0 = graph.random <uniform> {seed = 7 : i64, draws} : () -> tensor<f32>
  return
}
