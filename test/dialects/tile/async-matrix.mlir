// RUN: treadle-opt %s --split-input-file --verify-diagnostics
// What products of matrices in shared memory say of shapes and types that do not fit.

func.func @right(%a: memref<8192xf16, 3>, %bits: memref<8192xi16, 3>, %i: index, %c: vector<64xf32>) -> vector<64xf32> {
  tile.multiply_begin
  %0 = tile.multiply_shared [64, 128, 16] f16 %a[%i], %a[%i], %c depth 64 {turnedRhs} : memref<8192xf16, 3>, memref<8192xf16, 3>, vector<64xf32>
  %1 = tile.multiply_shared [64, 128, 16] bf16 %bits[%i], %bits[%i], %0 depth 64 : memref<8192xi16, 3>, memref<8192xi16, 3>, vector<64xf32>
  tile.multiply_commit
  %2 = tile.multiply_wait 0, %1 : vector<64xf32>
  return %2 : vector<64xf32>
}

// -----

func.func @types(%a: memref<8192xf16, 3>, %b: memref<8192xi8, 3>, %i: index, %c: vector<64xf32>) {
  // expected-error@+1 {{multiplies elements of 'f16' with elements of 'i8'}}
  %0 = tile.multiply_shared [64, 128, 16] f16 %a[%i], %b[%i], %c depth 64 : memref<8192xf16, 3>, memref<8192xi8, 3>, vector<64xf32>
  return
}

// -----

func.func @element(%a: memref<8192xf16, 3>, %i: index, %c: vector<64xf32>) {
  // expected-error@+1 {{cannot take elements of 'f16' as 'i8'}}
  %0 = tile.multiply_shared [64, 128, 16] i8 %a[%i], %a[%i], %c depth 64 : memref<8192xf16, 3>, memref<8192xf16, 3>, vector<64xf32>
  return
}

// -----

func.func @turned(%a: memref<8192xi8, 3>, %i: index, %c: vector<64xi32>) {
  // expected-error@+1 {{cannot turn matrices of 'i8', only those of 16 bits}}
  %0 = tile.multiply_shared [64, 128, 32] i8 %a[%i], %a[%i], %c depth 128 {turnedLhs} : memref<8192xi8, 3>, memref<8192xi8, 3>, vector<64xi32>
  return
}

// -----

func.func @sums(%a: memref<8192xf16, 3>, %i: index, %c: vector<32xf32>) {
  // expected-error@+1 {{has sums of 'vector<32xf32>', which are not a thread's part of 64 x 128}}
  %0 = tile.multiply_shared [64, 128, 16] f16 %a[%i], %a[%i], %c depth 64 : memref<8192xf16, 3>, memref<8192xf16, 3>, vector<32xf32>
  return
}

// -----

func.func @held(%a: vector<8xbf16>, %b: memref<8192xi16, 3>, %i: index, %c: vector<64xf32>) -> vector<64xf32> {
  tile.registers 240
  tile.multiply_begin
  %0 = tile.multiply_held [64, 128, 16] %a, %b[%i], %c depth 64 {overwrites, turnedRhs} : vector<8xbf16>, memref<8192xi16, 3>, vector<64xf32>
  tile.multiply_commit
  tile.registers 24 fewer
  return %0 : vector<64xf32>
}

// -----

func.func @held_types(%a: vector<8xf16>, %b: memref<8192xi8, 3>, %i: index, %c: vector<64xf32>) {
  // expected-error@+1 {{multiplies elements of 'f16' with elements of 'i8'}}
  %0 = tile.multiply_held [64, 128, 16] %a, %b[%i], %c depth 64 : vector<8xf16>, memref<8192xi8, 3>, vector<64xf32>
  return
}

// -----

func.func @held_part(%a: vector<4xf16>, %b: memref<8192xf16, 3>, %i: index, %c: vector<64xf32>) {
  // expected-error@+1 {{has a matrix of 'vector<4xf16>', which is not a thread's part of 64 x 16}}
  %0 = tile.multiply_held [64, 128, 16] %a, %b[%i], %c depth 64 : vector<4xf16>, memref<8192xf16, 3>, vector<64xf32>
  return
}

// -----

func.func @held_sums(%a: vector<8xf16>, %b: memref<8192xf16, 3>, %i: index, %c: vector<32xf32>) {
  // expected-error@+1 {{has sums of 'vector<32xf32>', which are not a thread's part of 64 x 128}}
  %0 = tile.multiply_held [64, 128, 16] %a, %b[%i], %c depth 64 : vector<8xf16>, memref<8192xf16, 3>, vector<32xf32>
  return
}
