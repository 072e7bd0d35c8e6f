// RUN: treadle-opt %s --split-input-file --verify-diagnostics
// What products of fragments say of shapes and types that do not fit.

func.func @right(%a: vector<8xf16>, %b: vector<4xf16>, %c: vector<4xf32>, %x: f32, %y: vector<16xf32>) {
  %0 = tile.multiply [16, 8, 16] %a, %b, %c : vector<8xf16>, vector<4xf16>, vector<4xf32>
  // A fragment of one element is that element.
  %1 = tile.multiply [32, 32, 2] %x, %x, %y : f32, f32, vector<16xf32>
  return
}

// -----

func.func @types(%a: vector<8xf16>, %b: vector<4xbf16>, %c: vector<4xf32>) {
  // expected-error@+1 {{multiplies elements of 'f16' with elements of 'bf16'}}
  %0 = tile.multiply [16, 8, 16] %a, %b, %c : vector<8xf16>, vector<4xbf16>, vector<4xf32>
  return
}

// -----

func.func @sums(%a: vector<16xi8>, %b: vector<8xi8>, %c: vector<4xf32>) {
  // expected-error@+1 {{cannot add products of 'i8' to sums of 'f32'}}
  %0 = tile.multiply [16, 8, 32] %a, %b, %c : vector<16xi8>, vector<8xi8>, vector<4xf32>
  return
}

// -----

func.func @unsigned(%a: vector<8xf16>, %b: vector<4xf16>, %c: vector<4xf32>) {
  // expected-error@+1 {{cannot take elements of 'f16' as unsigned}}
  %0 = tile.multiply [16, 8, 16] %a, %b, %c {unsignedLhs} : vector<8xf16>, vector<4xf16>, vector<4xf32>
  return
}

// -----

func.func @parts(%a: vector<4xf16>, %b: vector<4xf16>, %c: vector<4xf32>) {
  // expected-error@+1 {{has fragments of 'vector<4xf16>', 'vector<4xf16>' and 'vector<4xf32>', which are not the same part}}
  %0 = tile.multiply [16, 8, 16] %a, %b, %c : vector<4xf16>, vector<4xf16>, vector<4xf32>
  return
}

// -----

func.func @shape(%a: vector<4xf16>, %b: vector<4xf16>, %c: vector<4xf32>) {
  // expected-error@+1 {{needs a shape of three sizes, [M, N, K]}}
  %0 = tile.multiply [16, 8] %a, %b, %c : vector<4xf16>, vector<4xf16>, vector<4xf32>
  return
}

// -----

func.func @words(%memory: memref<64xf16, 3>, %i: index) {
  // expected-error@+1 {{gives 'vector<6xf16>', which is not 1, 2 or 4 words of 4 bytes}}
  %0 = tile.load_matrix %memory[%i] : (memref<64xf16, 3>, index) -> vector<6xf16>
  return
}

// -----

func.func @element(%memory: memref<64xf16, 3>, %i: index) {
  // expected-error@+1 {{gives elements of 'bf16' from memory of 'f16'}}
  %0 = tile.load_matrix %memory[%i] : (memref<64xf16, 3>, index) -> vector<8xbf16>
  return
}

// -----

func.func @transposed(%memory: memref<64xi8, 3>, %i: index) {
  // expected-error@+1 {{cannot transpose elements of 'i8', only those of 16 bits}}
  %0 = tile.load_matrix %memory[%i] {transpose} : (memref<64xi8, 3>, index) -> vector<16xi8>
  return
}
