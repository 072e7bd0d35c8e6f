// RUN: treadle-opt %s --split-input-file --verify-diagnostics
// What matrices that only the device knows say of sizes, types and roles that do not fit.

func.func @right(%memory: memref<384xf16, 3>, %results: memref<320xf32, 3>, %zero: f32, %i: index) {
  %none = tile.fragment_fill %zero : f32 -> !tile.fragment<16 x 8 x f32, "sums">
  %a = tile.fragment_load %memory[%i] pitch 24 : memref<384xf16, 3> -> !tile.fragment<16 x 32 x f16, "lhs">
  %b = tile.fragment_load %memory[%i] pitch 24 {turned} : memref<384xf16, 3> -> !tile.fragment<32 x 8 x f16, "rhs">
  %c = tile.fragment_multiply %a, %b, %none : !tile.fragment<16 x 32 x f16, "lhs">, !tile.fragment<32 x 8 x f16, "rhs">, !tile.fragment<16 x 8 x f32, "sums">
  tile.fragment_store %c to %results[%i] pitch 20 : !tile.fragment<16 x 8 x f32, "sums">, memref<320xf32, 3>
  %d = tile.fragment_map %c : !tile.fragment<16 x 8 x f32, "sums"> {
  ^bb0(%x: f32):
    %y = arith.mulf %x, %x : f32
    tile.yield %y : f32
  }
  %e = tile.fragment_convert %d : !tile.fragment<16 x 8 x f32, "sums"> -> !tile.fragment<16 x 8 x f16, "sums">
  return
}

// -----

func.func @element(%memory: memref<384xf16, 3>, %i: index) {
  // expected-error@+1 {{has elements of 'f16' for a matrix of 'f32'}}
  %a = tile.fragment_load %memory[%i] pitch 24 : memref<384xf16, 3> -> !tile.fragment<16 x 16 x f32, "lhs">
  return
}

// -----

func.func @roles(%a: !tile.fragment<16 x 16 x f16, "lhs">, %c: !tile.fragment<16 x 16 x f32, "sums">) {
  // expected-error@+1 {{multiplies lhs with lhs and adds to sums}}
  %d = tile.fragment_multiply %a, %a, %c : !tile.fragment<16 x 16 x f16, "lhs">, !tile.fragment<16 x 16 x f16, "lhs">, !tile.fragment<16 x 16 x f32, "sums">
  return
}

// -----

func.func @sizes(%a: !tile.fragment<16 x 8 x f16, "lhs">, %b: !tile.fragment<16 x 16 x f16, "rhs">, %c: !tile.fragment<16 x 16 x f32, "sums">) {
  // expected-error@+1 {{cannot multiply '!tile.fragment<16 x 8 x f16, "lhs">' with '!tile.fragment<16 x 16 x f16, "rhs">'}}
  %d = tile.fragment_multiply %a, %b, %c : !tile.fragment<16 x 8 x f16, "lhs">, !tile.fragment<16 x 16 x f16, "rhs">, !tile.fragment<16 x 16 x f32, "sums">
  return
}

// -----

// expected-error@+1 {{a matrix is lhs, rhs or sums of a product, not "other"}}
func.func private @role(!tile.fragment<16 x 16 x f16, "other">)

// -----

func.func @map(%c: !tile.fragment<16 x 16 x f32, "sums">, %y: f16) {
  // expected-error@+1 {{makes one 'f32' of another}}
  %d = tile.fragment_map %c : !tile.fragment<16 x 16 x f32, "sums"> {
  ^bb0(%x: f32):
    tile.yield %y : f16
  }
  return
}

// -----

func.func @convert(%c: !tile.fragment<16 x 16 x f32, "sums">) {
  // expected-error@+1 {{cannot make '!tile.fragment<16 x 16 x f16, "lhs">' of '!tile.fragment<16 x 16 x f32, "sums">'}}
  %d = tile.fragment_convert %c : !tile.fragment<16 x 16 x f32, "sums"> -> !tile.fragment<16 x 16 x f16, "lhs">
  return
}
